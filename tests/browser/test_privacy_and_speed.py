"""Public pages have no scripts, cookies or requests to other hosts, and few bytes."""

from collections.abc import Callable

import brotli
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import go, in_display
from tests.running_site import get

Visit = Callable[..., Page]

ONE_ROUND_TRIP = 14 * 1024  # bytes: what a server may send before it has to wait for an answer


def test_reading_contacts_no_other_host_sets_no_cookie_and_logs_no_error(
    visit: Visit, pages: list[str], site: str, display: str
) -> None:
    page = visit()
    requests, messages = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))

    for path in pages:
        page.goto(in_display(path, display))

    assert [url for url in requests if not url.startswith(site + "/")] == []
    assert page.context.cookies() == []
    assert messages == []


def test_pages_have_no_scripts(visit: Visit, pages: list[str]) -> None:
    page = visit()
    scripts = {}

    for path in pages:
        page.goto(path)
        scripts[path] = page.locator("script:not([type='application/ld+json'])").count()

    assert not any(scripts.values())


def test_large_print_works_without_javascript_and_is_remembered_on_every_page(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/leaflets/")

    go(page.get_by_role("button", name="Large print"))
    here, large_here = page.url, page.locator("html.large").count()
    page.goto("/contact/")
    large_there = page.locator("html.large").count()
    go(page.get_by_role("button", name="Standard print"))

    assert here.endswith("/leaflets/")
    assert (large_here, large_there) == (1, 1)
    assert page.locator("html.large").count() == 0
    assert page.context.cookies() == []


def test_a_leaflet_and_its_stylesheet_fit_into_one_round_trip(
    site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, html = get(f"{site}/leaflets/sen-in-mainstream-schools/")
    stylesheet = html.decode().partition('rel="stylesheet" href="')[2].partition('"')[0]
    _, _, css = get(site + stylesheet)

    html_bytes, css_bytes = len(brotli.compress(html)), len(brotli.compress(css))

    with capsys.disabled():
        print(f"\nleaflet page with brotli: {html_bytes} bytes of HTML + {css_bytes} of CSS")
    assert html_bytes + css_bytes <= ONE_ROUND_TRIP
