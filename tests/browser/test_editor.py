"""The Markdown editor as staff meet it, in a real browser on the real site."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import go, new_context
from tests.browser.test_accessibility import RULES, violations
from tests.factories import run_manage
from tests.pictures import picture
from tests.running_site import running_site

LEAFLET = "sen-in-mainstream-schools"
PASSWORD = "a long pass phrase"  # noqa: S105 - of a user who lives for one test
MAKE_EDITOR = f"""
from django.contrib.auth.models import Group, User
ann = User.objects.create_user("ann", password="{PASSWORD}", is_staff=True)
ann.groups.add(Group.objects.get(name="Editors"))
"""
# What a browser does when a file is let go over a field, or pasted into it.
LET_GO = """(field, [type, content, text]) => {
    const carried = new DataTransfer();
    if (content) carried.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], "a.png", {type: "image/png"}));
    if (text) carried.setData("text/plain", text);
    const options = {bubbles: true, cancelable: true};
    const event = type === "paste" ? new ClipboardEvent(type, {...options, clipboardData: carried})
        : new DragEvent(type, {...options, dataTransfer: carried});
    return field.dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("editor")


@pytest.fixture(scope="module")
def editing_site(data_dir: Path) -> Iterator[str]:
    with running_site(data_dir) as base:
        status, _, complaint = run_manage(
            "shell",
            "-c",
            MAKE_EDITOR,
            DATA_DIR=str(data_dir),
            DATABASE_URL=f"sqlite:///{data_dir}/db.sqlite3",
        )
        assert status == 0, complaint
        yield base


@pytest.fixture
def complaints() -> list[str]:
    """What the browser had to complain of."""
    return []


@pytest.fixture(scope="module")
def signed_in(browser: Browser, editing_site: str) -> dict:
    """The cookies of somebody who may edit. Once for all tests: the site stops who signs in thirty times a minute."""
    context = new_context(browser, editing_site)
    page = context.new_page()
    page.goto("/admin/login/?next=/admin/leaflets/leaflet/")
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    go(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("link", name="SEN in mainstream schools")).to_be_visible()
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def page(browser: Browser, editing_site: str, signed_in: dict, complaints: list[str]) -> Iterator[Page]:
    """The page on which a leaflet is edited, opened by somebody who may."""
    context = new_context(browser, editing_site, storage_state=signed_in)
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/leaflets/leaflet/")
    go(page.get_by_role("link", name="SEN in mainstream schools"))
    yield page
    context.close()


@pytest.fixture
def editor(page: Page) -> Locator:
    """The field for the introduction."""
    return page.get_by_label("Introduction")


@pytest.fixture
def preview(page: Page) -> Locator:
    """What stands beside it."""
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
def test_the_browser_s_own_keys_change_no_text(page: Page, editor: Locator, key: str) -> None:
    editor.fill("One line.\nAnother line.")

    page.keyboard.press(key)

    assert editor.input_value() == "One line.\nAnother line."


def test_letters_are_only_letters(page: Page, editor: Locator) -> None:
    editor.fill("")

    page.keyboard.type("d [a] {b}")

    assert editor.input_value() == "d [a] {b}"


# The preview


def test_the_preview_follows_what_is_typed(editor: Locator, preview: Locator) -> None:
    editor.fill("A school **must** help.\n\n> Words.\n>\n> (6.17)")

    expect(preview.locator("strong.must")).to_have_text("must")
    expect(preview.locator("figcaption")).to_contain_text(
        "SEND Code of Practice (January 2015), paragraph 6.17"
    )


def test_the_preview_looks_as_the_public_page_does(page: Page, editing_site: str, preview: Locator) -> None:
    look = """element => {
        const style = getComputedStyle(element);
        return [parseFloat(style.fontSize) * (element.currentCSSZoom ?? 1), style.fontFamily, style.color,
                parseFloat(style.lineHeight) / parseFloat(style.fontSize), style.maxWidth.slice(0, 4) !== "none"];
    }"""
    shown = preview.locator(".preview > p").first
    expect(shown).to_be_visible()
    in_admin, paper = shown.evaluate(look), preview.evaluate("e => getComputedStyle(e).backgroundColor")

    page.goto(f"{editing_site}/leaflets/{LEAFLET}/")

    assert in_admin == page.locator(".introduction p").first.evaluate(look)
    assert paper == page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_admin_keeps_its_own_look(page: Page) -> None:
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "16px"


