"""Deadlines for replies: FEEDBACK_REPLY_DAYS working days after a message was sent.

Bank holidays count as working days, so a deadline may be earlier than promised, and never later.
"""

import datetime as dt

from django.conf import settings

_SATURDAY = 5


def due_on(sent: dt.date) -> dt.date:
    """The last day for a reply to a message that was sent on this day."""
    return _add_working_days(sent, settings.FEEDBACK_REPLY_DAYS)


def late_before(today: dt.date) -> dt.date:
    """A message that was sent before this day and has no reply is late today."""
    return _add_working_days(today, -settings.FEEDBACK_REPLY_DAYS)


def _add_working_days(day: dt.date, number: int) -> dt.date:
    """Add working days; subtract where `number` is negative."""
    step = dt.timedelta(days=1 if number > 0 else -1)
    for _ in range(abs(number)):
        day += step
        while day.weekday() >= _SATURDAY:
            day += step
    return day
