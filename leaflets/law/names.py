"""How a text names a source of law: by its title or another of its names, as in "the Children & Families Act, 2014"."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from .sources import LawSource

# Numbers with the letters at their end, words, and single other characters.
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)*[A-Za-z]*|[^\W\d_]+|\S")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
# Such as SSFA or HRA, but not DfE or SEND.
_ABBREVIATION = re.compile(r"[A-Z]{1,5}A")
_SAME_WORDS = {"&": "and", "reg": "regulation", "regs": "regulations"}
# What may stand between the words of a name, such as the comma in "Education Act, 1996".
_INSIDE_NAMES = frozenset(",():'’-‐‑–")
_MONTH = re.compile("january|february|march|april|may|june|july|august|september|october|november|december")
# The words that end the name of a law before its year, and its kind.
_LAW_WORDS = {"act": "act", "regulations": "regulations", "regs": "regulations"}
_SMALL_WORDS = frozenset(
    {"and", "of", "for", "the", "in", "to", "with", "on", "at", "by", "&", ",", "(", ")"}
)
# Words that can have a capital letter and do not begin the name of a law.
_NOT_FIRST = _SMALL_WORDS | {"under", "see", "section", "sections", "part", "schedule", "both"}
_MAX_LAW_WORDS = 14


class Token(NamedTuple):
    """A token of a text, and `word`, which is the same for capital and small letters."""

    text: str
    word: str
    start: int
    end: int


class Name(NamedTuple):
    """A source that a text names. `end` is the position of the first token after it.

    `slug` is "" for the Code that the leaflet is pinned to, and None for a law that is not among the sources. `is_unit`
    says that the name's last word is the unit of a number that follows, as in "SEND Regulation 6(4)".
    """

    slug: str | None
    kind: str
    end: int
    is_unit: bool = False


def split_tokens(text: str) -> list[Token]:
    return [
        Token(match[0], match[0].casefold(), match.start(), match.end()) for match in _TOKEN.finditer(text)
    ]


def is_year(token: Token) -> bool:
    return bool(_YEAR.fullmatch(token.text))


class _Meaning(NamedTuple):
    slug: str
    kind: str
    year: str
    is_unit: bool


class NameIndex:
    """The names of all sources, by their words. Of two sources with one name, the first has it."""

    def __init__(self, sources: Sequence[LawSource]) -> None:
        self._meanings: dict[tuple[str, ...], _Meaning] = {}
        self._beginnings: set[tuple[str, ...]] = set()
        self._first_words: set[str] = set()
        for source in sources:
            for words in dict.fromkeys(_all_names(source)):
                self._add(words, source)

    def _add(self, words: tuple[str, ...], source: LawSource) -> None:
        years = _YEAR.findall(f"{source.title} {source.full_title}")
        is_unit = len(words) > 1 and words[-1] in (source.unit, f"{source.unit}s")
        meaning = _Meaning(source.slug, source.kind, years[0] if years else "", is_unit)
        self._meanings.setdefault(words, meaning)
        self._first_words.add(words[0])
        self._beginnings.update(words[:length] for length in range(1, len(words) + 1))

    def find(self, tokens: Sequence[Token], position: int) -> Name | None:
        """Return the longest name that starts at this token, with the year or label after it."""
        if position >= len(tokens) or _normalised(tokens[position]) not in self._first_words:
            return None
        found = None
        for words, end in self._beginnings_at(tokens, position):
            meaning = self._meanings.get(words)
            if meaning:
                end = _after_closing_bracket(tokens, position, end)
                found = _with_year(tokens, end, meaning, has_year=bool(_YEAR.fullmatch(words[-1]))) or found
        return found

    def _beginnings_at(self, tokens: Sequence[Token], position: int) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield the words from here on, ever longer, as long as a name begins with them."""
        words: tuple[str, ...] = ()
        while position < len(tokens):
            for _ in range(2 if words else 0):
                if position < len(tokens) and tokens[position].text in _INSIDE_NAMES:
                    position += 1
            if position == len(tokens):
                return
            words = (*words, _normalised(tokens[position]))
            if words not in self._beginnings:
                return
            position += 1
            yield words, position


