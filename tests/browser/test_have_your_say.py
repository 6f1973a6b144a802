"""Have Your Say in a browser: by keyboard alone, without scripts, in both displays."""

import re
from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import go
from tests.browser.test_accessibility import RULES, violations

Visit = Callable[..., Page]
OpenPage = Callable[..., Page]

FORM = "/have-your-say/"
LEAFLET = "/leaflets/sen-in-mainstream-schools/"
REFERENCE = re.compile(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$")
READING_TIME = 3000  # milliseconds: a quicker submission is rejected
PERSONAL = "Please ring my sister on 01632 960123."

_addresses = count(1)


@pytest.fixture
def open_page(visit: Visit, display: str) -> OpenPage:
    """`open_page(path)` opens a page in this display, without scripts, from an IP address of its own."""

    def open_in_display(path: str, **options: object) -> Page:
        options = {"java_script_enabled": False, "reduced_motion": "reduce"} | options
        page = visit(extra_http_headers={"X-Forwarded-For": f"198.51.100.{next(_addresses)}"}, **options)
        if display == "large":
            page.goto(path)
            go(page.get_by_role("button", name="Large print"))
        page.goto(path)
        return page

    return open_in_display


def focused(locator: Locator) -> bool:
    return locator.evaluate("element => element === document.activeElement")


def tab_to(locator: Locator) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(200):
        locator.page.keyboard.press("Tab")
        if focused(locator):
            return
    raise AssertionError(f"Tab does not reach {locator}.")


def press(locator: Locator, key: str = "Enter") -> None:
    """Reach a link or a button with Tab, press it, and wait for the next page."""
    tab_to(locator)
    with locator.page.expect_navigation():
        locator.page.keyboard.press(key)


def type_into(locator: Locator, words: str) -> None:
    tab_to(locator)
    locator.page.keyboard.type(words)


def send_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Send", exact=True)


def reference_on(page: Page) -> str:
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    reference = page.locator(".reference").inner_text()
    assert REFERENCE.match(reference)
    return reference


def shows_display(page: Page) -> str:
    return page.locator("html").get_attribute("data-display") or ""


# Sending a message

BOX = "What would you like to tell us?"


def test_from_a_section_to_the_reference_by_keyboard_alone_and_without_scripts(
    open_page: OpenPage, display: str
) -> None:
    page = open_page(LEAFLET)
    section = page.locator("section.part").first
    heading = section.get_by_role("heading", level=2).inner_text()

    press(section.get_by_role("link", name="Tell us"))
    expect(page.locator(".about")).to_contain_text(heading)
    type_into(page.get_by_label(BOX), "What is a plan? Zażółć.")
    tab_to(page.get_by_label("Yes", exact=True))
    page.keyboard.press("Space")
    expect(page.get_by_label("Yes", exact=True)).to_be_checked()
    type_into(page.get_by_label("Your phone number"), "0778 12")
    press(send_button(page))

    expect(page).to_have_title(re.compile("^Please check: "))
    mistake = page.get_by_role("alert").get_by_role("link")
    tab_to(mistake)
    page.keyboard.press("Enter")
    assert focused(page.get_by_label("Your phone number"))
    page.keyboard.press("Control+A")
    page.keyboard.type("01632 960123")
    expect(page.get_by_label("Yes", exact=True)).to_be_checked()
    expect(page.get_by_label(BOX)).to_have_value("What is a plan? Zażółć.")
    expect(page.locator(".about")).to_contain_text(heading)
    page.wait_for_timeout(READING_TIME)
    press(send_button(page))

    reference = reference_on(page)
    expect(page.locator("main")).to_contain_text("You asked for a reply")
    assert shows_display(page) == display
    page.reload()
    assert reference_on(page) == reference


def test_enter_in_a_text_field_sends_the_form(open_page: OpenPage, display: str) -> None:
    page = open_page(FORM)
    page.get_by_label(BOX).fill("Very clear.")
    page.get_by_label("Your e-mail address").fill("parent@example.org")
    page.wait_for_timeout(READING_TIME)

    with page.expect_navigation():
        page.get_by_label("Your e-mail address").press("Enter")

    assert REFERENCE.match(reference_on(page))
    assert shows_display(page) == display


def test_sending_again_after_the_back_button_stores_the_message_once(open_page: OpenPage) -> None:
    page = open_page(FORM)
    page.get_by_label(BOX).fill("Please make the list shorter.")
    page.wait_for_timeout(READING_TIME)
    go(send_button(page))
    reference = reference_on(page)

    page.go_back()
    expect(page.get_by_label(BOX)).to_have_value("Please make the list shorter.")
    page.wait_for_timeout(READING_TIME)
    go(send_button(page))

    assert reference_on(page) == reference


# Personal details in the comments


def test_a_message_with_personal_details_can_be_sent_as_it_is(open_page: OpenPage) -> None:
    page = open_page(FORM)
    type_into(page.get_by_label(BOX), PERSONAL)
    page.wait_for_timeout(READING_TIME)
    press(send_button(page))
    expect(page.get_by_role("alert")).to_contain_text("Did you mean to include this?")
    expect(page.get_by_role("alert")).to_contain_text("01632 960123")
    expect(page.get_by_label(BOX)).to_have_value(PERSONAL)

    press(page.get_by_role("button", name="Send it as it is"))

    reference_on(page)


def test_personal_details_can_be_removed_before_sending(open_page: OpenPage) -> None:
    page = open_page(FORM)
    type_into(page.get_by_label(BOX), PERSONAL)
    page.wait_for_timeout(READING_TIME)
    press(send_button(page))

    tab_to(page.get_by_role("link", name="Change what I wrote"))
    page.keyboard.press("Enter")
    assert focused(page.get_by_label(BOX))
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Please ring my sister.")
    press(send_button(page))

    reference_on(page)


# The honeypot, and changing the display


def test_the_honeypot_is_neither_visible_nor_focusable(open_page: OpenPage) -> None:
    page = open_page(FORM)
    trap = page.locator("[name=homepage]")
    reached = set()

    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.locator(":focus").get_attribute("name") if page.locator(":focus").count() else None)

    assert {"useful", "comments", "name", "email", "phone"} <= reached
    assert "homepage" not in reached
    expect(trap).not_to_be_in_viewport()
    box = trap.bounding_box()
    assert box is None or box["x"] + box["width"] <= 0
    assert page.get_by_role("textbox", name="Leave this empty").count() == 0


