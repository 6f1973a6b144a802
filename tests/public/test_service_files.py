"""The logo and the colours of the service, at addresses that may be cached for ever."""

import pytest

from leaflets.content.colours import brand_colours
from leaflets.content.logo_colours import header_colours
from leaflets.content.logos import clean_logo
from leaflets.models import Service
from leaflets.public.layout import PageLayout
from tests.factories import load
from tests.pages import visit
from tests.texts import LOGO, full_service, service

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), service=full_service())


@pytest.fixture
def layout(db) -> PageLayout:
    return PageLayout(None, Service.objects.get())


def test_the_logo_is_served_for_ever_and_nothing_in_it_can_run(client, layout):
    response = client.get(layout.logo.url)

    assert response.content == LOGO
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert set(response["Content-Security-Policy"].split("; ")) == {"default-src 'none'", "sandbox"}


def test_the_layout_has_the_logo_with_its_size_and_words(layout):
    assert (layout.logo.width, layout.logo.height, layout.logo.words) == (192, 48, "Example Council")


def test_the_colours_are_served_for_ever(client, layout):
    response = client.get(layout.brand_stylesheet)

    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert b"--brand:#7a0019" in response.content
    assert response["Content-Security-Policy"] == client.get("/contact/")["Content-Security-Policy"]


def test_a_page_with_an_earlier_logo_or_colour_gets_that_of_now(client, layout):
    for earlier, now in (
        (f"/logo/{'0' * 64}.png", layout.logo.url),
        (f"/brand/123456-{'0' * 16}.css", layout.brand_stylesheet),
    ):
        response = client.get(earlier)

        assert (response.status_code, response["Location"]) == (302, now)
        assert response["Cache-Control"] == "private, no-cache"


def test_a_service_without_a_logo_and_a_colour_has_no_addresses_for_them(client, tmp_path):
    load(tmp_path, service=service())
    layout = PageLayout(None, Service.objects.get())

    assert (layout.logo, layout.brand_stylesheet, layout.service_files) == (None, "", {})
    assert client.get(f"/logo/{'0' * 64}.svg").status_code == 404
    assert client.get(f"/brand/123456-{'0' * 16}.css").status_code == 404


def test_a_pdf_gets_the_logo_without_a_request_and_not_the_colours_of_screens(layout):
    assert layout.service_files == {layout.logo.url: LOGO}


def test_the_logo_is_read_and_the_colours_are_computed_once_for_all_layouts(layout):
    assert (layout.logo.width, layout.brand_stylesheet[:7]) == (192, "/brand/")
    read, computed = clean_logo.cache_info().misses, brand_colours.cache_info().misses

    another = PageLayout(None, Service.objects.get())

    assert (another.logo, another.brand_stylesheet) == (layout.logo, layout.brand_stylesheet)
    assert (clean_logo.cache_info().misses, brand_colours.cache_info().misses) == (read, computed)


BRAND = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path fill="#7a0019" d="M0 0h40v20z" /></svg>'
WHITE = BRAND.replace(b"#7a0019", b"#ffffff")


def header_logo(client, tmp_path, **fields):
    load(tmp_path, service=full_service(**fields))
    return visit(client, "/contact/").one("header//img")


@pytest.mark.parametrize(
    ("logo", "colour", "classes"),
    [
        (BRAND, "#7a0019", "service-logo on-white"),
        (BRAND.replace(b"7a0019", b"0b4a55"), "", "service-logo on-white"),
        (WHITE, "#7a0019", "service-logo screen-only"),
        (WHITE, "#ffcb47", "service-logo on-ink screen-only"),
    ],
)
def test_a_logo_that_could_not_be_seen_has_a_background_or_is_left_out_on_paper(
    client, tmp_path, logo, colour, classes
):
    assert header_logo(client, tmp_path, logo_file=logo, brand_colour=colour).get("class") == classes


@pytest.mark.parametrize(
    "words", ["Example SENDIASS", "The logo of Example Sendiass", "example sendiass: logo"]
)
def test_words_of_the_logo_that_the_name_says_are_not_read_twice(client, tmp_path, words):
    assert header_logo(client, tmp_path, logo_words=words).get("alt") == ""


def test_other_words_of_the_logo_are_read(client, tmp_path):
    assert header_logo(client, tmp_path, logo_words="Example Council").get("alt") == "Example Council"


def test_the_colours_of_the_header_are_those_of_the_stylesheet(settings):
    css = (settings.BASE_DIR / "static/site.css").read_text()

    for colour in header_colours(""):
        assert f"--brand: {colour};" in css
