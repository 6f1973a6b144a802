"""HTML of Word, of mammoth, Google Docs, Outlook, LibreOffice and web pages, read as blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .blocks import MAX_BLOCKS, MAX_LEVEL, Block, BlockKind, Cell, Note, Span, clean_spans, clean_text
from .html_tree import Element, parse_tree
from .inline import safe_link
from .results import ConversionError, Question, QuestionKind

MAX_HTML = 5_000_000  # characters, with those of pictures in it
MAX_TAGS = 100_000
MAX_COLUMNS = 50
MAX_CELLS = 10_000  # with empty ones, of which the writer leaves out whole columns
TOO_LARGE = (
    "This document is too large for a leaflet. Take out what does not belong in it, or convert it in parts."
)

_SKIPPED = {
    "script", "style", "title", "head", "template", "noscript", "svg", "math", "iframe", "object", "select", "textarea",
    "audio", "video", "canvas", "xml", "xmp", "noframes", "button",
}  # fmt: skip
_PARAGRAPHS = {
    "p", "div", "address", "article", "aside", "section", "main", "header", "footer", "nav", "figure", "figcaption",
    "center", "form", "fieldset", "legend", "details", "summary", "dl", "dt", "dd", "body", "html", "root", "pre",
    "caption", "hr", "ul", "ol", "li", "blockquote", "table", "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip
_NOTE_LISTS = ("comment-list", "footnote-list", "endnote-list")
# Classes by which `docx` marks the level and number of a list item, the place of a picture, and a text box.
NUMBER_MARK, PICTURE_MARK, BOX_MARK = "convert-number", "convert-picture", "convert-box"
_HEADING = re.compile(r"h([1-6])")
_MSO_LIST = re.compile(r"\bl[0-9]+ level([0-9])")
_WORD_HEADING = re.compile(r"(?:mso)?heading ?([1-6])")
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")
_BOLD_WEIGHT = re.compile(r"bold|bolder|[6-9]00")


@dataclass
class HtmlReader:
    """Reads the blocks of a tree. `questions` are about the whole document."""

    blocks: list[Block] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    _spans: list[Span] = field(default_factory=list)
    _form: Block = field(default_factory=lambda: Block(BlockKind.PARAGRAPH))
    _notes: list[Note] = field(default_factory=list)
    _footnotes: dict[str, str] = field(default_factory=dict)
    _hidden: int = 0
    _cells: int = 0
    _deleted: int = 0
    _is_new_item: bool = False

    def read(self, html: str) -> list[Block]:
        if len(html) > MAX_HTML or html.count("<") > MAX_TAGS:
            raise ConversionError(TOO_LARGE)
        root = parse_tree(html)
        self._find_footnotes(root)
        self._walk(root, Span(""))
        self._end_block()
        if self._hidden:
            text = (
                "Hidden text was left out. If readers need it, make it visible in the document and copy it."
            )
            self.questions.append(Question(QuestionKind.HIDDEN, text))
        if self._deleted:
            text = "Text that was deleted with “Track changes” was left out."
            self.questions.append(Question(QuestionKind.DELETED, text))
        return self.blocks

    # Blocks

    def _end_block(self) -> None:
        spans = clean_spans(self._spans)
        self._spans = []
        for number, part in enumerate(_split_paragraphs(spans)):
            block = replace(self._form, spans=part, notes=[], rows=[])
            if block.kind is BlockKind.ITEM and (number or not self._is_new_item):
                block.continues = True
            if block.kind is BlockKind.ITEM:
                self._is_new_item = False
            self.blocks.append(block)
        if len(self.blocks) > MAX_BLOCKS:
            raise ConversionError(TOO_LARGE)
        if self._notes:
            if not spans:
                self.blocks.append(Block(BlockKind.PICTURE, quoted=self._form.quoted))
            self.blocks[-1].notes += self._notes
            self._notes = []

    def _in_block(self, element: Element, form: Block, span: Span) -> None:
        self._end_block()
        outer, self._form = self._form, form
        self._walk_children(element, span)
        self._end_block()
        self._form = outer

    def _walk_children(self, element: Element, span: Span) -> None:
        for child in element.children:
            if isinstance(child, str):
                text = child if element.name == "pre" else _WHITE_SPACE.sub(" ", child)
                self._spans.append(replace(span, text=text))
            else:
                self._walk(child, span)

    def _walk(self, element: Element, span: Span) -> None:
        name, style = element.name, element.style
        if name in _SKIPPED or style.get("mso-element") in _NOTE_LISTS or self._is_hidden(element, style):
            return
        span = _formed(span, element, style)
        match name:
            case "a":
                self._read_link(element, span)
            case "img":
                self._ask_about_picture(
                    element.attributes.get("alt", ""), element.attributes.get("width") == "1"
                )
            case "table":
                self._read_table(element, span)
            case "ul" | "ol":
                self._read_list(element, span)
            case _ if name in _PARAGRAPHS:
                self._in_block(element, self._form_of(element, style), span)
            case _:
                self._walk_inline(element, span)

    def _walk_inline(self, element: Element, span: Span) -> None:
        before, after = "", ""
        match element.name:
            case "br":
                before = "\n"
            case "input" if element.attributes.get("type", "").lower() == "checkbox":
                before = "☐ "
            case "q":
                before, after = "“", "”"
            case "td" | "th" | "option":  # a cell without a table
                after = " "
            case "span" if self._read_mark(element):
                return
        self._spans.append(replace(span, text=before))
        self._walk_children(element, span)
        self._spans.append(replace(span, text=after))

    def _read_mark(self, element: Element) -> bool:
        """Read what `docx` marks in a Word document with a class, and return whether the element is such a mark."""
        if NUMBER_MARK in element.classes:
            level, _, number = element.text.partition(";")
            self._form.kind = BlockKind.ITEM
            self._form.level = int(level) if level.isdecimal() and len(level) < 3 else 0
            self._form.number = int(number) if number.isdecimal() and len(number) < 7 else None
            self._is_new_item = True
        elif PICTURE_MARK in element.classes:
            self._ask_about_picture(element.text)
        elif BOX_MARK in element.classes:
            text = "This was in a text box. Check that it is in the right place."
            self._notes.append(Note(QuestionKind.TEXT_BOX, text))
        else:
            return False
        return True

    def _is_hidden(self, element: Element, style: dict[str, str]) -> bool:
        if "mso-list" in style and style["mso-list"] == "ignore":
            return False
        hidden = (
            style.get("display") == "none"
            or style.get("visibility") == "hidden"
            or style.get("mso-hide") == "all"
            or "hidden" in element.attributes
        )
        deleted = element.name == "del"
        if (hidden or deleted) and element.text.strip():
            self._hidden += hidden
            self._deleted += deleted
        return hidden or deleted

    def _form_of(self, element: Element, style: dict[str, str]) -> Block:
        form = replace(self._form)
        heading = _HEADING.fullmatch(element.name)
        classes = element.classes
        word = next(filter(None, map(_WORD_HEADING.fullmatch, classes)), None)
        if element.name == "blockquote" or any(one in ("msoquote", "msointensequote") for one in classes):
            form.quoted = True
        if any(one in ("msotitle", "title") for one in classes) and element.name in ("p", "h1", "div"):
            return Block(BlockKind.PARAGRAPH, style="title")
        if heading or word:
            level = int((heading or word)[1])  # type: ignore[index]
            return Block(BlockKind.HEADING, level=level)
        listed = _MSO_LIST.search(style.get("mso-list", ""))
        if listed:
            form.kind, form.level, form.is_list_style = BlockKind.ITEM, int(listed[1]) - 1, True
            self._is_new_item = True
        return form

    def _read_list(self, element: Element, span: Span, level: int | None = None) -> None:
        """Read a list. Some editors put a list into a list, beside its items."""
        self._end_block()
        inside = self._form.kind is BlockKind.ITEM
        level = min((self._form.level + 1 if inside else 0) if level is None else level, MAX_LEVEL)
        number = element.number("start", 1, 999_999) if element.name == "ol" else None
        outer = self._form
        for child in element.children:
            if isinstance(child, Element) and child.name in ("ul", "ol"):
                self._read_list(child, span, level + 1)
            elif isinstance(child, Element) and child.name == "li":
                if number is not None:
                    number = child.number("value", number, 999_999)
                form = Block(BlockKind.ITEM, level=level, number=number, quoted=outer.quoted)
                self._is_new_item = True
                self._in_block(child, form, _formed(span, child, child.style))
                number = None if number is None else number + 1
            elif isinstance(child, Element) or child.strip():
                self._form = replace(outer)
                self._walk(child if isinstance(child, Element) else Element("div", {}, [child]), span)
        self._form = outer

    # Tables

    def _read_table(self, table: Element, span: Span) -> None:
        self._end_block()
        for child in table.children:
            if isinstance(child, Element) and child.name == "caption":
                self._in_block(child, replace(self._form), span)
        rows = [(_cells(row), in_header) for row, in_header in _rows(table)]
        if max((len(cells) for cells, _ in rows), default=0) <= 1:  # a box around text
            for cells, _ in rows:
                for cell in cells:
                    self._in_block(cell, replace(self._form), span)
            return
        block = Block(BlockKind.TABLE, quoted=self._form.quoted)
        below: dict[int, int] = {}  # the columns that a cell above takes, and for how many rows more
        for cells, in_header in rows:
            read = self._read_row(cells, span, below, in_header)
            if any(cell.spans for cell in read):
                block.rows.append(read)
                self._cells += len(read)
            if self._cells > MAX_CELLS:
                raise ConversionError(TOO_LARGE)
        if block.rows:
            self.blocks.append(block)
            block.notes, self._notes = self._notes, []

    def _read_row(self, row: list[Element], span: Span, below: dict[int, int], in_header: bool) -> list[Cell]:
        read: list[Cell] = []
        for element in (*row, None):  # None: what cells above take after the last one
            while below.get(len(read), 0) > 0 and len(read) < MAX_COLUMNS:
                below[len(read)] -= 1
                read.append(Cell(is_merged=True, is_header=in_header))
            if element is None:
                break
            columns = element.number("colspan", 1, MAX_COLUMNS)
            height = element.number("rowspan", 1, 1_000)
            cell = Cell(self._read_cell(element, span), in_header or element.name == "th")
            cell.is_merged = columns > 1 or height > 1
            for column in range(len(read), len(read) + max(columns, 1)):
                below[column] = height - 1
            read += [cell, *(Cell(is_merged=True, is_header=cell.is_header) for _ in range(columns - 1))]
        return read

    def _read_cell(self, element: Element, span: Span) -> list[Span]:
        """Return the text of a cell in one line: a table in Markdown has no lists and no second paragraphs."""
        reader = HtmlReader(_footnotes=self._footnotes)
        reader._in_block(element, Block(BlockKind.PARAGRAPH), _formed(span, element, element.style))
        self._hidden += reader._hidden
        self._deleted += reader._deleted
        spans: list[Span] = []
        for block in reader.blocks:
            self._notes += block.notes
            if spans and block.text:
                spans.append(Span("\n"))
            spans += block.spans
            for row in block.rows:
                for cell in row:
                    spans += [*([Span(" ")] if spans else []), *cell.spans]
        return clean_spans(spans)

    # Links, pictures, notes

    def _read_link(self, element: Element, span: Span) -> None:
        href = element.attributes.get("href", "")
        anchor = href.partition("#")[2]
        if anchor in self._footnotes:
            # Its words stand here once: a short text could refer to a long note any number of times.
            note = self._footnotes[anchor]
            self._footnotes[anchor] = ""
            self._spans.append(replace(span, text=f" ({note.removesuffix('.')})" if note else element.text))
            return
        text = " ".join(clean_text(element.text).split())
        link = safe_link(href)
        if text and re.match(r"_(?:ftn|edn)(?:ref)?[0-9]", anchor):
            # A browser may have completed its address with that of the page.
            message = f"The note {text} was not in what you copied. Write its words here in brackets, or take the mark out."
            self._notes.append(Note(QuestionKind.NOTE, message, blocking=True))
        elif link and text:
            span = replace(span, href=link)
        elif href and text and not href.startswith("#"):
            message = (
                f"The link of “{text[:60]}” leads to no page on the web, so it was left out. Add the address."
            )
            self._notes.append(Note(QuestionKind.LINK, message))
        self._walk_children(element, span)

    def _ask_about_picture(self, words: str, counts_visits: bool = False) -> None:
        if counts_visits:
            return
        words = " ".join(clean_text(words).split())[:200]
        shown = f" of “{words}”" if words else ""
        text = f"A picture{shown} was here. Add it as a picture, or say in words what it shows."
        self._notes.append(Note(QuestionKind.PICTURE, text, blocking=True))

    def _find_footnotes(self, root: Element) -> None:
        """Collect the texts of footnotes, which Word puts at the end: they go where their number is."""
        for element in root.iter():
            anchor = element.attributes.get("id", "")
            if re.fullmatch(r"(?:ftn|edn)[0-9]{1,4}", anchor):
                text = " ".join(clean_text(element.text).split())
                text = re.sub(r"^\[[0-9ivx]+\] ?", "", text)
                if text:
                    self._footnotes[f"_{anchor}"] = text


def _rows(table: Element) -> Iterator[tuple[Element, bool]]:
    for child in table.children:
        if isinstance(child, Element) and child.name == "tr":
            yield child, False
        elif isinstance(child, Element) and child.name in ("thead", "tbody", "tfoot"):
            for row in child.children:
                if isinstance(row, Element) and row.name == "tr":
                    yield row, child.name == "thead"


def _cells(row: Element) -> list[Element]:
    return [child for child in row.children if isinstance(child, Element) and child.name in ("td", "th")]


def _formed(span: Span, element: Element, style: dict[str, str]) -> Span:
    """Return the form of text in this element, where the text around it has the form of `span`."""
    name = element.name
    if name in ("b", "strong", "th"):
        span = replace(span, bold=name != "th")
    if name in ("i", "em", "cite", "dfn"):
        span = replace(span, italic=True)
    if name in ("s", "strike"):
        span = replace(span, crossed_out=True)
    if "font-weight" in style:
        span = replace(span, bold=bool(_BOLD_WEIGHT.fullmatch(style["font-weight"])))
    if "font-style" in style:
        span = replace(span, italic=style["font-style"] in ("italic", "oblique"))
    if "line-through" in style.get("text-decoration", "") + style.get("text-decoration-line", ""):
        span = replace(span, crossed_out=True)
    return span


def _split_paragraphs(spans: list[Span]) -> Iterator[list[Span]]:
    """Split where there is an empty line."""
    part: list[Span] = []
    breaks = 0
    for span in spans:
        for piece in re.split(r"(\n)", span.text):
            if piece == "\n":
                breaks += 1
            elif piece:
                if breaks > 1 and part:
                    yield clean_spans(part)
                    part = []
                elif breaks and part:
                    part.append(Span("\n"))
                breaks = 0
                part.append(replace(span, text=piece))
    if part:
        yield clean_spans(part)
