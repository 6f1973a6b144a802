"""Hints about a leaflet. They do not prevent publishing."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone
from hypothesis import given, settings

from leaflets.content.glossary import WordFinder
from leaflets.content.leaflet import LeafletSource, read_leaflet
from leaflets.law.sources import VersionSource
from leaflets.quality.hints import find_fact_hints, find_hints, order_hints
from leaflets.quality.preflight import assign_lines, check_leaflets
from tests.scaling import assert_linear
from tests.texts import (
    UNPRINTABLE,
    code,
    laws,
    leaflet,
    leaflet_sources,
    leaflet_text,
    nasty_markdown,
    paragraph,
    service,
)

LONG = "The school " + "really " * 23 + "helps."  # 26 words


def read(body: str, **fields: str | None) -> LeafletSource:
    """Read a leaflet's file; its body starts on line 8."""
    source, problems = read_leaflet(leaflet_text(body, **fields), "sen-support.md", "sen-support")
    assert problems == []
    return source


def hints_of(
    body: str, *, version: VersionSource | None = None, today: dt.date | None = None, **fields: str | None
):
    """The line and message of each hint about a leaflet of this body."""
    checked, problems = check_leaflets([read(body, **fields)], laws(version or code()))
    assert problems == []
    return [(hint.line, hint.message) for hint in find_hints(checked[0], service(), today)]


def messages_of_any(body: str):
    """The hints about a leaflet that may have problems."""
    checked, _ = check_leaflets([read(body)], laws())
    return [hint.message for hint in find_hints(checked[0], service())]


def messages_of(body: str, **fields):
    return [message for _, message in hints_of(body, **fields)]


def fact_hints_of(body: str, **record):
    return [hint.message for hint in find_fact_hints(read(body), service(**record))]


def test_a_plain_and_correct_text_has_no_hints():
    assert hints_of("We help you.\n\n## Plan {#plan}\n\nThe school **must** tell you (6.17).") == []


# The place of a hint


def test_a_hint_names_the_heading_above_it():
    body = f"{LONG}\n\n## Four steps {{#steps}}\n\n{LONG}\n\n### Plan {{#plan}}\n\nWords.\n\n- {LONG}\n"

    assert [(line, message.partition(":")[0]) for line, message in hints_of(body)] == [
        (8, "In the introduction"),
        (12, "In “Four steps”"),
        (18, "In “Plan”"),
    ]


def test_a_hint_has_the_path_of_its_file():
    checked, _ = check_leaflets([read(LONG)], laws())

    (hint,) = find_hints(checked[0], service())

    assert str(hint).startswith("sen-support.md:8: In the introduction: “The school really")


# Files to download


@pytest.fixture
def stored_form(settings, tmp_path) -> str:
    """The path of an uploaded Word document of 34 KB."""
    settings.MEDIA_ROOT = tmp_path
    file = tmp_path / "files" / f"form-{'0' * 64}.docx"
    file.parent.mkdir()
    file.write_bytes(bytes(34 * 1024))
    return f"/media/files/{file.name}"


@pytest.mark.parametrize("words", ["The form", "The form (Word document, 12 KB)", "The form (PDF)"])
def test_a_link_to_a_file_that_does_not_say_its_kind_and_size_is_named(stored_form, words):
    assert hints_of(f"[{words}]({stored_form})") == [
        (
            8,
            f"In the introduction: the link “{words}” does not say what it opens, so that nobody downloads it by surprise. "
            "Write “The form (Word document, 34 KB)”.",
        )
    ]


def test_a_link_that_says_what_it_opens_has_no_hint(stored_form):
    assert hints_of(f"[The form (Word document, 34 KB)]({stored_form})") == []


@pytest.mark.parametrize("name", [f"form-{'1' * 64}.docx", "%00.docx", f"{'a' * 300}.docx", "%2e%2e/x.docx"])
def test_a_file_that_is_not_there_is_not_described(stored_form, name):
    assert [
        message
        for message in messages_of_any(f"[The form](/media/files/{name})")
        if "what it opens" in message
    ] == []


# Fonts


