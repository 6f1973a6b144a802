"""Notify staff of new messages by e-mail, and of what they are about. Contents, names and references are deliberately left out."""

import datetime as dt

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from leaflets import background_emails
from leaflets.models import Service

from .models import Feedback, FeedbackQuerySet

_MAX_SUBJECTS = 20
# An older claim is considered abandoned, because its process was killed, and may be retried.
_CLAIM_TIMEOUT = dt.timedelta(minutes=5)


def send_in_background() -> None:
    """Send pending notifications in a thread, so that the response does not wait for the mail server."""
    if not settings.FEEDBACK_NOTIFY:
        return
    background_emails.send_in_background(send_pending, about="new feedback", command="send_notifications")


def send_pending() -> int:
    """Notify staff of all pending messages in one e-mail. Returns their number.

    Raises `OSError` (the base of `smtplib`'s errors) where the mail server refuses or does not answer; the messages
    stay pending.
    """
    if not settings.FEEDBACK_NOTIFY:
        return 0
    now = timezone.now()
    # Claim in one UPDATE, so that two processes do not notify of the same message.
    unclaimed = Q(notice_tried_at=None) | Q(notice_tried_at__lt=now - _CLAIM_TIMEOUT)
    count = Feedback.objects.waiting_for_notice().filter(unclaimed).update(notice_tried_at=now)
    if not count:
        return 0
    claimed = Feedback.objects.waiting_for_notice().filter(notice_tried_at=now)
    try:
        _build_email(count, _subjects(claimed)).send()
    except OSError:
        claimed.update(notice_tried_at=None)
        raise
    claimed.update(notified_at=timezone.now(), notice_tried_at=None)
    return count


def _subjects(messages: FeedbackQuerySet) -> list[str]:
    """Return what messages are about, each once, such as "SEN in mainstream schools: A graduated approach: Plan"."""
    names = messages.exclude(leaflet=None).with_titles().values_list("leaflet_title", "section_heading")  # type: ignore[misc]
    found = sorted({": ".join(filter(None, pair)) for pair in names.distinct().order_by()})
    return found[:_MAX_SUBJECTS]


def _build_email(count: int, subjects: list[str]) -> EmailMessage:
    address = f"{settings.SITE_URL}{reverse('admin:feedback_feedback_changelist')}?status__exact=new"
    received = "A message has come in" if count == 1 else f"{count} messages have come in"
    service = Service.objects.first()
    about = "".join(f"About: {subject}\n" for subject in subjects) + ("\n" if subjects else "")
    return EmailMessage(
        subject="Have Your Say: " + ("a new message" if count == 1 else f"{count} new messages"),
        body=f"{received} through Have Your Say.\n\n{about}To read, please sign in: {address}\n\n"
        f"What was written, and by whom, is left out of this e-mail on purpose.\n"
        f"{service.signature if service else ''}",
        to=settings.FEEDBACK_NOTIFY,
    )
