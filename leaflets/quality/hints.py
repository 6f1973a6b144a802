"""What staff should look at before they publish a text. Hints help; they never stop anybody.

Nobody can make the Code's own words simpler: its quotations are only compared with the stored paragraph.
"""

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from django.utils import timezone
from django.utils.formats import date_format

from leaflets.content import readability
from leaflets.content.leaflet import LeafletSource
from leaflets.content.markdown import BlockKind, RenderedBlock, RenderedCitation, RenderedLink
from leaflets.content.phone_numbers import find_phone_numbers, normalise
from leaflets.content.service import ServiceSource
from leaflets.files.problems import Kind, Problem
from leaflets.law import quotations
from leaflets.law.sources import CodeSource

from .preflight import CheckedLeaflet

LONGEST_SENTENCE = 25  # words
HIGHEST_AGE = 12
# Of a longer run of words a hint quotes the beginning, and of many differences the first.
QUOTED_WORDS = 10
QUOTED_DIFFERENCES = 3
# Among so many postcodes and phone numbers one like another is looked for.
MOST_FACTS = 100

# Short forms that everybody knows better than their words.
KNOWN_ABBREVIATIONS = frozenset({"GP", "ID", "OK", "PDF", "TV", "UK"})
VAGUE_LINKS = frozenset(
    {"click", "click here", "find out more", "here", "learn more", "link", "more", "more information"}
    | {"read more", "see here", "this", "this link", "this page", "this website"}
)

_ABBREVIATION = re.compile(r"\b[A-Z]{2,6}(?=s?\b)")
_ROMAN_NUMERAL = re.compile(r"[IVX]+")
_BLOCK_CAPITALS = re.compile(r"\b[A-Z]{2,}\b(?:\W+\b[A-Z]{2,}\b){3,}|\b[A-Z]{9,}\b")
_MUST = re.compile(r"\bmust\b", re.IGNORECASE)
_ADDRESS = re.compile(r"@|://|\bwww\.")
_WEB_ADDRESS = re.compile(r"https?://[^\s)>]*")
# Area, district, sector, unit: the forms of British Standard 7666, written in capitals as printed.
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?[ \xa0]?\d[A-Z]{2}\b")


def find_hints(
    checked: CheckedLeaflet, service: ServiceSource, today: dt.date | None = None
) -> list[Problem]:
    """Say what staff should look at in a leaflet, in its order. Each hint names the heading it stands under.

    - a sentence of more than 25 words; a text under one heading that is for readers of more than 12 years
    - "must" where nothing under the same heading cites the Code, in a leaflet that does
    - a quotation whose words differ from the stored text of its paragraph
    - an abbreviation (2 to 6 capitals) that is nowhere spelt out as in "special educational needs (SEN)" or
      "SEN (special educational needs)". A word that also stands in small letters is an emphasis, not an
      abbreviation; Roman numerals and `KNOWN_ABBREVIATIONS` need no words
    - four words or more in capitals, or one of nine letters or more
    - a link whose words do not say where it leads
    - what `find_fact_hints` finds; a review date that has passed
    """
    source = checked.source
    parts = read_parts(checked)
    hints = [*_review_hints(source, today or timezone.localdate()), *_abbreviation_hints(source, parts)]
    for part in parts:
        hints += _hints_of_part(part, checked.code)
    hints = [replace(hint, path=source.path) for hint in hints] + find_fact_hints(source, service)
    return sorted(hints, key=lambda hint: hint.line)


# --- Where a hint stands -----------------------------------------------------------------------------------


@dataclass
class Part:
    """What stands under one heading of a leaflet, large or small. Lines are those of the file."""

    heading: str
    line: int
    blocks: list[RenderedBlock] = field(default_factory=list)
    citations: list[RenderedCitation] = field(default_factory=list)
    links: list[RenderedLink] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What people call it in a sentence."""
        return _name(self.heading)

    def hint(self, line: int, message: str, kind: Kind) -> Problem:
        return Problem("", line, f"In {self.name}: {message}", kind)

    @property
    def own_blocks(self) -> list[RenderedBlock]:
        """The service's own words: no heading, and nothing that is quoted from the Code."""
        return [block for block in self.blocks if block.kind is not BlockKind.HEADING and not block.quotes]


def read_parts(checked: CheckedLeaflet) -> list[Part]:
    """Part a leaflet at its headings of every level, in reading order. The introduction comes first."""
    parts: list[Part] = []
    for section, rendered in zip(checked.source.sections, checked.sections, strict=True):
        first, shift = len(parts), section.body_line - 1
        heading = RenderedBlock(section.heading.text, section.line, BlockKind.HEADING)
        parts.append(Part(heading.text, heading.line, [heading] if heading.text else []))
        for block in rendered.blocks:
            if block.kind is BlockKind.CODE:
                continue
            if block.kind is BlockKind.HEADING:
                parts.append(Part(block.text, block.line + shift))
            parts[-1].blocks.append(replace(block, line=block.line + shift))
        for citation in rendered.citations:
            citation = replace(citation, line=citation.line + shift)
            part_at(parts, citation.line, first).citations.append(citation)
        for link in rendered.links:
            link = replace(link, line=link.line + shift)
            part_at(parts, link.line, first).links.append(link)
    return parts