def test_changing_the_display_keeps_the_contents_of_the_form(open_page: OpenPage, display: str) -> None:
    page = open_page(f"{FORM}?leaflet=sen-in-mainstream-schools")
    other = {"standard": "Large print", "large": "Standard print"}[display]
    about = page.locator(".about").inner_text()
    written = {
        BOX: "Half a sen",
        "Your name": "A. Parent",
        "Your e-mail address": "parent@",
        "Your phone number": "01632",
    }
    page.get_by_label("No", exact=True).check()
    for label, words in written.items():
        page.get_by_label(label).fill(words)

    page.get_by_role("button", name=other).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert shows_display(page) != display
    assert {label: page.get_by_label(label).input_value() for label in written} == written
    expect(page.get_by_label("No", exact=True)).to_be_checked()
    assert page.locator(".about").inner_text() == about
    assert page.get_by_role("alert").count() == 0


def test_the_form_can_be_sent_after_changing_the_display(open_page: OpenPage, display: str) -> None:
    page = open_page(FORM)
    page.get_by_label(BOX).fill("Very clear.")
    go(page.locator("button[name=display]"))
    page.wait_for_timeout(READING_TIME)

    go(send_button(page))

    reference_on(page)
    assert shows_display(page) != display


# WCAG 2.2 AA


def test_axe_finds_no_violations_on_any_page_of_the_form(open_page: OpenPage, display: str) -> None:
    page = open_page(f"{FORM}?leaflet=sen-in-mainstream-schools", java_script_enabled=True)
    wrong = {"the form": violations(page, RULES)}

    page.get_by_label("Your phone number").fill("?")
    go(send_button(page))
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    wrong["its errors"] = violations(page, RULES)

    page.goto(FORM)
    page.get_by_label(BOX).fill(PERSONAL)
    go(send_button(page))
    expect(page.get_by_role("alert")).to_contain_text("That was very quick")
    wrong["stopped"] = violations(page, RULES)

    page.wait_for_timeout(READING_TIME)
    go(send_button(page))
    expect(page.get_by_role("alert")).to_contain_text("Did you mean to include this?")
    wrong["the question"] = violations(page, RULES)

    go(page.get_by_role("button", name="Send it as it is"))
    reference_on(page)
    wrong["thank you"] = violations(page, RULES)

    go(page.get_by_role("link", name="What we changed because of what people said"))
    expect(page.get_by_role("heading", level=1)).to_have_text("You said, we did")
    wrong["you said, we did"] = violations(page, RULES)

    assert shows_display(page) == display
    assert {name: found for name, found in wrong.items() if found} == {}


def test_no_page_of_the_form_scrolls_sideways_on_a_small_screen(open_page: OpenPage) -> None:
    page = open_page(FORM, width=320, height=640)
    wide = {}

    page.get_by_label(BOX).fill("x" * 4001)
    page.get_by_label("Your e-mail address").fill("x" * 300)
    go(send_button(page))
    wide["its errors"] = page.evaluate("document.scrollingElement.scrollWidth")
    page.goto(FORM)
    page.get_by_label(BOX).fill(f"{'x' * 64}@{'x' * 63}.{'x' * 63}.example.org")
    page.wait_for_timeout(READING_TIME)
    go(send_button(page))
    expect(page.get_by_role("alert")).to_contain_text("Did you mean to include this?")
    wide["the question"] = page.evaluate("document.scrollingElement.scrollWidth")

    assert {name: width for name, width in wide.items() if width > 320} == {}
