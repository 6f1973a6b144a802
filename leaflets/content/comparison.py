"""Two texts of a leaflet side by side: which words came, which words went. No Django here."""

import difflib
import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .leaflet import LeafletSource, SectionSource

# Beyond this many words a section is compared line by line: word by word would take minutes.
MANY_WORDS = 4000
# Enough to see where a change stands.
WORDS_AROUND = 15


class Change(enum.StrEnum):
    """What became of a run of words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Part:
    """A run of words, and what became of it."""

    change: Change
    words: str

    @property
    def excerpt(self) -> str:
        """The words or, where nothing changed in a long run of them, its beginning and its end."""
        words = self.words.split(" ")
        if self.change is not Change.SAME or len(words) <= 2 * WORDS_AROUND:
            return self.words
        return " ".join([*words[:WORDS_AROUND], "[…]", *words[-WORDS_AROUND:]])


@dataclass(frozen=True)
class ComparedSection:
    """A section in both texts, in one of them only, or the leaflet's own facts (its heading is then empty)."""

    heading: str
    change: Change
    parts: tuple[Part, ...]


def compare(old: LeafletSource, new: LeafletSource) -> list[ComparedSection]:
    """Say what changed from one text to another: only the sections in which something did, in reading order."""
    compared = [_section("", _facts(old), _facts(new))]
    before = {section.heading.anchor: section for section in old.sections}
    after = {section.heading.anchor: section for section in new.sections}
    for anchor in _merged_order(list(before), list(after)):
        section = after.get(anchor) or before[anchor]
        name = section.heading.text or "Introduction"
        compared.append(_section(name, _text(before.get(anchor)), _text(after.get(anchor))))
    return [section for section in compared if any(part.change is not Change.SAME for part in section.parts)]


def compare_words(old: str, new: str) -> tuple[Part, ...]:
    """Say which words came and which went; white space and line breaks stay with the word before them."""
    words = (
        re.compile(r"\S+\s*")
        if len(old.split()) + len(new.split()) < MANY_WORDS
        else re.compile(r"[^\n]*\n?")
    )
    a, b = words.findall(old), words.findall(new)
    matcher = difflib.SequenceMatcher(None, [w.strip() for w in a], [w.strip() for w in b], autojunk=False)
    parts = []
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if kind == "equal":
            parts.append(Part(Change.SAME, "".join(b[b_from:b_to])))
            continue
        if a_from < a_to:
            parts.append(Part(Change.REMOVED, "".join(a[a_from:a_to])))
        if b_from < b_to:
            parts.append(Part(Change.ADDED, "".join(b[b_from:b_to])))
    return tuple(parts)


def _section(heading: str, old: str | None, new: str | None) -> ComparedSection:
    if old is None:
        return ComparedSection(heading, Change.ADDED, (Part(Change.ADDED, new or ""),))
    if new is None:
        return ComparedSection(heading, Change.REMOVED, (Part(Change.REMOVED, old),))
    return ComparedSection(heading, Change.SAME, compare_words(old, new))


def _facts(source: LeafletSource) -> str:
    facts = {
        "Title": source.title,
        "Summary": source.summary,
        "Printed date": source.published and f"{source.published:%B %Y}",
        "Review by": source.review and f"{source.review:%d %B %Y}",
        "Code of Practice": source.code,
        "Draft for the service to approve": "yes" if source.unapproved else "no",
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)


def _text(section: SectionSource | None) -> str | None:
    if section is None:
        return None
    heading = str(section.heading) if section.heading.text else ""
    return f"{heading}\n\n{section.body}".strip()


def _merged_order(old: list[str], new: list[str]) -> Iterator[str]:
    """The new order, with each section that went after the one it followed."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        yield from (anchor for anchor in old[a_from:a_to] if anchor not in new)
        yield from new[b_from:b_to]
