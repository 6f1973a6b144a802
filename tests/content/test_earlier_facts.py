"""Facts of a service's record, and where texts print one that it had before."""

import pytest

from leaflets.content.earlier_facts import Fact, FactKind, facts_of, find_printed
from tests.texts import service


def record(**fields: object) -> dict[str, object]:
    """A record with these fields, and nothing in the others."""
    empty: dict[str, object] = dict.fromkeys(vars(service()), "")
    lists = ("phones", "address", "officer_address", "opening_hours", "ways_in")
    return empty | {name: [] for name in lists} | fields


def fact(**fields: object) -> Fact:
    (only,) = facts_of(record(**fields))
    return only


def printed(text: str, *old: Fact, now: tuple[Fact, ...] = ()) -> list[str]:
    return [place.excerpt for place in find_printed(text, old, now)]


PHONE = fact(phones=["01632 960000"])


@pytest.mark.parametrize(
    "text",
    [
        "01632 960000", "01632960000", "(01632) 960 000", "+44 1632 960000", "+44 (0)1632 960000", "01632 960-000",
        "**01632 960000**",
    ],
)  # fmt: skip
def test_a_phone_number_is_found_however_it_is_written(text):
    assert printed(f"Ring us on {text}.", PHONE) == [text.strip("*")]


def test_the_number_of_a_link_is_found():
    assert printed("[Ring us](tel:01632960000).", PHONE) == ["01632960000"]


@pytest.mark.parametrize("text", ["01632 960001", "01632 96000012", "In 1632 there were 960000."])
def test_another_number_is_not_found(text):
    assert printed(text, PHONE) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"phones": ["01632 960000 (mornings)"]},
        {"text_number": "01632 960000"},
        {"officer_phone": "01632 960000"},
        {"relay": "Relay UK: dial 18001, then 01632 960000."},
        {"ways_in": [{"words": "Ring us", "leads_to": "tel:01632960000"}]},
    ],
)
def test_every_field_with_a_phone_number_has_it_as_a_fact(fields):
    assert [(one.kind, one.key) for one in facts_of(record(**fields))] == [(FactKind.PHONE, "+441632960000")]


@pytest.mark.parametrize(
    ("old", "text", "excerpt"),
    [
        ({"postcode": "EX1 2AB"}, "Write to EX12AB.", "EX12AB"),
        ({"email": "Help@example.org"}, "[Write](mailto:help@example.org)", "help@example.org"),
        ({"address": ["Civic  Centre"]}, "Come to the civic centre.", "civic centre"),
        ({"address": ["Civic Centre,"]}, "Civic\nCentre\n\nHigh Street", "Civic\nCentre"),
        (
            {"opening_hours": ["Monday to Friday, 9am-5pm"]},
            "Monday to **Friday**, 9am \u2013 5pm.",
            "Monday to **Friday**, 9am \u2013 5pm",
        ),
        ({"name": "Example SENDIASS"}, "Ask Example\u00a0SENDIASS!", "Example\u00a0SENDIASS"),
    ],
)
def test_other_facts_are_found_with_spaces_dashes_and_capitals_folded(old, text, excerpt):
    assert printed(text, fact(**old)) == [excerpt]


@pytest.mark.parametrize(
    ("old", "text"),
    [
        ({"postcode": "EX1 2AB"}, "EX1 2AC and REX1 2ABC"),
        ({"email": "help@example.org"}, "somehelp@example.org, help@example.org.uk"),
        ({"address": ["Civic Centre"]}, "The Civic Centres and a Noncivic Centre."),
        ({"opening_hours": ["9am-5pm"]}, "9am-5pms"),
    ],
)
def test_a_part_of_other_words_is_not_found(old, text):
    assert printed(text, fact(**old)) == []


def test_a_line_of_an_address_that_is_one_word_is_no_fact():
    assert facts_of(record(address=["Hartlepool"])) == []


def test_a_new_name_that_has_the_old_one_in_it_is_not_the_old_one():
    old, new = fact(name="Example SENDIASS"), fact(name="Example SENDIASS for families")

    assert printed("Example SENDIASS for families. Example SENDIASS.", old, now=(new,)) == [
        "Example SENDIASS"
    ]


def test_each_place_has_its_line():
    places = find_printed("One.\n\n01632 960000\n\nOr 01632 960000.", [PHONE], [])

    assert [place.line for place in places] == [3, 5]


def test_capitals_that_become_two_small_letters_keep_the_places_right():
    assert printed("İİİ Stra\u00dfe: Civic Centre", fact(address=["Civic Centre"])) == ["Civic Centre"]
