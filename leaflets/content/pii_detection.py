"""Detection of personal data in free text.

It is heuristic, so the sender is asked about what is found, and a message is never refused because of it.
"""

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from leaflets.content import names
from leaflets.content.phone_numbers import find_phone_numbers, normalise

# RFC 5321: at most 64 characters before the @. A match begins where such characters begin, so that the time is linear.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_NHS_NUMBER = re.compile(r"(?<!\w)\d{3}[ .-]?\d{3}[ .-]?\d{4}(?!\w)")
# The letters of check letters and temporary numbers, without I, O and S.
_UPN = re.compile(
    r"(?<!\w)[A-HJ-NP-RT-Z](?:[ -]?\d){11}[ -]?[\dA-HJ-NP-RT-Z](?!\w)", re.IGNORECASE | re.ASCII
)

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# Such as 14/3/2015, 14 03 15, 2015-03-14, 14th of March 2015, March 14, 2015, 14032015.
_DATES = [
    re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
    for pattern in (
        r"(?P<day>\d{1,2})(?P<separator>[/. -])(?P<month>\d{1,2})(?P=separator)(?P<year>\d{4}|\d{2})",
        r"(?P<year>\d{4})(?P<separator>[/.-])(?P<month>\d{1,2})(?P=separator)(?P<day>\d{1,2})",
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
_LETTERS = re.compile(r"[^\W\d_]+")
_CONTEXT = 60  # characters on either side of a date
# Years. The Code is for people from 0 to 25; a date of the last two years is more likely one of a meeting.
_MIN_AGE, _MAX_AGE = 2, 26


@dataclass(frozen=True)
class PersonalDetail:
    """A passage of a text, as written, and its kind in words, such as "a phone number"."""

    kind: str
    text: str


def find_personal_details(text: str, public: frozenset[str] = frozenset()) -> list[PersonalDetail]:
    """Find what looks like personal data, without duplicates.

    `public` holds phone numbers and e-mail addresses to ignore, such as the service's own.
    """
    ignored = {_comparable(value) for value in public}
    found = (
        PersonalDetail(kind, written)
        for kind, written, comparable in _find(text)
        if comparable not in ignored
    )
    return list(dict.fromkeys(found))


def mentions_sender(text: str, *details: str) -> bool:
    """Whether a text contains one of the sender's own details, such as name and e-mail address, or a word of one.

    They are compared in any of their spellings: see `leaflets.content.names`.
    """
    given = [value for value in map(names.FoldedText, details) if value.normalised]
    own_words = {word for value in given for word in _letter_runs(value) if len(word) > 2}
    searched = names.FoldedText(text)
    found, compact = set(searched.normalised.split()), _compact(searched)
    return (
        not own_words.isdisjoint(_letter_runs(searched))
        or any(found.issuperset(value.normalised.split()) for value in given)
        or any(_compact(value) in compact for value in given)
    )


def may_identify_sender(text: str, *details: str) -> bool:
    """Whether a text seems to identify its sender or anybody else; `details` as for `mentions_sender`."""
    return mentions_sender(text, *details) or find_personal_details(names.plain_characters(text)) != []


def _letter_runs(text: names.FoldedText) -> set[str]:
    """The words of a text for comparison, without the digits in them, as in an address such as brown2010@example.org."""
    return {run for word in text.words for run in _LETTERS.findall(word)}


def _find(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the kind and the text of each passage, and the text in the form in which two of them are compared."""
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if _is_date_of_birth(match, text):
                yield "a date of birth", match[0], match[0]
    nhs_numbers = [match for match in _NHS_NUMBER.finditer(text) if _is_nhs_number(match[0])]
    for match in nhs_numbers:
        yield "an NHS number", match[0], match[0]
    for match in _UPN.finditer(text):
        if _is_upn(match[0]):
            yield "a pupil number", match[0], match[0]
    for phone in find_phone_numbers(text):
        if not any(phone.start < match.end() and match.start() < phone.end for match in nhs_numbers):
            yield "a phone number", phone.text, phone.normalised
    for match in _EMAIL.finditer(text):
        yield "an e-mail address", match[0], _comparable(match[0])


def _is_date_of_birth(match: re.Match[str], text: str) -> bool:
    """Whether a date is called one of birth, or is beside a name and gives the age of a child or young person."""
    date = _parse_date(match)
    if date is None:
        return False
    context = text[max(0, match.start() - _CONTEXT) : match.end() + _CONTEXT]
    if _BORN.search(context):
        return True
    age = (dt.date.today() - date).days / 365.25  # noqa: DTZ011 - the time zone makes no difference to an age in years
    return _MIN_AGE <= age <= _MAX_AGE and _has_name(context)


def _has_name(text: str) -> bool:
    """Whether there is a first name with a surname, or a name after a word such as "son".

    A single capitalised word is not enough: every sentence begins with one.
    """
    words = list(_WORD.finditer(text))
    for word, following in itertools.pairwise(words):
        between = text[word.end() : following.start()]
        are_alike = between.isspace() and _capitalisation(word[0]) == _capitalisation(following[0])
        is_child = _CHILD.fullmatch(word[0]) and not between.strip(" ,:(")
        if _capitalisation(following[0]) and (are_alike or is_child):
            return True
    return False


def _capitalisation(word: str) -> str:
    """How a word is capitalised: "first" (Ann, O'Brien, Zoë), "all" (ANN), or "" for not at all."""
    if not word[0].isupper():
        return ""
    return "all" if word.isupper() and len(word) > 1 else "first"


def _parse_date(match: re.Match[str]) -> dt.date | None:
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
    # Imported here, as below: only a message that may have such a number needs it.
    from stdnum.gb import nhs

    return bool(nhs.is_valid(re.sub(r"\D", "", text)))


def _is_upn(text: str) -> bool:
    """Whether the check letter of a unique pupil number is right.

    `upn.is_valid` is not used: its list of local authorities lacks those made since 2019.
    """
    from stdnum.gb import upn

    number = re.sub(r"[ -]", "", text).upper()
    return bool(upn.calc_check_digit(number[1:]) == number[0])


def _comparable(text: str) -> str:
    """A phone number or an e-mail address in the form in which two of them are compared."""
    return text.lower() if "@" in text else normalise(text) or text


def _compact(text: names.FoldedText) -> str:
    return text.normalised.replace(" ", "")
