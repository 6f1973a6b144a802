"""Tags of PDFs: what a keyboard and a screen reader meet."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import ImageFile
from pypdf import PdfReader

from leaflets import fonts
from leaflets.content.markdown import render
from leaflets.formats import pdf_worker
from tests.formats.tagged_pdf import (
    find_overlapping_links,
    find_untagged_content,
    link_annotations,
    read_structure,
)

# WeasyPrint lets Pillow read broken pictures, in the whole process that imports it. The site imports it in a process of its own.
ImageFile.LOAD_TRUNCATED_IMAGES = False

# Links as the site's pages have them. Each fits on one line.
LINKS = {
    "plain": '<p><a href="https://example.org/">The council</a></p>',
    "bold": '<p><a href="https://example.org/"><strong>The</strong> <em>council</em></a></p>',
    "with a hidden prefix": '<p><a href="/law/x/"><span class="visually-hidden">Paragraph </span>6.17</a></p>',
    "picture": '<p><a href="/contact/"><img alt="A form" width="20" src="/static/icon.svg"></a></p>',
    "caption": (
        '<figure class="quotation"><blockquote><p>Words.</p></blockquote>'
        '<figcaption><a href="/law/x/">The Code, paragraph 6.17</a></figcaption></figure>'
    ),
    "within the page": '<h2>Plans</h2><p>See <a href="#plans">below</a>.</p><p id="plans">Plans</p>',
    "button": '<p class="more"><a class="more" href="/contact/">Contact</a></p>',
}


MASTHEAD = (
    '<header class="site-header"><div class="wrap masthead"><a class="service" href="/">'
    "<span>Example SENDIASS\n<small>Example Information, Advice and Support</small></span></a></div></header>"
)


@pytest.fixture
def make_pdf(settings, tmp_path: Path) -> Callable[..., PdfReader]:
    """Make a PDF in this process, which has imported WeasyPrint already; test_pdf.py makes them as the site does."""
    target = tmp_path / "made.pdf"

    def make(text: str, header: str = "") -> PdfReader:
        html = (
            '<!doctype html><html lang="en-GB"><head><title>Leaflet</title>'
            '<link rel="stylesheet" href="/static/site.css"></head>'
            f'<body>{header}<main><article class="leaflet"><div class="leaflet-text">{text}</div></article></main></body></html>'
        )
        pdf_worker.write_pdf(
            {
                "html": html,
                "base_url": "https://site.example.org/leaflets/",
                "files": {},
                "folders": {settings.STATIC_URL: str(settings.STATICFILES_DIRS[0])},
                "target": str(target),
                "characters": fonts.covered(),
            }
        )
        return PdfReader(target)

    return make


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_link_is_one_stop_for_a_keyboard_in_one_link_tag(make_pdf, link: str) -> None:
    document = make_pdf(link)

    structure = read_structure(document)
    assert find_overlapping_links(document) == []
    numbers = [number for _, number, _, _ in link_annotations(document)]
    assert sorted(number for number, _ in structure.annotations) == sorted(numbers)
    assert len(numbers) == (0 if "more" in link else 1)
    assert [path[-1] for _, path in structure.annotations] == ["/Link"] * len(numbers)
    assert [path for path in structure.paths if path.count("/Link") > 1] == []


def test_the_masthead_is_one_stop_and_one_link_tag_on_two_lines(make_pdf) -> None:
    document = make_pdf("<p>Words.</p>", MASTHEAD)

    assert len(list(link_annotations(document))) == 1
    assert [path[-1] for _, path in read_structure(document).annotations] == ["/Link"]
    assert "Example SENDIASS\nExample Information" in document.pages[0].extract_text()


def test_a_link_on_two_lines_is_one_stop_on_each(make_pdf) -> None:
    document = make_pdf(f'<p>{"Words. " * 12}<a href="/contact/"><b>Ask {"us " * 24}</b></a></p>')

    rectangles = [rectangle for _, _, _, rectangle in link_annotations(document)]

    assert len(rectangles) == 2
    assert find_overlapping_links(document) == []


def test_the_address_of_a_link_is_printed_after_its_words(make_pdf) -> None:
    text = make_pdf('<p><a href="https://example.org/form">The form</a></p>').pages[0].extract_text()

    assert "The form (https://example.org/form)" in text


@pytest.mark.parametrize("words", ["https://example.org/form", "example.org/form", "www.example.org"])
def test_an_address_that_is_the_words_of_its_link_is_printed_once(make_pdf, words: str) -> None:
    address = words if "://" in words else f"https://{words}"

    text = make_pdf(render(f"See [{words}]({address}).").html).pages[0].extract_text()

    assert text.count(words) == 1


def test_page_numbers_are_artifacts(make_pdf) -> None:
    document = make_pdf("<p>Words.</p>" * 80)

    assert "1 of 3" in document.pages[0].extract_text()
    assert find_untagged_content(document) == []


def test_borders_and_pictures_leave_nothing_untagged(make_pdf) -> None:
    document = make_pdf(LINKS["caption"] + "<ol><li>One</li></ol><hr><table><tr><td>A</table>", MASTHEAD)

    assert find_untagged_content(document) == []
