"""Days on which the office is closed for a part of the day: how they are read, stored and said."""

import datetime as dt
import re

import pytest

from leaflets.content.closed_days import last_change_within_day, say_closed_today
from leaflets.content.service_facts import find_fact_warnings
from leaflets.content.service_lines import LineError, normalise_closed_days, read_closed_days

EVE = dt.date(2026, 12, 24)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def said(now: str, *lines: str) -> tuple[str, str] | None:
    found = say_closed_today(map(read_closed_days, lines), at(now))
    return (found.on_button, found.sentence) if found else None


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("24/12/2026 from 12:00", "2026-12-24 from 12:00"),
        ("24 December 2026 from noon: Christmas Eve", "2026-12-24 from 12:00: Christmas Eve"),
        ("24 December 2026 from midday", "2026-12-24 from 12:00"),
        ("24 December 2026 from 12 noon", "2026-12-24 from 12:00"),
        ("24/12/2026 from 12:00: Party: bring cake", "2026-12-24 from 12:00: Party: bring cake"),
        ("24/12/2026 until 1pm", "2026-12-24 until 13:00"),
        ("24/12/2026 until 1.30 pm", "2026-12-24 until 13:30"),
        ("24/12/2026 from 9.30", "2026-12-24 from 09:30"),
        ("24/12/2026 from 12.15am", "2026-12-24 from 00:15"),
        ("24/12/2026 from 10:00 to 12:00: Training", "2026-12-24 from 10:00 until 12:00: Training"),
        ("24/12/2026 from 10:00 - 12:00", "2026-12-24 from 10:00 until 12:00"),
        ("24/12/2026 from noon to 3/1/2027: Christmas", "2026-12-24 from 12:00 to 2027-01-03: Christmas"),
        ("24/12/2026 to 4/1/2027 until 1pm", "2026-12-24 to 2027-01-04 until 13:00"),
        ("24/12/2026 from 00:00", "2026-12-24"),
        ("24 December 2026 from 12:00 to 4 January 2027 09:00: Christmas", "2026-12-24 from 12:00 to 2027-01-04 until 09:00: Christmas"),
        ("24 December 2026 from noon until 4 January 2027 09:00", "2026-12-24 from 12:00 to 2027-01-04 until 09:00"),
        ("24 December 2026 to 4 January 2027 at 9am", "2026-12-24 to 2027-01-04 until 09:00"),
        ("24/12/2026 to 4/1/2027, 9am: Christmas", "2026-12-24 to 2027-01-04 until 09:00: Christmas"),
        ("24/12/2026 12:00 to 4/1/2027 09:00", "2026-12-24 from 12:00 to 2027-01-04 until 09:00"),
        ("24/12/2026 10am - 12 noon", "2026-12-24 from 10:00 until 12:00"),
    ],
)  # fmt: skip
def test_a_day_may_have_a_time_as_people_write_it(typed, stored):
    assert normalise_closed_days(typed) == stored
    assert normalise_closed_days(stored) == stored


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("24/12/2026 from 25:00", "there is no such time"),
        ("24/12/2026 from 13pm", "there is no such time"),
        ("24/12/2026 from 14:00 until 13:00", "the end is not after the beginning"),
        ("24/12/2026 until 00:00", "the end is not after the beginning"),
        ("24/12/2026 to 4/1/2027 until 00:00", "Midnight is the end of the day before"),
        ("29/3/2026 from 01:30", "the clocks change in this hour"),
        ("25/10/2026 until 01:30", "the clocks change in this hour"),
        ("24/12/2026 from lunch", "needs a time. For the afternoon, write 24/12/2026 from 12:00."),
        ("24/12/2026 afternoon", "For the afternoon, write 24/12/2026 from 12:00. For the morning, write 24/12/2026 until 12:00."),
        ("24 December 2026 (half day): Eve", "For the afternoon, write 24 December 2026 from 12:00."),
        ("24/12/2026 12:00: Eve", "needs “from” or “until” before the time: 24/12/2026 from 12:00, or 24/12/2026 until 12:00."),
        ("until 4 January 2027 09:00", "needs its first day too. Write it as 24/12/2026 to 3/1/2027: Christmas."),
        ("24/12/2026 from 12", "is not understood after “24/12/2026”. Write days as"),
        ("Christmas", "needs a day or two, such as 24/12/2026 to 3/1/2027: Christmas, or 24/12/2026 from 12:00"),
        ("24/12 from 12:00", "write the year of each day"),
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_right_is_refused(typed, message):
    with pytest.raises(LineError, match=re.escape(message)):
        read_closed_days(typed)


