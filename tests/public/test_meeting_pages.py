"""The meeting sheet: its form, the sheet, the calendar file, and letters."""

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from leaflets.models import MeetingSheet
from leaflets.public import ics
from tests.conftest import HttpsClient
from tests.factories import edit_as_staff
from tests.pages import leaflet_from_text, load_site, visit, words

FORM = "/leaflets/sen-support/meeting/"
SHEET = "/leaflets/sen-support/meeting/sheet/"
CALENDAR = "/leaflets/sen-support/meeting.ics"


# The pages only read. What a visitor chooses is in the address, and reaches no query.
pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module", autouse=True)
def _small_site(tmp_path_factory, module_database):
    """The small site, on which a test may load more."""
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"))


@pytest.fixture
def site(db):
    MeetingSheet.objects.create(pk=1, questions=["What helps?", "Who helps?"], bring=["A friend"])


def ticks(page):
    """Each tick of the form by its words: its key, and whether it is on."""
    return {
        words(label): (label[0].get("value"), "checked" in label[0].attrib)
        for label in page.all("label[@class='tick']")
        if label[0].get("name") == "on"
    }


def send(client, *labels, **params):
    """Send the form with these ticks; return the address that it leads to."""
    known = ticks(visit(client, FORM))
    response = client.get(SHEET, {"chosen": "1", "on": [known[label][0] for label in labels]} | params)
    assert response.status_code == 302
    return response["Location"]


ALL = [
    "Schools must do everything they can.",
    "A school should always involve the parents.",
    "What helps?",
    "Who helps?",
    "A friend",
    "Who will do what, and by when",
    "Dates of the last three meetings, and of the next",
]


# The form


def test_everything_is_ticked_at_first(client, site):
    assert [(label, is_on) for label, (_key, is_on) in ticks(visit(client, FORM)).items()] == [
        (label, True) for label in ALL
    ]


def test_the_form_of_a_leaflet_without_duties_and_questions_has_room_to_write(client, db, tmp_path):
    load_site(tmp_path, leaflet_from_text("Words.", "plans"))

    assert list(ticks(visit(client, "/leaflets/plans/meeting/"))) == ALL[-2:]


def test_the_questions_of_the_leaflet_come_first_and_once(client, db, tmp_path):
    load_site(
        tmp_path,
        leaflet_from_text(
            "Words.\n\n## Ask {#ask .questions}\n\n- Why?\n- Who helps?\n\nWhen is it?", "plans"
        ),
    )
    MeetingSheet.objects.create(pk=1, questions=["What helps?", "Who helps?"])

    assert list(ticks(visit(client, "/leaflets/plans/meeting/")))[:-2] == [
        "Why?", "Who helps?", "When is it?", "What helps?",
    ]  # fmt: skip


def test_each_tick_has_a_key_of_its_own(client, db, tmp_path):
    load_site(
        tmp_path,
        leaflet_from_text("Schools **must**:\n\n- act\n- act\n\nSchools **should**:\n\n- act", "plans"),
    )

    keys = re.findall(r'name="on" value="(\w+)"', client.get("/leaflets/plans/meeting/").content.decode())
    assert len(keys) == len(set(keys)) == 5


def test_only_the_form_without_a_choice_is_cached(client, site):
    assert "public" in client.get(FORM)["Cache-Control"]
    assert client.get(f"{FORM}?without=qabcd")["Cache-Control"] == "no-cache"
    assert "no-cache" in client.get(SHEET)["Cache-Control"]


# The choice


def test_the_address_of_a_full_sheet_has_nothing_in_it(client, site):
    assert send(client, *ALL) == SHEET


def test_what_is_not_ticked_is_in_the_address_and_not_on_the_sheet(client, site):
    address = send(client, *ALL[1:2], *ALL[3:])

    assert len(parse_qs(urlsplit(address).query)["without"][0]) == 11
    page = visit(client, address)
    assert "Schools must do everything" not in page.text("article")
    assert "What helps?" not in page.text("article")
    assert "Who helps?" in page.text("article")


def test_the_sheet_leads_back_to_the_same_choice(client, site):
    address = send(client, *ALL[2:])

    again = visit(client, visit(client, address).links("main")["Change what is on it"])

    assert [label for label, (_key, is_on) in ticks(again).items() if is_on] == ALL[2:]


def test_nothing_ticked_is_a_sheet_with_its_first_lines_only(client, site):
    page = visit(client, send(client))

    assert page.texts("article//h2") == []
    assert page.texts("article//label") == ["About", "Day and time", "Who is there"]


def test_large_print_goes_with_the_choice(client, site):
    assert send(client, *ALL, display="large") == f"{SHEET}?display=large"


