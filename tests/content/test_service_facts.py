"""Facts of the service's record that cannot be right are mistakes; of those that may be right, staff are asked."""

import datetime as dt

import pytest

from leaflets.content.service import (
    find_mistakes,
    find_service_file_warnings,
    find_service_warnings,
    read_service,
)
from tests.texts import SERVICE_TEXT, full_service, lines_and_messages, service

TODAY = dt.date(2026, 11, 27)


def mistakes(**fields: object) -> dict[str, str]:
    return dict(find_mistakes(service(**fields)))


def warnings_of(**fields: object) -> dict[str, str]:
    return dict(find_service_warnings(service(**fields), TODAY))


def test_an_ordinary_record_has_neither_mistakes_nor_warnings():
    assert mistakes() == warnings_of() == {}
    assert dict(find_mistakes(full_service())) == {}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("phones", ("Office 01429 284876",), "Write the number first, and a note in brackets: 01429 284876 (Office)."),
        ("phones", ("01429 284876 mornings only",), "Write the number first, and a note in brackets: 01429 284876 (mornings only)."),
        ("phones", ("01429 284876 / 01429 523087",), "has more than one number. Write each on a line of its own."),
        ("phones", ("01429 28",), "“01429 28” is not a complete phone number."),
        ("text_number", "Text 07776 491662", "Write the number first, and a note in brackets: 07776 491662 (Text)."),
        ("text_number", "07776 491662, 07776 491663", "has more than one number. Write one here."),
        ("officer_phone", "Ask for Jo", "“Ask for Jo” is not a complete phone number."),
        ("postcode", "TS25", "“TS25” is not a whole postcode. Write all of it, such as TS25 4AF."),
        ("postcode", "TS25 4A", "is not a whole postcode."),
        ("officer_postcode", "Hartlepool", "is not a whole postcode."),
        ("email", "help.example.org", "is not an e-mail address. Write it with an @, such as help@example.org."),
        ("officer_email", "privacy@", "is not an e-mail address."),
        ("languages", ("xx9: Klingon",), "“xx9” is not the code of a language."),
        ("languages", ("xx: Klingon",), "“xx” is not the code of a language."),
        ("languages", ("PL: Polski",), "Write pl: Polski."),
        ("languages", ("zh_hant: 中文",), "Write zh-Hant: 中文."),
        ("languages", ("und: Any",), "“und” is not the code of a language."),
        ("languages", ("pl:",), "“pl:” needs the name of the language after its code."),
        ("relay", "Relay UK: dial 18001, then 01429 28487", "“01429 28487” is not a complete phone number."),
        ("relay", "Relay 123456", "“123456” is not a complete phone number."),
    ],
)  # fmt: skip
def test_a_fact_that_cannot_be_right_is_a_mistake_at_its_field(name, value, message):
    found = mistakes(**{name: value})

    assert list(found) == [name]
    assert message in found[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phones", ("01429 284876", "+44 1429 284876", "(01429) 284876", "0800 1111", "01429 284876 ext. 12", "01429 284876 (mornings)", "01632 960123 (term time)")),
        ("text_number", "60777"),
        ("text_number", "07776 491662"),
        ("postcode", "TS25 4AF"),
        ("postcode", "W1A 1AA"),
        ("languages", ("pl: Polski", "zh-Hant: 中文", "bfi: British Sign Language", "Polski", "Polish: by phone")),
        ("relay", "Relay UK: dial 18001, then 01429 284876"),
        ("relay", "18001 01429284876"),
        ("relay", "1800101429284876"),
        ("relay", "Monday to Friday, 9 to 5: 18002 then 01429 284876"),
        ("address", ("Brierton Lane", "Hartlepool")),
        ("closed", ("2026-12-24 to 2027-01-04: Christmas", "2026-11-27")),
    ],
)  # fmt: skip
def test_a_fact_that_is_right_is_not_asked_about(name, value):
    assert mistakes(**{name: value}) == warnings_of(**{name: value}) == {}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("text_number", "01429 284876", "“01429 284876” does not begin with 07: few such numbers take text messages."),
        ("closed", ("2025-12-24 to 2026-01-04: Christmas",), "these days are over. Is the year right?"),
        ("closed", ("2026-12-24 to 2027-12-04",), "this is more than 60 days. Are the months right?"),
        ("closed", ("2062-12-24",), "this is years away. Is the year right?"),
        (
            "closed",
            ("2026-12-24 to 2027-01-03", "2026-12-24 from 12:00"),
            "“2026-12-24 to 2027-01-03” and “2026-12-24 from 12:00” overlap on 24 December 2026, and readers see both lines.",
        ),
        ("closed", ("2027-05-10 until 13:00", "2027-05-10 from 12:00"), "overlap on 10 May 2027"),
        ("closed", ("2027-05-10", "2027-05-10"), "overlap on 10 May 2027"),
        ("closed", ("2026-12-01 to 2026-12-20", "2026-12-03", "2026-12-19"), "“2026-12-19” overlap on 19 December 2026"),
        ("address", ("Hartlepool TS25",), "“TS25” looks like half a postcode. The postcode has a box of its own."),
        ("address", ("Hartlepool", "TS25 4AF"), "the postcode has a box of its own, and would be printed twice"),
        ("relay", "Use the app of Relay UK", "this has no number to dial. Is it complete?"),
        ("relay", "Dial 1801, then 01429 284876", "Relay UK begins with 18001 or 18002. Is “1801” right?"),
    ],
)  # fmt: skip
def test_staff_are_asked_about_a_fact_that_may_be_right(name, value, message):
    assert mistakes(**{name: value}) == {}
    found = warnings_of(**{name: value})

    assert list(found) == [name]
    assert message in found[name]


