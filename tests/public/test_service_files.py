"""The logo and the colours of the service, at addresses that may be cached for ever."""

import pytest

from leaflets.models import Service
from leaflets.public.layout import PageLayout
from tests.factories import load
from tests.texts import LOGO, full_service, service

pytestmark = pytest.mark.django_db


@pytest.fixture
def layout(tmp_path) -> PageLayout:
    load(tmp_path, service=full_service())
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


def test_a_pdf_gets_the_files_without_a_request(layout):
    assert layout.service_files[layout.logo.url] == LOGO
    assert layout.service_files[layout.brand_stylesheet].startswith(b":root{--brand:")
