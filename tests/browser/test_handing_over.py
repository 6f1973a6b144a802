"""Handing a draft over, returning it, and choosing owners, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Page, expect

from leaflets.models import Leaflet
from tests.browser.conftest import new_context, shorten_leaflet
from tests.browser.test_accessibility import violations_light_and_dark
from tests.factories import draft_as_staff
from tests.running_site import running_site
from tests.selected_site import OnSite, session_cookie

SLUG = "sen-in-mainstream-schools"
WIDTHS = "[document.documentElement.scrollWidth, innerWidth]"


@pytest.fixture(scope="module")
def own_site(data_dir: Path) -> Iterator[str]:
    with running_site(data_dir) as base:
        yield base


@pytest.fixture(scope="module")
def page(browser: Browser, own_site: str, on_site: OnSite) -> Iterator[Page]:
    """A page of a publisher in a narrow window, on a site with a draft."""
    with on_site():
        shorten_leaflet(SLUG, "duties")
        draft_as_staff("New words.", SLUG)
        ann = User.objects.create_user("ann", is_staff=True)
        ann.groups.add(Group.objects.get(name="Publishers"))
        cookie = session_cookie("ann") | {"url": own_site}
    context = new_context(browser, own_site, viewport={"width": 360, "height": 720})
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


@pytest.fixture
def address(on_site: OnSite) -> str:
    with on_site():
        return f"/admin/leaflets/leaflet/{Leaflet.objects.get(slug=SLUG).pk}"


def assert_is_accessible(page: Page) -> None:
    assert violations_light_and_dark(page) == []
    wide, window = page.evaluate(WIDTHS)
    assert wide <= window


def test_a_draft_is_handed_over_and_returned_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/thread/")
    assert_is_accessible(page)
    page.get_by_label("What should your colleague know?").focus()
    page.keyboard.type("Please look.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ready to publish.")).to_be_visible()

    page.goto(f"{address}/publish/")
    page.get_by_label("What should your colleague know?").focus()
    page.keyboard.type("Which school?")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This draft came back.")).to_be_visible()
    assert_is_accessible(page)

    page.goto(f"{address}/edit/")
    expect(page.locator("#section-1 aside")).to_contain_text("Which school?")
    assert_is_accessible(page)


def test_the_page_of_owners_and_the_list_fit_a_narrow_window(page: Page, address: str) -> None:
    page.emulate_media(forced_colors="active")
    for path in (
        f"/admin/leaflets/leaflet/owner/?leaflet={address.rpartition('/')[2]}",
        "/admin/leaflets/leaflet/",
    ):
        page.goto(path)
        wide, window = page.evaluate(WIDTHS)
        assert wide <= window
    page.emulate_media(forced_colors="none")
    for path in (
        f"/admin/leaflets/leaflet/owner/?leaflet={address.rpartition('/')[2]}",
        "/admin/leaflets/leaflet/",
    ):
        page.goto(path)
        assert_is_accessible(page)
