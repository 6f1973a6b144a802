"""Phone numbers: finding them in text, and their forms for comparing (E.164) and dialling.

Numbers are found by the pattern here and parsed by phonenumbers. Its own matcher is not used: at the leniency that
finds numbers as parents write them, it also takes dates such as 2020-03 for numbers.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

REGION = "GB"  # the region of numbers without a country code
# Spaces, brackets, dots, and every dash that a keyboard or a word processor makes. A slash stands between two numbers.
_SEPARATOR = r"[ \t\xa0().\-\u2010-\u2015\u2212]"
_DATE = r"[0-9]{2}[./-][0-9]{2}[./-](?:[0-9]{4}|[0-9]{2})(?![0-9])"
_NUMBER = re.compile(
    rf"(?<![\w.+])(?<![0-9]-)(?!{_DATE})"
    rf"(?:(?:\+|00)44{_SEPARATOR}?(?:\(0\))?|\(?0(?![.0]))(?:{_SEPARATOR}{{0,2}}[0-9]){{9,10}}(?!\w)"
)

_INTERNATIONAL = re.compile(rf"(?<![\w+])(?:\+|00)[0-9](?:{_SEPARATOR}{{0,2}}[0-9]){{6,14}}(?!\w)")
_COUNTRY_CODE = phonenumbers.country_code_for_region(REGION)
_BRITISH_DIGITS = 10  # of most numbers, after the 0
_IS_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE


@dataclass(frozen=True)
class FoundNumber:
    """A phone number in a text: as written, its start and end offsets, and its normalised form."""

    text: str
    start: int
    end: int
    normalised: str


def normalise(text: str) -> str:
    """Return a number in the form of E.164, such as +441632960123, or "" where `text` is no phone number."""
    number = _parse(text)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else ""


@functools.lru_cache(maxsize=256)
def dial_string(text: str) -> str:
    """Return the digits to dial for a printed number: in national form where it is printed so, else in E.164."""
    found = next(find_phone_numbers(text), None)
    if found:
        text = found.text
    number = _parse(text)
    if number is None:
        return re.sub(r"[^+0-9]", "", text)  # A short number, such as 111.
    is_national = re.match(r"[^+0-9]*0(?!0)", text) is not None
    if is_national and number.country_code == _COUNTRY_CODE:
        return f"0{number.national_number}"
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def split_note(text: str) -> tuple[str, str]:
    """Return a printed number, and the note in brackets after it, such as "mornings", or "".

    The 0 of an area code may stand in brackets too: a note has a letter.
    """
    text = text.strip()
    number, bracket, note = text.removesuffix(")").rpartition("(")
    if bracket and text.endswith(")") and number.strip() and any(map(str.isalpha, note)):
        return number.strip(), note.strip()
    return text, ""


def find_phone_numbers(text: str) -> Iterator[FoundNumber]:
    """Find the British phone numbers in a text, in order."""
    for match in _NUMBER.finditer(text):
        normalised = normalise(match[0])
        if normalised:
            yield FoundNumber(match[0], match.start(), match.end(), normalised)


def has_complete_number(text: str) -> bool:
    """Whether a text has a number that can be dialled from anywhere, of any country, maybe with words around it."""
    found = [
        *(match[0] for match in _INTERNATIONAL.finditer(text)),
        *(one.text for one in find_phone_numbers(text)),
    ]
    return any(map(_is_complete, [text, *found]))


def can_be_dialled(text: str) -> bool:
    """Whether a text has a number that can be dialled in Britain: a complete one, or one such as 111 or 0800 1111."""
    if has_complete_number(text):
        return True
    try:
        number = phonenumbers.parse(text[:250], REGION)
    except NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) or phonenumbers.is_valid_short_number_for_region(
        number, REGION
    )


def _is_complete(text: str) -> bool:
    """Whether a text is a number with its area code: `_parse` accepts local numbers too.

    British numbers have 10 digits after the 0, or 9 in few areas. The possible lengths of phonenumbers also include
    7 digits, for the two of 0800 1111 and 0845 46 47, and count the 0 of a number that lacks digits.
    """
    number = _parse(text)
    if number is None or phonenumbers.is_possible_number_with_reason(number) != _IS_POSSIBLE:
        return False
    if number.country_code != _COUNTRY_CODE:
        return True
    digits = len(phonenumbers.national_significant_number(number))
    return digits == _BRITISH_DIGITS or (
        digits == _BRITISH_DIGITS - 1 and phonenumbers.is_valid_number(number)
    )


def _parse(text: str) -> PhoneNumber | None:
    """Parse a number of a possible length.

    It need not be valid: Ofcom's numbers for drama (01632 960000), which examples use, are possible but not valid.
    """
    try:
        number = phonenumbers.parse(text[:250], REGION)
    except NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None
