"""Blocks as Markdown: an introduction and sections, and questions with their places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from leaflets.content.leaflet import INTRODUCTION, make_unique_anchor

from .blocks import Block, BlockKind, Cell, Note
from .inline import plain_heading, write_inline
from .results import ConvertedSection, Question


@dataclass
class _Level:
    """A list that is open. `indent` is the column of its items' text."""

    level: int
    outer: int
    indent: int
    number: int | None
    delimiter: str


@dataclass
class _Place:
    """Where a block was written: its lines, from `start` up to `end`, and what stands before its first and other lines."""

    block: Block
    start: int
    end: int
    first: str = ""
    others: str = ""


@dataclass
class SectionWriter:
    """Writes the blocks below one heading."""

    heading: str
    anchor: str
    lines: list[str] = field(default_factory=list)
    _places: list[_Place] = field(default_factory=list)
    _levels: list[_Level] = field(default_factory=list)
    _before: Block | None = None

    def add(self, block: Block) -> None:
        body = _body(block)
        if not body:
            # It has no words of its own: its questions are asked where the next or the last line is.
            self._places.append(_Place(block, len(self.lines), len(self.lines)))
            return
        starts_quotation = block.quoted and not (self._before and _continue_quotation(self._before, block))
        if starts_quotation or not self._before or self._before.quoted != block.quoted:
            self._levels = []
        quote = "> " if block.quoted else ""
        if block.kind is BlockKind.ITEM:
            first, others, has_gap = self._list_marks(block)
        else:
            self._levels = []
            first, others, has_gap = "", "", True
        if self.lines and has_gap:
            inside = block.quoted and not starts_quotation
            self.lines.append(">" if inside else "")
        start = len(self.lines)
        self.lines += _prefixed(body, quote + first, quote + others)
        self._places.append(_Place(block, start, len(self.lines), quote + first, quote + others))
        self._before = block

    def _list_marks(self, block: Block) -> tuple[str, str, bool]:
        """Return what stands before the first line and the other lines, and whether an empty line does."""
        if block.continues and self._levels:
            indent = " " * self._levels[-1].indent
            return indent, indent, True
        had_list = bool(self._levels)
        while self._levels and self._levels[-1].level > block.level:
            self._levels.pop()
        current = self._levels[-1] if self._levels and self._levels[-1].level == block.level else None
        outer = current.outer if current else self._levels[-1].indent if self._levels else 0
        delimiter, is_new = ".", current is None
        if current and current.number is not None:
            delimiter = current.delimiter
            if block.number is not None and block.number != current.number + 1:
                delimiter, is_new = ")" if delimiter == "." else ".", True
        if current and (current.number is None) != (block.number is None):
            delimiter, is_new = ".", True
        mark = "- " if block.number is None else f"{block.number}{delimiter} "
        if current:
            self._levels.pop()
        self._levels.append(_Level(block.level, outer, outer + len(mark), block.number, delimiter))
        # A numbered list that does not start with 1 needs an empty line before it, and so has one list after another.
        needs_gap = is_new and (block.number not in (None, 1) or current is not None)
        return " " * outer + mark, " " * (outer + len(mark)), not had_list or needs_gap

    def questions(self) -> Iterable[Question]:
        for place in self._places:
            for note in place.block.notes:
                yield self._question(place, note)

    def _question(self, place: _Place, note: Note) -> Question:
        start, end = place.start, place.end
        if start == end:  # a picture: the lines of the block before it, or after it
            near = [one for one in self._places if one.start < one.end]
            before = [one for one in near if one.end <= start]
            if near:
                chosen = before[-1] if before else near[0]
                start, end = chosen.start, chosen.end
        excerpt = "\n".join(self.lines[start:end])
        replacement = None
        if note.replacement is not None:
            written = [_write_replacement(block, place) for block in note.replacement]
            replacement = "\n\n".join(written)
        return Question(note.kind, note.text, note.blocking, self.anchor, start + 1, excerpt, replacement)

    def section(self) -> ConvertedSection:
        return ConvertedSection(self.heading, self.anchor, "\n".join(self.lines))


def _write_replacement(block: Block, place: _Place) -> str:
    is_same = block.kind is place.block.kind and block.kind is not BlockKind.HEADING
    first, others = (place.first, place.others) if is_same else ("", "")
    return "\n".join(_prefixed(_body(block), first, others))


def write_sections(blocks: Iterable[Block]) -> tuple[list[ConvertedSection], list[Question]]:
    """Return the sections, of which the first is the introduction, and the questions in their order."""
    used = {INTRODUCTION}
    writers = [SectionWriter("", INTRODUCTION)]
    for block in blocks:
        heading = plain_heading(block.text) if block.kind is BlockKind.HEADING and block.level == 2 else ""
        if heading:
            writers.append(SectionWriter(heading, make_unique_anchor(heading, used)))
            # The heading's questions are asked at the first line below it.
            block = Block(BlockKind.PICTURE, notes=block.notes)
        writers[-1].add(block)
    questions = [question for writer in writers for question in writer.questions()]
    return [writer.section() for writer in writers], questions


def _continue_quotation(before: Block, block: Block) -> bool:
    """Whether a block is part of the quotation that `before` is in."""
    return before.quoted and (not before.citation or block.citation)


def _prefixed(lines: Sequence[str], first: str, others: str) -> list[str]:
    return [f"{first if not number else others}{line}".rstrip(" ") for number, line in enumerate(lines)]


def _body(block: Block) -> list[str]:
    """Return the lines of a block without what makes it part of a list or quotation."""
    if block.kind is BlockKind.HEADING:
        words = plain_heading(block.text)
        return [f"{'#' * block.level} {words}"] if words else []
    if block.kind is BlockKind.PICTURE:
        return []
    if block.kind is BlockKind.TABLE:
        return _table(block)
    text = write_inline(block.spans)
    return text.split("\n") if text else []


def has_header(block: Block) -> bool:
    """Whether the first row of a table is its header: all its cells with words are, or they alone are bold."""
    cells = [cell for cell in block.rows[0] if cell.spans]
    if all(cell.is_header for cell in cells):
        return True
    others = [cell for row in block.rows[1:] for cell in row if cell.spans]
    return all(map(_is_bold, cells)) and not all(map(_is_bold, others))


def _is_bold(cell: Cell) -> bool:
    return all(span.bold for span in cell.spans if span.text.strip())


def _table(block: Block) -> list[str]:
    width = max(map(len, block.rows))
    columns = [
        column
        for column in range(width)
        if any(row[column : column + 1] and row[column].spans for row in block.rows)
    ]
    rows = [[row[column] if column < len(row) else Cell() for column in columns] for row in block.rows]
    if has_header(block):
        header = [[replace(span, bold=False) for span in cell.spans] for cell in rows.pop(0)]
    else:
        header = [[] for _ in columns]
    lines = [[write_inline(spans, in_cell=True) for spans in header], ["---"] * len(columns)]
    lines += [[write_inline(cell.spans, in_cell=True) for cell in row] for row in rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
