"""The whole way of an edit, in a real browser, as somebody would go it who has never seen Markdown."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import go, new_context
from tests.browser.test_accessibility import RULES, violations
from tests.factories import run_manage
from tests.running_site import running_site

SLUG = "sen-in-mainstream-schools"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of somebody who lives for one test

ROSE = f"""
from django.contrib.auth.models import Group, User
rose = User.objects.create_user("rose", password="{PASSWORD}", is_staff=True)
rose.groups.add(Group.objects.get(name="Publishers"))
User.objects.create_user("officer", is_staff=True)
"""
NO_DRAFT = """
from leaflets.models import Edition
Edition.objects.filter(status="draft").delete()
"""
COLLEAGUE_SAVES = f"""
from dataclasses import replace
from django.contrib.auth.models import User
from leaflets.publishing import drafts
from leaflets.models import Leaflet
leaflet = Leaflet.objects.get(slug="{SLUG}")
opened = drafts.open_for_editing(leaflet)
words = replace(opened.source.sections[0], body="A colleague's introduction. (9.99)")
source = replace(opened.source, sections=(words, *opened.source.sections[1:]))
drafts.save_draft(leaflet, source, version=opened.version, by=User.objects.get(username="officer"))
"""
SESSIONS_END = "from django.contrib.sessions.models import Session; Session.objects.all().delete()"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def happens(data_dir: Path) -> Callable[[str], None]:
    """Let something happen on the running site that nobody does in this browser."""

    def run(code: str) -> None:
        environment = {"DATA_DIR": str(data_dir), "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3"}
        status, _, complaint = run_manage("shell", "-c", code, **environment)
        assert status == 0, complaint

    return run


@pytest.fixture(scope="module")
def desk_site(data_dir: Path, happens: Callable[[str], None]) -> Iterator[str]:
    """The running site, with a publisher who is called Rose and a colleague."""
    with running_site(data_dir) as base:
        happens(ROSE)
        yield base


@pytest.fixture
def window(browser: Browser, desk_site: str) -> Iterator[Callable[[], Page]]:
    """Windows of a browser that has just been opened; what their console says is kept as `page.complaints`."""
    contexts = []

    def open_window() -> Page:
        context = new_context(browser, desk_site)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        return page

    yield open_window
    for context in contexts:
        context.close()


def sign_in(page: Page, name: str = "rose") -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    go(page.get_by_role("button", name="Sign in"))


@pytest.fixture
def desk(window: Callable[[], Page], happens: Callable[[str], None]) -> Page:
    """Signed in, on the list of leaflets, none of which has a draft."""
    happens(NO_DRAFT)
    page = window()
    page.goto("/admin/leaflets/leaflet/")
    sign_in(page)
    return page


def open_editor(page: Page) -> None:
    page.goto("/admin/leaflets/leaflet/")
    go(page.get_by_role("link", name="SEN in mainstream schools"))


def section(page: Page, heading: str):
    return page.locator("fieldset.admin-section").filter(has=page.locator(f"legend:has-text({heading!r})"))


def test_a_phone_number_is_corrected_a_section_added_published_compared_and_brought_back(desk: Page) -> None:
    open_editor(desk)
    contact = section(desk, "Hartlepool SEND Information").get_by_label("Text")
    corrected = contact.input_value().replace("01429 284876", "01429 000000")
    # What is shown and what a phone dials have to go together.
    contact.fill(corrected.replace("tel:01429284876", "tel:01429000000"))
    go(desk.get_by_role("button", name="Add a section here").last)
    new = desk.locator("fieldset.admin-section").last
    new.get_by_label("Heading").fill("When are we open?")
    new.get_by_label("Text").fill("From **Monday** to Friday.")
    go(desk.get_by_role("button", name="Save and preview"))

    expect(desk.get_by_text("This is a draft.")).to_be_visible()
    expect(desk.get_by_role("heading", name="When are we open?")).to_be_visible()

    open_editor(desk)
    go(desk.get_by_role("button", name="Save and publish"))
    expect(desk.locator("ins").first).to_be_visible()
    desk.get_by_label("What changed?").fill("A new phone number, and when we are open.")
    go(desk.get_by_role("button", name="Publish edition"))

    expect(desk.get_by_text("is published. Readers see it now.")).to_be_visible()
    desk.goto(f"/leaflets/{SLUG}/")
    expect(desk.get_by_text("01429 000000").first).to_be_visible()

    open_editor(desk)
    go(desk.get_by_role("link", name="History").last)
    desk.get_by_label("From edition").select_option("1")
    desk.get_by_label("to edition", exact=True).select_option("2")
    go(desk.get_by_role("button", name="Compare"))
    expect(desk.locator("del").first).to_contain_text("01429")

    go(desk.get_by_role("link", name="Back to the history"))
    go(desk.get_by_role("button", name="Start a draft from this edition 1"))
    contact = section(desk, "Hartlepool SEND Information").get_by_label("Text")
    assert "01429 284876" in contact.input_value()
    assert [text for text in desk.complaints if "404" not in text] == []


NAME_IN_FOCUS = """() => {
    const focused = document.activeElement;
    if (!focused?.matches("a, button, input, textarea, select, summary")) return "";
    return (focused.labels?.[0] || focused).textContent;
}"""


def press_until(page: Page, name: str, most: int = 400) -> None:
    """Press Tab until the focus is on the control of this name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if name in page.evaluate(NAME_IN_FOCUS):
            return
    raise AssertionError(f"Tab never reached {name!r}.")


