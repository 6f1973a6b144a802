"""Finished pages kept in memory: what is kept, for whom, in which form, and for how long."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import count
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import path
from hypothesis import example, given, strategies as st

from leaflets.models import Leaflet, Service
from leaflets.public.caching import CACHE_CONTROL, public_page
from leaflets.publishing import editions
from sendiass_site import urls
from sendiass_site.web.page_cache import PageCache, _best_encoding, _matches
from tests.factories import SLUG, draft_as_staff, edit_as_staff, live, load
from tests.pages import GUIDE, PRIVACY, load_site, lost_database, same_but, visitor
from tests.wsgi import Answer, Clock, ask

GUIDE_PAGE = f"/leaflets/{SLUG}/"
KEPT = [
    "/",
    "/leaflets/",
    "/leaflets/?page=1",
    GUIDE_PAGE,
    f"{GUIDE_PAGE}editions/",
    f"{GUIDE_PAGE}editions/1/",
    "/code-of-practice/",
    "/code-of-practice/6.17/",
    "/contact/",
    "/privacy/",
    "/robots.txt",
    "/sitemap.xml",
    "/.well-known/security.txt",
]
NEVER_KEPT = [
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

# Views that a public page may have some day, beside the site's own.

_made = count(1)
_go_on = threading.Event()


@public_page(reads=("colour",))
def counted(request: HttpRequest) -> HttpResponse:
    """Say how often it was asked."""
    return HttpResponse(f"{next(_made)} {request.GET.get('colour', '')}")


@public_page()
def slow(request: HttpRequest) -> HttpResponse:
    """Take until somebody lets it go on, and say how often it was asked."""
    assert _go_on.wait(30)
    return HttpResponse(str(next(_made)))


@public_page()
def with_cookie(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(str(next(_made)))
    response.set_cookie("taste", "sweet")
    return response


@public_page()
def piece_by_piece(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse([str(next(_made))])


@public_page()
def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(next(_made)), headers={"Cache-Control": "private"})


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(next(_made)), headers={"Cache-Control": CACHE_CONTROL})


@public_page()
def overtaken(request: HttpRequest) -> HttpResponse:
    """Read the leaflet's title; somebody publishes another one before the page is finished."""
    title = live().title
    if title == GUIDE.title:
        editions.publish(draft_as_staff("Another text"))
        live_edition = live()
        live_edition.title = "A new title"
        live_edition.save()
    return HttpResponse(title)


urlpatterns = [
    path("counted/", counted),
    path("slow/", slow),
    path("with-cookie/", with_cookie),
    path("piece-by-piece/", piece_by_piece),
    path("private/", private),
    path("unmarked/", unmarked),
    path("overtaken/", overtaken),
    *urls.urlpatterns,
]
handler404, handler500 = urls.handler404, urls.handler500

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def _connection_of_the_test(db) -> Iterator[None]:
    """Keep the connection with the test's own transaction: Django would close it between two requests."""
    ends = (request_started, request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path, clock) -> PageCache:
    """The small site behind a cache, as its server has it."""
    load_site(tmp_path)
    return PageCache(WSGIHandler(), 2**20, clock)


def questions(site: PageCache, address: str, **headers: str) -> int:
    """How often the database is asked for a page."""
    with CaptureQueriesContext(connection) as asked:
        ask(site, address, **headers)
    return len(asked)


# What is kept


@pytest.fixture
def served() -> ModuleType:
    """What gunicorn loads. It looks for the static files, which are there once tests run."""
    return import_module("sendiass_site.wsgi")


@pytest.mark.usefixtures("site")
def test_the_application_that_is_served_keeps_pages(served):
    first = ask(served.application, "/leaflets/")

    with lost_database():
        assert ask(served.application, "/leaflets/").text == first.text


@pytest.mark.parametrize("address", KEPT)
def test_a_public_page_is_made_once_and_then_answered_without_the_database(site, address):
    first = ask(site, address)

    with lost_database():
        second = ask(site, address)

    assert first.status == 200
    assert second == first


