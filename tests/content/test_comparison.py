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


def in_short(*lines: str):
    return texts.leaflet(in_short=lines)


def test_lines_in_short_are_shown_as_readers_see_them() -> None:
    old, new = in_short("It **must** tell you. [Plan](#plan)"), in_short("It **must** tell us. [Plan](#plan)")

    [facts] = compare(old, new)

    shown = "".join(part.words for part in facts.parts)
    assert "In short: It must tell you. us. Plan" in shown
    assert facts.marks == ()


@pytest.mark.parametrize("line", ["It must tell you. [Plan](#plan)", "It **must** tell you. [Plan](#review)"])
def test_changed_marks_in_short_are_shown_as_typed(line: str) -> None:
    old, new = in_short("It **must** tell you. [Plan](#plan)"), in_short(line)

    [facts] = compare(old, new)

    assert not facts.has_new_words
    assert line.split()[-1] in "".join(part.words for part in facts.marks)


def test_the_title_and_the_facts_are_compared_too() -> None:
    old, new = texts.leaflet(title="Before"), texts.leaflet(title="After")

    [facts] = compare(old, new)

    assert facts.heading == ""
    assert Part(Change.ADDED, "After\n") in facts.parts


def change(old: str, new: str):
    """The comparison of one section of a leaflet whose text changed."""
    [compared] = compare(with_sections(section(old)), with_sections(section(new)))
    return compared


def shown(parts: tuple[Part, ...]) -> str:
    return "".join({"added": "+", "removed": "-"}.get(part.change, "") + part.words for part in parts)


def test_words_are_compared_as_readers_see_them() -> None:
    old = "Ask **the school** about [its plan](/plan/).\n\n- one\n- two\n\n> Words.\n>\n> (6.1)\n\n| A | B |\n|-|-|\n| c | d |"
    new = old.replace("school", "council")

    text = shown(change(old, new).parts)

    assert text == (
        "Who can help?\n\nAsk the -school +council about its plan.\n\n• one\n• two\n\nQuoted: Words.\n\n(6.1)\n\n"
        "A | B\nc | d\n\n"
    )


def test_where_only_words_changed_no_marks_are_compared() -> None:
    compared = change("The **old** word.", "The **new** word.")

    assert (compared.has_new_words, compared.marks) == (True, ())


@pytest.mark.parametrize(
    ("old", "new", "marks"),
    [
        pytest.param("They must go.", "They **must** go.", "They -must +**must** go.\n\n", id="bold"),
        pytest.param(
            "[Ask](/a/) us", "[Ask](/b/) us", "-[Ask](/a/) +[Ask](/b/) us\n\n", id="address of a link"
        ),
        pytest.param("### Go {#a}", "### Go {#b}", "### Go -{#a}\n\n+{#b}\n\n", id="anchor of a heading"),
        pytest.param("# a", "## a", "-# +## a\n\n", id="size of a heading"),
    ],
)
def test_a_change_of_marks_alone_is_named_and_shown(old: str, new: str, marks: str) -> None:
    compared = change(old, new)

    assert not compared.has_new_words
    assert shown(compared.marks) == marks


def test_a_change_of_words_and_marks_shows_both() -> None:
    compared = change("They must go.", "You **must** go.")

    assert "+You " in shown(compared.parts)
    assert "+You **must** " in shown(compared.marks)


def test_a_paragraph_that_is_divided_is_a_change() -> None:
    assert "-two. +two.\n\n" in shown(change("One two. Three.", "One two.\n\nThree.").parts)


def test_lines_that_are_only_wrapped_in_another_place_are_no_change() -> None:
    assert compare(with_sections(section("One\ntwo three.")), with_sections(section("One two\nthree."))) == []


def test_a_change_in_a_heading_is_told_in_words() -> None:
    old = SectionSource(Heading("Help", "help", "", "Who helps?"), "Words.")
    new = SectionSource(Heading("Help", "help", "support", "Who can help?"), "Words.")

    [compared] = compare(with_sections(old), with_sections(new))

    text = shown(compared.parts)
    assert "Kind: Support" in text
    assert "-helps?" in text
    assert "{#" not in text


def test_numbers_and_levels_of_lists_are_shown() -> None:
    text = shown(
        change("2. two\n3. three\n\n   - inner\n\nEnd", "2. two\n3. three\n\n   - inner\n\nThe end").parts
    )

    assert "2. two\n3. three\n• inner\n" in text


def test_a_text_beyond_the_limits_is_compared_as_it_was_typed() -> None:
    long = "**a** " * 10_001

    assert "**a**" in shown(change(long, f"{long} b").parts)


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