def test_a_character_that_no_font_has_is_named_with_what_follows():
    assert hints_of(f"Ask us.\n\n## Plan {{#plan}}\n\nSome {UNPRINTABLE} words, {UNPRINTABLE} again.\n") == [
        (
            12,
            f"In “Plan”: no font on the site’s computer has {UNPRINTABLE} (U+12F90). With it, this leaflet is a page but "
            "not a PDF. Take it out, or ask the person who looks after the site for a font.",
        )
    ]


@pytest.mark.parametrize(
    "body",
    [
        f"> A school should {UNPRINTABLE}.\n>\n> (6.2)",
        f"## Plan {UNPRINTABLE} {{#plan}}\n\nWords.",
        f"```\n{UNPRINTABLE}\n```",
        f"| A |\n|---|\n| {UNPRINTABLE} |",
    ],
)
def test_such_a_character_is_found_in_every_block(body):
    assert [message for message in messages_of(body) if "U+12F90" in message] != []


def test_such_a_character_is_found_in_the_title():
    (message,) = messages_of("Words.", title=f"Help {UNPRINTABLE}")

    assert message.startswith("In the title: no font")


# Sentences and reading age


def test_a_sentence_of_more_than_25_words_is_quoted_from_its_beginning():
    assert messages_of(LONG) == [
        "In the introduction: “The school really really really really really really really really …” has 26 words. "
        "Two short sentences are easier to read."
    ]


def test_a_sentence_of_25_words_and_a_list_of_short_items_are_no_hints():
    items = "\n".join("- help with reading and writing" for _ in range(10))

    assert messages_of(f"{LONG.replace('really', '', 1)}\n\nYou can get:\n\n{items}") == []


def test_lines_of_an_address_are_no_sentence():
    assert messages_of("\\\n".join(["Example Road and Example Street"] * 6)) == []


def test_the_codes_own_words_are_not_called_long_or_hard():
    law = "Educational establishments " + "investigate difficulties collaboratively " * 12 + "."

    assert messages_of(f"Words.\n\n> {law}\n>\n> (6.2)") == []
    assert messages_of(f"Words.\n\n> {law}") != []


def test_a_text_for_readers_of_more_than_12_years_names_the_age_and_its_hardest_sentence():
    easy = "We help you. "
    hard = "Educational psychologists investigate difficulties in collaboration with other professionals. "

    assert hints_of(f"Words.\n\n## Plan {{#plan}}\n\n{easy}{hard * 3}") == [
        (
            10,
            "In “Plan”: this text is for readers of 18 years or more. Aim for 12 or less; begin with "
            "“Educational psychologists investigate difficulties in collaboration with other professionals.”.",
        )
    ]


def test_a_few_hard_words_are_no_hint():
    assert messages_of("Educational psychologists investigate difficulties.") == []


# Must


MARK_MUST = "Make must bold if it is a legal duty: the list of duties has only what is marked. If it is not, use another word."


@pytest.mark.parametrize(
    ("duty", "more"), [("The school must tell you.", f" {MARK_MUST}"), ("The school **must** tell you.", "")]
)
def test_must_without_a_citation_under_its_heading_is_quoted(duty, more):
    body = f"The Code says so (6.17).\n\n## Plan {{#plan}}\n\nWords (6.2).\n\n### Do {{#do}}\n\n{duty}"

    assert hints_of(body) == [
        (
            16,
            "In “Do”: “The school must tell you.” says must, and cites nothing. "
            f"Add the paragraph or section that says so in brackets, if there is one.{more}",
        )
    ]


@pytest.mark.parametrize(
    "words",
    ["Every school must publish a report", "The **school must publish** it", "They **must** or must not"],
)
def test_an_unmarked_must_beside_a_citation_is_a_hint(words):
    assert messages_of(f"The Code says so (6.17).\n\n{words}.") == [
        f"In the introduction: “{words.replace('**', '')}.” says must without a mark. {MARK_MUST}"
    ]


def test_an_unmarked_must_in_a_quotation_or_a_letter_is_no_hint():
    letter = "## Ask {#ask .letter}\n\nYou must tell me (6.2)."

    assert messages_of(f"> A school must listen (6.2).\n\n{letter}") == []


