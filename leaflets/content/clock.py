"""Days and times on a clock in the United Kingdom, without a zone."""

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Europe/London")


def clocks_change_at(time: dt.datetime) -> bool:
    """Whether a time is in the hour that is left out, or that comes twice, when the clocks change."""
    return time.replace(tzinfo=_ZONE).utcoffset() != time.replace(tzinfo=_ZONE, fold=1).utcoffset()


def say_day(day: dt.date) -> str:
    """Return a day in words, such as "4 January 2027"."""
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def say_time(time: dt.time) -> str:
    """Return a time of day in words, such as "9am", "1:30pm" or "midday"."""
    if (time.hour, time.minute) == (12, 0):
        return "midday"
    minutes = f":{time:%M}" if time.minute else ""
    return f"{time.hour % 12 or 12}{minutes}{'am' if time.hour < 12 else 'pm'}"