def part_at(parts: list[Part], line: int, first: int = 0) -> Part:
    """The part in which a line of the file stands, among those from `first` on."""
    return parts[max(bisect_right(parts, line, lo=first, key=lambda part: part.line) - 1, first)]


def _name(heading: str) -> str:
    return f"“{heading}”" if heading else "the introduction"


def _beginning(words: str) -> str:
    parts = words.split()
    return " ".join(parts[:QUOTED_WORDS]) + (" …" if len(parts) > QUOTED_WORDS else "")


# --- What is hard to read ----------------------------------------------------------------------------------


def _hints_of_part(part: Part, code: CodeSource | None) -> Iterator[Problem]:
    yield from _reading_hints(part)
    yield from _capitals_hints(part)
    yield from _link_hints(part)
    if code:
        yield from _duty_hints(part)
        yield from _quotation_hints(part, code)


def _reading_hints(part: Part) -> Iterator[Problem]:
    for block in part.own_blocks:
        for sentence in readability.split_sentences(block.text):
            length = len(readability.split_words(sentence))
            if length > LONGEST_SENTENCE:
                message = (
                    f"“{_beginning(sentence)}” has {length} words. Two short sentences are easier to read."
                )
                yield part.hint(block.line, message, Kind.LONG_SENTENCE)
    # Forced line breaks make an address, not sentences.
    text = "\n".join(block.text for block in part.own_blocks if "\n" not in block.text)
    grade = readability.reading_grade(text)
    if grade is not None and readability.reading_age(grade) > HIGHEST_AGE:
        yield part.hint(
            part.line,
            f"this text is for readers of {readability.reading_age(grade)} years or more. Aim for {HIGHEST_AGE} or less; "
            f"begin with “{_beginning(readability.hardest_sentence(text))}”.",
            Kind.HARD_TEXT,
        )


def _capitals_hints(part: Part) -> Iterator[Problem]:
    for block in part.blocks:
        if not block.quotes:
            for found in _BLOCK_CAPITALS.finditer(_without_addresses(block.text)):
                yield part.hint(
                    block.line,
                    f"“{_beginning(found[0])}” is all capitals. Small letters are easier to read.",
                    Kind.CAPITALS,
                )


def _without_addresses(text: str) -> str:
    """Without web and e-mail addresses, which are written as they are given."""
    return " ".join("–" if _ADDRESS.search(word) else word for word in text.split())


def _link_hints(part: Part) -> Iterator[Problem]:
    for link in part.links:
        if " ".join(link.text.lower().strip(" .…:>»→").split()) in VAGUE_LINKS:
            yield part.hint(
                link.line,
                f"the link “{link.text}” does not say where it leads. Name what people find there.",
                Kind.VAGUE_LINK,
            )


def _abbreviation_hints(leaflet: LeafletSource, parts: list[Part]) -> Iterator[Problem]:
    """One hint for each abbreviation that is never spelt out, where it stands first."""
    texts = [leaflet.title, leaflet.summary, *(block.text for part in parts for block in part.blocks)]
    known = {*KNOWN_ABBREVIATIONS, *_spelt_out(texts)}
    known |= {word.upper() for text in texts for word in re.findall(r"\b[a-z]{2,6}\b", text)}
    for part in parts:
        for block in part.blocks:
            text = _BLOCK_CAPITALS.sub(" ", _without_addresses(block.text))
            for abbreviation in _ABBREVIATION.findall(text):
                if abbreviation not in known and not _ROMAN_NUMERAL.fullmatch(abbreviation):
                    known.add(abbreviation)
                    message = (
                        f"“{abbreviation}” is never spelt out. Write its words once, then “({abbreviation})”."
                    )
                    yield part.hint(block.line, message, Kind.ABBREVIATION)


def _spelt_out(texts: Iterable[str]) -> set[str]:
    """The abbreviations that stand beside their words, in brackets or with them in brackets."""
    found = set()
    for text in texts:
        for match in re.finditer(r"\(\W?([A-Z]{2,6})\W?\)", text):
            if _stands_for(match[1], text[max(0, match.start() - 100) : match.start()]):
                found.add(match[1])
        for match in re.finditer(r"\b([A-Z]{2,6})\W? \(([^()]{1,100})\)", text):
            if _stands_for(match[1], match[2]):
                found.add(match[1])
    return found


def _stands_for(abbreviation: str, words: str) -> bool:
    """Say whether the letters stand in the words in order, from the beginning of one: SENCO in "Special
    Educational Needs Coordinator"."""
    words = words.lower()
    for start in re.finditer(r"\b\w", words):
        letters = iter(words[start.start() :])
        if start[0] == abbreviation[0].lower() and all(letter in letters for letter in abbreviation.lower()):
            return True
    return False


# --- What the Code says ------------------------------------------------------------------------------------


