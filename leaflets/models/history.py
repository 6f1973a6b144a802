"""The history: what staff did, who, and when. Entries are written with the act, and never changed by staff.

Django's own log (`LogEntry`) is not enough as the store: each of its entries needs an account, so it has no place for
the command line, and it has no index for time or person. The admin goes on writing it, for the page "History" of each
record, and each entry of it becomes one here (`_copy_admin_log_entry`).
"""

import contextlib
import contextvars
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_save
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.timezone import localdate, make_aware

YEARS_KEPT = 2
COMMAND_LINE = "the command line"
_BATCH = 500
_MAX_NAME = 200
_DONE = {ADDITION: "Added.", DELETION: "Deleted."}
_collected: contextvars.ContextVar[list["HistoryEntry"] | None] = contextvars.ContextVar(
    "collected", default=None
)


class HistoryQuerySet(models.QuerySet["HistoryEntry"]):
    def newest_first(self) -> "HistoryQuerySet":
        return self.order_by("-at", "-pk")

    def search(self, words: str) -> "HistoryQuerySet":
        """Those that have each of these words, in any of their texts."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(words__icontains=word) | Q(subject__icontains=word) | Q(who__icontains=word)
            )
        return found

    def on_days(self, first: dt.date | None, last: dt.date | None) -> "HistoryQuerySet":
        """Those from the beginning of the first day to the end of the last; None is no limit."""
        found = self
        if first:
            found = found.filter(at__gte=_midnight(first))
        if last and last < dt.date.max:
            found = found.filter(at__lt=_midnight(last + dt.timedelta(days=1)))
        return found


def _midnight(day: dt.date) -> dt.datetime:
    return make_aware(dt.datetime.combine(day, dt.time()))


class HistoryEntry(models.Model):
    """One act: who did what, when, and to which thing. It has no words of parents.

    `who` is a username, or words such as "the command line": the entry is readable when the account is deleted. `words`
    say what was done. `subject` is the name that the thing had; `content_type` and `object_id` find it while it exists.
    """

    class Kind(models.TextChoices):
        LEAFLETS = "leaflets", "Leaflets"
        RECORDS = "records", "Service, law, words and notices"
        ACCOUNTS = "accounts", "People and what they may do"
        SIGN_IN = "sign-in", "Sign-in"
        MESSAGES = "messages", "Messages"
        EXPORTS = "exports", "Exports"
        LOADING = "loading", "Loaded and restored"

    at = models.DateTimeField(default=timezone.now)
    who = models.CharField(max_length=150)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=_MAX_NAME, blank=True)
    words = models.TextField()
    content_type = models.ForeignKey(ContentType, models.SET_NULL, null=True, related_name="+")
    object_id = models.CharField(max_length=40, blank=True)
    # The primary key of the entry of Django's log that this is a copy of.
    log_entry = models.BigIntegerField(null=True, unique=True)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = "entry of the history"
        verbose_name_plural = "history"
        # It has no list in the admin in which entries could be changed or deleted.
        default_permissions = ()
        indexes = [
            models.Index(fields=["-at", "-id"], name="history_by_time"),
            models.Index(fields=["who", "-at", "-id"], name="history_by_person"),
            models.Index(fields=["kind", "-at", "-id"], name="history_by_kind"),
            models.Index(fields=["content_type", "object_id"], name="history_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who}: {self.words}"


def record(
    who: str,
    kind: HistoryEntry.Kind,
    message: str,
    *,
    subject: models.Model | None = None,
    name: str = "",
) -> None:
    """Add an entry. Call it in the transaction of the act. `name` is the thing's name where `subject` is not given."""
    entry = HistoryEntry(who=who[:150], kind=kind, words=message, subject=name[:_MAX_NAME])
    if subject is not None:
        entry.subject = (name or _leaflet_title(subject) or str(subject))[:_MAX_NAME]
        entry.content_type = ContentType.objects.get_for_model(subject)
        entry.object_id = str(subject.pk)
    _add(entry)