def test_problems_are_shown_in_the_preview(editor: Locator, preview: Locator) -> None:
    editor.fill("<img src=x onerror=\"document.title='owned'\">")

    expect(preview.locator(".problems")).to_contain_text("HTML is not used here")
    expect(preview.locator("img")).to_have_count(0)
    assert editor.page.title() != "owned"


def test_the_code_that_is_chosen_on_the_page_is_the_one_that_is_cited(
    page: Page, editor: Locator, preview: Locator
) -> None:
    editor.fill("See (6.17).")
    expect(preview.get_by_role("link")).to_have_attribute("href", "/code-of-practice/6.17/")

    page.get_by_label("Code of Practice").select_option(index=0)

    expect(preview.locator(".problems")).to_contain_text("does not say of which Code")


def test_a_link_in_the_preview_opens_beside_the_text(editor: Locator, preview: Locator) -> None:
    editor.fill("[Contact](/contact/)")

    with editor.page.expect_popup() as opened:
        preview.get_by_role("link", name="Contact").click()

    assert opened.value.url.endswith("/contact/")
    assert editor.input_value() == "[Contact](/contact/)"


def test_only_what_changed_is_announced_and_politely(page: Page, editor: Locator, preview: Locator) -> None:
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


def test_a_screen_reader_finds_the_preview_as_a_live_region(
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


# What goes wrong


def test_an_ended_session_is_told_and_the_words_stay(
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
def test_a_site_that_does_not_answer_is_told_and_forgotten_when_it_does(
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
def test_somebody_who_sends_20_mb_is_heard_out_and_told(page: Page, address: str) -> None:
    answer = page.evaluate(
        """address => fetch(address, {method: "POST", body: new Blob(["x".repeat(20_000_000)])})
            .then(async response => [response.status, await response.json()])""",
        f"/admin/editor/{address}/",
    )

    assert answer[0] == 400
    assert "larger than 5 MB" in answer[1]["error"] or "longer than 200,000" in answer[1]["error"]


# Pictures


def add_picture(page: Page, file: bytes, words: str, name: str = "photo.png") -> None:
    page.get_by_text("Add a picture").first.click()
    page.get_by_label("Picture (PNG").first.set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": file}
    )
    page.get_by_label("What it shows").first.fill(words)
    page.get_by_label("What it shows").first.press("Enter")


def test_a_picture_comes_into_the_text_with_its_words(
    page: Page, editor: Locator, preview: Locator, complaints: list[str]
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
    assert complaints == []


def test_a_picture_goes_to_the_end_where_nobody_has_pointed(page: Page, editor: Locator) -> None:
    before = editor.input_value()

    add_picture(page, picture(), "A child")

    expect(editor).to_have_value(re.compile(re.escape(before) + r"\n\n!\[A child\]\(\S+\)"))


def test_a_picture_without_words_is_not_sent(page: Page, editor: Locator, message: Locator) -> None:
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
        (b"\0" * (5 * 1024 * 1024 + 1), "This picture is larger than 5 MB."),
    ],
)
def test_a_refusal_stands_beside_the_editor(
    page: Page, editor: Locator, message: Locator, file: bytes, words: str
) -> None:
    before = editor.input_value()

    add_picture(page, file, "A child")

    expect(message).to_contain_text(words)
    assert editor.input_value() == before


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_dropped_or_pasted_picture_waits_for_its_words(page: Page, editor: Locator, way: str) -> None:
    before = editor.input_value()
    file = base64.b64encode(picture()).decode()

    editor.evaluate(LET_GO, [way, file, ""])
    words = page.get_by_label("What it shows").first
    expect(words).to_be_focused()
    assert editor.input_value() == before
    words.fill("A child")
    page.get_by_role("button", name="Add it to the text").first.click()

    expect(editor).to_have_value(re.compile(r"!\[A child\]\(/media/"))


@pytest.mark.parametrize("way", ["drop", "paste", "dragover"])
def test_words_are_dropped_and_pasted_as_in_any_field(editor: Locator, way: str) -> None:
    file = base64.b64encode(picture()).decode()

    left_to_the_browser = [editor.evaluate(LET_GO, [way, content, "Some words."]) for content in ("", file)]

    assert left_to_the_browser == [True, True]


# The page


def test_the_browser_has_nothing_to_complain_of(
    page: Page, editor: Locator, preview: Locator, complaints: list[str]
) -> None:
    editor.fill("Words.\n\n| a | b |\n|:-:|--:|\n| c | d |")
    expect(preview.locator("td.align-right")).to_be_visible()

    assert complaints == []


def test_axe_finds_nothing_wrong_with_the_editor(page: Page, preview: Locator) -> None:
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
