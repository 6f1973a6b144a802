"""How many messages one sender, and all senders, may send in an hour: shared by every process through the database."""

import datetime as dt
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import SubmissionLog

WINDOW = dt.timedelta(hours=1)


class TooManyError(Exception):
    """A limit was reached. `whose` is "sender" or "site"."""

    def __init__(self, whose: str) -> None:
        super().__init__(whose)
        self.whose = whose


def hash_of(address: str) -> str:
    """A keyed hash of a client's address.

    A household with IPv6 has a whole network of 2**64 addresses, so that network is the sender.
    """
    try:
        version = ip_address(address).version
        sender = str(ip_network(f"{address}/64", strict=False)) if version == 6 else address
    except ValueError:
        sender = ""  # A server on a local socket does not say.
    return salted_hmac("leaflets.feedback.sender", sender, algorithm="sha256").hexdigest()


def check(sender: str) -> None:
    """Raise `TooManyError` where a sender, or all of them, have sent as much as they may.

    Of messages that arrive in the same instant, PostgreSQL lets all through that do not see each other yet.
    """
    forget()
    recent = SubmissionLog.objects.filter(at__gt=timezone.now() - WINDOW)
    if recent.filter(sender=sender).count() >= settings.FEEDBACK_SENDER_LIMIT:
        raise TooManyError("sender")
    if recent.count() >= settings.FEEDBACK_SITE_LIMIT:
        raise TooManyError("site")


def forget() -> None:
    """Delete what counts for nothing any more. Each message and each run of the jobs does so."""
    SubmissionLog.objects.filter(at__lt=timezone.now() - WINDOW).delete()
