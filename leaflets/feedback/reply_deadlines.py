"""Deadlines for replies: FEEDBACK_REPLY_DAYS working days in England after a message was sent, without the
days on which the service says that its office is closed. One on which it is closed for some hours counts.
"""

import datetime as dt
from collections.abc import Collection
from functools import lru_cache

from django.conf import settings

from leaflets.content.service_lines import ClosedDays

_SATURDAY = 5


def due_on(sent: dt.date, closed: Collection[ClosedDays] = ()) -> dt.date:
    """The last day for a reply to a message that was sent on this day. Days on which the office is closed do not count."""
    return _add_working_days(sent, settings.FEEDBACK_REPLY_DAYS, closed)


def late_before(today: dt.date, closed: Collection[ClosedDays] = ()) -> dt.date:
    """A message that was sent before this day and has no reply is late today."""
    return _add_working_days(today, -settings.FEEDBACK_REPLY_DAYS, closed)


def count_working_days(after: dt.date, until: dt.date, closed: Collection[ClosedDays] = ()) -> int:
    """Return the number of working days after one day, up to another and with it, without those on which the office is closed."""
    day, number = after, 0
    one = dt.timedelta(days=1)
    while (day := _find_working_day(day + one, one, closed)) <= until:
        number += 1
    return number


def _add_working_days(day: dt.date, number: int, closed: Collection[ClosedDays]) -> dt.date:
    """Add working days; subtract where `number` is negative."""
    step = dt.timedelta(days=1 if number > 0 else -1)
    for _ in range(abs(number)):
        day = _find_working_day(day + step, step, closed)
    return day


def _find_working_day(day: dt.date, step: dt.timedelta, closed: Collection[ClosedDays]) -> dt.date:
    """Return this day or the next one in the direction of `step` on which the office works."""
    while True:
        around = next((days for days in closed if days.first_whole <= day <= days.last_whole), None)
        if around:
            # At once: a period may be long.
            day = around.last_whole if step.days > 0 else around.first_whole
        elif _is_working_day(day):
            return day
        day += step


def _is_working_day(day: dt.date) -> bool:
    return day.weekday() < _SATURDAY and day not in _bank_holidays(day.year)


@lru_cache(maxsize=16)
def _bank_holidays(year: int) -> frozenset[dt.date]:
    # Imported here: it takes 15 MB and a quarter of a second, which only processes that show deadlines need.
    from holidays.countries.united_kingdom import UnitedKingdom

    return frozenset(UnitedKingdom(subdiv="ENG", years=year))
