"""Lines of a PDF: the words of each page with their place, font size and weight, in reading order.

Boxes and tables are told from the text around them by their rules, and columns of a box by the white between them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from .results import ImportFailed, read_bytes

MAX_PAGES = 1_000
# A page of the Code has about 3,000 characters.
MAX_CHARACTERS_OF_A_PAGE = 50_000

# Two words with less white between them, in parts of the font size, are one: where the weight changes inside it.
_WORD_GAP = 0.15
_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_UNREADABLE = re.compile(r"\(cid:\d+\)|[\ufffd\ue000-\uefff]")
# In a box, this much white between two columns, in parts of the font size.
_GUTTER = 1.0
# Less wide or high, in points, is no box around text. Borders, drawn as two frames, are less thick than the third.
_SMALLEST_BOX = (60, 12)
_BORDER = 6
# A page with more rules is a drawing, in which looking for tables takes quadratic time.
_MAX_RULES = 2_000
# The part of a page, at its top and its bottom, where page numbers and running headings stand.
_MARGIN = 0.08


@dataclass(frozen=True)
class Word:
    """A run of characters in one font. `is_glued` says that it belongs to the word before it, without a space."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    is_bold: bool
    is_glued: bool = False


@dataclass(frozen=True)
class Line:
    """Words on one height. `size` is that of most of its characters. `rows` is set for a table instead of words.

    `region` tells the page's text, 0, from its boxes; lines of different columns have different regions.
    """

    page: int
    words: tuple[Word, ...] = ()
    region: int = 0
    rows: tuple[tuple[tuple[Word, ...], ...], ...] = ()

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return self.words[-1].x1

    @property
    def size(self) -> float:
        sizes: Counter[float] = Counter()
        for word in self.words:
            sizes[word.size] += len(word.text)
        return sizes.most_common(1)[0][0] if sizes else 0

    @property
    def baseline(self) -> float:
        size = self.size
        return next(word.bottom for word in self.words if word.size == size)

    @property
    def is_bold(self) -> bool:
        return all(word.is_bold for word in self.words if any(map(str.isalnum, word.text)))

    @property
    def text(self) -> str:
        return join(self.words)


def join(words: Iterable[Word]) -> str:
    """Return words as plain text."""
    return "".join(word.text if word.is_glued else f" {word.text}" for word in words).strip()


@dataclass
class Document:
    """The lines of all pages, without page numbers and running headings. `remarks` say what was left out."""

    lines: list[Line]
    remarks: list[str] = field(default_factory=list)


def read_lines(path: Path) -> Document:
    """Return the lines of a PDF. Raises `ImportFailed`."""
    if b"%PDF-" not in read_bytes(path)[:1024]:
        raise ImportFailed(f"{path} is not a PDF.")
    pages = list(_read_pages(path))
    if not any(lines for lines, _height in pages):
        raise ImportFailed(
            f"{path} has no text: its pages are pictures, as of a scan. Find the PDF that its publisher offers."
        )
    lines, remarks = _without_margins(pages)
    return Document(lines, remarks)


def _read_pages(path: Path) -> Iterator[tuple[list[Line], float]]:
    unreadable = readable = 0
    try:
        with pdfplumber.open(path) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                raise ImportFailed(f"{path} has more than {MAX_PAGES} pages. Import the law alone.")
            for page in pdf.pages:
                lines, height = _page_lines(path, page), float(page.height)
                text = "".join(word.text for line in lines for word in line.words)
                unreadable += len(_UNREADABLE.findall(text))
                readable += len(text)
                page.close()
                yield lines, height
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
            raise ImportFailed(
                f"{path} is encrypted: it opens only with a password. Save a copy without one."
            ) from error
        raise ImportFailed(f"{path} cannot be read: it is a damaged PDF. Download it again.") from error
    except ImportFailed:
        raise
    # pdfminer raises errors of many kinds on damaged files: its own, and TypeError, KeyError, struct.error …
    except Exception as error:
        raise ImportFailed(
            f"{path} cannot be read: it is a damaged PDF ({type(error).__name__}). Download it again."
        ) from error
    if unreadable > readable * 0.01:
        raise ImportFailed(
            f"{path} has letters that cannot be read as text: its fonts do not say which letters they are."
        )


