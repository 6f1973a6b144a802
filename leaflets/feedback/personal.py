"""What looks like a personal detail inside somebody's comments. It leads to a question, never to a refusal."""

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# As people write them: 01632 960123, (01632) 960 123, 01632.960123, +44 7700 900123.
_PHONE = re.compile(r"(?<![\w+.])(?:\+44|0044|\(?0)[\d()\s.-]{8,16}\d(?!\w)")
_NHS = re.compile(r"(?<!\w)\d{3}[ .-]?\d{3}[ .-]?\d{4}(?!\w)")
_PUPIL = re.compile(r"(?<!\w)[A-HJ-NP-RT-Z](?:[ -]?\d){11}[ -]?[\dA-HJ-NP-RT-Z](?!\w)", re.IGNORECASE)

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# As people write them: 14/3/2015, 14 03 15, 2015-03-14, 14th of March 2015, March 14, 2015, 14032015.
_DATES = [
    re.compile(rf"(?<!\w)(?:{form})(?!\w)", re.IGNORECASE)
    for form in (
        r"(?P<day>\d{1,2})(?P<sign>[/. -])(?P<month>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})",
        r"(?P<year>\d{4})(?P<sign>[/.-])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})",
        r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>[a-z]{3,9})\.?,?\s+(?P<year>\d{4}|\d{2})",
        r"(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
    )
]
_BORN = re.compile(r"\b(?:born|birthday|d\.?\s?o\.?\s?b\.?|date of birth)(?!\w)", re.IGNORECASE)
_CHILD = re.compile(
    r"\b(?:grand)?(?:son|daughter|child|boy|girl|brother|sister|niece|nephew)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*")
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


def names_sender(text: str, *known: str) -> bool:
    """Whether a text holds some of what its sender said of themselves: name, e-mail, phone."""
    words = {word.casefold() for word in _WORD.findall(text)}
    names = {word.casefold() for value in known for word in _WORD.findall(value) if len(word) > 2}
    return any(_plain(value) in _plain(text) for value in known if value) or not words.isdisjoint(names)


def tells_who(text: str, *known: str) -> bool:
    """Whether a text seems to tell who somebody is; `known` as for `names_sender`."""
    return names_sender(text, *known) or find_personal_details(text) != []


def _find(text: str) -> Iterator[PersonalDetail]:
    for form in _DATES:
        for match in form.finditer(text):
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
    return _YOUNGEST <= age <= _OLDEST and _has_name(around)


def _has_name(text: str) -> bool:
    """Whether there is a first name with a surname, or a name after "son" and the like.

    One capital alone is any word that begins a sentence.
    """
    words = list(_WORD.finditer(text))
    for word, following in itertools.pairwise(words):
        between = text[word.end() : following.start()]
        are_alike = between.isspace() and _capitals(word[0]) == _capitals(following[0])
        is_child = _CHILD.fullmatch(word[0]) and not between.strip(" ,:(")
        if _capitals(following[0]) and (are_alike or is_child):
            return True
    return False


def _capitals(word: str) -> str:
    """How a word has capitals, if it has: "first", as Ann, O'Brien, Zoë; or "all", as ANN."""
    if not word[0].isupper():
        return ""
    return "all" if word.isupper() and len(word) > 1 else "first"


def _date_of(match: re.Match[str]) -> dt.date | None:
    day, month, year = int(match["day"]), match["month"].lower(), int(match["year"])
    if month[:3] in _MONTHS:
        number = _MONTHS.index(month[:3]) + 1
    elif month.isdecimal():
        number = int(month)
    else:
        return None
    try:
        return dt.date(year + 2000 if year < 100 else year, number, day)
    except ValueError:
        return None


def _is_nhs_number(text: str) -> bool:
    """Whether the last digit checks the nine before it (NHS Data Dictionary, "NHS NUMBER", modulus 11)."""
    *digits, check = (int(character) for character in text if character.isdecimal())
    total = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == check


def _plain(text: str) -> str:
    return re.sub(r"[\s().-]", "", text).lower()
