"""Changes of leaflets that wait for their time: a draft to be published, or a leaflet to be withdrawn."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import DIGEST_LENGTH
from .leaflets import Leaflet
from .people import name_of
from .times import describe_time


class ScheduledChangeQuerySet(models.QuerySet["ScheduledChange"]):
    def waiting(self) -> Self:
        """Return those that will be applied: not those that were stopped."""
        return self.filter(stopped_at=None)

    def due(self, time: dt.datetime) -> Self:
        return self.waiting().filter(due_at__lte=time).order_by("due_at", "pk")


class ScheduledChange(models.Model):
    """What happens to a leaflet at a time that a publisher chose: at most one change of each leaflet.

    It is for the text that the publisher saw: `edition_pk` and `digest` are those of the draft, or of the live edition that
    is withdrawn, and `live_pk` that of the edition which readers see, 0 for none. It is deleted when it is applied.
    A change that could not or must not be applied has `stopped_at` and `problem`, a sentence for staff, and stays until
    somebody takes the note away or the leaflet is published or withdrawn.
    """

    class Action(models.TextChoices):
        PUBLISH = "publish"
        WITHDRAW = "withdraw"

    leaflet = models.OneToOneField(Leaflet, models.CASCADE, related_name="scheduled_change")
    action = models.CharField(max_length=10, choices=Action.choices)
    due_at = models.DateTimeField()
    edition_pk = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=DIGEST_LENGTH)
    live_pk = models.PositiveBigIntegerField(default=0)
    change_note = models.CharField(max_length=500, blank=True)
    read_instead = models.ForeignKey(Leaflet, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    scheduled_at = models.DateTimeField(auto_now_add=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)
    # Whether `scheduled_by` is to be told by e-mail that it was stopped, and when a process last began to do so.
    is_to_be_told = models.BooleanField(default=False)
    telling_since = models.DateTimeField(null=True, blank=True)

    objects = ScheduledChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=False) | Q(problem=""), name="waiting_changes_have_no_problem"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(stopped_at=None), name="waiting_changes_by_time")
        ]

    def __str__(self) -> str:
        return f"{self.leaflet}: {self.description}"

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None

    @property
    def is_late(self) -> bool:
        """Whether its time has come, though it was not applied."""
        return self.due_at <= timezone.now()

    @property
    def is_publication(self) -> bool:
        return self.action == self.Action.PUBLISH

    @property
    def problem_of_person(self) -> str:
        """Why the person who scheduled it cannot answer for it any more, a sentence for staff; "" if they can."""
        person = self.scheduled_by
        if person is None or not person.is_active:
            return "The account of the person who scheduled it is closed."
        if not person.has_perm("leaflets.publish_edition"):
            return f"{name_of(person)} may not publish any more."
        return ""

    @property
    def read_instead_title(self) -> str:
        """The title of what readers are told to read instead, "" for nothing."""
        return self.read_instead.newest_title if self.read_instead else ""

    @property
    def time_description(self) -> str:
        return describe_time(self.due_at)

    @property
    def description(self) -> str:
        """What happens and when: "goes live on 4 January 2027, 9:00"; what was to happen, if it will not."""
        if self.is_stopped or self.problem_of_person:
            return self.past_description
        return f"{'goes live' if self.is_publication else 'will be withdrawn'} on {self.time_description}"

    @property
    def problem_description(self) -> str:
        """Why it does not happen, sentences for staff; "" if it will."""
        if self.is_stopped:
            return f"That is off: {self.problem}"
        problem = self.problem_of_person
        return f"That will not happen: {problem} Please schedule it again." if problem else ""

    @property
    def past_description(self) -> str:
        """What was to happen: "was to go live on 4 January 2027, 9:00"."""
        return f"was to {'go live' if self.is_publication else 'be withdrawn'} on {self.time_description}"
