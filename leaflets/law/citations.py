"""The grammar of citations: how a text names a provision of the law, such as `(6.17)` or `s.36(8) CFA 2014`.

`find_citations` reads a text, and `write_citation` writes the canonical form. What a text calls a source comes from the
sources' names, and what a source calls its provisions from `KINDS`. The records say whether a provision exists: the
grammar does not know.

A text is read in clauses: numbers, with their units and the names of sources before and after them. Reading takes linear
time, because each clause is read once, and a bounded number of tokens is looked at before and after it.
"""

import enum
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from .names import Name, Token, find_unknown_law, index_names, is_year, split_tokens
from .sources import KINDS, LawSource, sort_key


@dataclass(frozen=True)
class Reference:
    """A provision, or a part of one.

    `source` is the slug of a source, or "" for the Code that the leaflet is pinned to. `number` is a number of that
    source's kind. `sub` is the part: "", "(8)" or "(1)(a)".
    """

    source: str
    number: str
    sub: str = ""


@dataclass(frozen=True)
class Range:
    """All provisions from `first` to `last`, which are of one source and in ascending order."""

    first: Reference
    last: Reference

    @property
    def source(self) -> str:
        return self.first.source

    def among(self, numbers: Iterable[str]) -> list[Reference]:
        """Return the provisions of this range that are among the numbers of a record, in order."""
        if self.first.number == self.last.number:
            return [self.first, self.last]
        low, high = sort_key(self.first.number), sort_key(self.last.number)
        within = sorted((number for number in numbers if low <= sort_key(number) <= high), key=sort_key)
        ends = {self.first.number: self.first, self.last.number: self.last}
        return [ends.get(number) or Reference(self.source, number) for number in within]


@dataclass(frozen=True)
class Mention:
    """The words `text[start:end]` for one provision or range: the number, after its unit if one is written there."""

    start: int
    end: int
    reference: Reference | Range


@dataclass(frozen=True)
class Citation:
    """The words `text[start:end]` that cite provisions, with the brackets around them if `is_bracketed`."""

    start: int
    end: int
    mentions: tuple[Mention, ...]
    is_bracketed: bool

    @property
    def references(self) -> tuple[Reference | Range, ...]:
        return tuple(mention.reference for mention in self.mentions)


class Reason(enum.StrEnum):
    """Why words that look like a citation are not one."""

    BARE_NUMBER = "bare number"
    NO_SOURCE = "no source"
    UNKNOWN_SOURCE = "unknown source"
    WRONG_UNIT = "wrong unit"
    BACKWARDS = "backwards"


@dataclass(frozen=True)
class NearMiss:
    """The words `text[start:end]` that look like a citation and are not one, and a message that says what to write.

    `numbers` are the numbers in it, for callers that ignore numbers which no record has.
    """

    start: int
    end: int
    reason: Reason
    message: str
    numbers: tuple[str, ...]


def find_citations(
    text: str,
    sources: Iterable[LawSource],
    named: dict[str, str] | None = None,
    escaped: Collection[int] = (),
) -> list[Citation | NearMiss]:
    """Find the citations in a text, and what looks like one, in order and without overlap.

    `text` has no markup; a line break counts as a space. `named` holds for each kind of source the slug of the one that
    was named last, or "" for a law that is not among `sources`. References such as "s.77(1)" are of that one. It is
    updated: pass the same dictionary with the next text of a section. `escaped` are the positions of the characters
    that the writer escaped with a backslash: neither `\\(9.30)` nor `9\\.30` is a citation.
    """
    return list(_Reader(text, tuple(sources), {} if named is None else named, escaped).read())


def find_final_citations(text: str, found: Sequence[Citation | NearMiss]) -> list[Citation]:
    """Return those of the citations found in a quotation's text that end it, and so say where it is from.

    They are in brackets, or alone on the last line. Only spaces, punctuation and "and" follow them or are between them.
    """
    final: list[Citation] = []
    end = len(text)
    for citation in reversed(found):
        if not isinstance(citation, Citation) or not _FINAL_GAP.fullmatch(text[citation.end : end].strip()):
            break
        line_start = text.rfind("\n", 0, citation.start) + 1
        if not citation.is_bracketed and text[line_start : citation.start].strip(" \t\xa0-–—"):
            break
        final.insert(0, citation)
        end = citation.start
    return final


