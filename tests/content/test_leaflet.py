"""A leaflet's Markdown file, read and written."""

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from leaflets.content.leaflet import (
    Heading,
    make_unique_anchor,
    read_heading,
    read_leaflet,
    slugify,
    write_leaflet,
)
from leaflets.files.problems import Kind, Problem
from tests.scaling import assert_linear
from tests.texts import leaflet, leaflet_text, lines_and_messages


def read(text):
    return read_leaflet(text, "leaflets/sen-support.md", "sen-support")


def problems_of(text):
    return lines_and_messages(read(text)[1])


def sections_of(body):
    leaflet_read, problems = read(leaflet_text(body))
    assert problems == []
    return leaflet_read.sections


# Front matter


def test_the_fields_of_a_leaflet_are_read():
    text = leaflet_text(
        placement="footer",
        review="2027-01-31",
        approval="draft for the service to approve",
        formerly="[sen-in-schools, sen]",
    )

    found, problems = read(text)

    assert problems == []
    assert found.slug == "sen-support"
    assert found.title == "SEN support"
    assert found.summary == "What the school must do, and what it should do."
    assert found.placement == "footer"
    assert found.published == dt.date(2020, 3, 1)
    assert found.review == dt.date(2027, 1, 31)
    assert found.code == "2015-january"
    assert found.unapproved
    assert found.formerly == ("sen", "sen-in-schools")
    assert found.path == "leaflets/sen-support.md"


def test_a_title_and_a_summary_are_enough():
    found, problems = read("---\ntitle: SEN support\nsummary: Help.\n---\n")

    assert problems == []
    assert found.placement == "leaflet"
    assert found.published is None
    assert found.review is None
    assert found.code == ""
    assert not found.unapproved
    assert found.formerly == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(leaflet_text().replace("\n", "\r\n"), id="windows line ends"),
        pytest.param(leaflet_text().replace("\n", "\r"), id="old macintosh line ends"),
        pytest.param("\ufeff" + leaflet_text(), id="byte order mark"),
    ],
)
def test_a_file_saved_by_another_program_reads_the_same(text):
    assert read(text) == read(leaflet_text())


