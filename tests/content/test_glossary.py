"""The file of words explained, and the search for its words in a text."""

from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given, strategies as st

from leaflets.content import readability
from leaflets.content.glossary import (
    MAX_READING_AGE,
    MAX_WORDS,
    GlossarySource,
    WordFinder,
    describe_hard_words,
    read_glossary,
    write_glossary,
)
from tests.texts import term

TEXT = """\
terms:
  - term: EHC plan
    forms:
      - EHCP
      - EHC plans
    explanation: A legal paper that says what help a child must get.
    provision: code-of-practice/6.2
    link: https://www.example.org/plans
    approval: draft for the service to approve
  - term: SEN support
    anchor: support
    explanation: Extra help at school.
"""


def read(text: str) -> GlossarySource:
    source, problems = read_glossary(text, "glossary.yaml")
    assert [str(problem) for problem in problems] == []
    return source


def problems_in(text: str) -> list[str]:
    return [str(problem) for problem in read_glossary(text, "glossary.yaml")[1]]


def entry(**fields: str) -> str:
    values = {"term": "SENCO", "explanation": "Ask first."} | fields
    first, *others = [f"{name}: {value}" for name, value in values.items()]
    return "\n".join([f"  - {first}", *(f"    {other}" for other in others)]) + "\n"


def found(text: str, *forms: str) -> list[str]:
    """The words of a text that are these forms."""
    return [text[start:end] for start, end, _ in WordFinder((form, form) for form in forms).find(text)]


# The file


def test_a_term_has_all_its_fields():
    plan, support = read(TEXT).terms

    assert plan == term(
        "EHC plan",
        "A legal paper that says what help a child must get.",
        forms=("EHCP", "EHC plans"),
        provision="code-of-practice/6.2",
        link="https://www.example.org/plans",
        unapproved=True,
    )
    assert support == term("SEN support", "Extra help at school.", anchor="support")


def test_a_term_has_an_anchor_of_its_letters():
    assert read("terms:\n" + entry(term="SEN support")).terms[0].anchor == "sen-support"


def test_a_glossary_is_written_as_it_was_read():
    assert write_glossary(read(TEXT)) == TEXT


def test_a_glossary_is_written_in_alphabetical_order():
    source = GlossarySource((term("outcomes"), term("SENCO"), term("Local Offer")))

    assert [one.term for one in read(write_glossary(source)).terms] == ["Local Offer", "outcomes", "SENCO"]


def test_a_file_without_terms_is_an_empty_glossary():
    assert read("").terms == ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"explanation": ""}, "glossary.yaml:3: `explanation` is missing. Add a line `explanation: …`."),
        (
            {"explanation": "word " * (MAX_WORDS + 1)},
            "glossary.yaml:2: The explanation of “SENCO” has 41 words. Use 40 at most.",
        ),
        (
            {"explanation": "w" * 500},
            f"glossary.yaml:2: `{'w' * 40}…` is longer than 400 characters. Shorten it.",
        ),
        ({"term": "'?'"}, "glossary.yaml:2: “?” has no letters. Write a word, or take it out."),
        (
            {"provision": "6.2"},
            "glossary.yaml:2: `provision: 6.2` has to be a law and a number, such as `code-of-practice/6.2`.",
        ),
        (
            {"link": "javascript:alert(1)"},
            "glossary.yaml:2: The link `javascript:alert(1)` has to start with `https://`, `http://` or `/`, "
            "without spaces.",
        ),
        (
            {"approval": "'yes'"},
            "glossary.yaml:4: `approval` has to be `draft for the service to approve`, or the line has to go "
            "once it is approved.",
        ),
        ({"meaning": "x"}, "glossary.yaml:4: There is no field `meaning`."),
    ],
)
def test_a_mistake_in_a_term_is_named_with_its_line(fields, message):
    assert problems_in("terms:\n" + entry(**fields)) == [message]


@pytest.mark.parametrize("link", ["//example.org", "/\\example.org", "https://", "http://[", "a b", "data:x"])
def test_a_link_that_leads_elsewhere_than_it_seems_is_refused(link):
    assert len(problems_in("terms:\n" + entry(link=f"'{link}'"))) == 1


