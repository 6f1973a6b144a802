"""Accept a submission of the form: check its token, recognise a repeated one, and store it once."""

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

from . import rate_limits, retention
from .models import Feedback, SubmissionLog

_signer = signing.Signer(salt="leaflets.feedback.form")

MIN_FORM_AGE = 3  # seconds between issuing the token and the submission: a quicker one is taken for a bot
MAX_FORM_AGE = 24 * 3600  # seconds
# How long the same message from the same sender counts as the same submission.
DUPLICATE_WINDOW = dt.timedelta(minutes=10)


class SubmissionRejected(Exception):  # noqa: N818 - an outcome that is shown to the sender, not a fault
    """A submission that does not look like a person's. `reason` selects the message in `_rejected.html`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class FormToken:
    """What a form carries to recognise its submission. It says nothing about the user.

    `nonce` is random and differs each time the form is opened; `issued_at` is a Unix time in seconds.
    """

    nonce: str
    issued_at: float

    def sign(self) -> str:
        """The value of the form's hidden field."""
        return _signer.sign_object([self.nonce, self.issued_at])


def issue_token() -> FormToken:
    return FormToken(secrets.token_urlsafe(12), time.time())


def issue_aged_token() -> FormToken:
    """A new token for a form that is shown again, filled in: it can be submitted at once."""
    return FormToken(secrets.token_urlsafe(12), time.time() - MIN_FORM_AGE)


def read_token(signed: str) -> FormToken:
    """Verify a signed token.

    Raises `SubmissionRejected` with the reason "quick", "late", or "unknown" where the signature is wrong.
    """
    try:
        token = FormToken(*_signer.unsign_object(signed))
    except (signing.BadSignature, TypeError, ValueError):
        raise SubmissionRejected("unknown") from None
    age = time.time() - token.issued_at
    if age < MIN_FORM_AGE:
        raise SubmissionRejected("quick")
    if age > MAX_FORM_AGE:
        raise SubmissionRejected("late")
    return token


def store(message: dict[str, Any], token: FormToken, sender: rate_limits.Sender, browser: str) -> Feedback:
    """Store a message, or return the stored one where this is a repeated submission.

    The Back button may restore the form with a new token, so a duplicate is recognised by token, or by message,
    sender and User-Agent within `DUPLICATE_WINDOW`. The User-Agent is part of it because many people may share
    one address.

    `message` holds the fields of a `Feedback`, `sender` comes from `rate_limits.identify_sender`, `browser` is the User-Agent.
    The message is committed on return.
    Raises `SubmissionRejected` where the form has stored enough messages, `rate_limits.RateLimitError`, and `django.db.Error` where nothing could be stored.
    """
    submission = _digest(message, token.nonce)
    form = rate_limits.hash_form(token.nonce)
    content = _digest(message, sender.address + browser)
    with transaction.atomic(durable=True):
        known = Feedback.objects.filter(submission=submission).first() or _find_duplicate(
            sender.address, content
        )
        if known:
            return known
        if rate_limits.is_form_used_up(form):
            raise SubmissionRejected("used")
        rate_limits.check(sender)
        fields = message | retention.initial_dates()
        feedback, _ = Feedback.objects.get_or_create(submission=submission, defaults=fields)
        SubmissionLog.objects.create(
            sender=sender.address,
            network_56=sender.network_56,
            network_48=sender.network_48,
            form=form,
            words=content,
            feedback=feedback,
        )
    return feedback


def _find_duplicate(sender: str, content: str) -> Feedback | None:
    since = timezone.now() - DUPLICATE_WINDOW
    recent = SubmissionLog.objects.filter(sender=sender, words=content, at__gt=since)
    return Feedback.objects.not_anonymised().filter(sendings__in=recent).first()


def _digest(message: dict[str, Any], origin: str) -> str:
    """A keyed digest of a message and its origin, which is a token's nonce, or a sender and browser."""
    content = json.dumps([origin, sorted((name, str(value)) for name, value in message.items())])
    return salted_hmac("leaflets.feedback.submission", content, algorithm="sha256").hexdigest()
