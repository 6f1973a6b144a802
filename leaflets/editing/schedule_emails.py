"""E-mails about scheduled changes of leaflets that are not applied, to those who scheduled them or other publishers."""

import datetime as dt

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from leaflets import background_emails
from leaflets.models import ScheduledChange, Service
from leaflets.reminders import PUBLISH, publishers

# An older claim is considered abandoned, because its process was killed, and may be retried.
_CLAIM_TIMEOUT = dt.timedelta(minutes=5)


def send_in_background() -> None:
    """Send the e-mails that wait in a thread, so that the response does not wait for the mail server."""
    if not settings.HAS_MAIL:
        return
    background_emails.send_in_background(send_pending, about="a scheduled change", command="publish_due")


def send_pending() -> int:
    """Tell those who scheduled a change that it was stopped, and return the number of e-mails.

    Where they cannot be told or may not publish any more, one e-mail tells the other publishers. The start page tells all
    who publish. Raises `OSError` (the base of `smtplib`'s errors) where the mail server refuses or does not answer; what was not sent waits for the next call.
    """
    sent = 0
    for change in ScheduledChange.objects.filter(is_to_be_told=True).select_related(
        "scheduled_by", "leaflet"
    ):
        addresses = _find_addresses(change) if settings.HAS_MAIL else []
        if not addresses:
            ScheduledChange.objects.filter(pk=change.pk).update(is_to_be_told=False)
        elif _claim(change):
            try:
                _build_email(change, addresses).send()
            except OSError:
                ScheduledChange.objects.filter(pk=change.pk).update(telling_since=None)
                raise
            ScheduledChange.objects.filter(pk=change.pk).update(is_to_be_told=False, telling_since=None)
            sent += 1
    return sent


def _find_addresses(change: ScheduledChange) -> list[str]:
    person = change.scheduled_by
    own = [person.email] if person and person.is_active and person.email else []
    if own and not _needs_others(change):
        return own
    others = [user.email for user in publishers() if user.email and user.email not in own]
    return own + others


def _needs_others(change: ScheduledChange) -> bool:
    """Whether the person who scheduled it cannot be told, or can do nothing about it."""
    person = change.scheduled_by
    return not (person and person.is_active and person.email and person.has_perm(PUBLISH))


def _claim(change: ScheduledChange) -> bool:
    """Claim it in one UPDATE, so that two processes do not both tell."""
    now = timezone.now()
    free = Q(telling_since=None) | Q(telling_since__lt=now - _CLAIM_TIMEOUT)
    waiting = ScheduledChange.objects.filter(free, pk=change.pk, is_to_be_told=True)
    return bool(waiting.update(telling_since=now))


def _build_email(change: ScheduledChange, addresses: list[str]) -> EmailMessage:
    title = change.leaflet.newest_title
    page = f"{settings.SITE_URL}{reverse('admin:leaflet-history', args=[change.leaflet_id])}"
    service = Service.objects.first()
    done = "published" if change.is_publication else "withdrawn"
    not_done = f"It was not {done}." if change.is_late else f"It will not be {done}."
    others = (
        "You get this because the person who scheduled it cannot see to it.\n\n"
        if _needs_others(change)
        else ""
    )
    return EmailMessage(
        subject=f"Not done: {title}",
        body=f"“{title}” {change.description}. {not_done}\n\n{change.problem}\n\n"
        f"{others}What you can do now: {page}\n{service.signature if service else ''}",
        to=addresses,
    )