def _duty_hints(part: Part) -> Iterator[Problem]:
    if part.citations:
        return
    for block in part.own_blocks:
        for sentence in readability.split_sentences(block.text):
            duty = _MUST.search(sentence)
            if duty:
                yield part.hint(
                    block.line,
                    f"“{_beginning(_around(sentence, duty.start()))}” says must, and cites nothing. "
                    "Add the Code's paragraph in brackets, if it has one.",
                    Kind.UNCITED_DUTY,
                )


def _around(sentence: str, place: int) -> str:
    """The words from shortly before a place in a sentence, so that it is among those quoted."""
    before = sentence[:place].split()
    kept = before[-QUOTED_WORDS // 2 :]
    return " ".join([*["…"] * (len(kept) < len(before)), *kept, sentence[place:]])


def _quotation_hints(part: Part, code: CodeSource) -> Iterator[Problem]:
    texts = {paragraph.number: paragraph.text for paragraph in code.paragraphs}
    for citation in part.citations:
        comparison = quotations.compare_quotation(citation.quoted, texts.get(citation.number, ""))
        if comparison.match is quotations.Match.DIFFERS:
            yield part.hint(
                citation.line,
                f"the words quoted from {citation.number} differ from the Code: "
                f"{_differences(comparison) or 'see its text'}.",
                Kind.QUOTATION_DIFFERS,
            )


def _differences(comparison: quotations.Comparison) -> str:
    shown = []
    for ours, official in comparison.differences[:QUOTED_DIFFERENCES]:
        if not official:
            shown.append(f"“{_beginning(ours)}” is not there")
        elif not ours:
            shown.append(f"“{_beginning(official)}” is missing")
        else:
            shown.append(f"“{_beginning(ours)}” is “{_beginning(official)}” there")
    more = len(comparison.differences) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


# --- Facts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fact:
    """A postcode or phone number as it is printed, where, and what of it is compared."""

    text: str
    place: str
    key: str
    line: int = 0

    @property
    def is_phone(self) -> bool:
        return self.key.startswith("+")

    def is_like(self, other: "_Fact") -> bool:
        """Say whether both may be meant for one: the same postal district, or one or two digits apart."""
        if self.key == other.key or self.is_phone != other.is_phone:
            return False
        if self.is_phone:
            pairs = zip(self.key, other.key, strict=False)
            return len(self.key) == len(other.key) and sum(a != b for a, b in pairs) <= 2
        return self.key[:-3] == other.key[:-3]


def find_fact_hints(leaflet: LeafletSource, service: ServiceSource) -> list[Problem]:
    """Find postcodes and phone numbers that are not in the service's record, once for each section.

    Phone numbers are compared by their digits. Where one like it is in the record or elsewhere in the leaflet
    the hint names both: one of the two may be a slip.
    """
    phones = [_phone(phone, "the service's record") for phone in (*service.phones, service.officer_phone)]
    postcodes = [
        _postcode(postcode, "the service's record")
        for postcode in (service.postcode, service.officer_postcode)
    ]
    record = {fact.key for fact in (*postcodes, *phones)}
    printed: dict[tuple[str, str], _Fact] = {}
    for fact in _facts(leaflet):
        printed.setdefault((fact.place, fact.key), fact)
    others = [*postcodes, *phones, *printed.values()][:MOST_FACTS]
    return [
        Problem(leaflet.path, fact.line, _fact_message(fact, others), Kind.UNKNOWN_FACT)
        for fact in printed.values()
        if fact.key not in record
    ]


def _facts(leaflet: LeafletSource) -> Iterator[_Fact]:
    """What is printed, line by line; the number that a link dials counts like the one that it shows."""
    for section in leaflet.sections:
        place = _name(section.heading.text)
        for number, line in enumerate(section.body.split("\n"), start=section.body_line):
            text = _WEB_ADDRESS.sub(" ", line)
            yield from (_postcode(found, place, number) for found in _POSTCODE.findall(text))
            yield from (_phone(found.text, place, number) for found in find_phone_numbers(text))


def _postcode(text: str, place: str, line: int = 0) -> _Fact:
    return _Fact(text, place, "".join(text.split()).upper(), line)


def _phone(text: str, place: str, line: int = 0) -> _Fact:
    return _Fact(text, place, normalise(text), line)


def _fact_message(fact: _Fact, others: list[_Fact]) -> str:
    alike = next(filter(fact.is_like, others), None)
    if alike is None:
        return f"In {fact.place}: {fact.text} is not in the service's record. Check that it is right."
    places = list(dict.fromkeys(other.place for other in others if other.key == alike.key))
    return (
        f"In {fact.place}: {fact.text} is printed here, and {alike.text} in {' and in '.join(places[:2])}. "
        "Find out which is right."
    )


def _review_hints(leaflet: LeafletSource, today: dt.date) -> Iterator[Problem]:
    if leaflet.review and leaflet.review < today:
        day = date_format(leaflet.review, "j F Y")
        message = f"The review date, {day}, has passed. Check the leaflet, then set the next date."
        yield Problem(leaflet.path, 1, message, Kind.REVIEW_PASSED)