def test_a_section_of_questions_without_a_question_is_a_hint():
    assert messages_of("Words.\n\n## Ask {#ask .questions}\n\nAsk this.") == [
        "In “Ask”: there is no question for the meeting sheet. Write a list, or end each question with “?” in a "
        "paragraph of its own."
    ]
    assert messages_of("Words.\n\n## Ask {#ask .questions}\n\nAsk this.\n\n- Why?") == []
    assert messages_of("Words.\n\n## Ask {#ask .questions}\n\nWhy is it so?") == []


def test_must_beside_a_citation_that_is_not_in_the_record_is_no_hint():
    checked, _problems = check_leaflets([read("The school **must** tell you (9.99).")], laws(code()))

    assert list(find_hints(checked[0], service())) == []


def test_a_hint_quotes_must_late_in_a_sentence():
    duty = "If the school thinks that your child needs some help it must tell you at once."
    (message,) = messages_of(f"The Code says so (6.17).\n\n## Plan {{#plan}}\n\n{duty}")

    assert "“… child needs some help it must tell you at …” says must" in message


@pytest.mark.parametrize(
    "body",
    [
        "The school **must** tell you (6.17).",
        "The school **must**:\n\n> A school should always involve the parents.\n>\n> (6.17)",
        "The school should tell you. Mustard is no duty.",
    ],
)
def test_must_beside_a_citation_is_no_hint(body):
    assert messages_of(body) == []


def test_a_leaflet_that_cites_no_code_may_say_must():
    assert messages_of("You must sign in.", code=None) == []


@pytest.mark.parametrize("fields", [{}, {"code": None}], ids=["with a Code", "without"])
def test_a_marked_must_is_a_hint_in_a_leaflet_that_cites_nothing_too(fields):
    (message,) = messages_of("The school **must** tell you. You must sign in.", **fields)

    assert message.startswith(
        "In the introduction: “The school must tell you.” says must, and cites nothing."
    )


def test_each_block_with_a_marked_must_is_a_hint_of_its_own():
    body = "You must sign in.\n\n- The school **must** tell you.\n- You must ring us.\n- It **must** answer."

    assert [line for line, _ in hints_of(body)] == [10, 12]


# Order


def ordered(body: str, live: str | None) -> list[str]:
    """Two or three first words of each hint about a text, in the order for staff, after a live text of this body."""
    (checked,), _ = check_leaflets([assign_lines(read(body))], laws())
    hints = order_hints(
        find_hints(checked, service()), checked.source, read(live) if live is not None else None
    )
    return [hint.message.split(": ", 1)[1].split(" is ")[0] for hint in hints]


def test_phone_numbers_and_postcodes_come_first():
    body = "Ask an ABCD.\n\n## Us {#us}\n\nEX9 9ZZ\n\nPhone 01632 960999.\n\nAsk an EFGH."

    assert ordered(body, None) == ["EX9 9ZZ", "01632 960999", "“ABCD”", "“EFGH”"]


def test_hints_of_sections_that_stayed_the_same_come_last():
    live = "Ask an ABCD. EX9 9ZZ\n\n## Us {#us}\n\nWords."
    body = "Ask an ABCD. EX9 9ZZ\n\n## Us {#us}\n\nAsk an EFGH. EX9 8ZZ"

    assert ordered(body, live) == ["EX9 8ZZ", "EX9 9ZZ", "“EFGH”", "“ABCD”"]


# Quotations


def test_a_quotation_that_differs_from_the_stored_paragraph_names_the_words():
    body = "Words.\n\n## Assess {#assess}\n\nIt says:\n\n> A school must involve the parent.\n>\n> (6.17)"

    assert hints_of(body) == [
        (
            14,
            "In “Assess”: the words quoted from paragraph 6.17 differ: “must” is “should always” there; "
            "“parent.” is “parents.” there.",
        )
    ]


@pytest.mark.parametrize(
    "quotation",
    [
        pytest.param("> A school should always involve the parents.\n>\n> (6.17)", id="exact"),
        pytest.param("> A school … should involve.\n>\n> (6.2)", id="without a stored text"),
        pytest.param("> A school should … involve the parents.\n>\n> (6.17)", id="shortened"),
        pytest.param("See (6.17).", id="bare reference"),
    ],
)
def test_a_quotation_that_does_not_differ_is_no_hint(quotation):
    assert messages_of(quotation) == []


