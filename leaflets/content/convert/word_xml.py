"""The XML of a Word document, written again with only what a leaflet can have.

ECMA-376 part 1, chapter 17 defines the elements. What is left out here is counted, and asked about in `questions`.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZipFile

from .blocks import MAX_BLOCKS
from .html import BOX_MARK, NUMBER_MARK, PICTURE_MARK
from .results import ConversionError, Question, QuestionKind

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_MAIN = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONSHIPS = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
W, R = f"{{{MAIN}}}", f"{{{RELATIONSHIPS}}}"

MAX_WRITTEN = 1_000_000  # characters of XML
TOO_LONG = "This document is too long for a leaflet. Convert it in parts, and make a leaflet of each."
MAX_STYLES_IN_CHAIN = 12
MAX_SPAN = 50
MAX_SHOWN = 200  # characters of a header or footer in a question

STYLE_MAP = "\n".join(
    [
        "p.Title => p.title:fresh",
        "p.Quote => blockquote:fresh > p:fresh",
        *(f"p.H{level} => h{level}:fresh" for level in range(1, 7)),
        f"r.Number => span.{NUMBER_MARK}:fresh",
        f"r.Picture => span.{PICTURE_MARK}:fresh",
        f"r.Box => span.{BOX_MARK}:fresh",
        "p => p:fresh",
    ]
)

_HEADING_STYLE = re.compile(r"heading ([1-9])")
# Those of Word, and "Quotations" of LibreOffice.
_QUOTATION_STYLES = frozenset({"quote", "intense quote", "block text", "quotations"})
_LIST_STYLE = re.compile(r"list (bullet|number)(?: ([2-5]))?")
_HYPERLINK = re.compile(r'\s*HYPERLINK\s+"([^"]+)"')
# lvlText of a plain number, such as "%1." or "(%2)".
_PLAIN_NUMBER = re.compile(r"[(\[]?%[1-9][.)\]:]?")


class Parts(NamedTuple):
    """The root elements of a document's parts, and the targets of its links by their ids."""

    document: Element
    styles: Element | None
    numbering: Element | None
    footnotes: Element | None
    endnotes: Element | None
    comments: Element | None
    edges: list[Element]
    links: Mapping[str, str]


@dataclass(frozen=True)
class _Form:
    """How a run looks."""

    bold: bool = False
    italic: bool = False
    crossed_out: bool = False
    hidden: bool = False


@dataclass
class _Style:
    """A style with what it inherits."""

    name: str = ""
    names: tuple[str, ...] = ()
    outline: int | None = None
    numbering: tuple[str, int] | None = None
    properties: list[Element] = field(default_factory=list)  # of runs, the most general first


@dataclass
class _Field:
    """A field that is open. Its result is what readers see."""

    instruction: str = ""
    link: str = ""
    in_result: bool = False
    pending: list[tuple[str, _Form, str]] = field(default_factory=list)  # runs before the result


class _Level(NamedTuple):
    format: str
    text: str
    start: int


