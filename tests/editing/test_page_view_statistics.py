"""Staff's page of what is read: periods, totals, leaflets that were never read, and the CSV."""

import csv
import datetime as dt
import io

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from leaflets.editing.page_view_statistics import compute_statistics, offered_periods
from leaflets.models import Leaflet
from leaflets.models.page_views import add_views
from leaflets.periods import read_period, year_of
from leaflets.publishing import editions
from tests.pages import leaflet_from_text, load_site, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MAY, SEPTEMBER = dt.date(2026, 5, 3), dt.date(2026, 9, 1)
GUIDE, PLANS = "/leaflets/sen-support/", "/leaflets/plans/"


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"), leaflet_from_text("Words.", "plans", title="=Plans"))


@pytest.fixture
def administrator(client):
    client.force_login(User.objects.create_superuser("admin"))
    return client


@pytest.mark.parametrize(
    ("today", "first_month", "words"),
    [
        (dt.date(2027, 3, 31), 4, "April 2026 to March 2027"),
        (dt.date(2027, 4, 1), 4, "April 2027 to March 2028"),
        (dt.date(2027, 8, 31), 9, "September 2026 to August 2027"),
        (dt.date(2027, 1, 1), 1, "January 2027 to December 2027"),
    ],
)
def test_a_year_is_the_one_in_which_services_report(today, first_month, words):
    assert str(year_of(today, first_month)) == words


def test_years_and_months_since_the_first_number_are_offered():
    groups = offered_periods(dt.date(2026, 3, 20), dt.date(2026, 5, 1))

    assert [(heading, [str(one) for one in periods]) for heading, periods in groups] == [
        ("Years from April to March", ["April 2026 to March 2027", "April 2025 to March 2026"]),
        ("Years from September to August", ["September 2025 to August 2026"]),
        ("Calendar years", ["January 2026 to December 2026"]),
        ("Months", ["May 2026", "April 2026", "March 2026"]),
    ]


@pytest.mark.parametrize("key", ["year-2026-04", "year-2026-09", "year-2026-01", "month-2026-12"])
def test_a_period_has_a_key(key):
    period = read_period(key)

    assert period is not None
    assert period.key == key


@pytest.mark.parametrize("key", ["", "year-2026-05", "month-2026-13", "year-9999-04", "year-2026-04\0", "x"])
def test_another_key_is_not_found(administrator, key):
    assert administrator.get("/admin/what-is-read/", {"period": key}).status_code == 404


def test_views_are_added_up_for_the_period(administrator):
    add_views({(MAY, GUIDE): 3, (SEPTEMBER, GUIDE): 4, (MAY, f"{GUIDE}sen-support.pdf"): 2,
               (dt.date(2026, 3, 31), GUIDE): 50, (MAY, "/law/code-of-practice/6.17/"): 6})  # fmt: skip

    page = visit(administrator, "/admin/what-is-read/?period=year-2026-04")

    assert page.texts("main//caption") == ["Leaflets", "Pages of the law", "By month"]
    assert page.texts("main//table[1]/tbody/tr") == ["SEN supportPage: 7PDF: 2Together: 9"]
    assert page.texts("main//table[3]/tbody/tr")[1] == "May 2026Leaflets: 3PDFs: 2Pages of the law: 6"
    assert "Counted since 31 March 2026" in page.html
    month = visit(administrator, "/admin/what-is-read/?period=month-2026-09")
    assert month.texts("main//table[1]/tbody/tr") == ["SEN supportPage: 4PDF: 0Together: 4"]


@pytest.mark.each_database
def test_leaflets_that_were_never_read_are_named():
    add_views({(MAY, GUIDE): 1})

    stats = compute_statistics(year_of(MAY, 4))

    assert [row.page.title for row in stats.never_viewed] == ["=Plans"]


def test_a_withdrawn_leaflet_keeps_its_numbers_and_is_not_named_as_never_read(administrator):
    add_views({(MAY, GUIDE): 1})
    for slug in ("sen-support", "plans"):
        editions.withdraw(Leaflet.objects.get(slug=slug))

    page = visit(administrator, "/admin/what-is-read/?period=year-2026-04")

    assert page.texts("main//table[1]/tbody/tr/th") == ["SEN support (withdrawn)"]
    assert "never read" not in page.html


def test_the_csv_has_each_page_and_month(administrator):
    add_views({(MAY, GUIDE): 3, (SEPTEMBER, "/law/code-of-practice/6.17/"): 6})

    response = administrator.get("/admin/what-is-read/?period=year-2026-09&format=csv")

    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["what", "title", "address", "2026-09"]
    assert rows[0][-2:] == ["2027-08", "total"]
    assert [row[:2] + row[-1:] for row in rows[1:]] == [
        ["leaflet", "'=Plans", "0"],
        ["PDF", "'=Plans", "0"],
        ["leaflet", "SEN support", "0"],
        ["PDF", "SEN support", "0"],
        ["law", rows[5][1], "6"],
    ]
    assert response["Content-Disposition"] == 'attachment; filename="views-year-2026-09.csv"'


def test_without_numbers_the_page_says_so(administrator):
    page = visit(administrator, "/admin/what-is-read/")

    assert "Nothing was counted yet" in page.html
    assert str(year_of(timezone.localdate(), 4)) in page.text("main//h2")


def test_a_site_that_does_not_count_says_so(administrator, settings):
    settings.COUNT_VIEWS = False

    assert "Nothing is counted now" in visit(administrator, "/admin/what-is-read/").html