def _page_lines(path: Path, page: Any) -> list[Line]:
    if len(page.chars) > MAX_CHARACTERS_OF_A_PAGE:
        raise ImportFailed(f"{path}: page {page.page_number} has more text than a page can have.")
    words = [
        Word(
            # A non-breaking space is part of a word for pdfplumber.
            " ".join(word["text"].split()),
            word["x0"],
            word["x1"],
            word["top"],
            word["bottom"],
            round(word["size"], 1),
            bool(_BOLD.search(word["fontname"])),
        )
        for word in page.extract_words(
            extra_attrs=["fontname", "size"],
            x_tolerance_ratio=_WORD_GAP,
            y_tolerance=1,
            expand_ligatures=True,
        )
        if word["text"].strip()
    ]
    return list(_Page(page.page_number, float(page.width) * float(page.height)).read(words, _boxes(page)))


@dataclass(frozen=True)
class _Box:
    """A frame around text, or a table, by its rules: the rows of cells, as (x0, top, x1, bottom)."""

    rows: tuple[tuple[tuple[float, float, float, float], ...], ...]
    edges: tuple[float, float, float, float]

    @property
    def area(self) -> float:
        x0, top, x1, bottom = self.edges
        return (x1 - x0) * (bottom - top)

    def holds(self, edges: tuple[float, float, float, float]) -> bool:
        return _contains(self.edges, edges)


def _contains(outer: Sequence[float], inner: Sequence[float]) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _boxes(page: Any) -> list[_Box]:
    if len(page.edges) > _MAX_RULES:
        return []
    finder = page.debug_tablefinder()
    boxes = [
        _Box(tuple(tuple(cell for cell in row.cells if cell) for row in table.rows), tuple(table.bbox))
        for table in finder.tables
    ]
    in_tables = {cell for box in boxes for row in box.rows for cell in row}
    # A frame with round corners is a curve.
    curves = [(curve["x0"], curve["top"], curve["x1"], curve["bottom"]) for curve in page.curves]
    for frame in [cell for cell in finder.cells if cell not in in_tables] + curves:
        is_large = frame[2] - frame[0] > _SMALLEST_BOX[0] and frame[3] - frame[1] > _SMALLEST_BOX[1]
        if is_large and not any(_is_same(frame, box.edges) for box in boxes):
            boxes.append(_Box(((frame,),), frame))
    return boxes


def _is_same(frame: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(a - b) < _BORDER for a, b in zip(frame, other, strict=True))


@dataclass
class _Page:
    number: int
    area: float
    regions: int = 0

    def read(self, words: list[Word], boxes: list[_Box]) -> Iterator[Line]:
        """Yield the lines of a page, with those of each box where it stands."""
        # A frame around the whole page is decoration.
        boxes = sorted((box for box in boxes if box.area < self.area * 0.6), key=lambda box: -box.area)
        yield from self._read_region(words, boxes, 0)

    def _read_region(self, words: list[Word], boxes: list[_Box], region: int) -> Iterator[Line]:
        outer: list[_Box] = []
        for box in boxes:
            if not any(other.holds(box.edges) for other in outer):
                outer.append(box)
        inside: dict[int, list[Word]] = {}
        around = []
        for word in words:
            edges = _edges(word)
            found = next((place for place, box in enumerate(outer) if box.holds(edges)), None)
            if found is None:
                around.append(word)
            else:
                inside.setdefault(found, []).append(word)
        units = [(line.words[0].top, [line]) for line in self._lines(around, region)]
        for place, held in inside.items():
            box = outer[place]
            nested = [other for other in boxes if other is not box and box.holds(other.edges)]
            units.append((box.edges[1], list(self._read_box(held, box, nested))))
        for _top, lines in sorted(units, key=lambda unit: unit[0]):
            yield from lines

    def _read_box(self, words: list[Word], box: _Box, nested: list[_Box]) -> Iterator[Line]:
        rows = tuple(tuple(self._cell(words, edges) for edges in row) for row in box.rows)
        filled = [sum(map(bool, row)) for row in rows]
        if sum(map(bool, filled)) > 1 and max(filled) > 1:
            yield Line(self.number, rows=rows, region=self._next_region())
            return
        for row in box.rows:
            for edges in row:
                held = [word for word in words if _contains(edges, _edges(word))]
                for column in _columns(held):
                    inner = [other for other in nested if any(other.holds(_edges(word)) for word in column)]
                    yield from self._read_region(column, inner, self._next_region())

    def _next_region(self) -> int:
        self.regions += 1
        return self.number * 1_000 + self.regions

    def _cell(self, words: list[Word], edges: Sequence[float]) -> tuple[Word, ...]:
        held = [word for word in words if _contains(edges, _edges(word))]
        return tuple(word for line in self._lines(held, 0) for word in line.words)

    def _lines(self, words: list[Word], region: int) -> Iterator[Line]:
        lines: list[list[Word]] = []
        for word in sorted(words, key=lambda word: (word.top + word.bottom, word.x0)):
            # A small raised number is on the line whose words its middle is beside.
            middle = (word.top + word.bottom) / 2
            home = next((line for line in lines[-2:] if line[0].top <= middle <= line[0].bottom), None)
            if home is None:
                lines.append([word])
            else:
                home.append(word)
                # The largest word says how high the line is.
                if word.size > home[0].size:
                    home[0], home[-1] = home[-1], home[0]
        for line in lines:
            yield Line(self.number, tuple(_glue(sorted(line, key=lambda word: word.x0))), region)


