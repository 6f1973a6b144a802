"""What Markdown reads otherwise than its writer meant: it is said, with its line."""

import pytest
from hypothesis import given, settings

from leaflets.content.markdown import render
from leaflets.content.misreadings import find_raw_marks
from leaflets.files.problems import Kind
from tests.scaling import assert_linear
from tests.texts import law, nasty_markdown


def misread(markdown):
    return [(problem.line, problem.kind) for problem in render(f"Words.\n\n{markdown}", law()).misread]


def hints(markdown):
    return [(hint.line, hint.kind) for hint in render(f"Words.\n\n{markdown}", law()).hints]


# Marks that readers would see


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("[01632 960000](tel:01632 960000)", id="space in a phone link"),
        pytest.param("[a](https://example.org/a b)", id="space in an address"),
        pytest.param("[a](mailto:help@example.org?subject=My child)", id="space in a subject"),
        pytest.param("[a](https://example.org/", id="link without its end"),
        pytest.param("They must **not", id="bold without its end"),
        pytest.param("They must ** not ** do it", id="bold with spaces"),
        pytest.param("They must __not do it", id="bold of underscores without its end"),
        pytest.param("Words[^1]", id="footnote"),
        pytest.param("~~Words~~", id="struck out"),
        pytest.param("#Heading", id="heading without a space"),
        pytest.param("###Heading", id="small heading without a space"),
        pytest.param("| a | b |", id="row without a table"),
        pytest.param("Words {#anchor}", id="anchor of a paragraph"),
        pytest.param("Words {.steps}", id="kind of a paragraph"),
        pytest.param("High Street\\", id="hard break at the end"),
        pytest.param("- They must **not", id="in a list"),
        pytest.param("> They **may", id="in a quotation"),
        pytest.param("### They **may {#may}", id="in a heading"),
    ],
)
def test_marks_that_readers_would_see_are_named_at_their_line(markdown):
    assert misread(markdown) == [(3, Kind.RAW_MARK)]


def test_marks_are_named_at_their_line_in_a_paragraph_and_in_a_table():
    assert misread("one\\\ntwo\nthree **four") == [(5, Kind.RAW_MARK)]
    assert misread("| a |\n| --- |\n| b |\n| **c |") == [(6, Kind.RAW_MARK)]


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param(r"\*\*\*", id="stars"),
        pytest.param(r"\#SENDIASS", id="hash"),
        pytest.param(r"\~\~", id="tildes"),
        pytest.param(r"\[\^1] and [a]\(b)", id="brackets"),
        pytest.param("`](` `**` `[^` `~~`", id="code"),
        pytest.param("Name: ________", id="line to fill in"),
        pytest.param("Question #1, 5 * 3 = 15, ~20", id="single signs"),
        pytest.param("[a](/contact/) **b** | c", id="marks that are read"),
        pytest.param("<https://example.org/__a>", id="address"),
        pytest.param("one\\\ntwo", id="hard break"),
    ],
)
def test_marks_that_are_meant_or_read_are_not_named(markdown):
    assert misread(markdown) == []


def test_a_space_in_the_address_of_a_link_is_called_so():
    (_line, message), *_ = find_raw_marks("[a](tel:01632 960000)")

    assert message == (
        "This is no link, because its address has a space in it: readers would see it as it stands here. "
        "Take the space out."
    )


# Cells and links that readers would not see


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("| a | b |\n| - | - |\n| 1 | 2 | 3 |", id="table"),
        pytest.param("a | b\n--- | ---\n1 | 2 | 3", id="without outer lines"),
        pytest.param("- | a | b |\n  | - | - |\n  | 1 | 2 | 3 |", id="in a list"),
        pytest.param("> | a | b |\n> | - | - |\n> | 1 | 2 | 3 |", id="in a quotation"),
    ],
)
def test_a_cell_beyond_the_header_is_named(table):
    rendered = render(table, law())

    assert [(problem.line, problem.kind) for problem in rendered.misread] == [(3, Kind.CELL_LOST)]
    assert "“3” would be lost" in rendered.misread[0].message


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("| 1 | 2 |", id="as many"),
        pytest.param("| 1 |", id="fewer"),
        pytest.param("| 1 | 2 | |", id="empty one more"),
        pytest.param("| 1 | 2 \\| 3 |", id="escaped line"),
    ],
)
def test_a_row_that_loses_nothing_is_right(row):
    assert misread(f"| a | b |\n| - | - |\n{row}") == []


@pytest.mark.parametrize("markdown", ["[](https://example.org/)", "[ ](/contact/)", "[\\\n](/contact/)"])
def test_a_link_without_words_is_named_and_left_out(markdown):
    rendered = render(markdown, law())

    assert [problem.kind for problem in rendered.misread] == [Kind.LINK_EMPTY]
    assert "<a" not in rendered.html
    assert rendered.links == []


# Numbers of lists


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        pytest.param("1. one\n3. two\n2. three", 4, id="out of order"),
        pytest.param("5. five\n6. six\n\n1. one", 6, id="second list"),
        pytest.param("2015. A good year.", 3, id="year"),
    ],
)
def test_a_number_that_the_page_changes_is_a_hint(markdown, line):
    assert hints(markdown) == [(line, Kind.NUMBER_CHANGED)]


def test_a_changed_number_is_named_as_typed_and_as_printed():
    (hint,) = render("1. one\n3. three", law()).hints

    assert hint.message.startswith("Readers see 2 here, where 3 is typed")


@pytest.mark.parametrize(
    "markdown", ["5. five\n6. six", "1. one\n1. two\n1. three", "3) three\n4) four", r"2015\. A year."]
)
def test_numbers_that_are_printed_as_typed_are_no_hint(markdown):
    assert hints(markdown) == []