def write_citation(references: Sequence[Reference | Range], sources: Iterable[LawSource]) -> str:
    """Return the canonical form of a citation, which `find_citations` reads as the same references.

    Raises ValueError if there are no references, or if one is of a source that is not among `sources`.
    """
    if not references:
        raise ValueError("A citation needs a reference.")
    by_slug = {source.slug: source for source in sources}
    groups = []
    for slug, group in groupby(references, key=lambda reference: reference.source):
        if slug and slug not in by_slug:
            raise ValueError(f"There is no source {slug!r}.")
        groups.append(_write_group(list(group), by_slug.get(slug)))
    return f"({'; '.join(groups)})"


def _write_group(references: Sequence[Reference | Range], source: LawSource | None) -> str:
    numbers = ", ".join(map(_write_numbers, references))
    if source is None:
        return numbers
    is_plural = len(references) > 1 or isinstance(references[0], Range)
    return f"{source.unit}{'s' if is_plural else ''} {numbers} {source.title}"


def _write_numbers(reference: Reference | Range) -> str:
    if isinstance(reference, Reference):
        return reference.number + reference.sub
    first, last = reference.first, reference.last
    last_number = "" if last.number == first.number else last.number
    return f"{first.number}{first.sub}-{last_number}{last.sub}"


_SUB = re.compile(r"[0-9]{1,3}[A-Z]{0,2}|[a-z]{1,2}|[ivxl]{1,6}|[A-Z]")
_ORDINAL = re.compile(r"[0-9]+(?:ST|ND|RD|TH)")
_FINAL_GAP = re.compile(r"[.,;]?\s*(?:and|&)?")

# The abbreviations of the units of `KINDS`, for one and for several.
_ABBREVIATIONS = {
    "paragraph": (("para", "¶"), ("paras",)),
    "section": (("s", "sec", "sect", "§"), ("ss", "secs", "sects")),
    "regulation": (("reg",), ("regs",)),
}
# How deep a part can be nested; "36(8)(a)(i)" has three levels.
_MAX_SUBS = 6
# More tokens than a look-up goes beyond either end of a text.
_LOOK_AROUND = 20
# The end of a possessive, or a letter of an abbreviation.
_NOT_BEFORE_UNITS = frozenset("'’‘ʼ_.")
# Abbreviations that mean seconds after a number.
_SECONDS = frozenset({"s", "sec", "secs"})
_POSTCODE_END = re.compile(r"[0-9][A-Z]{2}")
_DASHES = frozenset("-‐‑–—−")
_RANGE_WORDS = _DASHES | {"to"}
_LIST_WORDS = frozenset({",", ";", "and", "&", "or", "/", "see", "also"})
_BRACKETS = {"(": ")", "[": "]"}
# What may stand between an opening bracket and a clause, and between a clause and the closing bracket.
_LEADS = frozenset({"see", "also", "cf", "under", "from", "in", "at", "the", ",", ".", ":"})
_FINAL_PUNCTUATION = frozenset(".,;:")
_AFTER_NAMES = frozenset({",", ":", "”", '"', "’", "'", "at", "in"}) | _DASHES
_OPENING_QUOTES = frozenset("“\"‘'")
_ARTICLES = frozenset({"the", "that", "this", "same", "said", "statutory"})
_KIND_WORDS = {"act": "act", "regulations": "regulations", "code": "code", "guidance": "guidance"}
# Characters beside a number without a unit that make it another kind of number.
_BEFORE_NUMBERS = frozenset("([“‘\"',;:-‐‑–—−&\xa0")
_AFTER_NUMBERS = frozenset(")].,;:?!’”'\"-‐‑–—−/&\xa0")
# Words beside a number without a unit and brackets that make it a time, an amount, a version or a number in a list.
_MEASURES = re.compile(
    r"[ap]m?|o|noon|tonight|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|hours?|hrs?|min(?:ute)?s?|seconds?|days?|weeks?"
    r"|months?|years?|miles?|k?m|[cm]m|s|secs?|[kmg]b|met(?:re|er)s?|k?g|per|percent|million|billion|pounds?|pence|points?|times|degrees"
    r"|or|on|every|each|[%°/]"
)
_BEFORE_MEASURES = re.compile(
    r"v|version|about|around|nearly|almost|over|than|between|until|till|before|after|by|from|at|since|grade|level|scores?"
    r"|average|costs?|age[ds]?|figure|table|page|appendix|step|item|chapter|number|no|tel|phone|least|most|is|was|x|[£$€]"
)


