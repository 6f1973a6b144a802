"""Subject access search: every message that is stored about one person.

People may ask for a copy and for erasure (UK GDPR, articles 15 and 17), mostly without a reference at hand.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from leaflets.content import names
from leaflets.content.phone_numbers import find_phone_numbers, normalise

from .models import Feedback

MOST_ERASED = 200  # messages in one act: nobody looks through more of them
MIN_QUERY_LENGTH = 3  # characters: fewer are found in every message
_MIN_DIGITS = 6  # of a part of a phone number
_FIELD_LABELS = {
    "name": "name",
    "email": "e-mail",
    "phone": "phone",
    "comments": "comments",
    "note": "our note",
}
_REFERENCE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", re.ASCII)
_SEPARATORS = str.maketrans("", "", " \n()./-")


@dataclass(frozen=True)
class Match:
    """A message that mentions a person, and the labels of the fields where it does: "name", "comments" and so on."""

    message: Feedback
    fields: list[str]


@dataclass(frozen=True)
class _Query:
    """What to look for: a name or address, whole phone numbers in E.164, and the digits of a part of a number, or ""."""

    text: str
    numbers: frozenset[str]
    digits: str

    def matches(self, text: str) -> bool:
        if names.contains(text, self.text):
            return True
        if not (self.digits or self.numbers):
            return False
        plain = names.plain_characters(text)
        if self.digits and self.digits in plain.translate(_SEPARATORS):
            return True
        return bool(self.numbers) and not self.numbers.isdisjoint(_phone_numbers(plain))


def is_long_enough(query: str) -> bool:
    """Whether a query has enough letters and digits not to be found in every message."""
    return len(names.normalise(query)) >= MIN_QUERY_LENGTH


def read_references(words: str) -> list[str]:
    """Return the references in what a form carries, each once, in their order; what is none is left out."""
    return list(dict.fromkeys(_REFERENCE.findall(words)))


def find_person(query: str, messages: Iterable[Feedback]) -> list[Match]:
    """Find the messages that contain a name, an e-mail address or a phone number.

    `query` is a name or an address, or part of one, in any spelling (see `names.contains`), or a number with or
    without +44 and separators, of which six digits are enough.
    """
    plain = names.plain_characters(query)
    parsed = _Query(query, _phone_numbers(plain), _national_digits(plain))
    matches = (Match(message, _matching_fields(message, parsed)) for message in messages)
    return [match for match in matches if match.fields]


def _matching_fields(message: Feedback, query: _Query) -> list[str]:
    return [label for field, label in _FIELD_LABELS.items() if query.matches(getattr(message, field))]


def _phone_numbers(text: str) -> frozenset[str]:
    """The phone numbers in a text, and the text itself where it is nothing else, such as one of another country."""
    found = {number.normalised for number in find_phone_numbers(text)}
    is_number = text.translate(_SEPARATORS).removeprefix("+").isdecimal()
    return frozenset(found | {normalise(text)} - {""} if is_number else found)


def _national_digits(query: str) -> str:
    """The digits of a phone number, or of a part of one, without country code and leading 0; "" if it is none."""
    digits = query.translate(_SEPARATORS).removeprefix("+")
    is_number = digits.isdecimal() and len(digits) >= _MIN_DIGITS
    return digits.removeprefix("00").removeprefix("44").removeprefix("0") if is_number else ""