def test_added_and_missing_words_are_distinguished_and_many_are_counted():
    words = "one two three four five six seven eight nine ten eleven"
    version = code(provisions=(paragraph("6.17", words),))

    assert "“and” is not there" in messages_of("> one two and three\n>\n> (6.17)", version=version)[0]
    assert "“two” is missing" in messages_of("> one three\n>\n> (6.17)", version=version)[0]
    (many,) = messages_of("> one 2 three 4 five 6 seven 8 nine 10 eleven\n>\n> (6.17)", version=version)
    assert many.endswith("“6” is “six” there; and 2 more.")


# Abbreviations and capitals


def test_an_abbreviation_that_is_never_spelt_out_is_reported_once_at_its_first_use():
    body = "Words.\n\n## Plan {#plan}\n\nAsk for an EHC needs assessment.\n\n## Do {#do}\n\nAn EHC plan."

    assert hints_of(body, title="Help", summary="Help.") == [
        (
            12,
            "In “Plan”: “EHC” is never spelt out. Write its words once, then “(EHC)”, or add it to "
            "the words explained.",
        )
    ]


@pytest.mark.parametrize(
    "body",
    [
        "Some children have special educational needs (SEN). SEN support helps.",
        "SEN support helps. Later: special educational needs (“SEN”).",
        "SEN (special educational needs) is one of them.",
        "The Special Educational Needs Coordinator (SENCO) helps. Ask the SENCO, or all SENCOs.",
        "An education, health and care (EHC) plan. An EHC plan.",
        "Write to Example Road, EX1 2AB, or ZZ@EXAMPLE.org, or see <https://EXAMPLE.org/SEN/>.",
        "Watch TV in the UK, get a PDF, ask your GP.",
        "See part II and part IV.",
        "Do NOT wait; it is not too late.",
        "See GOV.UK.",
        "Words.\n\n### BEFORE YOU ASK {#before}\n\nWords.",
    ],
)
def test_an_abbreviation_that_needs_no_words_is_no_hint(body):
    assert [message for message in messages_of(body) if "spelt out" in message] == []


def hints_with_words(body: str, *forms: str) -> list[str]:
    """The hints about abbreviations in a leaflet, where these forms are in the glossary."""
    (checked,), _ = check_leaflets([read(body)], laws())
    words = WordFinder((form, form) for form in forms)
    return [
        hint.message for hint in find_hints(checked, service(), glossary=words) if "spelt out" in hint.message
    ]


def test_an_abbreviation_of_the_glossary_is_no_hint():
    assert hints_with_words("Ask the EP, or two EPs.", "EP", "EPs") == []


def test_an_abbreviation_in_words_of_the_glossary_is_no_hint():
    assert hints_with_words("An EHC plan.", "EHC plan") == []


def test_an_abbreviation_that_stands_without_its_words_of_the_glossary_is_a_hint():
    (message,) = hints_with_words("An EHC plan. The EHC team.", "EHC plan")

    assert message.startswith("In the introduction: “EHC” is never spelt out.")


@pytest.mark.parametrize(
    "body", ["Talk to the SEND Advisor (IASS).", "IASS (6.17) helps.", "Ask IASS (see below)."]
)
def test_an_abbreviation_in_brackets_is_not_spelt_out_by_words_that_do_not_match(body):
    assert any("“IASS” is never spelt out" in message for message in messages_of(body))


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        ("Please READ THIS PAGE NOW or call.", "READ THIS PAGE NOW"),
        ("This is IMPORTANT, so read it.", "IMPORTANT"),
        ("## HAVE YOUR SAY TODAY {#say}\n\nWords.", "HAVE YOUR SAY TODAY"),
    ],
)
def test_block_capitals_are_quoted(body, quoted):
    assert [message.partition(": ")[2] for message in messages_of(body)] == [
        f"“{quoted}” is all capitals. Small letters are easier to read."
    ]


@pytest.mark.parametrize(
    "body",
    [
        "Write to HARTLEPOOLIASS@example.org.",
        "[HARTLEPOOLIASS@example.org](mailto:HARTLEPOOLIASS@example.org)",
        "Ask the PDF TV UK people.",
    ],
)
def test_email_addresses_and_a_few_abbreviations_are_no_block_capitals(body):
    assert messages_of(body) == []


