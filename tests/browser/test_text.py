"""Tables, lists, long words and scripts of a leaflet: on screens of any width, and on paper."""

import io
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from leaflets.content.leaflet import read_leaflet, write_leaflet
from leaflets.publishing import loading
from tests.browser.conftest import RESULTS, in_display, new_context
from tests.running_site import ROOT, loaded_sqlite, running_site
from tests.selected_site import OnSite
from tests.texts import leaflet_text

WIDTHS = [320, 360, 768, 1280]
POINTS = {"standard": 12, "large": 18}
PATH = "/leaflets/shapes/"
TWELVE = "\n".join(f"{number}. Step {number}" for number in range(1, 13))
ADDRESS = "https://www.example.org/special-educational-needs/a-very-long-address-of-a-page-without-a-break"
LEAFLET = leaflet_text(
    f"""\
Words.

## People {{#people}}

| Who | Phone | E-mail | When |
| --- | --- | --- | --- |
| Example SENDIASS | 01632 960000 | exampleiass@example-borough-council.gov.uk | Monday to Friday |
| Educational psychologist | 01632 960001 | [special-educational-needs@example.gov.uk](mailto:special-educational-needs@example.gov.uk) | Wednesday |

## Days {{#days}}

| Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday | Holidays |
| --- | --- | --- | --- | --- | --- | --- | ---: |
| 9am–5pm | 9am–5pm | 9am–5pm | 9am–5pm | 9am–4.30pm | closed | closed | by appointment |

## Phones {{#phones}}

| Who | What they do, in a sentence that is long enough to fill the line of any screen or sheet of paper |
| --- | --- |
| Phone | They look at how your child learns, and then they write down what they have seen for you and the school |

## Twelve steps {{#twelve}}

{TWELVE}

Then a sentence, and the list goes on:

13. Step 13
14. Step 14

A last sentence, and

> 99. Ninety-nine
> 100. A hundred

## Code {{#code}}

    Indented by a word processor: {"a long line " * 20}

```
Kept as typed: {"a long line " * 20}{ADDRESS}
```

{ADDRESS}

## Arabic {{#arabic}}

مرحبا بكم في الخدمة (SENDIASS). اتصل بنا 01632 960000.

- أولاً
- ثانياً

Say [dzień dobry]{{lang=pl}} and [שלום]{{lang=he}}.
""",
    title="Shapes",
    code=None,
)


