"""Retention of messages: deletion dates, the daily purge, and erasure on request.

The dates are stored with each message; FEEDBACK_DAYS and FEEDBACK_CONTACT_DAYS give the number of days.
"""

import datetime as dt
import itertools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime

from leaflets.models import MissedSearch
from leaflets.models.history import anonymise_subject

from . import replies
from .models import AccessLog, Feedback, PurgeRun, SubmissionLog, UnfinishedErasure

OVERDUE_AFTER = dt.timedelta(days=7)
# How long the truncation of SQLite's write-ahead log waits for readers: a member of staff waits too.
_WAL_WAIT = dt.timedelta(seconds=2)
# A wrong clock may be years off; clocks of replicas differ by seconds.
_MAX_CLOCK_LAG = dt.timedelta(days=1)
# Longer than a site is usually switched off. On any other site something is stored, or purged, more often.
_MAX_SILENCE = dt.timedelta(days=45)
_PUBLIC_TEXTS = ("you_said", "we_did")
_REPLY = ("wants_reply", *replies.FIELDS)


@dataclass(frozen=True)
class PurgeCounts:
    """How many messages lost only their personal details, and how many were anonymised."""

    details_erased: int
    erased: int


class ImplausibleDateError(Exception):
    """The date of this machine does not fit what is stored. The message is a sentence with the reason."""


def initial_dates() -> dict[str, Any]:
    """The deletion dates of a message that is stored now, as fields of a `Feedback`."""
    until = localdate() + dt.timedelta(days=settings.FEEDBACK_DAYS)
    return {"comments_until": until, "details_until": until}


def update_dates(feedback: Feedback) -> None:
    """Set the deletion dates for the message's new status; does not save. A closed message loses its details earlier."""
    feedback.closed_at = timezone.now() if feedback.status == Feedback.Status.CLOSED else None
    feedback.comments_until, feedback.details_until = _compute_dates(feedback)


def _compute_dates(feedback: Feedback) -> tuple[dt.date, dt.date]:
    """Return (comments_until, details_until) by the current settings. A stored `comments_until` is never extended."""
    latest = localdate(feedback.sent_at) + dt.timedelta(days=settings.FEEDBACK_DAYS)
    comments = min(feedback.comments_until or latest, latest)
    if feedback.closed_at is None:
        return comments, comments
    details = localdate(feedback.closed_at) + dt.timedelta(days=settings.FEEDBACK_CONTACT_DAYS)
    return comments, min(details, comments)


def purge(*, dry_run: bool = False, date_is_right: bool = False) -> PurgeCounts:
    """Delete what is past its date, and count it. With `dry_run` everything is rolled back.

    `comments_until` may become earlier when the settings are shortened, never later. Raises `ImplausibleDateError`, and
    deletes nothing, where the clock of this machine seems to be wrong. With `date_is_right` it is believed, and what was
    stored with a date in the future gets the present one.
    """
    today = localdate()
    if not date_is_right and (problem := find_clock_problem()):
        raise ImplausibleDateError(problem)
    with transaction.atomic():
        if date_is_right:
            _correct_future_dates()
        messages = Feedback.objects.not_anonymised()
        for feedback in messages.only("sent_at", "closed_at", "comments_until", "details_until"):
            _shorten_dates(feedback)
        expired = list(messages.filter(comments_until__lt=today))
        details_expired = list(
            messages.with_details().filter(details_until__lt=today, comments_until__gte=today)
        )
        for feedback in details_expired:
            _clear_details(feedback)
        for feedback in expired:
            _anonymise(feedback)
        # All rows, not only those that no limit counts: this job runs daily, so each row is deleted within a day.
        SubmissionLog.objects.all().delete()
        MissedSearch.objects.purge()
        PurgeRun.objects.create(details=len(details_expired), comments=len(expired))
        if dry_run:
            transaction.set_rollback(True)
        else:
            _finish_on_commit()
    return PurgeCounts(details_erased=len(details_expired), erased=len(expired))


def _shorten_dates(feedback: Feedback) -> None:
    """Move the dates of a message to an earlier day if the settings were shortened."""
    comments, details = _compute_dates(feedback)
    dates = {"comments_until": comments, "details_until": min(feedback.details_until or details, details)}
    if any(getattr(feedback, name) != date for name, date in dates.items()):
        Feedback.objects.filter(pk=feedback.pk).update(**dates)


def _finish_on_commit() -> None:
    """Part of each transaction that erases: remove the content from the files of the database after it."""
    if connection.vendor == "sqlite":
        UnfinishedErasure.objects.create()
        transaction.on_commit(_finish, robust=True)


def _finish() -> None:
    """Truncate SQLite's write-ahead log, where deleted content stays readable, unless other processes are reading."""
    last = UnfinishedErasure.objects.order_by("-pk").first()
    if last and _truncate_sqlite_wal():
        UnfinishedErasure.objects.filter(pk__lte=last.pk).delete()


