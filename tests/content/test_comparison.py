"""Word-by-word comparison of two leaflets."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from leaflets.content.comparison import Change, Part, compare, compare_words
from leaflets.content.leaflet import Heading, SectionSource
from tests import texts
from tests.scaling import assert_linear


def section(body: str, anchor: str = "help") -> SectionSource:
    return SectionSource(Heading("Who can help?", anchor), body)


def with_sections(*sections: SectionSource):
    whole = texts.leaflet()
    return replace(whole, sections=(whole.sections[0], *sections))


def test_a_changed_word_shows_what_went_and_what_came() -> None:
    parts = compare_words("Phone 01429 today", "Phone 01642 today")

    assert parts == (
        Part(Change.SAME, "Phone "),
        Part(Change.REMOVED, "01429 "),
        Part(Change.ADDED, "01642 "),
        Part(Change.SAME, "today"),
    )


def test_only_sections_in_which_something_changed_are_shown() -> None:
    old = with_sections(section("One."), section("The same.", "same"))
    new = with_sections(section("Two."), section("The same.", "same"))

    assert [found.heading for found in compare(old, new)] == ["Who can help?"]


def test_a_text_does_not_differ_from_itself() -> None:
    assert compare(texts.leaflet(), texts.leaflet()) == []


def test_a_new_section_is_all_added_and_a_removed_one_all_removed() -> None:
    old, new = with_sections(section("One.", "old")), with_sections(section("Two.", "new"))

    assert [found.change for found in compare(old, new)] == [Change.REMOVED, Change.ADDED]


def test_the_title_and_the_facts_are_compared_too() -> None:
    old, new = texts.leaflet(title="Before"), texts.leaflet(title="After")

    [facts] = compare(old, new)

    assert facts.heading == ""
    assert Part(Change.ADDED, "After\n") in facts.parts


def test_a_long_run_of_unchanged_words_is_cut_short() -> None:
    same = " ".join(["word"] * 200)

    [same_part, *_] = compare_words(f"{same} end", f"{same} other")

    assert "[…]" in same_part.excerpt
    assert len(same_part.excerpt.split()) < 50


@given(old=st.text(max_size=300), new=st.text(max_size=300))
def test_the_parts_put_together_are_the_new_words(old: str, new: str) -> None:
    parts = compare_words(old, new)

    remaining = "".join(part.words for part in parts if part.change is not Change.REMOVED)

    assert remaining.split() == new.split()


@pytest.mark.parametrize("part", ["a ", "a\n", "a b ", "a\nb\n", "\n", "the school must help "])
def test_comparison_time_is_linear_where_words_are_repeated(part: str) -> None:
    def make(size: int) -> tuple[str, str]:
        text = part * (size // len(part))
        return text, text.replace("a", "b", 1)[: -len(part)] + " end"

    assert_linear(lambda pair: compare_words(*pair), make, 190_000)


def test_a_text_that_takes_too_long_to_compare_is_removed_and_added_whole() -> None:
    old, new = "a\n" * 5000, "a\nb\n" * 2500

    assert compare_words(old, new) == (Part(Change.REMOVED, old), Part(Change.ADDED, new))


def test_a_long_text_is_compared_by_lines_where_words_take_too_long() -> None:
    lines = [f"Line {number} has the same words as others in this text of ours.\n" for number in range(400)]
    new = [*lines[:200], "A new line.\n", *lines[200:]]

    added = [part for part in compare_words("".join(lines), "".join(new)) if part.change is Change.ADDED]

    assert added == [Part(Change.ADDED, "A new line.\n")]


def test_the_sections_of_a_leaflet_share_the_limit() -> None:
    old, new = (
        with_sections(*(section(body, f"section-{number}") for number in range(3)))
        for body in ("a " * 240, "a b " * 120)
    )

    assert [len(found.parts) > 3 for found in compare(old, new)] == [True, True, False]
