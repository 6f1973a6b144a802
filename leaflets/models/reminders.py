"""To whom reminders were sent, and when."""

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

# An older claim is considered abandoned, because its process was killed, and may be retried.
_CLAIM_TIMEOUT = dt.timedelta(minutes=5)


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def claim(self, user: User) -> "Reminder | None":
        """Claim the e-mail of a user for today in one UPDATE, so that two processes do not send it.

        None where it was sent today, or another process is sending it.
        """
        now = timezone.now()
        self.get_or_create(user=user)
        not_today = Q(sent_on=None) | Q(sent_on__lt=timezone.localdate())
        unclaimed = Q(claimed_at=None) | Q(claimed_at__lt=now - _CLAIM_TIMEOUT)
        if not self.filter(not_today, unclaimed, user=user).update(claimed_at=now):
            return None
        return self.get(user=user)


class Reminder(models.Model):
    """The last e-mail to a member of staff about what waits for them: at most one a day.

    `told` is what it was about: {"leaflet-12": {"due": "2026-12-01", "on": "2026-11-27"}, "note-7": {"on": "2026-11-27"}},
    for leaflets to check by their primary key, for drafts by that of the `DraftNote` that handed them over or returned
    them, for scheduled changes by their own, and for messages to answer by the day of the reply: "replies-2026-12-01".
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sent_on = models.DateField(null=True)
    claimed_at = models.DateTimeField(null=True)
    told = models.JSONField(default=dict)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Reminder of {self.user}"


class ReminderRun(models.Model):
    """When all reminders were sent that were due: one row."""

    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="reminder_run_is_one")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
