"""The meeting sheet, the list of duties and letters: on a phone without scripts, and on paper."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import go, in_display, new_context
from tests.browser.test_accessibility import violations_light_and_dark
from tests.factories import load
from tests.pages import SITE, leaflet_from_text
from tests.printed_pages import find_parted
from tests.running_site import running_site
from tests.selected_site import OnSite

Visit = Callable[..., Page]

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
FORM = f"{LEAFLET}meeting/"
SHEET = f"{LEAFLET}meeting/sheet/"
LETTER = """\
Words.

## Ask for an assessment {#ask .letter}

Dear ____,

You **must** answer (6.2). My child is ________.
"""


def printed(page: Page, folder: Path) -> PdfReader:
    page.pdf(path=folder / "printed.pdf", prefer_css_page_size=True)
    return PdfReader(folder / "printed.pdf")


def words_of(document: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def test_a_full_sheet_is_printed_on_one_sheet_of_a4_or_on_two_in_large_print(
    visit: Visit, display: str, tmp_path: Path
) -> None:
    page = visit()
    page.goto(in_display(SHEET, display))

    paper = printed(page, tmp_path)

    # Both sides.
    assert len(paper.pages) <= {"standard": 2, "large": 4}[display]
    assert find_parted(paper) == []


def test_a_sheet_of_what_is_ticked_only_is_short(visit: Visit, display: str, tmp_path: Path) -> None:
    page = visit()
    page.goto(in_display(FORM, display))
    for tick in page.get_by_role("checkbox").all()[3:14]:
        tick.uncheck()
    go(page.get_by_role("button", name="Show my sheet", exact=True))

    paper = printed(page, tmp_path)

    assert len(paper.pages) == {"standard": 1, "large": 2}[display]
    assert "Designate a teacher" in words_of(paper)
    assert "Inform parents" not in words_of(paper)


def test_the_printed_sheet_has_the_phone_and_where_its_words_are_from(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    page.goto(SHEET)

    words = words_of(printed(page, tmp_path))

    assert "Hartlepool SEND IASS: phone 01429 284876 or 07776 491662." in words
    assert "Edition 1: http" in words
    assert "Draft for the service to approve." in words
    for not_on_paper in ("Large print", "Change what is on it", "Talk to a person", "calendar"):
        assert not_on_paper not in words


def test_words_that_are_typed_on_the_sheet_are_printed_and_sent_nowhere(visit: Visit, tmp_path: Path) -> None:
    page = visit(width=360, java_script_enabled=False)
    page.goto(FORM)
    go(page.get_by_role("button", name="Show my sheet", exact=True))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    long_answer = " ".join(f"answer{number}" for number in range(120))

    page.get_by_label("About", exact=True).fill("Bluebell")
    page.get_by_label("What the school says").first.fill(long_answer)
    page.get_by_label("Who, line 1").fill("Buttercup")
    page.get_by_role("textbox", name="Next meeting").fill("Foxglove")
    page.get_by_role("checkbox", name="Notes of what you see at home").check()

    words = words_of(printed(page, tmp_path))
    assert all(word in words for word in ["Bluebell", "Buttercup", "Foxglove", "answer0 ", "answer119"])
    assert requests == []
    assert "Bluebell" not in page.url


def test_choosing_is_kept_in_the_address_and_can_be_changed_without_a_script(visit: Visit) -> None:
    page = visit(width=360, java_script_enabled=False)
    page.goto("/")
    go(page.get_by_role("link", name="Prepare for a meeting"))
    page.get_by_role("checkbox", name="Inform parents").uncheck()
    page.get_by_role("checkbox", name="Make the sheet in large print").check()

    go(page.get_by_role("button", name="Show my sheet", exact=True))
    expect(page.locator("[data-display=large]")).to_have_count(1)
    expect(page.get_by_role("article")).not_to_contain_text("Inform parents")
    go(page.get_by_role("link", name="Change what is on it"))

    expect(page.get_by_role("checkbox", name="Inform parents")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="Designate a teacher")).to_be_checked()
    assert page.context.cookies() == []


def test_the_next_meeting_is_downloaded_and_the_sheet_stays(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    page.goto(SHEET)
    page.get_by_label("About", exact=True).fill("Bluebell")
    page.get_by_label("Day", exact=True).fill(page.get_by_label("Day", exact=True).get_attribute("min"))
    page.get_by_label("Time, if you know it").fill("14:30")

    with page.expect_popup() as popup, page.context.expect_event("page") as _opened:
        page.get_by_role("button", name="Get it for my calendar").click()

    popup.value.close()
    expect(page.get_by_label("About", exact=True)).to_have_value("Bluebell")


def test_the_printed_list_of_duties_parts_no_lead_from_what_it_leads_to(
    visit: Visit, display: str, tmp_path: Path
) -> None:
    page = visit()
    page.goto(in_display(f"{LEAFLET}duties/", display))

    paper = printed(page, tmp_path)

    assert len(paper.pages) <= {"standard": 2, "large": 5}[display]
    assert find_parted(paper) == []
    assert "Make a meeting sheet" not in words_of(paper)


def test_the_page_of_a_refused_day_is_accessible(visit: Visit, display: str) -> None:
    page = visit(width=213)
    page.goto(in_display(f"{LEAFLET}meeting.ics?date=2020-01-01", display))

    expect(page.get_by_role("heading", level=1)).to_have_text("The day or time cannot be used")
    assert violations_light_and_dark(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 213


# Letters


@pytest.fixture(scope="module")
def site_with_letter(data_dir: Path, on_site: OnSite) -> Iterator[str]:
    """The address of a site with a letter."""
    with running_site(data_dir) as base:
        with on_site():
            load(data_dir / "content", leaflets=[*SITE, leaflet_from_text(LETTER, "plans", title="Plans")])
        yield base


@pytest.fixture
def letter(browser: Browser, site_with_letter: str, display: str) -> Iterator[Page]:
    """The page of the letter, on a narrow screen."""
    context = new_context(browser, site_with_letter, viewport={"width": 213, "height": 600})
    page = context.new_page()
    page.goto(in_display("/leaflets/plans/letters/ask/", display))
    yield page
    context.close()


def test_the_page_of_a_letter_is_accessible_and_as_wide_as_the_screen(letter: Page) -> None:
    assert violations_light_and_dark(letter) == []
    assert letter.evaluate("document.scrollingElement.scrollWidth") <= 213


def test_a_gap_of_a_letter_is_a_line(letter: Page) -> None:
    gap = letter.locator(".gap").first

    expect(gap).to_have_css("border-bottom-style", "solid")
    ink = letter.evaluate("getComputedStyle(document.body).color")
    expect(gap).to_have_css("border-bottom-color", ink)
    assert gap.bounding_box()["width"] > 90


def test_a_printed_letter_is_the_letter_alone(letter: Page, tmp_path: Path) -> None:
    paper = printed(letter, tmp_path)

    assert len(paper.pages) == 1
    words = words_of(paper).removeprefix("1 of 1 ")
    assert words.startswith("Dear")
    assert "SEND Code of Practice" in words
    assert "Example SENDIASS" not in words


def test_a_leaflet_with_a_letter_is_accessible(letter: Page, display: str) -> None:
    letter.goto(in_display("/leaflets/plans/", display))

    assert violations_light_and_dark(letter) == []
    assert letter.evaluate("document.scrollingElement.scrollWidth") <= 213
