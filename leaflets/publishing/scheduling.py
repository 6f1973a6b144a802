"""Scheduling the publication of a draft or the withdrawal of a leaflet, and applying it when it is due.

Each change is applied in one transaction that locks its leaflet, looks at the change again, and deletes it. So several
processes do it once, and a process that ends in the middle leaves all as it was, for the next one. Nothing is applied
but what the publisher saw: the same text of the same draft over the same live edition, by a person who may still publish.
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from leaflets.models import Edition, Leaflet, ScheduledChange, describe_time, name_of

from .admin_log import log_action
from .drafts import (
    EditState,
    NotReadyError,
    TextChangedError,
    check_draft,
    get_edit_state,
    publish_draft,
    withdraw_leaflet,
)
from .editions import lock_leaflet
from .questions import question_problems
from .schedule_cancellation import PUBLISH, WITHDRAW, stop_schedule
from .version_token import VersionToken

THE_WEBSITE = "the website"  # who failed to do it, in the history
MAX_PROBLEMS = 3  # that a note to staff has

logger = logging.getLogger(__name__)


class ScheduleChangedError(Exception):
    """The schedule of the leaflet changed since the user opened the page. `current` is what is stored, or None."""

    def __init__(self, current: ScheduledChange | None) -> None:
        self.current = current
        super().__init__("The schedule changed since the page was opened.")


class StoppedError(Exception):
    """A change must not be applied. The message says why, in words for staff."""


@dataclass(frozen=True)
class Outcome:
    """What became of a change that was due: `problem` is "" where it was applied."""

    leaflet: Leaflet
    action: str
    problem: str = ""


@transaction.atomic
def schedule_publication(
    leaflet: Leaflet,
    *,
    due_at: dt.datetime,
    basis: VersionToken | None,
    expected_schedule_pk: int,
    by: User,
    change_note: str,
) -> ScheduledChange:
    """Schedule the publication of the leaflet's draft.

    `expected_schedule_pk` is the primary key of the schedule that the page showed, 0 for none. Raises `TextChangedError`
    where the draft or the live edition changed, `ScheduleChangedError`, and `NotReadyError` where the draft has problems
    now.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if current.draft is None or basis != current.basis:
        raise TextChangedError(current)
    _checked, problems = check_draft(current.source)
    problems += question_problems(current.draft)
    if problems:
        raise NotReadyError(problems)
    change = ScheduledChange(leaflet=leaflet, action=PUBLISH, due_at=due_at, change_note=change_note)
    return _store(change, current.draft, current, expected_schedule_pk=expected_schedule_pk, by=by)


@transaction.atomic
def schedule_withdrawal(
    leaflet: Leaflet,
    *,
    due_at: dt.datetime,
    basis: VersionToken | None,
    expected_schedule_pk: int,
    by: User,
    read_instead: Leaflet | None,
    reason: str,
) -> ScheduledChange:
    """Schedule the withdrawal of the leaflet. Raises `TextChangedError` and `ScheduleChangedError`, as above."""
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if current.live is None or basis is None or basis.live_pk != current.basis.live_pk:
        raise TextChangedError(current)
    change = ScheduledChange(
        leaflet=leaflet, action=WITHDRAW, due_at=due_at, read_instead=read_instead, reason=reason
    )
    return _store(change, current.live, current, expected_schedule_pk=expected_schedule_pk, by=by)


def _store(
    change: ScheduledChange, edition: Edition, current: EditState, *, expected_schedule_pk: int, by: User
) -> ScheduledChange:
    """Store a change of this edition in place of the one that the user saw, and log it."""
    change.edition_pk, change.digest, change.live_pk = edition.pk, edition.digest, current.basis.live_pk
    change.scheduled_by = by
    stored = ScheduledChange.objects.filter(leaflet=change.leaflet).first()
    if stored and stored.pk != expected_schedule_pk:
        if not stored.is_stopped and _values(stored) == _values(change):
            return stored  # An equal request stored it.
        raise ScheduleChangedError(stored)
    if stored:
        stored.delete()
    change.save()
    log_action(by, change.leaflet, CHANGE, f"Scheduled: {change.description}")
    return change


def _values(change: ScheduledChange) -> tuple[object, ...]:
    return (
        change.action,
        change.due_at,
        change.edition_pk,
        change.digest,
        change.live_pk,
        change.change_note,
        change.read_instead_id,
        change.reason,
        change.scheduled_by_id,
    )


@transaction.atomic
def unschedule(leaflet: Leaflet, *, expected_schedule_pk: int, by: User) -> None:
    """Take back what is scheduled for a leaflet, and log it.

    `expected_schedule_pk` is the primary key of what the user saw. Nothing happens where it was taken back, stopped or
    applied before. Raises `ScheduleChangedError` where another change is scheduled now.
    """
    lock_leaflet(leaflet)
    stored = ScheduledChange.objects.filter(leaflet=leaflet).first()
    if stored is None or (stored.pk == expected_schedule_pk and stored.is_stopped):
        return
    if stored.pk != expected_schedule_pk:
        raise ScheduleChangedError(stored)
    log_action(by, leaflet, CHANGE, f"Called off: it {stored.past_description}.")
    if stored.scheduled_by in (None, by):
        stored.delete()
    else:
        # It stays as a note for the person who scheduled it.
        stop_schedule(leaflet, f"{name_of(by)} took it back.", by=by)


