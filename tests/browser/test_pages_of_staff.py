"""Pages of staff in a real browser: narrow windows, the keyboard, forced colours, and the way from an old fact to the words."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Page, expect

from leaflets.feedback.models import Feedback, InterventionLevels
from leaflets.models import EarlierFact, Edition, HistoryEntry, Leaflet, Service
from leaflets.publishing import handovers
from tests.browser.conftest import new_context
from tests.browser.test_accessibility import violations_light_and_dark
from tests.browser.test_editor_page import SMALL
from tests.factories import basis_of, create_feedback, draft_as_staff, get_officer
from tests.running_site import running_site
from tests.selected_site import OnSite, session_cookie

SELECTED = "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
SLUG = "sen-in-mainstream-schools"
FIGURES = "/admin/feedback/feedback/summary/"
LEVELS = "/admin/feedback/interventionlevels/"
OWNER = "/admin/leaflets/leaflet/owner/?leaflet={leaflet}"
REPLY = "/admin/feedback/feedback/{message}/reply/"
CLOSING = "the page that asks before an account is closed"
PAGES = [
    "/admin/history/",
    "/admin/history/?first=2026-03-02&last=2026-03-01",
    "/admin/old-facts/",
    FIGURES,
    f"{FIGURES}?period=year-2025-04",
    LEVELS,
    f"{LEVELS}add/",
    REPLY,
    f"{REPLY}?quote=comments",
    OWNER,
    "/admin/leaflets/leaflet/{leaflet}/publish/",
    CLOSING,
]


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


@pytest.fixture(scope="module")
def keys(staff_site: str, on_site: OnSite, old_number: str) -> dict[str, int]:
    """What the pages show: the primary keys of a message and a leaflet, for addresses."""
    long_name = "somebody-with-a-long-name@council.gov.uk"
    with on_site():
        User.objects.get_or_create(username="head", is_staff=True, is_superuser=True)
        ann = User.objects.create_user("ann", is_staff=True, first_name="Ann")
        ann.groups.add(Group.objects.get(name="Publishers"))
        HistoryEntry.objects.create(who=long_name, kind="records", words="Changed.", subject="A" * 60)
        EarlierFact.objects.get_or_create(kind="phone", text="1", key="+441632960111", still_right_by="head")
        leaflet = Leaflet.objects.get(slug=SLUG)
        one = create_feedback(
            "A-very-long-word" * 9, wants_reply=True, name="A. Parent", email=long_name, leaflet=leaflet
        )
        sent = dt.datetime(2025, 6, 2, 12, tzinfo=dt.UTC)
        old = create_feedback(
            useful="no",
            wants_reply=True,
            email=long_name,
            leaflet=leaflet,
            you_said="Long.",
            we_did="Cut.",
            is_public=True,
        )
        Feedback.objects.filter(pk=old.pk).update(sent_at=sent)
        InterventionLevels.objects.create(
            first="2025-04-01", level_1=210, note="From our own-case-system " * 9
        )
        return {"message": one.pk, "leaflet": leaflet.pk}


@pytest.fixture
def draft(on_site: OnSite, keys: dict[str, int]) -> Iterator[None]:
    """A draft that was handed over, returned, and changed."""
    with on_site():
        for words, kind in (("New words.", handovers.READY), ("Newer words.", handovers.RETURNED)):
            saved = draft_as_staff(words, SLUG)
            newest_pk = handovers.open_thread(saved).newest_note_pk
            handovers.add_note(
                saved.leaflet,
                kind,
                basis=basis_of(saved),
                expected_newest_pk=newest_pk,
                text="Look.",
                by=get_officer(),
            )
        draft_as_staff("The newest words.", SLUG)
    yield
    with on_site():
        Edition.objects.filter(status="draft").delete()


@pytest.fixture
def page(browser: Browser, staff_site: str, on_site: OnSite, keys: dict[str, int]) -> Iterator[Page]:
    with on_site():
        cookie = session_cookie("head") | {"url": staff_site}
    context = new_context(browser, staff_site, viewport={"width": 360, "height": 720})
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


def press_until(page: Page, name: str) -> None:
    """Press Tab until the control with this name has the focus."""
    wanted = page.get_by_role("button", name=name, exact=True).or_(page.get_by_label(name, exact=True)).first
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {name}.")


def open_closing(page: Page) -> None:
    """Ask to close an account, with the keyboard alone."""
    page.goto("/admin/auth/user/")
    box = page.locator("tr", has=page.get_by_role("link", name="ann", exact=True)).locator(
        "input.action-select"
    )
    box.focus()
    page.keyboard.press("Space")
    page.locator("select[name=action]").focus()
    page.keyboard.type("Close")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close the account ann")).to_be_visible()


def open_page(page: Page, path: str, keys: dict[str, int]) -> None:
    if path == CLOSING:
        open_closing(page)
    else:
        page.goto(path.format(**keys))


@pytest.mark.usefixtures("draft")
def test_the_pages_fit_have_no_violations_and_show_the_focus(page: Page, keys: dict[str, int]) -> None:
    wrong = {}

    for path in PAGES:
        page.set_viewport_size({"width": 360, "height": 720})
        open_page(page, path, keys)
        found = [] if page.title() else ["no title"]
        for width in (360, 640):  # 640 is a window of 1280 at 200 %.
            page.set_viewport_size({"width": width, "height": 720})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"it scrolls sideways at {width} pixels")
        found += [*page.evaluate(SMALL), *violations_light_and_dark(page)]
        page.emulate_media(forced_colors="active")
        page.locator("#content :is(button, input[type=submit], a)").first.focus()
        if page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "solid":
            found.append("the focus is not seen in forced colours")
        page.emulate_media(forced_colors="none")
        wrong[path] = found

    assert {path: found for path, found in wrong.items() if found} == {}


def test_a_year_is_chosen_with_the_keyboard(page: Page) -> None:
    page.goto(FIGURES)
    press_until(page, "Year")
    page.keyboard.type("April 2025")
    press_until(page, "Show")

    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="April 2025 to March 2026")).to_be_visible()
    expect(page.get_by_role("row", name="Overdue: late or never given 1")).to_be_visible()


def test_an_owner_is_chosen_with_the_keyboard(page: Page, on_site: OnSite, keys: dict[str, int]) -> None:
    page.goto(OWNER.format(**keys))
    page.locator("#content select").focus()
    page.keyboard.type("Ann")
    press_until(page, "Save")

    with page.expect_navigation():
        page.keyboard.press("Enter")

    with on_site():
        assert Leaflet.objects.get(pk=keys["leaflet"]).owner.username == "ann"


def test_a_reply_is_noted_with_the_keyboard(page: Page, on_site: OnSite, keys: dict[str, int]) -> None:
    page.goto(REPLY.format(**keys))
    press_until(page, "Text, to copy")
    press_until(page, "Note that I replied today")

    with page.expect_navigation():
        page.keyboard.press("Enter")

    with on_site():
        assert Feedback.objects.get(pk=keys["message"]).status == "replied"


def test_an_account_is_closed_with_the_keyboard(page: Page, on_site: OnSite, keys: dict[str, int]) -> None:
    open_closing(page)
    press_until(page, "Close the account ann")

    with page.expect_navigation():
        page.keyboard.press("Enter")

    with on_site():
        ann = User.objects.get(username="ann")
        was_active, ann.is_active = ann.is_active, True
        ann.save()
    assert not was_active


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
