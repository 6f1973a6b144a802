"""The page cache: which pages it caches, by which key, in which encodings, and for how long."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from itertools import count
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from hypothesis import example, given, strategies as st

from leaflets.models import Leaflet, Notice, Service
from leaflets.models.site_version import SiteState
from leaflets.public.caching import CACHE_CONTROL, cacheable_page
from leaflets.publishing import editions
from sendiass_site import urls
from sendiass_site.web import page_cache
from sendiass_site.web.page_cache import PageCache, SiteVersionReader, _best_encoding, _matches
from tests.factories import SLUG, draft_as_staff, edit_as_staff, load, notice, published_edition
from tests.pages import GUIDE, PRIVACY, load_site, lost_database, visitor
from tests.running_site import TIMEOUT
from tests.wsgi import Answer, Clock, ask

GUIDE_PAGE = f"/leaflets/{SLUG}/"
CACHED = [
    "/",
    "/leaflets/",
    "/leaflets/?page=1",
    GUIDE_PAGE,
    f"{GUIDE_PAGE}editions/",
    f"{GUIDE_PAGE}editions/1/",
    "/law/code-of-practice/",
    "/law/code-of-practice/6.17/",
    "/contact/",
    "/privacy/",
    "/robots.txt",
    "/sitemap.xml",
    "/.well-known/security.txt",
]
UNCACHED = [
    "/have-your-say/",
    "/have-your-say/thank-you/?reference=ABCD-EFGH",
    "/admin/login/",
    "/healthz",
    "/readyz",
    "/no-such-page/",
    "/leaflets/no-such-leaflet/",
    "/leaflets/?page=x",
    "/leaflets/?page=99",
    "/leaflets",
]
LARGE = {"cookie": "display=large"}

# Views with responses that no view of the site has.

_responses = count(1)
_started, _resume = threading.Event(), threading.Event()


@cacheable_page(vary_on_params=("colour",))
def counted(request: HttpRequest) -> HttpResponse:
    """Return another text for each request that reaches the view."""
    return HttpResponse(f"{next(_responses)} {request.GET.get('colour', '')}")


@cacheable_page()
def slow(request: HttpRequest) -> HttpResponse:
    """Wait for `_resume`, and return another text for each request."""
    _started.set()
    assert _resume.wait(TIMEOUT)
    return HttpResponse(str(next(_responses)))


@cacheable_page()
def with_cookie(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(str(next(_responses)))
    response.set_cookie("taste", "sweet")
    return response


@cacheable_page()
def streaming(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse([str(next(_responses))])


@cacheable_page()
def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(next(_responses)), headers={"Cache-Control": "private"})


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(next(_responses)), headers={"Cache-Control": CACHE_CONTROL})


@cacheable_page()
def changed_while_rendering(request: HttpRequest) -> HttpResponse:
    """Return the leaflet's title; another one is published while the page is rendered."""
    title = published_edition().title
    if title == GUIDE.title:
        editions.publish(draft_as_staff("Another text"))
        live_edition = published_edition()
        live_edition.title = "A new title"
        live_edition.save()
    return HttpResponse(title)


urlpatterns = [
    path("counted/", counted),
    path("slow/", slow),
    path("with-cookie/", with_cookie),
    path("streaming/", streaming),
    path("private/", private),
    path("unmarked/", unmarked),
    path("changed-while-rendering/", changed_while_rendering),
    *urls.urlpatterns,
]
handler404, handler500 = urls.handler404, urls.handler500

# All that is asked of a database is the site version: see tests/models/test_site_version.py.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_database,
    pytest.mark.urls(__name__),
    pytest.mark.usefixtures("connection_of_the_test"),
]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(clock) -> PageCache:
    """The test site behind the page cache."""
    return PageCache(WSGIHandler(), 2**20, clock)


