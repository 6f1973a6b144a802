"""Word diff of two versions of a leaflet's text.

The words are those that readers see. The marks of Markdown are compared apart from them.
"""

import difflib
import enum
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .leaflet import Heading, LeafletSource, SectionSource
from .plain_text import markdown_to_text

# Pairs of equal words in two texts that are compared word by word: these take less than a second at worst.
MAX_PAIRS = 60_000
_WORD = re.compile(r"\S+\s*")
_LINE = re.compile(r"[^\n]+\n*|\n+")
# A mark of Markdown, or a link with its address.
_MARK = re.compile(r"\]\([^)\s]*|\{#[^}\n]*\}|[*_`#>|\\\[\]~]+|^ *(?:[-+]|\d+[.)]) ", re.MULTILINE)
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

    `change` is ADDED or REMOVED where only one of the texts has the section, else SAME. `parts` are the words that readers
    see. `marks` is the same text as it was typed, empty where no mark of Markdown changed.
    """

    heading: str
    change: Change
    parts: tuple[Part, ...]
    marks: tuple[Part, ...] = ()

    @property
    def has_new_words(self) -> bool:
        """Whether other words are read, and not only marks changed."""
        return _has_change(self.parts)


def _has_change(parts: tuple[Part, ...]) -> bool:
    return any(part.change is not Change.SAME for part in parts)


def compare(old: LeafletSource, new: LeafletSource) -> list[ComparedSection]:
    """Return the sections that differ between two texts, in reading order. Sections are matched by anchor."""
    comparer = _Comparer(_word_in_paragraph)
    compared = [comparer.compare_section("", _front_matter_text(old), _front_matter_text(new))]
    before = {section.heading.anchor: section for section in old.sections}
    after = {section.heading.anchor: section for section in new.sections}
    # The marks of what is all new or removed do not count.
    has_both = old.in_short and new.in_short
    typed = [_typed_marks("\n".join(old.in_short), "\n".join(new.in_short)) if has_both else None]
    for anchor in _merged_order(list(before), list(after)):
        one, other = before.get(anchor), after.get(anchor)
        name = (other or one or old.sections[0]).heading.text or "Introduction"
        words = _section_words(one, other), _section_words(other, one)
        compared.append(comparer.compare_section(name, *words))
        typed.append(_typed_marks(one.body, other.body) if one and other else None)
    # The words of all sections come first: they share the limit with the marks.
    compared = [
        replace(section, marks=comparer.compare_words(*marks)) if marks else section
        for section, marks in zip(compared, typed, strict=True)
    ]
    return [section for section in compared if section.has_new_words or _has_change(section.marks)]


def compare_words(old: str, new: str) -> tuple[Part, ...]:
    """Return the runs of words that stayed, came or went. White space belongs to the word before it."""
    return _Comparer().compare_words(old, new)


class _Comparer:
    """Compares texts by words; by lines or as a whole where words, or the texts compared before, would take too long.

    What difflib takes grows with the pairs of equal words, one from each text, and with the number of changes. A leaflet
    of 1,400 words has 14,000 pairs and takes milliseconds; a repeated word would take minutes.
    """

    def __init__(self, key: Callable[[str], str] = str.strip) -> None:
        """Make one. `key` returns what of a word, with the white space after it, has to be equal."""
        self.pairs_left = MAX_PAIRS
        self._key = key

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
            keys = [self._key(word) for word in a], [self._key(word) for word in b]
            pairs = _count_equal_pairs(*keys)
            if pairs <= self.pairs_left:
                self.pairs_left -= pairs
                return tuple(_differences(a, b, *keys))
        parts = (Part(Change.REMOVED, old), Part(Change.ADDED, new))
        return tuple(part for part in parts if part.words)


def _word_in_paragraph(word: str) -> str:
    """Return a word without the white space after it, but with the end of its paragraph."""
    return word.strip() + ("\n" if word.count("\n") > 1 else "")


def _count_equal_pairs(a: list[str], b: list[str]) -> int:
    count = Counter(b)
    return sum(count[key] for key in a)


def _differences(a: list[str], b: list[str], keys_of_a: list[str], keys_of_b: list[str]) -> Iterator[Part]:
    matcher = difflib.SequenceMatcher(None, keys_of_a, keys_of_b, autojunk=False)
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
        "Topic": source.topic,
        "Draft for the service to approve": "yes" if source.unapproved else "no",
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    lines += [f"In short: {' '.join(markdown_to_text(line).split())}" for line in source.in_short]
    if source.in_short_unapproved:
        lines.append("In short is a draft for the service to approve")
    return "\n".join(lines)


def _section_words(section: SectionSource | None, other: SectionSource | None) -> str | None:
    """Return what readers see of a section, with the facts in its heading that differ from those of the other one."""
    if section is None:
        return None
    others = _facts(other.heading) if other else {}
    changed = {name: value for name, value in _facts(section.heading).items() if value != others.get(name)}
    lines = [section.heading.text, *(f"{name}: {value}" for name, value in changed.items() if value)]
    heading = "\n".join(line for line in lines if line)
    return "\n\n".join(text for text in (heading, markdown_to_text(section.body)) if text) + "\n\n"


def _facts(heading: Heading) -> dict[str, str]:
    if not heading.text:
        return {}
    return {
        "Shorter wording for links": heading.label,
        "Kind": heading.kind.capitalize(),
        "Address": f"#{heading.anchor}",
    }


def _typed_marks(old: str, new: str) -> tuple[str, str] | None:
    """Return both texts as they were typed where their marks differ."""
    return None if _MARK.findall(old) == _MARK.findall(new) else (f"{old}\n\n", f"{new}\n\n")


def _merged_order(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield all anchors in the new order, with each removed one after the one that it followed."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    kept = set(new)
    for _, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        yield from (anchor for anchor in old[a_from:a_to] if anchor not in kept)
        yield from new[b_from:b_to]
