"""Pasting into the editor in a real browser."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import go
from tests.browser.test_editor_page import cookie, editing_site, open_editor, short_page  # noqa: F401 - fixtures

HTML = "<p>Read <b>this</b>:</p><ul><li>one</li><li>two</li></ul>"
MARKDOWN = "Read **this**:\n\n- one\n- two"
TEXT = "Read this:\none\ntwo"
WHOLE = "<h1>Moving</h1><p>Read this.</p><h2>Before the move</h2><p>Ask.</p><h2>After the move</h2><p>Ask again.</p>"
# Dispatch the event of a paste. Returns whether the browser is left to insert the text itself.
PASTE = """(field, carried) => {
    const data = new DataTransfer();
    for (const [type, words] of Object.entries(carried)) data.setData(type, words);
    field.focus();
    return field.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: data}));
}"""


@pytest.fixture
def page(short_page: Page) -> Page:  # noqa: F811
    return short_page


@pytest.fixture
def box(page: Page) -> Locator:
    box = page.get_by_label("Introduction")
    box.fill("One.\n\nTwo.")
    box.evaluate("box => box.setSelectionRange(4, 4)")
    return box


@pytest.fixture
def message(page: Page) -> Locator:
    return page.locator(".markdownx-message").first


def paste(box: Locator, html: str = "", text: str = "") -> bool:
    carried = {"text/html": html, "text/plain": text}
    return box.evaluate(PASTE, {kind: words for kind, words in carried.items() if words})


def test_rich_text_is_pasted_as_markdown_at_the_cursor(box: Locator) -> None:
    paste(box, HTML, TEXT)

    expect(box).to_have_value(f"One.\n\n{MARKDOWN}\n\nTwo.")


def test_one_undo_takes_it_out_again(page: Page, box: Locator) -> None:
    paste(box, HTML, TEXT)
    expect(box).to_have_value(re.compile("- two"))

    page.keyboard.press("Control+z")

    expect(box).to_have_value("One.\n\nTwo.")


def test_words_within_a_line_stay_in_the_line(box: Locator) -> None:
    box.evaluate("box => box.setSelectionRange(3, 3)")

    paste(box, "<b>two</b>", "two")

    expect(box).to_have_value("One**two**.\n\nTwo.")


def test_lines_that_a_pdf_broke_are_joined(box: Locator) -> None:
    paste(box, text="A line that a viewer broke\nin the middle of a sentence.")

    expect(box).to_have_value("One.A line that a viewer broke in the middle of a sentence.\n\nTwo.")


def test_rich_text_without_a_plain_form_is_pasted(box: Locator) -> None:
    paste(box, HTML)

    expect(box).to_have_value(re.compile(re.escape(MARKDOWN)))


@pytest.mark.parametrize(
    ("html", "text"),
    [("", "One line."), ("", "## A heading\n\n- of our own"), ("", "Words with **marks**\nand more.")],
)
def test_plain_words_and_markdown_are_left_to_the_browser(box: Locator, html: str, text: str) -> None:
    assert paste(box, html, text)


def test_the_key_for_plain_text_pastes_plain_text(box: Locator) -> None:
    # As the browser sends it: the key itself would paste what this machine's clipboard has.
    box.evaluate("""box => box.dispatchEvent(new KeyboardEvent("keydown",
        {key: "V", ctrlKey: true, shiftKey: true, bubbles: true}))""")

    assert paste(box, HTML, TEXT)


def test_text_that_is_copied_from_a_box_keeps_its_marks(page: Page, box: Locator) -> None:
    words = "**One**\n[two](/contact/)\nthree"
    other = page.get_by_label("Text").first
    other.fill("")
    box.fill(words)
    box.press("Control+a")
    box.press("Control+c")
    other.press("Control+v")

    expect(other).to_have_value(words)


def test_text_that_is_cut_comes_back_by_undo(box: Locator) -> None:
    box.press("Control+a")
    box.press("Control+x")
    expect(box).to_have_value("")

    box.press("Control+z")

    expect(box).to_have_value("One.\n\nTwo.")


@pytest.mark.parametrize("answer", ["<html>502 Bad Gateway</html>", "null", "{}", None])
def test_the_plain_text_is_pasted_and_it_is_said_where_the_site_does_not_answer(
    page: Page,
    box: Locator,
    message: Locator,
    answer: str | None,
) -> None:
    def respond(route: Route) -> None:
        if answer is None:
            route.abort()
        else:
            route.fulfill(body=answer)

    page.route("**/admin/editor/paste/", respond)

    paste(box, HTML, TEXT)

    expect(box).to_have_value("One.Read this:\none\ntwo\n\nTwo.")
    expect(message).to_contain_text("This was pasted as plain text")


def test_after_the_session_ended_the_plain_text_is_pasted(page: Page, box: Locator, message: Locator) -> None:
    page.context.clear_cookies(name="session")

    paste(box, HTML, TEXT)

    expect(message).to_contain_text("Your session has ended.")
    expect(message).to_contain_text("This was pasted as plain text")
    expect(box).to_have_value("One.Read this:\none\ntwo\n\nTwo.")


def test_what_is_typed_while_the_site_prepares_the_text_is_kept(page: Page, box: Locator) -> None:
    waiting = []
    page.route("**/admin/editor/paste/", lambda route: waiting.append(route))
    with page.expect_request("**/admin/editor/paste/"):
        paste(box, HTML, TEXT)

    page.keyboard.type(" Typed.")
    waiting[0].continue_()

    expect(box).to_have_value(f"One. Typed.\n\n{MARKDOWN}\n\nTwo.")


def test_a_save_waits_for_what_was_pasted(page: Page, box: Locator) -> None:
    waiting = []
    page.route("**/admin/editor/paste/", lambda route: waiting.append(route))
    with page.expect_request("**/admin/editor/paste/"):
        paste(box, HTML, TEXT)

    page.get_by_role("button", name="Save draft").click()
    with page.expect_navigation():
        waiting[0].continue_()

    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    expect(page.get_by_label("Introduction")).to_have_value(f"One.\n\n{MARKDOWN}\n\nTwo.")


def test_a_whole_leaflet_becomes_sections(page: Page, box: Locator) -> None:
    paste(box, WHOLE, "Moving …")

    go(page.get_by_role("button", name="Make 2 sections of it"))

    sections = page.get_by_role("navigation", name="Sections").get_by_role("link")
    expect(sections.filter(has_text="1. Before the move")).to_be_visible()
    expect(sections.filter(has_text="2. After the move")).to_be_visible()
    expect(page.get_by_label("Introduction")).to_have_value("One.\n\nTwo.\n\nRead this.")


def test_a_question_is_answered_by_a_button(page: Page, box: Locator) -> None:
    box.fill("")
    paste(box, "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td")

    page.get_by_role("status").get_by_role("button", name="Yes").click()

    expect(box).to_have_value("| a | b |\n| --- | --- |\n| c | d |")