def count_queries(site: PageCache, address: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        ask(site, address, **headers)
    return len(queries)


# What is cached


@pytest.fixture
def served() -> ModuleType:
    """The WSGI module that gunicorn loads. Imported here because it needs the collected static files."""
    return import_module("sendiass_site.wsgi")


@pytest.mark.usefixtures("site")
def test_the_wsgi_application_caches_pages(served):
    first = ask(served.application, "/leaflets/")

    with lost_database():
        assert ask(served.application, "/leaflets/").text == first.text


@pytest.mark.parametrize("address", CACHED)
def test_a_public_page_is_rendered_once_and_then_served_without_the_database(site, address):
    first = ask(site, address)

    with lost_database():
        second = ask(site, address)

    assert first.status == 200
    assert second == first


def test_the_redirect_from_an_old_address_is_cached(site, tmp_path):
    load(tmp_path, leaflets=[replace(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY])
    first = ask(site, GUIDE_PAGE)

    with lost_database():
        second = ask(site, GUIDE_PAGE)

    assert (second.status, second.headers["location"]) == (301, "/leaflets/sen-help/")
    assert second == first


@pytest.mark.parametrize("address", CACHED)
def test_a_cached_page_is_the_response_of_django(site, address):
    rendered = ask(WSGIHandler(), address)
    ask(site, address)

    cached = ask(site, address)

    assert cached.body == rendered.body
    ours = {"etag", "vary", "content-length"}
    assert {name: value for name, value in cached.headers.items() if name not in ours} == {
        name: value for name, value in rendered.headers.items() if name not in ours
    }


@pytest.mark.parametrize("address", UNCACHED)
def test_a_page_that_differs_by_visitor_is_never_cached(site, address):
    ask(site, "/")
    ask(site, address)
    second = ask(site, address)

    assert "etag" not in second.headers
    assert "public" not in second.headers.get("cache-control", "")


def test_a_withdrawn_leaflet_is_not_cached(site):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    assert ask(site, GUIDE_PAGE).status == 410
    assert "etag" not in ask(site, GUIDE_PAGE).headers


@pytest.mark.parametrize(
    "address",
    [
        f"{GUIDE_PAGE}editions/01/",
        f"{GUIDE_PAGE}editions/0001/",
        "/law/code-of-practice/06.17/",
        "/law/code-of-practice/6.017/",
        "/law/code-of-practice/6.17/\n",
        "//contact/",
        "/contact/\n",
        "/Contact/",
        "/leaflets/?page=01",
        "/leaflets/?page=+1",
    ],
)
def test_another_spelling_of_an_address_is_not_cached(site, address):
    ask(site, address)
    second = ask(site, address)

    assert "etag" not in second.headers
    assert "public" not in second.headers.get("cache-control", "")


@pytest.mark.parametrize("number", ["01", "2", "99999", "9" * 30])
def test_a_redirect_to_an_edition_that_does_not_exist_is_not_cached(site, tmp_path, number):
    load(tmp_path, leaflets=[replace(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY])

    answer = ask(site, f"{GUIDE_PAGE}editions/{number}/")

    assert answer.status == 404
    assert "etag" not in answer.headers


@pytest.mark.parametrize("address", ["/with-cookie/", "/streaming/", "/private/", "/unmarked/"])
def test_a_response_that_is_not_cacheable_is_made_for_each_request(site, address):
    assert ask(site, address).text != ask(site, address).text


def test_a_post_is_never_answered_from_the_cache(site):
    ask(site, GUIDE_PAGE)

    assert ask(site, GUIDE_PAGE, "POST").status == 403


def test_a_request_with_a_session_gets_every_page_from_django(site):
    ask(site, "/counted/")

    page = ask(site, "/counted/", cookie="__Host-session=abc")

    assert page.text != ask(site, "/counted/").text
    assert page.headers["cache-control"] == "private, no-cache"


def test_a_page_for_a_request_with_a_session_is_not_cached(site):
    page = ask(site, "/counted/", cookie="display=large; __Host-session=abc")

    assert ask(site, "/counted/", **LARGE).text != page.text


def test_a_request_with_a_csrf_cookie_gets_every_page_from_django(site):
    assert ask(site, "/counted/").text != ask(site, "/counted/", cookie="__Host-csrf=abc").text


# By which key


def test_each_display_has_its_own_copy(site):
    standard, large = ask(site, "/"), ask(site, "/", **LARGE)

    assert 'data-display="large"' not in standard.text
    assert 'data-display="large"' in large.text
    assert (ask(site, "/"), ask(site, "/", **LARGE)) == (standard, large)


def test_large_print_by_parameter_beside_the_cookie_shares_the_copy_of_the_cookie(site):
    assert ask(site, "/counted/?display=large", **LARGE) == ask(site, "/counted/", **LARGE)


def test_large_print_by_parameter_alone_has_its_own_copy_with_its_own_links(site):
    with_cookie, shared = ask(site, "/", **LARGE), ask(site, "/?display=large")

    assert 'href="/contact/?display=large"' in shared.text
    assert 'href="/contact/?display=large"' not in with_cookie.text
    assert (ask(site, "/", **LARGE), ask(site, "/?display=large")) == (with_cookie, shared)


def test_standard_print_by_parameter_and_by_default_share_one_copy(site):
    assert ask(site, "/counted/?display=standard", **LARGE) == ask(site, "/counted/")


@pytest.mark.parametrize(
    "cookie", ["display=huge", "_ga=1.2.3", "a=b; c=d", "display", ";;;", "display=Large"]
)
def test_other_cookies_make_no_copies(site, cookie):
    assert ask(site, "/counted/", cookie=cookie) == ask(site, "/counted/")


@pytest.mark.parametrize(
    "query", ["utm_source=post", "page=2", "display=huge", "&&", "%FF=%FF", "=", "a=1&a=2"]
)
def test_a_parameter_that_the_view_does_not_read_makes_no_copies(site, query):
    assert ask(site, f"/counted/?{query}") == ask(site, "/counted/")


def test_a_parameter_that_the_view_does_not_read_is_not_in_the_cached_page(site):
    ask(site, f"{GUIDE_PAGE}?fbclid=secret")

    assert "secret" not in ask(site, GUIDE_PAGE).text


def test_a_parameter_that_the_view_reads_has_its_own_copy(site):
    red = ask(site, "/counted/?colour=red&utm_source=post")

    assert red.text.endswith(" red")
    assert ask(site, "/counted/?colour=red") == red
    assert ask(site, "/counted/").text.endswith(" ")


def test_the_last_value_of_a_repeated_parameter_counts(site):
    assert ask(site, "/counted/?colour=blue&colour=red") == ask(site, "/counted/?colour=red")


def test_too_many_parameters_are_refused(site):
    query = "&".join(f"a{number}=1" for number in range(2000))

    assert ask(site, f"/counted/?{query}").status == 400


def test_each_host_has_its_own_copy(site):
    ask(site, GUIDE_PAGE)

    page = ask(site, GUIDE_PAGE, host="localhost")

    assert f'href="https://localhost{GUIDE_PAGE}"' in page.text
    assert f'href="https://testserver{GUIDE_PAGE}"' in ask(site, GUIDE_PAGE).text


@pytest.mark.parametrize(
    "host", ["TESTSERVER", "testserver:1", "testserver:65535", "testserver:8000", "testserver."]
)
def test_another_spelling_of_the_host_is_answered_and_not_cached(site, host):
    ask(site, "/counted/")
    pages = [ask(site, "/counted/", host=host) for _ in range(2)]

    assert [page.headers["cache-control"] for page in pages] == ["private, no-cache"] * 2
    assert [page.status for page in pages] == [200, 200]
    assert pages[0].body != pages[1].body


def test_the_port_on_which_the_server_listens_behind_a_proxy_is_not_cached(site):
    pages = [ask(site, "/counted/", host="testserver:8000", server_port="8000") for _ in range(2)]

    assert pages[0].body != pages[1].body
    assert pages[0].headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("host", ["127.0.0.1:8104", "localhost:8104", "localhost"])
def test_each_allowed_host_is_cached_with_the_port_of_the_sites_address(site, settings, host):
    settings.SITE_URL = "http://127.0.0.1:8104"

    assert ask(site, "/counted/", host=host) == ask(site, "/counted/", host=host)


def test_a_host_with_the_port_of_the_server_is_cached(site):
    assert ask(site, "/counted/", host="testserver:443") == ask(site, "/counted/", host="testserver:443")


def test_subdomains_of_a_wildcard_host_are_not_cached(site, settings):
    settings.ALLOWED_HOSTS = [".example.org"]

    pages = [ask(site, "/counted/", host=f"{name}.example.org").body for name in ("a", "a", "b")]

    assert len(set(pages)) == 3


def test_a_request_with_a_script_name_is_not_cached(site):
    pages = [ask(site, "/counted/", script_name="/elsewhere").body for _ in range(2)]

    assert pages[0] != pages[1]


def test_a_disallowed_host_is_refused_each_time(site):
    ask(site, "/")

    for _ in range(2):
        page = ask(site, "/", host="evil.example")

        assert page.status == 400
        assert "evil.example" not in page.text


def test_a_request_without_https_is_redirected_each_time(site):
    ask(site, "/")

    for _ in range(2):
        answer = ask(site, "/", scheme="http")

        assert (answer.status, answer.headers["location"]) == (301, "https://testserver/")
        assert "etag" not in answer.headers


# In which encodings


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("identity, br;q=0.5", ""),
        ("deflate", ""),
        ("br;q=nonsense, gzip;q=nan", ""),
    ],
)
def test_a_page_is_sent_in_the_encoding_that_the_browser_prefers(site, accepted, encoding):
    page = ask(site, GUIDE_PAGE, accept_encoding=accepted)

    assert page.headers.get("content-encoding", "") == encoding
    assert page.text == ask(site, GUIDE_PAGE).text
    assert page.headers["content-length"] == str(len(page.body))


def test_a_compressed_page_is_small(site):
    plain, gzipped, brotli = (
        len(ask(site, GUIDE_PAGE, accept_encoding=accepted).body) for accepted in ("", "gzip", "br")
    )

    assert brotli < gzipped < plain / 2


def test_a_text_that_does_not_get_smaller_is_sent_uncompressed(site):
    assert "content-encoding" not in ask(site, "/counted/", accept_encoding="br").headers


def test_each_encoding_and_display_has_its_own_etag(site):
    displays = ({}, LARGE)
    pages = [
        ask(site, GUIDE_PAGE, accept_encoding=accepted, **display)
        for accepted in ("", "gzip", "br")
        for display in displays
    ]

    assert len({page.etag for page in pages}) == len({page.body for page in pages}) == 6
    assert all(page.etag.startswith('"') for page in pages)


def test_the_same_page_has_the_same_etag_in_every_process(site):
    other = PageCache(WSGIHandler(), 2**20)

    assert (
        ask(site, GUIDE_PAGE, accept_encoding="br").etag == ask(other, GUIDE_PAGE, accept_encoding="br").etag
    )


@pytest.mark.parametrize("address", CACHED)
def test_a_public_page_has_headers_for_shared_caches(site, address):
    page = ask(site, address)

    is_html = page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == CACHE_CONTROL
    assert page.headers["vary"] == ("Cookie, Accept-Encoding" if is_html else "Accept-Encoding")


def test_a_head_request_gets_the_headers_of_the_page_and_no_body(site):
    for _ in range(2):  # not cached yet, and cached
        head = ask(site, GUIDE_PAGE, "HEAD", accept_encoding="br")

        assert head.body == b""
        assert head.headers == ask(site, GUIDE_PAGE, accept_encoding="br").headers


def test_a_head_request_for_a_missing_page_gets_no_body(site):
    head = ask(site, "/no-such-page/", "HEAD")

    assert (head.status, head.body) == (404, b"")


# Not modified


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', '"other",W/{} , "third"', "*"])
def test_a_page_that_the_browser_has_is_not_sent_again(site, method, known):
    page = ask(site, GUIDE_PAGE)

    answer = ask(site, GUIDE_PAGE, method, if_none_match=known.format(page.etag))

    assert (answer.status, answer.body) == (304, b"")
    assert answer.etag == page.etag


def test_not_modified_has_all_headers_but_type_and_length(site):
    page = ask(site, GUIDE_PAGE)

    answer = ask(site, GUIDE_PAGE, if_none_match=page.etag)

    assert page.headers.items() - answer.headers.items() == {
        ("content-type", page.headers["content-type"]),
        ("content-length", page.headers["content-length"]),
    }


@pytest.mark.parametrize("known", ['"other"', "", "nonsense", "W/", '""', "{}-no", "W/W/{}"])
def test_another_etag_gets_the_page(site, known):
    page = ask(site, GUIDE_PAGE)

    assert ask(site, GUIDE_PAGE, if_none_match=known.format(page.etag)) == page


def test_the_etag_of_another_encoding_gets_the_page(site):
    gzipped = ask(site, GUIDE_PAGE, accept_encoding="gzip")

    assert ask(site, GUIDE_PAGE, if_none_match=gzipped.etag).status == 200


def test_a_redirect_is_never_answered_with_not_modified(site, tmp_path):
    load(tmp_path, leaflets=[replace(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY])

    assert ask(site, GUIDE_PAGE, if_none_match="*").status == 301


_tags = st.from_regex(r'(W/)?"[!#-~]{0,12}"', fullmatch=True)
OURS = '"0123456789abcdef"'


@given(st.lists(_tags), st.sampled_from(["", "W/"]), st.sampled_from([",", ", ", " ,\t"]))
def test_our_etag_matches_at_any_position_of_a_list(others, prefix, comma):
    assert _matches(comma.join([*others, prefix + OURS, *others]), OURS)


@given(st.lists(_tags.filter(lambda tag: OURS not in tag)).map(", ".join) | st.text())
@example('"0123456789abcdef')
@example('W/"0123456789abcde"')
@example('"*"')
def test_no_other_list_matches(listed):
    assert _matches(listed, OURS) == (listed.strip() == "*")


_codings = st.sampled_from(["br", "gzip", "identity", "deflate", "zstd", "*", "", "BR"])
_weights = st.sampled_from(["", ";q=1", ";q=0", ";q=0.5", "; q=0.001", ";q=", ";q=2", ";x=y", ";q=-1"])


@given(st.lists(st.tuples(_codings, _weights)))
def test_no_browser_gets_an_encoding_that_it_refused(parts):
    accepted = ", ".join(name + weight for name, weight in parts)

    chosen = _best_encoding(accepted)

    named = {name.lower(): weight.replace(" ", "") for name, weight in parts}
    if chosen:
        assert named.get(chosen, named.get("*", ";q=0")) in ("", ";q=1", ";q=0.5", ";q=0.001")


@given(st.text())
def test_any_accept_encoding_gets_one_of_the_three(accepted):
    assert _best_encoding(accepted) in ("", "gzip", "br")


# For how long


def publish_new_text() -> None:
    edit_as_staff("This is the new text.")


def test_an_edit_is_seen_a_second_later(site, clock):
    ask(site, GUIDE_PAGE)
    publish_new_text()

    clock.advance(1)

    assert "This is the new text." in ask(site, GUIDE_PAGE).text


def test_a_notice_is_seen_a_second_after_it_begins_and_is_gone_a_second_after_it_ends(site, clock):
    waiting = notice("Closed.", starts=timezone.now() + timedelta(hours=1))
    before = ask(site, "/")
    # As the clock does it, without a change that signals see.
    past = timezone.now() - timedelta(minutes=1)
    Notice.objects.filter(pk=waiting.pk).update(starts=past)
    clock.advance(1)
    during = ask(site, "/")
    Notice.objects.filter(pk=waiting.pk).update(starts=past - timedelta(hours=1), ends=past)
    clock.advance(1)
    after = ask(site, "/")

    assert ["Closed." in answer.text for answer in (before, during, after)] == [False, True, False]
    assert before.body == after.body


def test_the_site_version_is_read_once_a_second(site, clock):
    assert count_queries(site, "/healthz") == 1
    assert count_queries(site, "/healthz") == 0

    clock.advance(1)

    assert count_queries(site, "/healthz") == 1
    assert count_queries(site, "/healthz") == 0


def test_a_cached_page_takes_no_query_but_the_one_for_the_site_version(site, clock):
    ask(site, GUIDE_PAGE)
    clock.advance(1)

    assert count_queries(site, GUIDE_PAGE) == 1


def test_header_and_footer_are_read_once_for_all_pages(site):
    ask(site, "/leaflets/")

    assert count_queries(site, "/contact/") == 0
    assert count_queries(site, GUIDE_PAGE) == 2


def test_a_changed_footer_is_seen_on_every_page(site, clock):
    ask(site, "/contact/")
    service = Service.objects.get()
    service.council = "Another Council"
    service.save()
    clock.advance(1)

    for address in ("/contact/", "/leaflets/"):
        assert "Another Council" in ask(site, address).text


def test_a_page_that_changed_while_it_was_rendered_is_stale_at_once(site, clock):
    assert ask(site, "/changed-while-rendering/").text == GUIDE.title

    clock.advance(1)

    assert ask(site, "/changed-while-rendering/").text == "A new title"


def test_a_page_with_the_same_content_after_an_edit_keeps_its_etag(site, clock):
    before = ask(site, "/contact/", accept_encoding="br")
    publish_new_text()

    clock.advance(1)

    assert ask(site, "/contact/", accept_encoding="br", if_none_match=before.etag).status == 304


def test_a_leaflet_that_is_withdrawn_is_gone_a_second_later(site, clock):
    ask(site, GUIDE_PAGE)
    editions.withdraw(Leaflet.objects.get(slug=SLUG))
    clock.advance(1)

    for _ in range(2):
        assert ask(site, GUIDE_PAGE).status == 410


# How long a proxy that says when it got a request may keep the answer: it counts whole seconds


def kept_until(site: PageCache, address: str, start: str, **headers: str) -> str | None:
    """Ask as a proxy does; return until when it may keep the answer."""
    return ask(site, address, x_request_start=start, **headers).headers.get("x-accel-expires")


@pytest.fixture
def _wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock says 2000."""
    monkeypatch.setattr(time, "time", lambda: 2000.0)


@pytest.mark.usefixtures("_wall_clock")
@pytest.mark.parametrize(
    ("start", "age", "until"),
    [
        ("t=2000.000", 0, "@2001"),
        ("t=2000.999", 0, "@2001"),
        ("t=2000.999", 0.99, "@2001"),
        ("t=2000.500", 0.75, "@2000"),
        ("t=1999.250", 0.5, "@1999"),
    ],
)
def test_a_proxy_keeps_a_page_for_less_than_two_seconds_after_the_site_looked_for_changes(
    site, clock, start, age, until
):
    ask(site, GUIDE_PAGE)
    clock.advance(age)

    assert kept_until(site, GUIDE_PAGE, start) == until


@pytest.mark.usefixtures("_wall_clock")
@pytest.mark.parametrize("address", ["/", "/sitemap.xml", "/law/code-of-practice/6.17/", "/unmarked/"])
def test_a_proxy_keeps_what_is_the_same_for_everyone(site, address):
    assert kept_until(site, address, "t=2000.000") == "@2001"


@pytest.mark.usefixtures("_wall_clock")
def test_a_proxy_keeps_that_a_leaflet_was_withdrawn(site, clock):
    editions.withdraw(published_edition().leaflet)

    assert kept_until(site, GUIDE_PAGE, "t=2000.000") == "@2001"


@pytest.mark.usefixtures("_wall_clock")
@pytest.mark.parametrize("address", [*UNCACHED, "/private/"])
def test_a_proxy_is_not_told_to_keep_another_answer(site, address):
    assert kept_until(site, address, "t=2000.000") is None


@pytest.mark.usefixtures("_wall_clock")
def test_a_proxy_is_not_told_to_keep_the_page_of_a_signed_in_person(site):
    assert kept_until(site, GUIDE_PAGE, "t=2000.000", cookie="__Host-session=0") is None


def test_a_proxy_that_does_not_say_when_it_got_the_request_is_told_nothing(site):
    assert "x-accel-expires" not in ask(site, GUIDE_PAGE).headers


@pytest.mark.usefixtures("_wall_clock")
@pytest.mark.parametrize(
    "start",
    [
        "t=1600.000",
        "t=2400.000",
        "t=2000000",
        "t=9" + 400 * "9",
        "t=nan",
        "t=inf",
        "t=-1",
        "t=٢٠٠٠",
        "2000.000",
        "t=",
        "t=2000.000\r\nX: 1",
    ],
)
def test_a_proxy_whose_clock_is_minutes_wrong_asks_the_site_each_time(site, start):
    """It may still show the page while the site does not answer."""
    assert kept_until(site, GUIDE_PAGE, start) == "@1"


@pytest.mark.usefixtures("_wall_clock")
def test_a_proxy_does_not_keep_an_old_page_that_is_shown_while_the_new_one_is_rendered(site, clock):
    _resume.set()
    ask(site, "/slow/")
    clock.advance(4000)
    answers = []

    def ask_as_proxy(_: object) -> None:
        assert _started.wait(TIMEOUT)
        answers.append(kept_until(site, "/slow/", "t=2000.000"))

    ask_concurrently(site, "/slow/", meanwhile=ask_as_proxy)

    assert answers == [None]
    assert kept_until(site, "/slow/", "t=2000.000") == "@2001"


@pytest.mark.usefixtures("_wall_clock")
def test_a_proxy_asks_the_site_each_time_while_the_database_is_down(site, clock):
    ask(site, GUIDE_PAGE)

    with lost_database():
        clock.advance(2)

        assert kept_until(site, GUIDE_PAGE, "t=2000.000") == "@1999"  # It was last asked two seconds ago.


# Reading the site version


class SlowDatabase:
    """A database that answers when it is told to. The version changes each time."""

    def __init__(self) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()
        self.answer.set()
        self._numbers = count(1)

    def read(self) -> SiteState:
        self.asked.set()
        assert self.answer.wait(TIMEOUT)
        return SiteState((str(next(self._numbers)),), None)

    @contextmanager
    def asked_by_another_thread(self, reader: SiteVersionReader, now: float) -> Iterator[None]:
        self.asked.clear()
        self.answer.clear()
        with ThreadPoolExecutor(1) as threads:
            try:
                threads.submit(reader.get, now)
                assert self.asked.wait(TIMEOUT)
                yield
            finally:
                self.answer.set()


def test_a_request_waits_for_the_version_that_another_one_reads(clock, monkeypatch):
    monkeypatch.setattr(page_cache, "VERSION_LOCK_TIMEOUT", TIMEOUT)
    database = SlowDatabase()
    reader = SiteVersionReader(clock, read=database.read)
    reader.get(clock.now)
    clock.advance(1)

    with ThreadPoolExecutor(1) as threads, database.asked_by_another_thread(reader, clock.now):
        waiting = threads.submit(reader.get, clock.now)
        time.sleep(0.1)  # Where it comes later, the version is read already, and the test does not fail.
        database.answer.set()

        assert waiting.result(TIMEOUT)[0] == ("2",)


def test_no_request_waits_a_second_time_for_a_database_that_hangs(clock, monkeypatch):
    database = SlowDatabase()
    reader = SiteVersionReader(clock, read=database.read)
    reader.get(clock.now)
    clock.advance(1)

    with database.asked_by_another_thread(reader, clock.now):
        assert reader.get(clock.now)[0] == ("1",)
        monkeypatch.setattr(page_cache, "VERSION_LOCK_TIMEOUT", TIMEOUT)
        before = time.monotonic()
        assert reader.get(clock.now)[0] == ("1",)
        assert time.monotonic() - before < TIMEOUT / 2


def test_requests_wait_again_once_the_database_answers_soon(clock, monkeypatch):
    database = SlowDatabase()
    reader = SiteVersionReader(clock, read=database.read)
    reader.get(clock.now)
    clock.advance(1)
    with database.asked_by_another_thread(reader, clock.now):
        reader.get(clock.now)
    clock.advance(1)
    reader.get(clock.now)
    clock.advance(1)
    monkeypatch.setattr(page_cache, "VERSION_LOCK_TIMEOUT", TIMEOUT)

    with ThreadPoolExecutor(1) as threads, database.asked_by_another_thread(reader, clock.now):
        waiting = threads.submit(reader.get, clock.now)
        time.sleep(0.1)
        database.answer.set()

        assert waiting.result(TIMEOUT)[0] == ("4",)


def test_a_page_is_rendered_again_after_an_hour(site, clock):
    first = ask(site, "/counted/")

    clock.advance(3599)
    assert ask(site, "/counted/") == first
    clock.advance(1)

    assert ask(site, "/counted/") != first


# In how much memory


def test_the_least_recently_used_page_is_evicted_when_the_cache_is_full(clock):
    site = PageCache(WSGIHandler(), 9000, clock)  # two short pages
    one = ask(site, "/counted/?colour=1")
    two = ask(site, "/counted/?colour=2")
    assert ask(site, "/counted/?colour=1") == one

    ask(site, "/counted/?colour=3")

    assert ask(site, "/counted/?colour=1") == one
    assert ask(site, "/counted/?colour=2") != two


def test_a_page_that_is_larger_than_the_cache_is_still_served(clock):
    site = PageCache(WSGIHandler(), 5000, clock)

    for accepted in ("", "br"):
        assert "<h1" in ask(site, GUIDE_PAGE, accept_encoding=accepted).text


def test_compressed_copies_count_towards_the_size(clock):
    plain = len(ask(WSGIHandler(), GUIDE_PAGE).body)
    site = PageCache(WSGIHandler(), 2 * 4000 + plain + 100, clock)
    first = ask(site, "/counted/")
    ask(site, GUIDE_PAGE)
    assert ask(site, "/counted/") == first

    ask(site, GUIDE_PAGE, accept_encoding="br")

    assert ask(site, "/counted/") != first


def test_a_page_is_found_at_any_time_while_other_threads_store_and_evict_pages():
    store, interval = page_cache._PageStore(10 * page_cache.PAGE_OVERHEAD), sys.getswitchinterval()
    kept = page_cache.CachedPage("200 OK", [], b"", ("1",), 0.0)
    store.set(("kept",), kept)
    stop = threading.Event()

    def write() -> None:
        for number in count():
            store.set((number,), page_cache.CachedPage("200 OK", [], b"", ("1",), 0.0))
            store.update_size(("kept",), kept)
            if stop.is_set():
                return

    sys.setswitchinterval(1e-6)
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        try:
            found = {store.get(("kept",)) is kept for _ in range(20_000)}
            for number in range(20_000):
                store.get((number,))
        finally:
            stop.set()
            sys.setswitchinterval(interval)
        writing.result()

    assert found == {True}
    assert store._bytes == sum(size for _, size in store._pages.values())


def test_with_size_zero_nothing_is_cached(clock):
    site = PageCache(WSGIHandler(), 0, clock)

    assert ask(site, "/counted/").text != ask(site, "/counted/").text


# Concurrent requests


def let_them_arrive(_: list[Future[Answer]]) -> None:
    """Wait a moment. A request that arrives later is answered from the cache, and no test fails for it."""
    time.sleep(0.3)


def ask_concurrently(
    site: PageCache, *addresses: str, meanwhile: Callable[[list[Future[Answer]]], object] = let_them_arrive
) -> list[Answer]:
    """Ask for addresses, each in its own thread. Slow views are resumed after `meanwhile`."""
    _started.clear()
    _resume.clear()
    ask(site, "/healthz")  # Reads the site version, so that no thread needs the database.
    with ThreadPoolExecutor(len(addresses)) as threads:
        answers = [threads.submit(ask, site, address) for address in addresses]
        try:
            meanwhile(answers)
        finally:
            _resume.set()
        return [answer.result(TIMEOUT) for answer in answers]


@pytest.fixture
def _long_render_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests wait for the one that renders their page for as long as a busy machine takes."""
    monkeypatch.setattr(page_cache, "RENDER_TIMEOUT_WITHOUT_PAGE", TIMEOUT)


@pytest.mark.usefixtures("_long_render_timeout")
def test_concurrent_requests_for_a_page_render_it_once(site):
    answers = ask_concurrently(site, *["/slow/"] * 8)

    assert len({answer.body for answer in answers}) == 1


def test_a_request_that_waits_does_not_block_requests_for_other_pages(site):
    other = []

    def ask_for_another(_: object) -> None:
        assert _started.wait(TIMEOUT)
        other.append(ask(site, "/counted/").status)

    ask_concurrently(site, "/slow/", meanwhile=ask_for_another)

    assert other == [200]


def test_concurrent_requests_for_a_page_that_is_not_cacheable_each_get_their_own(site):
    answers = ask_concurrently(site, *["/with-cookie/"] * 4)

    assert len({answer.body for answer in answers}) == 4


def test_a_page_that_another_thread_has_just_rendered_is_not_rendered_again(site):
    """The cache is read twice: the page appears between the two reads."""
    cache, found = site._pages, []

    def get_nothing_once(key: object) -> object:
        found.append(None if not found else type(cache).get(cache, key))
        return found[-1]

    first = ask(site, "/counted/")
    cache.get = get_nothing_once

    assert ask(site, "/counted/") == first


def test_a_request_for_one_encoding_does_not_wait_for_another_encoding(site):
    ask(site, "/counted/")
    (page, _) = next(iter(site._pages._pages.values()))

    with page._encoding_locks["br"]:
        assert ask(site, "/counted/").status == 200
        assert ask(site, "/counted/", accept_encoding="gzip").status == 200


def test_a_request_that_waits_gets_the_stale_page_soon(site, clock, tmp_path):
    _resume.set()
    old = ask(site, "/slow/")
    clock.advance(4000)

    answers = ask_concurrently(
        site, "/slow/", "/slow/", meanwhile=lambda answers: wait(answers, TIMEOUT, FIRST_COMPLETED)
    )

    assert old.body in {answer.body for answer in answers}


def test_concurrent_requests_for_an_encoding_get_the_same_bytes(site):
    ask(site, GUIDE_PAGE)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(site, GUIDE_PAGE, accept_encoding="br"), range(16)))

    assert len({answer.body for answer in answers}) == 1
    assert answers[0].text == ask(site, GUIDE_PAGE).text


