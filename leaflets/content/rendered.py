"""The result of rendering a section: HTML, and what was found in the text."""

import enum
from dataclasses import dataclass, field

from leaflets.files.problems import Kind, Problem


@dataclass(frozen=True)
class RenderedHeading:
    """A heading inside a section's text, for contents lists and the drawing of four steps."""

    level: int
    text: str
    anchor: str
    line: int


@dataclass(frozen=True)
class RenderedCitation:
    """A citation of a provision: its source, its number, and the subdivision such as "(8)", or "".

    `quoted` is "" for a reference. `match` is how the words of a quotation match the law's own, a value of
    `quotations.Match`; those of a quotation from several provisions are compared with all of them together. `html` is that
    of the quotation, after the paragraph that leads into it, if that ends with a colon.
    `quotation` is the number of the quotation in the section, from 0, and None for a reference.
    """

    source: str
    number: str
    subdivision: str
    quoted: str
    line: int
    match: str = ""
    html: str = ""
    quotation: int | None = None


@dataclass(frozen=True)
class RenderedLink:
    """A link in the text: its target and its words."""

    href: str
    line: int
    text: str


@dataclass(frozen=True)
class RenderedPicture:
    """A picture in the text, by the path of its file on the site."""

    path: str
    line: int


class BlockKind(enum.StrEnum):
    """The kind of a block of text. An item is the first paragraph of a list item."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CELL = "cell"
    CODE_BLOCK = "code"


@dataclass(frozen=True)
class RenderedBlock:
    """The plain text of one block, with "\\n" for hard line breaks.

    `quotes` names the provisions that the block is quoted from, such as "code-of-practice/6.17", or "". `has_must` is true where
    a *must* in it has its statutory meaning, because it is quoted from the Code or bold.
    """

    text: str
    line: int
    kind: BlockKind = BlockKind.PARAGRAPH
    quotes: str = ""
    has_must: bool = False


@dataclass(frozen=True)
class RenderedSentence:
    """A sentence outside headings and code, for checks.

    `is_quoted` is true within a quotation from the law. `is_cited` is true there too, and where the sentence cites a
    provision itself. `is_unmarked` is true where a *must* of the service's own has no mark of its statutory meaning.
    """

    text: str
    line: int
    is_quoted: bool
    is_cited: bool
    is_unmarked: bool


@dataclass(frozen=True)
class DutyItem:
    """One thing to be done: its HTML, and its text without marks, which has citations as they were written."""

    html: str
    text: str


@dataclass(frozen=True)
class DutySource:
    """A provision that a duty rests on: how captions name it, its name without the version, and the path of its page."""

    name: str
    short: str
    url: str


@dataclass(frozen=True)
class RenderedDuty:
    """A sentence, a quotation or a list whose *must* or *should* is marked, with its exact words.

    `word` is "must" or "should". `lead` is the HTML of the sentence that leads into a list or a quotation, if the words need
    it, and `lead_text` its text. `who` are the words that say who must, "" where they are not certain. `sources` is empty
    where no provision is cited. `match` is as in `RenderedCitation`. `anchor` and `heading` are those of the last heading
    inside the section above it, or "".
    """

    word: str
    items: tuple[DutyItem, ...]
    line: int
    lead: str = ""
    lead_text: str = ""
    who: str = ""
    sources: tuple[DutySource, ...] = ()
    match: str = ""
    anchor: str = ""
    heading: str = ""


@dataclass
class Rendered:
    """The result of rendering one section. Lines are counted from 1 in its Markdown.

    `misread` stops a draft from being published, but not a file from being loaded. `hints` stop nothing. Both are what
    `misreadings` finds.
    """

    html: str = ""
    headings: list[RenderedHeading] = field(default_factory=list)
    citations: list[RenderedCitation] = field(default_factory=list)
    links: list[RenderedLink] = field(default_factory=list)
    pictures: list[RenderedPicture] = field(default_factory=list)
    blocks: list[RenderedBlock] = field(default_factory=list)
    duties: list[RenderedDuty] = field(default_factory=list)
    sentences: list[RenderedSentence] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    misread: list[Problem] = field(default_factory=list)
    hints: list[Problem] = field(default_factory=list)
    # What looks like a citation and is none: (line, message).
    near_miss_citations: list[tuple[int, str]] = field(default_factory=list)

    def add_problem(self, line: int, message: str, kind: Kind, subject: str = "") -> None:
        self.problems.append(Problem("", line, message, kind, subject))

    def add_misread(self, line: int, message: str, kind: Kind) -> None:
        self.misread.append(Problem("", line, message, kind))

    def add_hint(self, line: int, message: str, kind: Kind) -> None:
        self.hints.append(Problem("", line, message, kind))
