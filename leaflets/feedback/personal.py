"""What looks like a personal detail inside somebody's comments. It leads to a question, never to a refusal."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# As people write them: 01632 960123, (01632) 960 123, +44 7700 900123.
_PHONE = re.compile(r"(?<![\w+])(?:\+44|0044|\(?0)[\d()\s-]{8,16}\d(?!\w)")
_NHS = re.compile(r"(?<!\w)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\w)")
_PUPIL = re.compile(r"(?<!\w)[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z](?!\w)", re.IGNORECASE)

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DATE = re.compile(
    r"(?<!\w)(?:(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4}|\d{2})"
    r"|(?P<day2>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<name>[a-z]{3,9})\.?,?\s+(?P<year2>\d{4}))(?!\w)",
    re.IGNORECASE,
)
_BORN = re.compile(r"\b(?:born|birthday|d\.?\s?o\.?\s?b\.?|date of birth)(?!\w)", re.IGNORECASE)
# Two words with capitals: a first name and a surname. One alone is any word that begins a sentence.
_FULL_NAME = re.compile(r"(?<!\w)[A-Z][a-z'’-]+\s+[A-Z][a-z'’-]+")
_NEAR = 60  # characters on either side of a date
_YOUNGEST, _OLDEST = 2, 26  # years: the Code is for people from 0 to 25; a date of last term is a meeting


@dataclass(frozen=True)
class PersonalDetail:
    """A passage of the comments, and what it looks like."""

    kind: str
    words: str


def find_personal_details(text: str, known: frozenset[str] = frozenset()) -> list[PersonalDetail]:
    """Find what looks like somebody's personal details.

    `known` holds numbers and addresses that are public anyway, such as the service's own phone. They are
    compared without spaces and in small letters.
    """
    public = {_plain(value) for value in known}
    found = {
        (detail.kind, detail.words): detail for detail in _find(text) if _plain(detail.words) not in public
    }
    return list(found.values())


def _find(text: str) -> Iterator[PersonalDetail]:
    for match in _DATE.finditer(text):
        if _is_birth(match, text):
            yield PersonalDetail("a date of birth", match[0])
    nhs = [match for match in _NHS.finditer(text) if _is_nhs_number(match[0])]
    for match in nhs:
        yield PersonalDetail("an NHS number", match[0])
    for match in _PUPIL.finditer(text):
        yield PersonalDetail("a pupil number", match[0])
    for match in _PHONE.finditer(text):
        is_nhs = any(match.start() < other.end() and other.start() < match.end() for other in nhs)
        if 10 <= sum(map(str.isdigit, match[0])) <= 14 and not is_nhs:
            yield PersonalDetail("a phone number", match[0].strip())
    for match in _EMAIL.finditer(text):
        yield PersonalDetail("an e-mail address", match[0])


def _is_birth(match: re.Match[str], text: str) -> bool:
    """A date that somebody says is one of birth, or a child's possible one beside a name."""
    date = _date_of(match)
    if date is None:
        return False
    around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    if _BORN.search(around):
        return True
    age = (dt.date.today() - date).days / 365.25  # noqa: DTZ011 - which day it is here matters to nobody's age
    return _YOUNGEST <= age <= _OLDEST and _FULL_NAME.search(around) is not None


def _date_of(match: re.Match[str]) -> dt.date | None:
    if match["name"]:
        month = match["name"][:3].lower()
        if month not in _MONTHS:
            return None
        day, number, year = int(match["day2"]), _MONTHS.index(month) + 1, int(match["year2"])
    else:
        day, number, year = int(match["day"]), int(match["month"]), int(match["year"])
        year += 2000 if year < 100 else 0
    try:
        return dt.date(year, number, day)
    except ValueError:
        return None


def _is_nhs_number(text: str) -> bool:
    """Whether the last digit checks the nine before it (NHS Data Dictionary, "NHS NUMBER", modulus 11)."""
    *digits, check = (int(character) for character in text if character.isdecimal())
    total = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == check


def _plain(text: str) -> str:
    return re.sub(r"[\s()-]", "", text).lower()
