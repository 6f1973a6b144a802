"""The Markdown editor in a real browser: keys, preview, errors and pictures."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Locator, Page, expect

from leaflets.models import Leaflet
from tests.browser.conftest import new_context, shorten_leaflet
from tests.browser.test_accessibility import RULES, violations
from tests.documents import word_document
from tests.pictures import picture
from tests.running_site import running_site
from tests.selected_site import OnSite, session_cookie

LEAFLET = "sen-in-mainstream-schools"
# Dispatch the event of a file or text that is dropped on a field, or pasted into it.
DISPATCH = """(field, [type, content, text]) => {
    const carried = new DataTransfer();
    if (content) carried.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], "a.png", {type: "image/png"}));
    if (text) carried.setData("text/plain", text);
    const options = {bubbles: true, cancelable: true};
    const event = type === "paste" ? new ClipboardEvent(type, {...options, clipboardData: carried})
        : new DragEvent(type, {...options, dataTransfer: carried});
    return field.dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def editing_site(data_dir: Path) -> Iterator[str]:
    with running_site(data_dir) as base:
        yield base


@pytest.fixture
def console_errors() -> list[str]:
    """Errors in the console of the browser."""
    return []


@dataclass(frozen=True)
class Editing:
    """The path on which a leaflet is edited, and the cookie of an editor who is signed in."""

    path: str
    cookie: dict[str, str]


@pytest.fixture(scope="module")
def editing(editing_site: str, on_site: OnSite) -> Editing:
    with on_site():
        ann = User.objects.create_user("ann", is_staff=True)
        ann.groups.add(Group.objects.get(name="Editors"))
        shorten_leaflet(LEAFLET, "duties")
        pk = Leaflet.objects.get(slug=LEAFLET).pk
        cookie = session_cookie("ann") | {"url": editing_site}
    return Editing(f"/admin/leaflets/leaflet/{pk}/edit/", cookie)