class _Numbering:
    """Counts the items of numbered lists as Word does."""

    def __init__(self, root: Element | None) -> None:
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, tuple[str, dict[int, int]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._used: set[str] = set()
        for element in root if root is not None else ():
            if element.tag == f"{W}abstractNum":
                self._abstract[element.get(f"{W}abstractNumId", "")] = dict(
                    map(_read_level, element.iter(f"{W}lvl"))
                )
        for element in root if root is not None else ():
            if element.tag == f"{W}num":
                starts = {
                    _number(one.get(f"{W}ilvl")): _number(_value(one, "startOverride"))
                    for one in element.iter(f"{W}lvlOverride")
                    if one.find(f"{W}startOverride") is not None
                }
                self._lists[element.get(f"{W}numId", "")] = (_value(element, "abstractNumId"), starts)

    def next(self, list_id: str, level: int) -> tuple[int | None, str] | None:
        """Return the number of a list's next item, or None for a bullet, and what stands before its words as text.

        Returns None for a paragraph that only looks like a list's.
        """
        if list_id == "0":
            return None
        abstract, starts = self._lists.get(list_id, ("", {}))
        levels = self._abstract.get(abstract)
        if not levels or level not in levels:
            return None, ""
        if levels[level].format == "none":
            return None
        if levels[level].format == "bullet":
            return None, ""
        counts = self._counts.setdefault(abstract, {})
        if list_id not in self._used:
            self._used.add(list_id)
            counts.update({one: start - 1 for one, start in starts.items()})
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        if levels[level].format in ("decimal", "decimalZero") and _PLAIN_NUMBER.fullmatch(
            levels[level].text.strip()
        ):
            return counts[level], f"{counts[level]}. "
        shown = re.sub(
            r"%([1-9])", lambda match: self._shown(levels, counts, int(match[1]) - 1), levels[level].text
        )
        return None, f"{shown.strip()} "

    @staticmethod
    def _shown(levels: Mapping[int, _Level], counts: Mapping[int, int], level: int) -> str:
        found = levels.get(level, _Level("decimal", "", 1))
        return _format_number(counts.get(level, found.start), found.format)


def _read_level(element: Element) -> tuple[int, _Level]:
    start = _value(element, "start")
    level = _Level(
        _value(element, "numFmt") or "decimal",
        _value(element, "lvlText")[:40],
        _number(start) if start else 1,
    )
    return _number(element.get(f"{W}ilvl")), level


def _format_number(number: int, name: str) -> str:
    if name in ("lowerLetter", "upperLetter") and number > 0:
        letter = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 5)
        return letter if name == "lowerLetter" else letter.upper()
    if name in ("lowerRoman", "upperRoman") and 0 < number < 400:
        roman = ""
        rest = number
        for value, letters in (
            (100, "c"),
            (90, "xc"),
            (50, "l"),
            (40, "xl"),
            (10, "x"),
            (9, "ix"),
            (5, "v"),
            (4, "iv"),
            (1, "i"),
        ):
            roman += letters * (rest // value)
            rest %= value
        return roman if name == "lowerRoman" else roman.upper()
    return str(number)


def _number(text: str | None, default: int = 0) -> int:
    return min(int(text), 999_999) if text and text.isdecimal() and len(text) < 9 else default


def _value(element: Element | None, name: str) -> str:
    """Return the value of a child element, or ""."""
    child = element.find(f"{W}{name}") if element is not None else None
    return child.get(f"{W}val", "") if child is not None else ""


def _children(element: Element, name: str) -> Iterable[Element]:
    """Return what is in a child element, which may be missing."""
    child = element.find(f"{W}{name}")
    return () if child is None else child


def _is_on(properties: Element, name: str) -> bool | None:
    """Return what a toggle says, or None where it is not there."""
    child = properties.find(f"{W}{name}")
    return None if child is None else child.get(f"{W}val", "1") not in ("0", "false", "off", "none")


class Simplifier:
    """Writes a document for mammoth."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._styles = {} if parts.styles is None else {
            one.get(f"{W}styleId", ""): one for one in parts.styles.iter(f"{W}style")
        }  # fmt: skip
        self._default_style = next(
            (
                key
                for key, one in self._styles.items()
                if one.get(f"{W}default") == "1" and one.get(f"{W}type") == "paragraph"
            ),
            "",
        )
        self._read_styles: dict[str, _Style] = {}
        self._numbering = _Numbering(parts.numbering)
        self._notes = {
            kind: {
                note.get(f"{W}id", ""): note
                for note in (root if root is not None else ())
                if note.get(f"{W}type", "normal") == "normal"
            }
            for kind, root in (("footnote", parts.footnotes), ("endnote", parts.endnotes))
        }
        self._links: dict[str, str] = {}  # ids by target
        self._written: list[str] = []
        self._size = self._paragraphs = 0
        self._boxes: list[Element] = []
        self._fields: list[_Field] = []
        self._left_out: dict[QuestionKind, bool] = {}

    def write(self) -> bytes:
        """Return a .docx. Raises ConversionError if the document is too long."""
        self._blocks(_children(self._parts.document, "body"))
        document = "".join(self._written)
        links = "".join(
            f'<Relationship Id="{key}" Type="{RELATIONSHIPS}/hyperlink" Target={quoteattr(target)} TargetMode="External"/>'
            for target, key in self._links.items()
        )
        main = f'<Relationship Id="rId1" Type="{RELATIONSHIPS}/officeDocument" Target="word/document.xml"/>'
        rels = f'<Relationships xmlns="{_PACKAGE}/relationships">'
        output = io.BytesIO()
        with ZipFile(output, "w") as archive:
            archive.writestr("_rels/.rels", f"{rels}{main}</Relationships>")
            archive.writestr("word/_rels/document.xml.rels", f"{rels}{links}</Relationships>")
            archive.writestr(
                "word/document.xml",
                f'<w:document xmlns:w="{MAIN}" xmlns:r="{RELATIONSHIPS}"><w:body>{document}</w:body></w:document>',
            )
        return output.getvalue()

    def questions(self) -> list[Question]:
        """Return questions about what was left out."""
        comments = self._parts.comments
        if comments is not None and comments.find(f"{W}comment") is not None:
            self._left_out[QuestionKind.COMMENTS] = True
        texts = {
            QuestionKind.HIDDEN: "Hidden text was left out. If readers need it, type it.",
            QuestionKind.DELETED: "Text that was deleted with “Track changes” was left out.",
            QuestionKind.COMMENTS: "Comments were left out.",
            QuestionKind.CONTENTS: "The table of contents was left out, because the page of a leaflet has its own.",
            QuestionKind.EMBEDDED: "An embedded file or form was left out. Check that readers do not need it.",
        }
        found = [Question(kind, text) for kind, text in texts.items() if self._left_out.get(kind)]
        lines = " / ".join(self.edges)
        if lines:
            shown = lines if len(lines) <= MAX_SHOWN else f"{lines[:MAX_SHOWN]}…"
            text = f"Headers and footers were left out: “{shown}”. If readers need these words, type them."
            found.append(Question(QuestionKind.HEADER, text))
        return found

    @cached_property
    def edges(self) -> list[str]:
        """The lines of headers and footers that have words."""
        lines = [self._plain(paragraph) for part in self._parts.edges for paragraph in part.iter(f"{W}p")]
        return list(dict.fromkeys(line for line in lines if re.search(r"[^\W\d_]{2}", line)))[:20]

    # Writing

    def _write(self, xml: str) -> None:
        self._size += len(xml)
        if self._size > MAX_WRITTEN:
            raise ConversionError(TOO_LONG)
        self._written.append(xml)

    def _blocks(self, elements: Iterable[Element]) -> None:
        for element in elements:
            match element.tag.removeprefix(W):
                case "p":
                    self._paragraph(element)
                case "tbl":
                    self._table(element)
                case "sdt":
                    gallery = next(element.iter(f"{W}docPartGallery"), None)
                    if gallery is not None and "contents" in gallery.get(f"{W}val", "").lower():
                        self._left_out[QuestionKind.CONTENTS] = True
                    else:
                        self._blocks(_children(element, "sdtContent"))
                case "ins" | "moveTo" | "customXml" | "smartTag":
                    self._blocks(element)
                case "del" | "moveFrom":
                    self._note_deleted(element)
                case "altChunk":
                    self._left_out[QuestionKind.EMBEDDED] = True

    def _table(self, table: Element) -> None:
        self._write("<w:tbl>")
        for row in table.iter(f"{W}tr") if table.find(f"{W}tr") is None else _rows(table):
            properties = row.find(f"{W}trPr")
            if properties is not None and properties.find(f"{W}del") is not None:
                self._note_deleted(row)
                continue
            is_header = properties is not None and _is_on(properties, "tblHeader")
            self._write(f"<w:tr>{'<w:trPr><w:tblHeader/></w:trPr>' if is_header else ''}")
            for cell in _cells(row):
                self._cell(cell)
            self._write("</w:tr>")
        self._write("</w:tbl>")

    def _cell(self, cell: Element) -> None:
        properties = cell.find(f"{W}tcPr")
        span = min(_number(_value(properties, "gridSpan"), 1), MAX_SPAN)
        merge = properties.find(f"{W}vMerge") if properties is not None else None
        self._write(f'<w:tc><w:tcPr><w:gridSpan w:val="{max(span, 1)}"/>')
        if merge is not None:
            self._write(
                f'<w:vMerge w:val="{"restart" if merge.get(f"{W}val") == "restart" else "continue"}"/>'
            )
        self._write("</w:tcPr>")
        self._blocks(cell)
        self._write("</w:tc>")

    def _paragraph(self, paragraph: Element, in_box: bool = False) -> None:
        properties = paragraph.find(f"{W}pPr")
        style = self._style(_value(properties, "pStyle") or self._default_style)
        if style.name.startswith("toc "):
            self._left_out[QuestionKind.CONTENTS] = True
            return
        kind = _kind(style, properties)
        self._paragraphs += 1
        if self._paragraphs > MAX_BLOCKS:
            raise ConversionError(TOO_LONG)
        self._write(f'<w:p><w:pPr><w:pStyle w:val="{kind}"/></w:pPr>' if kind else "<w:p>")
        if in_box:
            self._mark("Box", "x")
        self._list_item(style, properties, kind)
        boxes, self._boxes = self._boxes, []
        is_heading = kind.startswith(("H", "Title"))
        # Italics of a style are how it looks: those of words say something.
        form = _Form() if is_heading else replace(self._form(_Form(), style.properties), italic=False)
        self._inline(paragraph, form, "")
        # A field that has no result here never gets one: what follows is text.
        for one in self._fields:
            for run in () if one.in_result else one.pending:
                self._run(*run)
        self._fields = [one for one in self._fields if one.in_result]
        self._write("</w:p>")
        found, self._boxes = self._boxes, boxes
        for box in found:
            self._box(box)

    def _box(self, box: Element) -> None:
        """Write a text box below the paragraph that it is anchored to."""
        is_first = True
        for element in box:
            if element.tag == f"{W}p":
                has_words = bool(self._plain(element).strip())
                self._paragraph(element, in_box=is_first and has_words)
                is_first = is_first and not has_words
            else:
                self._blocks([element])

    def _list_item(self, style: _Style, properties: Element | None, kind: str) -> None:
        numbering = style.numbering
        direct = properties.find(f"{W}numPr") if properties is not None else None
        if direct is not None:
            inherited = style.numbering or ("0", 0)
            level = _value(direct, "ilvl")
            numbering = (_value(direct, "numId") or inherited[0], _number(level) if level else inherited[1])
        listed = next(filter(None, map(_LIST_STYLE.fullmatch, style.names)), None)
        if numbering is None and listed is None:
            return
        if numbering is None and listed is not None:
            found: tuple[int | None, str] | None = (None, "")
            level_number = _number(listed[2], 1) - 1
        else:
            list_id, level_number = numbering or ("0", 0)
            found = self._numbering.next(list_id, level_number)
            if listed is not None and listed[2]:
                level_number = max(level_number, int(listed[2]) - 1)
        if found is None:
            return
        number, text = found
        if kind and kind != "Quote":
            self._run(text, _Form())  # the number of a heading
            return
        self._mark("Number", f"{level_number};{'' if number is None else number}")
        if number is None:
            self._run(text, _Form())

    def _inline(self, parent: Iterable[Element], form: _Form, link: str) -> None:
        for element in parent:
            match element.tag.removeprefix(W):
                case "r":
                    self._read_run(element, form, link)
                case "hyperlink":
                    target = self._parts.links.get(element.get(f"{R}id", ""), "")
                    self._inline(element, form, target or link)
                case "ins" | "moveTo" | "smartTag" | "customXml" | "fldSimple" | "dir" | "bdo":
                    self._inline(element, form, link)
                case "sdt":
                    self._inline(_children(element, "sdtContent"), form, link)
                case "del" | "moveFrom":
                    self._note_deleted(element)
                case tag if tag.endswith(("}oMath", "}oMathPara")):
                    self._run(
                        "".join(one.text or "" for one in element.iter() if one.tag.endswith("}t")), form
                    )

    def _read_run(self, run: Element, form: _Form, link: str) -> None:
        properties = run.find(f"{W}rPr")
        if properties is not None:
            style = self._style(_value(properties, "rStyle"))
            form = self._form(form, [*style.properties, properties])
        if self._fields and self._fields[-1].link:
            link = self._fields[-1].link
        for element in run:
            self._run_content(element, form, link)

    def _run_content(self, element: Element, form: _Form, link: str) -> None:
        name = element.tag.removeprefix(W)
        match name:
            case "t":
                instruction = next((one for one in self._fields if not one.in_result), None)
                if instruction:
                    instruction.pending.append((element.text or "", form, link))
                else:
                    self._run(element.text or "", form, link)
            case "delText":
                self._note_deleted(element)
            case "fldChar" | "instrText":
                self._field(element, form)
            case "footnoteReference" | "endnoteReference":
                self._note(element, name.removesuffix("Reference"), form)
            case "drawing" | "pict" | "object":
                self._drawing(element)
            case _ if name.endswith("}AlternateContent"):
                for child in _chosen(element):
                    self._run_content(child, form, link)
            case _:
                self._run(_character(element, name), form, link)

    def _note(self, reference: Element, kind: str, form: _Form) -> None:
        """Write the words of a footnote in brackets, where its number is."""
        # Its words stand here once: a short text could refer to a long note any number of times.
        note = self._notes[kind].pop(reference.get(f"{W}id", ""), None)
        text = self._plain(note) if note is not None else ""
        if text:
            self._run(f" ({text.removesuffix('.')})", replace(form, bold=False, italic=False))

    def _field(self, element: Element, form: _Form) -> None:
        if element.tag == f"{W}instrText":
            if self._fields:
                self._fields[-1].instruction += element.text or ""
            return
        match element.get(f"{W}fldCharType"):
            case "begin":
                self._fields.append(_Field())
            case "separate" if self._fields:
                target = _HYPERLINK.match(self._fields[-1].instruction)
                self._fields[-1].link = target[1] if target else ""
                self._fields[-1].in_result = True
            case "end" if self._fields:
                if "FORMCHECKBOX" in self._fields.pop().instruction:
                    self._run("☐ ", form)

    def _drawing(self, element: Element) -> None:
        """Note the place of a picture, and keep text boxes for the end of the paragraph."""
        boxes = list(_text_boxes(element))
        self._boxes += boxes
        if element.tag == f"{W}object":
            self._left_out[QuestionKind.EMBEDDED] = True
        if boxes or any(one.tag.endswith("}decorative") and one.get("val") == "1" for one in element.iter()):
            return
        described = next((one for one in element.iter() if one.tag.endswith("}docPr")), None)
        words = described.get("descr", "") if described is not None else ""
        if not words:
            words = next((one.get("alt", "") for one in element.iter() if one.tag.endswith("}shape")), "")
        self._mark("Picture", " ".join(words.split()) or " ")

    def _mark(self, style: str, text: str) -> None:
        self._write(
            f'<w:r><w:rPr><w:rStyle w:val="{style}"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
        )

    def _run(self, text: str, form: _Form, link: str = "") -> None:
        if not text:
            return
        if form.hidden:
            if text.strip():
                self._left_out[QuestionKind.HIDDEN] = True
            return
        toggles = (("b", form.bold), ("i", form.italic), ("strike", form.crossed_out))
        properties = "".join(f"<w:{name}/>" for name, is_on in toggles if is_on)
        run = f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}{_content(text)}</w:r>"
        if link:
            key = self._links.setdefault(link, f"rId{len(self._links) + 1}")
            run = f'<w:hyperlink r:id="{key}">{run}</w:hyperlink>'
        self._write(run)

    # Reading

    def _note_deleted(self, element: Element) -> None:
        texts = (one.text or "" for one in element.iter() if one.tag in (f"{W}delText", f"{W}t"))
        if any(text.strip() for text in texts):
            self._left_out[QuestionKind.DELETED] = True

    def _plain(self, element: Element) -> str:
        """Return the text of a note, header or footer, in one line."""
        words: list[str] = []
        self._collect(element, words)
        return " ".join("".join(words).split())

    def _collect(self, element: Element, words: list[str]) -> None:
        for child in element:
            match child.tag.removeprefix(W):
                case "t":
                    words.append(child.text or "")
                case "tab" | "br" | "cr" | "ptab":
                    words.append(" ")
                case "noBreakHyphen":
                    words.append("-")
                case "del" | "moveFrom" | "instrText" | "pPr" | "drawing" | "pict" | "object":
                    continue
                case "r" if self._is_hidden(child):
                    self._left_out[QuestionKind.HIDDEN] = True
                case _:
                    self._collect(child, words)
                    if child.tag == f"{W}p":
                        words.append(" ")

    def _is_hidden(self, run: Element) -> bool:
        properties = run.find(f"{W}rPr")
        return properties is not None and bool(_is_on(properties, "vanish"))

    def _style(self, key: str) -> _Style:
        if key not in self._read_styles:
            chain: list[Element] = []
            current = key
            while current in self._styles and len(chain) < MAX_STYLES_IN_CHAIN:
                chain.append(self._styles[current])
                current = _value(self._styles[current], "basedOn")
            self._read_styles[key] = _read_style(chain)
        return self._read_styles[key]

    @staticmethod
    def _form(form: _Form, properties: Iterable[Element]) -> _Form:
        for one in properties:
            changes = {
                "bold": _is_on(one, "b"),
                "italic": _is_on(one, "i"),
                "crossed_out": _is_on(one, "strike"),
                "hidden": _is_on(one, "vanish"),
            }
            form = replace(form, **{name: value for name, value in changes.items() if value is not None})
        return form


def _read_style(chain: list[Element]) -> _Style:
    style = _Style(names=tuple(_value(one, "name").lower() for one in chain))
    style.name = style.names[0] if style.names else ""
    for one in chain:
        properties = one.find(f"{W}pPr")
        outline = _value(properties, "outlineLvl")
        if outline and style.outline is None:
            style.outline = _number(outline, 9)
        numbering = properties.find(f"{W}numPr") if properties is not None else None
        if _value(numbering, "numId") and style.numbering is None:
            style.numbering = (_value(numbering, "numId"), _number(_value(numbering, "ilvl")))
        run = one.find(f"{W}rPr")
        if run is not None:
            style.properties.insert(0, run)
    return style


def _kind(style: _Style, properties: Element | None) -> str:
    """Return the style that a paragraph gets for mammoth, or ""."""
    if style.name == "title":
        return "Title"
    if _QUOTATION_STYLES.intersection(style.names):
        return "Quote"
    heading = next(filter(None, map(_HEADING_STYLE.fullmatch, style.names)), None)
    outline = _value(properties, "outlineLvl")
    level = _number(outline, 9) if outline else style.outline
    if level is None and heading:
        level = int(heading[1]) - 1
    return f"H{min(level + 1, 6)}" if level is not None and level < 9 else ""


def _character(element: Element, name: str) -> str:
    """Return the text of an element of a run that stands for a character. A symbol of a font is marked with NUL."""
    if name in ("br", "cr"):
        return "\n" if element.get(f"{W}type", "textWrapping") == "textWrapping" else ""
    if name == "sym":
        code, font = element.get(f"{W}char", ""), element.get(f"{W}font", "")
        return f"\0{font}\0{code}\0" if re.fullmatch(r"[0-9A-Fa-f]{1,4}", code) and len(font) < 50 else ""
    return {"tab": " ", "ptab": " ", "noBreakHyphen": "-"}.get(name, "")


def _content(text: str) -> str:
    """Return a run's text as elements: symbols of a font are marked with NUL in it."""
    written = []
    for number, part in enumerate(re.split(r"\0([^\0]*)\0([0-9A-Fa-f]+)\0", text)):
        if number % 3 == 1:
            font = part
        elif number % 3 == 2:
            written.append(f'<w:sym w:font={quoteattr(font)} w:char="{part}"/>')
        else:
            lines = part.split("\n")
            texts = [f'<w:t xml:space="preserve">{escape(line)}</w:t>' if line else "" for line in lines]
            written.append("<w:br/>".join(texts))
    return "".join(written)


def _rows(table: Element) -> Iterator[Element]:
    for element in table:
        if element.tag == f"{W}tr":
            yield element
        elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            yield from _rows(element)


def _cells(row: Element) -> Iterator[Element]:
    for element in row:
        if element.tag == f"{W}tc":
            yield element
        elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml"):
            yield from _cells(element)


def _chosen(alternate: Element) -> Iterable[Element]:
    """Return the first form of something that is there in several forms."""
    return next((one for one in alternate if one.tag.endswith(("}Choice", "}Fallback"))), ())


def _text_boxes(element: Element) -> Iterator[Element]:
    """Yield the contents of text boxes, not those in a text box."""
    for child in _chosen(element) if element.tag.endswith("}AlternateContent") else element:
        if child.tag == f"{W}txbxContent":
            yield child
        else:
            yield from _text_boxes(child)
