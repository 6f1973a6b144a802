"""The search as readers use it, in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import in_display, new_context
from tests.browser.test_accessibility import violations_light_and_dark

QUESTIONS = ["EHCP", "tranportt", "section 99", "xylophone", "exclusion", "teachers xylophone", ""]


def test_a_parent_finds_a_section_on_a_phone_without_javascript(visit):
    page = visit(width=360, java_script_enabled=False)
    page.goto("/search/")
    box = page.get_by_label("What are you looking for?")
    box.fill("assesment")
    box.press("Enter")

    page.get_by_role("link", name="assessment", exact=True).click()
    expect(page.get_by_label("What are you looking for?")).to_have_value("assessment")
    page.get_by_role("main").get_by_role("article").first.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/leaflets/sen-in-mainstream-schools/#"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_axe_reports_no_violations_for_an_answer(browser: Browser, site: str, display: str, question: str):
    context = new_context(browser, site, viewport={"width": 320, "height": 640}, bypass_csp=True)
    page = context.new_page()
    page.goto(in_display(f"/search/?q={question}", display))

    assert violations_light_and_dark(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
    context.close()
