"""Pictures of pages for people to look at. They are made with SCREENSHOTS=on only: see tests/browser/conftest.py."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import RESULTS, in_display

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
LOOKS = {
    "phone": {"width": 360},
    "desktop": {},
    "dark": {"color_scheme": "dark"},
    "contrast": {"contrast": "more"},
    "forced-colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_screenshot_of_a_leaflet_is_saved(visit: Callable[..., Page], display: str, look: str) -> None:
    page = visit(**LOOKS[look])
    page.goto(in_display(LEAFLET, display))

    saved = page.screenshot(path=RESULTS / f"leaflet-{look}-{display}.png", full_page=True)

    assert len(saved) > 10_000


def test_a_leaflet_is_saved_as_it_is_printed(visit: Callable[..., Page], display: str) -> None:
    page = visit()
    page.goto(in_display(LEAFLET, display))

    saved = page.pdf(path=RESULTS / f"leaflet-print-{display}.pdf", prefer_css_page_size=True)

    assert saved.startswith(b"%PDF")
