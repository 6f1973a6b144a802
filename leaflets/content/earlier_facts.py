"""Facts of the service that were right once: which a record has, and where a text still prints one.

Phone numbers are compared in the form of E.164, postcodes without spaces, and lines (of an address, of hours, names) with
spaces and dashes folded, in small letters. What also stands in a fact of today is not an old one.
"""

import enum
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .home_links import read_home_link
from .phone_numbers import find_phone_numbers, normalise, split_note

MAX_FOUND = 200  # places in one text
_DIALS = "tel:"  # before the number in the address of a link
_LEAST_NAME = 4  # characters: a shorter name or line stands in other words
_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?[ \xa0]?[0-9][A-Z]{2}\b", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_FOLDED = re.compile(r"[ \t\r\n\xa0\u2009\u202f]*[-\u2010-\u2015\u2212][ \t\r\n\xa0\u2009\u202f]*|\s+")
_MARKS = re.compile(r"[*\\]")


class FactKind(enum.StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    POSTCODE = "postcode"
    ADDRESS = "address"
    HOURS = "hours"
    NAME = "name"


WORDS = {
    FactKind.PHONE: "phone number",
    FactKind.EMAIL: "e-mail address",
    FactKind.POSTCODE: "postcode",
    FactKind.ADDRESS: "line of an address",
    FactKind.HOURS: "opening hours",
    FactKind.NAME: "name",
}


@dataclass(frozen=True)
class Fact:
    """A fact as it was written in the record, and the key by which it is compared."""

    kind: FactKind
    text: str
    key: str


@dataclass(frozen=True)
class Printed:
    """A place in a text that prints a fact: the words as they stand there, and their line, from 1.

    `is_dialled` is whether it is the number that a link dials, which readers do not see.
    """

    fact: Fact
    excerpt: str
    line: int
    is_dialled: bool = False


def facts_of(record: Mapping[str, Any]) -> list[Fact]:
    """Return the facts of a service's record, given by the names of its fields, each key once."""
    found = {(fact.kind, fact.key): fact for fact in reversed(list(_facts(record))) if fact.key}
    return list(reversed(found.values()))


def _facts(record: Mapping[str, Any]) -> Iterator[Fact]:
    calls = [read_home_link(link).leads_to for link in record["ways_in"]]
    numbers = [*record["phones"], record["text_number"], record["officer_phone"], record["relay"]]
    for text in (*numbers, *(call.removeprefix("tel:") for call in calls if call.startswith("tel:"))):
        yield from _phone_facts(text)
    for text in (record["email"], record["officer_email"]):
        yield Fact(FactKind.EMAIL, text, text.casefold())
    for text in (record["postcode"], record["officer_postcode"]):
        yield Fact(FactKind.POSTCODE, text, _postcode_key(text))
    for text in (*record["address"], *record["officer_address"]):
        # A line of one word is a town mostly, which leaflets name for other reasons.
        if " " in text.strip():
            yield Fact(FactKind.ADDRESS, text, _line_key(text))
    for text in record["opening_hours"]:
        yield Fact(FactKind.HOURS, text, _line_key(text))
    for text in (record["name"], record["full_name"]):
        yield Fact(FactKind.NAME, text, _line_key(text))


def _phone_facts(text: str) -> Iterator[Fact]:
    found = list(find_phone_numbers(text))
    for number in found:
        yield Fact(FactKind.PHONE, number.text, number.normalised)
    if not found and (number_alone := normalise(split_note(text)[0])):
        yield Fact(FactKind.PHONE, split_note(text)[0], number_alone)


def _postcode_key(text: str) -> str:
    return "".join(text.split()).upper()


def _fold(text: str) -> str:
    """Fold spaces and dashes, and leave out the marks of Markdown that can stand inside words."""
    return _FOLDED.sub(lambda match: " " if match[0].isspace() else "-", _MARKS.sub("", text)).casefold()


def _line_key(text: str) -> str:
    key = _fold(text).strip(" ,.;")
    return key if len(key) >= _LEAST_NAME else ""


def find_printed(text: str, old: Iterable[Fact], current: Iterable[Fact]) -> list[Printed]:
    """Return where a text prints old facts, in order, at most `MAX_FOUND` of them.

    A place inside a fact of today is none: the new name may have the old one in it.
    """
    searched = list(old)
    if not _may_print(text, searched):
        return []
    today = list(current)
    now = sorted(_places(text, today))
    begins = [start for start, _end, _fact in now]
    lines = [match.start() for match in re.finditer("\n", text)]
    found = []
    for start, end, number in sorted(set(_places(text, searched))):
        before = bisect_right(begins, start) - 1
        if any(end <= one[1] for one in now[max(0, before - 3) : before + 1]):
            continue
        is_dialled = text[max(0, start - len(_DIALS)) : start].casefold() == _DIALS
        found.append(Printed(searched[number], text[start:end], bisect_right(lines, start) + 1, is_dialled))
    return found[:MAX_FOUND]


def _may_print(text: str, facts: Iterable[Fact]) -> bool:
    """Whether it is worth to look closely: most texts print no old fact."""
    digits, folded, packed = "", "", ""
    for fact in facts:
        if fact.kind is FactKind.PHONE:
            digits = digits or re.sub(r"[^0-9]+", "", text) or "-"
            if fact.key.removeprefix("+44").lstrip("+") in digits:
                return True
        elif fact.kind is FactKind.POSTCODE:
            packed = packed or re.sub(r"[ \xa0]+", "", text).upper() or "-"
            if fact.key in packed:
                return True
        else:
            folded = folded or (text.casefold() if fact.kind is FactKind.EMAIL else _fold(text)) or "-"
            if fact.key in folded or fact.key in text.casefold():
                return True
    return False


def _places(text: str, facts: list[Fact]) -> Iterator[tuple[int, int, int]]:
    """Yield the start and end of each place, and the index of its fact."""
    keys = {(fact.kind, fact.key): number for number, fact in enumerate(facts)}
    for phone in islice(find_phone_numbers(text), MAX_FOUND):
        if (number := keys.get((FactKind.PHONE, phone.normalised))) is not None:
            yield phone.start, phone.end, number
    for kind, pattern in ((FactKind.POSTCODE, _POSTCODE), (FactKind.EMAIL, _EMAIL)):
        for match in pattern.finditer(text):
            key = _postcode_key(match[0]) if kind is FactKind.POSTCODE else match[0].casefold()
            if (number := keys.get((kind, key))) is not None:
                yield match.start(), match.end(), number
    lines = {
        fact.key: number
        for number, fact in enumerate(facts)
        if fact.kind in (FactKind.ADDRESS, FactKind.HOURS, FactKind.NAME)
    }
    if lines:
        yield from _places_of_lines(text, lines)


def _places_of_lines(text: str, lines: Mapping[str, int]) -> Iterator[tuple[int, int, int]]:
    folded, offsets = _fold_with_offsets(text)
    # The longest first: of two that begin at one place, it is the one that is printed.
    pattern = "|".join(map(re.escape, sorted(lines, key=len, reverse=True)))
    for match in islice(re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", folded), MAX_FOUND):
        yield offsets[match.start()], offsets[match.end() - 1] + 1, lines[match[0]]


def _fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the offset in `text`."""
    parts: list[str] = []
    offsets: list[int] = []
    plain = [(index, character) for index, character in enumerate(text) if character not in "*\\"]
    kept = "".join(character for _index, character in plain)
    position = 0
    for match in [*_FOLDED.finditer(kept), None]:
        end = match.start() if match else len(kept)
        for index in range(position, end):
            small = kept[index].casefold()
            parts.append(small)
            offsets += [plain[index][0]] * len(small)
        if match:
            parts.append(" " if match[0].isspace() else "-")
            offsets.append(plain[match.end() - 1][0])
            position = match.end()
    return "".join(parts), offsets
