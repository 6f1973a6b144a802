"""Public pages have no scripts, cookies or requests to other hosts, and few bytes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brotli
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import go, in_display, new_context
from tests.running_site import get

Visit = Callable[..., Page]

ONE_ROUND_TRIP = 14 * 1024  # bytes: what a server may send before it has to wait for an answer


@dataclass(frozen=True)
class Reading:
    """What happened while every page was opened."""

    requests: list[str]
    messages: list[str]
    cookies: list[Any]
    scripts: dict[str, int]  # how many, by path


@pytest.fixture(scope="module")
def reading(browser: Browser, site: str, pages: list[str], display: str) -> Reading:
    """Each page is opened once."""
    context = new_context(browser, site)
    page = context.new_page()
    requests, messages, scripts = [], [], {}
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    for path in pages:
        page.goto(in_display(path, display))
        scripts[path] = page.locator("script:not([type='application/ld+json'])").count()
    cookies = context.cookies()
    context.close()
    return Reading(requests, messages, cookies, scripts)


def test_reading_contacts_no_other_host_sets_no_cookie_and_logs_no_error(reading: Reading, site: str) -> None:
    assert [url for url in reading.requests if not url.startswith(site + "/")] == []
    assert reading.cookies == []
    assert reading.messages == []


def test_pages_have_no_scripts(reading: Reading) -> None:
    assert {path: count for path, count in reading.scripts.items() if count} == {}


def test_large_print_works_without_javascript_and_is_remembered_on_every_page(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/leaflets/")

    go(page.get_by_role("button", name="Large print"))
    here, large_here = page.url, page.locator("[data-display=large]").count()
    page.goto("/contact/")
    large_there = page.locator("[data-display=large]").count()
    go(page.get_by_role("button", name="Standard print"))

    assert here.endswith("/leaflets/")
    assert (large_here, large_there) == (1, 1)
    assert page.locator("[data-display=large]").count() == 0
    assert page.context.cookies() == []


def test_every_page_and_its_stylesheets_fit_into_one_round_trip(
    site: str, pages: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {}
    for path in pages:
        _, _, html = get(site + path)
        sizes[path] = len(brotli.compress(html))
        for stylesheet in re.findall('rel="stylesheet" href="(.*?)"', html.decode()):
            _, _, css = get(site + stylesheet)
            sizes[path] += len(brotli.compress(css))

    with capsys.disabled():
        largest = max(sizes, key=lambda path: sizes[path])
        print(f"\nlargest page and its stylesheets with brotli: {sizes[largest]} bytes ({largest})")
    assert {path: size for path, size in sizes.items() if size > ONE_ROUND_TRIP} == {}
