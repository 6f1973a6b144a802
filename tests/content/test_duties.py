"""Duties: what a text marks as must or should, with its exact words."""

import pytest

from leaflets.content.duties import find_body
from leaflets.content.markdown import render
from leaflets.content.readability import sentence_starts
from tests.scaling import assert_linear
from tests.texts import law


def duties_of(markdown):
    return render(markdown, law()).duties


def items_of(markdown, word="must"):
    """The text of every point of the duties with this word."""
    return [item.text for duty in duties_of(markdown) if duty.word == word for item in duty.items]


# What is a duty


def test_a_sentence_with_a_marked_must_is_a_duty_without_the_sentences_around_it():
    assert items_of("It is late. The school **must** tell you. Ask us.") == ["The school must tell you."]


@pytest.mark.parametrize(
    "markdown",
    ["The school must tell you.", "The school **must tell** you.", "## A must {#a}", "```\nmust\n```"],
)
def test_a_word_that_is_not_marked_makes_no_duty(markdown):
    assert duties_of(markdown) == []


@pytest.mark.parametrize("empty", [">", "-", "> >"])
def test_an_empty_quotation_or_point_has_no_duty(empty):
    assert items_of(f"The school **must** tell you.\n\n{empty}\n") == ["The school must tell you."]


def test_shoulds_are_apart_from_musts():
    markdown = "The school **must** tell you. It **should** ask you first."

    assert items_of(markdown) == ["The school must tell you."]
    assert items_of(markdown, "should") == ["The school must tell you. It should ask you first."]


def test_a_sentence_with_both_words_is_a_must():
    assert [duty.word for duty in duties_of("They **should** ask and **must** tell you.")] == ["must"]


def test_a_sentence_that_points_back_has_the_one_before_it():
    markdown = "There is more. The next step may be an assessment. If the school decides to do this they **must** tell you."

    assert items_of(markdown) == [
        "The next step may be an assessment. If the school decides to do this they must tell you."
    ]


def test_a_sentence_over_two_lines_is_one():
    assert items_of("Hello. The school\n**must** tell\nyou. Bye.") == ["The school must tell you."]


def test_the_html_of_a_sentence_keeps_its_bold_words_and_links():
    (duty,) = duties_of("First **one. The school** must or **must** [tell](/contact/) you (6.2). Last.")

    assert duty.items[0].html == (
        '<strong>The school</strong> must or <strong class="must">must</strong> <a href="/contact/">tell</a> you '
        '(<a href="/law/code-of-practice/6.2/"><span class="visually-hidden">SEND Code of Practice, paragraph '
        "</span>6.2</a>)."
    )


def test_a_citation_after_the_full_stop_belongs_to_the_sentence_before():
    (duty,) = duties_of("The school **must** tell you. (6.2) Ask us.")

    assert duty.items[0].text == "The school must tell you. (6.2)"
    assert [source.url for source in duty.sources] == ["/law/code-of-practice/6.2/"]


# Quotations


def test_a_quoted_paragraph_is_one_duty_with_its_source():
    (duty,) = duties_of("The Code says:\n\n> Schools must listen. They are patient.\n>\n> (6.17)")

    assert [item.text for item in duty.items] == ["Schools must listen. They are patient."]
    assert [source.name for source in duty.sources] == [
        "SEND Code of Practice (January 2015), paragraph 6.17"
    ]
    assert (duty.lead, duty.match) == ("", "differs")


def test_a_quoted_paragraph_with_both_words_is_parted_into_sentences():
    markdown = "> Schools must listen. Parents should speak.\n>\n> (6.17)"

    assert items_of(markdown) == ["Schools must listen."]
    assert items_of(markdown, "should") == ["Parents should speak."]


def test_each_point_of_a_quoted_list_is_a_duty_where_its_own_word_is_marked():
    assert items_of("> - must listen\n> - may speak\n>\n> (6.17)") == ["must listen"]


# Leads


LIST = "- tell you\n- ask you"


