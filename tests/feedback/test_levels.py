"""The intervention levels of a year, which staff type in: who may, what is refused, and that no edit is lost."""

import csv
import datetime as dt
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.utils import timezone

from leaflets.feedback.models import InterventionLevels
from leaflets.periods import year_of
from tests.conftest import HttpsClient
from tests.factories import create_staff
from tests.pages import Page, visit

pytestmark = pytest.mark.django_db

LEVELS = "/admin/feedback/interventionlevels/"
FIGURES = "/admin/feedback/feedback/summary/"
FIRST = dt.date(2025, 4, 1)
NAMES = ("level_1", "level_2", "level_3", "level_4")


@pytest.fixture
def reader() -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(create_staff("Feedback readers"))
    return visitor


def add(visitor: HttpsClient, **fields: object) -> Page:
    filled = dict.fromkeys(NAMES, "") | {"first": FIRST, "note": ""} | fields
    return Page(f"{LEVELS}add/", visitor.post(f"{LEVELS}add/", filled, follow=True))


def change(visitor: HttpsClient, levels: InterventionLevels, **fields: object) -> Page:
    """Send the form as it was opened with the numbers of `levels`, with these changes."""
    names = (*NAMES, "note")
    opened = {name: "" if (value := getattr(levels, name)) is None else value for name in names}
    address = f"{LEVELS}{levels.pk}/change/"
    filled = opened | {f"initial-{name}": value for name, value in opened.items()} | fields
    return Page(address, visitor.post(address, filled, follow=True))


def shown(visitor: HttpsClient, period: str = "year-2025-04") -> list[str]:
    [table] = [
        one
        for one in visit(visitor, f"{FIGURES}?period={period}").all("table")
        if "".join(one.find("caption").itertext()) == "Intervention levels"
    ]
    return ["".join(cell.itertext()) for cell in table.iter("td")]


def test_numbers_of_a_year_are_in_its_figures(reader):
    add(reader, level_1="210", level_2="80", level_3="9", level_4="0", note="From our case system.")

    assert shown(reader) == ["210", "80", "9", "0", "299"]
    assert "From our case system." in visit(reader, f"{FIGURES}?period=year-2025-04").text("main")
    assert shown(reader, "year-2025-09") == shown(reader, "year-2024-04") == ["not typed in"] * 4


def test_an_empty_number_is_not_0(reader):
    add(reader, level_1="210", level_4="0")

    assert shown(reader) == ["210", "not typed in", "not typed in", "0"]


def test_the_numbers_are_in_the_file(reader):
    add(reader, level_1="210")

    response = reader.get(FIGURES, {"period": "year-2025-04", "format": "csv"})

    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row[1:3] for row in rows if row[0] == "intervention levels"] == [
        ["Level 1: information and advice", "210"],
        ["Level 2: help over some time", "not typed in"],
        ["Level 3", "not typed in"],
        ["Level 4: tribunal", "not typed in"],
    ]


def test_level_3_has_no_words_of_our_own_and_says_where_its_definition_stands(reader):
    form = visit(reader, f"{LEVELS}add/")

    assert "casework" not in form.text("main").lower()
    [row] = form.texts("div[@class='form-row field-level_3']")
    assert row.startswith("Level 3: More than level 2 and less than level 4.")
    assert "Information, Advice and Support Services Network (“Intervention Levels”) says what counts." in row


def test_the_note_is_in_the_file_and_is_no_formula_there(reader):
    add(reader, level_1="210", note="=1+1 From our case system.")

    response = reader.get(FIGURES, {"period": "year-2025-04", "format": "csv"})

    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    notes = [row for row in rows if (row["table"], row["line"]) == ("intervention levels", "Note")]
    assert [(row["number"], row["text"]) for row in notes] == [("", "'=1+1 From our case system.")]


def test_a_year_without_a_note_has_no_line_for_it(reader):
    add(reader, level_1="210")

    file = reader.get(FIGURES, {"period": "year-2025-04", "format": "csv"}).content.decode("utf-8-sig")
    assert '"intervention levels","Note"' not in file