# Links


@pytest.mark.parametrize(
    "words", ["here", "Click here", "**Read more**", "this\nlink", "Read more…", "Here."]
)
def test_a_link_that_does_not_say_where_it_leads_is_quoted(words):
    (message,) = messages_of(f"For help [{words}](https://example.org/).")

    assert message.startswith("In the introduction: the link “")
    assert message.endswith("” does not say where it leads. Name what people find there.")


@pytest.mark.parametrize(
    "words", ["our privacy notice", "read more about SEN (special educational needs)", "there"]
)
def test_a_link_that_says_where_it_leads_is_no_hint(words):
    assert messages_of(f"For help read [{words}](https://example.org/).") == []


# Facts


def test_a_postcode_that_differs_from_the_record_is_named_beside_it():
    found = find_fact_hints(read("Write to us:\n\nExample Road\\\nEX1 9ZZ\n"), service(postcode="EX1 2AB"))

    assert [(hint.path, hint.line, hint.message) for hint in found] == [
        (
            "sen-support.md",
            11,
            "In the introduction: EX1 9ZZ is printed here, and EX1 2AB in the service's record. "
            "Find out which is right.",
        )
    ]


@pytest.mark.parametrize("field", ["title", "summary", "in_short"])
def test_facts_outside_the_sections_are_looked_at_too(field):
    text = "Phone 01632 960999."
    source = replace(read("Words."), **{field: (text,) if field == "in_short" else text})

    (hint,) = find_fact_hints(source, service())

    assert "01632 960999 is not in the service's record" in hint.message


def test_two_postcodes_for_one_address_are_both_named_with_their_places():
    body = "Words.\n\n## Have Your Say {#say}\n\nEX1 9ZZ\n\n## Contact {#contact}\n\nEX1 2AB"

    assert fact_hints_of(body) == [
        "In “Have Your Say”: EX1 9ZZ is printed here, and EX1 2AB in the service's record and in “Contact”. "
        "Find out which is right."
    ]


def test_two_places_of_one_leaflet_that_differ_name_each_other():
    body = "## Here {#one}\n\nZZ1 1AA\n\n## There {#two}\n\nZZ1 1AB"

    assert [message.partition(". ")[0] for message in fact_hints_of(body)] == [
        "In “Here”: ZZ1 1AA is printed here, and ZZ1 1AB in “There”",
        "In “There”: ZZ1 1AB is printed here, and ZZ1 1AA in “Here”",
    ]


def test_an_unrelated_postcode_is_reported_without_a_suggestion():
    assert fact_hints_of("The court is at W1A 1AA.") == [
        "In the introduction: W1A 1AA is not in the service's record. Check that it is right."
    ]


@pytest.mark.parametrize("printed", ["EX1 2AB", "EX12AB", "EX1\xa02AB", "EX1 3CD"])
def test_the_postcodes_of_the_record_are_no_hint(printed):
    assert fact_hints_of(f"Example Road, {printed}.") == []


@pytest.mark.parametrize(
    "word", ["COVID19", "SEN2 form", "A1 4you", "Form AB12 3CDE", "<https://a.org/AB1 2CD>"]
)
def test_a_text_that_resembles_a_postcode_is_no_hint(word):
    assert [message for message in fact_hints_of(word) if "2CD" not in message] == []


@pytest.mark.parametrize(
    "printed",
    [
        "01632 960000",
        "01632960000",
        "(01632) 960000",
        "01632-960-000",
        "+44 1632 960000",
        "+44 (0)1632 960000",
        "0044 1632 960000",
        "[01632 960001](tel:01632960001)",
        "01632 960000/01632960001",
        "111",
        "(6.17)",
        "0 to 25 years, 1 September 2014",
        "<https://example.org/01632/960099>",
    ],
)
def test_phone_numbers_are_compared_by_their_digits(printed):
    assert fact_hints_of(f"Tel: {printed}") == []


def test_a_phone_number_that_is_nearly_one_of_the_record_is_named_beside_it():
    assert fact_hints_of("Tel: 01632 960010") == [
        "In the introduction: 01632 960010 is printed here, and 01632 960000 in the service's record. "
        "Find out which is right."
    ]