def test_the_redirect_from_an_old_address_is_kept(site, tmp_path):
    load(tmp_path, leaflets=[same_but(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY])
    first = ask(site, GUIDE_PAGE)

    with lost_database():
        second = ask(site, GUIDE_PAGE)

    assert (second.status, second.headers["location"]) == (301, "/leaflets/sen-help/")
    assert second == first


@pytest.mark.parametrize("address", KEPT)
def test_a_kept_page_is_the_page_that_django_made(site, address):
    made = ask(WSGIHandler(), address)
    ask(site, address)

    kept = ask(site, address)

    assert kept.body == made.body
    ours = {"etag", "vary", "content-length"}
    assert {name: value for name, value in kept.headers.items() if name not in ours} == {
        name: value for name, value in made.headers.items() if name not in ours
    }


@pytest.mark.parametrize("address", NEVER_KEPT)
def test_a_page_that_is_not_the_same_for_everybody_is_never_kept(site, address):
    ask(site, "/")
    ask(site, address)
    before = ask(site, address)

    assert "etag" not in before.headers
    assert "public" not in before.headers.get("cache-control", "")


def test_a_withdrawn_leaflet_is_not_kept(site):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    assert ask(site, GUIDE_PAGE).status == 410
    assert "etag" not in ask(site, GUIDE_PAGE).headers


@pytest.mark.parametrize("address", ["/with-cookie/", "/piece-by-piece/", "/private/", "/unmarked/"])
def test_an_answer_that_is_not_for_keeping_is_made_each_time(site, address):
    assert ask(site, address).text != ask(site, address).text


def test_what_is_sent_to_a_page_is_never_answered_from_memory(site):
    ask(site, GUIDE_PAGE)

    assert ask(site, GUIDE_PAGE, "POST").status == 403


def test_whoever_has_a_session_gets_every_page_from_django(site):
    ask(site, "/counted/")

    page = ask(site, "/counted/", cookie="__Host-session=abc")

    assert page.text != ask(site, "/counted/").text
    assert page.headers["cache-control"] == "private, no-cache"


def test_a_page_for_somebody_with_a_session_is_given_to_nobody_else(site):
    page = ask(site, "/counted/", cookie="display=large; __Host-session=abc")

    assert ask(site, "/counted/", **LARGE).text != page.text


def test_whoever_is_about_to_sign_in_gets_every_page_from_django(site):
    assert ask(site, "/counted/").text != ask(site, "/counted/", cookie="__Host-csrf=abc").text


# For whom


def test_each_display_has_its_own_copy(site):
    standard, large = ask(site, "/"), ask(site, "/", **LARGE)

    assert 'class="large"' not in standard.text
    assert 'class="large"' in large.text
    assert (ask(site, "/"), ask(site, "/", **LARGE)) == (standard, large)


def test_large_print_for_one_page_is_the_copy_of_those_who_always_have_it(site):
    assert ask(site, "/counted/?display=large") == ask(site, "/counted/", **LARGE)


def test_standard_print_for_one_page_is_the_copy_of_those_who_always_have_it(site):
    assert ask(site, "/counted/?display=standard", **LARGE) == ask(site, "/counted/")


@pytest.mark.parametrize(
    "cookie", ["display=huge", "_ga=1.2.3", "a=b; c=d", "display", ";;;", "display=Large"]
)
def test_cookies_that_no_page_reads_make_no_copies(site, cookie):
    assert ask(site, "/counted/", cookie=cookie) == ask(site, "/counted/")


@pytest.mark.parametrize(
    "query", ["utm_source=post", "page=2", "display=huge", "&&", "%FF=%FF", "=", "a=1&a=2"]
)
def test_a_query_that_no_view_reads_makes_no_copies(site, query):
    assert ask(site, f"/counted/?{query}") == ask(site, "/counted/")


def test_a_query_that_no_view_reads_does_not_get_into_the_page_of_others(site):
    ask(site, f"{GUIDE_PAGE}?fbclid=secret")

    assert "secret" not in ask(site, GUIDE_PAGE).text


def test_a_query_that_the_view_reads_has_its_own_copy(site):
    red = ask(site, "/counted/?colour=red&utm_source=post")

    assert red.text.endswith(" red")
    assert ask(site, "/counted/?colour=red") == red
    assert ask(site, "/counted/").text.endswith(" ")


def test_of_a_parameter_that_is_given_twice_the_last_one_counts(site):
    assert ask(site, "/counted/?colour=blue&colour=red") == ask(site, "/counted/?colour=red")


def test_more_parameters_than_anybody_needs_are_refused_as_ever(site):
    query = "&".join(f"a{number}=1" for number in range(2000))

    assert ask(site, f"/counted/?{query}").status == 400


def test_each_host_has_its_own_copy(site):
    ask(site, GUIDE_PAGE)

    page = ask(site, GUIDE_PAGE, host="localhost")

    assert f'href="https://localhost{GUIDE_PAGE}"' in page.text
    assert f'href="https://testserver{GUIDE_PAGE}"' in ask(site, GUIDE_PAGE).text


@pytest.mark.parametrize("host", ["TESTSERVER", "testserver:1", "testserver:65535", "testserver."])
def test_a_name_that_nobody_uses_is_answered_and_makes_no_copy(site, host):
    pages = [ask(site, "/counted/", host=host) for _ in range(2)]

    assert [page.status for page in pages] == [200, 200]
    assert pages[0].body != pages[1].body


def test_the_port_of_the_server_belongs_to_its_name(site):
    assert ask(site, "/counted/", host="testserver:443") == ask(site, "/counted/", host="testserver:443")


def test_below_a_name_that_stands_for_many_nothing_is_kept(site, settings):
    settings.ALLOWED_HOSTS = [".example.org"]

    pages = [ask(site, "/counted/", host=f"{name}.example.org").body for name in ("a", "a", "b")]

    assert len(set(pages)) == 3


def test_a_site_below_another_address_keeps_nothing(site):
    pages = [ask(site, "/counted/", script_name="/elsewhere").body for _ in range(2)]

    assert pages[0] != pages[1]


def test_a_host_that_is_not_ours_is_refused_each_time(site):
    ask(site, "/")

    for _ in range(2):
        page = ask(site, "/", host="evil.example")

        assert page.status == 400
        assert "evil.example" not in page.text


def test_without_encryption_everybody_is_sent_on_each_time(site):
    ask(site, "/")

    for _ in range(2):
        answer = ask(site, "/", scheme="http")

        assert (answer.status, answer.headers["location"]) == (301, "https://testserver/")
        assert "etag" not in answer.headers


# In which form


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
def test_a_page_comes_in_the_encoding_that_the_browser_likes_best(site, accepted, encoding):
    page = ask(site, GUIDE_PAGE, accept_encoding=accepted)

    assert page.headers.get("content-encoding", "") == encoding
    assert page.text == ask(site, GUIDE_PAGE).text
    assert page.headers["content-length"] == str(len(page.body))


def test_a_compressed_page_is_small(site):
    plain, packed, packed_best = (
        len(ask(site, GUIDE_PAGE, accept_encoding=accepted).body) for accepted in ("", "gzip", "br")
    )

    assert packed_best < packed < plain / 2


def test_a_text_that_does_not_get_smaller_is_sent_as_it_is(site):
    assert "content-encoding" not in ask(site, "/counted/", accept_encoding="br").headers


def test_other_bytes_have_another_etag(site):
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


@pytest.mark.parametrize("address", KEPT)
def test_a_public_page_says_that_anybody_may_keep_it_and_what_it_depends_on(site, address):
    page = ask(site, address)

    is_html = page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == CACHE_CONTROL
    assert page.headers["vary"] == ("Cookie, Accept-Encoding" if is_html else "Accept-Encoding")


def test_a_question_about_the_head_alone_gets_just_that(site):
    for _ in range(2):  # not kept yet, and kept
        head = ask(site, GUIDE_PAGE, "HEAD", accept_encoding="br")

        assert head.body == b""
        assert head.headers == ask(site, GUIDE_PAGE, accept_encoding="br").headers


def test_a_question_about_the_head_of_a_missing_page_gets_no_body(site):
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


def test_not_modified_says_again_what_keeps_the_page_good_and_safe(site):
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
    packed = ask(site, GUIDE_PAGE, accept_encoding="gzip")

    assert ask(site, GUIDE_PAGE, if_none_match=packed.etag).status == 200


def test_a_redirect_is_never_answered_with_not_modified(site, tmp_path):
    load(tmp_path, leaflets=[same_but(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY])

    assert ask(site, GUIDE_PAGE, if_none_match="*").status == 301


_tags = st.from_regex(r'(W/)?"[!#-~]{0,12}"', fullmatch=True)
OURS = '"0123456789abcdef"'


@given(st.lists(_tags), st.sampled_from(["", "W/"]), st.sampled_from([",", ", ", " ,\t"]))
def test_our_etag_is_found_wherever_it_stands_in_a_list(others, prefix, comma):
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
def test_whatever_a_browser_says_it_gets_one_of_the_three(accepted):
    assert _best_encoding(accepted) in ("", "gzip", "br")


# For how long


def publish_new_words() -> None:
    edit_as_staff("These are the new words.")


def test_an_edit_is_seen_a_second_later(site, clock):
    ask(site, GUIDE_PAGE)
    publish_new_words()

    clock.pass_(1)

    assert "These are the new words." in ask(site, GUIDE_PAGE).text


def test_the_stamp_is_looked_at_once_a_second(site, clock):
    assert questions(site, "/healthz") == 1
    assert questions(site, "/healthz") == 0

    clock.pass_(1)

    assert questions(site, "/healthz") == 1
    assert questions(site, "/healthz") == 0


def test_the_look_is_all_that_a_kept_page_asks(site, clock):
    ask(site, GUIDE_PAGE)
    clock.pass_(1)

    assert questions(site, GUIDE_PAGE) == 1


def test_header_and_footer_are_read_once_for_all_pages(site):
    ask(site, "/leaflets/")

    assert questions(site, "/contact/") == 0
    assert questions(site, GUIDE_PAGE) == 2


def test_a_changed_footer_is_seen_on_every_page(site, clock):
    ask(site, "/contact/")
    service = Service.objects.get()
    service.tagline = "A new line"
    service.save()
    clock.pass_(1)

    for address in ("/contact/", "/leaflets/"):
        assert "A new line" in ask(site, address).text


def test_a_page_that_was_overtaken_by_an_edit_is_not_kept_as_a_new_one(site, clock):
    assert ask(site, "/overtaken/").text == GUIDE.title

    clock.pass_(1)

    assert ask(site, "/overtaken/").text == "A new title"


def test_a_page_that_an_edit_did_not_touch_stays_as_it_was(site, clock):
    before = ask(site, "/contact/", accept_encoding="br")
    publish_new_words()

    clock.pass_(1)

    assert ask(site, "/contact/", accept_encoding="br", if_none_match=before.etag).status == 304


def test_a_leaflet_that_is_withdrawn_is_gone_a_second_later(site, clock):
    ask(site, GUIDE_PAGE)
    editions.withdraw(Leaflet.objects.get(slug=SLUG))
    clock.pass_(1)

    for _ in range(2):
        assert ask(site, GUIDE_PAGE).status == 410


def test_a_page_is_made_again_after_an_hour_because_some_are_about_today(site, clock):
    first = ask(site, "/counted/")

    clock.pass_(3599)
    assert ask(site, "/counted/") == first
    clock.pass_(1)

    assert ask(site, "/counted/") != first


# In so much room


def test_where_room_is_short_the_page_goes_that_nobody_asked_for_longest(tmp_path, clock):
    load_site(tmp_path)
    site = PageCache(WSGIHandler(), 9000, clock)  # two short pages
    one = ask(site, "/counted/?colour=1")
    two = ask(site, "/counted/?colour=2")
    assert ask(site, "/counted/?colour=1") == one

    ask(site, "/counted/?colour=3")

    assert ask(site, "/counted/?colour=1") == one
    assert ask(site, "/counted/?colour=2") != two


def test_a_page_that_is_too_big_to_keep_is_still_shown(tmp_path, clock):
    load_site(tmp_path)
    site = PageCache(WSGIHandler(), 5000, clock)

    for accepted in ("", "br"):
        assert "<h1>" in ask(site, GUIDE_PAGE, accept_encoding=accepted).text


def test_compressed_copies_take_room_too(tmp_path, clock):
    load_site(tmp_path)
    plain = len(ask(WSGIHandler(), GUIDE_PAGE).body)
    site = PageCache(WSGIHandler(), 2 * 4000 + plain + 100, clock)
    first = ask(site, "/counted/")
    ask(site, GUIDE_PAGE)
    assert ask(site, "/counted/") == first

    ask(site, GUIDE_PAGE, accept_encoding="br")

    assert ask(site, "/counted/") != first


def test_with_no_room_nothing_is_kept(tmp_path, clock):
    load_site(tmp_path)
    site = PageCache(WSGIHandler(), 0, clock)

    assert ask(site, "/counted/").text != ask(site, "/counted/").text


# Many at once


def at_once(site: PageCache, *addresses: str, while_waiting: Callable[[], None] = _go_on.set) -> list[Answer]:
    """Ask for addresses, each in a thread of its own, and let slow views go on when all of them wait."""
    _go_on.clear()
    ask(site, "/healthz")  # The stamp is known: no thread needs the database.
    with ThreadPoolExecutor(len(addresses)) as threads:
        answers = [threads.submit(ask, site, address) for address in addresses]
        timer = threading.Timer(0.3, while_waiting)
        timer.start()
        found = [answer.result(30) for answer in answers]
        timer.join()
    return found


def test_of_many_who_ask_for_a_page_at_once_one_has_it_made(site):
    answers = at_once(site, *["/slow/"] * 8)

    assert len({answer.body for answer in answers}) == 1


def test_whoever_waits_for_a_page_holds_up_nobody_who_wants_another(site):
    other = []

    def ask_for_another() -> None:
        other.append(ask(site, "/counted/").status)
        _go_on.set()

    at_once(site, "/slow/", while_waiting=ask_for_another)

    assert other == [200]


def test_many_who_ask_for_a_page_that_nobody_may_keep_each_get_their_own(site):
    answers = at_once(site, *["/with-cookie/"] * 4)

    assert len({answer.body for answer in answers}) == 4


def test_whoever_comes_when_it_is_just_made_has_it_made_no_second_time(site):
    """A reader who found no page is the next to make it, and finds that somebody has."""
    cache, found = site._pages, []

    def get_nothing_once(key: object) -> object:
        found.append(None if not found else type(cache).get(cache, key))
        return found[-1]

    first = ask(site, "/counted/")
    cache.get = get_nothing_once

    assert ask(site, "/counted/") == first


def test_whoever_wants_a_page_as_it_is_does_not_wait_for_somebody_who_has_it_compressed(site):
    ask(site, "/counted/")
    (page, _) = next(iter(site._pages._pages.values()))

    with page._compressing["br"]:
        assert ask(site, "/counted/").status == 200
        assert ask(site, "/counted/", accept_encoding="gzip").status == 200


def test_whoever_waits_for_a_page_of_which_there_is_an_older_one_gets_that_soon(site, clock, tmp_path):
    _go_on.set()
    old = ask(site, "/slow/")
    clock.pass_(4000)

    answers = at_once(site, "/slow/", "/slow/", while_waiting=lambda: (time.sleep(1.5), _go_on.set()))

    assert old.body in {answer.body for answer in answers}


def test_compressing_a_page_for_many_at_once_gives_all_of_them_the_same(site):
    ask(site, GUIDE_PAGE)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(site, GUIDE_PAGE, accept_encoding="br"), range(16)))

    assert len({answer.body for answer in answers}) == 1
    assert answers[0].text == ask(site, GUIDE_PAGE).text


