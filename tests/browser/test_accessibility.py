"""Every public page against WCAG 2.2 AA, in a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import in_display, new_context

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
    }
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Text spacing that readers may set themselves: WCAG 1.4.12.
TEXT_SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""

Visit = Callable[..., Page]


AXE = Axe()


def violations(page: Page, rules: dict) -> list[str]:
    """The violations that axe-core reports for the open page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
        page.add_init_script(AXE.axe_script)  # In the pages that it opens next, at less cost.
    # Without `resultTypes`, it also describes each element that is right.
    found = page.evaluate(
        """async options => {
            // Another colour scheme may arrive in a transition.
            await Promise.allSettled(document.getAnimations().map(animation => animation.finished));
            return (await axe.run(options)).violations;
        }""",
        rules | {"resultTypes": ["violations"]},
    )
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def violations_light_and_dark(page: Page) -> list[str]:
    """The violations on the open page in the light scheme, and those of contrast in the dark one.

    A colour scheme changes colours only: the other rules would find the same twice. These pages have the same colours in
    large print.
    """
    page.emulate_media(color_scheme="light")
    light = violations(page, RULES)
    if page.locator("html").get_attribute("data-display") == "large":
        return light
    page.emulate_media(color_scheme="dark")
    dark = violations(page, CONTRAST)
    page.emulate_media(color_scheme="light")
    return light + [f"dark: {found}" for found in dark]


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A tab for all pages of a test: opening one for each costs more than the page."""
    context = new_context(browser, site)
    yield context.new_page()
    context.close()


def test_axe_reports_no_violations(page: Page, pages: list[str], display: str) -> None:
    found = {}
    for path in pages:
        page.goto(in_display(path, display))
        found[path] = violations(page, RULES)

    assert {path: mistakes for path, mistakes in found.items() if mistakes} == {}


@pytest.mark.parametrize(
    "preferences",
    [{"color_scheme": "dark"}, {"contrast": "more"}, {"color_scheme": "dark", "contrast": "more"}],
    ids=["dark", "more contrast", "dark with more contrast"],
)
def test_text_has_enough_contrast(page: Page, pages: list[str], preferences: dict) -> None:
    """Large print has other colours on a leaflet only: see tests/public/test_stylesheets.py."""
    page.emulate_media(**preferences)
    found = {}
    for path in [*pages, "/leaflets/sen-in-mainstream-schools/?display=large"]:
        page.goto(path)
        found[path] = violations(page, CONTRAST)

    assert {path: mistakes for path, mistakes in found.items() if mistakes} == {}


@dataclass(frozen=True)
class Narrow:
    """What was measured on one page in narrow windows."""

    width_of_320_px: int
    width_of_1280_px_at_400_percent: int
    lost_with_wider_spacing: list[str]


# The texts that are cut off, outside of the window, or below other text.
LOST_TEXTS = """() => {
    const blocks = [...document.querySelectorAll("h1,h2,h3,p,li,dt,dd,figcaption,button,summary,label")]
        .filter(block => block.checkVisibility() && !block.closest(".visually-hidden, .skip"));
    const clipped = blocks.filter(block => getComputedStyle(block).overflow !== "visible"
        && block.scrollHeight > block.clientHeight + 1);
    const outside = blocks.filter(block => block.getBoundingClientRect().right > innerWidth + 1);
    const leaves = blocks.filter(block => !blocks.some(other => other !== block && block.contains(other)));
    const covered = leaves.filter((block, index) => {
        const next = leaves[index + 1];
        if (!next) return false;
        const a = block.getBoundingClientRect(), b = next.getBoundingClientRect();
        return a.bottom > b.top + 1 && b.bottom > a.top + 1 && a.right > b.left + 1 && b.right > a.left + 1;
    });
    return [...clipped, ...outside, ...covered].map(block => block.textContent.trim().slice(0, 60));
}"""


@pytest.fixture(scope="module")
def narrow(browser: Browser, site: str, pages: list[str], display: str) -> dict[str, Narrow]:
    """The measures of each page by its path. Each page is opened once."""
    context = new_context(browser, site, bypass_csp=True)
    page = context.new_page()
    zoom = context.new_cdp_session(page)
    width = "document.scrollingElement.scrollWidth"
    narrow = {}
    for path in pages:
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(in_display(path, display))
        small = page.evaluate(width)
        zoomed = {"width": 320, "height": 256, "deviceScaleFactor": 4, "mobile": False}
        zoom.send("Emulation.setDeviceMetricsOverride", zoomed)
        large = page.evaluate(width)
        zoom.send("Emulation.clearDeviceMetricsOverride")
        page.set_viewport_size({"width": 360, "height": 900})
        page.add_style_tag(content=TEXT_SPACING)
        narrow[path] = Narrow(small, large, page.evaluate(LOST_TEXTS))
    context.close()
    return narrow


def test_no_page_scrolls_horizontally(narrow: dict[str, Narrow]) -> None:
    assert {path: page for path, page in narrow.items() if page.width_of_320_px > 320} == {}


def test_no_page_scrolls_horizontally_at_400_percent(narrow: dict[str, Narrow]) -> None:
    assert {path: page for path, page in narrow.items() if page.width_of_1280_px_at_400_percent > 320} == {}


def test_wider_text_spacing_hides_no_text(narrow: dict[str, Narrow]) -> None:
    lost = {path: page.lost_with_wider_spacing for path, page in narrow.items()}

    assert {path: found for path, found in lost.items() if found} == {}


def test_must_and_should_differ_without_colour(visit: Visit) -> None:
    page = visit(forced_colors="active")
    page.goto("/leaflets/sen-in-mainstream-schools/")
    looks = """word => {
        const bar = getComputedStyle(document.querySelector(`.quotation.is-${word}`));
        const mark = getComputedStyle(document.querySelector(`.key .is-${word}`), "::before");
        const line = getComputedStyle(document.querySelector(`.in-short .${word}`));
        return [bar.borderLeftStyle, line.borderBottomStyle, parseFloat(mark.borderTopWidth)];
    }"""

    *must, filled = page.evaluate(looks, "must")
    *should, open_ = page.evaluate(looks, "should")

    assert must == ["solid", "solid"]
    assert should == ["dashed", "dashed"]
    assert filled >= 2 * open_