class _Number(NamedTuple):
    number: str
    sub: str


@dataclass
class _Item:
    """A number or range in a clause, its unit or "", and the source that it is of. `start` and `end` count tokens.

    `is_other` says that it is no citation and does not look like one, such as "section 3 of this leaflet".
    """

    start: int
    end: int
    unit: str
    first: _Number
    last: _Number | None = None
    allows_list: bool = False
    after_semicolon: bool = False
    name: Name | None = None
    reason: Reason | None = None
    is_other: bool = False

    @property
    def is_decimal(self) -> bool:
        return "." in self.first.number

    @property
    def numbers(self) -> tuple[_Number, ...]:
        return (self.first, self.last) if self.last else (self.first,)

    @property
    def is_backwards(self) -> bool:
        if not self.last:
            return False
        if self.last.number == self.first.number:
            return not self.first.sub or self.first.sub == self.last.sub
        return sort_key(self.first.number) > sort_key(self.last.number)

    def fits(self, kind: str) -> bool:
        """Return whether a source of this kind can have provisions with this unit and these numbers."""
        has_unit = self.unit == KINDS[kind].unit or (
            not self.unit and (self.is_decimal or bool(self.first.sub))
        )
        return has_unit and all(KINDS[kind].number.fullmatch(number.number) for number in self.numbers)


class _Clause(NamedTuple):
    """Numbers and names that belong together: the tokens from `start` up to `end`.

    `brackets` are the positions of the brackets around exactly these tokens, or None.
    """

    start: int
    end: int
    items: list[_Item]
    brackets: tuple[int, int] | None
    is_escaped: bool


def _unit_words() -> dict[str, tuple[str, bool]]:
    """Return for each written word its unit, and whether several numbers may follow it."""
    words: dict[str, tuple[str, bool]] = {}
    for unit in dict.fromkeys(kind.unit for kind in KINDS.values()):
        singular, plural = _ABBREVIATIONS[unit]
        words |= dict.fromkeys((unit, *singular), (unit, False))
        words |= dict.fromkeys((f"{unit}s", *plural), (unit, True))
    return words


_UNITS = _unit_words()


