"""Large print that is kept in the address of a page, until it is undone."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from leaflets.models import Leaflet
from leaflets.public.display import keep_large_print
from leaflets.publishing.editions import rename
from tests.conftest import HttpsClient
from tests.pages import load_site, visit, visitor

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


def answered(html: str, address: str = "/a/?display=large", *, cookie: str = "") -> str:
    """The HTML of a page with this body, requested by an address."""
    request = RequestFactory().get(address)
    if cookie:
        request.COOKIES["display"] = cookie

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(html)

    return keep_large_print(view)(request).content.decode()


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/contact/", "/contact/?display=large"),
        ("/leaflets/#plan", "/leaflets/?display=large#plan"),
        ("/leaflets/?page=2", "/leaflets/?page=2&amp;display=large"),
        ("/h/?leaflet=a&amp;section=b", "/h/?leaflet=a&amp;section=b&amp;display=large"),
        ("?chapter=6", "?chapter=6&amp;display=large"),
    ],
)
def test_a_link_to_a_page_keeps_large_print(address, kept):
    assert (
        answered(f'<p><a class="x" href="{address}">A</a></p>') == f'<p><a class="x" href="{kept}">A</a></p>'
    )


@pytest.mark.parametrize(
    "address",
    [
        "#plan",
        "https://www.example.org/",
        "//example.org/",
        "mailto:a@example.org",
        "tel:+441632960000",
        "/leaflets/a/a.pdf",
        "/media/files/a.docx",
        "/admin/",
        "/news.atom",
        "/contact/?display=standard",
    ],
)
def test_a_link_to_something_else_stays_as_it_is(address):
    html = f'<a href="{address}">A</a>'

    assert answered(html) == html


def test_a_form_that_is_posted_keeps_large_print():
    assert answered('<form method="post" action="/have-your-say/">') == (
        '<form method="post" action="/have-your-say/?display=large">'
    )


def test_a_form_that_gets_a_page_keeps_large_print():
    assert answered('<form action="/search/"><input name="q"></form>') == (
        '<form action="/search/"><input type="hidden" name="display" value="large"><input name="q"></form>'
    )


def test_the_form_that_changes_the_display_stays_as_it_is():
    html = '<form class="display" method="post" action="/display/">'

    assert answered(html) == html


@pytest.mark.parametrize(
    ("address", "cookie"),
    [("/a/", ""), ("/a/?display=standard", ""), ("/a/?display=large", "large"), ("/a/?display=huge", "")],
)
def test_links_stay_as_they_are_in_standard_print_and_with_the_cookie(address, cookie):
    html = '<a href="/contact/">A</a><form method="post" action="/b/">'

    assert answered(html, address, cookie=cookie) == html


@pytest.mark.django_db
def test_every_link_from_a_shared_page_leads_to_large_print(client):
    page = visit(client, "/leaflets/sen-support/?display=large")

    links = [one.get("href") for one in page.all("a")]
    pages = [link for link in links if link.startswith("/") and link.partition("?")[0].endswith("/")]
    assert len(pages) > 5
    assert [link for link in pages if "display=large" not in link] == []


@pytest.mark.django_db
def test_standard_print_undoes_it(client):
    page = visit(client, "/leaflets/sen-support/?display=large")
    back = page.one("form[@action='/display/']/input[@name='next']")

    response = client.post("/display/", {"display": "standard", "next": back.get("value")})

    assert response["Location"] == "/leaflets/sen-support/"


@pytest.mark.django_db
def test_an_old_address_leads_to_the_new_one_in_large_print(client):
    rename(Leaflet.objects.get(slug="sen-support"), "sen-help", placement="leaflet")

    response = client.get("/leaflets/sen-support/?display=large")

    assert response["Location"] == "/leaflets/sen-help/?display=large"


@pytest.mark.django_db
def test_the_page_of_a_missing_leaflet_keeps_large_print(client):
    response = client.get("/leaflets/no-such-leaflet/?display=large")

    assert 'href="/?display=large"' in response.content.decode()


@pytest.mark.django_db
def test_the_length_of_the_page_is_told_rightly(client):
    response = client.get("/contact/?display=large")

    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.django_db
def test_a_page_with_the_cookie_does_not_have_the_links_of_a_shared_page():
    shared = visit(HttpsClient(), "/contact/?display=large").html
    chosen = visit(visitor(display="large"), "/contact/").html

    assert "display=large" in shared
    assert "display=large" not in chosen
