"""The page to edit a leaflet in a real browser: its bar, its list of sections and its examples."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from leaflets.content.convert import convert_docx
from leaflets.models import Edition, Leaflet, ScheduledChange
from leaflets.publishing import drafts
from leaflets.publishing.documents import replace_by_document
from leaflets.publishing.editions import publish
from tests.browser.conftest import go, new_context
from tests.browser.test_accessibility import violations_light_and_dark
from tests.browser.test_editing import NAME_IN_FOCUS
from tests.running_site import running_site
from tests.selected_site import OnSite, session_cookie
from tests.word_documents import docx, paragraph

SLUG = "sen-in-mainstream-schools"


@pytest.fixture(scope="module")
def editing_site(data_dir: Path) -> Iterator[str]:
    with running_site(data_dir) as base:
        yield base


@pytest.fixture(scope="module")
def cookie(editing_site: str, on_site: OnSite) -> dict[str, str]:
    """The cookie of a publisher who is signed in."""
    with on_site():
        ann = User.objects.create_user("ann", is_staff=True)
        ann.groups.add(Group.objects.get(name="Publishers"))
        return session_cookie("ann") | {"url": editing_site}


@pytest.fixture
def open_editor(
    browser: Browser, editing_site: str, cookie: dict[str, str], on_site: OnSite
) -> Iterator[Callable[[str], Page]]:
    """Open the page on which a leaflet without a draft is edited, by its slug."""
    context = new_context(browser, editing_site, viewport={"width": 1280, "height": 720})
    context.add_cookies([cookie])

    def open_page(slug: str) -> Page:
        with on_site():
            Edition.objects.filter(status="draft").delete()
            pk = Leaflet.objects.get(slug=slug).pk
        page = context.new_page()
        page.goto(f"/admin/leaflets/leaflet/{pk}/edit/")
        return page

    yield open_page
    context.close()


@pytest.fixture
def page(open_editor: Callable[[str], Page]) -> Page:
    """The page on which a leaflet without a draft is edited."""
    return open_editor(SLUG)


@pytest.fixture
def short_page(open_editor: Callable[[str], Page]) -> Page:
    """The page on which a text of few sections is edited: each section has a box and a preview, which take time."""
    return open_editor("cookies")


def presses_of_tab(page: Page, name: str, most: int) -> int:
    """How often Tab is pressed, from the start of the page, until the control of this name has the focus."""
    for number in range(1, most + 1):
        page.keyboard.press("Tab")
        if name in page.evaluate(NAME_IN_FOCUS):
            return number
    raise AssertionError(f"{most} presses of Tab do not reach {name!r}.")


# The bar with Save


def test_few_presses_of_tab_lead_to_save(page: Page) -> None:
    assert presses_of_tab(page, "Save draft", most=30) <= 30


@pytest.mark.parametrize("width", [360, 640, 1280])
def test_save_is_in_the_window_wherever_the_page_is_scrolled_to(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})

    for section in ("#section-1", "#section-5", "#section-8"):
        page.locator(section).evaluate("element => element.scrollIntoView()")
        expect(page.get_by_role("button", name="Save draft")).to_be_in_viewport(ratio=1)


# A box that is taller than the window may begin above it.
COVERED = """() => {
    const bar = document.querySelector(".editor-bar");
    const focused = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
    const [below, field] = [bar.getBoundingClientRect().bottom, focused.getBoundingClientRect()];
    return !bar.contains(focused) && (field.height < 400 ? field.top < below - 1 : field.bottom < below + 24);
}"""


@pytest.mark.parametrize("width", [360, 1280])
def test_the_bar_covers_no_field_that_gets_the_focus_backwards(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.locator("#section-3 input").first.focus()
    covered = []

    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(COVERED):
            covered.append(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))

    assert covered == []


def test_the_usual_key_saves_the_draft(page: Page) -> None:
    page.get_by_label("Title").fill("Saved by a key")

    with page.expect_navigation():
        page.keyboard.press("Control+s")

    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Saved by a key")


# The list of sections


def test_the_list_of_sections_leads_to_a_section_below_the_bar(page: Page) -> None:
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="4.").click()

    top = page.locator("#section-4").bounding_box()["y"]
    bar = page.locator(".editor-bar").bounding_box()
    assert bar["y"] + bar["height"] <= top < 200


def test_a_section_is_moved_in_the_list_and_nothing_typed_is_lost(page: Page) -> None:
    page.get_by_label("Summary").fill("Typed before the move.")

    go(page.get_by_role("button", name="Move down section 1"))

    expect(page.get_by_role("button", name="Move down section 2")).to_be_focused()
    expect(page.get_by_label("Summary")).to_have_value("Typed before the move.")


# The examples beside the box


@pytest.fixture
def box(short_page: Page) -> Locator:
    return short_page.get_by_label("Introduction")


def insert(page: Page, name: str) -> None:
    summary = page.get_by_text("How to write headings").first
    if not summary.evaluate("element => element.parentElement.open"):
        summary.click()
    page.get_by_role("button", name=f"Insert {name}").first.click()


@pytest.mark.parametrize(
    ("name", "inserted"),
    [
        ("a heading", "### Words of the heading"),
        ("a list", "- First thing\n- Second thing"),
        ("a list with numbers", "1. First step\n2. Second step"),
        ("a quotation", "> Words of the law\n>\n> (6.44)"),
        ("a table", "| Step | Times a year |\n| --- | --- |\n| Assess | 1 |\n| Review | 3 |"),
        ("lines that stay apart", "Civic Centre\\\nHigh Street\\\nAnytown"),
    ],
)
def test_an_example_is_inserted_after_the_paragraph_with_the_cursor(
    short_page: Page, box: Locator, name: str, inserted: str
) -> None:
    box.fill("One.\n\nTwo.")
    box.evaluate("box => box.setSelectionRange(2, 2)")

    insert(short_page, name)

    expect(box).to_have_value(f"One.\n\n{inserted}\n\nTwo.")
    expect(box).to_be_focused()


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("bold words", "Ask **the school** now."),
        ("a link", "Ask [the school](https://www.example.org/) now."),
        ("a quotation", "Ask\n\n> the school\n>\n> (6.44)\n\n now."),
    ],
)
def test_an_example_takes_the_selected_words(short_page: Page, box: Locator, name: str, result: str) -> None:
    box.fill("Ask the school now.")
    box.evaluate("box => box.setSelectionRange(4, 14)")

    insert(short_page, name)

    expect(box).to_have_value(result)


def test_one_undo_takes_an_example_out_again(short_page: Page, box: Locator) -> None:
    box.fill("One.")
    insert(short_page, "a table")
    expect(box).to_have_value(re.compile("Assess"))

    short_page.keyboard.press("Control+z")

    expect(box).to_have_value("One.")


def test_axe_reports_no_violations_with_the_examples_open(short_page: Page) -> None:
    short_page.get_by_text("How to write headings").first.click()

    assert violations_light_and_dark(short_page) == []


# Narrow windows, fingers and forced colours


@pytest.fixture
def staff_pages(page: Page, on_site: OnSite) -> list[str]:
    """The paths of the pages about a leaflet with a draft and two published editions, and of the list."""
    with on_site():
        leaflet = Leaflet.objects.get(slug=SLUG)
        first = leaflet.editions.get(number=1)
        if leaflet.editions.count() == 1:
            user = User.objects.get(username="ann")
            publish(
                drafts.draft_from(first, by=user), by=user, change_note="A note with-a-very-long-word." * 5
            )
        drafts.draft_from(first, by=User.objects.get(username="ann"))
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
        fresh = Leaflet.objects.get_or_create(slug="fresh", placement="leaflet")[0]
        names = [
            "edit",
            "publish",
            "editions",
            "checked",
            "discard",
            "withdraw",
            "rename",
            "compare/?from=1&to=2",
        ]
        paths = [f"{leaflet.pk}/{name}{'' if '?' in name else '/'}" for name in names]
    return [f"/admin/leaflets/leaflet/{path}" for path in [*paths, f"{fresh.pk}/edit/", "add/", ""]]


SMALL = """() => [...document.querySelectorAll("#content :is(a, button, summary, input[type=checkbox]), .breadcrumbs a")]
    .filter(control => control.checkVisibility())
    .map(control => [control.textContent.trim() || control.name, control.getBoundingClientRect()])
    .filter(([, box]) => box.height > 0 && box.height < 24)
    .map(([name, box]) => `${name}: ${box.height} px`)"""


def test_no_page_about_a_leaflet_scrolls_sideways_or_cuts_anything_on_a_phone(
    page: Page, staff_pages: list[str]
) -> None:
    page.set_viewport_size({"width": 360, "height": 720})
    wide = {}

    for path in staff_pages:
        page.goto(path)
        wide[path] = (
            page.evaluate("""() => [document.documentElement, ...document.querySelectorAll(".results, #content table")]
            .map(element => element.scrollWidth - element.clientWidth)""")
        )

    assert {path: found for path, found in wide.items() if any(extra > 0 for extra in found)} == {}


@pytest.mark.parametrize("width", [360, 1280])
def test_every_control_about_a_leaflet_is_high_enough_for_a_finger(
    page: Page, staff_pages: list[str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    small = {}

    for path in staff_pages:
        page.goto(path)
        small[path] = page.evaluate(SMALL)

    assert {path: found for path, found in small.items() if found} == {}


@pytest.mark.parametrize("width", [360, 768, 1280, 1700])
def test_every_field_of_the_record_of_the_service_can_be_reached(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.goto("/admin/leaflets/service/1/change/")

    hidden = page.evaluate("""() => [...document.querySelectorAll("#content-main :is(input, select, textarea)")]
        .filter(field => field.checkVisibility() && field.type !== "hidden")
        .filter(field => {
            const box = field.getBoundingClientRect(), row = field.closest(".form-row")?.getBoundingClientRect();
            return box.width < 10 || box.left < 0 || box.right > innerWidth || (row && box.right > row.right);
        })
        .map(field => field.name)""")

    assert hidden == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("Place of way in 1", "Words of way in 1", "Leads to, way in 1", "Icon of way in 1"):
        expect(page.get_by_label(name, exact=True)).to_be_visible()


def test_the_list_of_leaflets_names_the_draft_and_the_check_on_a_phone(
    page: Page, staff_pages: list[str]
) -> None:
    page.set_viewport_size({"width": 360, "height": 720})
    page.goto(staff_pages[-1])
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="SEN in mainstream schools"))

    for cell in (".field-draft", ".field-review_due_on"):
        box = row.locator(cell).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


def test_insertions_and_deletions_differ_without_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.get_by_label("Title").fill("Another title")
    go(page.get_by_role("button", name="Save draft"))
    page.goto(page.url.replace("/edit/", "/publish/"))

    assert page.evaluate("""() => ["ins", "del"].map(name =>
        getComputedStyle(document.querySelector(`.admin-words ${name}`)).textDecorationLine)""") == [
        "underline",
        "line-through",
    ]


def test_a_question_about_a_document_leads_to_its_words(page: Page, on_site: OnSite) -> None:
    body = (
        paragraph("Words.", "Title"),
        paragraph("Support", "Heading1"),
        paragraph("First."),
        paragraph("They MUST tell you."),
    )
    with on_site():
        leaflet = Leaflet.objects.get(slug=SLUG)
        basis = drafts.get_edit_state(leaflet).basis
        converted = convert_docx(docx(*body))
        replace_by_document(leaflet, converted, basis=basis, by=User.objects.get(username="ann"))
    page.reload()

    page.get_by_role("link", name="Go to it").click()

    selected = "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
    assert page.evaluate(selected) == "They MUST tell you."