def test_the_figures_lead_to_the_form_of_their_year(reader):
    page = visit(reader, f"{FIGURES}?period=year-2025-04")

    form = visit(reader, page.links("main")["Type in or change the numbers of cases"])

    assert form.one("option[@selected]").text == "April 2025 to March 2026"


def test_the_three_kinds_of_years_have_numbers_of_their_own(reader):
    for first, number in (("2025-04-01", "4"), ("2025-09-01", "9"), ("2025-01-01", "1")):
        add(reader, first=first, level_1=number)

    assert [shown(reader, f"year-2025-{month}")[0] for month in ("04", "09", "01")] == ["4", "9", "1"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"level_1": "-1"}, "greater than or equal to 0"),
        ({"level_1": "many"}, "Enter a whole number"),
        ({"level_1": "100000"}, "more than 99,999 cases"),
        ({"first": "2025-05-01"}, "Select a valid choice"),
        ({"first": ""}, "required"),
        ({"note": "a\0b"}, "Null characters are not allowed"),
        ({"note": "a" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_be_right_is_refused_and_kept_in_the_form(reader, fields, said):
    page = add(reader, **{"level_2": "77"} | fields)

    assert said in page.text("form[@id='interventionlevels_form']")
    assert page.one("input[@name='level_2']").get("value") == "77"
    assert not InterventionLevels.objects.exists()


def test_a_year_that_has_numbers_is_not_added_again(reader):
    add(reader, level_1="210")

    page = add(reader, level_1="5", level_2="77")

    assert "There are numbers for April 2025 to March 2026 already." in page.text("main")
    assert page.one("input[@name='level_2']").get("value") == "77"
    assert InterventionLevels.objects.get().level_1 == 210


def test_the_database_has_one_record_for_a_year():
    InterventionLevels.objects.create(first=FIRST)

    with pytest.raises(IntegrityError), transaction.atomic():
        InterventionLevels.objects.create(first=FIRST)


def test_two_users_who_change_different_numbers_lose_none(reader):
    opened = InterventionLevels.objects.create(first=FIRST, level_1=1, level_2=2)
    change(reader, opened, level_1="11")

    change(reader, opened, level_2="22")

    assert InterventionLevels.objects.values_list("level_1", "level_2").get() == (11, 22)


def test_two_users_who_change_one_number_see_both(reader):
    opened = InterventionLevels.objects.create(first=FIRST, level_1=1)
    change(reader, opened, level_1="11")

    page = change(reader, opened, level_1="12")

    assert "It is now: 11." in page.text("main")
    assert page.one("input[@name='level_1']").get("value") == "12"
    assert InterventionLevels.objects.get().level_1 == 11


def test_a_change_is_in_the_history_and_the_year_stays(reader):
    opened = InterventionLevels.objects.create(first=FIRST, level_1=1)

    change(reader, opened, level_1="11", first="2024-04-01")

    assert InterventionLevels.objects.get().first == FIRST
    entry = LogEntry.objects.get()
    assert "Level 1" in entry.get_change_message()
    assert entry.object_repr == "April 2025 to March 2026"


@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_editors_and_publishers_do_not_type_in_numbers(group):
    visitor = HttpsClient()
    visitor.force_login(create_staff(group))

    assert visitor.get(f"{LEVELS}add/").status_code == 403


def test_the_start_page_names_a_year_without_numbers_of_a_kind_that_is_used(reader):
    over = year_of(timezone.localdate(), 4).before
    InterventionLevels.objects.create(first=over.before.first, level_1=1)
    words = f"The intervention levels of {over} are not typed in"

    before = visit(reader, "/admin/")
    add(reader, first=over.first, level_1="2")

    assert [task for task in before.texts("*[@class='admin-tasks']//li") if "levels" in task] == [words]
    assert words not in visit(reader, "/admin/").text("main")


def test_the_start_page_of_a_service_that_types_in_no_numbers_names_no_year(reader):
    assert "intervention levels of" not in visit(reader, "/admin/").text("main")


def test_the_year_that_was_over_last_is_offered_first(reader):
    page = visit(reader, f"{LEVELS}add/")

    [chosen] = [one for one in page.all("*[@id='id_first']//option") if one.get("selected") is not None]
    assert chosen.get("value") == str(year_of(timezone.localdate(), 4).before.first)
