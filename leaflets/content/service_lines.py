"""Lines of the service's record that have a form: links, languages, days on which the office is closed.

Each function reads one line, and raises `LineError` with a sentence that says how to write it.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from leaflets.files.dates import YEAR_MESSAGE, is_plausible

from .clock import clocks_change_at, say_day, say_time
from .presentation import first_strong

_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,? )?"
# A day of the calendar: as it is stored, in figures, or with the month in words. The year may be left out of the last two.
_DAY = (
    rf"{_WEEKDAY}(?:[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}|[0-9]{{1,2}}[/.][0-9]{{1,2}}(?:[/.][0-9]{{4}})?"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)? (?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?,?(?: [0-9]{{4}})?)"
)
# A time of day. With a point and without am or pm, only what cannot be a day and a month.
_TIME = (
    r"(?:(?:12 )?(?:noon|midday)|[0-9]{1,2}(?:[:.][0-9]{2})? ?[ap]m\b|[0-9]{1,2}:[0-9]{2}"
    r"|[0-9]{1,2}\.(?:00|1[3-9]|[2-5][0-9])(?![0-9/.]))"
)
_TO = r"(?:to|until|till|[-\u2013\u2014])"
_CLOSED = re.compile(
    rf"(?P<first>{_DAY})(?:,? from (?P<starts>{_TIME})|,? (?:at )?(?P<starts_alone>{_TIME})(?= ?{_TO}))?"
    rf"(?: ?{_TO} ?(?:(?P<ends>{_TIME})|(?P<last>{_DAY})(?:,? (?:(?:{_TO}|at) )?(?P<ends_on_last>{_TIME}))?))?"
    r" ?(?:: ?(?P<reason>.*))?",
    re.IGNORECASE,
)
_LONGEST_CLOSED = 250  # characters that are examined to say how to write a line
_CLOSED_EXAMPLE = "24/12/2026 to 3/1/2027: Christmas"
_TIME_ALONE = re.compile(rf"(?P<day>{_DAY}),? (?:at )?(?P<time>{_TIME}) ?(?::.*)?", re.IGNORECASE)
# A part of a day in words, which no time is known of. What follows a colon is the reason.
_PART_OF_DAY = re.compile(
    r"[^:]*\b(?:morning|afternoon|evening|lunch(?: ?time)?|half|pm|am)\b.*", re.IGNORECASE
)
_WITHOUT_FIRST = re.compile(rf"{_TO} ?{_DAY}.*", re.IGNORECASE)
_TIMED_EXAMPLE = "24/12/2026 from 12:00: Christmas Eve"
# The beginning of a tag of BCP 47, as in `leaflets.content.languages`.
_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?")
_LANGUAGE = re.compile(rf"({_CODE.pattern}): ?(.+)")
# What stands before a colon and is meant as a code: "xx9", "PL" or "en_GB", but not "Polish".
_LIKE_A_CODE = re.compile(r"(?:[A-Za-z0-9]{1,3}|(?=[^:]*[0-9_-])[A-Za-z0-9_-]{2,12})")
# Codes of BCP 47 that name no language: undetermined, many, none, not listed, and private ones.
_NO_LANGUAGE = re.compile(r"(?:und|mul|zxx|mis|q[a-t][a-z])(?:-.*)?")
_ADDRESS = re.compile(r"https://[!-~]+")
_UNSAFE_IN_ADDRESS = re.compile(r"[\"'<>\\^`{|}]")


class LineError(ValueError):
    """The line is not understood. The message says what is wrong, in words for staff."""


@dataclass(frozen=True)
class SocialLink:
    """The service's page on another site."""

    name: str
    url: str


@dataclass(frozen=True)
class Language:
    """A language in which one can ask: its name, and its code, such as "pl", or ""."""

    code: str
    name: str

    @property
    def direction(self) -> str:
        """The direction in which its name is written: "ltr" or "rtl"."""
        return first_strong(self.name) or "ltr"


