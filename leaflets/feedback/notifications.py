"""E-mails that tell staff that something arrived, and nothing of what it is."""

import datetime as dt
import logging
import threading

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error as DBError, connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from .models import Feedback

logger = logging.getLogger(__name__)

# A process that was killed while it sent mail told nobody: after this, another one may try.
_GIVEN_UP_AFTER = dt.timedelta(minutes=5)


def send_soon() -> None:
    """Send what is waiting, in a thread of its own: whoever sent a message does not wait for a mail server."""
    if not settings.FEEDBACK_NOTIFY:
        return
    try:
        threading.Thread(target=_send_and_close, daemon=True).start()
    except RuntimeError:  # No more threads, or the process ends. The message is stored all the same.
        logger.warning("No e-mail could be sent just now. `manage.py send_notifications` does it.")


def send_waiting() -> int:
    """Tell staff of the messages that they have not been told of, in one mail. Returns how many.

    Raises `OSError` (of which `smtplib`'s errors are a kind) where the mail server refuses or does not answer;
    the messages then wait for the next time.
    """
    if not settings.FEEDBACK_NOTIFY:
        return 0
    now = timezone.now()
    # Claimed in one statement, so that two processes do not both write about the same message.
    free = Q(notice_tried_at=None) | Q(notice_tried_at__lt=now - _GIVEN_UP_AFTER)
    count = Feedback.objects.waiting_for_notice().filter(free).update(notice_tried_at=now)
    if not count:
        return 0
    mine = Feedback.objects.waiting_for_notice().filter(notice_tried_at=now)
    try:
        _mail(count).send()
    except OSError:
        mine.update(notice_tried_at=None)
        raise
    mine.update(notified_at=timezone.now(), notice_tried_at=None)
    return count


def _mail(count: int) -> EmailMessage:
    address = f"{settings.SITE_URL}{reverse('admin:feedback_feedback_changelist')}?status__exact=new"
    came = "A message has come in" if count == 1 else f"{count} messages have come in"
    return EmailMessage(
        subject="Have Your Say: " + ("a new message" if count == 1 else f"{count} new messages"),
        body=f"{came} through Have Your Say.\n\nTo read, please sign in: {address}\n\n"
        "What was written, and by whom, is left out of this e-mail on purpose.\n",
        to=settings.FEEDBACK_NOTIFY,
    )


def _send_and_close() -> None:
    try:
        send_waiting()
    except (OSError, DBError) as error:
        # The kind alone: a mail server's answer may repeat addresses.
        logger.warning(
            "The e-mail about new feedback could not be sent (%s). "
            "`manage.py send_notifications` tries again.",
            type(error).__name__,
        )
    finally:
        connection.close()