# Without a database


def test_without_a_database_kept_pages_are_shown(site, clock):
    page = ask(site, GUIDE_PAGE)

    with lost_database():
        clock.pass_(1)

        assert ask(site, GUIDE_PAGE) == page
        assert ask(site, GUIDE_PAGE, accept_encoding="br").text == page.text


def test_without_a_database_even_pages_are_shown_that_should_be_made_again(site, clock):
    page = ask(site, GUIDE_PAGE)
    publish_new_words()
    clock.pass_(1)
    ask(site, "/healthz")  # From here on the site is known to have changed.

    with lost_database():
        assert ask(site, GUIDE_PAGE) == page
        clock.pass_(4000)
        assert ask(site, GUIDE_PAGE) == page


def test_when_the_database_is_back_so_are_the_new_words(site, clock):
    ask(site, GUIDE_PAGE)
    publish_new_words()
    clock.pass_(1)
    with lost_database():
        ask(site, GUIDE_PAGE)

    clock.pass_(6)

    assert "These are the new words." in ask(site, GUIDE_PAGE).text


def test_without_a_database_a_page_that_is_not_kept_says_that_it_is_our_fault(site, clock):
    ask(site, "/")
    with lost_database():
        clock.pass_(1)
        page = ask(site, GUIDE_PAGE)

    assert page.status == 500
    assert "Something went wrong here" in page.text
    assert ask(site, GUIDE_PAGE).status == 200