class _Reader:
    """Reads one text. Positions count tokens."""

    def __init__(
        self, text: str, sources: tuple[LawSource, ...], named: dict[str, str], escaped: Collection[int]
    ) -> None:
        self._text = text
        self._sources = sources
        self._names = index_names(sources)
        self._named = named
        self._escaped = sorted(escaped)
        self._tokens = split_tokens(text)
        self._words = [token.word for token in self._tokens] + [""] * _LOOK_AROUND
        # Most texts name no law by its year, and need not be searched for unknown ones at each word.
        self._has_law = any(map(is_year, self._tokens))

    def read(self) -> Iterator[Citation | NearMiss]:
        position = 0
        while position < len(self._tokens):
            if not self._tokens[position].text[0].isalnum() and self._word(position) not in _UNITS:
                position += 1
                continue
            clause, position = self._read_clause(position)
            if clause and not clause.is_escaped:
                yield from self._resolve(clause)

    # Tokens

    def _word(self, position: int) -> str:
        """Return the word at a position, or "" a little before the first and after the last token."""
        return self._words[position]

    def _skip(self, position: int, words: Collection[str], limit: int) -> int:
        end = position + limit
        while position < end and self._word(position) in words:
            position += 1
        return position

    def _character_before(self, token: Token) -> str:
        return self._text[token.start - 1 : token.start]

    def _character_after(self, token: Token) -> str:
        return self._text[token.end : token.end + 1]

    # Clauses

    def _read_clause(self, start: int) -> tuple[_Clause | None, int]:
        """Read the clause that starts at this token, and return it and the position after it."""
        leading = self._leading_name(start)
        if leading is None and not self._tokens[start].text[0].isdigit() and self._word(start) not in _UNITS:
            return None, start + 1
        bracket = self._opening_bracket(start)
        position = self._after_name(leading) if leading else start
        items, end = self._read_items(position, leading, bracket is not None)
        if items:
            return self._make_clause(start, end, items, bracket), end
        return None, leading.end if leading else start + 1

    def _opening_bracket(self, start: int) -> int | None:
        position = start - 1
        while start - position <= 4 and self._word(position) in _LEADS:
            position -= 1
        return position if self._word(position) in _BRACKETS else None

    def _make_clause(self, start: int, end: int, items: list[_Item], bracket: int | None) -> _Clause:
        closing = self._skip(end, _FINAL_PUNCTUATION, 2)
        has_closing = self._word(closing) in _BRACKETS.values()
        brackets = None
        if bracket is not None and self._word(closing) == _BRACKETS[self._word(bracket)]:
            brackets = (bracket, closing)
        # A bracket that the writer escaped counts too, although it is on one side only.
        first = start if bracket is None else bracket
        last = closing if has_closing else end - 1
        is_escaped = self._is_escaped(self._tokens[first].start, self._tokens[last].end)
        return _Clause(start, end, items, brackets, is_escaped)

    def _is_escaped(self, start: int, end: int) -> bool:
        index = bisect_left(self._escaped, start)
        return index < len(self._escaped) and self._escaped[index] < end

    # Names

    def _find_name(self, position: int) -> Name | None:
        """Return the source named here, and remember it as the last one of its kind."""
        if position >= len(self._tokens):
            return None
        name = self._names.find(self._tokens, position)
        if name is None and self._has_law:
            name = find_unknown_law(self._tokens, position, self._names)
        if name:
            self._named[name.kind] = name.slug or ""
        return name

    def _leading_name(self, position: int) -> Name | None:
        name = self._find_name(position)
        if name is None and self._word(position) == "code":
            name = Name("", "code", self._after_code(position))
        return name

    def _after_code(self, position: int) -> int:
        is_full = self._word(position + 1) == "of" and self._word(position + 2) == "practice"
        return position + (3 if is_full else 1)

    def _after_name(self, name: Name) -> int:
        return self._skip(name.end, _AFTER_NAMES, 3)

    def _trailing_name(self, item: _Item) -> Name | None:
        """Return the source named after a number, as in "36 of the Education Act 1996".

        What is of another document is marked, and so is what is of "the Act" where no Act was named.
        """
        position = self._after_part(item.end)
        is_explicit = self._word(position) in ("of", "in", "under")
        after = self._skip(position + is_explicit, _ARTICLES, 2)
        name = self._find_name(self._skip(after, _OPENING_QUOTES, 1))
        if name:
            return name if self._word(position) == "of" or self._is_of(item, name, position) else None
        kind = _KIND_WORDS.get(self._word(after)) if is_explicit else None
        if kind and self._word(after + 1) not in ("on", "for", "about"):
            return self._last_named(kind, after, item)
        if self._word(item.end) == "of":
            return self._other_document(after, item)
        item.is_other = item.name is None and self._word(item.end) in ("below", "above")
        return None

    def _after_part(self, position: int) -> int:
        """Return the position after a comma, or after the part that a section is in, as in ", Part 3 of the Act"."""
        comma = self._skip(position, {","}, 1)
        part = self._skip(comma, {"of"}, 1)
        if self._word(part) == "part" and self._word(part + 1).isdigit():
            return self._skip(part + 2, {","}, 1)
        return comma

    def _is_of(self, item: _Item, name: Name, position: int) -> bool:
        """Return whether a name beside a number, without "of", is the name of its source."""
        if name.slug is None and item.unit != KINDS[name.kind].unit:
            return False
        if name.slug is not None and not item.fits(name.kind):
            return False
        # "s.36 CFA 2014, Equality Act 2010 s.20": the second name is that of the number after it.
        return not (
            item.name and position > item.end and self._read_item(self._after_name(name), None, False)
        )

    def _last_named(self, kind: str, position: int, item: _Item) -> Name | None:
        """Return the source that "the Act", "that guidance" or "the Code" means."""
        if kind == "code":
            return Name("", kind, self._after_code(position))
        if kind in self._named:
            return Name(self._named[kind] or None, kind, position + 1)
        item.reason = Reason.NO_SOURCE
        return None

    def _other_document(self, position: int, item: _Item) -> Name | None:
        """Return the law that has no known name, such as "the SEN Code", or mark the item as of another document."""
        if item.name is None:
            for end in (position, position + 1, position + 2):
                kind = _KIND_WORDS.get(self._word(end))
                if kind and (item.unit or item.is_decimal):
                    return Name(None, kind, end + 1)
            item.is_other = True
        return None

    # Items

    def _read_items(self, position: int, leading: Name | None, is_bracketed: bool) -> tuple[list[_Item], int]:
        items: list[_Item] = []
        item = self._read_first_item(position, leading)
        while item:
            items.append(item)
            position = item.end
            self._use_leading_name(item, leading)
            trailing = self._trailing_name(item)
            if trailing:
                _use_trailing_name(items, trailing)
                position, leading = trailing.end, None
            elif item.is_other:
                _mark_others(items)
            after = self._skip(position, _LIST_WORDS, 4)
            if after == position:
                break
            item, leading = self._read_next_item(after, item, leading, is_bracketed)
            if item and self._word(position) == ";":
                item.after_semicolon = True
                item.unit = "" if item.is_decimal and self._word(item.start)[0].isdigit() else item.unit
        return items, position

    def _read_first_item(self, position: int, leading: Name | None) -> _Item | None:
        if leading and leading.is_unit and leading.end == position:
            unit = KINDS[leading.kind].unit
            return self._read_item(position, _Item(0, 0, unit, _Number("", ""), allows_list=True), True)
        return self._read_item(position, None, False)

    def _read_next_item(
        self, position: int, previous: _Item, leading: Name | None, is_bracketed: bool
    ) -> tuple[_Item | None, Name | None]:
        item = self._read_item(position, previous, is_bracketed)
        if item or not is_bracketed:
            return item, leading
        name = self._leading_name(position)
        return (self._read_first_item(self._after_name(name), name), name) if name else (None, leading)

    @staticmethod
    def _use_leading_name(item: _Item, leading: Name | None) -> None:
        if leading is None:
            return
        is_unknown = leading.slug is None and item.unit == KINDS[leading.kind].unit
        if is_unknown or (leading.slug is not None and item.fits(leading.kind)):
            item.name = leading

    def _read_item(self, start: int, previous: _Item | None, is_bracketed: bool) -> _Item | None:
        """Read a number or range, with its unit or in a list that goes on with the unit of the item before."""
        unit, allows_list, position = self._read_unit(start)
        if not unit and previous and (previous.allows_list or is_bracketed):
            unit, allows_list = previous.unit, True
        is_after_slash = previous is not None and self._word(start - 1) == "/"
        found = self._read_number(position, unit, position > start or is_after_slash)
        if not found and previous and previous.first.sub:
            found = self._read_sub_only(position, previous)
        if not found:
            return None
        first, end = found
        if "." in first.number and position == start and unit != "paragraph":
            unit = ""
        if previous and position == start and unit and _MEASURES.fullmatch(self._word(end)):
            return None  # "sections 36 and 37, 6 weeks later"
        item = _Item(start, end, unit, first, allows_list=allows_list)
        self._read_range(item, is_bracketed or allows_list or not unit)
        return item

    def _read_unit(self, position: int) -> tuple[str, bool, int]:
        """Return the unit written here or "", whether it may stand before several numbers, and the next position."""
        unit, is_plural = _UNITS.get(self._word(position), ("", False))
        if not unit:
            return "", False, position
        before = self._character_before(self._tokens[position])
        if before.isalnum() or before in _NOT_BEFORE_UNITS:
            return "", False, position
        if self._word(position) in _SECONDS and self._is_amount(position - 1):
            return "", False, position
        return unit, is_plural, self._skip(position + 1, {"."}, 1)

    def _is_amount(self, position: int) -> bool:
        return self._word(position)[:1].isdigit() and not is_year(self._tokens[position])

    def _read_number(self, position: int, unit: str, has_unit: bool) -> tuple[_Number, int] | None:
        if not self._word(position)[:1].isdigit():
            return None
        token = self._tokens[position]
        sub, end = self._read_subs(position + 1, bool(unit))
        number = token.text.upper() if unit else token.text
        if not _can_be_number(number, unit, sub) or self._is_postcode(position):
            return None
        after = self._character_after(self._tokens[end - 1])
        if after and not after.isspace() and after not in _AFTER_NUMBERS:
            return None
        before = self._character_before(token)
        if not has_unit and before and not before.isspace() and before not in _BEFORE_NUMBERS:
            return None
        return _Number(number, sub), end

    def _is_postcode(self, position: int) -> bool:
        """Return whether this is the "10" of "S10 2TN"."""
        following = self._tokens[position + 1].text if position + 1 < len(self._tokens) else ""
        return bool(_POSTCODE_END.fullmatch(following)) and bool(
            self._character_before(self._tokens[position]).strip()
        )

    def _read_subs(self, position: int, allows_space: bool) -> tuple[str, int]:
        subs = ""
        while len(subs) < _MAX_SUBS * 3 and self._is_sub(position):
            space = self._tokens[position].start - self._tokens[position - 1].end
            # "section 36 (8)", but not "section 36 (a)", which may be an item of a list.
            if space > 1 or (space and (subs or not allows_space or not self._word(position + 1).isdigit())):
                break
            subs += f"({self._tokens[position + 1].text})"
            position += 3
        return subs, position

    def _is_sub(self, position: int) -> bool:
        if self._word(position) != "(" or self._word(position + 2) != ")":
            return False
        opening, content, closing = self._tokens[position : position + 3]
        is_tight = opening.end == content.start and content.end == closing.start
        return is_tight and bool(_SUB.fullmatch(content.text))

    def _read_sub_only(self, position: int, previous: _Item) -> tuple[_Number, int] | None:
        """Read the "(9)" of "36(8) and (9)"."""
        if not self._is_sub(position):
            return None
        first_sub = f"({self._tokens[position + 1].text})"
        more, end = self._read_subs(position + 3, False)
        return _Number((previous.last or previous.first).number, first_sub + more), end

    def _read_range(self, item: _Item, allows_backwards: bool) -> None:
        if self._word(item.end) not in _RANGE_WORDS:
            return
        start = item.end + 1
        unit, _, position = self._read_unit(start)
        if unit and unit != item.unit:
            return
        found = self._read_number(position, item.unit, position > start)
        if not found and item.first.sub:
            found = self._read_sub_only(position, item)
        if not found or ("." in found[0].number) != item.is_decimal:
            return
        last, end = found
        candidate = replace(item, last=last)
        if item.unit and candidate.is_backwards and not allows_backwards:  # "section 36 to 12 children"
            return
        item.last, item.end = last, end

    # Meaning

    def _resolve(self, clause: _Clause) -> Iterator[Citation | NearMiss]:
        for item in clause.items:
            self._resolve_item(item, clause)
        groups = [
            (key, list(group))
            for key, group in groupby(clause.items, lambda item: (item.is_other, item.reason))
        ]
        for (is_other, reason), items in groups:
            if is_other:
                continue
            if reason is None:
                yield self._citation(clause, items)
            elif reason is not Reason.BARE_NUMBER or not self._is_measure(items):
                yield self._near_miss(clause, items, reason)

    def _resolve_item(self, item: _Item, clause: _Clause) -> None:
        """Say of which source the item is, or why it is no citation."""
        if item.is_other or item.reason:
            return
        if item.name is None:
            self._resolve_unnamed(item, clause)
        elif item.name.slug is None:
            item.reason = Reason.UNKNOWN_SOURCE
        elif not item.fits(item.name.kind):
            item.reason = Reason.WRONG_UNIT
        if item.is_backwards and not item.is_other and not item.reason:
            item.reason = Reason.BACKWARDS

    def _resolve_unnamed(self, item: _Item, clause: _Clause) -> None:
        if item.is_decimal:
            if not item.unit and not _is_one_chapter(item):  # a time: 9.30 to 3.15
                item.is_other = True
            elif item.unit not in ("", "paragraph"):
                item.reason = Reason.WRONG_UNIT
            elif item.unit or clause.brackets:
                item.name = Name("", "code", item.end)
            else:
                item.reason = Reason.BARE_NUMBER
            return
        kinds = [kind for kind in KINDS if item.fits(kind)] if item.unit else []
        name = next(
            (Name(self._named[kind], kind, item.end) for kind in kinds if self._named.get(kind)), None
        )
        if name:
            item.name = name
        elif any(kind in self._named for kind in kinds):  # the one named last is not among the sources
            item.reason = Reason.UNKNOWN_SOURCE
        elif item.unit or clause.brackets:
            item.reason = Reason.NO_SOURCE
        else:
            item.is_other = True

    def _citation(self, clause: _Clause, items: Sequence[_Item]) -> Citation:
        mentions = tuple(self._mention(item) for item in items)
        if len(items) < len(clause.items):
            return Citation(mentions[0].start, mentions[-1].end, mentions, False)
        first, last = clause.brackets or (clause.start, clause.end - 1)
        return Citation(self._tokens[first].start, self._tokens[last].end, mentions, bool(clause.brackets))

    def _mention(self, item: _Item) -> Mention:
        source = item.name.slug or "" if item.name else ""
        first, *last = (Reference(source, *number) for number in item.numbers)
        start, end = self._tokens[item.start].start, self._tokens[item.end - 1].end
        return Mention(start, end, Range(first, last[0]) if last else first)

    def _is_measure(self, items: Sequence[_Item]) -> bool:
        """Return whether the words beside bare numbers say that they are times, amounts, versions or the like."""
        first, last = items[0], items[-1]
        following = self._tokens[last.end] if last.end < len(self._tokens) else None
        if following and following.word in _RANGE_WORDS and self._word(last.end + 1)[:1].isdigit():
            return True
        if following and (_MEASURES.fullmatch(following.word)):
            return True
        # "6.1 Introduction": the number of a heading or of an item in a list.
        if self._starts_line(first.start) and following and following.text[0].isupper():
            return True
        return bool(_BEFORE_MEASURES.fullmatch(self._word(first.start - 1)))

    def _starts_line(self, position: int) -> bool:
        gap = self._text[self._tokens[position - 1].end : self._tokens[position].start] if position else "\n"
        return "\n" in gap

    def _near_miss(self, clause: _Clause, items: Sequence[_Item], reason: Reason) -> NearMiss:
        is_named = items[0].name is not None and items[0] is clause.items[0]
        first = clause.start if is_named else items[0].start
        last = clause.end if items[-1] is clause.items[-1] else items[-1].end
        start, end = self._tokens[first].start, self._tokens[last - 1].end
        numbers = tuple(number.number for item in items for number in item.numbers)
        message = self._message(self._text[start:end], items[0], reason, bool(clause.brackets))
        return NearMiss(start, end, reason, message, numbers)

    def _message(self, words: str, item: _Item, reason: Reason, is_bracketed: bool) -> str:
        number = item.first.number + item.first.sub
        words = " ".join(words.split())
        match reason:
            case Reason.BARE_NUMBER:
                escape = number.replace(".", "\\.", 1)
                return (
                    f"“{words}” looks like a paragraph's number. Write ({words}) to cite the Code. "
                    f"If it is another number, write {escape}."
                )
            case Reason.UNKNOWN_SOURCE:
                return (
                    f"“{words}” cites a law that is not in the record under this name, so it is not a link. "
                    "Correct the name, or add the law to the record."
                )
            case Reason.WRONG_UNIT:
                return f"“{words}” has the wrong word for its number. Write {self._example(item, number)}."
            case Reason.BACKWARDS:
                return f"“{words}” runs backwards. Write the smaller number first."
        escape = f"\\({words})" if is_bracketed else f"for example {words} of this leaflet"
        return (
            f"“{words}” does not say of which law. Write for example {self._example(item, number)}. "
            f"If it is not the law, write {escape}."
        )

    def _example(self, item: _Item, number: str) -> str:
        """Return how this number can be cited."""
        if item.is_decimal:
            return f"({number})"
        slug = item.name.slug if item.name else None
        unit = item.unit or "section"
        if slug:
            sources = [source for source in self._sources if source.slug == slug]
        else:
            sources = [source for source in self._sources if source.unit == unit and source.kind != "code"]
        if not sources:
            return f"({unit} {number} Children and Families Act 2014)"
        return f"({sources[0].unit} {number} {sources[0].title})"


