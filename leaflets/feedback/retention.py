"""How long what people wrote is kept. The dates are stored with each message; the days come from the settings."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import localtime

from . import limits
from .models import Feedback, Purge

PURGE_EVERY = dt.timedelta(days=7)


@dataclass(frozen=True)
class Purged:
    """How many messages lost their personal details, and how many became a tally."""

    details: int
    comments: int


def dates_of_new() -> dict[str, Any]:
    """Until when a message that arrives now is kept."""
    until = timezone.localdate() + dt.timedelta(days=settings.FEEDBACK_DAYS)
    return {"comments_until": until, "details_until": until}


def set_dates(feedback: Feedback) -> None:
    """Give a message the dates that its status asks for: details go some time after it was closed."""
    feedback.details_until = feedback.comments_until
    if feedback.status == Feedback.Status.CLOSED:
        closing = timezone.localdate() + dt.timedelta(days=settings.FEEDBACK_CONTACT_DAYS)
        feedback.details_until = min(closing, feedback.comments_until)


def purge(*, dry_run: bool = False) -> Purged:
    """Delete what has served its purpose, and say how much it was. With `dry_run` nothing is deleted.

    A stored date is what the sender was promised. Where the settings have been shortened since, they count.
    """
    today = timezone.localdate()
    oldest = timezone.now() - dt.timedelta(days=settings.FEEDBACK_DAYS)
    with transaction.atomic():
        kept = Feedback.objects.not_anonymous()
        old = kept.filter(Q(comments_until__lt=today) | Q(sent_at__lt=oldest))
        detailed = kept.with_details().filter(details_until__lt=today).exclude(pk__in=old.values("pk"))
        purged = Purged(details=detailed.count(), comments=old.count())
        if not dry_run:
            for feedback in detailed:
                erase_details(feedback)
            for feedback in old:
                _reduce_to_tally(feedback)
            limits.forget(timezone.now())
            Purge.objects.create(details=purged.details, comments=purged.comments)
    return purged


def is_overdue() -> bool:
    """Whether something is stored and nothing has been purged for a week."""
    longest = timezone.now() - PURGE_EVERY
    stored = Feedback.objects.not_anonymous().filter(sent_at__lt=longest)
    return stored.exists() and not Purge.objects.filter(at__gte=longest).exists()


def erase_details(feedback: Feedback) -> None:
    """Delete name, e-mail and phone."""
    feedback.name = feedback.email = feedback.phone = ""
    feedback.save(update_fields=["name", "email", "phone"])


def erase_all(feedback: Feedback) -> None:
    """Delete what somebody wrote and who they are, as they asked. The tally stays."""
    _reduce_to_tally(feedback)


def _reduce_to_tally(feedback: Feedback) -> None:
    feedback.name = feedback.email = feedback.phone = feedback.comments = feedback.note = ""
    feedback.reference = feedback.submission = feedback.edition_number = None
    feedback.sendings.all().delete()
    feedback.wants_reply = False
    feedback.status = Feedback.Status.CLOSED
    feedback.sent_at = localtime(feedback.sent_at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # A message that is gone needs no notice.
    feedback.notified_at, feedback.notice_tried_at = feedback.notified_at or timezone.now(), None
    if not feedback.is_public:
        feedback.you_said = feedback.we_did = ""
    feedback.save()
