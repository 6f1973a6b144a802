"""Rate limits: how many messages one sender, and all senders, may send in an hour.

They are counted in the database, so that all processes share them.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from leaflets.networks import client_network

from .models import SubmissionLog

WINDOW = dt.timedelta(hours=1)


class RateLimitError(Exception):
    """A limit was reached. `scope` is "sender" or "site"."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


@dataclass(frozen=True)
class Sender:
    """Keyed hashes of a client's networks. The wider ones are "" for an address that is not IPv6."""

    address: str
    network_56: str = ""
    network_48: str = ""


def identify_sender(address: str) -> Sender:
    """Return the hashes of a client's network and, for IPv6, of the wider networks that it may belong to."""
    network = client_network(address)
    if ":" not in network:
        return Sender(_hash(network))
    return Sender(_hash(network), _hash(client_network(address, 56)), _hash(client_network(address, 48)))


def hash_form(nonce: str) -> str:
    """A keyed hash of the nonce of a form's token."""
    return salted_hmac("leaflets.feedback.form-nonce", nonce, algorithm="sha256").hexdigest()


def is_form_used_up(form: str) -> bool:
    """Whether one opened form has stored as many messages as it may: a person opens a new one for the next."""
    return _recent().filter(form=form).count() >= settings.FEEDBACK_FORM_LIMIT


def check(sender: Sender) -> None:
    """Raise `RateLimitError` where a sender, or all of them together, have reached their limit.

    At the limit of the site, the first message of a sender is still taken: others have filled it. On PostgreSQL,
    concurrent transactions do not count each other's messages, so a burst may exceed the limit.
    """
    delete_expired()
    recent = _recent()
    same = [recent.filter(sender=sender.address)]
    same += [recent.filter(network_56=sender.network_56)] if sender.network_56 else []
    same += [recent.filter(network_48=sender.network_48)] if sender.network_48 else []
    counts = [rows.count() for rows in same]
    if max(counts) >= settings.FEEDBACK_SENDER_LIMIT:
        raise RateLimitError("sender")
    if max(counts) > 0 and recent.count() >= settings.FEEDBACK_SITE_LIMIT:
        raise RateLimitError("site")


def _recent() -> QuerySet[SubmissionLog]:
    return SubmissionLog.objects.filter(at__gt=timezone.now() - WINDOW)


def _hash(sender: str) -> str:
    return salted_hmac("leaflets.feedback.sender", sender, algorithm="sha256").hexdigest()


def delete_expired() -> None:
    """Delete the rows that no limit counts any more. Called for each message and by the frequent job."""
    SubmissionLog.objects.filter(at__lt=timezone.now() - WINDOW).delete()
