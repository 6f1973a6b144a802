"""A real Chromium, and the site running as the public gets it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from leaflets.models import Edition
from tests.running_site import ROOT, get, public_pages, running_site
from tests.selected_site import OnSite, selected_site

RESULTS = ROOT / "test-results"
# Pictures to look at are no behaviour, and cost as much as all other tests of the display.
collect_ignore = [] if os.environ.get("SCREENSHOTS") == "on" else ["test_screenshots.py"]
# How long actions, navigations and expectations wait for their condition. Far longer than any of them takes, so that
# a busy machine fails no test.
TIMEOUT = 60_000  # milliseconds
expect.set_options(timeout=TIMEOUT)
# The headless shell has the same engine without the windows of the browser. The tests take 60% of the processor time
# with it: a browser context costs a quarter.
PROGRAMS = ["chromium-headless-shell", "chromium", "chromium-browser"]
# Root runs it in containers and in CI; nothing here needs the internet.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running site."""
    with running_site(tmp_path_factory.mktemp("site")) as base:
        yield base


# Pages of these views differ in one record only, which is a line or a paragraph.
ALIKE = {"law-provision", "editions", "leaflet-part"}


@pytest.fixture(scope="session")
def pages(site: str) -> list[str]:
    """The path of every public page, found by following links, so that new pages are tested too.

    Also the meeting sheet, to which a form leads. Of the pages that are `ALIKE`, the longest stands for all of them.
    """
    longest: dict[str, str] = {}
    size = {path: len(get(site + path)[2]) for path in public_pages(site)}
    for path in sorted(size, key=size.__getitem__):
        view = resolve(urlsplit(path).path).view_name
        longest[view if view in ALIKE else path] = path
    return sorted([*longest.values(), "/leaflets/sen-in-mainstream-schools/meeting/sheet/"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, PROGRAMS)), None)
    with sync_playwright() as playwright:
        # The driver keeps an event loop in this thread; Django's database code would refuse to run in it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        chromium = playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_FLAGS, timeout=TIMEOUT
        )
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def new_context(browser: Browser, base_url: str, **options: Any) -> BrowserContext:
    """A new browser session, without cookies, whose paths start at `base_url`. Options are Playwright's."""
    options = {"viewport": {"width": 1280, "height": 900}} | options
    context = browser.new_context(base_url=base_url, **options)
    context.set_default_timeout(TIMEOUT)
    return context


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a module's own site, which its tests change."""
    return tmp_path_factory.mktemp("own-site")


@pytest.fixture(scope="module")
def on_site(data_dir: Path, django_db_blocker: DjangoDbBlocker) -> OnSite:
    """In `with on_site():`, code works on the database of the module's own site, outside the browser."""
    environment = {
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3",
        "HTTPS": "off",
    }
    return lambda: selected_site(django_db_blocker, **environment)


def shorten_leaflet(slug: str, *anchors: str) -> None:
    """Keep only the introduction of a live leaflet and these sections: the edit page has a preview of each section."""
    sections = Edition.objects.published().get(leaflet__slug=slug).sections
    sections.exclude(position=0).exclude(anchor__in=anchors).delete()


@pytest.fixture
def visit(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open pages: `visit(width=320, color_scheme="dark")` gives a page whose paths start at the site.

    When a test fails, screenshots of its pages are saved in test-results/.
    """
    contexts: list[BrowserContext] = []

    def open_page(width: int = 1280, height: int = 900, **options: object) -> Page:
        context = new_context(browser, site, viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        if request.session.testsfailed:
            _save_screenshots(context, request.node.name)
        context.close()


def _save_screenshots(context: BrowserContext, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    for number, page in enumerate(context.pages):
        page.screenshot(path=RESULTS / f"{re.sub(r'[^a-z0-9_]+', '-', name)}-{number}.png", full_page=True)


@pytest.fixture(scope="module", params=["standard", "large"])
def display(request: pytest.FixtureRequest) -> str:
    """A test that uses this runs in both displays."""
    return request.param


def in_display(path: str, display: str) -> str:
    """The URL of a page in a display; no cookie is set."""
    return f"{path}{'&' if '?' in path else '?'}display={display}"


def go(link_or_button: Locator) -> None:
    """Click what opens another page and wait for that page to load, which `click` alone does not."""
    with link_or_button.page.expect_navigation():
        link_or_button.click()