def test_a_problem_says_file_and_line_and_what_to_do():
    _, problems = read(leaflet_text(published="March 2020"))

    assert [str(problem) for problem in problems] == [
        "leaflets/sen-support.md:4: `published: March 2020` has to be a year and a month, such as 2020-03."
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param(
            leaflet_text(title=None),
            2,
            "`title` is missing. Add a line `title: …`.",
            id="missing field",
        ),
        pytest.param(
            leaflet_text(summary=""),
            3,
            "`summary` is missing. Add a line `summary: …`.",
            id="empty field",
        ),
        pytest.param(
            leaflet_text(publishd="2020-03"),
            6,
            "There is no field `publishd`. Did you mean `published`?",
            id="misspelt field",
        ),
        pytest.param(
            leaflet_text(published="2020-13"),
            4,
            "`published: 2020-13` has to be a year and a month, such as 2020-03.",
            id="month that is none",
        ),
        pytest.param(
            leaflet_text(review="20270131"),
            6,
            "`review: 20270131` has to be a year, a month and a day, such as 2027-01-31.",
            id="day without hyphens",
        ),
        pytest.param(
            leaflet_text(review="0026-03-01"),
            6,
            "`review: 0026-03-01`: Check the year: it has to be between 1990 and 2100.",
            id="year that is none",
        ),
        pytest.param(
            leaflet_text(published="2101-01"),
            4,
            "`published: 2101-01`: Check the year: it has to be between 1990 and 2100.",
            id="year too late",
        ),
        pytest.param(
            leaflet_text(placement="foter"),
            6,
            "`placement: foter` is not one of: leaflet, footer. Did you mean `footer`?",
            id="unknown placement",
        ),
        pytest.param(
            leaflet_text(code="2015 January"),
            5,
            "`code: 2015 January` has to be small letters, digits and hyphens, such as `sen-support`.",
            id="code that is no slug",
        ),
        pytest.param(
            leaflet_text(approval="yes"),
            6,
            "`approval` has to be `draft for the service to approve`, "
            "or the line has to go once it is approved.",
            id="approval in other words",
        ),
        pytest.param(
            leaflet_text(formerly="sen"),
            6,
            "`formerly` has to be a list: one entry per line, each after `- `.",
            id="text where a list belongs",
        ),
        pytest.param(
            "# SEN support\n",
            1,
            "The file has to start with front matter: fields between two lines `---`.",
            id="no front matter",
        ),
        pytest.param(
            "---\ntitle: SEN support\n",
            1,
            "The file has to start with front matter: fields between two lines `---`.",
            id="front matter without an end",
        ),
        pytest.param(
            leaflet_text("One.\n\nTwo\x00three."),
            10,
            "There is an invisible character (U+0000) after “Two”. Type the line again.",
            id="control character",
        ),
        pytest.param(
            leaflet_text("# SEN support"),
            8,
            "The title is in the front matter. Start sections with `##`.",
            id="title in the body",
        ),
        pytest.param(
            leaflet_text("SEN support\n==========="),
            8,
            "The title is in the front matter. Start sections with `##`.",
            id="underlined title in the body",
        ),
        pytest.param(
            leaflet_text("Words.\n\n## Who decides? {#Who_decides}"),
            10,
            "The anchor `#Who_decides` has to be small letters, digits and hyphens.",
            id="bad anchor",
        ),
        pytest.param(
            leaflet_text("## Who decides? {#who .people}"),
            8,
            "The kind `.people` is not one of: duties, support, steps, contact, feedback, privacy, retention, reading, questions, letter.",
            id="unknown kind",
        ),
        pytest.param(
            leaflet_text("## Who decides? {#who colour=red}"),
            8,
            "`{#who colour=red}` is not understood. Write `{#anchor}`, `{#anchor .kind}` "
            'or `{#anchor .kind label="A shorter wording"}`.',
            id="unknown attribute",
        ),
        pytest.param(
            leaflet_text("## Who decides? {#who #decides}"),
            8,
            "`{#who #decides}` is not understood. Write `{#anchor}`, `{#anchor .kind}` "
            'or `{#anchor .kind label="A shorter wording"}`.',
            id="two anchors",
        ),
        pytest.param(
            leaflet_text("## Who **decides**? {#who}"),
            8,
            "A heading is plain words. Take out `*`, `_`, links and other marks.",
            id="heading with marks",
        ),
        pytest.param(
            leaflet_text("## {#who}"),
            8,
            "The heading has no words. Write some, or take the line out.",
            id="heading without words",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_line(text, line, message):
    assert (line, message) in problems_of(text)


def test_a_file_name_that_is_no_valid_slug_is_reported():
    _, problems = read_leaflet(leaflet_text(), "leaflets/SEN Support.md", "SEN Support")

    assert problems == [
        Problem(
            "leaflets/SEN Support.md",
            1,
            "Rename the file: `SEN Support` has to be small letters, digits and hyphens.",
            Kind.FILE_NAME,
        )
    ]


def test_all_mistakes_of_a_file_are_reported_at_once():
    text = leaflet_text("# Title\n\n## One {#One}\n\n## Two {.two}\x07", summary=None, published="soon")

    lines = sorted(line for line, _ in problems_of(text))

    assert lines == [2, 3, 7, 9, 11, 11]


# Sections and their anchors


def test_each_heading_of_the_second_level_starts_a_section():
    introduction, first, second = sections_of(
        "Words.\n\n## SEN support {#sen}\n\nHelp.\n\n## Steps {#steps}\n\nMore."
    )

    assert introduction.is_introduction
    assert introduction.body == "Words."
    assert (first.heading, first.body) == (Heading("SEN support", "sen"), "Help.")
    assert (second.heading, second.body) == (Heading("Steps", "steps"), "More.")


def test_a_leaflet_without_headings_is_an_introduction():
    (introduction,) = sections_of("One.\n\nTwo.")

    assert introduction.is_introduction
    assert introduction.body == "One.\n\nTwo."


def test_a_leaflet_that_starts_with_a_heading_has_an_empty_introduction():
    introduction, section = sections_of("## Who decides? {#who}\n\nThe school.")

    assert introduction.is_introduction
    assert introduction.body == ""
    assert section.heading.text == "Who decides?"


def test_a_section_knows_its_lines_in_the_file():
    introduction, section = sections_of("\nWords.\n\n## Who decides? {#who}\n\n\nThe school.")

    assert introduction.body_line == 9
    assert (section.line, section.body_line) == (11, 14)


def test_the_anchor_kind_and_label_of_a_heading_are_read():
    heading, messages = read_heading('The four steps {#four-steps .steps label="Assess, plan, do, review"}')

    assert messages == []
    assert heading == Heading("The four steps", "four-steps", "steps", "Assess, plan, do, review")


def test_a_heading_without_an_anchor_gets_one_from_its_words():
    _, section = sections_of("## What’s new at Ysgol Môn?")

    assert section.heading == Heading("What’s new at Ysgol Môn?", "whats-new-at-ysgol-mon")


@pytest.mark.parametrize(
    ("words", "anchor"),
    [
        pytest.param("Who decides?", "who-decides", id="punctuation goes"),
        pytest.param("The school's duty", "the-schools-duty", id="apostrophes leave no gap"),
        pytest.param("Café", "cafe", id="accents go"),
        pytest.param("学校", "section", id="nothing is left"),
        pytest.param("word " * 30, "-".join(["word"] * 12), id="long headings are cut"),
    ],
)
def test_an_anchor_is_made_of_small_letters_digits_and_hyphens(words, anchor):
    assert slugify(words) == anchor


def test_headings_with_the_same_words_get_different_anchors():
    _, first, second, third = sections_of("## Help\n\n## Help\n\n## Help")

    assert [s.heading.anchor for s in (first, second, third)] == ["help", "help-2", "help-3"]


def test_an_explicit_anchor_is_never_given_to_another_heading():
    _, first, second = sections_of("## Help\n\n## More help {#help}")

    assert [first.heading.anchor, second.heading.anchor] == ["help-2", "help"]


def test_an_anchor_of_a_later_subheading_is_never_given_to_another_heading():
    _, first, second = sections_of("## Help\n\n## More\n\n### More help {#help}")

    assert first.heading.anchor == "help-2"
    assert second.body == "### More help {#help}"


def test_the_introductions_anchor_is_not_given_to_a_heading():
    _, section = sections_of("## Introduction")

    assert section.heading.anchor == "introduction-2"
    assert not section.is_introduction


def test_a_subheading_without_an_anchor_gets_one_in_the_text():
    _, section = sections_of("## Steps\n\n### Plan ###\n\nWords.\n\n### Do {#do-it}\n\n#### Plan")

    assert section.body == "### Plan {#plan}\n\nWords.\n\n### Do {#do-it}\n\n#### Plan {#plan-2}"


def test_a_subheading_with_invalid_attributes_stays_unchanged():
    _, section = sections_of("## Steps\n\n### Plan {.steps colour=red}")

    assert section.body == "### Plan {.steps colour=red}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("```\n## Not a section\n```", id="fence"),
        pytest.param("> ## Not a section", id="quotation"),
        pytest.param("- ## Not a section", id="list"),
        pytest.param("<!--\n## Not a section\n-->", id="html"),
        pytest.param("\\## Not a section", id="backslash"),
    ],
)
def test_a_heading_inside_another_block_starts_no_section(body):
    (introduction,) = sections_of(body)

    assert introduction.body == body