def test_a_link_that_dials_another_number_than_it_shows_is_found():
    (message,) = fact_hints_of("Tel: [01632 960000](tel:01632960009)")

    assert "01632960009 is printed here, and 01632 960000 in the service's record" in message


def test_an_unrelated_phone_number_is_reported_without_a_suggestion():
    assert fact_hints_of("Call 0808 157 0192.\n\nOr 0808 1570192.") == [
        "In the introduction: 0808 157 0192 is not in the service's record. Check that it is right."
    ]


def test_fact_hints_are_among_all_hints():
    assert messages_of("Example Road, EX1 9ZZ") == fact_hints_of("Example Road, EX1 9ZZ")


# The review date


def test_a_review_date_that_has_passed_is_named():
    assert hints_of("Words.", review="2026-03-01", today=dt.date(2026, 3, 2)) == [
        (1, "The review date, 1 March 2026, has passed. Check the leaflet, then set the next date.")
    ]


def test_on_its_own_day_and_without_a_date_a_review_is_not_late():
    assert hints_of("Words.", review="2026-03-01", today=dt.date(2026, 3, 1)) == []
    assert hints_of("Words.", today=dt.date(2026, 3, 1)) == []


def test_today_is_the_date_in_the_time_zone_of_the_service():
    yesterday = timezone.localdate() - dt.timedelta(days=1)

    assert hints_of("Words.", review=yesterday.isoformat()) != []
    assert hints_of("Words.", review=timezone.localdate().isoformat()) == []


# Properties of any text


@settings(max_examples=100, deadline=None)
@given(nasty_markdown)
def test_finding_hints_never_raises_and_every_hint_names_its_place(markdown):
    source, _ = read_leaflet(leaflet_text(markdown), "sen-support.md", "sen-support")
    checked, _ = check_leaflets([source], laws())

    for hint in find_hints(checked[0], service()):
        assert hint.message.startswith("In ")
        assert hint.path == "sen-support.md"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda n: "ABCDEFGH" * (n // 8), id="capitals"),
        pytest.param(lambda n: "AB (" * (n // 4), id="open brackets"),
        pytest.param(lambda n: "a" * (n // 2) + "@" * (n // 2), id="at signs"),
        pytest.param(lambda n: "01632960123 " * (n // 12), id="phone numbers"),
        pytest.param(lambda n: "must " * (n // 5), id="must"),
    ],
)
def test_hints_time_is_linear_in_the_length_of_the_text(make):
    def checked(size):
        (leaflet,), _ = check_leaflets([read(make(size))], laws())
        return leaflet

    assert_linear(lambda leaflet: find_hints(leaflet, service()), checked, 20_000)


@settings(max_examples=50, deadline=None)
@given(leaflet_sources)
def test_numbered_lines_increase_in_every_stored_text(source):
    numbered = assign_lines(source)

    lines = [line for section in numbered.sections for line in (section.line, section.body_line)]
    assert lines == sorted(set(lines))
    assert numbered == source


def test_hints_of_a_stored_text_name_their_headings():
    stored = leaflet(sections=(*leaflet().sections, *read(f"## Plan {{#plan}}\n\n{LONG}").sections[1:]))
    checked, _ = check_leaflets([assign_lines(stored)], laws())

    (hint,) = find_hints(checked[0], service())

    assert hint.message.startswith("In “Plan”: ")


# What is read otherwise than meant


def test_what_may_be_misread_names_the_heading_above_it_and_its_line_of_the_file():
    assert hints_of("Words.\n\n## Plan {#plan}\n\n• one\n• two") == [
        (
            12,
            "In “Plan”: This looks like a list, and is none. Begin each line of a list with `- ` or `1. `, and put an "
            "empty line before it.",
        )
    ]


def test_a_quotation_without_its_source_gets_one_hint_where_the_leaflet_cites_the_law():
    kinds = [
        message.partition(":")[2].split(".")[0]
        for message in messages_of("Words (6.17).\n\n## Plan {#plan}\n\nThey say:\n\n> Schools must help.\n")
    ]

    assert kinds == [" This quotation does not say where it is from"]


def test_the_number_for_texts_is_one_of_the_record():
    assert fact_hints_of("Text 07700 900123.", text_number="07700 900123") == []
    assert fact_hints_of("Text 07700 900123.") != []