@pytest.fixture(scope="module")
def shapes(data_dir: Path, on_site: OnSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with the leaflet above among the leaflets of this repository."""
    content = tmp_path_factory.mktemp("content") / "content"
    shutil.copytree(ROOT / "content", content)
    leaflet, problems = read_leaflet(LEAFLET, "shapes.md", "shapes")
    assert problems == []
    (content / "leaflets" / "shapes.md").write_text(write_leaflet(leaflet))
    loaded_sqlite(data_dir)
    with on_site():
        loading.load(content)
    with running_site(data_dir) as base:
        yield base


@pytest.fixture
def show(browser: Browser, shapes: str) -> Iterator[Callable[..., Page]]:
    """Open the leaflet: `show("large", 320)`."""
    contexts = []

    def open_leaflet(display: str, width: int = 1280) -> Page:
        contexts.append(new_context(browser, shapes, viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        response = page.goto(in_display(PATH, display))
        assert response is not None
        assert response.ok
        return page

    yield open_leaflet
    for context in contexts:
        context.close()


def printed(page: Page) -> PdfReader:
    return PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))


def text_of(document: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in document.pages)


@pytest.fixture(scope="module")
def pdf(shapes: str, display: str) -> PdfReader:
    name = "shapes-large-print" if display == "large" else "shapes"
    for _attempt in range(60):
        try:
            with urllib.request.urlopen(f"{shapes}{PATH}{name}.pdf", timeout=300) as response:
                data = response.read()
                if os.environ.get("SCREENSHOTS") == "on":
                    RESULTS.mkdir(exist_ok=True)
                    (RESULTS / f"pdf-{name}.pdf").write_bytes(data)
                return PdfReader(io.BytesIO(data))
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
    raise AssertionError("The PDF was not made")


# Screens


@pytest.mark.parametrize("width", WIDTHS)
def test_no_table_list_or_line_is_wider_than_the_page(
    show: Callable[..., Page], display: str, width: int
) -> None:
    page = show(display, width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_no_short_word_breaks_in_a_table(show: Callable[..., Page], display: str, width: int) -> None:
    page = show(display, width)

    broken = page.evaluate("""() => [...document.querySelectorAll(".leaflet-text :is(th, td)")].flatMap(cell => {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
        for (let node = walker.nextNode(); node; node = walker.nextNode())
            for (const word of node.data.matchAll(/[\\wé]+/g)) {
                const range = document.createRange();
                range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(word[0]);
            }
        return broken;
    })""")

    assert broken == []


def test_a_table_that_is_wider_than_the_page_scrolls_by_keyboard_in_a_box_with_a_name(
    show: Callable[..., Page], display: str
) -> None:
    page = show(display, 320)
    box = page.get_by_role("region", name="Table: Days")

    box.focus()
    # A key that is pressed before the page was drawn scrolls nothing.
    while not page.evaluate("document.activeElement.scrollLeft"):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)

    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Table: Days"


def test_every_number_of_a_list_has_room_left_of_its_text(show: Callable[..., Page], display: str) -> None:
    page = show(display, 320)

    clipped = page.evaluate("""() => [...document.querySelectorAll(".leaflet-text ol")].filter(list => {
        const style = getComputedStyle(list), canvas = document.createElement("canvas").getContext("2d");
        canvas.font = style.font;
        const number = list.start + list.children.length - 1;
        return canvas.measureText(`${number}. `).width > parseFloat(style.paddingInlineStart);
    }).map(list => list.outerHTML.slice(0, 80))""")

    assert clipped == []


def test_arabic_runs_from_the_right_with_its_bullets_and_its_numbers_in_order(
    show: Callable[..., Page],
) -> None:
    page = show("standard", 360)

    paragraph, bullets = (
        page.locator(".heading:has(#arabic) ~ p").first,
        page.locator(".heading:has(#arabic) ~ ul").first,
    )

    assert paragraph.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert bullets.evaluate("one => parseFloat(getComputedStyle(one).paddingRight)") > 10
    first, last = paragraph.evaluate("""one => ["01632", "960000"].map(digits => {
        const range = document.createRange(), text = one.firstChild, start = text.data.indexOf(digits);
        range.setStart(text, start); range.setEnd(text, start + digits.length);
        return range.getBoundingClientRect().left;
    })""")
    assert first < last


# Paper


def test_a_wide_table_or_line_does_not_make_the_print_smaller(
    show: Callable[..., Page], display: str
) -> None:
    sizes = {}

    def collect(text: str, cm: list, tm: list, _font: dict, size: float) -> None:
        if text.strip():
            sizes.setdefault(round(abs(tm[3]) * size * abs(cm[3]), 1), text.strip()[:40])

    for page in printed(show(display)).pages:
        page.extract_text(visitor_text=collect)

    assert {size: text for size, text in sizes.items() if size < POINTS[display] - 0.1} == {}


def test_no_word_breaks_on_paper_in_a_table_whose_words_fit_beside_each_other(
    show: Callable[..., Page], pdf: PdfReader, display: str
) -> None:
    for document in (printed(show(display)), pdf):
        text = text_of(document)
        for word in ("SENDIASS", "Educational", "psychologist", "Wednesday", "Phone", "960000"):
            assert re.search(rf"\b{word}\b", text)


def test_printed_lists_have_their_numbers(show: Callable[..., Page], display: str) -> None:
    text = text_of(printed(show(display)))

    assert re.findall(r"(\d+)\.\s*(?:Step|Ninety|A hundred)", text) == [*map(str, range(1, 15)), "99", "100"]


def test_lists_in_the_pdf_have_their_numbers(pdf: PdfReader) -> None:
    # The numbers of a page stand after its text.
    assert re.findall(r"^(\d+)\.\s*$", text_of(pdf), re.MULTILINE) == [*map(str, range(1, 15)), "99", "100"]


def test_the_pdf_has_every_word_of_a_wide_table_and_a_long_line(pdf: PdfReader) -> None:
    text = re.sub(r"[\s\u2010-]", "", text_of(pdf))

    assert text.count("alongline") == 40
    for words in ("by appointment", ADDRESS, "special-educational-needs@example.gov.uk"):
        assert re.sub(r"[\s\u2010-]", "", words) in text


@pytest.mark.skipif(os.environ.get("SCREENSHOTS") != "on", reason="pictures to look at")
@pytest.mark.parametrize("width", WIDTHS)
def test_pictures(show: Callable[..., Page], display: str, width: int) -> None:
    RESULTS.mkdir(exist_ok=True)
    page = show(display, width)
    page.screenshot(path=RESULTS / f"shapes-{display}-{width}.png", full_page=True)
    page.pdf(path=RESULTS / f"shapes-{display}.pdf", format="A4", prefer_css_page_size=True)
