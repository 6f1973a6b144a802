"""The history, and the page of old facts, in a real browser: narrow windows, the keyboard, forced colours, and the way to the words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page

from leaflets.models import EarlierFact, Edition, HistoryEntry, Service
from tests.browser.conftest import OnSite, new_context
from tests.browser.test_accessibility import violations_light_and_dark
from tests.running_site import running_site
from tests.selected_site import session_cookie

SELECTED = "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
PAGES = ["/admin/history/", "/admin/history/?first=2026-03-02&last=2026-03-01", "/admin/old-facts/"]


@pytest.fixture(scope="module")
def staff_site(data_dir: Path) -> Iterator[str]:
    with running_site(data_dir) as base:
        yield base


@pytest.fixture(scope="module")
def old_number(staff_site: str, on_site: OnSite) -> str:
    """The phone number of the seed leaflet, which was the service's, and is not any more."""
    with on_site():
        record = Service.objects.get()
        old = record.phones[0]
        record.phones, record.officer_phone, record.text_number, record.relay = (
            ["01632 960999"],
            "01632 960998",
            "",
            "",
        )
        record.ways_in = []
        record.save()
    return old


@pytest.fixture
def page(browser: Browser, staff_site: str, on_site: OnSite, old_number: str) -> Iterator[Page]:
    with on_site():
        User.objects.get_or_create(username="head", is_staff=True, is_superuser=True)
        Edition.objects.filter(status="draft").delete()
        HistoryEntry.objects.create(
            who="somebody-with-a-long-name@council.gov.uk", kind="records", words="Changed.", subject="A" * 60
        )
        EarlierFact.objects.get_or_create(kind="phone", text="1", key="+441632960111", still_right_by="head")
        cookie = session_cookie("head") | {"url": staff_site}
    context = new_context(browser, staff_site, viewport={"width": 360, "height": 720})
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


def test_the_pages_fit_have_no_violations_and_show_the_focus(page: Page) -> None:
    for path in PAGES:
        page.goto(path)
        for width in (360, 640):  # 640 is a window of 1280 at 200 %.
            page.set_viewport_size({"width": width, "height": 720})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert violations_light_and_dark(page) == [], path
        page.emulate_media(forced_colors="active")
        page.locator("#content button").first.focus()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", path
        page.emulate_media(forced_colors="none")


def test_a_link_to_an_old_number_opens_the_editor_with_it_selected(page: Page, old_number: str) -> None:
    page.goto("/admin/old-facts/")
    link = (
        page.locator(".old-fact").filter(has_text=old_number).get_by_role("link", name="Open it here").first
    )
    link.focus()

    page.keyboard.press("Enter")

    page.wait_for_url("**/edit/**")
    page.wait_for_function(f"({SELECTED}) !== ''")
    assert "".join(page.evaluate(SELECTED).split()) == "".join(old_number.split())
