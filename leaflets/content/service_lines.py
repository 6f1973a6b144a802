"""Lines of the service's record that have a form: links, languages, days on which the office is closed.

Each function reads one line, and raises `LineError` with a sentence that says how to write it.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from leaflets.files.dates import YEAR_MESSAGE, is_plausible

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
_CLOSED = re.compile(rf"({_DAY})(?: ?(?:to|until|[-\u2013\u2014]) ?({_DAY}))? ?(?:: ?(.*))?", re.IGNORECASE)
_CLOSED_EXAMPLE = "24/12/2026 to 3/1/2027: Christmas"
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
    """Days on which the office is closed, from the first to the last, and why, or ""."""

    first: dt.date
    last: dt.date
    reason: str


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

    A day is written as in Britain, in figures or with its month in words, or as it is stored: 2026-12-24.
    """
    shown = line[:80]
    found = _CLOSED.fullmatch(" ".join(line.split()))
    if found is None:
        raise LineError(f"“{shown}” needs a day or two, such as {_CLOSED_EXAMPLE}.")
    first = _read_day(found[1], shown)
    last = _read_day(found[2], shown) if found[2] else first
    if not (is_plausible(first) and is_plausible(last)):
        raise LineError(f"“{shown}”: {YEAR_MESSAGE}")
    if last < first:
        raise LineError(f"“{shown}”: the last day is before the first.")
    return ClosedDays(first, last, (found[3] or "").strip())


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
    last = f" to {days.last}" if days.last != days.first else ""
    reason = f": {days.reason}" if days.reason else ""
    return f"{days.first}{last}{reason}"
