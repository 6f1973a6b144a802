"""Facts that the service's record had before, such as an old phone number: texts may still print them."""

from typing import Any

from django.db import models
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from leaflets.content.earlier_facts import WORDS, Fact, FactKind, facts_of

from .service import Service

_MAX_TEXT = 300


class EarlierFact(models.Model):
    """A fact that the record had until a day. `key` is the form in which it is compared.

    `still_right_by` is the username of who said that it is right where it is still printed, such as the number of a colleague
    who stays in the old office; it is not named then.
    """

    kind = models.CharField(max_length=10, choices=[(kind.value, words) for kind, words in WORDS.items()])
    text = models.CharField(max_length=_MAX_TEXT)
    key = models.CharField(max_length=_MAX_TEXT)
    until = models.DateField(default=timezone.localdate)
    still_right_by = models.CharField(max_length=150, blank=True, default="", db_default="")

    objects = models.Manager["EarlierFact"]()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="earlier_fact_once")]

    def __str__(self) -> str:
        return f"{WORDS[FactKind(self.kind)]} {self.text}"

    @property
    def fact(self) -> Fact:
        return Fact(FactKind(self.kind), self.text, self.key)


def current_facts(service: Service) -> list[Fact]:
    return facts_of(vars(service))


def connect_signals() -> None:
    pre_save.connect(_keep_facts_before, sender=Service, dispatch_uid="leaflets.earlier_facts.before")
    post_save.connect(_store_earlier_facts, sender=Service, dispatch_uid="leaflets.earlier_facts.after")


def _keep_facts_before(instance: Service, raw: bool = False, **_: Any) -> None:
    stored = None if raw else Service.objects.filter(pk=instance.pk).first()
    instance._facts_before = current_facts(stored) if stored else []  # type: ignore[attr-defined]


def _store_earlier_facts(instance: Service, **_: Any) -> None:
    """Store what the record does not have any more. What it has again is right again."""
    now = {(fact.kind, fact.key) for fact in current_facts(instance)}
    before = instance._facts_before  # type: ignore[attr-defined]
    for fact in before:
        if (fact.kind, fact.key) not in now and len(fact.key) <= _MAX_TEXT:
            values = {"text": fact.text[:_MAX_TEXT], "until": timezone.localdate(), "still_right_by": ""}
            EarlierFact.objects.update_or_create(kind=fact.kind.value, key=fact.key, defaults=values)
    for stored in EarlierFact.objects.all():
        if (FactKind(stored.kind), stored.key) in now:
            stored.delete()