@transaction.atomic
def delete_note(leaflet: Leaflet, *, expected_schedule_pk: int, by: User) -> None:
    """Delete the note that this change was stopped, and log it. A change that waits is left as it is."""
    lock_leaflet(leaflet)
    note = (
        ScheduledChange.objects.filter(leaflet=leaflet, pk=expected_schedule_pk)
        .exclude(stopped_at=None)
        .first()
    )
    if note:
        log_action(by, leaflet, CHANGE, f"Took away the note that it {note.past_description}")
        note.delete()


def apply_due(now: dt.datetime | None = None) -> list[Outcome]:
    """Apply the changes whose time has come, the earliest first. Returns what became of those that this call did.

    Raises `django.db.Error` where the database does not answer or keeps a lock for too long: what is left stays due.
    """
    due = list(ScheduledChange.objects.due(now or timezone.now()).values_list("pk", "leaflet"))
    found = [_apply(pk, leaflet_pk) for pk, leaflet_pk in due]
    return [outcome for outcome in found if outcome]


def _apply(pk: int, leaflet_pk: int) -> Outcome | None:
    """Apply a change, or stop it. Returns None where another process did, or it was taken back or moved."""
    try:
        with transaction.atomic():
            change = _lock(pk, leaflet_pk)
            if change is None:
                return None
            try:
                with transaction.atomic():
                    _apply_locked(change)
            except StoppedError as error:
                return _stop(change, str(error))
            return Outcome(change.leaflet, change.action)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # It would fail again each time.
        logger.exception("A scheduled change of leaflet %s failed.", leaflet_pk)
        with transaction.atomic():
            change = _lock(pk, leaflet_pk)
            return (
                _stop(change, "The website had an error, which the web team finds in its log.")
                if change
                else None
            )


def _lock(pk: int, leaflet_pk: int) -> ScheduledChange | None:
    leaflet = Leaflet.objects.select_for_update().filter(pk=leaflet_pk).first()
    waiting = ScheduledChange.objects.waiting().filter(pk=pk)
    return waiting.select_related("leaflet", "scheduled_by", "read_instead").first() if leaflet else None


def _stop(change: ScheduledChange, problem: str) -> Outcome:
    stop_schedule(change.leaflet, problem, by=None)
    not_done = "Not published" if change.is_publication else "Not withdrawn"
    log_action(
        None, change.leaflet, CHANGE, f"{not_done}: it {change.past_description}. {problem}", who=THE_WEBSITE
    )
    return Outcome(change.leaflet, change.action, problem)


def _apply_locked(change: ScheduledChange) -> None:
    """Apply a change. Raises `StoppedError`; the caller then rolls back what was done."""
    by, leaflet = change.scheduled_by, change.leaflet
    if by is None or change.problem_of_person:
        raise StoppedError(change.problem_of_person)
    current = get_edit_state(leaflet)
    edition = current.draft if change.is_publication else current.live
    expected = (change.edition_pk, change.digest, change.live_pk)
    if edition is None or (edition.pk, edition.digest, current.basis.live_pk) != expected:
        raise StoppedError("The draft, or what readers see, changed after it was scheduled.")
    # Before the leaflet's own entries.
    scheduled = f"as scheduled on {describe_time(change.scheduled_at)} for {change.time_description}"
    log_action(by, leaflet, CHANGE, f"Carried out by the website, {scheduled}")
    # What is applied is not called off by its own publication or withdrawal.
    ScheduledChange.objects.filter(pk=change.pk).delete()
    try:
        if change.is_publication:
            publish_draft(leaflet, basis=current.basis, by=by, change_note=change.change_note)
            Edition.objects.filter(pk=edition.pk).update(scheduled_for=change.due_at)
        else:
            withdraw_leaflet(
                leaflet,
                basis=current.basis,
                read_instead=change.read_instead,
                reason=change.reason,
                by=by,
            )
            Edition.objects.filter(pk=edition.pk).update(withdrawal_scheduled_for=change.due_at)
    except NotReadyError as error:
        raise StoppedError(_describe(error)) from error
    except TextChangedError as error:
        raise StoppedError("The draft, or what readers see, changed after it was scheduled.") from error


def _describe(error: NotReadyError) -> str:
    messages = [problem.message for problem in error.problems]
    more = len(messages) - MAX_PROBLEMS
    others = [f"And {more} more."] if more > 0 else []
    return " ".join(["The text cannot be published as it is now.", *messages[:MAX_PROBLEMS], *others])
