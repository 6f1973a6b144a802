"""Hints: what staff should look at before they publish a text. They do not prevent publication; see `preflight`.

Words quoted from the Code are not checked for readability: they are only compared with the stored paragraph.
"""

import datetime as dt
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from urllib.parse import unquote

from django.utils import timezone
from django.utils.formats import date_format

from leaflets.content import readability
from leaflets.content.glossary import WordFinder
from leaflets.content.leaflet import LeafletSource
from leaflets.content.phone_numbers import find_phone_numbers, normalise
from leaflets.content.rendered import (
    BlockKind,
    Rendered,
    RenderedBlock,
    RenderedCitation,
    RenderedLink,
    RenderedSentence,
)
from leaflets.content.service import ServiceSource
from leaflets.files.problems import Kind, Problem
from leaflets.fonts import describe, find_missing
from leaflets.law.quotations import Comparison, Match, compare_quotation
from leaflets.law.sources import CitableLaw

from .attachments import describe_attachment
from .preflight import CheckedLeaflet

MAX_SENTENCE_WORDS = 25
MAX_READING_AGE = 12  # years
# How much a hint quotes of a run of words, and how many differences of a quotation it names.
EXCERPT_WORDS = 10
MAX_DIFFERENCES = 3
# Each unknown postcode or phone number is compared with at most so many others.
MAX_COMPARED_FACTS = 100
# No hints are given for more postcodes and phone numbers than this.
MAX_FACTS = 1_000
# Pairs of a quoted and an official word that are compared for the hints of a leaflet. Where there are more, a hint says
# that a quotation differs, but not how.
MAX_WORD_PAIRS = 300_000

NO_WORDS = WordFinder(())
# Abbreviations that are better known than their words.
KNOWN_ABBREVIATIONS = frozenset({"GP", "ID", "KB", "MB", "OK", "PDF", "TV", "UK"})
VAGUE_LINKS = frozenset(
    {"click", "click here", "find out more", "here", "learn more", "link", "more", "more information"}
    | {"read more", "see here", "this", "this link", "this page", "this website"}
)

# Not GOV in GOV.UK.
_ABBREVIATION = re.compile(r"\b[A-Z]{2,6}(?=s?\b)(?!\.[A-Z])")
_ROMAN_NUMERAL = re.compile(r"[IVX]+")
_BLOCK_CAPITALS = re.compile(r"\b[A-Z]{2,}\b(?:\W+\b[A-Z]{2,}\b){3,}|\b[A-Z]{9,}\b")
_MUST = re.compile(r"\bmust\b", re.IGNORECASE)
_MARK_MUST = "Make must bold if it is a legal duty: the list of duties has only what is marked. If it is not, use another word."
_URL_OR_EMAIL = re.compile(r"@|://|\bwww\.")
_URL = re.compile(r"https?://[^\s)>]*")
# Area, district, sector, unit: the forms of British Standard 7666, written in capitals as printed.
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?[ \xa0]?\d[A-Z]{2}\b")


def find_hints(
    checked: CheckedLeaflet,
    service: ServiceSource,
    today: dt.date | None = None,
    *,
    glossary: WordFinder = NO_WORDS,
) -> list[Problem]:
    """Return the hints for a leaflet, sorted by line. `glossary` finds its words.

    Each hint names the heading that it is about:

    - a sentence of more than 25 words; a text under one heading whose reading age is more than 12 years
    - "must" where nothing under the same heading cites the law: each in a leaflet that cites it, and in any other one
      where it is bold, which says that a law has it
    - in a leaflet that cites the law: a "must" that is not bold, outside quotations
    - a section of kind "questions" without questions
    - what looks like a citation and is none; what Markdown reads otherwise than it may be meant (`content.misreadings`)
    - a quotation whose words differ from the stored text of its provision
    - an abbreviation (2 to 6 capitals) that is not spelt out as in "special educational needs (SEN)" or
      "SEN (special educational needs)", and that is no word of the glossary. Roman numerals, `KNOWN_ABBREVIATIONS` and
      words that the leaflet also has in small letters are left out
    - four words or more in capitals, or one of nine letters or more
    - a link in `VAGUE_LINKS`
    - a link to an uploaded file that does not say its kind and size
    - a character that no font here has
    - what `find_fact_hints` finds; a review date before `today`
    """
    source = checked.source
    parts = split_at_headings(checked)
    hints = [
        *_review_hints(source, today or timezone.localdate()),
        *_abbreviation_hints(source, parts, glossary),
    ]
    hints += [hint for part in parts for hint in _part_hints(part)]
    hints += [*_font_hints(checked), *_question_hints(checked)]
    cites_law = any(part.citations for part in parts)
    hints += [hint for part in parts for hint in _duty_hints(part, bold_only=not cites_law)]
    if cites_law:
        hints += _quotation_hints(parts, checked.law)
    hints = [replace(hint, path=source.path) for hint in hints] + find_fact_hints(source, service)
    return sorted(hints, key=lambda hint: hint.line)