@pytest.fixture
def page(browser: Browser, editing_site: str, editing: Editing, console_errors: list[str]) -> Iterator[Page]:
    """The page on which a leaflet is edited."""
    context = new_context(browser, editing_site)
    context.add_cookies([editing.cookie])
    page = context.new_page()
    page.on("console", lambda said: console_errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    page.goto(editing.path)
    yield page
    context.close()


@pytest.fixture
def editor(page: Page) -> Locator:
    """The field for the introduction."""
    return page.get_by_label("Introduction")


@pytest.fixture
def preview(page: Page) -> Locator:
    """The preview beside it."""
    return page.get_by_role("group", name="Preview").first


@pytest.fixture
def message(page: Page) -> Locator:
    return page.locator(".markdownx-message").first


# Keys


def test_tab_leaves_the_editor_forwards_and_backwards(page: Page, editor: Locator) -> None:
    before = editor.input_value()

    editor.focus()
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(editor).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(editor).not_to_be_focused()

    assert editor.input_value() == before


@pytest.mark.parametrize("key", ["Control+d", "Control+[", "Control+]", "Meta+d"])
def test_keyboard_shortcuts_of_markdownx_change_no_text(page: Page, editor: Locator, key: str) -> None:
    editor.fill("One line.\nAnother line.")

    page.keyboard.press(key)

    assert editor.input_value() == "One line.\nAnother line."


def test_brackets_and_letters_are_typed_unchanged(page: Page, editor: Locator) -> None:
    editor.fill("")

    page.keyboard.type("d [a] {b}")

    assert editor.input_value() == "d [a] {b}"


# The preview


def test_the_preview_updates_while_typing(editor: Locator, preview: Locator) -> None:
    editor.fill("A school **must** help.\n\n> Words.\n>\n> (6.17)")

    expect(preview.locator("strong.must")).to_have_text("must")
    expect(preview.locator("figcaption")).to_contain_text(
        "SEND Code of Practice (January 2015), paragraph 6.17"
    )


def test_the_preview_has_the_styles_of_the_public_page(
    page: Page, editing_site: str, preview: Locator
) -> None:
    look = """element => {
        const style = getComputedStyle(element);
        return [Math.round(parseFloat(style.fontSize) * (element.currentCSSZoom ?? 1)), style.fontFamily, style.color,
                parseFloat(style.lineHeight) / parseFloat(style.fontSize), style.maxWidth.slice(0, 4) !== "none"];
    }"""
    shown = preview.locator(".preview > p").first
    expect(shown).to_be_visible()
    in_admin, paper = shown.evaluate(look), preview.evaluate("e => getComputedStyle(e).backgroundColor")

    page.goto(f"{editing_site}/leaflets/{LEAFLET}/")

    assert in_admin == page.locator("#introduction p").first.evaluate(look)
    assert paper == page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_preview_is_as_high_as_its_text(editor: Locator, preview: Locator) -> None:
    editor.fill("One line.")
    expect(preview.get_by_text("One line.")).to_be_visible()

    heights = preview.evaluate(
        """box => [box.getBoundingClientRect().height,
            box.shadowRoot.querySelector(".preview").getBoundingClientRect().height]"""
    )

    assert heights[0] - heights[1] < 40, heights


def test_the_preview_styles_do_not_affect_the_admin(page: Page) -> None:
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"


def test_problems_are_shown_in_the_preview(editor: Locator, preview: Locator) -> None:
    editor.fill("<img src=x onerror=\"document.title='owned'\">")

    expect(preview.locator(".problems")).to_contain_text("HTML is not used here")
    expect(preview.locator("img")).to_have_count(0)
    assert editor.page.title() != "owned"


def test_the_preview_cites_the_newest_code_where_none_is_selected_in_the_form(
    page: Page, editor: Locator, preview: Locator
) -> None:
    editor.fill("See (6.17).")
    expect(preview.get_by_role("link")).to_have_attribute("href", "/law/code-of-practice/6.17/")

    page.get_by_label("Code of Practice").select_option(index=0)

    editor.fill("See (6.17) again.")
    expect(preview).to_contain_text("again")
    expect(preview.get_by_role("link")).to_have_attribute("href", "/law/code-of-practice/6.17/")


def test_a_link_in_the_preview_opens_in_a_new_window(editor: Locator, preview: Locator) -> None:
    editor.fill("[Contact](/contact/)")

    with editor.page.expect_popup() as opened:
        preview.get_by_role("link", name="Contact").click()

    assert opened.value.url.endswith("/contact/")
    assert editor.input_value() == "[Contact](/contact/)"


def test_only_changed_blocks_are_announced_as_polite(page: Page, editor: Locator, preview: Locator) -> None:
    editor.fill("First.\n\nSecond.\n\nThird.")
    expect(preview).to_contain_text("Third.")
    expect(preview).to_have_attribute("aria-live", "polite")
    preview.evaluate("""preview => {
        window.heard = [];
        new MutationObserver(changes => heard.push(...changes.flatMap(change => [...change.addedNodes].map(node => node.textContent))))
            .observe(preview.shadowRoot, {childList: true, subtree: true});
    }""")

    editor.fill("First.\n\nSecond, changed.\n\nThird.")

    expect(preview).to_contain_text("changed")
    assert page.evaluate("heard") == ["Second, changed."]
    assert preview.locator("p").all_text_contents() == ["First.", "Second, changed.", "Third."]


def test_the_preview_is_a_live_region_in_the_accessibility_tree(
    page: Page, editor: Locator, preview: Locator
) -> None:
    editor.fill("Heard by everybody.")
    expect(preview).to_contain_text("Heard by everybody.")

    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]

    by_id = {node["nodeId"]: node for node in nodes}
    region = next(node for node in nodes if node.get("name", {}).get("value") == "Preview")
    words = [node for node in nodes if node.get("name", {}).get("value") == "Heard by everybody."]
    assert {"name": "live", "value": {"type": "token", "value": "polite"}} in region["properties"]
    assert any(region in ancestors(node, by_id) for node in words)


def ancestors(node: dict, by_id: dict[str, dict]) -> Iterator[dict]:
    while node := by_id.get(node.get("parentId")):
        yield node


