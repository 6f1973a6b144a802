"""Error pages, and pages without a database."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from leaflets.models import Leaflet
from leaflets.public import layout
from leaflets.publishing import editions
from sendiass_site import urls
from tests.conftest import HttpsClient
from tests.factories import SLUG
from tests.pages import Page, load_site, lost_database, visit


def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("A mistake in the code, with secret details")


def refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


# The site's URLs, and two whose views raise: see `pytest.mark.urls`.
urlpatterns = [path("broken/", break_down), path("refused/", refuse), *urls.urlpatterns]
handler400 = getattr(urls, "handler400", "django.views.defaults.bad_request")
handler403 = getattr(urls, "handler403", "django.views.defaults.permission_denied")
handler404 = urls.handler404
handler500 = urls.handler500

# An error page shows the service and little else that is stored.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.urls(__name__)]


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def client() -> HttpsClient:
    """A client that gets the error page instead of the exception."""
    return HttpsClient(raise_request_exception=False)


def missing(client: HttpsClient) -> Page:
    return visit(client, "/no-such-page/")


def withdrawn(client: HttpsClient) -> Page:
    editions.withdraw(Leaflet.objects.get(slug=SLUG))
    return visit(client, "/leaflets/sen-support/")


def not_understood(client: HttpsClient) -> Page:
    return Page("/display/", client.post("/display/", {"display": "huge"}))


def too_much(client: HttpsClient) -> Page:
    return Page("/display/", client.post("/display/", {"display": "x" * 3_000_000}))


def broken(client: HttpsClient) -> Page:
    return visit(client, "/broken/")


ERRORS = [
    pytest.param(missing, 404, id="no such page"),
    pytest.param(withdrawn, 410, id="withdrawn"),
    pytest.param(not_understood, 400, id="not understood"),
    pytest.param(too_much, 400, id="too much"),
    pytest.param(broken, 500, id="broken"),
]


@pytest.mark.parametrize(("happen", "status"), ERRORS)
def test_an_error_has_its_http_status(client, happen, status):
    assert happen(client).status == status


@pytest.mark.parametrize(("happen", "status"), ERRORS)
def test_an_error_page_says_what_to_do_next(client, happen, status):
    links = happen(client).links("main")

    assert links["All our leaflets"] == "/leaflets/"
    assert links["The home page"] == "/"


@pytest.mark.parametrize(("happen", "status"), ERRORS)
def test_an_error_page_prints_the_phone_number(client, happen, status):
    links = happen(client).links("main")

    assert links["Call 01632 960000"] == "tel:01632960000"


@pytest.mark.parametrize(("happen", "status"), ERRORS)
def test_an_error_page_has_the_layout_of_the_site(client, happen, status):
    page = happen(client)

    assert page.text("title").endswith(" – Example SENDIASS")
    assert len(page.all("h1")) == 1
    assert "/contact/" in page.links("body/header").values()


@pytest.mark.parametrize(("happen", "status"), ERRORS)
def test_an_error_page_is_not_found_by_search_engines(client, happen, status):
    assert happen(client).meta("robots") == "noindex"


@pytest.mark.parametrize(("happen", "status"), ERRORS)
def test_an_error_page_is_in_large_print_for_those_who_chose_it(client, happen, status):
    client.cookies.load({"display": "large"})

    page = happen(client)

    assert page.tree.get("data-display") == "large"


@pytest.mark.parametrize(("happen", "status"), ERRORS)
def test_an_error_page_is_not_cached_publicly(client, happen, status):
    control = happen(client).response.get("Cache-Control", "")

    assert "immutable" not in control
    assert "public" not in control


def test_an_exception_is_not_shown_to_the_public(client):
    page = broken(client)

    assert "secret details" not in page.html
    assert "RuntimeError" not in page.html


def test_an_exception_is_logged(client, caplog):
    broken(client)

    assert "secret details" in caplog.text


def test_a_page_that_is_refused_says_so(client):
    assert client.get("/refused/").status_code == 403


def test_html_in_a_url_is_not_echoed(client):
    page = visit(client, "/<script>alert(1)</script>/")

    assert page.status == 404
    assert page.all("script") == []


@pytest.mark.parametrize(
    "address",
    [
        "/%00/",
        "/leaflets/%00/",
        "/leaflets/..%2F..%2Fetc%2Fpasswd/",
        "/%FF%FE/",
        "/leaflets/" + "x" * 5000 + "/",
        "/leaflets/sen-support/editions/" + "9" * 100 + "/",
        "/static/../manage.py",
        "/media/../secret_key",
        "/.env",
        "/wp-login.php",
    ],
)
def test_a_url_that_scanners_try_answers_404(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "query", ["page=%00", "page=x", "page=-1", "page=" + "9" * 100, "display=%00", "%FF=%FF", "page="]
)
def test_a_query_string_that_scanners_try_shows_the_page(client, query):
    assert client.get(f"/leaflets/?{query}").status_code == 200


def test_an_unknown_host_is_refused_with_a_page(client):
    page = Page("/", client.get("/", headers={"host": "evil.example"}))

    assert page.status == 400
    assert "evil.example" not in page.html


# Without a database


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_each_error_of_a_lost_connection_gives_the_error_page(client, error):
    """A database library raises InterfaceError for a closed connection, which is no DatabaseError."""
    with lost_database(error=error):
        page = visit(client, "/leaflets/")

    assert page.status == 500
    assert page.text("h1") == "Something went wrong here"


def no_service(client: HttpsClient) -> Page:
    with lost_database():
        return visit(client, "/leaflets/")


def test_a_page_without_a_database_says_so_and_links_to_the_home_page(client):
    page = no_service(client)

    assert page.status == 500
    assert page.text("h1") == "Something went wrong here"
    assert page.links("main")["The home page"] == "/"


def test_without_a_database_the_last_known_phone_number_is_shown(client):
    visit(client, "/leaflets/")

    page = no_service(client)

    assert any(href.startswith("tel:") for href in page.links("main").values())


def test_without_a_database_and_a_known_service_no_list_item_or_footer_element_is_empty(client, monkeypatch):
    monkeypatch.setattr(layout, "_last", None)

    page = no_service(client)

    assert page.text("title") == "Something went wrong here"
    assert all(text for text in page.texts("main//li"))
    assert all(text for text in page.texts("body//footer//*"))
    assert "None" not in page.html


def test_without_a_database_the_page_is_in_large_print_for_those_who_chose_it(client):
    client.cookies.load({"display": "large"})

    page = no_service(client)

    assert page.tree.get("data-display") == "large"


def test_the_site_recovers_with_the_database(client):
    no_service(client)

    page = visit(client, "/leaflets/")

    assert page.status == 200


@pytest.mark.parametrize("answers", range(5))
def test_losing_the_database_at_any_query_of_a_page_gives_a_complete_page(client, answers):
    with lost_database(answers=answers):
        page = visit(client, "/leaflets/sen-support/")

    assert page.status in (200, 500)
    assert page.text("h1") != ""
    assert page.html.rstrip().endswith("</html>")