def _edges(word: Word) -> tuple[float, float, float, float]:
    return word.x0, word.top, word.x1, word.bottom


def _glue(words: list[Word]) -> Iterator[Word]:
    for place, word in enumerate(words):
        gap = word.x0 - words[place - 1].x1 if place else word.size
        yield replace(word, is_glued=gap < word.size * _WORD_GAP)


def _columns(words: list[Word]) -> list[list[Word]]:
    """Return the words of a box in columns, where white runs through it from top to bottom between them.

    Up to three lines above the columns, such as a heading, may be as wide as the box.
    """
    tops = sorted({round(word.bottom) for word in words})
    for below in [float("-inf"), *tops[:3]]:
        head = [word for word in words if round(word.bottom) <= below]
        columns = _split_at_gutters([word for word in words if round(word.bottom) > below])
        if len(columns) > 1:
            return [head, *columns] if head else columns
    return [words] if words else []


def _split_at_gutters(words: list[Word]) -> list[list[Word]]:
    if not words:
        return []
    spans = sorted((word.x0, word.x1) for word in words)
    size = sorted(word.size for word in words)[len(words) // 2]
    end, gutters = spans[0][1], []
    for x0, x1 in spans:
        if x0 - end > size * _GUTTER:
            gutters.append((end + x0) / 2)
        end = max(end, x1)
    columns = [
        [word for word in words if low <= word.x0 < high]
        for low, high in pairwise([float("-inf"), *gutters, float("inf")])
    ]
    # The white between bullets and their text runs from top to bottom too.
    widths = [max(word.x1 for word in column) - min(word.x0 for word in column) for column in columns]
    return columns if min(widths) > size * 4 else [words]


def _without_margins(pages: list[tuple[list[Line], float]]) -> tuple[list[Line], list[str]]:
    """Return the lines without page numbers and running headings, and remarks on the latter."""
    marginal: dict[tuple[str, int], list[int]] = {}
    for lines, height in pages:
        for line in lines:
            if _in_margin(line, height):
                marginal.setdefault(_margin_key(line), []).append(line.page)
    running = {key for key, numbers in marginal.items() if len(set(numbers)) > 2}
    kept: list[Line] = []
    remarks: dict[tuple[str, int], str] = {}
    for lines, height in pages:
        for line in lines:
            if not _in_margin(line, height) or not (_is_page_number(line) or _margin_key(line) in running):
                kept.append(line)
            elif not _is_page_number(line):
                remarks.setdefault(_margin_key(line), f"Left out on each page: “{line.text}”")
    return kept, list(remarks.values())


def _in_margin(line: Line, height: float) -> bool:
    if not line.words or line.region:
        return False
    middle = (line.words[0].top + line.words[0].bottom) / 2
    return middle < height * _MARGIN or middle > height * (1 - _MARGIN)


def _margin_key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "0", line.text), round(line.words[0].top)


_PAGE_NUMBER = re.compile(r"(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,8})(?:\s+of\s+\d{1,4})?", re.IGNORECASE)


def _is_page_number(line: Line) -> bool:
    return bool(_PAGE_NUMBER.fullmatch(line.text))


def groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Yield the lines of each page."""
    for _page, group in groupby(lines, key=lambda line: line.page):
        yield list(group)
