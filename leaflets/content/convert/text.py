"""Plain text of a PDF viewer, a word processor or an e-mail, read as blocks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .blocks import Block, BlockKind, Cell, Note, Span, clean_spans, clean_text
from .results import ConversionError, QuestionKind

MAX_LINES = 6_000
TOO_LARGE = "This text has too many lines for a leaflet. Convert it in parts."

# Lines of this length or longer are paragraphs: no PDF breaks its lines so late.
_PARAGRAPH_LENGTH = 140
_STARTS_BLOCK = re.compile(
    r"\s*(?:[•·▪◦●○■□❑❏✓✔☐☑☒\uf0b7\uf0a7\uf0fc]|[-–—*o][ \t]|\(?[0-9]{1,3}[.)](?![0-9])|\(?[a-z][.)][ \t])"
)
_SENTENCE_END = re.compile(r"[.!?:][”’\")\]]*$")
_PAGE_NUMBER = re.compile(r"\s*(?:page\s)?[0-9]{1,3}(?:\s?(?:of|/)\s?[0-9]{1,3})?\s*", re.IGNORECASE)
_BROKEN_WORD = re.compile(r"(?<=\w)-\Z")
_LINE_BREAKS = re.compile(r"\r\n?|\x0c")


def read_text(text: str) -> list[Block]:
    """Return the blocks of a text. Raises ConversionError if it has too many lines."""
    text = _LINE_BREAKS.sub("\n", text)
    if text.count("\n") > MAX_LINES:
        raise ConversionError(TOO_LARGE)
    lines = text.split("\n")
    # A line of a word processor may have breaks in it, which stay.
    width = _width(lines)
    blocks: list[Block] = []
    for group in _groups(lines):
        if len(group) > 1 and _is_row(group[0]):
            blocks.append(_table(group))
        else:
            blocks += _paragraphs(group, width)
    return blocks


def _width(lines: Sequence[str]) -> int:
    """Return how long the lines are that a PDF broke, or 0 where each line is a paragraph."""
    lengths = sorted(len(line.strip()) for line in lines if line.strip())
    if not lengths or lengths[-1] >= _PARAGRAPH_LENGTH:
        return 0
    return lengths[int(len(lengths) * 0.9)] if len(lengths) > 1 else 0


def _groups(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines between empty ones, and tables on their own."""
    group: list[str] = []
    for line in lines:
        if group and (not line.strip() or _is_row(line) != _is_row(group[-1])):
            yield group
            group = []
        if line.strip():
            group.append(line)
    if group:
        yield group


def _is_row(line: str) -> bool:
    return "\t" in line.strip() and not _STARTS_BLOCK.match(line)


def _table(lines: Sequence[str]) -> Block:
    rows = [[Cell(clean_spans([Span(cell)])) for cell in line.strip("\n").split("\t")[:50]] for line in lines]
    return Block(BlockKind.TABLE, rows=rows)


def _paragraphs(lines: Sequence[str], width: int) -> Iterator[Block]:
    """Join the lines that a PDF broke. A line that is clearly shorter than others ends its paragraph."""
    part: list[str] = []
    for line in lines:
        if part and not _continues(part, line, width):
            yield _paragraph(part)
            part = []
        part.append(line)
    if part:
        yield _paragraph(part)


def _continues(part: Sequence[str], line: str, width: int) -> bool:
    """Whether a line goes on with the paragraph that has these lines."""
    if not width or (_STARTS_BLOCK.match(line) and not _PAGE_NUMBER.fullmatch(line)):
        return False
    before = part[-1].strip()
    if _PAGE_NUMBER.fullmatch(line):
        return not _SENTENCE_END.search(before)
    if _PAGE_NUMBER.fullmatch(before):
        return len(part) > 1 and line.strip()[:1].islower()
    if line.strip()[:1].islower() and not _SENTENCE_END.search(before):
        return True
    if line.strip()[:1] == "“" and _SENTENCE_END.search(before):  # maybe a quotation with its source
        return False
    # A line was broken where the next word did not fit. Letters differ in width, so lines of a PDF differ in length.
    first_word = line.split(maxsplit=1)[0]
    share = 0.97 if _SENTENCE_END.search(before) else 0.9
    return width >= 40 and len(before) + 1 + len(first_word) > width * share


def _paragraph(lines: Sequence[str]) -> Block:
    first = lines[0].expandtabs(4)
    is_nested = len(first) - len(first.lstrip()) >= 3 and _STARTS_BLOCK.match(first)
    block = Block(BlockKind.PARAGRAPH, [Span(_join(lines))], level=1 if is_nested else 0)
    others = [line for line in lines if not _PAGE_NUMBER.fullmatch(line)]
    if others and len(others) < len(lines):
        number = next(line for line in lines if _PAGE_NUMBER.fullmatch(line)).strip()
        text = f"Is “{number}” in this sentence the number of a page? If so, take it out."
        replacement = replace(block, spans=[Span(_join(others))])
        block.notes.append(Note(QuestionKind.PAGE_NUMBER, text, True, [replacement]))
    return block


def _join(lines: Sequence[str]) -> str:
    """Join lines. A soft hyphen at the end of one is taken out. Another may be part of the word, so it stays."""
    text = ""
    for line in lines:
        is_broken = text.endswith("\xad") or (_BROKEN_WORD.search(text) and line.strip()[:1].islower())
        text += ("" if not text or is_broken else " ") + line.strip()
    return clean_text(text).strip()
