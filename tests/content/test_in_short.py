"""The lines of “In short”: what they may have in them, and their HTML."""

import pytest

from leaflets.content.comparison import compare
from leaflets.content.in_short import find_in_short_problems, render_in_short
from leaflets.content.leaflet import read_leaflet, write_leaflet
from leaflets.quality.preflight import check_leaflets
from tests.texts import laws, leaflet, leaflet_text

TEXT = leaflet_text("Words.\n\n## Plan {#plan}\n\nMore.", code=None).replace(
    "---\n\nWords",
    "in_short:\n  - It **must** tell you. [Plan](#plan)\n  - Ask us. [More](#gone)\n"
    "in_short_approval: draft for the service to approve\n---\n\nWords",
    1,
)


def messages(line: str) -> list[str]:
    return [problem.message for problem in find_in_short_problems([line], {"plan"})]


def test_the_lines_become_a_list_with_marked_words() -> None:
    html = render_in_short(["It **must** tell you. [Plan](#plan)", "It **should** ask."]).html

    assert html == (
        '<ul>\n<li>It <strong class="must">must</strong> tell you. <a href="#plan">Plan</a></li>\n'
        '<li>It <strong class="should">should</strong> ask.</li>\n</ul>\n'
    )


def test_no_lines_have_no_html() -> None:
    assert render_in_short([]).html == ""


@pytest.mark.parametrize("line", ["You can ask.", "x" * 200, "It **must** tell you. [Plan](#plan)"])
def test_a_right_line_has_no_problem(line: str) -> None:
    assert messages(line) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x" * 201, "This line of “In short” has 201 characters. Write at most 200."),
        ("[Contact](/contact/)", "has to lead to a part of this leaflet"),
        ("[Plan](#pln)", "The link to `#pln` in “In short” has to lead to a part of this leaflet"),
        ("[Plan](plan)", "cannot be used"),
        ("# Plan", "Take out the mark of a heading, list or quotation"),
        ("> Plan", "Take out the mark of a heading, list or quotation"),
        ("1. Plan", "Take out the mark of a heading, list or quotation"),
        ("As the Code says (6.17).", "“In short” cites no law"),
        ("<b>Plan</b>", "is HTML"),
        ("![Plan](/static/plan.png)", "“In short” has no pictures."),
    ],
)
def test_what_a_line_cannot_have_is_named(line: str, message: str) -> None:
    assert any(message in found for found in messages(line)), messages(line)


def test_a_wrong_link_is_answered_with_a_part_of_this_leaflet() -> None:
    (problem,) = find_in_short_problems(["[Plan](#pln)"], ["introduction", "help", "review"])

    assert "such as `#help`." in problem.message


def test_a_wrong_link_in_a_leaflet_without_parts_is_answered_without_an_example() -> None:
    (problem,) = find_in_short_problems(["[Plan](#plan)"], ["introduction"])

    assert problem.message == (
        "The link to `#plan` in “In short” has to lead to a part of this leaflet, which has no headings yet. "
        "Take it out."
    )


def test_the_parts_of_a_leaflet_are_named_in_its_own_order() -> None:
    text = leaflet_text("Words.\n\n## Zoo {#zoo}\n\nMore.\n\n## Ark {#ark}\n\nMore.", code=None).replace(
        "---\n\nWords", "in_short:\n  - Ask us. [More](#gone)\n---\n\nWords", 1
    )
    source, _ = read_leaflet(text, "a.md", "a")

    _, (problem,) = check_leaflets([source], laws())

    assert "such as `#zoo`." in problem.message


def test_more_than_six_lines_are_refused() -> None:
    assert find_in_short_problems(["Words."] * 6, ()) == []
    (problem,) = find_in_short_problems(["Words."] * 7, ())
    assert problem.message == "“In short” has 7 lines. Write at most 6."


def test_a_file_with_in_short_is_read_and_written() -> None:
    found, problems = read_leaflet(TEXT, "a.md", "a")

    assert problems == []
    assert found.in_short == ("It **must** tell you. [Plan](#plan)", "Ask us. [More](#gone)")
    assert found.in_short_unapproved
    assert read_leaflet(write_leaflet(found), "a.md", "a") == (found, [])


def test_a_link_to_an_unknown_anchor_is_a_problem_with_its_line() -> None:
    source, _ = read_leaflet(TEXT, "a.md", "a")

    _, (problem,) = check_leaflets([source], laws())

    assert TEXT.split("\n")[problem.line - 1] == "  - Ask us. [More](#gone)"
    assert "`#gone`" in problem.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("approval: draft for the service to approve", "approval: soon", "`in_short_approval` has to be"),
        ("in_short:\n  - It **must** tell you. [Plan](#plan)\n  - Ask us. [More](#gone)\n", "", "There is no `in_short`"),
        ("in_short:\n  - It **must** tell you. [Plan](#plan)\n  - Ask us. [More](#gone)\n", "in_short: Words.\n", "has to be a list"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_fields_is_named(old: str, new: str, message: str) -> None:
    assert old in TEXT
    _, problems = read_leaflet(TEXT.replace(old, new, 1), "a.md", "a")

    assert any(message in problem.message for problem in problems), problems


def test_a_changed_line_is_shown_among_the_differences() -> None:
    old, new = leaflet(in_short=("It tells you.",)), leaflet(in_short=("It tells nobody.",))

    (section,) = compare(old, new)

    assert [part.words.strip() for part in section.parts if part.change != "same"] == ["you.", "nobody."]
