"""A real Chromium, and the site running as the public gets it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.running_site import ROOT, public_pages, running_site

RESULTS = ROOT / "test-results"
# Root runs it in containers and in CI; nothing here needs the internet.
CHROMIUM_FLAGS = [
    "--no-sandbox",
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


@pytest.fixture(scope="session")
def pages(site: str) -> list[str]:
    """Every public page, found by following links: one that is added later is tested by itself."""
    return public_pages(site)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        # The driver keeps an event loop in this thread; Django's database code would refuse to run in it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open pages: `visit(width=320, color_scheme="dark")` gives a page whose addresses start at the site.

    What it shows at the end of a failing test is kept as a picture in test-results/.
    """
    contexts: list[BrowserContext] = []

    def open_page(width: int = 1280, height: int = 900, **options: object) -> Page:
        context = browser.new_context(base_url=site, viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        if request.session.testsfailed:
            _keep_pictures(context, request.node.name)
        context.close()


def _keep_pictures(context: BrowserContext, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    for number, page in enumerate(context.pages):
        page.screenshot(path=RESULTS / f"{re.sub(r'[^a-z0-9_]+', '-', name)}-{number}.png", full_page=True)


@pytest.fixture(params=["standard", "large"])
def display(request: pytest.FixtureRequest) -> str:
    """Every test that asks for it runs in both displays."""
    return request.param


def in_display(path: str, display: str) -> str:
    """The address of a page in a display, without remembering it."""
    return f"{path}{'&' if '?' in path else '?'}display={display}"


def go(link_or_button: Locator) -> None:
    """Press what opens another page, and wait until that page is there: a press alone does not wait for it."""
    with link_or_button.page.expect_navigation():
        link_or_button.click()
