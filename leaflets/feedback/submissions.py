"""How a message comes in: once, from our own form, filled in by somebody with hands."""

import datetime as dt
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import limits, retention
from .models import Feedback, SubmissionLog

_signer = signing.Signer(salt="leaflets.feedback.form")

SHORTEST = 3  # seconds between opening the form and sending it: nobody reads it faster
LONGEST = 24 * 3600  # seconds
# Whoever goes back in the browser and presses Send again does so soon.
SENT_AGAIN_WITHIN = dt.timedelta(minutes=10)


class Refusal(Exception):  # noqa: N818 - no error of the program's: a person is told, and presses Send again
    """A submission that did not come as a person's does. `reason` names the sentence to show."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Opening:
    """That the form was opened: by whom nobody knows, when in seconds since 1970."""

    nonce: str
    at: float

    @property
    def token(self) -> str:
        """What the form carries, signed."""
        return _signer.sign_object([self.nonce, self.at])


def open_form() -> Opening:
    return Opening(secrets.token_urlsafe(12), time.time())


def open_form_again() -> Opening:
    """A new opening for somebody who has the filled-in form before them: they need not wait."""
    return Opening(secrets.token_urlsafe(12), time.time() - SHORTEST)


def read_opening(token: str) -> Opening:
    """Read what a form carried. Raises `Refusal` where it was too quick, too late or not from our form."""
    try:
        opening = Opening(*_signer.unsign_object(token))
    except (signing.BadSignature, TypeError, ValueError):
        raise Refusal("unknown") from None
    age = time.time() - opening.at
    if age < SHORTEST:
        raise Refusal("quick")
    if age > LONGEST:
        raise Refusal("late")
    return opening


def receive(message: dict[str, Any], opening: Opening, sender: str, browser: str) -> Feedback:
    """Store a message, or find it where this very submission came before.

    Whoever goes back in the browser finds everything still there, in a form that was opened anew. So the same message
    from the same sender is the same submission too, for some minutes, if it comes from the same kind of browser: many
    people may share one address.

    `message` holds the fields of a `Feedback`, `sender` comes from `limits.hash_of`, `browser` is what it calls
    itself. What is returned is on the disk.
    Raises `limits.TooManyError`, and `django.db.Error` where nothing could be stored.
    """
    submission = _digest(message, opening.nonce)
    words = _digest(message, sender + browser)
    with transaction.atomic(durable=True):
        known = Feedback.objects.filter(submission=submission).first() or _sent_before(sender, words)
        if known:
            return known
        limits.check(sender)
        fresh = message | retention.dates_of_new()
        feedback, _ = Feedback.objects.get_or_create(submission=submission, defaults=fresh)
        SubmissionLog.objects.create(sender=sender, words=words, feedback=feedback)
    return feedback


def _sent_before(sender: str, words: str) -> Feedback | None:
    recent = SubmissionLog.objects.filter(
        sender=sender, words=words, at__gt=timezone.now() - SENT_AGAIN_WITHIN
    )
    return Feedback.objects.not_anonymous().filter(sendings__in=recent).first()


def _digest(message: dict[str, Any], origin: str) -> str:
    """The same for the same message of the same origin (an opening of the form, or a sender), and for nothing else."""
    words = json.dumps([origin, sorted((name, str(value)) for name, value in message.items())])
    return salted_hmac("leaflets.feedback.submission", words, algorithm="sha256").hexdigest()
