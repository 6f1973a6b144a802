"""Word-by-word comparison of two leaflets."""

from dataclasses import replace

from hypothesis import given, strategies as st

from leaflets.content.comparison import Change, Part, compare, compare_words
from leaflets.content.leaflet import Heading, SectionSource
from tests import texts


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