# Errors


def test_an_expired_session_shows_a_message_and_keeps_the_text(
    page: Page, editor: Locator, preview: Locator, message: Locator
) -> None:
    expect(preview.locator("p").first).to_be_visible()
    shown = preview.inner_text()
    page.context.clear_cookies(name="session")

    editor.fill("Words that took an hour.")

    expect(message).to_have_text(re.compile("^Your session has ended. Sign in again in another tab"))
    expect(message).to_have_role("alert")
    assert editor.input_value() == "Words that took an hour."
    assert preview.inner_text() == shown


@pytest.mark.parametrize("answer", ["<html>502 Bad Gateway</html>", '{"no": "words"}', "null", None])
def test_an_unreachable_site_shows_a_message_until_it_answers(
    page: Page, editor: Locator, preview: Locator, message: Locator, answer: str | None
) -> None:
    page.route(
        "**/editor/preview/*",
        lambda route: route.fulfill(status=502, body=answer) if answer else route.abort(),
    )
    editor.fill("One.")
    expect(message).to_have_text(re.compile("^The site does not answer. Your words are still here."))

    page.unroute("**/editor/preview/*")
    editor.fill("Two.")

    expect(preview).to_contain_text("Two.")
    expect(message).to_be_empty()


@pytest.mark.parametrize("address", ["preview", "upload"])
def test_a_20_mb_request_is_answered_with_an_error_message(page: Page, address: str) -> None:
    answer = page.evaluate(
        """address => fetch(address, {method: "POST", body: new Blob(["x".repeat(20_000_000)])})
            .then(async response => [response.status, await response.json()])""",
        f"/admin/editor/{address}/",
    )

    assert answer[0] == 400
    assert "larger than 10 MB" in answer[1]["error"] or "longer than 60,000" in answer[1]["error"]


# Pictures


def add_picture(page: Page, file: bytes, words: str, name: str = "photo.png") -> None:
    page.get_by_text("Add a picture").first.click()
    page.get_by_label("Picture (PNG").first.set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": file}
    )
    page.get_by_label("What it shows").first.fill(words)
    page.get_by_label("What it shows").first.press("Enter")


def test_a_picture_is_inserted_with_its_alternative_text(
    page: Page, editor: Locator, preview: Locator, console_errors: list[str]
) -> None:
    editor.fill("First.\n\nSecond.")
    editor.evaluate("field => field.setSelectionRange(2, 2)")

    add_picture(page, picture(), "A child [at a desk]")

    expect(editor).to_have_value(
        re.compile(
            r"^First\.\n\n!\[A child \\\[at a desk\\\]\]\(/media/pictures/[0-9a-f]{64}\.png\)\n\nSecond\.$"
        )
    )
    expect(editor).to_be_focused()
    shown = preview.get_by_role("img", name="A child [at a desk]")
    expect(shown).to_be_visible()
    assert shown.evaluate("img => img.naturalWidth") == 40
    assert console_errors == []


def test_a_picture_is_appended_when_the_cursor_was_never_placed(page: Page, editor: Locator) -> None:
    before = editor.input_value()

    add_picture(page, picture(), "A child")

    expect(editor).to_have_value(re.compile(re.escape(before) + r"\n\n!\[A child\]\(\S+\)"))