def order_hints(
    hints: Iterable[Problem], source: LeafletSource, live: LeafletSource | None = None
) -> list[Problem]:
    """Return hints about a text in the order for staff.

    Phone numbers and postcodes come first, because a wrong one does harm, and what is in sections as in the `live` text
    comes last, each sorted by line.
    """
    before = {(section.heading, section.body) for section in live.sections} if live else set()
    lines = [section.line for section in source.sections]
    is_old = [(section.heading, section.body) in before for section in source.sections]

    def sort_key(hint: Problem) -> tuple[bool, bool, int]:
        index = bisect_right(lines, hint.line) - 1
        return hint.kind is not Kind.UNKNOWN_FACT, index >= 0 and is_old[index], hint.line

    return sorted(hints, key=sort_key)


def split_hints(hints: Iterable[Problem], known: Iterable[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Return the hints that are not `known` from another text, and those that are, each in their order.

    Phone numbers and postcodes are never known: a wrong one does harm, and the record may have changed since.
    """
    left = Counter(hint.message for hint in known if hint.kind is not Kind.UNKNOWN_FACT)
    new: list[Problem] = []
    old: list[Problem] = []
    for hint in hints:
        is_known = left[hint.message] > 0
        left[hint.message] -= 1
        (old if is_known else new).append(hint)
    return new, old


# --- Fonts -------------------------------------------------------------------------------------------------


def _font_hints(checked: CheckedLeaflet) -> Iterator[Problem]:
    """Yield a hint for the title and for each section that has a character without a font."""
    texts = [("the title", 1, checked.source.title)]
    for section, rendered in zip(checked.source.sections, checked.sections, strict=True):
        name, line_offset = _quoted_heading(section.heading.text), section.body_line - 1
        texts.append((name, section.line, section.heading.text))
        texts += [(name, block.line + line_offset, block.text) for block in rendered.blocks]
    if not find_missing("".join(text for _, _, text in texts)):
        return
    named: set[tuple[str, str]] = set()
    for name, line, text in texts:
        missing = "".join(one for one in find_missing(text) if (name, one) not in named)
        if missing:
            named.update((name, one) for one in missing)
            message = (
                f"In {name}: no font on the site’s computer has {describe(missing)}. With it, this leaflet is a page "
                "but not a PDF. Take it out, or ask the person who looks after the site for a font."
            )
            yield Problem("", line, message, Kind.NO_FONT)


# --- Questions ---------------------------------------------------------------------------------------------


def _question_hints(checked: CheckedLeaflet) -> Iterator[Problem]:
    """Yield a hint for each section of questions that has none for the meeting sheet: see `Section.questions`."""
    for section, rendered in zip(checked.source.sections, checked.sections, strict=True):
        has_questions = any(
            block.kind is BlockKind.ITEM or (block.kind is BlockKind.PARAGRAPH and block.text.endswith("?"))
            for block in rendered.blocks
        )
        if section.heading.kind == "questions" and not has_questions:
            message = (
                f"In {_quoted_heading(section.heading.text)}: there is no question for the meeting sheet. Write a list, or "
                "end each question with “?” in a paragraph of its own."
            )
            yield Problem("", section.line, message, Kind.NO_QUESTIONS)


# --- Parts: the text under one heading ---------------------------------------------------------------------


@dataclass
class Part:
    """The text between one heading of a leaflet, of any level, and the next. Lines are those of the file."""

    heading: str
    line: int
    blocks: list[RenderedBlock] = field(default_factory=list)
    citations: list[RenderedCitation] = field(default_factory=list)
    near_miss_citations: list[tuple[int, str]] = field(default_factory=list)
    cites_unknown: bool = False
    hints: list[Problem] = field(default_factory=list)
    links: list[RenderedLink] = field(default_factory=list)
    sentences: list[RenderedSentence] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name for a sentence: the heading in quotation marks, or "the introduction"."""
        return _quoted_heading(self.heading)

    def hint(self, line: int, message: str, kind: Kind) -> Problem:
        return Problem("", line, f"In {self.name}: {message}", kind)

    @property
    def own_blocks(self) -> list[RenderedBlock]:
        """The blocks that the service wrote: without headings and quotations from the Code."""
        return [block for block in self.blocks if block.kind is not BlockKind.HEADING and not block.quotes]


def split_at_headings(checked: CheckedLeaflet) -> list[Part]:
    """Split a leaflet at its headings of every level, in reading order. The introduction comes first."""
    parts: list[Part] = []
    for section, rendered in zip(checked.source.sections, checked.sections, strict=True):
        first, line_offset = len(parts), section.body_line - 1
        heading = RenderedBlock(section.heading.text, section.line, BlockKind.HEADING)
        parts.append(Part(heading.text, heading.line, [heading] if heading.text else []))
        for block in rendered.blocks:
            if block.kind is BlockKind.CODE_BLOCK:
                continue
            if block.kind is BlockKind.HEADING:
                parts.append(Part(block.text, block.line + line_offset))
            parts[-1].blocks.append(replace(block, line=block.line + line_offset))
        # The sentences of a letter are the words of parents, and `preflight` checks them.
        if section.heading.kind != "letter":
            for sentence in rendered.sentences:
                sentence = replace(sentence, line=sentence.line + line_offset)
                part_at(parts, sentence.line, first).sentences.append(sentence)
        _add_findings(parts, first, rendered, line_offset)
    return parts


def _add_findings(parts: list[Part], first: int, rendered: Rendered, line_offset: int) -> None:
    """Add what was found in a section to its parts, which start at index `first`. `line_offset` is added to their lines."""
    for citation in rendered.citations:
        citation = replace(citation, line=citation.line + line_offset)
        part_at(parts, citation.line, first).citations.append(citation)
    for line, message in rendered.near_miss_citations:
        part_at(parts, line + line_offset, first).near_miss_citations.append((line + line_offset, message))
    for problem in rendered.problems:
        if problem.kind is Kind.PROVISION_UNKNOWN:
            part_at(parts, problem.line + line_offset, first).cites_unknown = True
    for hint in rendered.hints:
        hint = replace(hint, line=hint.line + line_offset)
        part_at(parts, hint.line, first).hints.append(hint)
    for link in rendered.links:
        link = replace(link, line=link.line + line_offset)
        part_at(parts, link.line, first).links.append(link)


def part_at(parts: list[Part], line: int, first: int = 0) -> Part:
    """Return the part that contains a line of the file, among those from index `first` on."""
    return parts[max(bisect_right(parts, line, lo=first, key=lambda part: part.line) - 1, first)]


def _quoted_heading(heading: str) -> str:
    return f"“{heading}”" if heading else "the introduction"


def _excerpt(words: str) -> str:
    parts = words.split()
    return " ".join(parts[:EXCERPT_WORDS]) + (" …" if len(parts) > EXCERPT_WORDS else "")


# --- Readability -------------------------------------------------------------------------------------------


def _part_hints(part: Part) -> Iterator[Problem]:
    yield from _reading_hints(part)
    yield from _capitals_hints(part)
    yield from _link_hints(part)
    yield from _attachment_hints(part)
    for line, message in part.near_miss_citations:
        yield part.hint(line, message, Kind.LIKE_A_CITATION)
    for hint in part.hints:
        yield part.hint(hint.line, hint.message, hint.kind)


def _reading_hints(part: Part) -> Iterator[Problem]:
    for block in part.own_blocks:
        for sentence in readability.split_sentences(block.text):
            length = len(readability.split_words(sentence))
            if length > MAX_SENTENCE_WORDS:
                message = (
                    f"“{_excerpt(sentence)}” has {length} words. Two short sentences are easier to read."
                )
                yield part.hint(block.line, message, Kind.LONG_SENTENCE)
    # Blocks with hard line breaks are left out: they are addresses, not sentences.
    text = "\n".join(block.text for block in part.own_blocks if "\n" not in block.text)
    grade = readability.reading_grade(text)
    if grade is not None and readability.reading_age(grade) > MAX_READING_AGE:
        yield part.hint(
            part.line,
            f"this text is for readers of {readability.reading_age(grade)} years or more. Aim for {MAX_READING_AGE} or less; "
            f"begin with “{_excerpt(readability.hardest_sentence(text))}”.",
            Kind.HARD_TEXT,
        )


def _capitals_hints(part: Part) -> Iterator[Problem]:
    for block in part.blocks:
        if not block.quotes:
            for found in _BLOCK_CAPITALS.finditer(_without_addresses(block.text)):
                yield part.hint(
                    block.line,
                    f"“{_excerpt(found[0])}” is all capitals. Small letters are easier to read.",
                    Kind.CAPITALS,
                )


def _without_addresses(text: str) -> str:
    """Replace web and e-mail addresses, whose capitals are not the writer's choice."""
    return " ".join("–" if _URL_OR_EMAIL.search(word) else word for word in text.split())


def _link_hints(part: Part) -> Iterator[Problem]:
    for link in part.links:
        if " ".join(link.text.lower().strip(" .…:>»→").split()) in VAGUE_LINKS:
            yield part.hint(
                link.line,
                f"the link “{link.text}” does not say where it leads. Name what people find there.",
                Kind.VAGUE_LINK,
            )


def _attachment_hints(part: Part) -> Iterator[Problem]:
    for link in part.links:
        described = describe_attachment(unquote(link.href))
        if described and described.lower() not in link.text.lower():
            words = link.text.rpartition(" (")[0] if link.text.endswith(")") else link.text
            message = (
                f"the link “{link.text}” does not say what it opens, so that nobody downloads it by surprise. "
                f"Write “{words} ({described})”."
            )
            yield part.hint(link.line, message, Kind.ATTACHMENT_UNDESCRIBED)


def _abbreviation_hints(leaflet: LeafletSource, parts: list[Part], glossary: WordFinder) -> Iterator[Problem]:
    """Yield one hint for each abbreviation that is neither spelt out nor explained, at its first use."""
    texts = [leaflet.title, leaflet.summary, *(block.text for part in parts for block in part.blocks)]
    known = {*KNOWN_ABBREVIATIONS, *_find_spelt_out(texts)}
    known |= {word.upper() for text in texts for word in re.findall(r"\b[a-z]{2,6}\b", text)}
    for part in parts:
        for block in part.blocks:
            if block.text.isupper():
                continue  # It is set in capitals.
            text = _BLOCK_CAPITALS.sub(" ", _without_addresses(_without_glossary_terms(block.text, glossary)))
            for abbreviation in _ABBREVIATION.findall(text):
                if abbreviation not in known and not _ROMAN_NUMERAL.fullmatch(abbreviation):
                    known.add(abbreviation)
                    message = (
                        f"“{abbreviation}” is never spelt out. Write its words once, then “({abbreviation})”, "
                        "or add it to the words explained."
                    )
                    yield part.hint(block.line, message, Kind.ABBREVIATION)


def _without_glossary_terms(text: str, glossary: WordFinder) -> str:
    """Replace the words of the glossary, which are explained below the leaflet."""
    kept, end = [], 0
    for start, next_end, _term in glossary.find(text):
        kept += [text[end:start], "–"]
        end = next_end
    return "".join([*kept, text[end:]])


def _find_spelt_out(texts: Iterable[str]) -> set[str]:
    """Return the abbreviations that stand in brackets after their words, or before their words in brackets."""
    found = set()
    for text in texts:
        for match in re.finditer(r"\(\W?([A-Z]{2,6})\W?\)", text):
            if _is_short_for(match[1], text[max(0, match.start() - 100) : match.start()]):
                found.add(match[1])
        for match in re.finditer(r"\b([A-Z]{2,6})\W? \(([^()]{1,100})\)", text):
            if _is_short_for(match[1], match[2]):
                found.add(match[1])
    return found


def _is_short_for(abbreviation: str, words: str) -> bool:
    """Return whether the words contain the letters in order, beginning with a word's first letter.

    SENCO, for example, is short for "Special Educational Needs Coordinator".
    """
    words = words.lower()
    for start in re.finditer(r"\b\w", words):
        letters = iter(words[start.start() :])
        if start[0] == abbreviation[0].lower() and all(letter in letters for letter in abbreviation.lower()):
            return True
    return False


# --- Duties and quotations ---------------------------------------------------------------------------------


def _duty_hints(part: Part, *, bold_only: bool) -> Iterator[Problem]:
    cites_nothing = not (part.citations or part.cites_unknown)
    # One hint is enough for a quotation.
    uncited = {hint.line for hint in part.hints if hint.kind is Kind.UNCITED_QUOTATION}
    for sentence in part.sentences:
        duty = _MUST.search(sentence.text)
        if duty is None or sentence.is_quoted or sentence.line in uncited:
            continue
        if bold_only and sentence.is_unmarked:
            continue
        words = f"“{_excerpt(_sentence_from(sentence.text, duty.start()))}”"
        if cites_nothing:
            yield part.hint(
                sentence.line,
                f"{words} says must, and cites nothing. "
                "Add the paragraph or section that says so in brackets, if there is one."
                + (f" {_MARK_MUST}" if sentence.is_unmarked else ""),
                Kind.UNCITED_DUTY,
            )
        elif sentence.is_unmarked:
            yield part.hint(
                sentence.line, f"{words} says must without a mark. {_MARK_MUST}", Kind.UNMARKED_DUTY
            )


def _sentence_from(sentence: str, offset: int) -> str:
    """Cut off the beginning of a sentence, so that its excerpt contains the word at `offset`."""
    before = sentence[:offset].split()
    context = before[-EXCERPT_WORDS // 2 :]
    ellipsis = ["…"] if len(context) < len(before) else []
    return " ".join([*ellipsis, *context, sentence[offset:]])


def _quotation_hints(parts: list[Part], law: CitableLaw) -> Iterator[Problem]:
    pairs_left = MAX_WORD_PAIRS
    for part in parts:
        # The citations of one quotation stand in one line, and have its words.
        for (line, quoted), citations in groupby(part.citations, key=lambda one: (one.line, one.quoted)):
            cited = [(one.source, one.number) for one in citations]
            official = "\n".join(law.text(*provision) for provision in cited)
            comparison = compare_quotation(quoted, official, max_pairs=pairs_left)
            pairs_left -= comparison.pairs
            if comparison.match is Match.DIFFERS:
                names = " and ".join(law.name_provision(*provision) for provision in cited)
                yield part.hint(
                    line,
                    f"the words quoted from {names} differ: "
                    f"{_describe_differences(comparison) or 'see its text'}.",
                    Kind.QUOTATION_DIFFERS,
                )


def _describe_differences(comparison: Comparison) -> str:
    shown = []
    for ours, official in comparison.differences[:MAX_DIFFERENCES]:
        if not official:
            shown.append(f"“{_excerpt(ours)}” is not there")
        elif not ours:
            shown.append(f"“{_excerpt(official)}” is missing")
        else:
            shown.append(f"“{_excerpt(ours)}” is “{_excerpt(official)}” there")
    more = len(comparison.differences) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


# --- Facts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fact:
    """A postcode or phone number as written, and in the form that is compared.

    `source` names where it stands: a section or the service's record. `line` is 0 for the record.
    """

    text: str
    source: str
    normalised: str
    line: int = 0

    @property
    def is_phone(self) -> bool:
        return self.normalised.startswith("+")

    def may_be_misprint_of(self, other: "_Fact") -> bool:
        """Return whether one of two different facts may be a misprint of the other.

        Postcodes: the same outward code. Phone numbers: one or two digits differ.
        """
        if self.normalised == other.normalised or self.is_phone != other.is_phone:
            return False
        if self.is_phone:
            pairs = zip(self.normalised, other.normalised, strict=False)
            return len(self.normalised) == len(other.normalised) and sum(a != b for a, b in pairs) <= 2
        return self.normalised[:-3] == other.normalised[:-3]


def find_fact_hints(leaflet: LeafletSource, service: ServiceSource) -> list[Problem]:
    """Return hints for postcodes and phone numbers that are not in the service's record, once per section.

    Where a similar one (`_Fact.may_be_misprint_of`) is in the record or elsewhere in the leaflet, the hint names both.
    """
    phones = [
        _phone_fact(phone, "the service's record")
        for phone in (*service.phones, service.text_number, service.officer_phone)
        if phone
    ]
    postcodes = [
        _postcode_fact(postcode, "the service's record")
        for postcode in (service.postcode, service.officer_postcode)
    ]
    record = {fact.normalised for fact in (*postcodes, *phones)}
    in_leaflet: dict[tuple[str, str], _Fact] = {}
    for fact in islice(_find_facts(leaflet), MAX_FACTS):
        in_leaflet.setdefault((fact.source, fact.normalised), fact)
    others = [*postcodes, *phones, *in_leaflet.values()][:MAX_COMPARED_FACTS]
    return [
        Problem(leaflet.path, fact.line, _fact_message(fact, others), Kind.UNKNOWN_FACT)
        for fact in in_leaflet.values()
        if fact.normalised not in record
    ]


def _find_facts(leaflet: LeafletSource) -> Iterator[_Fact]:
    """Yield the facts in a leaflet's Markdown, line by line, including the numbers in `tel:` links."""
    yield from _facts_in("the title", leaflet.title, 1)
    yield from _facts_in("the summary", leaflet.summary, 1)
    for line in leaflet.in_short:
        yield from _facts_in("“In short”", line, 1)
    for section in leaflet.sections:
        heading = _quoted_heading(section.heading.text)
        yield from _facts_in(heading, section.heading.text, section.line)
        for number, line in enumerate(section.body.split("\n"), start=section.body_line):
            yield from _facts_in(heading, line, number)


def _facts_in(source: str, line: str, number: int) -> Iterator[_Fact]:
    text = _URL.sub(" ", line)
    yield from (_postcode_fact(found, source, number) for found in _POSTCODE.findall(text))
    yield from (_phone_fact(found.text, source, number) for found in find_phone_numbers(text))


def _postcode_fact(text: str, source: str, line: int = 0) -> _Fact:
    return _Fact(text, source, "".join(text.split()).upper(), line)


def _phone_fact(text: str, source: str, line: int = 0) -> _Fact:
    return _Fact(text, source, normalise(text), line)


def _fact_message(fact: _Fact, others: list[_Fact]) -> str:
    similar = next(filter(fact.may_be_misprint_of, others), None)
    if similar is None:
        return f"In {fact.source}: {fact.text} is not in the service's record. Check that it is right."
    sources = list(dict.fromkeys(other.source for other in others if other.normalised == similar.normalised))
    return (
        f"In {fact.source}: {fact.text} is printed here, and {similar.text} in {' and in '.join(sources[:2])}. "
        "Find out which is right."
    )


def _review_hints(leaflet: LeafletSource, today: dt.date) -> Iterator[Problem]:
    if leaflet.review and leaflet.review < today:
        day = date_format(leaflet.review, "j F Y")
        message = f"The review date, {day}, has passed. Check the leaflet, then set the next date."
        yield Problem(leaflet.path, 1, message, Kind.REVIEW_PASSED)
