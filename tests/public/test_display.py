"""Large print: the button, its cookie and the `display` parameter."""

from http.cookies import Morsel
from urllib.parse import urlsplit

import pytest
from django.test import Client
from hypothesis import example, given, strategies as st

from leaflets.public.display import safe_redirect_path
from tests.conftest import HttpsClient
from tests.pages import Page, crawl, load_site, visit, visitor
from tests.texts import visible_text

# The same pages in another size.
pytestmark = pytest.mark.any_database

_ONE_YEAR = 365 * 24 * 3600  # seconds


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


def is_large(page: Page) -> bool:
    return page.tree.get("data-display") == "large"


def choose(client: Client, display: str, back_to: str = "/") -> tuple[int, str, dict[str, Morsel]]:
    """Post the display form; return the status, the redirect target and the cookies set."""
    response = client.post("/display/", {"display": display, "next": back_to})
    return response.status_code, response.get("Location", ""), dict(response.cookies)


# The button and its cookie


@pytest.mark.django_db
def test_pages_are_in_standard_print_by_default(client):
    page = visit(client, "/")

    assert not is_large(page)
    assert page.text("button[@name='display']") == "Large print"


def test_choosing_large_print_sets_one_cookie_and_goes_back_to_the_page(client):
    status, location, cookies = choose(client, "large", back_to="/leaflets/sen-support/?page=2#plan")

    assert status == 303
    assert location == "/leaflets/sen-support/?page=2#plan"
    assert [(name, cookie.value) for name, cookie in cookies.items()] == [("display", "large")]


def test_the_cookie_lasts_a_year_and_is_secure_http_only_and_same_site(client):
    _, _, cookies = choose(client, "large")

    cookie = cookies["display"]
    assert cookie["max-age"] == _ONE_YEAR
    assert cookie["httponly"] is True
    assert cookie["secure"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""


@pytest.mark.django_db
def test_every_page_is_in_large_print_with_the_cookie(client):
    choose(client, "large")

    pages = crawl(client)

    assert {url for url, page in pages.items() if not is_large(page)} == set()


@pytest.mark.django_db
def test_a_page_in_large_print_offers_standard_print(client):
    page = visit(visitor(display="large"), "/")

    assert page.text("button[@value='standard']") == "Standard print"
    assert page.all("button[@value='large']") == []


def test_choosing_standard_print_deletes_the_cookie(client):
    choose(client, "large")

    status, location, cookies = choose(client, "standard", back_to="/contact/")

    assert (status, location) == (303, "/contact/")
    assert list(cookies) == ["display"]
    assert (cookies["display"].value, cookies["display"]["max-age"]) == ("", 0)


@pytest.mark.django_db
def test_the_button_returns_to_the_same_page_and_query_string(client):
    page = visit(client, "/have-your-say/?leaflet=sen-support&section=plan")

    button = page.one("form[@action='/display/']/input[@name='next']")
    assert button.get("value") == "/have-your-say/?leaflet=sen-support&section=plan"


@pytest.mark.django_db
def test_the_button_returns_to_the_url_without_its_display_parameter(client):
    page = visit(client, "/contact/?display=large")

    assert "display=" not in page.one("form[@action='/display/']/input[@name='next']").get("value")


# The `display` parameter


@pytest.mark.django_db
def test_the_display_parameter_shows_one_page_in_large_print_without_a_cookie(client):
    page = visit(client, "/leaflets/sen-support/?display=large")

    assert is_large(page)
    assert page.response.cookies == {}
    assert not is_large(visit(client, "/leaflets/sen-support/"))


@pytest.mark.django_db
def test_the_display_parameter_shows_one_page_in_standard_print_despite_the_cookie():
    reader = visitor(display="large")

    page = visit(reader, "/leaflets/sen-support/?display=standard")

    assert not is_large(page)
    assert is_large(visit(reader, "/leaflets/sen-support/"))


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["", "huge", "LARGE", "<script>", "large large"])
def test_a_cookie_with_an_unknown_value_is_ignored(value):
    page = visit(visitor(display=value), "/")

    assert page.status == 200
    assert not is_large(page)


@pytest.mark.django_db
def test_a_display_parameter_with_an_unknown_value_is_ignored():
    page = visit(visitor(display="large"), "/?display=huge")

    assert is_large(page)


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["", "huge", "LARGE", "large\n"])
def test_an_unknown_display_is_refused(client, value):
    status, location, cookies = choose(client, value)

    assert status == 400
    assert location == ""
    assert cookies == {}


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_the_display_is_changed_by_post_only(client, method):
    response = getattr(client, method)("/display/?display=large")

    assert response.status_code == 405
    assert response.cookies == {}


def test_the_button_needs_no_csrf_token():
    stranger = HttpsClient(enforce_csrf_checks=True)

    status, _, cookies = choose(stranger, "large")

    assert status == 303
    assert "display" in cookies


# No open redirect


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "///evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "?page=2",
        "",
    ],
)
def test_an_external_return_url_redirects_to_the_home_page(client, elsewhere):
    status, location, _ = choose(client, "large", back_to=elsewhere)

    assert (status, location) == (303, "/")


def test_a_missing_return_url_redirects_to_the_home_page(client):
    response = client.post("/display/", {"display": "large"})

    assert response["Location"] == "/"


def as_browsers_read(location: str) -> str:
    """How a browser parses a URL: it drops tabs and line ends, and takes `\\` for `/`."""
    for dropped in "\t\r\n":
        location = location.replace(dropped, "")
    return location.strip("".join(map(chr, range(33)))).replace("\\", "/")


_pieces = st.sampled_from(
    [
        "/",
        "//",
        "\\",
        "\t",
        "\r",
        "\n",
        " ",
        "\x00",
        ":",
        "@",
        "?",
        "#",
        "%2F",
        "evil.example",
        "https:",
        "javascript:",
        "[",
        "]",
        "..",
        "é",
    ]
)
_addresses = st.lists(_pieces | visible_text, max_size=6).map("".join)


@given(_addresses)
@example("/\t/evil.example")
@example("//[")
@example("/%2F/evil.example")
def test_no_return_url_redirects_to_another_site(address):
    _, location, _ = choose(visitor(), "large", back_to=address)

    seen = as_browsers_read(location)
    assert seen.startswith("/")
    assert not seen.startswith("//")
    assert urlsplit(seen).netloc == ""
    assert location.isascii()
    assert not set(location) & set("\r\n\x00")


@given(st.from_regex(r"(/[a-z0-9-]{1,8}){0,3}/(\?page=[0-9]{1,3})?(#[a-z]{1,5})?", fullmatch=True))
def test_every_return_url_on_this_site_is_accepted(address):
    assert safe_redirect_path(address) == address


# No other cookies


@pytest.mark.django_db
def test_no_page_sets_any_cookie(client):
    pages = crawl(client)

    assert len(pages) > 10
    assert {url for url, page in pages.items() if page.response.cookies} == set()
    assert client.cookies == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/robots.txt", "/sitemap.xml", "/.well-known/security.txt", "/missing/"]
)
def test_no_machine_readable_page_sets_a_cookie(client, path):
    assert client.get(path).cookies == {}


@pytest.mark.django_db
def test_sending_feedback_sets_no_cookie(client):
    client.post("/have-your-say/", {"comments": "Thank you."}, follow=True)

    assert client.cookies == {}
