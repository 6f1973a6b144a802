"""Cancelling the scheduled change of a leaflet when something else is done to the leaflet.

All of it needs a transaction that has locked the leaflet.
"""

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.utils import timezone

from leaflets.models import Edition, Leaflet, ScheduledChange, name_of
from leaflets.models.history import COMMAND_LINE

from .admin_log import log_action

PUBLISH, WITHDRAW = ScheduledChange.Action.PUBLISH, ScheduledChange.Action.WITHDRAW


def find_scheduled_change(leaflet: Leaflet) -> ScheduledChange | None:
    """Return what will be applied for a leaflet. See `add_cancelled_change`."""
    return ScheduledChange.objects.waiting().filter(leaflet=leaflet).first()


def add_cancelled_change(message: str, before: ScheduledChange | None) -> str:
    """Return the message of an act's entry in the history, with what it cancelled. `before` was scheduled before the act.

    An act of staff has one entry, which therefore says all of it.
    """
    if before is None or ScheduledChange.objects.waiting().filter(pk=before.pk).exists():
        return message
    return f"{message.rstrip('.')}. Off: it {before.past_description}"


def stop_schedule(
    leaflet: Leaflet, problem: str, *, by: User | None, action: str | None = None
) -> ScheduledChange | None:
    """Stop what is scheduled for a leaflet, of this action or of any, and return it; None where nothing was scheduled.

    `problem` is a sentence for staff that says why. Who scheduled it is told by e-mail, unless they stopped it themselves.
    """
    waiting = ScheduledChange.objects.waiting().filter(leaflet=leaflet)
    change = (waiting.filter(action=action) if action else waiting).first()
    if change is None:
        return None
    change.stopped_at = timezone.now()
    change.problem = problem
    change.is_to_be_told = by is None or by.pk != change.scheduled_by_id
    change.save(update_fields=["stopped_at", "problem", "is_to_be_told"])
    return change


def cancel_for_new_edition(leaflet: Leaflet, *, by: User | None) -> None:
    """Cancel what is scheduled for a leaflet whose next edition becomes live. `by` is None where a file was loaded.

    Where staff publish, the publication of the draft is settled. A withdrawal was scheduled for the text before.
    """
    if by is None:
        problem = "A file with another text of this leaflet was loaded."
        stopped = stop_schedule(leaflet, problem, by=None)
        if stopped:
            log_action(
                None, leaflet, CHANGE, f"Off: it {stopped.past_description}. {problem}", who=COMMAND_LINE
            )
    else:
        ScheduledChange.objects.filter(leaflet=leaflet, action=PUBLISH).delete()
        stop_schedule(leaflet, f"{name_of(by)} published a new edition.", by=by)


def cancel_for_withdrawal(leaflet: Leaflet, *, by: User | None) -> None:
    """Cancel what is scheduled for a leaflet that is withdrawn. `by` is None where no member of staff did it."""
    ScheduledChange.objects.filter(leaflet=leaflet, action=WITHDRAW).delete()
    stop_schedule(leaflet, f"{name_of(by) if by else 'Somebody'} withdrew the leaflet.", by=by)


def cancel_for_discarded_draft(draft: Edition, *, by: User) -> None:
    """Cancel the publication of a draft that is discarded. Another person who scheduled it is told."""
    scheduled = ScheduledChange.objects.filter(leaflet=draft.leaflet, action=PUBLISH)
    scheduled.filter(scheduled_by=by).delete()
    scheduled.exclude(stopped_at=None).delete()
    stop_schedule(draft.leaflet, f"{name_of(by)} discarded the draft.", by=by, action=PUBLISH)


def cancel_for_new_text(draft: Edition, digest: str, *, by: User) -> None:
    """Cancel the publication of a draft that is saved with another text: nobody who may publish has seen it."""
    if draft.pk and draft.digest != digest:
        stop_schedule(
            draft.leaflet,
            f"{name_of(by)} changed the draft after it was scheduled.",
            by=by,
            action=PUBLISH,
        )