@dataclass(frozen=True)
class ClosedDays:
    """Days on which the office is closed, from the first to the last, and why, or "".

    `starts` is when it closes on the first day, `ends` when it opens again on the last: None where that day is closed from
    its beginning, or to its end.
    """

    first: dt.date
    last: dt.date
    reason: str
    starts: dt.time | None = None
    ends: dt.time | None = None

    @property
    def begins_at(self) -> dt.datetime:
        return dt.datetime.combine(self.first, self.starts or dt.time.min)

    @property
    def ends_at(self) -> dt.datetime:
        if self.ends is not None:
            return dt.datetime.combine(self.last, self.ends)
        return dt.datetime.combine(self.last + dt.timedelta(days=1), dt.time.min)

    @property
    def first_whole(self) -> dt.date:
        """The first day that is closed from its beginning."""
        return self.first + dt.timedelta(days=self.starts is not None)

    @property
    def last_whole(self) -> dt.date:
        """The last day that is closed to its end. Before `first_whole` where no day is closed as a whole."""
        return self.last - dt.timedelta(days=self.ends is not None)

    @property
    def in_words(self) -> str:
        """The days, times and reason as readers see them."""
        words = say_day(self.first)
        if self.starts is not None:
            words += f" from {say_time(self.starts)}"
        if self.last != self.first:
            words += f" to {say_day(self.last)}"
        if self.ends is not None:
            words += f" until {say_time(self.ends)}"
        return f"{words}: {self.reason}" if self.reason else words


def read_social_link(line: str) -> SocialLink:
    """Read a name and an address, such as "Facebook: https://www.facebook.com/example"."""
    shown = line[:80]
    name, _, url = " ".join(line.split()).rpartition(" ")
    name = name.removesuffix(":").strip()
    if url.startswith("http://"):
        raise LineError(f"“{shown}”: the address has to start with https://.")
    if not name or not url.startswith("https://"):
        raise LineError(
            f"“{shown}” needs a name and an address, such as Facebook: https://www.facebook.com/example."
        )
    try:
        parts = urlsplit(url)
        is_address = "." in (parts.hostname or "") and "@" not in parts.netloc and parts.port in (None, 443)
    except ValueError:
        is_address = False
    if not is_address or not _ADDRESS.fullmatch(url) or _UNSAFE_IN_ADDRESS.search(url):
        raise LineError(f"“{shown}”: this is not the address of a page. Copy it from your browser.")
    return SocialLink(name, url)


def read_language(line: str) -> Language:
    """Read the name of a language, with its code or without, such as "pl: Polski"."""
    line = " ".join(line.split())
    found = _LANGUAGE.fullmatch(line)
    return Language(found[1], found[2]) if found else Language("", line)


def check_language(line: str) -> None:
    """Raise `LineError` where a line begins with what is meant as the code of a language and is none."""
    code, colon, name = " ".join(line.split()).partition(":")
    if not colon or not _LIKE_A_CODE.fullmatch(code):
        return
    known = _registered_code(code)
    if not known:
        raise LineError(
            f"“{code}” is not the code of a language. Write its own code, such as pl: Polski, or the name alone."
        )
    if not name.strip():
        raise LineError(f"“{line[:80]}” needs the name of the language after its code.")
    if known != code:
        raise LineError(
            f"“{line[:80]}”: write the code in its usual form. Write {known}: {name.strip()[:60]}."
        )


def _registered_code(code: str) -> str:
    """Return a code that is registered for a language, in its usual form, such as "zh-Hant"; "" for any other."""
    # Imported here: only what checks a record needs it.
    import langcodes

    try:
        is_valid = langcodes.tag_is_valid(code)
    except ValueError:
        return ""
    parts = langcodes.Language.get(code, normalize=False) if is_valid else None
    known = parts.to_tag() if parts else ""
    return known if _CODE.fullmatch(known) and not _NO_LANGUAGE.fullmatch(known) else ""