def test_an_indented_heading_starts_a_section():
    _, section = sections_of("\t## Who decides?\n\nThe school.\n\n    ### Plan")

    assert section.heading == Heading("Who decides?", "who-decides")
    assert section.body == "The school.\n\n    ### Plan {#plan}"


def test_an_underlined_heading_starts_a_section():
    _, section = sections_of('Who\ndecides? {#who label="Who\nit is"}\n---\n\nThe school.')

    assert section.heading == Heading("Who decides?", "who", label="Who it is")
    assert section.body == "The school."


def test_a_line_with_a_no_break_space_underlines_no_heading():
    (introduction,) = sections_of("Words\n---\xa0")

    assert introduction.body == "Words\n---\xa0"


# Writing


def test_a_leaflet_is_written_in_canonical_form():
    text = (
        "---\n"
        "summary:   'Help, and more.'\n"
        "title: |\n"
        "  SEN\n"
        "  support\n"
        "formerly: [sen, help]\n"
        "published: 2020-03\n"
        "approval: draft for the service to approve\n"
        "review: 2027-01-31 # a Sunday\n"
        "code: 2015-january\n"
        "---\n"
        "Words.\n"
        "Who decides?\n"
        "------------\n"
        "\n\n"
        "The school.\n"
        "### Parents\n"
        '## Steps {.steps label="The steps" #steps}\n\n\n'
    )

    written = write_leaflet(read(text)[0])

    assert written == (
        "---\n"
        "title: SEN support\n"
        "summary: Help, and more.\n"
        "placement: leaflet\n"
        "published: 2020-03\n"
        "review: 2027-01-31\n"
        "code: 2015-january\n"
        "approval: draft for the service to approve\n"
        "formerly:\n"
        "  - help\n"
        "  - sen\n"
        "---\n"
        "\n"
        "## Words. Who decides? {#words-who-decides}\n"
        "\n"
        "The school.\n"
        "### Parents {#parents}\n"
        "\n"
        '## Steps {#steps .steps label="The steps"}\n'
    )


def test_a_written_leaflet_is_read_as_the_same_leaflet():
    written = write_leaflet(leaflet(review=dt.date(2027, 1, 31), code="2015-january", formerly=("sen",)))

    found, problems = read(written)

    assert problems == []
    assert found == leaflet(review=dt.date(2027, 1, 31), code="2015-january", formerly=("sen",))


def test_a_written_file_is_written_the_same_again():
    written = write_leaflet(read(leaflet_text())[0])

    assert write_leaflet(read(written)[0]) == written


def test_two_leaflets_with_the_same_words_have_the_same_digest():
    here, _ = read_leaflet(leaflet_text(), "here.md", "sen-support")
    there, _ = read_leaflet(leaflet_text().replace("\n", "\r\n"), "there.md", "sen-support")

    assert here.digest == there.digest
    assert here.digest != leaflet().digest


# Time


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda size: "### a" + " " * size + "b", id="spaces in a heading"),
        pytest.param(lambda size: "### a " + "{#" * (size // 2), id="braces in a heading"),
        pytest.param(lambda size: "### a\n" * (size // 20), id="equal headings"),
        pytest.param(lambda size: "[" * size, id="brackets"),
    ],
)
def test_reading_time_is_linear_in_the_length_of_the_file(make):
    assert_linear(lambda body: read_leaflet(leaflet_text(body), "a.md", "a"), make, 40_000)


@given(st.integers(0, 40))
def test_equal_headings_are_numbered_without_gaps(count):
    used: set[str] = set()

    anchors = [make_unique_anchor("Help", used) for _ in range(count)]

    assert anchors == ["help", *(f"help-{number}" for number in range(2, count + 1))][:count]
