"""The page of the order of topics and leaflets in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Page, expect

from leaflets.models import Edition, Leaflet, Topic
from leaflets.publishing import topic_order
from tests.browser.conftest import go, new_context
from tests.browser.test_accessibility import violations_light_and_dark
from tests.browser.test_editing import NAME_IN_FOCUS
from tests.browser.test_editor_page import SMALL
from tests.factories import draft_as_staff, publish_as_staff
from tests.running_site import running_site
from tests.selected_site import OnSite, session_cookie

PAGE = "/admin/leaflets/topic/order/"
NAMES = ("alpha", "beta", "gamma", "delta")


@pytest.fixture(scope="module")
def site(data_dir: Path) -> Iterator[str]:
    with running_site(data_dir) as base:
        yield base


@pytest.fixture(scope="module")
def cookie(site: str, on_site: OnSite) -> dict[str, str]:
    """The cookie of a publisher who is signed in, on a site with four leaflets under one of three topics."""
    with on_site():
        ann = User.objects.create_user("ann", is_staff=True)
        ann.groups.add(Group.objects.get(name="Publishers"))
        Topic.objects.create(slug="greek", title="Greek letters", position=2)
        Topic.objects.create(slug="empty", title="With-a-very-long-word-in-it" * 3, position=3)
        for name in NAMES:
            Leaflet.objects.create(slug=name, placement="leaflet")
            title = f"{name.capitalize()} {'with-a-very-long-word' * 4 if name == 'delta' else ''}".strip()
            draft_as_staff("Words.", slug=name, topic="greek")
            draft = Edition.objects.get(leaflet__slug=name)
            draft.title = title
            draft.save()
            publish_as_staff(draft)
        return session_cookie("ann") | {"url": site}


@pytest.fixture
def order(on_site: OnSite, cookie: dict[str, str]):
    """Set the order of the four leaflets before a test, and return a function that reads it."""
    with on_site():
        Topic.objects.filter(slug="greek").update(leaflets=list(NAMES))

    def read() -> list[str]:
        with on_site():
            (group,) = (one for one in topic_order.read_groups() if one.topic and one.topic.slug == "greek")
            return [entry.slug for entry in group.entries]

    return read


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def page(
    browser: Browser, site: str, cookie: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    script = request.param == "with JavaScript"
    context = new_context(browser, site, viewport={"width": 1280, "height": 720}, java_script_enabled=script)
    context.add_cookies([cookie])
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


with_script = pytest.mark.parametrize("page", ["with JavaScript"], indirect=True)


def test_a_leaflet_is_moved_and_the_page_says_so(page: Page, order) -> None:
    page.goto(PAGE)

    page.get_by_role("button", name="Up “Gamma”").click()

    expect(page.locator("#order-said")).to_have_text(
        "“Gamma” moved up. It is now 2 of 4 under “Greek letters”."
    )
    expect(page.get_by_role("button", name="Up “Gamma”")).to_be_focused()
    assert order() == ["alpha", "gamma", "beta", "delta"]


def test_a_leaflet_is_moved_to_the_end_with_the_keyboard_alone(page: Page, order) -> None:
    page.goto(PAGE)
    page.get_by_role("button", name="Down “Beta”").focus()

    for place in (3, 4):
        page.keyboard.press("Enter")
        expect(page.locator("#order-said")).to_contain_text(f"It is now {place} of 4")

    expect(page.get_by_role("button", name="Up “Beta”")).to_be_focused()
    assert order() == ["alpha", "gamma", "delta", "beta"]


@with_script
def test_a_double_click_moves_twice(page: Page, order) -> None:
    page.goto(PAGE)

    page.get_by_role("button", name="Up “Gamma”").dblclick()

    expect(page.locator("#order-said")).to_contain_text("It is now 1 of 4")
    assert order() == ["gamma", "alpha", "beta", "delta"]


@with_script
def test_what_a_move_did_is_said_by_a_region_that_was_there_before(page: Page, order) -> None:
    page.goto(PAGE)
    region = page.locator(".visually-hidden[role=status]")
    expect(region).to_have_text("")

    page.get_by_role("button", name="Up “Gamma”").click()

    expect(region).to_have_text("“Gamma” moved up. It is now 2 of 4 under “Greek letters”.")
    assert "Gamma" in page.evaluate(NAME_IN_FOCUS)


@with_script
def test_a_move_after_the_session_ended_leads_to_the_sign_in(page: Page, order) -> None:
    page.goto(PAGE)
    page.context.clear_cookies()

    page.get_by_role("button", name="Up “Gamma”").click()

    page.wait_for_url("**/staff/sign-in/**")
    assert order() == list(NAMES)


def test_a_leaflet_is_put_under_another_topic_and_that_is_undone(page: Page, order) -> None:
    page.goto(PAGE)
    go(page.get_by_role("link", name="Other topic for “Beta”"))
    page.get_by_role("radio", name="Help at school").check()
    go(page.get_by_role("button", name="Put it under this topic"))
    expect(page.locator("#order-said")).to_have_text("“Beta” is now under “Help at school”.")

    page.get_by_role("button", name="Undo the last move").click()

    expect(page.locator("#order-said")).to_contain_text("Put back as it was before")
    assert order() == list(NAMES)


@with_script
@pytest.mark.parametrize("width", [360, 640, 1280])
def test_the_pages_of_the_order_fit_and_can_be_pressed(
    page: Page, order, on_site: OnSite, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    with on_site():
        pk = Leaflet.objects.get(slug="delta").pk
    found = {}

    for path in (PAGE, f"{PAGE}{pk}/"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth") - width
        found[path] = (max(0, wide), page.evaluate(SMALL))

    assert found == {PAGE: (0, []), f"{PAGE}{pk}/": (0, [])}


@with_script
def test_axe_reports_no_violations_on_the_pages_of_the_order(page: Page, order, on_site: OnSite) -> None:
    with on_site():
        pk = Leaflet.objects.get(slug="delta").pk
    wrong = {}

    for path in (PAGE, f"{PAGE}{pk}/", f"{PAGE}home/"):
        page.goto(path)
        if path == PAGE:
            page.get_by_role("button", name="Up “Gamma”").click()
            expect(page.locator("#order-said")).to_contain_text("2 of 4")
        wrong[path] = violations_light_and_dark(page)

    assert {path: found for path, found in wrong.items() if found} == {}


@with_script
def test_the_leaflet_that_was_moved_and_the_focus_are_seen_in_forced_colours(page: Page, order) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(PAGE)

    page.keyboard.press("Tab")
    page.get_by_role("button", name="Up “Gamma”").press("Enter")
    expect(page.locator("#order-said")).to_contain_text("2 of 4")

    style = "element => [getComputedStyle(element).outlineStyle, getComputedStyle(element).borderTopStyle]"
    assert page.get_by_role("button", name="Up “Gamma”").evaluate(style) == ["solid", "solid"]
    assert page.locator(".is-moved").evaluate("element => getComputedStyle(element).borderLeftWidth") == "4px"