def test_an_edit_is_written_and_published_by_keyboard_alone(desk: Page) -> None:
    open_editor(desk)

    press_until(desk, "Title")
    desk.keyboard.press("Control+End")
    desk.keyboard.type(" today")
    press_until(desk, "Save and publish")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    press_until(desk, "What changed?")
    desk.keyboard.type("A clearer title.")
    press_until(desk, "Publish edition")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")

    desk.goto(f"/leaflets/{SLUG}/")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("today")


def test_sections_are_reordered_by_keyboard(desk: Page) -> None:
    open_editor(desk)

    press_until(desk, "Move down section 1")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")

    assert "What is SEN support?" in desk.locator("fieldset.admin-section legend").first.inner_text()


def test_leaving_with_unsaved_words_asks_first(desk: Page) -> None:
    open_editor(desk)
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    desk.get_by_label("Title").press_sequentially("!")
    go(desk.get_by_role("link", name="History").last)

    assert asked == ["beforeunload"]


def test_leaving_without_a_change_asks_nothing(desk: Page) -> None:
    open_editor(desk)
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    go(desk.get_by_role("link", name="History").last)

    assert asked == []


def test_a_session_that_ran_out_while_typing_loses_nothing(
    desk: Page, happens: Callable[[str], None]
) -> None:
    open_editor(desk)
    desk.get_by_label("Summary").fill("Words typed for an hour")
    happens(SESSIONS_END)

    go(desk.get_by_role("button", name="Save draft").last)
    sign_in(desk)
    desk.get_by_role("button", name="Bring back what I typed").click()

    expect(desk.get_by_label("Summary")).to_have_value("Words typed for an hour")
    go(desk.get_by_role("button", name="Save draft").last)
    expect(desk.get_by_text("The draft is saved.")).to_be_visible()


def test_what_was_saved_is_not_offered_again(desk: Page) -> None:
    open_editor(desk)
    desk.get_by_label("Summary").fill("Saved words")
    go(desk.get_by_role("button", name="Save draft").last)

    expect(desk.get_by_text("The draft is saved.")).to_be_visible()
    open_editor(desk)

    expect(desk.get_by_text("You typed something here")).to_have_count(0)


def test_of_two_people_the_second_sees_both_texts_and_loses_nothing(
    desk: Page, happens: Callable[[str], None]
) -> None:
    open_editor(desk)
    desk.get_by_label("Title").fill("My title")
    happens(COLLEAGUE_SAVES)

    go(desk.get_by_role("button", name="Save draft").last)

    expect(desk.get_by_role("alert")).to_contain_text("officer saved this draft")
    expect(desk.locator("del").filter(has_text="colleague's").first).to_be_visible()
    expect(desk.get_by_label("Title")).to_have_value("My title")


def test_a_share_link_opens_in_a_browser_without_a_login(
    desk: Page, window: Callable[[], Page], happens: Callable[[str], None]
) -> None:
    happens(COLLEAGUE_SAVES)
    open_editor(desk)
    go(desk.get_by_role("link", name="History").last)
    go(desk.get_by_role("button", name="Make a link"))
    link = desk.locator('a[href*="/shared/"]').get_attribute("href")

    stranger = window()
    stranger.goto(link)

    expect(stranger.get_by_text("A colleague's introduction.")).to_be_visible()
    assert stranger.context.cookies() == []


PAGES = ["edit", "publish", "checked", "discard", "withdraw", "editions", "compare/?from=1&to=2"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_wrong_on_the_pages_of_the_desk(
    desk: Page, happens: Callable[[str], None], dark: bool
) -> None:
    happens(COLLEAGUE_SAVES)
    open_editor(desk)
    pk = re.search(r"/leaflet/(\d+)/", desk.url)[1]
    desk.emulate_media(color_scheme="dark" if dark else "light")
    wrong = {}

    for path in [*(f"{pk}/{name}{'' if '?' in name else '/'}" for name in PAGES), "add/", ""]:
        desk.goto(f"/admin/leaflets/leaflet/{path}")
        # Django's own furniture is Django's; ours is what stands in the content.
        wrong[path] = [found for found in violations(desk, RULES) if path or "desk" in found]

    assert {path: found for path, found in wrong.items() if found} == {}


def test_pictures_of_the_desk_are_kept(desk: Page) -> None:
    from tests.browser.conftest import RESULTS

    RESULTS.mkdir(exist_ok=True)
    open_editor(desk)
    desk.screenshot(path=RESULTS / "desk-edit.png", full_page=True)

    assert Path(RESULTS / "desk-edit.png").stat().st_size > 10_000
