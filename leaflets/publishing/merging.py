"""Merging of two texts that were both made from one text: what a user sends, and what was stored meanwhile.

It is a three-way merge by section and by field. The base, the common text, is not needed: the form sends back digests of its parts.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from leaflets.content.leaflet import LeafletSource, SectionSource
from leaflets.files.digests import digest

FIELDS = (
    "title",
    "summary",
    "published",
    "review",
    "code",
    "unapproved",
    "topic",
    "in_short",
    "in_short_unapproved",
)


class OverlapError(Exception):
    """Both texts changed the same section or field, or the order of the sections, in different ways."""


@dataclass(frozen=True)
class TextDigests:
    """Digests of the parts of a text: of its fields by name, and of its sections by anchor, in reading order."""

    fields: dict[str, str]
    sections: dict[str, str]

    @classmethod
    def of(cls, source: LeafletSource) -> Self:
        return cls(
            {name: _short_digest(str(getattr(source, name))) for name in FIELDS},
            {
                section.heading.anchor: _short_digest(f"{section.heading}\n\n{section.body}")
                for section in source.sections
            },
        )

    def __str__(self) -> str:
        return json.dumps([self.fields, self.sections])

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read the value of a form's field; None where it is missing or malformed."""
        try:
            fields, sections = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            return None
        if _is_text_by_text(fields) and _is_text_by_text(sections) and set(fields) == set(FIELDS):
            return cls(fields, sections)
        return None


def _is_text_by_text(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _short_digest(text: str) -> str:
    return digest(text)[:16]


def merge(base: TextDigests, mine: LeafletSource, stored: LeafletSource) -> LeafletSource:
    """Return the text with the changes that each of the two texts made to the base.

    Raises `OverlapError`.
    """
    my_digests, stored_digests = TextDigests.of(mine), TextDigests.of(stored)
    fields = {
        name: getattr(
            mine
            if _is_mine(base.fields[name], my_digests.fields[name], stored_digests.fields[name])
            else stored,
            name,
        )
        for name in FIELDS
    }
    my_sections = {section.heading.anchor: section for section in mine.sections}
    stored_sections = {section.heading.anchor: section for section in stored.sections}
    merged: dict[str, SectionSource] = {}
    for anchor in my_sections | stored_sections:
        digests = (texts.sections.get(anchor) for texts in (base, my_digests, stored_digests))
        section = (my_sections if _is_mine(*digests) else stored_sections).get(anchor)
        if section:
            merged[anchor] = section
    order = _merge_orders(list(base.sections), list(my_sections), list(stored_sections))
    return replace(mine, **fields, sections=tuple(merged[anchor] for anchor in order if anchor in merged))


def _is_mine(base: str | None, mine: str | None, stored: str | None) -> bool:
    """Return whether to take my part. The digest of a part that a text does not have is None."""
    if mine in (stored, base):
        return False
    if stored == base:
        return True
    raise OverlapError


def _merge_orders(base: list[str], mine: list[str], stored: list[str]) -> list[str]:
    """Return all anchors of both texts, in the order of the one that moved sections."""
    if _have_same_order(base, mine) or _have_same_order(mine, stored):
        return _with_additions(stored, mine)
    if _have_same_order(base, stored):
        return _with_additions(mine, stored)
    raise OverlapError


def _have_same_order(one: list[str], other: list[str]) -> bool:
    return _only(one, other) == _only(other, one)


def _only(anchors: Iterable[str], kept: Iterable[str]) -> list[str]:
    kept = set(kept)
    return [anchor for anchor in anchors if anchor in kept]


def _with_additions(order: list[str], other: list[str]) -> list[str]:
    """Return an order with the anchors that only the other one has, each after the one that it follows there."""
    merged = list(order)
    previous = -1
    for anchor in other:
        if anchor not in merged:
            merged.insert(previous + 1, anchor)
        previous = merged.index(anchor)
    return merged