@pytest.mark.parametrize(
    "lines",
    [
        ("2027-05-10 until 13:00", "2027-05-10 from 13:00"),
        ("2026-12-24 to 2027-01-03", "2027-01-04 until 12:00"),
    ],
)
def test_closed_days_that_only_meet_are_not_asked_about(lines):
    assert warnings_of(closed=lines) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("01632 960000", "Office 01632 960000", 5, "`phones`: “Office 01632 960000” has words"),
        ("postcode: EX1 2AB", "postcode: EX1", 11, "`postcode`: “EX1” is not a whole postcode."),
        ("01632 960001", "0163296", 16, "`data_protection_phone`: “0163296” is not a complete phone number."),
        ("privacy@example.org", "privacy", 17, "`data_protection_email`: “privacy” is not an e-mail address."),
    ],
)  # fmt: skip
def test_the_file_of_the_record_is_checked_by_the_same_rules(old, new, line, message):
    _, problems = read_service(SERVICE_TEXT.replace(old, new, 1), "service.yaml")

    assert [(found, words.startswith(message)) for found, words in lines_and_messages(problems)] == [
        (line, True)
    ]


def test_a_postcode_is_written_in_capitals_with_one_space():
    found, problems = read_service(SERVICE_TEXT.replace("EX1 2AB", "ex12ab"), "service.yaml")

    assert (found.postcode, problems) == ("EX1 2AB", [])


@pytest.mark.parametrize(("name", "entry"), [("phones", "01632 960000"), ("languages", "pl Polski")])
def test_a_list_of_very_many_entries_is_refused_once(name, entry):
    assert mistakes(**{name: (entry,) * 51}) == {name: "There can be at most 50. Take some out."}
    assert mistakes(**{name: (entry,) * 50}) == {}


def test_closed_days_of_the_file_may_be_written_as_people_write_them():
    text = f"{SERVICE_TEXT}closed:\n  - '24/12/2026 to 3/1/2027: Christmas'\n  - 4 May 2027\n  - 24/12/2027 from 12:00: Eve\n  - 3/1/2028 until 13:00\n"

    record, problems = read_service(text, "service.yaml")

    assert problems == []
    assert record.closed == (
        "2026-12-24 to 2027-01-03: Christmas",
        "2027-05-04",
        "2027-12-24 from 12:00: Eve",
        "2028-01-03 until 13:00",
    )


def test_closed_days_of_the_file_without_a_year_are_named():
    _, problems = read_service(f"{SERVICE_TEXT}closed:\n  - 24 December\n", "service.yaml")

    assert ["write the year of each day" in problem.message for problem in problems] == [True]


def test_the_file_is_asked_about_words_for_a_logo_that_it_does_not_have():
    (warning,) = find_service_file_warnings(service(logo_words="Example Council"), TODAY)

    assert "there is no `logo` to which these words belong" in warning.message
    assert list(find_service_file_warnings(full_service(closed=()), TODAY)) == []