def _with_year(tokens: Sequence[Token], end: int, meaning: _Meaning, has_year: bool) -> Name | None:
    """Return the name that ends here, or after a year or label that does not belong to the name."""
    label_end, year = (end, "") if has_year else _find_label(tokens, end)
    if not year:
        return Name(meaning.slug, meaning.kind, end, meaning.is_unit)
    # A law of another year is another law. Of a code or guidance it is another version.
    if meaning.kind in ("act", "regulations") and year != meaning.year:
        return None
    return Name(meaning.slug, meaning.kind, label_end)


@lru_cache(maxsize=16)
def index_names(sources: tuple[LawSource, ...]) -> NameIndex:
    return NameIndex(sources)


def find_shared_names(sources: Iterable[LawSource]) -> Iterator[tuple[str, LawSource, LawSource]]:
    """Yield each name that is written in two sources, with the later and the earlier one."""
    owners: dict[tuple[str, ...], LawSource] = {}
    for source in sources:
        for name in (source.title, source.full_title, *source.names):
            owner = owners.setdefault(_words_of(name), source)
            if owner is not source:
                yield name, source, owner


def _words_of(name: str) -> tuple[str, ...]:
    words = tuple(_normalised(token) for token in split_tokens(name) if token.text not in _INSIDE_NAMES)
    return words[1:] if words[:1] == ("the",) else words


def _all_names(source: LawSource) -> Iterator[tuple[str, ...]]:
    for name in (source.title, source.full_title, *source.names):
        words = _words_of(name)
        if not words:
            continue
        yield words
        without_year = words[:-1] if _YEAR.fullmatch(words[-1]) else words
        if len(without_year) > 1 and without_year[-1] == f"{source.unit}s":
            yield without_year
            yield (*without_year[:-1], source.unit)


def _normalised(token: Token) -> str:
    return _SAME_WORDS.get(token.word, token.word)


def _find_label(tokens: Sequence[Token], position: int) -> tuple[int, str]:
    """Return the end and the year of a label such as "2015", "(2015)" or "(January 2015)", or year ""."""
    end = position
    if end < len(tokens) and tokens[end].text in (",", "("):
        end += 1
    if end < len(tokens) and _MONTH.fullmatch(tokens[end].word):
        end += 1
    if end < len(tokens) and is_year(tokens[end]):
        is_open = any(token.text == "(" for token in tokens[position:end])
        is_closed = end + 1 < len(tokens) and tokens[end + 1].text == ")"
        return end + 1 + (is_open and is_closed), tokens[end].text
    return position, ""


def _after_closing_bracket(tokens: Sequence[Token], start: int, end: int) -> int:
    """Return the end of a name such as "Act (2014)" after its closing bracket."""
    inside = [token.text for token in tokens[start:end]]
    is_open = inside.count("(") > inside.count(")")
    return end + (is_open and end < len(tokens) and tokens[end].text == ")")


def find_unknown_law(tokens: Sequence[Token], position: int, names: NameIndex) -> Name | None:
    """Return the law with a year that is named here, such as "Children Act 1989", although no source has that name."""
    first = tokens[position]
    if not first.text[0].isupper() or first.word in _NOT_FIRST:
        return None
    if _ABBREVIATION.fullmatch(first.text) and position + 1 < len(tokens) and is_year(tokens[position + 1]):
        return Name(None, "act", position + 2)
    end = _law_word(tokens, position)
    if end is None or any(names.find(tokens, inside) for inside in range(position + 1, end + 1)):
        return None
    label_end, year = _find_label(tokens, end + 1)
    return Name(None, _LAW_WORDS[tokens[end].word], label_end) if year else None


def _law_word(tokens: Sequence[Token], position: int) -> int | None:
    """Return the position of "Act" or "Regulations" after words that can be those of a name."""
    for end in range(position, min(position + _MAX_LAW_WORDS, len(tokens))):
        token = tokens[end]
        if token.word in _LAW_WORDS:
            return end
        if not token.text[0].isupper() and token.word not in _SMALL_WORDS:
            return None
    return None
