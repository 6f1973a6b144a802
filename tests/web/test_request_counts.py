"""Requests that are counted for /metrics: by which kind and class of status, from the page cache too, and by all processes."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.handlers.wsgi import WSGIHandler

from sendiass_site.web.page_cache import PageCache
from sendiass_site.web.proxies import parse_networks
from sendiass_site.web.request_counts import MAX_WORKERS, RequestCounts, get_counts
from tests.factories import SLUG
from tests.pages import load_site
from tests.wsgi import ask

LEAFLET = f"/leaflets/{SLUG}/"


@pytest.fixture(scope="module")
def content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def counts(content, db, connection_of_the_test, settings) -> Iterator[RequestCounts]:
    """The numbers of the site, which begin at 0."""
    settings.METRICS_ALLOW = parse_networks(["10.0.0.9"])
    get_counts.cache_clear()
    yield get_counts()
    get_counts.cache_clear()


@pytest.fixture
def site(counts) -> PageCache:
    return PageCache(WSGIHandler(), 2**20, counts=counts)


def counted(counts: RequestCounts) -> dict[tuple[str, str], int]:
    """What is not 0."""
    return {(kind, status): number for kind, status, number in counts.requests() if number}


@pytest.mark.any_database
def test_a_page_counts_whether_it_was_in_the_cache_or_not(site, counts):
    for _ in range(3):
        ask(site, LEAFLET)

    assert counted(counts) == {("leaflet", "2xx"): 3}
    assert (counts.hits(), counts.misses()) == (2, 1)


@pytest.mark.any_database
def test_a_page_that_the_browser_has_counts_as_3xx(site, counts):
    etag = ask(site, LEAFLET).etag

    assert ask(site, LEAFLET, if_none_match=etag).status == 304

    assert counted(counts) == {("leaflet", "2xx"): 1, ("leaflet", "3xx"): 1}


@pytest.mark.any_database
def test_a_redirect_counts_as_3xx_from_the_cache_too(site, counts):
    for _ in range(2):
        assert ask(site, f"/leaflets/{SLUG}/editions/", scheme="http").status == 301
    for _ in range(2):
        assert ask(site, "/code-of-practice/").status == 301

    assert counted(counts) == {("other", "3xx"): 2, ("code-of-practice", "3xx"): 2}


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("address", "kind", "status"),
    [
        ("/leaflets/no-such-leaflet/", "leaflet", "4xx"),
        ("/no-such-page/", "footer-page", "4xx"),
        ("/no/such/page/", "other", "4xx"),
        ("/healthz", "healthz", "2xx"),
        ("/admin/", "admin", "3xx"),
        ("/admin/no-such-page/", "admin", "3xx"),
        ("/staff/sign-in/", "staff", "2xx"),
        ("/static/no-such-file.css", "static", "4xx"),
        ("/metrics", "metrics", "4xx"),
    ],
)
def test_the_kind_is_the_name_of_a_url_pattern(site, counts, address, kind, status):
    ask(site, address)

    assert counted(counts) == {(kind, status): 1}


@pytest.mark.any_database
def test_a_static_file_is_of_the_kind_static(site, counts, settings):
    ask(site, f"/static/{next(settings.STATIC_ROOT.glob('site.*.css')).name}")

    assert counted(counts) == {("static", "2xx"): 1}


@pytest.mark.any_database
def test_what_is_asked_has_no_influence_on_how_many_kinds_there_are(site, counts):
    before = {kind for kind, _, _ in counts.requests()}

    for address in ("/leaflets/one/", "/leaflets/two/?q=three", "/four/", "/five/six"):
        ask(site, address, cookie="session=seven", user_agent="eight")

    assert {kind for kind, _, _ in counts.requests()} == before
    assert len(before) < 60


@pytest.mark.any_database
def test_without_an_address_that_may_read_nothing_is_counted(content, db, connection_of_the_test, settings):
    assert settings.METRICS_ALLOW == ()
    get_counts.cache_clear()

    ask(PageCache(WSGIHandler(), 2**20), LEAFLET)

    assert get_counts.cache_info().misses == 0


def test_no_request_is_lost_where_threads_count_at_the_same_time():
    counts = RequestCounts(["home"])
    page, interval = counts.cached_page_counters("home", 200), sys.getswitchinterval()

    def count(_: int) -> None:
        for _ in range(20_000):
            page[0] += 1

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(count, range(4)))
    finally:
        sys.setswitchinterval(interval)

    assert counts.hits() == 80_000


def in_child(act) -> None:
    """Do something in a process that is forked, and that ends without any clean-up."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_the_numbers_of_a_process_that_ended_stay_and_its_row_is_used_again():
    counts = RequestCounts(["home"])
    for _ in range(3):
        assert counts.use_free_row([0]) == 1
        in_child(lambda: counts.add_response("home", 200))

    assert counted(counts) == {("home", "2xx"): 3}


def test_processes_that_live_have_rows_of_their_own():
    counts = RequestCounts(["home"])

    assert counts.use_free_row([]) == 0
    assert counts.use_free_row([0, None, 2]) == 1
    assert counts.use_free_row(range(MAX_WORKERS)) == MAX_WORKERS - 1


@pytest.mark.any_database
def test_a_page_that_was_cached_before_the_fork_is_counted_by_the_process_that_sends_it(site, counts):
    ask(site, LEAFLET)
    counts.use_free_row([0])

    # It has no database: the page is in the cache, and the version was read within this second.
    site._site_version._next_check = float("inf")
    in_child(lambda: ask(site, LEAFLET))

    assert (counts.hits(), counts.misses()) == (1, 1)
    own = counts.cached_page_counters("leaflet", 200)
    assert own[0] == 1


@pytest.mark.any_database
def test_a_page_that_failed_and_is_shown_as_it_was_counts_as_5xx(site, counts, monkeypatch):
    ask(site, LEAFLET)
    monkeypatch.setattr("sendiass_site.web.page_cache.MAX_AGE", 0)
    site._clock = lambda: 1e12
    site._site_version._clock = site._clock
    from tests.pages import lost_database

    with lost_database():
        assert ask(site, LEAFLET).status == 200

    assert counted(counts) == {("leaflet", "2xx"): 1, ("leaflet", "5xx"): 1}