def read_closed_days(line: str) -> ClosedDays:
    """Read days and a reason, such as "24/12/2026 to 3/1/2027: Christmas", or one day.

    A day is written as in Britain, in figures or with its month in words, or as it is stored: 2026-12-24. The first can
    have the time from which the office is closed, and the last the time until which it is: "24/12/2026 from 12:00". A time
    after the last of two days is the one until which it is closed, without the word "until" too.
    """
    shown = line[:80]
    found = _CLOSED.fullmatch(" ".join(line.split()))
    if found is None:
        raise LineError(f"“{shown}” {_say_how_to_write(line)}")
    first = _read_day(found["first"], shown)
    last = _read_day(found["last"], shown) if found["last"] else first
    if not (is_plausible(first) and is_plausible(last)):
        raise LineError(f"“{shown}”: {YEAR_MESSAGE}")
    if last < first:
        raise LineError(f"“{shown}”: the last day is before the first.")
    starts, ends = (
        _read_time(found["starts"] or found["starts_alone"], shown),
        _read_time(found["ends"] or found["ends_on_last"], shown),
    )
    days = ClosedDays(
        first, last, (found["reason"] or "").strip(), None if starts == dt.time.min else starts, ends
    )
    if days.ends_at <= days.begins_at:
        raise LineError(f"“{shown}”: the end is not after the beginning.")
    if ends == dt.time.min:
        raise LineError(f"“{shown}”: leave the time out. Midnight is the end of the day before.")
    if clocks_change_at(days.begins_at) or clocks_change_at(days.ends_at):
        raise LineError(f"“{shown}”: the clocks change in this hour. Choose another time.")
    return days


def _say_how_to_write(line: str) -> str:
    """Say how to write a line that does not have the form of `_CLOSED`, after the line itself."""
    line = " ".join(line[:_LONGEST_CLOSED].split())
    if found := _TIME_ALONE.fullmatch(line):
        day, time = found["day"], found["time"]
        return f"needs “from” or “until” before the time: {day} from {time}, or {day} until {time}."
    if _WITHOUT_FIRST.fullmatch(line):
        return f"needs its first day too. Write it as {_CLOSED_EXAMPLE}."
    found = re.match(_DAY, line, re.IGNORECASE)
    if found and _PART_OF_DAY.fullmatch(line):
        day = found[0]
        return f"needs a time. For the afternoon, write {day} from 12:00. For the morning, write {day} until 12:00."
    if found:
        return (
            f"is not understood after “{found[0]}”. Write days as {_CLOSED_EXAMPLE}, and times as 24/12/2026 from "
            "12:00, or 24/12/2026 from 12:00 to 4/1/2027 until 9:00."
        )
    return f"needs a day or two, such as {_CLOSED_EXAMPLE}, or {_TIMED_EXAMPLE}."


def _read_time(text: str | None, shown: str) -> dt.time | None:
    """Return a time of day that has the form of `_TIME`. `shown` is the line in which it stands."""
    if not text:
        return None
    figures = [int(part) for part in re.findall(r"[0-9]+", text)] or [12]
    hour, minute = figures[0], figures[1] if len(figures) > 1 else 0
    half = text[-2:].lower()
    is_of_clock = half not in ("am", "pm") or 1 <= hour <= 12
    if half in ("am", "pm"):
        hour = hour % 12 + (12 if half == "pm" else 0)
    if not is_of_clock or hour > 23 or minute > 59:
        raise LineError(f"“{shown}”: there is no such time. Write it as 12:00, or 12 noon.")
    return dt.time(hour, minute)


def _read_day(text: str, shown: str) -> dt.date:
    """Return a day that has the form of `_DAY`. `shown` is the line in which it stands."""
    month_in_words = next((word for word in re.findall(r"[a-z]+", text.lower()) if word in _MONTHS), "")
    figures = [int(part) for part in re.findall(r"[0-9]+", text)]
    if month_in_words:
        figures.insert(1, _MONTHS[month_in_words])
    if len(figures) == 2:
        raise LineError(f"“{shown}”: write the year of each day, such as {_CLOSED_EXAMPLE}.")
    year, month, day = figures if re.search(r"[0-9]{4}-", text) else reversed(figures)
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise LineError(f"“{shown}”: there is no such day. Check the day and the month.") from None


def normalise_closed_days(line: str) -> str:
    """Return days and a reason in the form that is stored, and a line that is not understood as it is."""
    try:
        days = read_closed_days(line)
    except LineError:
        return line
    starts = f" from {days.starts:%H:%M}" if days.starts else ""
    last = f" to {days.last}" if days.last != days.first else ""
    ends = f" until {days.ends:%H:%M}" if days.ends else ""
    reason = f": {days.reason}" if days.reason else ""
    return f"{days.first}{starts}{last}{ends}{reason}"
