"""Editing a leaflet in a real browser: saving, publishing, conflicts, recovery of unsaved text and sharing."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from leaflets.feedback import retention
from leaflets.feedback.models import Feedback
from leaflets.models import Edition, Leaflet, ScheduledChange
from leaflets.publishing import drafts
from tests.browser.conftest import go, new_context
from tests.browser.test_accessibility import violations_light_and_dark
from tests.running_site import pdfs_are_delayed, running_site
from tests.selected_site import OnSite, session_cookie

SLUG = "sen-in-mainstream-schools"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a test user


def make_staff() -> None:
    """Create the publisher rose and the colleague officer."""
    # The site does not accept the hasher of the tests.
    password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    rose = User.objects.create(username="rose", password=password, is_staff=True)
    rose.groups.add(Group.objects.get(name="Publishers"))
    User.objects.create_user("officer", is_staff=True)


def save_as_colleague(**fields: str) -> None:
    """Save another introduction, and these fields, as the officer."""
    leaflet = Leaflet.objects.get(slug=SLUG)
    opened = drafts.get_edit_state(leaflet)
    words = replace(opened.source.sections[0], body="A colleague's introduction. (9.99)")
    source = replace(opened.source, sections=(words, *opened.source.sections[1:]), **fields)
    drafts.save_draft(leaflet, source, basis=opened.basis, by=User.objects.get(username="officer"))


def make_messages() -> int:
    """Create a message and one whose words are erased, which rose may read; return the primary key of the first."""
    User.objects.get(username="rose").groups.add(Group.objects.get(name="Feedback readers"))
    about = {
        "leaflet": Leaflet.objects.get(slug=SLUG),
        "useful": "no",
        "comments": "Too long.",
        "wants_reply": True,
    }
    sender = {"name": "A. Parent", "email": "parent@example.org", "phone": "01632 960123"}
    Feedback.objects.all().delete()
    message = Feedback.objects.create(**retention.initial_dates(), **about, **sender)
    retention.erase_all(Feedback.objects.create(**retention.initial_dates(), **about, **sender))
    return message.pk


@pytest.fixture(scope="module")
def editing_site(data_dir: Path, on_site: OnSite) -> Iterator[str]:
    """The running site, with the publisher rose and the colleague officer."""
    with pdfs_are_delayed(data_dir), running_site(data_dir) as base:
        with on_site():
            make_staff()
        yield base


@pytest.fixture
def open_session(browser: Browser, editing_site: str) -> Iterator[Callable[[], Page]]:
    """Open pages in new browser sessions. `page.console_messages` has the texts of the console."""
    contexts = []

    def open_page() -> Page:
        context = new_context(browser, editing_site)
        contexts.append(context)
        page = context.new_page()
        page.console_messages = []
        page.on("console", lambda message: page.console_messages.append(message.text))
        return page

    yield open_page
    for context in contexts:
        context.close()


def sign_in(page: Page, name: str = "rose") -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    go(page.get_by_role("button", name="Sign in"))


@pytest.fixture
def page(open_session: Callable[[], Page], on_site: OnSite, editing_site: str) -> Page:
    """A page of a signed-in publisher, with nothing open. No leaflet has a draft."""
    with on_site():
        Edition.objects.filter(status="draft").delete()
        cookie = session_cookie("rose")
    page = open_session()
    page.context.add_cookies([cookie | {"url": editing_site}])
    return page


def open_editor(page: Page) -> None:
    page.goto("/admin/leaflets/leaflet/")
    go(page.get_by_role("link", name="SEN in mainstream schools"))


def section(page: Page, heading: str):
    return page.locator("fieldset.admin-section").filter(has=page.locator(f"legend:has-text({heading!r})"))


def test_a_leaflet_is_edited_published_compared_and_restored(page: Page) -> None:
    open_editor(page)
    contact = section(page, "Hartlepool SEND Information").get_by_label("Text")
    corrected = contact.input_value().replace("01429 284876", "01429 000000")
    # Preflight refuses a link that dials another number than it shows.
    contact.fill(corrected.replace("tel:01429284876", "tel:01429000000"))
    go(page.get_by_role("button", name="Add a section here").last)
    new = page.locator("fieldset.admin-section").last
    new.get_by_label("Heading").fill("When are we open?")
    new.get_by_label("Text").fill("From **Monday** to Friday.")
    go(page.get_by_role("button", name="Save and preview"))

    expect(page.get_by_text("This is a draft.")).to_be_visible()
    expect(page.get_by_role("heading", name="When are we open?")).to_be_visible()

    open_editor(page)
    go(page.get_by_role("button", name="Save and publish"))
    expect(page.locator("ins").first).to_be_visible()
    page.get_by_label("What changed?").fill("A new phone number, and when we are open.")
    go(page.get_by_role("button", name="Publish edition"))

    expect(page.get_by_text("is published. Readers see this within a minute")).to_be_visible()
    page.goto(f"/leaflets/{SLUG}/")
    expect(page.get_by_text("01429 000000").first).to_be_visible()

    open_editor(page)
    go(page.get_by_role("link", name="History").last)
    page.get_by_label("From edition").select_option("1")
    page.get_by_label("to edition", exact=True).select_option("2")
    go(page.get_by_role("button", name="Compare"))
    expect(page.locator("del").first).to_contain_text("284876")

    go(page.get_by_role("link", name="Back to the history"))
    go(page.get_by_role("button", name="Start a draft from this edition 1"))
    contact = section(page, "Hartlepool SEND Information").get_by_label("Text")
    assert "01429 284876" in contact.input_value()
    assert [text for text in page.console_messages if "404" not in text] == []


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


def test_a_leaflet_is_edited_and_published_by_keyboard_alone(page: Page) -> None:
    open_editor(page)

    press_until(page, "Title and facts")
    page.keyboard.press("Enter")
    press_until(page, "Title", most=1)
    page.keyboard.press("Control+End")
    page.keyboard.type(" today")
    press_until(page, "To Save", most=30)
    page.keyboard.press("Enter")
    press_until(page, "Save and publish", most=5)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    press_until(page, "What changed?")
    page.keyboard.type("A clearer title.")
    press_until(page, "Publish edition")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    page.goto(f"/leaflets/{SLUG}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("today")


def test_sections_are_reordered_by_keyboard(page: Page) -> None:
    open_editor(page)

    press_until(page, "Move down section 1")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert "What is SEN support?" in page.locator("fieldset.admin-section legend").first.inner_text()


def test_leaving_with_unsaved_changes_asks_for_confirmation(page: Page) -> None:
    open_editor(page)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))

    page.get_by_label("Title").press_sequentially("!")
    go(page.get_by_role("link", name="History").last)

    assert dialogs == ["beforeunload"]


def test_leaving_without_changes_asks_nothing(page: Page) -> None:
    open_editor(page)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))

    go(page.get_by_role("link", name="History").last)

    assert dialogs == []


def test_an_expired_session_loses_no_unsaved_text(page: Page, on_site: OnSite) -> None:
    open_editor(page)
    page.get_by_label("Summary").fill("Words typed for an hour")
    with on_site():
        Session.objects.all().delete()

    go(page.get_by_role("button", name="Save draft").last)
    expect(page.get_by_label("Summary")).to_have_value("Words typed for an hour")
    go(page.get_by_role("link", name="sign in again"))
    sign_in(page)
    page.get_by_role("button", name="Bring back what I typed").click()

    expect(page.get_by_label("Summary")).to_have_value("Words typed for an hour")
    go(page.get_by_role("button", name="Save draft").last)
    expect(page.get_by_text("The draft is saved.")).to_be_visible()


def test_a_save_works_after_signing_in_again_in_another_tab(page: Page, on_site: OnSite) -> None:
    open_editor(page)
    page.get_by_label("Summary").fill("Words typed before the second sign-in")
    with on_site():
        Session.objects.all().delete()
    other = page.context.new_page()
    other.goto("/admin/leaflets/leaflet/")
    sign_in(other)

    go(page.get_by_role("button", name="Save draft").last)

    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    expect(page.get_by_label("Summary")).to_have_value("Words typed before the second sign-in")


def test_saved_text_is_not_offered_for_recovery(page: Page) -> None:
    open_editor(page)
    page.get_by_label("Summary").fill("Saved words")
    go(page.get_by_role("button", name="Save draft").last)

    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    open_editor(page)

    expect(page.get_by_text("You typed something here")).to_have_count(0)


def test_a_conflicting_save_shows_both_texts(page: Page, on_site: OnSite) -> None:
    open_editor(page)
    page.get_by_label("Title").fill("My title")
    with on_site():
        save_as_colleague(title="Another")

    go(page.get_by_role("button", name="Save draft").last)

    expect(page.get_by_role("alert")).to_contain_text("officer saved this draft")
    expect(page.locator("del").filter(has_text="colleague's").first).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("My title")


def test_a_share_link_opens_without_a_login(
    page: Page, open_session: Callable[[], Page], on_site: OnSite
) -> None:
    with on_site():
        save_as_colleague()
    open_editor(page)
    go(page.get_by_role("link", name="History").last)
    go(page.get_by_role("button", name="Make a link"))
    link = page.locator('a[href*="/shared/"]').get_attribute("href")

    reader = open_session()
    reader.goto(link)

    expect(reader.get_by_text("A colleague's introduction.")).to_be_visible()
    assert reader.context.cookies() == []


PAGES = [
    "edit",
    "paste",
    "publish",
    "checked",
    "discard",
    "withdraw",
    "rename",
    "editions",
    "compare/?from=1&to=2",
]


def test_axe_reports_no_violations_on_the_editing_pages(page: Page, on_site: OnSite) -> None:
    with on_site():
        save_as_colleague()
        leaflet = Leaflet.objects.get(slug=SLUG)
        ScheduledChange.objects.get_or_create(
            leaflet=leaflet,
            defaults={
                "action": "publish",
                "due_at": timezone.now(),
                "edition_pk": 0,
                "stopped_at": timezone.now(),
                "problem": "A problem with-a-very-long-word. " * 5,
            },
        )
    open_editor(page)
    pk = re.search(r"/leaflet/(\d+)/", page.url)[1]
    wrong = {}

    for path in [*(f"{pk}/{name}{'' if '?' in name else '/'}" for name in PAGES), "add/", ""]:
        page.goto(f"/admin/leaflets/leaflet/{path}")
        # Of the list of leaflets, only elements of this site are checked, not those of Django's admin.
        wrong[path] = [found for found in violations_light_and_dark(page) if path or "admin-" in found]

    assert {path: found for path, found in wrong.items() if found} == {}


def test_axe_reports_no_violations_on_the_page_to_delete_a_leaflet_and_on_forms_with_mistakes(
    page: Page, on_site: OnSite
) -> None:
    with on_site():
        save_as_colleague()
        pk = Leaflet.objects.get_or_create(slug="never-public", placement="leaflet")[0].pk
    wrong = {}

    for name in ("remove", "edit", "rename", "editions"):
        page.goto(f"/admin/leaflets/leaflet/{pk}/{name}/")
        wrong[f"of a leaflet without a text, {name}"] = violations_light_and_dark(page)
    open_editor(page)
    page.get_by_label("Review by").fill("2020-01-01")
    go(page.get_by_role("button", name="Save draft"))
    expect(page.get_by_text("This day is not in the future.").first).to_be_visible()
    wrong["edit, with a date that has passed"] = violations_light_and_dark(page)
    page.goto(page.url.replace("/edit/", "/checked/"))
    page.get_by_label("Check again by").fill("2020-01-01")
    go(page.locator(".submit-row button"))
    expect(page.get_by_text("This day is not in the future.").first).to_be_visible()
    wrong["checked, with a date that has passed"] = violations_light_and_dark(page)

    assert {path: found for path, found in wrong.items() if found} == {}


def test_axe_reports_no_violations_on_the_pages_about_messages(page: Page, on_site: OnSite) -> None:
    with on_site():
        pk = make_messages()
    wrong = {}

    for path in ("summary/", "person/", f"{pk}/erase/", f"{pk}/reply/", f"{pk}/change/", ""):
        page.goto(f"/admin/feedback/feedback/{path}")
        # Of the list of messages, only elements of this site: Django's links of filters are small.
        wrong[path] = [found for found in violations_light_and_dark(page) if path or "admin-" in found]
    page.goto("/admin/feedback/feedback/person/")
    page.get_by_label("Name, e-mail address or phone number").fill("Parent")
    go(page.locator("#content button"))
    expect(page.get_by_role("table", name="1 message")).to_be_visible()
    wrong["person, found"] = violations_light_and_dark(page)
    go(page.get_by_role("button", name="Erase this one"))
    expect(page.get_by_role("button", name="Erase this message now")).to_be_visible()
    wrong["person, to erase"] = violations_light_and_dark(page)
    page.goto("/admin/feedback/interventionlevels/add/")
    wrong["levels"] = violations_light_and_dark(page)

    assert {path: found for path, found in wrong.items() if found} == {}
