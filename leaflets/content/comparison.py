"""Word diff of two versions of a leaflet's text."""

import difflib
import enum
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .leaflet import LeafletSource, SectionSource

# Pairs of equal words in two texts that are compared word by word: these take less than a second at worst.
MAX_PAIRS = 60_000
_WORD = re.compile(r"\S+\s*")
_LINE = re.compile(r"[^\n]+\n*|\n+")
# Words of unchanged text that an excerpt shows before and after a change.
CONTEXT_WORDS = 15


class Change(enum.StrEnum):
    """What happened to a run of words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Part:
    """A run of words, and what happened to it."""

    change: Change
    words: str

    @property
    def excerpt(self) -> str:
        """The words; of a long unchanged run only its beginning and end."""
        words = self.words.split(" ")
        if self.change is not Change.SAME or len(words) <= 2 * CONTEXT_WORDS:
            return self.words
        return " ".join([*words[:CONTEXT_WORDS], "[…]", *words[-CONTEXT_WORDS:]])


@dataclass(frozen=True)
class ComparedSection:
    """The differences of one section; with an empty heading, those of the front matter.

    `change` is ADDED or REMOVED where only one of the texts has the section, else SAME.
    """

    heading: str
    change: Change
    parts: tuple[Part, ...]


def compare(old: LeafletSource, new: LeafletSource) -> list[ComparedSection]:
    """Return the sections that differ between two texts, in reading order. Sections are matched by anchor."""
    comparer = _Comparer()
    compared = [comparer.compare_section("", _front_matter_text(old), _front_matter_text(new))]
    before = {section.heading.anchor: section for section in old.sections}
    after = {section.heading.anchor: section for section in new.sections}
    for anchor in _merged_order(list(before), list(after)):
        section = after.get(anchor) or before[anchor]
        name = section.heading.text or "Introduction"
        compared.append(
            comparer.compare_section(
                name, _section_text(before.get(anchor)), _section_text(after.get(anchor))
            )
        )
    return [section for section in compared if any(part.change is not Change.SAME for part in section.parts)]


def compare_words(old: str, new: str) -> tuple[Part, ...]:
    """Return the runs of words that stayed, came or went. White space belongs to the word before it."""
    return _Comparer().compare_words(old, new)


class _Comparer:
    """Compares texts by words; by lines or as a whole where words, or the texts compared before, would take too long.

    What difflib takes grows with the pairs of equal words, one from each text, and with the number of changes. A leaflet
    of 1,400 words has 14,000 pairs and takes milliseconds; a repeated word would take minutes.
    """

    def __init__(self) -> None:
        self.pairs_left = MAX_PAIRS

    def compare_section(self, heading: str, old: str | None, new: str | None) -> ComparedSection:
        if old is None:
            return ComparedSection(heading, Change.ADDED, (Part(Change.ADDED, new or ""),))
        if new is None:
            return ComparedSection(heading, Change.REMOVED, (Part(Change.REMOVED, old),))
        return ComparedSection(heading, Change.SAME, self.compare_words(old, new))

    def compare_words(self, old: str, new: str) -> tuple[Part, ...]:
        if old == new:
            return (Part(Change.SAME, new),) if new else ()
        for pattern in (_WORD, _LINE):
            a, b = pattern.findall(old), pattern.findall(new)
            pairs = _count_equal_pairs(a, b)
            if pairs <= self.pairs_left:
                self.pairs_left -= pairs
                return tuple(_differences(a, b))
        parts = (Part(Change.REMOVED, old), Part(Change.ADDED, new))
        return tuple(part for part in parts if part.words)


def _count_equal_pairs(a: list[str], b: list[str]) -> int:
    count = Counter(word.strip() for word in b)
    return sum(count[word.strip()] for word in a)


def _differences(a: list[str], b: list[str]) -> Iterator[Part]:
    matcher = difflib.SequenceMatcher(None, [w.strip() for w in a], [w.strip() for w in b], autojunk=False)
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if kind == "equal":
            yield Part(Change.SAME, "".join(b[b_from:b_to]))
            continue
        if a_from < a_to:
            yield Part(Change.REMOVED, "".join(a[a_from:a_to]))
        if b_from < b_to:
            yield Part(Change.ADDED, "".join(b[b_from:b_to]))


def _front_matter_text(source: LeafletSource) -> str:
    facts = {
        "Title": source.title,
        "Summary": source.summary,
        "Printed date": source.published and f"{source.published:%B %Y}",
        "Review by": source.review and f"{source.review:%d %B %Y}",
        "Code of Practice": source.code,
        "Draft for the service to approve": "yes" if source.unapproved else "no",
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)


def _section_text(section: SectionSource | None) -> str | None:
    if section is None:
        return None
    heading = str(section.heading) if section.heading.text else ""
    return f"{heading}\n\n{section.body}".strip()


def _merged_order(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield all anchors in the new order, with each removed one after the one that it followed."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    kept = set(new)
    for _, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        yield from (anchor for anchor in old[a_from:a_to] if anchor not in kept)
        yield from new[b_from:b_to]
