"""Sizes of the layout that readers see: the header, the cards and the columns."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import in_display

Visit = Callable[..., Page]

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
HIGHEST_HEADER = 130  # CSS pixels, of 360 in width
# In large print four or five links of the menu take two rows of 44 px.
HIGHEST_WITH_FIVE_LINKS = {"standard": 120, "large": 145}

# Puts five links into the menu, and returns the height of the header, its smallest target and the rows of the menu.
WITH_FIVE_LINKS = """name => {
    document.querySelector(".menu ul").innerHTML = ["Leaflets", "Law", "Words", "Search", "Contact"]
        .map(words => `<li><a href="/">${words}</a></li>`).join("");
    if (name) document.querySelector(".service span").firstChild.data = name + "\\n";
    const boxes = selector => [...document.querySelectorAll(selector)].map(one => one.getBoundingClientRect());
    return {height: boxes(".site-header")[0].height,
            target: Math.min(...boxes(".site-header a").map(box => box.height)),
            rows: new Set(boxes(".menu li").map(box => Math.round(box.top))).size};
}"""

# Makes a list of so many cards, and returns the sum of the widths of the cards in each row.
ROWS_OF_CARDS = """count => {
    const card = "<li><h3><a href='/'>A leaflet</a></h3><p>What it is about.</p></li>";
    document.querySelector("main").innerHTML = `<ul class="cards" role="list">${card.repeat(count)}</ul>`;
    const rows = new Map();
    for (const { top, width } of [...document.querySelectorAll(".cards > li")].map(card => card.getBoundingClientRect()))
        rows.set(Math.round(top), [...(rows.get(Math.round(top)) || []), width]);
    const gap = parseFloat(getComputedStyle(document.querySelector(".cards")).columnGap);
    return [...rows.values()].map(row => Math.round(row.reduce((a, b) => a + b) + gap * (row.length - 1)));
}"""


@pytest.mark.parametrize("path", ["/", LEAFLET, "/contact/", "/have-your-say/"])
@pytest.mark.parametrize("width", [320, 360])
def test_the_header_of_a_phone_leaves_space_for_text(visit: Visit, path: str, width: int) -> None:
    page = visit(width=width)
    page.goto(path)

    assert page.locator(".site-header").bounding_box()["height"] <= HIGHEST_HEADER
    expect(page.locator(".site-header").get_by_role("link", name="Call 01429 284876")).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_header_of_large_print_leaves_space_for_text(visit: Visit, width: int) -> None:
    page = visit(width=width)
    page.goto(in_display("/contact/", "large"))

    assert page.locator(".site-header").bounding_box()["height"] <= HIGHEST_WITH_FIVE_LINKS["large"]
    expect(page.locator(".site-header").get_by_role("link", name="Call 01429 284876")).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_five_links_in_the_menu_take_few_rows_and_keep_their_size(
    visit: Visit, width: int, display: str
) -> None:
    page = visit(width=width)
    page.goto(in_display("/contact/", display))

    found = page.evaluate(WITH_FIVE_LINKS, "")

    assert found["height"] <= HIGHEST_WITH_FIVE_LINKS[display]
    assert found["target"] >= 44
    assert found["rows"] == (2 if display == "large" and width < 768 else 1)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_a_long_name_of_the_service_makes_the_header_little_higher(
    visit: Visit, width: int, display: str
) -> None:
    page = visit(width=width)
    page.goto(in_display("/contact/", display))

    found = page.evaluate(WITH_FIVE_LINKS, "North Lincolnshire SENDIASS")

    # A line more; in large print of 320 px, the number on a line of its own.
    assert found["height"] <= HIGHEST_WITH_FIVE_LINKS[display] + 48
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 25])
def test_every_row_of_cards_is_full(visit: Visit, count: int, display: str) -> None:
    page = visit()
    page.goto(in_display("/", display))

    for width in (360, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        rows = page.evaluate(ROWS_OF_CARDS, count)
        assert max(rows) - min(rows) <= 1, (width, rows)


def test_a_whole_card_is_a_link(visit: Visit) -> None:
    page = visit()
    page.goto("/")
    card = page.locator(".cards > li").first
    box = card.bounding_box()

    page.mouse.click(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2)

    page.wait_for_url(f"**{LEAFLET}**")


def test_quotations_are_as_wide_as_the_text(visit: Visit, display: str) -> None:
    page = visit(width=1920)
    page.goto(in_display(LEAFLET, display))
    width = "selector => document.querySelector(selector).getBoundingClientRect().width"

    quotation, words = page.evaluate(width, ".quotation"), page.evaluate(width, ".part > p")

    padding = 2.4 * {"standard": 19, "large": 24}[display]
    assert quotation - padding <= words + 1


def test_no_page_scrolls_horizontally_on_the_narrowest_screens(
    visit: Visit, pages: list[str], display: str
) -> None:
    """213 px are those of a screen of 1280 px at 600 %, or of a phone of 320 px at 150 %."""
    page = visit(width=213)
    too_wide = {}
    for path in pages:
        page.goto(in_display(path, display))
        too_wide[path] = page.evaluate("document.scrollingElement.scrollWidth")

    assert {path: width for path, width in too_wide.items() if width > 213} == {}
