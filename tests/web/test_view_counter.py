"""The counter of page views: what it counts, and when it stores the numbers."""

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from leaflets.models import Leaflet, PageViews
from leaflets.models.page_views import add_views, delete_old_views
from leaflets.publishing import editions
from sendiass_site.web.page_cache import PageCache
from sendiass_site.web.view_counter import ViewCounter
from tests.factories import SLUG
from tests.pages import leaflet_from_text, load_site, lost_database, visit
from tests.running_site import TIMEOUT
from tests.wsgi import Clock, ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connection_of_the_test")]

GUIDE_PAGE = f"/leaflets/{SLUG}/"
PROVISION_PAGE = "/law/code-of-practice/6.17/"
BROWSER = "Mozilla/5.0 (Linux; Android 9; CUBOT X18) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
DAY = dt.date(2027, 5, 3)


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site() -> Iterator[ViewCounter]:
    """The site behind its page cache and the counter, whose thread writes nothing during a test."""
    counter = ViewCounter(PageCache(WSGIHandler(), 2**20), interval=TIMEOUT)
    yield counter
    counter.stop()


def read(site: ViewCounter, address: str, method: str = "GET", **headers: str) -> int:
    return ask(site, address, method, **{"user_agent": BROWSER} | headers).status


def stored() -> dict[tuple[str, str], int]:
    return {(row.kind, row.page): row.views for row in PageViews.objects.all()}


def key() -> str:
    return str(Leaflet.objects.get(slug=SLUG).pk)


def test_pages_are_counted_from_the_cache_too(site):
    for _ in range(3):
        read(site, GUIDE_PAGE)
    read(site, PROVISION_PAGE)
    read(site, f"{GUIDE_PAGE}?display=large")
    site.write()
    read(site, GUIDE_PAGE)
    site.write()

    assert stored() == {("leaflet", key()): 5, ("provision", "code-of-practice/6.17"): 1}


def test_a_page_that_the_browser_had_stored_is_counted(site):
    etag = ask(site, GUIDE_PAGE, user_agent=BROWSER).etag

    assert read(site, GUIDE_PAGE, if_none_match=etag) == 304
    site.write()

    assert stored() == {("leaflet", key()): 2}


def test_a_pdf_is_counted_for_its_leaflet():
    add_views({(DAY, f"{GUIDE_PAGE}{SLUG}.pdf"): 2, (DAY, f"{GUIDE_PAGE}{SLUG}-large-print.pdf"): 1})

    assert stored() == {("pdf", key()): 3}


@pytest.mark.parametrize(
    "address",
    ["/", "/leaflets/", "/privacy/", "/contact/", f"{GUIDE_PAGE}editions/", "/law/", "/law/code-of-practice/",
     "/leaflets/no-such/", "/law/code-of-practice/9.99/", "/code-of-practice/6.17/", "/robots.txt"],
)  # fmt: skip
def test_other_pages_are_not_counted(site, address):
    read(site, address)
    site.write()

    assert stored() == {}


@pytest.mark.parametrize(
    "agent",
    ["", "curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
     "Mozilla/5.0 (compatible; bingbot/2.0)", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 Safari/537.36",
     "python-requests/2.31", "Mozilla/5.0 (compatible; UptimeRobot/2.0)", "Mozilla/5.0 AppleWebKit (Applebot/0.1)"],
)  # fmt: skip
def test_a_program_that_says_so_is_not_counted(site, agent):
    read(site, GUIDE_PAGE, user_agent=agent)
    site.write()

    assert stored() == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_purpose": "prefetch"},
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x_moz": "prefetch"},
    ],
)
def test_a_page_that_is_fetched_in_advance_is_not_counted(site, headers):
    read(site, GUIDE_PAGE, **headers)
    site.write()

    assert stored() == {}


def test_head_is_not_counted(site):
    read(site, GUIDE_PAGE, "HEAD")
    site.write()

    assert stored() == {}


def test_staff_who_are_signed_in_are_not_counted_and_readers_in_large_print_are(site):
    read(site, GUIDE_PAGE, cookie=f"display=large; {settings.SESSION_COOKIE_NAME}=abc")
    read(site, GUIDE_PAGE, cookie="display=large")
    site.write()

    assert stored() == {("leaflet", key()): 1}


def test_a_renamed_leaflet_keeps_its_numbers(site):
    read(site, GUIDE_PAGE)
    site.write()
    editions.rename(Leaflet.objects.get(slug=SLUG), "sen-help", placement="leaflet")

    add_views({(dt.datetime.now(dt.UTC).date(), GUIDE_PAGE): 1, (DAY, "/leaflets/sen-help/"): 1})

    assert {row.page for row in PageViews.objects.all()} == {str(Leaflet.objects.get(slug="sen-help").pk)}


def test_a_view_counts_for_its_day_in_the_united_kingdom():
    clock = Clock()
    site = ViewCounter(PageCache(WSGIHandler(), 2**20), TIMEOUT, clock)
    # Midnight in London on 4 May 2027 is 23:00 UTC.
    clock.now = dt.datetime(2027, 5, 3, 22, 59, 59, tzinfo=dt.UTC).timestamp()
    read(site, GUIDE_PAGE)
    clock.advance(1)
    read(site, GUIDE_PAGE)
    read(site, GUIDE_PAGE)
    site.stop()

    assert dict(PageViews.objects.values_list("day", "views")) == {DAY: 1, DAY + dt.timedelta(days=1): 2}


def test_what_the_database_does_not_take_is_kept_for_the_next_time(site):
    read(site, GUIDE_PAGE)
    with lost_database():
        site.write()
    read(site, GUIDE_PAGE)
    site.write()

    assert stored() == {("leaflet", key()): 2}


def test_a_request_writes_nothing_to_the_database(site):
    read(site, GUIDE_PAGE)

    assert stored() == {}


def test_threads_that_count_at_once_lose_nothing(site):
    threads = [threading.Thread(target=lambda: [site._add(GUIDE_PAGE) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    site.write()

    assert stored() == {("leaflet", key()): 4_000}


def test_numbers_are_deleted_after_seven_years():
    for day in (dt.date(2020, 5, 2), dt.date(2020, 5, 3)):
        add_views({(day, GUIDE_PAGE): 1})

    assert delete_old_views(DAY, dry_run=True) == 1
    assert delete_old_views(DAY) == 1
    assert PageViews.objects.get().day == dt.date(2020, 5, 3)
    assert delete_old_views(dt.date(2028, 2, 29)) == 1


@pytest.mark.parametrize(("setting", "sentences"), [(True, 1), (False, 0)])
def test_the_page_about_privacy_says_it_only_where_the_site_counts(client, tmp_path, setting, sentences):
    load_site(
        tmp_path,
        leaflet_from_text(
            "Words.\n\n## Reading {#reading .reading}\n\nMore.", "help", title="Help", placement="footer"
        ),
    )

    with override_settings(COUNT_VIEWS=setting):
        assert visit(client, "/help/").html.count("We count how often each leaflet") == sentences