# Without a database


def test_without_a_database_cached_pages_are_served(site, clock):
    page = ask(site, GUIDE_PAGE)

    with lost_database():
        clock.advance(1)

        assert ask(site, GUIDE_PAGE) == page
        assert ask(site, GUIDE_PAGE, accept_encoding="br").text == page.text


def test_without_a_database_stale_pages_are_served(site, clock):
    page = ask(site, GUIDE_PAGE)
    publish_new_text()
    clock.advance(1)
    ask(site, "/healthz")  # Reads the new site version.

    with lost_database():
        assert ask(site, GUIDE_PAGE) == page
        clock.advance(4000)
        assert ask(site, GUIDE_PAGE) == page


def test_a_changed_page_is_served_once_the_database_is_back(site, clock):
    ask(site, GUIDE_PAGE)
    publish_new_text()
    clock.advance(1)
    with lost_database():
        ask(site, GUIDE_PAGE)

    clock.advance(6)

    assert "This is the new text." in ask(site, GUIDE_PAGE).text


def test_without_a_database_a_page_that_is_not_cached_is_a_server_error(site, clock):
    ask(site, "/")
    with lost_database():
        clock.advance(1)
        page = ask(site, GUIDE_PAGE)

    assert page.status == 500
    assert "Something went wrong here" in page.text
    assert ask(site, GUIDE_PAGE).status == 200