@pytest.mark.parametrize("answers", [0, 2])
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_a_database_the_site_is_not_ready_and_alive(site, clock, error, answers):
    ask(site, "/readyz")

    with lost_database(error=error, answers=answers):
        assert ask(site, "/readyz").status == 503
        assert ask(site, "/healthz").status == 200


def test_a_process_that_starts_without_a_database_keeps_nothing(site, clock):
    site = PageCache(WSGIHandler(), 2**20, clock)
    with lost_database():
        made = {ask(site, "/counted/").body for _ in range(2)}

    clock.pass_(1)

    assert len(made) == 2
    assert ask(site, "/counted/") == ask(site, "/counted/")


def test_a_page_that_could_not_be_made_again_is_not_tried_with_every_reader(site, clock):
    ask(site, GUIDE_PAGE)
    publish_new_words()
    clock.pass_(1)
    ask(site, "/healthz")
    with lost_database():
        ask(site, GUIDE_PAGE)

        clock.pass_(0.5)
        with CaptureQueriesContext(connection) as asked:
            ask(site, GUIDE_PAGE)

    assert len(asked) == 0


def test_a_page_that_came_out_the_same_keeps_its_compressed_copies(site, clock):
    ask(site, GUIDE_PAGE, accept_encoding="br")
    (page, _) = next(iter(site._pages._pages.values()))
    copy = page.answers["br"]

    clock.pass_(4000)
    ask(site, GUIDE_PAGE, accept_encoding="br")

    (same, _) = next(iter(site._pages._pages.values()))
    assert same.answers["br"] is copy


# Before the workers part


@pytest.mark.django_db(transaction=True)
def test_what_readers_ask_for_most_is_made_before_the_first_of_them_comes(served, tmp_path):
    load_site(tmp_path)

    served.warm_up()

    assert connection.connection is None  # No two processes may use one.
    with lost_database():
        for address in ("/", "/leaflets/", GUIDE_PAGE):
            assert ask(served.application, address).status == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_server_that_starts_without_a_database_starts_all_the_same(served, error):
    with lost_database(error=error):
        served.warm_up()


# Staff see what they publish


def test_staff_see_a_new_edition_at_once(client, tmp_path, clock):
    load_site(tmp_path)
    site = PageCache(WSGIHandler(), 2**20, clock)
    ask(site, GUIDE_PAGE)
    staff = visitor()
    staff.force_login(User.objects.create_superuser("head"))
    publish_new_words()

    page = ask(site, GUIDE_PAGE, cookie=f"__Host-session={staff.cookies['__Host-session'].value}")

    assert "These are the new words." in page.text
