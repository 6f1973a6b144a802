"""What stands where on the pages of a PDF."""

from pypdf import PageObject, PdfReader

FOOT = 50  # points: below are the page numbers only


def read_lines(page: PageObject) -> list[tuple[float, str]]:
    """The lines of a page from its top, each with its height above the bottom in points, without the page number."""
    lines: dict[int, str] = {}

    def collect(text: str, cm: list[float], tm: list[float], _font: object, _size: float) -> None:
        height = round(cm[1] * tm[4] + cm[3] * tm[5] + cm[5])
        if text.strip() and height > FOOT:
            lines[height] = lines.get(height, "") + text

    page.extract_text(visitor_text=collect)
    return [(height, " ".join(lines[height].split())) for height in sorted(lines, reverse=True)]


def find_emptier_than_half(document: PdfReader) -> list[int]:
    """The numbers of pages, but for the last one, whose text ends above the middle of the page."""
    *pages, _ = document.pages
    return [
        number
        for number, page in enumerate(pages, 1)
        if read_lines(page)[-1][0] > float(page.mediabox.height) / 2
    ]


def find_parted(document: PdfReader) -> list[str]:
    """The lines at the end of a page that lead into the next one, and sources at the start of a page."""
    pages = [[line for _, line in read_lines(page)] for page in document.pages]
    ends = [lines[-1] for lines in pages[:-1]]
    starts = [lines[0] for lines in pages[1:]]
    return [line for line in ends if line.endswith(":")] + [
        line for line in starts if line.startswith("SEND Code of Practice (")
    ]
