"""Rate limits: how many messages one sender, and all senders, may send in an hour.

They are counted in the database, so that all processes share them.
"""

import datetime as dt
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import SubmissionLog

WINDOW = dt.timedelta(hours=1)


class RateLimitError(Exception):
    """A limit was reached. `scope` is "sender" or "site"."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


def hash_address(address: str) -> str:
    """A keyed hash of a client's IP address.

    A household with IPv6 has a /64 network, so that network counts as the sender.
    """
    try:
        version = ip_address(address).version
        sender = str(ip_network(f"{address}/64", strict=False)) if version == 6 else address
    except ValueError:
        sender = ""  # On a Unix socket there is no address.
    return salted_hmac("leaflets.feedback.sender", sender, algorithm="sha256").hexdigest()


def check(sender: str) -> None:
    """Raise `RateLimitError` where a sender, or all of them together, have reached their limit.

    On PostgreSQL, concurrent transactions do not count each other's messages, so a burst may exceed the limit.
    """
    delete_expired()
    recent = SubmissionLog.objects.filter(at__gt=timezone.now() - WINDOW)
    if recent.filter(sender=sender).count() >= settings.FEEDBACK_SENDER_LIMIT:
        raise RateLimitError("sender")
    if recent.count() >= settings.FEEDBACK_SITE_LIMIT:
        raise RateLimitError("site")


def delete_expired() -> None:
    """Delete the rows that no limit counts any more. Called for each message and by the frequent job."""
    SubmissionLog.objects.filter(at__lt=timezone.now() - WINDOW).delete()
