"""How long what people wrote is kept. The dates are stored with each message; the days come from the settings."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate, localtime

from .models import Feedback, PurgeRun, SubmissionLog

PURGE_EVERY = dt.timedelta(days=7)


@dataclass(frozen=True)
class Purged:
    """How many messages lost their personal details, and how many became a tally."""

    details: int
    comments: int


def dates_of_new() -> dict[str, Any]:
    """Until when a message that arrives now is kept."""
    until = localdate() + dt.timedelta(days=settings.FEEDBACK_DAYS)
    return {"comments_until": until, "details_until": until}


def set_dates(feedback: Feedback) -> None:
    """Give a message the dates that its new status asks for: details go some time after it was closed."""
    feedback.closed_at = timezone.now() if feedback.status == Feedback.Status.CLOSED else None
    feedback.comments_until, feedback.details_until = _dates(feedback)


def _dates(feedback: Feedback) -> tuple[dt.date, dt.date]:
    """Until when the settings let comments and details stay; comments never for longer than was promised."""
    longest = localdate(feedback.sent_at) + dt.timedelta(days=settings.FEEDBACK_DAYS)
    comments = min(feedback.comments_until or longest, longest)
    if feedback.closed_at is None:
        return comments, comments
    closing = localdate(feedback.closed_at) + dt.timedelta(days=settings.FEEDBACK_CONTACT_DAYS)
    return comments, min(closing, comments)


def purge(*, dry_run: bool = False) -> Purged:
    """Delete what has served its purpose, and say how much it was. With `dry_run` nothing is deleted.

    A stored date is what the sender was promised. Where the settings have been shortened since, they count.
    """
    today = localdate()
    with transaction.atomic():
        kept = Feedback.objects.not_anonymous()
        for feedback in kept.only("sent_at", "closed_at", "comments_until", "details_until"):
            _keep_to_settings(feedback)
        old = list(kept.filter(comments_until__lt=today))
        detailed = list(kept.with_details().filter(details_until__lt=today, comments_until__gte=today))
        for feedback in detailed:
            erase_details(feedback)
        for feedback in old:
            erase_all(feedback)
        SubmissionLog.objects.all().delete()
        PurgeRun.objects.create(details=len(detailed), comments=len(old))
        if dry_run:
            transaction.set_rollback(True)
        else:
            transaction.on_commit(_empty_log_of_sqlite)
    return Purged(details=len(detailed), comments=len(old))


def _keep_to_settings(feedback: Feedback) -> None:
    """Move the dates of a message nearer where the settings have been shortened since."""
    comments, details = _dates(feedback)
    dates = {"comments_until": comments, "details_until": min(feedback.details_until or details, details)}
    if any(getattr(feedback, name) != date for name, date in dates.items()):
        Feedback.objects.filter(pk=feedback.pk).update(**dates)


def _empty_log_of_sqlite() -> None:
    """What was deleted may stand in SQLite's write-ahead log until other things are written over it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def is_overdue() -> bool:
    """Whether something is stored and nothing has been purged for a week."""
    longest = timezone.now() - PURGE_EVERY
    stored = Feedback.objects.not_anonymous().filter(sent_at__lt=longest)
    return stored.exists() and not PurgeRun.objects.filter(at__gte=longest).exists()


def erase_details(feedback: Feedback) -> None:
    """Delete name, e-mail and phone, and what staff noted about the person."""
    feedback.name = feedback.email = feedback.phone = feedback.note = ""
    feedback.save(update_fields=["name", "email", "phone", "note"])


def erase_all(feedback: Feedback) -> None:
    """Delete what somebody wrote, who they are and when it was: what stays is a tally, and what readers see."""
    feedback.name = feedback.email = feedback.phone = feedback.comments = feedback.note = ""
    feedback.reference = feedback.submission = feedback.edition_number = None
    feedback.wants_reply = False
    feedback.status = Feedback.Status.CLOSED
    feedback.sent_at = localtime(feedback.sent_at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    feedback.closed_at = feedback.comments_until = feedback.details_until = None
    feedback.notified_at = feedback.notice_tried_at = None
    if not feedback.is_public:
        feedback.you_said = feedback.we_did = ""
    feedback.save()
    feedback.sendings.all().delete()
    # The admin's own log of changes names the reference, and the moment.
    about = ContentType.objects.get_for_model(Feedback)
    LogEntry.objects.filter(content_type=about, object_id=str(feedback.pk)).delete()
