"""Standard and large display: sizes, on the screen and on paper."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from tests.browser.conftest import in_display, new_context
from tests.printed_pages import find_emptier_than_half, find_parted

Visit = Callable[..., Page]

# CSS pixels. Large print is 18 pt: UKAAF's guidance asks for 16 to 18.
BODY = {"standard": 19, "large": 24}
SMALLEST = {"standard": 16, "large": 24}
SMALLEST_TARGET = {"standard": 24, "large": 44}
ON_PAPER = {"standard": 16, "large": 24}  # 12 pt and 18 pt
LONGEST_LINE = 70  # characters

# Every visible text with its style.
TEXTS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (!node.data.trim() || !parent.checkVisibility() || parent.closest(".visually-hidden, .skip, title, script")) continue;
        const style = getComputedStyle(parent);
        const drawn = parent.ownerSVGElement ? parent.ownerSVGElement.getScreenCTM().a : 1;
        texts.push({text: node.data.trim().slice(0, 50), size: parseFloat(style.fontSize) * drawn,
                    slanted: style.fontStyle !== "normal", justified: style.textAlign === "justify"});
    }
    return texts;
}"""
LINES = """() => {
    let longest = 0, words = "";
    for (const block of document.querySelectorAll("main p, main li, main address, main figcaption")) {
        if (!block.checkVisibility() || block.querySelector("p, li")) continue;
        const lines = new Map(), walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (node.parentElement.closest(".visually-hidden")) continue;
            for (let i = 0; i < node.data.length; i++) {
                const range = document.createRange(); range.setStart(node, i); range.setEnd(node, i + 1);
                const box = range.getBoundingClientRect();
                if (box.width) { const line = Math.round(box.bottom / 8); lines.set(line, (lines.get(line) || "") + node.data[i]); }
            }
        }
        for (const line of lines.values()) if (line.trim().length > longest) { longest = line.trim().length; words = line; }
    }
    return [longest, words];
}"""
# Links, buttons and fields outside sentences (WCAG 2.5.8 exempts those within).
# A link in a sentence is as high as its line, also where it is bold.
TARGETS = """() => [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), textarea")]
    .filter(target => target.checkVisibility() && !target.closest(".skip"))
    .filter(target => {
        const isInline = element => getComputedStyle(element).display === "inline";
        let block = target.parentElement;
        while (isInline(block)) block = block.parentElement;
        return target.tagName !== "A" || !isInline(target) || block.innerText.trim() === target.innerText.trim();
    })
    .map(target => ({name: target.textContent.trim().slice(0, 50), height: target.getBoundingClientRect().height}))"""


PRINTED_CONTROLS = """() => [...document.querySelectorAll("nav, button, .part-foot")]
    .filter(element => element.checkVisibility()).map(element => element.outerHTML.slice(0, 60))"""


@dataclass(frozen=True)
class Measures:
    """What was measured on one page."""

    body: float
    texts: list[dict[str, Any]]
    targets_360_px_wide: list[dict[str, Any]]
    longest_line: tuple[int, str]
    printed_texts: list[dict[str, Any]]
    printed_controls: list[str]


@pytest.fixture(scope="module")
def measures(browser: Browser, site: str, pages: list[str], display: str) -> dict[str, Measures]:
    """The measures of each page by its path. Each page is opened once."""
    context = new_context(browser, site)
    page = context.new_page()
    measures = {}
    for path in pages:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(media="screen")
        page.goto(in_display(path, display))
        body = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
        texts = page.evaluate(TEXTS)
        page.set_viewport_size({"width": 360, "height": 900})
        targets = page.evaluate(TARGETS)
        page.set_viewport_size({"width": 1600, "height": 900})
        longest, words = page.evaluate(LINES)
        page.emulate_media(media="print")
        printed = page.evaluate(TEXTS), page.evaluate(PRINTED_CONTROLS)
        measures[path] = Measures(body, texts, targets, (longest, words), *printed)
    context.close()
    return measures


