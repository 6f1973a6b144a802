"""Keyboard navigation: order, visible focus, the skip link and the display button."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import in_display

Visit = Callable[..., Page]

FOCUSABLE = "a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex='0']"
# The position of the focus in the order of the document, and whether it is visible.
FOCUS = """selector => {
    const all = [...document.querySelectorAll(selector)]
        .filter(element => element.checkVisibility() && element.tabIndex >= 0)
        // In a group of radio buttons, Tab stops at the checked one, or at the first where none is.
        .filter(element => element.type !== "radio" || element.checked
            || element === document.querySelector(`[name="${element.name}"]`)
                && !document.querySelector(`[name="${element.name}"]:checked`));
    const focused = document.activeElement, box = focused.getBoundingClientRect();
    // The outline of a link that covers its card is that of the card.
    const style = getComputedStyle(focused, focused.closest(".cards") && "::after");
    // A link that runs over two lines has two boxes; a tall one may be in sight in part.
    const points = [...focused.getClientRects()].map(part => [
        part.left + part.width / 2,
        (Math.max(part.top, 0) + Math.min(part.bottom, innerHeight)) / 2,
    ]);
    return {
        position: all.indexOf(focused),
        hasParts: ["date", "time"].includes(focused.type),
        count: all.length,
        name: focused.textContent.trim().slice(0, 40) || focused.name || focused.tagName,
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inSight: box.bottom > 0 && box.top < innerHeight,
        uncovered: points.some(([x, y]) => focused.contains(document.elementFromPoint(x, y))),
    };
}"""


def test_the_skip_link_comes_first_and_leads_to_the_main_content(visit: Visit, site: str) -> None:
    page = visit()
    page.goto("/leaflets/sen-in-mainstream-schools/")

    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")

    assert first == "Skip to the main content"
    expect(page.locator("#page-main")).to_be_focused()


def test_tab_visits_every_control_in_order_with_visible_focus_and_leaves_the_page(
    visit: Visit, pages: list[str], display: str
) -> None:
    # Smooth scrolling would be unfinished when the focus is examined.
    page = visit(width=1280, reduced_motion="reduce")
    wrong = {}

    for path in pages:
        page.goto(in_display(path, display))
        count = page.evaluate(FOCUS, FOCUSABLE)["count"]
        stops = []
        for _ in range(count):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS, FOCUSABLE)
            # Tab stops at day, month and year of a date, too.
            while stop["hasParts"] and stops and stop["position"] == stops[-1]["position"]:
                page.keyboard.press("Tab")
                stop = page.evaluate(FOCUS, FOCUSABLE)
            stops.append(stop)
        page.keyboard.press("Tab")
        left = page.evaluate(FOCUS, FOCUSABLE)["position"] in (-1, 0)
        wrong[path] = [
            stop
            for expected, stop in enumerate(stops)
            if stop["position"] != expected
            or not (stop["outlined"] and stop["inSight"] and stop["uncovered"])
        ] + ([] if left else ["Tab does not leave the page"])

    assert {path: found[:3] for path, found in wrong.items() if found} == {}


def test_large_print_is_switched_on_and_off_by_keyboard(visit: Visit) -> None:
    page = visit()
    page.goto("/contact/")

    for name in ("Large print", "Standard print"):
        page.get_by_role("button", name=name).focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Large print")).to_be_visible()
    assert page.url.endswith("/contact/")