@pytest.mark.parametrize("link", ["/contact/", "https://www.example.org/a?b=c#d", "http://example.org"])
def test_a_link_to_a_page_is_accepted(link):
    assert read("terms:\n" + entry(link=f"'{link}'")).terms[0].link == link


def test_two_terms_with_one_form_are_refused():
    text = "terms:\n" + entry(term="SENCO", forms="[teacher]") + entry(term="Teacher")

    assert problems_in(text) == ["glossary.yaml:5: “Teacher” is a form of “SENCO” too. Keep one."]


def test_two_terms_with_one_address_are_refused():
    text = "terms:\n" + entry(term="SEN support") + entry(term="SEN, support")

    assert problems_in(text) == [
        "glossary.yaml:4: “SEN, support” and “SEN support” have one address, `sen-support`. Take one out."
    ]


def test_an_explanation_for_older_readers_gets_a_hint():
    hard = "Statutory arrangements facilitating multidisciplinary interventions. " * 6

    assert describe_hard_words(term("SENCO", hard)).startswith(
        "The explanation of “SENCO” is for readers of 18 years or more. Aim for 11 or less;"
    )


def test_a_simple_explanation_gets_no_hint():
    assert describe_hard_words(term("SENCO", "This is the one you can ask. " * 6)) == ""


# The words of the site


def test_the_words_of_the_site_are_simple_drafts_for_the_service_to_approve():
    terms = read(Path(settings.BASE_DIR, "content/glossary.yaml").read_text(encoding="utf-8")).terms

    assert len(terms) >= 10
    for one in terms:
        grade = readability.reading_grade(one.explanation)
        assert grade is None or readability.reading_age(grade) <= MAX_READING_AGE, one.term
        assert one.unapproved, one.term


# Words in a text


def test_a_form_is_found_as_a_whole_word():
    assert found("SEN, SENs, the SEN-unit, XSEN and (SEN).", "SEN") == ["SEN", "SEN"]


def test_a_form_is_found_before_an_apostrophe():
    assert found("the SENCO's office, the SENCO’s desk", "SENCO") == ["SENCO", "SENCO"]


def test_a_form_with_capitals_is_found_only_as_it_is_written():
    assert found("sen Sen SEN", "SEN") == ["SEN"]


def test_other_words_are_found_in_capitals_and_small_letters():
    text = "Outcomes and outcomes. LOCAL OFFER, local offer. SEN Information Report"

    assert found(text, "outcomes", "Local Offer", "SEN information report") == [
        "Outcomes",
        "outcomes",
        "LOCAL OFFER",
        "local offer",
        "SEN Information Report",
    ]


def test_the_longest_form_is_found():
    forms = ("SEN", "SEN support", "SEN support plan")

    assert found("SEN support, SEN support plans, SEN support plan.", *forms) == [
        "SEN support",
        "SEN support",
        "SEN support plan",
    ]


def test_the_words_of_a_form_may_be_on_two_lines():
    assert found("the Local\nOffer, the Local\u00a0Offer", "Local Offer") == [
        "Local\nOffer",
        "Local\u00a0Offer",
    ]


def test_words_with_a_mark_between_them_are_no_form():
    assert found("Local, Offer. Local. Offer", "Local Offer") == []


def test_parts_of_addresses_are_no_words():
    text = "www.SEN.org, SEN@example.org, SEN.pdf, a_SEN, &SEN; and #SEN"

    assert found(text, "SEN") == []


def test_a_form_with_hyphen_and_apostrophe_is_found():
    text = "the Co-ordinator and the child’s needs"

    assert found(text, "co-ordinator", "child's needs") == ["Co-ordinator", "child’s needs"]


@given(st.text(), st.lists(st.text(max_size=30), max_size=5))
def test_what_is_found_is_in_order_and_does_not_overlap(text, forms):
    places = [
        place
        for start, end, _ in WordFinder((form, "x") for form in forms).find(text)
        for place in (start, end)
    ]

    assert places == sorted(places)