# Lists that are none


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        pytest.param("• one\n• two", 3, id="bullets"),
        pytest.param("· one", 3, id="one dot"),
        pytest.param("\uf0b7 one", 3, id="bullet of the font Symbol"),
        pytest.param("– one\n– two", 3, id="dashes"),
        pytest.param("a) one\nb) two", 3, id="letters"),
        pytest.param("(i) one\n(ii) two", 3, id="roman numbers"),
        pytest.param("1.one\n2.two", 3, id="number without a space"),
        pytest.param("1.1 one\n1.2 two", 3, id="numbers of two levels"),
        pytest.param("-one\n-two", 3, id="hyphen without a space"),
        pytest.param("text\n2. one", 4, id="number that begins no list"),
        pytest.param("☐ Yes\n☐ No", 3, id="tick boxes"),
        pytest.param("[ ] Yes\n[ ] No", 3, id="typed tick boxes"),
    ],
)
def test_lines_that_look_like_a_list_and_are_none_are_a_hint(markdown, line):
    assert hints(markdown) == [(line, Kind.LIKE_A_LIST)]


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("- one\n- two\n\n1. one\n2. two", id="lists"),
        pytest.param("– A parent", id="one dash"),
        pytest.param("a) one\\\nb) two", id="lines that stay apart"),
        pytest.param("We open at 9.30 and -5 is cold", id="numbers"),
        pytest.param("9.30 is when we open", id="a time"),
        pytest.param("☐ Yes", id="one tick box"),
    ],
)
def test_other_lines_are_not_taken_for_a_list(markdown):
    assert hints(markdown) == []


# Lines that are read as one


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        pytest.param("Civic Centre\nHigh Street\nAnytown", 4, id="address"),
        pytest.param("Civic Centre\nHigh Street", 4, id="two lines"),
        pytest.param("\tCivic Centre\n\tHigh Street", 4, id="two indented lines"),
        pytest.param("We are at the Civic Centre in the High Street of Anytown,\nEX1 2AB", 4, id="postcode"),
        pytest.param("Tel: 01632 960000\nEmail: help@example.org", 4, id="contact"),
        pytest.param("Dear parent\nThank you for your letter.", 4, id="letter"),
        pytest.param(
            "I hope that this is what you wanted to hear from us.\nYours sincerely", 4, id="end of a letter"
        ),
    ],
)
def test_lines_that_run_together_are_a_hint(markdown, line):
    assert hints(markdown) == [(line, Kind.LINES_JOINED)]


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("Civic Centre\\\nHigh Street\\\nAnytown\\\nEX1 2AB", id="kept apart"),
        pytest.param(
            "A sentence that goes on and on until it reaches\nthe end of its line, and then goes on.",
            id="wrapped",
        ),
    ],
)
def test_lines_that_stay_apart_and_wrapped_sentences_are_no_hint(markdown):
    assert hints(markdown) == []


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        pytest.param("> Schools should help.\n>\n> (6.17)\nWe agree.", 6, id="quotation"),
        pytest.param("> Schools should help.\nWe agree.\n>\n> (6.17)", 4, id="within a quotation"),
        pytest.param("- one\n- two\nThese are all.", 5, id="list"),
        pytest.param("| a |\n| - |\n| b |\nThis is all.", 6, id="table"),
    ],
)
def test_a_lazy_continuation_line_is_a_hint(markdown, line):
    assert hints(markdown) == [(line, Kind.LINE_SWALLOWED)]


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("> Schools should help.\n>\n> (6.17)\n\nWe agree.", id="empty line"),
        pytest.param("> Schools should help.\n(6.17)", id="number without its mark"),
        pytest.param("- a long item\n  that goes on\n- another\n\nThese are all.", id="list"),
        pytest.param("- a\n\n  > b\n  > c (6.17)", id="quotation in a list"),
    ],
)
def test_lines_of_their_own_and_lines_with_their_marks_are_no_hint(markdown):
    assert hints(markdown) == []


# Quotations without a source


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("> Schools should help.", id="should"),
        pytest.param("> They help.\n>\n> - They must ask.", id="must in a list"),
        pytest.param("> They help.\n\n(6.17)", id="number below it"),
        pytest.param("> - Schools should\n>   help", id="list"),
    ],
)
def test_a_quotation_that_may_be_from_the_law_and_does_not_say_so_is_a_hint(markdown):
    assert hints(markdown) == [(3, Kind.UNCITED_QUOTATION)]


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("> Schools should help. (6.17)", id="cited"),
        pytest.param("> Schools should help. (9.99)", id="cited by a number that the record lacks"),
        pytest.param("> They were kind.", id="what a parent said"),
        pytest.param("> They were kind.\n\n(That is all.)", id="words in brackets below it"),
    ],
)
def test_other_quotations_are_no_hint(markdown):
    assert hints(markdown) == []


# Any text


@settings(max_examples=150, deadline=None)
@given(nasty_markdown)
def test_every_misreading_has_a_line_of_the_text(markdown):
    last = len(markdown.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    rendered = render(markdown, law())

    assert all(1 <= found.line <= last for found in [*rendered.misread, *rendered.hints])


@pytest.mark.parametrize(
    "part", ["](", "](a ", "](  ", "|", "| ", "| x", "*", "_", "\\", "# ", "{#", "[^", "~", "\n#", " "]
)
def test_marks_are_found_in_linear_time(part):
    assert_linear(
        lambda text: list(find_raw_marks(text)), lambda size: part * (size // len(part)) + "x", 400_000
    )