def _truncate_sqlite_wal() -> bool:
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        (usual_wait,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {_WAL_WAIT // dt.timedelta(milliseconds=1)}")
        try:
            is_blocked, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except OperationalError:
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual_wait}")
    return not is_blocked


def is_finished() -> bool:
    """Whether all that was erased is erased from the files of an SQLite database too. The next purge finishes it.

    For PostgreSQL it says nothing: the server overwrites its files later, by itself.
    """
    return not UnfinishedErasure.objects.exists()


def find_clock_problem() -> str:
    """Say why the date of this machine is implausible, or return "".

    It is where something was stored more than a day after it, or where between the last purge and now nothing was stored
    for more than 45 days. A message that arrives while the clock is wrong does not make the date plausible. Before the
    first purge nothing is known, and any date is plausible.
    """
    now, messages = timezone.now(), Feedback.objects.not_anonymised()
    last_run = PurgeRun.objects.order_by("-at").first()
    today = f"By the clock of this machine it is {_in_words(now)}"
    times = [row.sent_at for row in messages.order_by("-sent_at")[:1]] + ([last_run.at] if last_run else [])
    newest = max(times, default=now)
    if newest > now + _MAX_CLOCK_LAG:
        return f"{today}, and something was stored or purged on {_in_words(newest)}."
    if last_run is None:
        return ""
    sent = messages.filter(sent_at__gt=last_run.at, sent_at__lt=now).values_list("sent_at", flat=True)
    seen = AccessLog.objects.filter(at__gt=last_run.at, at__lt=now).values_list("at", flat=True)
    for before, after in itertools.pairwise(sorted([last_run.at, *sent, *seen, now])):
        if after - before > _MAX_SILENCE:
            return (
                f"{today}, and nothing was stored or purged from {_in_words(before)} to {_in_words(after)}."
            )
    return ""


def _in_words(time: dt.datetime) -> str:
    return date_format(localtime(time), "j F Y")


def _correct_future_dates() -> None:
    """Replace dates in the future, which a wrong clock stored, by the present: the date is known to be right."""
    now = timezone.now()
    PurgeRun.objects.filter(at__gt=now).update(at=now)
    Feedback.objects.filter(closed_at__gt=now).update(closed_at=now)
    Feedback.objects.not_anonymised().filter(sent_at__gt=now).update(sent_at=now)


def is_overdue() -> bool:
    """Whether messages are stored and the purge has not run for a week."""
    since = timezone.now() - OVERDUE_AFTER
    stored = Feedback.objects.not_anonymised().filter(sent_at__lt=since)
    runs = PurgeRun.objects.filter(at__gte=since, at__lte=timezone.now() + _MAX_CLOCK_LAG)
    return stored.exists() and not runs.exists()


def erase_details(feedback: Feedback) -> None:
    """Delete name, e-mail, phone and the internal note."""
    with transaction.atomic():
        _clear_details(feedback)
        _finish_on_commit()


def erase_all(feedback: Feedback) -> None:
    """Anonymise a message: month, leaflet, section, answer, how it was replied to, and public texts stay."""
    with transaction.atomic():
        _anonymise(feedback)
        _finish_on_commit()


def erase_messages(references: Collection[str]) -> list[str]:
    """Anonymise messages, all or none; return the references of those that were not erased before."""
    erased = []
    with transaction.atomic():
        for feedback in Feedback.objects.select_for_update().filter(reference__in=references).order_by("pk"):
            erased.append(feedback.reference or "")
            _anonymise(feedback)
        if erased:
            _finish_on_commit()
    return erased


def _clear_details(feedback: Feedback) -> None:
    feedback.name = feedback.email = feedback.phone = feedback.note = ""
    feedback.save(update_fields=["name", "email", "phone", "note"])


def _anonymise(feedback: Feedback) -> None:
    # What staff write, as stored: a colleague may have changed it since the message was read.
    feedback.refresh_from_db(
        from_queryset=Feedback.objects.select_for_update(),
        fields=["is_public", "sent_at", *_REPLY, *_PUBLIC_TEXTS],
    )
    replies.anonymise(feedback)
    feedback.had_change = bool(feedback.we_did)
    changes: dict[str, Any] = dict.fromkeys(("name", "email", "phone", "comments", "note"), "")
    changes |= dict.fromkeys(("reference", "submission", "edition_number"))
    changes |= dict.fromkeys(
        ("closed_at", "comments_until", "details_until", "notified_at", "notice_tried_at")
    )
    month = localtime(feedback.sent_at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    changes |= {"wants_reply": False, "status": Feedback.Status.CLOSED, "sent_at": month}
    if not feedback.is_public:
        changes |= dict.fromkeys(_PUBLIC_TEXTS, "")
    for name, value in changes.items():
        setattr(feedback, name, value)
    feedback.save(
        update_fields=[*changes, "had_change", "reply_asked", "reply_never", "replied_on", "reply_sent"]
    )
    feedback.sendings.all().delete()
    # The admin's change log holds the reference and the time.
    content_type = ContentType.objects.get_for_model(Feedback)
    LogEntry.objects.filter(content_type=content_type, object_id=str(feedback.pk)).delete()
    anonymise_subject(feedback, "a message that was erased")
