"""A calendar file with one meeting (RFC 5545), in the time of the United Kingdom."""

import datetime as dt
import hashlib
import re

# Summer time begins and ends at 1:00 UTC on the last Sundays of March and October (SI 2002/262).
_TIME_ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19810329T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
END:VTIMEZONE"""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}", re.ASCII)
_MAX_YEARS = 5
_MAX_OCTETS = 75  # of a line, without its end


class RefusedError(ValueError):
    """A day or time that cannot be used. The message is a sentence for the person who typed it."""


def read_day(text: str, today: dt.date) -> dt.date:
    """Return the day that is written as 2027-01-31. Raises `RefusedError`."""
    try:
        day = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise RefusedError(
            "Give the day of the meeting as year, month and day, such as 2027-01-31."
            if text
            else "Choose the day of the meeting."
        )
    if day < today:
        raise RefusedError("This day has passed. Choose a later one.")
    if day.year > today.year + _MAX_YEARS:
        raise RefusedError(f"This day is more than {_MAX_YEARS} years away. Look at the year again.")
    return day


def read_time(text: str) -> dt.time | None:
    """Return the time that is written as 14:30, or None for "". Raises `RefusedError`."""
    if not text:
        return None
    try:
        if _TIME.fullmatch(text):
            return dt.time.fromisoformat(text)
    except ValueError:
        pass
    raise RefusedError("Give the time in 24 hours, such as 09:30 or 14:00.")


def write_event(
    day: dt.date, time: dt.time | None, *, summary: str, description: str, url: str, now: dt.datetime
) -> bytes:
    """Return the calendar file of a meeting of one hour or, without a time, of the whole day. `now` is aware."""
    begin = f"{day:%Y%m%d}"
    when = (
        [f"DTSTART;TZID=Europe/London:{begin}T{time:%H%M}00", "DURATION:PT1H"]
        if time
        else [f"DTSTART;VALUE=DATE:{begin}"]
    )
    uid = hashlib.sha256(f"{url} {day} {time}".encode()).hexdigest()[:32]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//SENDIASS//Meeting sheet//EN",
        *(_TIME_ZONE.split("\n") if time else []),
        "BEGIN:VEVENT",
        f"UID:{uid}@meeting.invalid",
        f"DTSTAMP:{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        *when,
        f"SUMMARY:{_escape(summary)}",
        f"DESCRIPTION:{_escape(description)}",
        f"URL:{url}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_fold(line) for line in lines)


def _escape(text: str) -> str:
    """Escape a text value (3.3.11), without control characters."""
    text = re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")
    return "".join(character for character in text if character.isprintable())


def _fold(line: str) -> bytes:
    """Return a line of content with its end, in parts of at most 75 octets (3.1), none of which parts a character."""
    parts, part = [], b""
    for character in line:
        octets = character.encode()
        if len(part) + len(octets) > _MAX_OCTETS:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part]) + b"\r\n"