def _can_be_number(number: str, unit: str, sub: str) -> bool:
    if KINDS["code"].number.fullmatch(number):
        return True
    if not unit:
        return bool(sub) and bool(KINDS["act"].number.fullmatch(number))
    is_number = any(kind.number.fullmatch(number) for kind in KINDS.values() if kind.unit == unit)
    return is_number and not _ORDINAL.fullmatch(number)


def _is_one_chapter(item: _Item) -> bool:
    return len({number.number.partition(".")[0] for number in item.numbers}) == 1


def _mark_others(items: Sequence[_Item]) -> None:
    """Mark the numbers before the last one that are of its document, as in "sections 3 and 4 of this leaflet"."""
    for item in reversed(items[:-1]):
        if item.name or item.unit != items[-1].unit:
            return
        item.is_other = True


def _use_trailing_name(items: Sequence[_Item], name: Name) -> None:
    """Give the last number this name, and the numbers before it that can be of the same source and have no name."""
    items[-1].name, items[-1].is_other = name, False
    for item, following in zip(reversed(items[:-1]), reversed(items), strict=False):
        ends = following.after_semicolon and not item.unit
        fits = item.unit == items[-1].unit if name.slug is None else item.fits(name.kind)
        if ends or item.name or item.is_other or not fits:
            return
        item.name = name