def test_a_picture_without_alternative_text_is_not_uploaded(
    page: Page, editor: Locator, message: Locator
) -> None:
    uploads = []
    page.on(
        "request", lambda sent: uploads.append(sent.url) if sent.url.endswith("/editor/upload/") else None
    )

    add_picture(page, picture(), "  ")

    expect(message).to_have_text("Say what the picture shows, for people who cannot see it.")
    expect(page.get_by_label("What it shows").first).to_be_focused()
    assert "![" not in editor.input_value()
    # Once a later upload has arrived, an earlier one would have been seen.
    page.get_by_label("What it shows").first.fill("A child")
    page.get_by_label("What it shows").first.press("Enter")
    expect(editor).to_have_value(re.compile(r"!\[A child\]"))
    assert len(uploads) == 1


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"<svg onload='alert(1)'/>", "This file is not a PNG, JPEG or WebP picture."),
        (b"\0" * (10 * 1024 * 1024 + 1), "This picture is larger than 10 MB."),
    ],
)
def test_a_refused_picture_shows_a_message_beside_the_editor(
    page: Page, editor: Locator, message: Locator, file: bytes, words: str
) -> None:
    before = editor.input_value()

    add_picture(page, file, "A child")

    expect(message).to_contain_text(words)
    assert editor.input_value() == before


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_dropped_or_pasted_picture_waits_for_its_alternative_text(
    page: Page, editor: Locator, event: str
) -> None:
    before = editor.input_value()
    file = base64.b64encode(picture()).decode()

    editor.evaluate(DISPATCH, [event, file, ""])
    words = page.get_by_label("What it shows").first
    expect(words).to_be_focused()
    assert editor.input_value() == before
    words.fill("A child")
    page.get_by_role("button", name="Add it to the text").first.click()

    expect(editor).to_have_value(re.compile(r"!\[A child\]\(/media/"))


@pytest.mark.parametrize("event", ["drop", "paste", "dragover"])
def test_text_is_dropped_and_pasted_as_in_any_field(editor: Locator, event: str) -> None:
    file = base64.b64encode(picture()).decode()

    is_default_allowed = [
        editor.evaluate(DISPATCH, [event, content, "Some words."]) for content in ("", file)
    ]

    assert is_default_allowed == [True, True]


# The page


def test_the_browser_console_has_no_errors(
    page: Page, editor: Locator, preview: Locator, console_errors: list[str]
) -> None:
    editor.fill("Words.\n\n| a | b |\n|:-:|--:|\n| c | d |")
    expect(preview.locator("td.align-right")).to_be_visible()

    assert console_errors == []


def test_axe_reports_no_violations_in_the_editor(page: Page, preview: Locator) -> None:
    expect(preview.locator("p").first).to_be_visible()
    for summary in page.get_by_text("Add a picture").all():
        summary.click()

    wrong = [found for found in violations(page, RULES) if "markdownx" in found]

    assert wrong == []


def test_the_editor_fits_a_narrow_window(page: Page, preview: Locator) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    expect(preview.locator("p").first).to_be_visible()

    widths = page.locator(".markdownx").evaluate_all(
        "all => all.map(one => one.scrollWidth - one.clientWidth)"
    )

    assert set(widths) == {0}


# Files to download


def test_a_file_is_inserted_as_a_link_with_its_kind_and_size(
    page: Page, editor: Locator, preview: Locator, console_errors: list[str]
) -> None:
    editor.fill("First.")
    page.get_by_text("Add a file to download").first.click()
    page.get_by_label("Word document (.docx) or PDF").first.set_input_files(
        {"name": "a.docx", "mimeType": "application/octet-stream", "buffer": word_document()}
    )
    page.get_by_label("Its name for readers").first.fill("Request form")
    page.get_by_label("Its name for readers").first.press("Enter")

    expect(editor).to_have_value(
        re.compile(
            r"^First\.\n\n\[Request form \(Word document, \d+ bytes\)\]\(/media/files/request-form-[0-9a-f]{64}\.docx\)$"
        )
    )
    expect(preview.get_by_role("link", name="Request form")).to_be_visible()
    assert console_errors == []


def test_a_file_with_macros_is_refused_in_a_sentence_and_nothing_typed_is_lost(
    page: Page, editor: Locator, message: Locator
) -> None:
    page.get_by_text("Add a file to download").first.click()
    page.get_by_label("Word document (.docx) or PDF").first.set_input_files(
        {"name": "a.docx", "mimeType": "", "buffer": word_document(parts={"word/vbaProject.bin": b"x"})}
    )
    page.get_by_label("Its name for readers").first.fill("Request form")
    page.get_by_label("Its name for readers").first.press("Enter")

    expect(message).to_contain_text("has macros")
    expect(page.get_by_label("Its name for readers").first).to_have_value("Request form")