def _leaflet_title(subject: models.Model | None) -> str:
    """Return the title of a leaflet, whose own name is its address: its editions stand beside it by their titles.

    "" for anything else.
    """
    from .leaflets import Leaflet

    return subject.newest_title if isinstance(subject, Leaflet) else ""


def _add(entry: HistoryEntry) -> None:
    collected = _collected.get()
    if collected is None:
        entry.save(force_insert=True)
    else:
        collected.append(entry)


@contextlib.contextmanager
def merged_entries() -> Iterator[None]:
    """Store what is recorded in this block as one entry for each thing, in the transaction of the block."""
    if _collected.get() is not None:
        yield
        return
    with transaction.atomic():
        entries: list[HistoryEntry] = []
        token = _collected.set(entries)
        try:
            yield
        finally:
            _collected.reset(token)
        for entry in _merge(entries):
            entry.save(force_insert=True)


def _merge(entries: list[HistoryEntry]) -> list[HistoryEntry]:
    merged: dict[Any, HistoryEntry] = {}
    for entry in entries:
        key = (entry.content_type_id, entry.object_id) if entry.object_id else id(entry)
        first = merged.setdefault(key, entry)
        if first is not entry:
            first.words += "" if entry.words in first.words else f" {entry.words}"
            first.log_entry = first.log_entry or entry.log_entry
    return list(merged.values())


# --- Django's log ---


def connect_signals() -> None:
    post_save.connect(_copy_admin_log_entry, sender=LogEntry, dispatch_uid="leaflets.history")


def _copy_admin_log_entry(instance: LogEntry, created: bool, **_: Any) -> None:
    if not created:
        return
    model = instance.content_type.model if instance.content_type else ""
    label = instance.content_type.app_label if instance.content_type else ""
    from .leaflets import Edition, Leaflet

    entry = _build_entry(instance, instance.user.get_username(), (label, model))
    if (label, model) == ("leaflets", "leaflet"):
        subject = Leaflet.objects.filter(pk=instance.object_id).first()
        entry.subject = (_leaflet_title(subject) or entry.subject)[:_MAX_NAME]
    leaflet = None
    if (label, model) == ("leaflets", "edition"):
        leaflet = Edition.objects.filter(pk=instance.object_id).values_list("leaflet", flat=True).first()
    if leaflet:
        _link_to_leaflet(entry, leaflet, ContentType.objects.get(app_label="leaflets", model="leaflet").pk)
    _add(entry)


def _build_entry(entry: LogEntry, who: str, model: tuple[str, str], history: Any = HistoryEntry) -> Any:
    described = LogEntry(action_flag=entry.action_flag, change_message=entry.change_message)
    words = described.get_change_message()
    return history(
        at=entry.action_time,
        who=who,
        kind=_kind_of(*model).value,
        subject=entry.object_repr[:_MAX_NAME],
        words=words or _DONE.get(entry.action_flag, "Changed."),
        content_type_id=entry.content_type_id,
        object_id=str(entry.object_id or "")[:40],
        log_entry=entry.pk,
    )


def _link_to_leaflet(entry: Any, leaflet: int, content_type: int) -> None:
    """A draft may be discarded; its leaflet stays."""
    entry.content_type_id, entry.object_id = content_type, str(leaflet)


def _kind_of(label: str, model: str) -> HistoryEntry.Kind:
    if label == "auth":
        return HistoryEntry.Kind.ACCOUNTS
    if label == "feedback":
        return HistoryEntry.Kind.MESSAGES
    return HistoryEntry.Kind.LEAFLETS if model in ("", "leaflet", "edition") else HistoryEntry.Kind.RECORDS


