"""The records beside the leaflets: the service, the sources of law and their versions."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from leaflets.content.service import read_service, write_service
from leaflets.law.sources import (
    ProvisionSource,
    read_source,
    read_version,
    sort_key,
    write_source,
    write_version,
)
from tests.texts import (
    CODE_TEXT,
    SERVICE_TEXT,
    SOURCE_TEXT,
    code,
    full_service,
    lines_and_messages,
    one_line,
    paragraph,
    paragraphs,
    service,
    source,
)


def read_code_text(text):
    return read_version(text, "law/code-of-practice/2015-january.yaml", "2015-january", source())


def read_act(*lines):
    """Read a version of an Act with these lines after its fields; they start on line 4."""
    text = "\n".join(
        ["label: as in force", "in_force_from: 2014-09-01", "url: https://www.example.org/", *lines, ""]
    )
    return read_version(text, "law/act/now.yaml", "now", source(slug="act", kind="act"))


def read_source_text(text):
    return read_source(text, "law/code-of-practice/source.yaml", "code-of-practice")


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
    text = SERVICE_TEXT.replace("  - 01632 960000", "  - 01632960000").replace("01632 960001", "01632960001")

    found, problems = read_service(text, "service.yaml")

    assert problems == []
    assert found.phones == ("01632960000",)
    assert found.officer_phone == "01632960001"
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


@given(st.lists(one_line, min_size=14, max_size=14))
def test_a_service_with_any_words_is_read_as_it_was_written(texts):
    lists = ("address", "officer_address", "opening_hours")
    # Those that have a form; see the tests of each.
    others = {
        "path", "logo", "logo_file", "brand_colour", "social_links", "closed", "ways_in", "languages", "relay",
        "phones", "text_number", "officer_phone", "email", "officer_email", "postcode", "officer_postcode",
    }  # fmt: skip
    names = vars(service()).keys() - others
    values = {
        name: (text, text) if name in lists else text for name, text in zip(sorted(names), texts, strict=True)
    }

    assert read_service(write_service(service(**values)), "") == (service(**values), [])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("brand_colour: red", "`brand_colour`: “red” is not a colour."),
        ("brand_colour: '#ffffff'", "`brand_colour`: “#ffffff” is almost white"),
        ("brand_colour: #0b4a55", "Put the colour between quotation marks: `brand_colour: '#0b4a55'`."),
        ("text_number: ask us", "`text_number`: “ask us” is not a complete phone number."),
        ("logo: ../logo.svg\nlogo_words: Us", "has to be the name of a file in this folder"),
        ("logo: logo.gif\nlogo_words: Us", "has to be the name of a file in this folder"),
        ("logo: logo.svg", "Add `logo_words`: what the logo shows"),
        ("social_links:\n  - Facebook", "“Facebook” needs a name and an address"),
        ("social_links:\n  - https://www.example.org/", "needs a name and an address"),
        ("social_links:\n  - 'X: http://x.example'", "the address has to start with https://."),
        ("social_links:\n  - 'X: https://a@evil.example'", "this is not the address of a page"),
        ("social_links:\n  - 'X: https://localhost'", "this is not the address of a page"),
        ("social_links:\n  - 'X: https://[a.example'", "this is not the address of a page"),
        (
            "closed:\n  - Christmas",
            "“Christmas” needs a day or two, such as 24/12/2026 to 3/1/2027: Christmas, or 24/12/2026 from 12:00: Christmas Eve.",
        ),
        ("closed:\n  - 2026-02-30", "there is no such day"),
        ("closed:\n  - 2026-12-24 to 2026-12-23: Christmas", "the last day is before the first"),
        ("closed:\n  - 0026-12-24", "Check the year"),
        ("closed:\n  - ''", "`closed` has an empty entry."),
        ("closed: 2026-12-24", "`closed` has to be a list"),
        ("ways_in:\n  - words: A", "`leads_to` is missing."),
        ("ways_in:\n  - leads_to: /contact/", "`words` is missing."),
        ("ways_in:\n  - {words: A, leads_to: 'https://evil.example/'}", "has to lead to a page of this site"),
        ("ways_in:\n  - {words: A, leads_to: //evil.example/}", "has to lead to a page of this site"),
        ("ways_in:\n  - {words: A, leads_to: 'javascript:alert(1)'}", "has to lead to a page of this site"),
        ("ways_in:\n  - {words: A, leads_to: 'tel:12'}", "“12” is not a complete phone number."),
        ("ways_in:\n  - {words: A, leads_to: /contact/, icon: cat}", "`icon: cat` is not one of: list, "),
        ("ways_in:\n  - {words: A, leads_to: /contact/, abot: B}", "Did you mean `about`?"),
        ("ways_in:\n" + "  - {words: A, leads_to: /contact/}\n" * 13, "There can be at most 12."),
    ],
)
def test_a_mistake_in_an_optional_field_is_reported(lines, message):
    _, problems = read_service(f"{SERVICE_TEXT}{lines}\n", "service.yaml")

    assert any(message in words for _line, words in lines_and_messages(problems))
    assert [problem.line for problem in problems] >= [18]


def test_a_line_with_a_colon_is_a_line_of_text():
    lines = (
        "social_links:\n  - Facebook: https://www.facebook.com/example\n"
        "closed:\n  - 2026-12-24 to 2027-01-04: Christmas\n  - 2027-05-04\n"
        "opening_hours:\n  - 'Monday: 9 am'\n  - Friday: 10 am\n"
    )

    found, problems = read_service(SERVICE_TEXT + lines, "service.yaml")

    assert problems == []
    assert found.social_links == ("Facebook: https://www.facebook.com/example",)
    assert found.closed == ("2026-12-24 to 2027-01-04: Christmas", "2027-05-04")
    assert found.opening_hours == ("Monday: 9 am", "Friday: 10 am")
    assert read_service(write_service(found), "service.yaml") == (found, [])


def test_a_full_record_is_written_as_it_was_read():
    found, problems = read_service(write_service(full_service()), "service.yaml")

    assert problems == []
    assert found == replace(full_service(), logo_file=b"")


@pytest.mark.parametrize("written", ["7a003c", "'#7A003C'", "'7A003C'"])
def test_a_colour_of_the_file_is_read_in_its_usual_form(written):
    found, problems = read_service(f"{SERVICE_TEXT}brand_colour: {written}\n", "service.yaml")

    assert (found.brand_colour, problems) == ("#7a003c", [])


def test_another_logo_is_another_record():
    assert full_service().digest != full_service(logo_file=b"<svg/>").digest


# The Code


def test_the_fields_of_a_version_are_read():
    found, problems = read_code_text(CODE_TEXT)

    assert problems == []
    assert found == code()
    assert found.texts == {"6.2": "", "6.17": "A school should always involve the parents."}


def test_a_version_is_written_as_it_was_read():
    assert write_version(code()) == CODE_TEXT


def test_paragraphs_stand_in_the_order_of_the_code():
    text = code_text(
        "chapters:",
        "chapters:",
        "  - {number: 11, title: Disagreements}",
        "  - {number: 6, title: Schools}",
        "provisions:",
        *(f"  - number: {number}" for number in ("11.1", "6.17", "6.2", "6.100")),
    )

    found, problems = read_code_text(text)

    assert problems == []
    assert [provision.number for provision in found.provisions] == ["6.2", "6.17", "6.100", "11.1"]
    assert found.chapters == (("6", "Schools"), ("11", "Disagreements"))


def test_a_number_such_as_6_10_keeps_its_zero():
    found, problems = read_code_text(CODE_TEXT.replace("'6.17'", "6.10"))

    assert problems == []
    assert "6.10" in found.texts
    assert read_code_text(write_version(found)) == (found, [])


def test_a_paragraphs_text_keeps_its_lines():
    text = code_text(
        "  - number: '6.2'", "  - number: 6.2", "    text: |", "      Schools must:", "", "      help"
    )

    found, problems = read_code_text(text)

    assert problems == []
    assert found.provisions == (paragraph("6.2", "Schools must:\n\nhelp"),)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param(
            code_text("in_force_from:", "in_force_from: January 2015"),
            2,
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
            3,
            "`url: http://www.example.org/send-code` has to start with https://.",
            id="address that is not https",
        ),
        pytest.param(
            code_text("chapters:", "chapters: Schools"),
            4,
            "`chapters` has to be a list: each entry starts with `- `.",
            id="chapters that are no list",
        ),
        pytest.param(
            CODE_TEXT.replace("number: '6'", "number: six"),
            5,
            "A chapter's `number: six` has to be a number from 1 to 99.",
            id="chapter without a number",
        ),
        pytest.param(
            CODE_TEXT.replace("provisions:", "  - {number: 6, title: Again}\nprovisions:"),
            7,
            "Chapter 6 stands here twice. Keep one.",
            id="chapter twice",
        ),
        pytest.param(
            CODE_TEXT.replace("title: Schools", "tite: Schools"),
            6,
            "There is no field `tite`. Did you mean `title`?",
            id="misspelt field of a chapter",
        ),
        pytest.param(
            CODE_TEXT.replace("'6.2'", "'6.02'"),
            8,
            "A paragraph's `number: 6.02` has to be like 6.17.",
            id="number that is none",
        ),
        pytest.param(
            CODE_TEXT.replace("'6.17'", "'7.17'"),
            9,
            "Paragraph 7.17 is in a chapter that is not listed above.",
            id="paragraph of a chapter that is not listed",
        ),
        pytest.param(
            CODE_TEXT.replace("'6.17'", "'6.2'"),
            9,
            "Paragraph 6.2 stands here twice. Keep one.",
            id="paragraph twice",
        ),
        pytest.param(
            CODE_TEXT.replace("number: '6.2'", "6.2"),
            8,
            "Write fields here, each as `name: value`.",
            id="paragraph without fields",
        ),
    ],
)
def test_a_mistake_in_the_code_is_reported_with_its_line(text, line, message):
    _, problems = read_code_text(text)

    assert (line, message) in lines_and_messages(problems)


def test_a_version_that_ends_before_it_begins_is_refused():
    _, problems = read_code_text(CODE_TEXT.replace("url:", "in_force_until: 2015-01-30\nurl:"))

    assert lines_and_messages(problems) == [(3, "`in_force_until: 2015-01-30` is before `in_force_from`.")]


@given(st.lists(paragraphs, min_size=1, max_size=5, unique_by=lambda provision: provision.number))
def test_paragraphs_with_any_text_are_read_as_they_were_written(entries):
    written = code(provisions=tuple(sorted(entries, key=lambda provision: sort_key(provision.number))))

    assert read_code_text(write_version(written)) == (written, [])


# Acts, regulations and guidance


def test_a_section_may_have_a_letter_a_heading_and_a_part():
    found, problems = read_act(
        "has_unapplied_changes: yes",
        "chapters:",
        "  - {number: 3, title: Children}",
        "provisions:",
        "  - {number: 37, heading: EHC plans}",
        "  - {number: 36, chapter: 3, text: A parent may ask.}",
        "  - {number: 36A}",
    )

    assert problems == []
    assert found.has_unapplied_changes
    assert found.provisions == (
        ProvisionSource("36", "3", "", "A parent may ask."),
        ProvisionSource("36A"),
        ProvisionSource("37", "", "EHC plans"),
    )
    assert read_version(write_version(found), found.path, "now", source(slug="act", kind="act")) == (
        found,
        [],
    )


def test_a_section_in_a_part_that_is_not_listed_is_reported():
    _, problems = read_act("provisions:", "  - {number: 36, chapter: 3}")

    assert lines_and_messages(problems) == [(5, "Section 36 is in a chapter that is not listed above.")]


@pytest.mark.parametrize("number", ["6.17", "036", "36a", "36(8)", "section 36", ""])
def test_what_is_no_number_of_a_section_is_reported(number):
    _, problems = read_act("provisions:", f"  - {{number: '{number}'}}")

    assert (5, f"A section's `number: {number}` has to be like 36 or 508B.") in lines_and_messages(problems)


def test_a_source_is_read_and_written_as_it_was():
    assert read_source_text(SOURCE_TEXT) == (source(), [])
    assert write_source(source()) == SOURCE_TEXT


def test_a_source_needs_no_other_names():
    written = write_source(source(names=()))

    assert "names" not in written
    assert read_source_text(written) == (source(names=()), [])


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        pytest.param("kind: code\n", "", 1, "`kind` is missing.", id="no kind"),
        pytest.param("kind: code", "kind: Bill", 1, "`kind: Bill` ", id="unknown kind"),
        pytest.param("title: SEND", "tite: SEND", 2, "There is no field `tite`.", id="misspelt field"),
        pytest.param("https:", "ftp:", 6, "has to start with https://.", id="address that is not https"),
        pytest.param("names:\n  - Code", "names: Code", 4, "`names` has to be a list", id="no list"),
    ],
)
def test_a_mistake_in_a_source_is_reported_with_its_line(old, new, line, message):
    _, problems = read_source_text(SOURCE_TEXT.replace(old, new, 1))

    assert any(found == line and message in words for found, words in lines_and_messages(problems))


@given(st.lists(one_line, min_size=2, max_size=2), st.lists(one_line, max_size=3))
def test_a_source_with_any_words_is_read_as_it_was_written(titles, names):
    written = source(title=titles[0], full_title=titles[1], names=tuple(names))

    assert read_source_text(write_source(written)) == (written, [])
