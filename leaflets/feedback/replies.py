"""Whether a reply was sent, and when: what staff note of it, for the figures of a year.

Whether a reply was in time is computed once, on the day on which it is noted, by the deadline and the closed days as they are
then: later changes of either do not change the figures of a year that is over.
"""

import datetime as dt
from collections.abc import Collection

from django.utils.timezone import localdate

from leaflets.content.service_lines import ClosedDays
from leaflets.models import Service

from . import reply_deadlines
from .models import Feedback

_MAX_DAYS = 32_767  # of a PositiveSmallIntegerField
FIELDS = ("status", "replied_on", "reply_days", "reply_in_time", "reply_sent")


def closed_days() -> Collection[ClosedDays]:
    """Return the days on which the service's record says that the office is closed."""
    service = Service.objects.first()
    return service.all_closed_days if service else ()


def find_problem(feedback: Feedback, day: dt.date) -> str:
    """Say why a reply to a message cannot have been sent on this day, or return ""."""
    if day > localdate():
        return "This day is in the future. Give the day on which you wrote or phoned."
    if day < localdate(feedback.sent_at):
        return "This day is before the message came in. Give the day on which you wrote or phoned."
    return ""


def update(
    feedback: Feedback, changed: Collection[str], closed: Collection[ClosedDays] = (), *, before: str
) -> None:
    """Bring status and reply of a message in line, after staff changed its `status`, `replied_on` or both; does not save.

    A day means that the reply was sent. The status "Replied" without one means today, and a message that is new or read
    again has no reply. `before` is the stored status, `changed` has the names of the fields that staff changed, `closed` the
    days on which the office is closed.
    """
    status = Feedback.Status
    is_open = feedback.status in (status.NEW, status.READ)
    if "replied_on" in changed:
        if feedback.replied_on and is_open:
            feedback.status, is_open = status.REPLIED, False
    elif "status" in changed and feedback.status == status.REPLIED:
        feedback.replied_on = feedback.replied_on or localdate()
    elif "status" in changed and is_open:
        feedback.replied_on = None
    _set_timeliness(feedback, closed, recompute="replied_on" in changed)
    if feedback.replied_on or feedback.status == status.REPLIED:
        feedback.reply_sent = True
    elif is_open:
        feedback.reply_sent = None
    elif "replied_on" in changed:
        feedback.reply_sent = False
    elif before != status.CLOSED:
        feedback.reply_sent = before == status.REPLIED


def _set_timeliness(feedback: Feedback, closed: Collection[ClosedDays], *, recompute: bool) -> None:
    if feedback.replied_on is None:
        feedback.reply_days = feedback.reply_in_time = None
    elif recompute or feedback.reply_days is None:
        sent = localdate(feedback.sent_at)
        days = reply_deadlines.count_working_days(sent, feedback.replied_on, closed)
        feedback.reply_days = min(days, _MAX_DAYS)
        feedback.reply_in_time = feedback.replied_on <= reply_deadlines.due_on(sent, closed)


def describe(feedback: Feedback) -> str:
    """Say in words whether the reply that was asked for was in time, as it is stored; "" where that is not known."""
    if not (feedback.reply_asked if feedback.is_anonymised else feedback.wants_reply):
        return ""
    if feedback.has_reply:
        return {True: "answered in time", False: "answered late", None: ""}[feedback.reply_in_time]
    is_unanswered = (
        feedback.reply_never if feedback.is_anonymised else feedback.status == feedback.Status.CLOSED
    )
    return "not answered" if feedback.has_reply is False and is_unanswered else ""


def anonymise(feedback: Feedback) -> None:
    """Store what is kept of the reply when a message is anonymised, and drop the day; does not save."""
    has_reply = feedback.has_reply
    feedback.reply_asked, feedback.reply_sent = feedback.wants_reply, has_reply
    feedback.reply_never = None
    if feedback.wants_reply and has_reply is not None:
        feedback.reply_never = not has_reply and _is_past_deadline(feedback)
    feedback.replied_on = None


def _is_past_deadline(feedback: Feedback) -> bool:
    """Whether a reply that was not given can no longer be in time. `summary` counts by the same rule."""
    if feedback.status not in (Feedback.Status.NEW, Feedback.Status.READ):
        return True
    return localdate(feedback.sent_at) < reply_deadlines.late_before(localdate(), closed_days())
