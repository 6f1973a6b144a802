"""Everything that is stored about one person: for whoever asks what we hold about them, or wants it erased.

Anybody may ask for both (UK GDPR, articles 15 and 17), and whoever asks seldom has every reference at hand.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .models import Feedback

SHORTEST = 3  # characters: fewer stand in every message
_FEWEST_DIGITS = 6  # of a phone number
_PLACES = {"name": "name", "email": "e-mail", "phone": "phone", "comments": "comments", "note": "our note"}
_BETWEEN_DIGITS = re.compile(r"[\s()./-]")


@dataclass(frozen=True)
class Found:
    """A message that says something of a person, and where: "name", "comments" and so on."""

    message: Feedback
    places: list[str]


def find_person(words: str, messages: Iterable[Feedback]) -> list[Found]:
    """The messages in which a name, an e-mail address or a phone number stands, however it is written there.

    `words` is part of a name or an address, in capitals or not, or a number with or without +44 and spaces.
    """
    sought, number = _level(words), _number(words)
    found = (Found(message, _places(message, sought, number)) for message in messages)
    return [one for one in found if one.places]


def _places(message: Feedback, sought: str, number: str) -> list[str]:
    texts = {place: getattr(message, field) for field, place in _PLACES.items()}
    return [
        place
        for place, text in texts.items()
        if sought in _level(text) or (number and number in _BETWEEN_DIGITS.sub("", text))
    ]


def _level(text: str) -> str:
    return " ".join(text.casefold().split())


def _number(words: str) -> str:
    """The digits of a phone number that stay the same from wherever one calls, or "" if it is none."""
    digits = _BETWEEN_DIGITS.sub("", words).removeprefix("+")
    is_number = digits.isdecimal() and len(digits) >= _FEWEST_DIGITS
    return digits.removeprefix("00").removeprefix("44").removeprefix("0") if is_number else ""