@pytest.mark.parametrize("answers", [0, 2])
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_a_database_the_site_is_alive_and_not_ready(site, clock, error, answers):
    ask(site, "/readyz")

    with lost_database(error=error, answers=answers):
        assert ask(site, "/readyz").status == 503
        assert ask(site, "/healthz").status == 200


def test_a_process_that_starts_without_a_database_caches_nothing(site, clock):
    site = PageCache(WSGIHandler(), 2**20, clock)
    with lost_database():
        bodies = {ask(site, "/counted/").body for _ in range(2)}

    clock.advance(1)

    assert len(bodies) == 2
    assert ask(site, "/counted/") == ask(site, "/counted/")


def test_rendering_a_page_that_failed_is_not_retried_for_each_request(site, clock):
    ask(site, GUIDE_PAGE)
    publish_new_text()
    clock.advance(1)
    ask(site, "/healthz")
    with lost_database():
        ask(site, GUIDE_PAGE)

        clock.advance(0.5)
        with CaptureQueriesContext(connection) as queries:
            ask(site, GUIDE_PAGE)

    assert len(queries) == 0


def test_a_page_with_the_same_content_keeps_its_compressed_copies(site, clock):
    ask(site, GUIDE_PAGE, accept_encoding="br")
    (page, _) = next(iter(site._pages._pages.values()))
    copy = page.encoded["br"]

    clock.advance(4000)
    ask(site, GUIDE_PAGE, accept_encoding="br")

    (same, _) = next(iter(site._pages._pages.values()))
    assert same.encoded["br"] is copy


# Staff see what they publish


def test_staff_see_a_new_edition_at_once(client, clock):
    site = PageCache(WSGIHandler(), 2**20, clock)
    ask(site, GUIDE_PAGE)
    staff = visitor()
    staff.force_login(User.objects.create_superuser("head"))
    publish_new_text()

    page = ask(site, GUIDE_PAGE, cookie=f"__Host-session={staff.cookies['__Host-session'].value}")

    assert "This is the new text." in page.text
