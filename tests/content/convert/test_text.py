"""Plain text: each rule of the converter with what goes in and what comes out."""

import pytest

from leaflets.content.convert import QuestionKind, convert_text

TEXT = {
    "lines that a PDF broke are joined": (
        "The school should meet you at least three times\neach year and say what it does to help your child\nat school.",
        "The school should meet you at least three times each year and say what it does to help your child at school.",
    ),
    "a hyphen at the end of a line stays": (
        "The school should meet you and talk about well-\nbeing each year and say what it does.",
        "The school should meet you and talk about well-being each year and say what it does.",
    ),
    "a soft hyphen at the end of a line joins a word": (
        "The school should meet you and give you infor\xad\nmation each year and say what it does.",
        "The school should meet you and give you information each year and say what it does.",
    ),
    "a short line ends its paragraph": (
        "The school should meet you at least three times\nyearly.\nAsk the school for a meeting if that was too long ago.",
        "The school should meet you at least three times yearly.\n\nAsk the school for a meeting if that was too long ago.",
    ),
    "an empty line ends a paragraph": ("Ask us.\n\nWe are free.", "Ask us.\n\nWe are free."),
    "lines of a word processor are paragraphs": (
        "Ask us. " + "It is free. " * 12 + "\nWrite to us.", "Ask us. " + "It is free. " * 11 + "It is free.\n\nWrite to us.",
    ),
    "bullets of PDFs, over several lines": (
        "• the school should meet you at least three times\neach year\n• it should say what it does",
        "- the school should meet you at least three times each year\n- it should say what it does",
    ),
    "other bullets": ("·\ta\n·\tb", "- a\n- b"),
    "bullets of the font Symbol": ("\uf0b7 a\n\uf0b7 b", "- a\n- b"),
    "dashes": ("– a\n– b", "- a\n- b"),
    "an o with a tab in a list": ("1.\tYour letter\n\to\tdate it\n2.\tIts copy", "1. Your letter\n   - date it\n2. Its copy"),
    "letters": ("a) one\nb) two", "- a) one\n- b) two"),
    "numbers without a space": ("1.one\n2.two", "1. one\n2. two"),
    "rows with tabs are a table": (
        "Week\tWhat\n6\tA decision", "|  |  |\n| --- | --- |\n| Week | What |\n| 6 | A decision |",
    ),
    "an address keeps its lines": (
        "Civic Centre\nHigh Street\nAnytown\nAB1 2CD", "Civic Centre\\\nHigh Street\\\nAnytown\\\nAB1 2CD",
    ),
    "marks are escaped": ("*a* <b> `c`", r"\*a\* \<b> \`c\`"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "markdown"), TEXT.values(), ids=TEXT)
def test_plain_text_is_converted(text, markdown):
    assert convert_text(text, whole=False).introduction == markdown


def test_a_number_of_a_page_in_the_middle_of_a_sentence_is_asked_about():
    converted = convert_text(
        "The school should meet you at least three times\n3\neach year and say what it does to help your child.",
        whole=False,
    )
    (question,) = converted.questions

    assert question.kind is QuestionKind.PAGE_NUMBER
    assert "three times 3 each year" in converted.introduction
    assert "three times each year" in question.answer(converted.introduction)


def test_a_line_that_ends_with_a_question_mark_may_be_a_heading():
    converted = convert_text("Moving\n\nAsk us.\n\nWho can help me?\n\nWe can help you with this.")

    assert converted.title == "Moving"
    assert [(one.excerpt, one.replacement) for one in converted.questions if one.replacement] == [
        ("Who can help me?", "## Who can help me?")
    ]
