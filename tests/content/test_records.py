"""The records beside the leaflets: the service, and each edition of the Code."""

import pytest
from hypothesis import given, strategies as st

from leaflets.content.service import read_service, write_service
from leaflets.law.sources import ParagraphSource, read_code, write_code
from tests.texts import CODE_TEXT, SERVICE_TEXT, code, lines_and_messages, one_line, paragraphs, service


def read_code_text(text):
    return read_code(text, "code-of-practice/2015-january.yaml", "2015-january")


def code_text(start, *lines):
    """The Code's text with other lines from the one that starts with `start`."""
    before, found, _ = CODE_TEXT.partition(f"\n{start}")
    assert found
    return "\n".join([before, *lines, ""])


# The service


def test_the_fields_of_a_service_are_read():
    found, problems = read_service(SERVICE_TEXT, "service.yaml")

    assert problems == []
    assert found == service()


def test_a_service_is_written_as_it_was_read():
    assert write_service(service()) == SERVICE_TEXT


def test_a_phone_number_keeps_its_leading_zero():
    text = SERVICE_TEXT.replace("  - 01632 960000", "  - 01632960000").replace("01632 960001", "0163296")

    found, problems = read_service(text, "service.yaml")

    assert problems == []
    assert found.phones == ("01632960000",)
    assert found.officer_phone == "0163296"
    assert read_service(write_service(found), "service.yaml") == (found, [])


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        pytest.param("name: Example SENDIASS\n", "", 1, "`name` is missing.", id="missing field"),
        pytest.param("council:", "counsel:", 4, "Did you mean `council`?", id="misspelt field"),
        pytest.param("phones:\n  - 01632", "phones: 01632", 5, "`phones` has to be a list", id="no list"),
        pytest.param("\n  - 01632 960000", " []", 5, "`phones` is missing.", id="empty list"),
    ],
)
def test_a_mistake_in_the_service_is_reported_with_its_line(old, new, line, message):
    _, problems = read_service(SERVICE_TEXT.replace(old, new, 1), "service.yaml")

    assert any(found == line and message in words for found, words in lines_and_messages(problems))


@given(st.lists(one_line, min_size=13, max_size=13))
def test_a_service_with_any_words_is_read_as_it_was_written(texts):
    lists = ("phones", "address", "officer_address")
    names = vars(service()).keys() - {"path"}
    values = {
        name: (text, text) if name in lists else text for name, text in zip(sorted(names), texts, strict=True)
    }

    assert read_service(write_service(service(**values)), "") == (service(**values), [])


# The Code


def test_the_fields_of_a_code_edition_are_read():
    found, problems = read_code_text(CODE_TEXT)

    assert problems == []
    assert found == code()
    assert found.name == "SEND Code of Practice (January 2015)"
    assert found.numbers == {"6.2", "6.17"}


def test_an_edition_of_the_code_is_written_as_it_was_read():
    assert write_code(code()) == CODE_TEXT


def test_paragraphs_stand_in_the_order_of_the_code():
    text = code_text(
        "chapters:",
        "chapters:",
        "  - {number: 11, title: Disagreements}",
        "  - {number: 6, title: Schools}",
        "paragraphs:",
        *(f"  - number: {number}" for number in ("11.1", "6.17", "6.2", "6.100")),
    )

    found, problems = read_code_text(text)

    assert problems == []
    assert [paragraph.number for paragraph in found.paragraphs] == ["6.2", "6.17", "6.100", "11.1"]
    assert found.chapters == ((6, "Schools"), (11, "Disagreements"))


def test_a_paragraph_has_its_chapter_and_its_position_there():
    paragraph = ParagraphSource("6.17")

    assert (paragraph.chapter, paragraph.place) == (6, 17)


def test_a_number_such_as_6_10_keeps_its_zero():
    found, problems = read_code_text(CODE_TEXT.replace("'6.17'", "6.10"))

    assert problems == []
    assert "6.10" in found.numbers
    assert read_code_text(write_code(found)) == (found, [])


def test_a_paragraphs_text_keeps_its_lines():
    text = code_text(
        "  - number: '6.2'", "  - number: 6.2", "    text: |", "      Schools must:", "", "      help"
    )

    found, problems = read_code_text(text)

    assert problems == []
    assert found.paragraphs == (ParagraphSource("6.2", "Schools must:\n\nhelp"),)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param(
            code_text("in_force_from:", "in_force_from: January 2015"),
            4,
            "`in_force_from: January 2015` has to be a year, a month and a day, such as 2027-01-31.",
            id="bad date",
        ),
        pytest.param(
            CODE_TEXT.replace("in_force_from: 2015-01-31\n", ""),
            1,
            "`in_force_from` is missing. Add a line `in_force_from: …`.",
            id="no date",
        ),
        pytest.param(
            CODE_TEXT.replace("https:", "http:"),
            5,
            "`url: http://www.example.org/send-code` has to start with https://.",
            id="address that is not https",
        ),
        pytest.param(
            code_text("chapters:", "chapters: Schools"),
            6,
            "`chapters` has to be a list: each entry starts with `- `.",
            id="chapters that are no list",
        ),
        pytest.param(
            CODE_TEXT.replace("number: '6'", "number: six"),
            7,
            "A chapter's `number: six` has to be a whole number from 1 to 99.",
            id="chapter without a number",
        ),
        pytest.param(
            CODE_TEXT.replace("paragraphs:", "  - {number: 6, title: Again}\nparagraphs:"),
            9,
            "Chapter 6 stands here twice. Keep one.",
            id="chapter twice",
        ),
        pytest.param(
            CODE_TEXT.replace("title: Schools", "tite: Schools"),
            8,
            "There is no field `tite`. Did you mean `title`?",
            id="misspelt field of a chapter",
        ),
        pytest.param(
            CODE_TEXT.replace("'6.2'", "'6.02'"),
            10,
            "A paragraph's `number: 6.02` has to be like 6.17.",
            id="number that is none",
        ),
        pytest.param(
            CODE_TEXT.replace("'6.17'", "'7.17'"),
            11,
            "Paragraph 7.17 is in a chapter that is not listed above.",
            id="paragraph of an unknown chapter",
        ),
        pytest.param(
            CODE_TEXT.replace("'6.17'", "'6.2'"),
            11,
            "Paragraph 6.2 stands here twice. Keep one.",
            id="paragraph twice",
        ),
        pytest.param(
            CODE_TEXT.replace("number: '6.2'", "6.2"),
            10,
            "Write fields here, each as `name: value`.",
            id="paragraph without fields",
        ),
    ],
)
def test_a_mistake_in_the_code_is_reported_with_its_line(text, line, message):
    _, problems = read_code_text(text)

    assert (line, message) in lines_and_messages(problems)


@given(st.lists(paragraphs, min_size=1, max_size=5, unique_by=lambda paragraph: paragraph.place))
def test_paragraphs_with_any_text_are_read_as_they_were_written(entries):
    written = code(paragraphs=tuple(sorted(entries, key=lambda paragraph: paragraph.place)))

    assert read_code_text(write_code(written)) == (written, [])
