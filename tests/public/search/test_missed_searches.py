"""Words that were searched for and not found are counted, and nothing says who searched."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone

from leaflets.models import MissedSearch, search
from leaflets.models.search import MAX_ROWS, may_be_personal
from leaflets.public.search import views
from leaflets.public.search.query import tokenize
from tests.accounts import create_staff_user
from tests.conftest import HttpsClient
from tests.pages import load_site, lost_database, visit

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _site(tmp_path_factory, module_database):
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"))


class Clock:
    """A clock that stands still: a test may take as long as it likes."""

    seconds = 90.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(views, "_rate_limit", views._RateLimit(clock))
    return clock


def ask(client, query, times=1, **headers):
    for _ in range(times):
        assert client.get("/search/", {"q": query}, headers=headers).status_code == 200


def shown():
    return [(row.words, row.times) for row in MissedSearch.objects.shown()]


def test_words_are_stored_when_they_were_not_found_for_the_third_time(client):
    ask(client, "Xylophone lessons?", times=2)
    assert shown() == []
    assert "xylophone" not in str(list(MissedSearch.objects.values()))

    ask(client, "xylophone  LESSONS")
    assert shown() == [("xylophone lessons", 3)]
    ask(client, "xylophone lessons")
    assert shown() == [("xylophone lessons", 4)]


def test_the_searches_of_several_months_count_together(client):
    ask(client, "xylophone", times=2)
    MissedSearch.objects.update(month=dt.date(2026, 1, 1))
    ask(client, "xylophone")

    assert sorted(row.times for row in MissedSearch.objects.shown()) == [1, 2]


def test_of_several_words_that_which_is_nowhere_is_counted(client):
    ask(client, "teachers xylophone", times=3)

    assert shown() == [("xylophone", 3)]


def test_a_word_beside_what_may_be_personal_is_not_counted(client):
    ask(client, "Jo Bloggs xylophone", times=3)

    assert MissedSearch.objects.count() == 0


def test_words_that_were_found_are_not_counted(client):
    ask(client, "teachers", times=3)
    ask(client, "teechers", times=3)
    ask(client, "", times=3)

    assert MissedSearch.objects.count() == 0


def test_what_a_browser_fetches_in_advance_is_not_counted(client):
    ask(client, "xylophone", times=3, sec_purpose="prefetch")
    client.head("/search/?q=xylophone")

    assert MissedSearch.objects.count() == 0


@pytest.mark.parametrize(
    "query",
    [
        "jo@example.org", "01632 960123", "0163296", "14/03/2015", "TS25 1AF", "ts251af", "Jo Bloggs", "jo anne bloggs smith",
        "https://example.org/jo", "a" * 61, "485 777 3456", "www.example.org", "jayden smith", "JAYDEN", "Mrs bloggs",
        "mr o'shaughnessy", "boy called bloggs", "1 may 15", "born may 2015", "siân", "muhammad bloggs",
    ],
)  # fmt: skip
def test_what_may_be_personal_is_not_counted(client, query):
    assert may_be_personal(tokenize(query), query)
    ask(client, query, times=3)

    assert MissedSearch.objects.count() == 0


@pytest.mark.parametrize(
    "query", ["xylophone", "Xylophone", "XYLOPHONE SUPPORT", "section 508B", "key stage 9", "grace period"]
)
def test_ordinary_words_are_not_personal(query):
    assert not may_be_personal(tokenize(query), query)


def test_the_table_has_a_greatest_number_of_rows(client, monkeypatch):
    monkeypatch.setattr(search, "MAX_ROWS", 2)
    for query in ("xylophone", "bassoon", "oboe", "xylophone", "xylophone"):
        ask(client, query)

    assert MissedSearch.objects.count() == 2
    assert shown() == [("xylophone", 3)]
    assert MAX_ROWS == 2_000


def test_a_flood_is_not_counted(client):
    for number in range(views.MAX_COUNTED + 5):
        ask(client, "qz" + "abcdefghij"[number % 10] + "klmnopqrst"[number // 10])

    assert MissedSearch.objects.count() == views.MAX_COUNTED


def test_searches_are_counted_again_in_the_minute_after_a_flood(client, clock):
    ask(client, "xylophone", times=views.MAX_COUNTED + 5)
    clock.seconds = 119.0
    ask(client, "bassoon")
    clock.seconds = 120.0
    ask(client, "oboe")

    assert list(MissedSearch.objects.values_list("times", flat=True).order_by("times")) == [
        1,
        views.MAX_COUNTED,
    ]


def test_a_count_that_fails_does_not_keep_the_page_from_its_reader(client, monkeypatch):
    def fail(*_):
        with lost_database():
            MissedSearch.objects.count()

    monkeypatch.setattr(MissedSearch.objects.__class__, "_increment", fail)

    assert visit(client, "/search/?q=xylophone").status == 200


def row(words, months_ago, **fields):
    month = timezone.localdate().replace(day=1)
    for _ in range(months_ago):
        month = (month - dt.timedelta(days=1)).replace(day=1)
    MissedSearch.objects.create(words=words, digest=f"{words}{months_ago}", month=month, **fields)


def test_the_daily_purge_deletes_words_after_12_months_and_digests_after_the_next_month():
    for months in (0, 12, 13):
        row("oboe", months)
    for months in (0, 1, 2):
        row("", months)

    call_command("purge_feedback", dry_run=True)
    assert MissedSearch.objects.count() == 6
    call_command("purge_feedback")

    assert MissedSearch.objects.filter(words="oboe").count() == 2
    assert MissedSearch.objects.filter(words="").count() == 2


# For staff

LIST = "/admin/leaflets/missedsearch/"


def signed_in(*groups):
    visitor = HttpsClient()
    visitor.force_login(create_staff_user("officer", *groups))
    return visitor


def test_staff_see_the_words_and_no_others():
    row("oboe", 0, times=5)
    row("", 1)
    page = visit(signed_in("Editors"), LIST)

    assert page.texts("td[@class='field-words']") == ["oboe"]
    assert page.texts("td[@class='field-times']") == ["5"]
    assert "Empty this list" not in page.html


def test_publishers_empty_the_list_with_one_button():
    row("oboe", 0)
    publisher = signed_in("Publishers")
    assert "Empty this list" in visit(publisher, LIST).html

    publisher.get(f"{LIST}empty/")
    assert MissedSearch.objects.exists()
    assert publisher.post(f"{LIST}empty/").status_code == 302
    assert not MissedSearch.objects.exists()


def test_editors_cannot_empty_the_list():
    row("oboe", 0)

    assert signed_in("Editors").post(f"{LIST}empty/").status_code == 403
    assert MissedSearch.objects.exists()
