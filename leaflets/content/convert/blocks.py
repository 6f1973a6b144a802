"""The form of a document between reading and writing: a list of blocks, each with its text in spans."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from leaflets.content.convert.results import QuestionKind

LINE_BREAK = "\n"
MAX_BLOCKS = 3_000  # as a leaflet has 2,000 lines at most
MAX_LEVEL = 5  # of lists
# Characters that are a line break in a word processor, and those that nothing is lost without. Joiners stay: Urdu,
# Hindi and emoji need them.
_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_BREAK_WITH_SPACES = re.compile(r" ?\n ?")
_SPACES = re.compile(r"[ \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


class BlockKind(enum.Enum):
    PARAGRAPH = enum.auto()
    HEADING = enum.auto()
    ITEM = enum.auto()
    TABLE = enum.auto()
    PICTURE = enum.auto()


@dataclass(frozen=True)
class Span:
    """Text of one form. A line break in it is `\\n`."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str = ""
    crossed_out: bool = False


@dataclass
class Cell:
    spans: list[Span] = field(default_factory=list)
    is_header: bool = False
    is_merged: bool = False
    columns: int = 1


@dataclass
class Note:
    """A question about a block. Where `replacement` is set, the block is that one if the answer is yes.

    An empty list stands for taking the block out.
    """

    kind: QuestionKind
    text: str
    blocking: bool = False
    replacement: list[Block] | None = None


@dataclass
class Block:
    """A paragraph, heading, list item, table, or the place of a picture.

    `level` is the level of a heading from 1, or the depth of a list item from 0. `number` is the number of an item of a
    numbered list. `continues` says that a paragraph belongs to the item before it. `style` is "title", "date" or "". `quoted` says that the
    block is part of a quotation, and `citation` that it is the last line of one, which says where it is from.
    """

    kind: BlockKind
    spans: list[Span] = field(default_factory=list)
    level: int = 0
    number: int | None = None
    continues: bool = False
    style: str = ""
    quoted: bool = False
    citation: bool = False
    is_list_style: bool = False
    rows: list[list[Cell]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)

    @property
    def is_bold(self) -> bool:
        """Whether there are words, and all of them are bold."""
        return all(span.bold for span in self.spans if span.text.strip()) and bool(self.text.strip())


def clean_text(text: str) -> str:
    """Return text with `\\n` for each kind of line break, one plain space for spaces, and no invisible characters."""
    text = _INVISIBLE.sub("", _LINE_BREAKS.sub(LINE_BREAK, text))
    return _SPACES.sub(" ", text)


def clean_spans(spans: Iterable[Span]) -> list[Span]:
    """Join spans of one form, and take out spaces at the ends of lines and doubled ones."""
    forms: list[Span] = []
    texts: list[list[str]] = []
    space = True  # whether the text so far ends with a space or a line break
    for span in spans:
        text = _BREAK_WITH_SPACES.sub(LINE_BREAK, clean_text(span.text))
        if space:
            text = text.lstrip(" ")
        if not text:
            continue
        space = text[-1] in " \n"
        if texts and text[0] == LINE_BREAK:
            texts[-1][-1] = texts[-1][-1].rstrip(" ")
        form = replace(span, text="")
        if forms and forms[-1] == form:
            texts[-1].append(text)
        else:
            forms.append(form)
            texts.append([text])
    return _strip([replace(form, text="".join(parts)) for form, parts in zip(forms, texts, strict=True)])


def _strip(spans: list[Span]) -> list[Span]:
    full = [position for position, span in enumerate(spans) if span.text.strip()]
    if not full:
        return []
    spans = spans[full[0] : full[-1] + 1]
    spans[0] = replace(spans[0], text=spans[0].text.lstrip())
    spans[-1] = replace(spans[-1], text=spans[-1].text.rstrip())
    return spans


def cut_spans(spans: Iterable[Span], start: int, end: int | None = None) -> list[Span]:
    """Return the spans of the characters from `start` up to `end` of the text."""
    cut = []
    position = 0
    for span in spans:
        stop = len(span.text) if end is None else max(end - position, 0)
        text = span.text[max(start - position, 0) : stop]
        position += len(span.text)
        if text:
            cut.append(replace(span, text=text))
    return clean_spans(cut)