@pytest.mark.parametrize(
    "led",
    [
        LIST,
        "> - tell you\n> - ask you\n>\n> (6.2)",
        "> - tell you\n> - ask you",
        "> tell you\n>\n> ask you",
        "1. tell you\n2. ask you",
        "| What |\n| --- |\n| tell you |\n| ask you |",
    ],
)
def test_a_marked_lead_makes_a_duty_of_each_point_below_it(led):
    (duty,) = duties_of(f"Hello. Mainstream schools **must**:\n\n{led}")

    assert duty.lead_text == "Mainstream schools must:"
    assert [item.text for item in duty.items] == ["tell you", "ask you"]
    assert duty.who == "Mainstream schools"


def test_a_marked_lead_goes_with_a_paragraph():
    (duty,) = duties_of("The school **must**:\n\ntell you.")

    assert (duty.lead_text, duty.items[0].text) == ("The school must:", "tell you.")


def test_a_point_keeps_the_list_inside_it():
    (duty,) = duties_of("Schools **must**:\n\n- tell\n  - you\n  - us")

    assert "<ul>" in duty.items[0].html
    assert duty.items[0].text == "tell you us"


def test_a_lead_without_a_marked_word_goes_with_the_marked_points_only():
    (duty,) = duties_of("At a review:\n\n- you speak\n- the school **must** listen")

    assert (duty.lead_text, duty.items[0].text) == ("At a review:", "the school must listen")


def test_a_lead_has_a_source_where_it_cites_one():
    (duty,) = duties_of(f"Schools **must** (6.2):\n\n{LIST}")

    assert [source.url for source in duty.sources] == ["/law/code-of-practice/6.2/"]


def test_the_row_of_a_marked_cell_is_a_duty():
    assert items_of("| Who | What |\n| --- | --- |\n| Schools | **must** listen |\n| You | may |") == [
        "Schools must listen"
    ]


def test_a_cell_below_a_marked_word_is_a_duty():
    (duty,) = duties_of("| You may | Schools **must** |\n| --- | --- |\n| ask | answer |")

    assert (duty.lead_text, duty.items[0].text) == ("Schools must", "answer")


# Places


def test_a_duty_names_the_heading_above_it():
    duties = duties_of("A school **must** act.\n\n### Plan {#plan}\n\nA school **must** plan.")

    assert [(duty.anchor, duty.heading) for duty in duties] == [("", ""), ("plan", "Plan")]


# Who must


@pytest.mark.parametrize(
    ("before", "who"),
    [
        ("The SEND Code of Practice says mainstream schools ", "mainstream schools"),
        ("If the school decides that your child needs support it ", "the school"),
        ("If the school decides to do this they ", "the school"),
        (
            "Class and subject teachers, supported by the senior leadership team, ",
            "Class and subject teachers",
        ),
        ("Where a pupil is identified as having SEN, schools ", "schools"),
        ("The local authority ", "The local authority"),
        ("The local authority must and ", "The local authority"),
        ("The governing body of a school ", "The governing body of a school"),
        ("Every school also ", "Every school"),
        ("If the school asks the local authority, it ", ""),
        ("All those who work with your child ", ""),
        ("This ", ""),
        ("", ""),
    ],
)
def test_the_words_that_say_who_must_are_found_where_they_are_certain(before, who):
    assert find_body(before) == who


# Cost


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda n: "It **must**. " * (n // 13), id="sentences"),
        pytest.param(lambda n: "a" * (n // 2) + " **must**:\n\n" + "- a\n" * (n // 8), id="points"),
        pytest.param(lambda n: "a" * (n // 2) + ":\n\n" + "- **must**\n" * (n // 22), id="marked points"),
        pytest.param(lambda n: "**" + "a. " * (n // 3) + "** **must**", id="bold over sentences"),
        pytest.param(lambda n: "|**must**" * 40 + "|\n" + "|-" * 40 + "|\n" + "|a\n" * (n // 3), id="cells"),
    ],
)
def test_finding_duties_takes_linear_time_and_room(make):
    assert_linear(lambda text: render(text, law()), make, 4_000)

    stored = sum(
        len(duty.lead) + sum(len(item.html) for item in duty.items) for duty in duties_of(make(8_000))
    )
    assert stored < 8_000 * 80


def test_sentences_start_where_the_hints_split_them():
    text = 'Ask Mr. Smith. He knows. "Is it so?" (6.2) Yes.\nNo'

    assert [text[start:].split()[0] for start in sentence_starts(text)] == ["Ask", "He", '"Is', "Yes.", "No"]