def test_a_choice_stays_when_the_leaflet_changes_elsewhere(client, site):
    address = send(client, *ALL[1:])

    edit_as_staff("A school **must** also do this.")

    page = visit(client, address)
    assert "Schools must do everything" not in page.text("article")
    assert "A school must also do this." in page.text("article")


@pytest.mark.parametrize(
    "query", ["without=---", "without=" + "a" * 3000, "without=%00", "without=<b>", "on=x&chosen="]
)
def test_an_odd_choice_is_no_error(client, site, query):
    response = client.get(f"{SHEET}?{query}", follow=True)

    assert response.status_code == 200
    assert b'<b>"' not in response.content


@given(st.text(max_size=60), st.text(max_size=60))
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_words_make_a_server_error(site, first, second):
    client = HttpsClient()

    for address in (FORM, SHEET, CALENDAR):
        query = {"without": first, "date": first, "time": second, "on": second, "chosen": "1"}
        assert client.get(address, query).status_code < 500


@given(st.binary(max_size=80))
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_query_string_makes_a_server_error(site, query):
    client = HttpsClient()

    for start in (b"", b"chosen=1&on=", b"without="):
        for address in (FORM, SHEET, CALENDAR):
            query_string = (start + query).decode("latin-1")
            assert client.get(address, QUERY_STRING=query_string).status_code < 500


@pytest.mark.parametrize("query", ["on=x&" * 3000 + "chosen=1", "chosen=1&on=" + "x" * 20_000])
def test_a_very_long_query_string_is_no_server_error(site, client, query):
    assert client.get(f"{SHEET}?{query}").status_code in (302, 400)


# The sheet


def test_the_sheet_has_the_exact_words_with_their_source_and_room_to_answer(client, site):
    page = visit(client, SHEET)

    rows = [[words(cell) for cell in row.findall("td")] for row in page.all("table[@class='answers']//tr")]
    assert rows[1:3] == [
        [
            "Schools must do everything they can. (SEND Code of Practice 6.2)",
            "",
        ],
        [
            "A school should always involve the parents. (SEND Code of Practice 6.17)",
            "",
        ],
    ]
    assert page.texts("article//h2") == [
        "What the law says, and what the school says",
        "Questions to ask",
        "To bring",
        "Who will do what, and by when",
        "Meetings",
    ]
    assert "Example SENDIASS: phone 01632 960000" in page.text("article")


def test_a_lead_without_a_chosen_point_is_not_on_the_sheet(client, db, tmp_path):
    load_site(tmp_path, leaflet_from_text("Schools **must**:\n\n- act\n- ask", "plans"))
    known = ticks(visit(client, "/leaflets/plans/meeting/"))
    sheet = "/leaflets/plans/meeting/sheet/"

    assert "Schools must" in visit(client, f"{sheet}?without={known['act'][0]}").text("article")
    assert "Schools must" not in visit(client, f"{sheet}?without={known['act'][0]}-{known['ask'][0]}").text(
        "article"
    )


def test_what_is_typed_on_the_sheet_can_not_be_sent(client, site):
    page = visit(client, SHEET)

    fields = [*page.all("article//textarea"), *page.all("article//input")]
    assert len(fields) > 20
    assert [field.get("name") for field in fields] == [None] * len(fields)
    assert page.all("article//form") == []
    assert page.all("form//textarea") == []


def test_every_field_of_the_sheet_has_a_name_for_screen_readers(client, site):
    page = visit(client, SHEET)

    labels = {label.get("for") for label in page.all("label")}
    ids = {element.get("id") for element in page.tree.iter()}
    for field in page.all("article//textarea"):
        named_by = (field.get("aria-labelledby") or "").split()
        assert field.get("aria-label") or field.get("id") in labels or named_by
        assert set(named_by) <= ids


def test_a_sheet_is_not_for_search_engines(client, site):
    assert visit(client, SHEET).meta("robots") == "noindex"


# The calendar


def tomorrow():
    return timezone.localdate() + dt.timedelta(days=1)


def calendar(client, **params):
    response = client.get(CALENDAR, params)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="meeting.ics"'
    text = response.content.decode()
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line) for line in response.content.split(b"\r\n")) <= 75
    return text.replace("\r\n ", "").split("\r\n")


def test_the_next_meeting_is_a_file_for_a_calendar_in_the_time_of_london(client, site):
    day = tomorrow()

    lines = calendar(client, date=day.isoformat(), time="14:30")

    assert f"DTSTART;TZID=Europe/London:{day:%Y%m%d}T143000" in lines
    assert "DURATION:PT1H" in lines
    assert "TZID:Europe/London" in lines
    assert "SUMMARY:Meeting with the school" in lines
    assert (
        "DESCRIPTION:Need help? Phone Example SENDIASS: 01632 960000\\nYour meeting sheet: "
        f"https://testserver{FORM}" in lines
    )
    required = ["UID", "DTSTAMP", "VERSION", "PRODID"]
    assert [sum(line.startswith(f"{name}:") for line in lines) for name in required] == [1, 1, 1, 1]