def test_staff_are_asked_about_a_time_in_the_night():
    facts = {"text_number": "", "address": (), "officer_address": (), "relay": ""}
    today = dt.date(2026, 11, 27)

    ((name, warning),) = find_fact_warnings(facts | {"closed": ("2026-12-24 from 01:00",)}, today)

    assert name == "closed"
    assert "01:00 is in the night. Write 13:00 for 1 in the afternoon." in warning
    assert list(find_fact_warnings(facts | {"closed": ("2026-12-24 from 12:00",)}, today)) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026-12-24", "24 December 2026"),
        ("2026-12-24 to 2027-01-04: Christmas", "24 December 2026 to 4 January 2027: Christmas"),
        ("2026-12-24 from 12:00: Christmas Eve", "24 December 2026 from midday: Christmas Eve"),
        ("2026-12-24 until 13:30", "24 December 2026 until 1:30pm"),
        ("2026-12-24 from 10:00 until 12:00", "24 December 2026 from 10am until midday"),
        ("2026-12-24 from 12:00 to 2027-01-04", "24 December 2026 from midday to 4 January 2027"),
        ("2026-12-24 to 2027-01-04 until 09:00", "24 December 2026 to 4 January 2027 until 9am"),
    ],
)
def test_readers_see_days_and_times_in_words(line, words):
    assert read_closed_days(line).in_words == words


FROM_NOON = "2026-12-24 from 12:00: Christmas Eve"


@pytest.mark.parametrize(
    ("now", "lines", "button"),
    [
        ("2026-12-23 23:59", (FROM_NOON,), None),
        ("2026-12-24 00:00", (FROM_NOON,), "closes midday"),
        ("2026-12-24 11:59:59", (FROM_NOON,), "closes midday"),
        ("2026-12-24 12:00", (FROM_NOON,), "closed now"),
        ("2026-12-24 23:59:59", (FROM_NOON,), "closed now"),
        ("2026-12-25 00:00", (FROM_NOON,), None),
        ("2026-12-24 11:00", ("2026-12-24 until 13:00",), "opens 1pm"),
        ("2026-12-24 13:00", ("2026-12-24 until 13:00",), None),
        ("2026-12-24 09:00", ("2026-12-24 from 10:00 until 12:00",), "closes 10am"),
        ("2026-12-24 10:00", ("2026-12-24 from 10:00 until 12:00",), "opens midday"),
        ("2026-12-24 12:00", ("2026-12-24 from 10:00 until 12:00",), None),
        ("2026-12-24 12:30", ("2026-12-24 from 12:00 to 2027-01-04 until 09:00",), "closed now"),
        ("2026-12-26 12:30", ("2026-12-24 from 12:00 to 2027-01-04 until 09:00",), "closed today"),
        ("2027-01-04 08:30", ("2026-12-24 from 12:00 to 2027-01-04 until 09:00",), "opens 9am"),
        ("2027-01-04 09:00", ("2026-12-24 from 12:00 to 2027-01-04 until 09:00",), None),
        ("2026-12-24 09:00", (FROM_NOON, "2026-12-24: Training"), "closed today"),
        ("2026-12-24 08:00", (FROM_NOON, "2026-12-24 until 09:00"), "opens 9am"),
        ("2026-12-24 09:00", (FROM_NOON, "2026-12-24 until 09:00"), "closes midday"),
        ("2026-12-24 08:00", (FROM_NOON, "2026-12-24 until 12:00"), "closed today"),
    ],
)
def test_the_button_says_what_is_so_at_that_minute(now, lines, button):
    found = said(now, *lines)

    assert (found[0] if found else None) == button


@pytest.mark.parametrize(
    ("now", "line", "sentence"),
    [
        ("2026-12-24 09:00", FROM_NOON, "We close at midday today."),
        ("2026-12-24 15:00", FROM_NOON, "We are closed now."),
        ("2026-12-24 09:00", "2026-12-24 until 13:00", "We are closed until 1pm today."),
        ("2026-12-24 09:00", "2026-12-24 from 10:00 until 12:00", "We are closed from 10am to midday today."),
        ("2026-12-24 09:00", "2026-12-24", "We are closed today."),
    ],
)
def test_the_page_says_it_in_a_sentence(now, line, sentence):
    assert said(now, line)[1] == sentence


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ("2026-12-24 11:59:59", None),
        ("2026-12-24 12:00", "2026-12-24 12:00"),
        ("2027-01-04 08:59", "2026-12-24 12:00"),
        ("2027-01-04 09:00", "2027-01-04 09:00"),
    ],
)
def test_pages_change_when_such_a_time_comes(now, change):
    days = [
        read_closed_days("2026-12-24 from 12:00 to 2027-01-04 until 09:00"),
        read_closed_days("2026-12-20"),
    ]

    assert last_change_within_day(days, at(now)) == (at(change) if change else None)
