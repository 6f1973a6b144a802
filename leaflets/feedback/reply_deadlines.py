"""Deadlines for replies: FEEDBACK_REPLY_DAYS working days in England after a message was sent."""

import datetime as dt
from functools import lru_cache

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
        while not _is_working_day(day):
            day += step
    return day


def _is_working_day(day: dt.date) -> bool:
    return day.weekday() < _SATURDAY and day not in _bank_holidays(day.year)


@lru_cache(maxsize=16)
def _bank_holidays(year: int) -> frozenset[dt.date]:
    # Imported here: it takes 15 MB and a quarter of a second, which only processes that show deadlines need.
    from holidays.countries.united_kingdom import UnitedKingdom

    return frozenset(UnitedKingdom(subdiv="ENG", years=year))
