"""What the days on which the office is closed mean at one moment: what readers are told, and when that changes.

Times are those of a clock in the United Kingdom, without a zone. None of them is in an hour in which the clocks change
(`service_lines.read_closed_days` refuses it), so that comparing them is right on such a day too.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from .clock import say_time
from .service_lines import ClosedDays


@dataclass(frozen=True)
class ClosedToday:
    """What a button to call says of today, in one line of a narrow phone, and the same as a sentence."""

    on_button: str
    sentence: str


def say_closed_today(days: Iterable[ClosedDays], now: dt.datetime) -> ClosedToday | None:
    """Say that the office is closed now or will be later today; None where it is not, or was only until now."""
    midnight = dt.datetime.combine(now.date(), dt.time.min)
    tomorrow = midnight + dt.timedelta(days=1)
    for begins, ends in _join_periods(days):
        if ends <= now or begins >= tomorrow:
            continue
        if begins <= midnight and ends >= tomorrow:
            return ClosedToday("closed today", "We are closed today.")
        if begins <= now:
            if ends >= tomorrow:
                return ClosedToday("closed now", "We are closed now.")
            end = say_time(ends.time())
            return ClosedToday(f"opens {end}", f"We are closed until {end} today.")
        start = say_time(begins.time())
        if ends >= tomorrow:
            return ClosedToday(f"closes {start}", f"We close at {start} today.")
        return ClosedToday(f"closes {start}", f"We are closed from {start} to {say_time(ends.time())} today.")
    return None


def _join_periods(days: Iterable[ClosedDays]) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return when the office closes and opens again, in order: lines that meet are one period."""
    periods: list[tuple[dt.datetime, dt.datetime]] = []
    for begins, ends in sorted((one.begins_at, one.ends_at) for one in days):
        if periods and begins <= periods[-1][1]:
            periods[-1] = periods[-1][0], max(periods[-1][1], ends)
        else:
            periods.append((begins, ends))
    return periods


def last_change_within_day(days: Iterable[ClosedDays], now: dt.datetime) -> dt.datetime | None:
    """Return when the office last closed or opened again within a day, as of now; None where it never did.

    What begins or ends with a day is left out: pages change with the date too.
    """
    times = [time for one in days for time in (one.begins_at, one.ends_at) if time <= now]
    return max((time for time in times if time.time() != dt.time.min), default=None)
