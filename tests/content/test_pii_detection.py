"""Personal data is found in free text, and ordinary words and numbers are not taken for it."""

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from leaflets.content.pii_detection import find_personal_details, may_identify_sender
from leaflets.content.spreadsheets import escape_cell
from leaflets.feedback.forms import public_contact_details
from leaflets.models import Service
from tests.scaling import assert_linear


def kinds(text: str) -> list[str]:
    """What kinds of details are found in a text."""
    return [detail.kind for detail in find_personal_details(text)]


@pytest.mark.parametrize(
    "text",
    [
        "My daughter Ann Brown, 14/03/2015, is waiting.",
        "Ann Brown (14.3.15) is waiting.",
        "We wrote on behalf of Ann Brown, 14 March 2015.",
        "she was born on the 3rd of May 2016",
        "DOB 03-05-2016",
        "Date of birth: 3 Sept 2016",
        "d.o.b. 3/5/16",
        "Jack Smith, born 2015-03-04",
        "Zoë Müller 04/03/2015",
        "JACK SMITH 4.3.2015",
        "My son Jack, 04/03/2015",
        "Sean O'Brien, March 4th 2015",
        "Jack Smith, 4 Mar 15",
        "DOB: 04 03 2015",
        "04032015 dob",
    ],
)
def test_a_date_of_birth_is_found(text):
    assert kinds(text) == ["a date of birth"]


@pytest.mark.parametrize(
    "text",
    [
        "The meeting was on 14 March 2015.",
        "Your leaflet of March 2020 is out of date.",
        "It was published on 31/02/2015.",
        "I phoned on 1 of 5 days.",
        "Chapter 6.17 says so.",
        "The SEND Code came on 14 March 2015.",
        "My son went there on 04/03/2015.",
    ],
)
def test_any_other_date_is_not_a_date_of_birth(text):
    assert kinds(text) == []


def test_a_recent_date_beside_a_name_is_not_a_date_of_birth():
    last_month = dt.date.today() - dt.timedelta(days=30)  # noqa: DTZ011

    assert kinds(f"We met Miss Smith at Brierton School on {last_month:%d/%m/%Y}.") == []


@pytest.mark.parametrize("number", ["943 476 5919", "9434765919", "943-476-5919", "943.476.5919"])
def test_an_nhs_number_is_found(number):
    assert kinds(f"It is {number}.") == ["an NHS number"]


def test_ten_digits_with_a_wrong_check_digit_are_no_nhs_number():
    assert kinds("Order 943 476 5918.") == []


@pytest.mark.parametrize("number", ["H801200001001", "h801200001001", "L12345678901B", "H801 2000 01001"])
def test_a_pupil_number_is_found(number):
    assert kinds(f"UPN {number}") == ["a pupil number"]


@pytest.mark.parametrize("number", ["B801200005002", "A801200005001", "A12345678901B"])
def test_a_number_with_a_wrong_check_letter_is_no_pupil_number(number):
    assert kinds(f"UPN {number}") == []


@pytest.mark.parametrize("number", ["M940200005001", "R941200005001"])
def test_a_pupil_number_of_a_new_local_authority_is_found(number):
    assert kinds(f"UPN {number}") == ["a pupil number"]


@pytest.mark.parametrize(
    "number",
    [
        "01632 960123",
        "(01632) 960 123",
        "01632.960123",
        "07700900123",
        "+44 7700 900123",
        "0044 1632 960123",
        "01632–960123",
        "+44 (0)1632 960123",
    ],
)
def test_a_phone_number_is_found(number):
    assert kinds(f"Ring {number}, please.") == ["a phone number"]


def test_an_e_mail_address_is_found():
    assert kinds("Write to ann.brown+school@mail.example.org.") == ["an e-mail address"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Very clear.",
        "6.17 and 6.65 are hard to read.",
        "It cost £1,200.00 in 2019-2020.",
        "6.17, 6.44 6.45 6.49 and 6.65 0.5 1.5",
        "There were 30 pupils and 0 teachers.",
        "My school is at TS25 4AF.",
        "See https://www.gov.uk/send-code-of-practice-0-to-25",
    ],
)
def test_ordinary_words_and_numbers_are_not_found(text):
    assert kinds(text) == []


def test_a_detail_is_returned_as_it_was_written():
    (found,) = find_personal_details("Ring 01632 960123.")

    assert found.text == "01632 960123"


def test_the_same_detail_twice_is_found_once():
    assert kinds("a@example.org, I said a@example.org") == ["an e-mail address"]


def test_public_numbers_and_addresses_are_ignored():
    public = frozenset(["01632 960000", "Help@example.org"])

    text = "I tried (01632) 960000, +44 1632 960000 and help@example.org."

    assert find_personal_details(text, public) == []


@given(st.text())
def test_every_detail_is_a_part_of_the_text(text):
    assert all(detail.text in text for detail in find_personal_details(text))


@pytest.mark.parametrize("length", [1, 64])
def test_an_e_mail_address_is_found_up_to_its_greatest_length(length):
    assert kinds(f"Write to {'a' * length}@example.org.") == ["an e-mail address"]


@pytest.mark.parametrize(
    "part",
    ["1", "a", "A", "é", "-", ".", "+", "0", "H8", "a@", "a@a", "a@a.", "@", "0 ", "1 ", "o'b", "’", " ", "\n",
     "march ", "1 of ", "14/3/2015 ", "14 March 2015 Ann Brown ", "born ", "943 476 5919 ", "a@b.co ", "\u200b"],
)  # fmt: skip
def test_the_time_to_look_for_personal_details_is_linear(part):
    def redact(comments: str) -> bool:
        return may_identify_sender(comments, "Siobhan O'Brien", "siobhan@example.org", "01632 960123")

    def make_text(size: int) -> str:
        return (part * size)[:size]

    assert_linear(redact, make_text, 32_000)
    assert_linear(find_personal_details, make_text, 32_000)


@pytest.mark.parametrize("part", ["=", "0", "0 ", " ", "\u200b", "é", "'"])
def test_the_time_to_export_a_cell_is_linear(part):
    assert_linear(escape_cell, lambda size: part * size, 80_000)


def test_the_services_number_for_texts_is_no_personal_detail():
    record = Service(phones=[], text_number="07700 900123")

    assert find_personal_details("I sent a text to 07700 900123.", public_contact_details(record)) == []
