"""Merging: no change that only one of two people made is lost."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, strategies as st

from leaflets.content.leaflet import INTRODUCTION, Heading, LeafletSource, SectionSource
from leaflets.publishing.merging import FIELDS, OverlapError, TextDigests, merge
from tests import texts

FEW_WORDS = st.sampled_from(["One.", "Two.", "Three."])


@st.composite
def leaflets(draw: st.DrawFn) -> LeafletSource:
    """A leaflet with some of six sections in any order, few of which differ from those of another."""
    anchors = draw(st.lists(st.sampled_from("abcdef"), unique=True))
    sections = [SectionSource(Heading("", INTRODUCTION), draw(FEW_WORDS))]
    sections += [SectionSource(Heading(f"Section {anchor}", anchor), draw(FEW_WORDS)) for anchor in anchors]
    return texts.leaflet(
        title=draw(FEW_WORDS),
        summary=draw(FEW_WORDS),
        unapproved=draw(st.booleans()),
        topic=draw(st.sampled_from(["", "school"])),
        in_short=draw(st.sampled_from([(), ("One.",)])),
        sections=tuple(sections),
    )


@st.composite
def edited(draw: st.DrawFn, base: LeafletSource) -> LeafletSource:
    """The leaflet with some sections changed, removed, added and moved."""
    other = draw(leaflets())
    change = st.booleans()
    sections = {section.heading.anchor: section for section in base.sections}
    for section in other.sections:
        if draw(change):
            sections[section.heading.anchor] = section
    introduction, *rest = sections.values()
    rest = [section for section in rest if draw(st.integers(0, 3))]
    if draw(change):
        rest = draw(st.permutations(rest))
    title = other.title if draw(change) else base.title
    return replace(base, title=title, sections=(introduction, *rest))


def parts(source: LeafletSource) -> dict[str, object]:
    """The fields and sections of a text, by name."""
    fields = {name: getattr(source, name) for name in FIELDS}
    return fields | {section.heading.anchor: section for section in source.sections}


def merged(base: LeafletSource, mine: LeafletSource, stored: LeafletSource) -> LeafletSource:
    return merge(TextDigests.of(base), mine, stored)


@given(leaflets(), leaflets())
def test_the_only_change_is_kept(base: LeafletSource, changed: LeafletSource) -> None:
    assert merged(base, changed, base) == changed
    assert merged(base, base, changed) == changed
    assert merged(base, changed, changed) == changed


@given(st.data(), leaflets())
def test_each_part_is_that_of_the_side_that_changed_it(data: st.DataObject, base: LeafletSource) -> None:
    mine, stored = data.draw(edited(base)), data.draw(edited(base))
    try:
        both = parts(merged(base, mine, stored))
    except OverlapError:
        assume(False)
    before, my_parts, stored_parts = parts(base), parts(mine), parts(stored)

    for name in before | my_parts | stored_parts:
        changed = my_parts if my_parts.get(name) != before.get(name) else stored_parts
        assert both.get(name) == changed.get(name)


@given(st.data(), leaflets())
def test_texts_overlap_only_where_both_changed_one_part_or_the_order(
    data: st.DataObject, base: LeafletSource
) -> None:
    mine, stored = data.draw(edited(base)), data.draw(edited(base))
    before, my_parts, stored_parts = parts(base), parts(mine), parts(stored)
    overlap = any(
        len({before.get(name), my_parts.get(name), stored_parts.get(name)}) == 3
        for name in before | my_parts | stored_parts
    )
    moved = all(order(base, side) != order(side, base) for side in (mine, stored))

    try:
        merged(base, mine, stored)
    except OverlapError:
        assert overlap or moved
    else:
        assert not overlap


def order(one: LeafletSource, other: LeafletSource) -> list[str]:
    """The anchors of a text that another one has too."""
    anchors = {section.heading.anchor for section in other.sections}
    return [section.heading.anchor for section in one.sections if section.heading.anchor in anchors]


@given(leaflets())
def test_digests_are_read_back_from_a_form(source: LeafletSource) -> None:
    assert TextDigests.parse(str(TextDigests.of(source))) == TextDigests.of(source)


@pytest.mark.parametrize(
    "text", ["", "x", "1", "[]", "[1, 2]", "[{}, {}]", '[{"title": 1}, {}]', "null", "[" * 100_000]
)
def test_malformed_digests_are_none(text: str) -> None:
    assert TextDigests.parse(text) is None
