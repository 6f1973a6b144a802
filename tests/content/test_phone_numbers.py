"""Phone numbers in all notations: finding and normalising them."""

import pytest
from hypothesis import given, strategies as st

from leaflets.content.phone_numbers import (
    dial_string,
    find_phone_numbers,
    has_complete_number,
    normalise,
    split_note,
)
from tests.scaling import assert_linear


@pytest.mark.parametrize(
    "written",
    [
        "01632 960123",
        "(01632) 960 123",
        "01632.960123",
        "01632-960-123",
        "01632‑960‑123",
        "01632–960123",
        "01632\xa0960123",
        "+44 1632 960123",
        "+44 (0)1632 960123",
        "0044 1632 960123",
    ],
)
def test_all_notations_of_a_number_have_one_normalised_form(written):
    assert normalise(written) == "+441632960123"


@pytest.mark.parametrize(
    "text", ["", "Ask us", "6.17", "111", "1.2.3", "²²²²²²²²²²", "x" * 5000, "+", "0" * 400]
)
def test_a_text_that_is_no_number_has_no_normalised_form(text):
    assert normalise(text) == ""


@pytest.mark.parametrize(
    ("printed", "dialled"),
    [
        ("01632 960123", "01632960123"),
        ("(01632) 960 123", "01632960123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("Text phone: 01632 960123", "01632960123"),
        ("07700900123 after 6", "07700900123"),
        ("111", "111"),
        ("999", "999"),
    ],
)
def test_a_phone_dials_what_is_printed(printed, dialled):
    assert dial_string(printed) == dialled


def test_the_numbers_in_a_text_are_found_with_their_place():
    text = "Phone 01632 960001 or (01632) 960 002, not after 17.30."

    found = list(find_phone_numbers(text))

    assert [number.text for number in found] == ["01632 960001", "(01632) 960 002"]
    assert [text[number.start : number.end] for number in found] == [number.text for number in found]
    assert [number.normalised for number in found] == ["+441632960001", "+441632960002"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("01632 960001/07700900002", ["+441632960001", "+447700900002"]),
        ("01632 960001 / 07700 900002", ["+441632960001", "+447700900002"]),
        ("Tel-01632 960001", ["+441632960001"]),
        ("Tel:01632 960001", ["+441632960001"]),
        ("01632 960001, 01632 960002", ["+441632960001", "+441632960002"]),
    ],
)
def test_a_number_is_found_beside_other_words_and_numbers(text, numbers):
    assert [number.normalised for number in find_phone_numbers(text)] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "01/02/2026 03/04/2026",
        "01.02.2026 03.04.2026",
        "01-02-2026 03-04-2026",
        "2026-01-15 2026-02-16",
        "0010000000",
        "Published 2020-03.",
        "From 2020-03-01 to 2021-04-02",
        "Paragraphs 6.17 to 6.20",
        "0.1234567890",
        "Order 1001632960123",
        "0778 12",
        "£1,000,000,000",
    ],
)
def test_a_text_that_resembles_a_number_is_not_found(text):
    assert list(find_phone_numbers(text)) == []


@given(st.text(alphabet=" ()+-.0123456789x‑", max_size=40))
def test_every_number_that_is_found_is_found_again_in_its_normalised_form(text):
    for number in find_phone_numbers(text):
        (again,) = find_phone_numbers(number.normalised)

        assert again.normalised == number.normalised


@pytest.mark.parametrize("part", ["+", "00", "+1", "0 ", "0-", "(0", "+4 "])
def test_the_time_to_look_for_a_complete_number_is_linear(part):
    assert_linear(has_complete_number, lambda size: part * size, 40_000)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("01429 284876 (term time)", ("01429 284876", "term time")),
        ("(01429) 284876(mornings)", ("(01429) 284876", "mornings")),
        ("(01429) 284876", ("(01429) 284876", "")),
        ("01429 (284876)", ("01429 (284876)", "")),
        ("(mornings)", ("(mornings)", "")),
        ("111", ("111", "")),
    ],
)
def test_a_note_in_brackets_is_split_from_its_number(text, parts):
    assert split_note(text) == parts