def wrong_texts(
    texts: dict[str, list[dict[str, Any]]], is_wrong: Callable[[dict[str, Any]], bool]
) -> dict[str, list[dict[str, Any]]]:
    """Return the wrong ones of these texts, or targets, by path."""
    wrong = {path: [text for text in found if is_wrong(text)] for path, found in texts.items()}
    return {path: found for path, found in wrong.items() if found}


def test_body_text_and_all_other_text_have_their_minimum_size(measures: dict, display: str) -> None:
    texts = {path: page.texts for path, page in measures.items()}

    assert {path: page.body for path, page in measures.items() if page.body < BODY[display]} == {}
    assert wrong_texts(texts, lambda text: text["size"] < SMALLEST[display] - 0.01) == {}


def test_text_of_the_four_steps_diagram_has_the_minimum_size_on_a_320_px_screen(
    visit: Visit, display: str
) -> None:
    page = visit(width=320)
    page.goto(in_display("/leaflets/sen-in-mainstream-schools/", display))

    small = [text for text in page.evaluate(TEXTS) if text["size"] < SMALLEST[display] - 0.01]

    assert small == []


def test_no_text_is_italic_or_justified(measures: dict) -> None:
    texts = {path: page.texts for path, page in measures.items()}

    assert wrong_texts(texts, lambda text: text["slanted"] or text["justified"]) == {}


def test_no_line_is_longer_than_70_characters(measures: dict) -> None:
    lines = {path: page.longest_line for path, page in measures.items()}

    assert {path: line for path, line in lines.items() if line[0] > LONGEST_LINE} == {}


def test_links_buttons_and_fields_have_the_minimum_height(measures: dict, display: str) -> None:
    targets = {path: page.targets_360_px_wide for path, page in measures.items()}

    assert wrong_texts(targets, lambda target: target["height"] < SMALLEST_TARGET[display] - 0.01) == {}


def test_print_has_12_or_18_point_text_and_no_navigation_or_buttons(measures: dict, display: str) -> None:
    texts = {path: page.printed_texts for path, page in measures.items()}

    assert wrong_texts(texts, lambda text: text["size"] < ON_PAPER[display] - 0.01) == {}
    assert {path: page.printed_controls for path, page in measures.items() if page.printed_controls} == {}


def test_a_printed_leaflet_has_few_pages_none_emptier_than_half_and_parts_nothing(
    visit: Visit, display: str, tmp_path: Path
) -> None:
    page = visit()
    page.goto(in_display("/leaflets/sen-in-mainstream-schools/", display))

    page.pdf(path=tmp_path / "leaflet.pdf", prefer_css_page_size=True)

    printed = PdfReader(tmp_path / "leaflet.pdf")
    assert len(printed.pages) <= {"standard": 6, "large": 12}[display]
    assert find_emptier_than_half(printed) == []
    assert find_parted(printed) == []


def test_a_printed_leaflet_names_its_edition_and_its_address(visit: Visit) -> None:
    page = visit()
    page.emulate_media(media="print")
    page.goto("/leaflets/sen-in-mainstream-schools/")

    assert "1, public from" in page.locator("section[aria-labelledby='page-dates']").inner_text()
    assert "/leaflets/sen-in-mainstream-schools/" in page.locator(".letterhead").inner_text()


@pytest.mark.parametrize(
    ("path", "urls"),
    [
        ("/privacy/", ["https://ico.org.uk/make-a-complaint/"]),
        # Its only external link has the address as its words.
        ("/leaflets/sen-in-mainstream-schools/", []),
    ],
)
def test_a_printed_leaflet_shows_the_urls_of_external_links_only(
    visit: Visit, path: str, urls: list[str]
) -> None:
    page = visit()
    page.emulate_media(media="print")
    page.goto(path)
    after = """() => [...document.querySelectorAll(".leaflet-text a")]
        .filter(link => getComputedStyle(link, "::after").content.includes("("))
        .map(link => link.getAttribute("href"))"""

    assert page.evaluate(after) == urls
