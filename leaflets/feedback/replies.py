"""By when people have the answer that they were promised."""

import datetime as dt

from django.conf import settings

_SATURDAY = 5


def due_on(sent: dt.date) -> dt.date:
    """The last day on which an answer to what was sent on a day keeps the promise.

    Bank holidays count as working days here: whoever keeps to this day is never late.
    """
    return _working_days_from(sent, settings.FEEDBACK_REPLY_DAYS)


def late_before(today: dt.date) -> dt.date:
    """What was sent before this day, and waits for an answer, is late today."""
    return _working_days_from(today, -settings.FEEDBACK_REPLY_DAYS)


def _working_days_from(day: dt.date, number: int) -> dt.date:
    """So many working days after a day, or before it where the number is negative."""
    step = dt.timedelta(days=1 if number > 0 else -1)
    for _ in range(abs(number)):
        day += step
        while day.weekday() >= _SATURDAY:
            day += step
    return day
