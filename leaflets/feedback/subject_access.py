"""Subject access search: every message that is stored about one person.

People may ask for a copy and for erasure (UK GDPR, articles 15 and 17), mostly without a reference at hand.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from leaflets.content.phone_numbers import find_phone_numbers

from .models import Feedback

MIN_QUERY_LENGTH = 3  # characters: fewer are found in every message
_MIN_DIGITS = 6  # of a part of a phone number
_FIELD_LABELS = {
    "name": "name",
    "email": "e-mail",
    "phone": "phone",
    "comments": "comments",
    "note": "our note",
}
_SEPARATORS = re.compile(r"[\s()./-]")


@dataclass(frozen=True)
class Match:
    """A message that mentions a person, and the labels of the fields where it does: "name", "comments" and so on."""

    message: Feedback
    fields: list[str]


@dataclass(frozen=True)
class _Query:
    """What to look for: `text`, whole phone numbers in E.164, and the digits of a part of a number, or ""."""

    text: str
    numbers: frozenset[str]
    digits: str

    def matches(self, text: str) -> bool:
        if self.text in _normalise(text) or (self.digits and self.digits in _SEPARATORS.sub("", text)):
            return True
        return bool(self.numbers) and not self.numbers.isdisjoint(_phone_numbers(text))


def find_person(query: str, messages: Iterable[Feedback]) -> list[Match]:
    """Find the messages that contain a name, an e-mail address or a phone number.

    `query` is part of a name or an address in any case, or a number with or without +44 and spaces, of which six
    digits are enough.
    """
    parsed = _Query(_normalise(query), _phone_numbers(query), _national_digits(query))
    matches = (Match(message, _matching_fields(message, parsed)) for message in messages)
    return [match for match in matches if match.fields]


def _matching_fields(message: Feedback, query: _Query) -> list[str]:
    return [label for field, label in _FIELD_LABELS.items() if query.matches(getattr(message, field))]


def _normalise(text: str) -> str:
    return " ".join(text.casefold().split())


def _phone_numbers(text: str) -> frozenset[str]:
    return frozenset(number.normalised for number in find_phone_numbers(text))


def _national_digits(query: str) -> str:
    """The digits of a phone number, or of a part of one, without country code and leading 0; "" if it is none."""
    digits = _SEPARATORS.sub("", query).removeprefix("+")
    is_number = digits.isdecimal() and len(digits) >= _MIN_DIGITS
    return digits.removeprefix("00").removeprefix("44").removeprefix("0") if is_number else ""