def test_a_meeting_without_a_time_takes_the_day(client, site):
    lines = calendar(client, date=tomorrow().isoformat())

    assert f"DTSTART;VALUE=DATE:{tomorrow():%Y%m%d}" in lines
    assert "BEGIN:VTIMEZONE" not in lines


@pytest.mark.parametrize(
    ("date", "time", "error"),
    [
        ("", "", "Choose the day of the meeting."),
        ("31/01/2027", "", "Give the day of the meeting as year, month and day"),
        ("2027-02-30", "", "Give the day of the meeting as year, month and day"),
        ("2027-02-28\r\nX:Y", "", "Give the day of the meeting as year, month and day"),
        ("٢٠٢٧-٠١-٠١", "", "Give the day of the meeting as year, month and day"),
        ("2020-01-01", "", "This day has passed."),
        ("9999-12-31", "", "This day is more than 5 years away."),
        ("tomorrow", "25:00", "Give the time in 24 hours"),
        ("tomorrow", "9am", "Give the time in 24 hours"),
        ("tomorrow", "10:00\r\nATTACH:x", "Give the time in 24 hours"),
    ],
)
def test_a_day_or_time_that_cannot_be_used_is_refused_with_a_sentence(client, site, date, time, error):
    if date == "tomorrow":
        date = tomorrow().isoformat()

    response = client.get(CALENDAR, {"date": date, "time": time})

    assert response.status_code == 400
    assert error in response.content.decode()


def test_long_and_odd_words_are_escaped_and_folded():
    event = ics.write_event(
        dt.date(2027, 1, 31), None, summary="A;b,c\\d\x07", description="é" * 100, url="https://example.org/",
        now=dt.datetime(2026, 11, 27, 10, tzinfo=dt.UTC),
    )  # fmt: skip

    assert b"SUMMARY:A\\;b\\,c\\\\d\r\n" in event
    assert all(line.decode() and len(line) <= 75 for line in event.split(b"\r\n")[:-1])


def test_the_rules_of_summer_time_are_those_of_the_time_zone():
    zone = timezone.get_default_timezone()
    assert str(zone) == "Europe/London"
    for year in (2026, 2027, 2031):
        for month, hours in ((3, 1), (10, 0)):
            sunday = max(
                dt.date(year, month, day) for day in range(25, 32) if dt.date(year, month, day).weekday() == 6
            )
            noon = dt.datetime.combine(sunday, dt.time(12), tzinfo=zone)
            assert noon.utcoffset() == dt.timedelta(hours=hours)


# Letters


LETTER = """\
Words.

## Ask for an assessment {#ask .letter}

Dear ____,

You **must** answer (6.2).
"""


def test_a_letter_has_a_page_with_gaps_as_they_are_typed(client, db, tmp_path):
    load_site(tmp_path, leaflet_from_text(LETTER, "plans"))

    page = visit(client, "/leaflets/plans/letters/ask/")

    assert page.text("h1") == "Ask for an assessment"
    assert page.texts("article/p") == [
        "Dear ____,", "You must answer (SEND Code of Practice, paragraph 6.2).",
    ]  # fmt: skip
    assert page.texts("span[@class='gap']") == ["____"]
    assert "public" in page.response["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["plans/letters/no-such/", "sen-support/letters/plan/", "no-such/letters/ask/"]
)
def test_what_is_no_letter_has_no_page(client, db, tmp_path, path):
    load_site(tmp_path, leaflet_from_text(LETTER, "plans"))

    assert client.get(f"/leaflets/{path}").status_code == 404


def test_a_letter_stands_in_its_leaflet_too_and_leads_to_its_page(client, db, tmp_path):
    load_site(tmp_path, leaflet_from_text(LETTER, "plans"))

    page = visit(client, "/leaflets/plans/")

    assert "Dear ____," in page.text("div[@class='letter-text']")
    assert page.links("main")["“Ask for an assessment” on a page of its own, to copy or to print"] == (
        "/leaflets/plans/letters/ask/"
    )


def test_an_older_edition_shows_a_letter_without_a_link_to_its_page(client, db, tmp_path):
    load_site(tmp_path, leaflet_from_text(LETTER, "plans"))
    edit_as_staff("Other words.", slug="plans")

    page = visit(client, "/leaflets/plans/editions/1/")

    assert "Dear ____," in page.text("div[@class='letter-text']")
    assert "/leaflets/plans/letters/ask/" not in page.links("main").values()