def copy_admin_log(log: Any = LogEntry, history: Any = HistoryEntry, edition: Any = None) -> int:
    """Copy the entries of Django's log that are not in the history, except those too old for it; return how many.

    The migration calls it with the models of its state, and so does the daily purge with those of today: while replicas
    are exchanged, old code writes Django's log only.
    """
    if edition is None:
        from .leaflets import Edition as edition  # noqa: N813 - a model that is an argument elsewhere
    content_types = {
        pk: (label, model) for pk, label, model in ContentType.objects.values_list("pk", "app_label", "model")
    }
    leaflet_type = next((pk for pk, model in content_types.items() if model == ("leaflets", "leaflet")), None)
    known = history.objects.exclude(log_entry=None).values("log_entry")
    missing = log.objects.filter(action_time__gte=_retention_start(localdate())).exclude(pk__in=known)
    copied = 0
    pks = list(missing.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), _BATCH):
        entries = list(
            log.objects.filter(pk__in=pks[start : start + _BATCH]).order_by("pk").select_related("user")
        )
        of_editions = [
            entry.object_id
            for entry in entries
            if content_types.get(entry.content_type_id) == ("leaflets", "edition")
            and str(entry.object_id or "").isdecimal()
        ]
        leaflets = dict(edition.objects.filter(pk__in=of_editions).values_list("pk", "leaflet"))
        copies = []
        for entry in entries:
            model = content_types.get(entry.content_type_id, ("", ""))
            one = _build_entry(entry, entry.user.username, model, history)
            if model == ("leaflets", "edition") and one.object_id.isdecimal():
                leaflet = leaflets.get(int(one.object_id))
                if leaflet and leaflet_type:
                    _link_to_leaflet(one, leaflet, leaflet_type)
            copies.append(one)
        history.objects.bulk_create(copies)
        copied += len(copies)
    return copied


# --- Retention ---


def _retention_start(today: dt.date) -> dt.datetime:
    is_leap_day = (today.month, today.day) == (2, 29)
    return _midnight(today.replace(year=today.year - YEARS_KEPT, day=28 if is_leap_day else today.day))


@transaction.atomic
def purge_history(today: dt.date, *, dry_run: bool = False) -> int:
    """Delete the entries of more than two years ago, those of Django's log too; return how many of the history.

    Before it, copy the entries of Django's log that old code wrote.
    """
    since = _retention_start(today)
    old = HistoryEntry.objects.filter(at__lt=since)
    if dry_run:
        return old.count()
    copy_admin_log()
    LogEntry.objects.filter(action_time__lt=since).delete()
    return old.delete()[0]


def is_history_overdue(today: dt.date) -> bool:
    """Whether entries are stored that should have been deleted a week ago."""
    return HistoryEntry.objects.filter(at__lt=_retention_start(today) - dt.timedelta(days=7)).exists()


def anonymise_subject(subject: models.Model, name: str) -> None:
    """Take the thing out of its entries, which say `name` instead: that it existed is kept, not which one it was."""
    content_type = ContentType.objects.get_for_model(subject)
    entries = HistoryEntry.objects.filter(content_type=content_type, object_id=str(subject.pk))
    entries.update(content_type=None, object_id="", subject=name)


# --- Links ---


def find_links(entries: list[HistoryEntry]) -> dict[int, str]:
    """Return the address in the admin of the thing of each entry, by the entry's primary key, where it still exists."""
    by_type: dict[int, set[str]] = {}
    for entry in entries:
        if entry.content_type_id and entry.object_id:
            by_type.setdefault(entry.content_type_id, set()).add(entry.object_id)
    urls = {
        (content_type, pk): address
        for content_type, pks in by_type.items()
        for pk, address in _find_urls(content_type, pks)
    }
    found = ((entry.pk, urls.get((entry.content_type_id or 0, entry.object_id))) for entry in entries)
    return {pk: address for pk, address in found if address}


def _find_urls(content_type: int, pks: set[str]) -> Iterator[tuple[str, str]]:
    model = ContentType.objects.get_for_id(content_type).model_class()
    if model is None:
        return
    existing: QuerySet[Any] = model._default_manager.filter(pk__in=[pk for pk in pks if pk.isdecimal()])
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    if model._meta.label_lower == "leaflets.leaflet":
        name = "admin:leaflet-history"
    for pk in existing.values_list("pk", flat=True):
        with contextlib.suppress(NoReverseMatch):
            yield str(pk), reverse(name, args=[pk])
