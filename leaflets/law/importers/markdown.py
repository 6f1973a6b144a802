"""Writer of Markdown: blocks of words as the Markdown that leaflets.content.markdown renders as the same words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leaflets.files.fields import CONTROL_CHARACTERS


@dataclass(frozen=True)
class Block:
    """A paragraph or list item, in Markdown on one line.

    `level` is -1 for a paragraph, 0 for an item, 1 for an item in an item. `continues` says that it is a further
    paragraph of the item of that level. `rows` is set for a table instead of `text`; its first row is the heading.
    """

    text: str = ""
    level: int = -1
    continues: bool = False
    rows: tuple[tuple[str, ...], ...] = ()


_MARKS = re.compile(r"[\\`*_\[\]<~]|&(?=#?\w+;)")
_STARTS = re.compile(r"(?:>|(?:#{1,6}|[-+])(?=\s|$)|-{2,}\s*$|(\d{1,9})[.)](?=\s|$))")


def escape(text: str) -> str:
    """Return Markdown that is rendered as `text`; runs of white space become one space."""
    text = " ".join(CONTROL_CHARACTERS.sub("", text).split())
    return _MARKS.sub(lambda mark: f"\\{mark[0]}", text)


def write_note(note: str) -> str:
    """Return a footnote as Markdown, in square brackets where its number was."""
    return rf"\[{escape(note)}\]"


def _escape_start(text: str) -> str:
    """Escape what would be a heading, a list or a quotation at the start of a line."""
    start = _STARTS.match(text)
    if not start:
        return text
    digits = start[1] or ""
    return f"{digits}\\{text[len(digits) :]}"


def write_blocks(blocks: Iterable[Block]) -> str:
    """Return the Markdown of a provision: blocks apart by an empty line, and the items of a list below each other."""
    lines: list[str] = []
    level = -1
    for block in blocks:
        previous, level = level, min(block.level, level + 1)
        if block.rows:
            level = -1
            lines += ["", *_table(block.rows)]
        elif not block.text:
            level = previous
        elif level < 0:
            lines += ["", _escape_start(block.text)]
        elif block.continues and previous >= 0:
            lines += ["", "  " * (level + 1) + _escape_start(block.text)]
        else:
            lines += [*([""] if previous < 0 else []), f"{'  ' * level}- {_escape_start(block.text)}"]
    return "\n".join(lines).strip()


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    width = max(map(len, rows))
    cells = [[cell.replace("|", "\\|") for cell in row] + [""] * (width - len(row)) for row in rows]
    heading, *body = (f"| {' | '.join(row)} |" for row in cells)
    return [heading, f"|{' --- |' * width}", *body]
