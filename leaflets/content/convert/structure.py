"""Rules that give the blocks of a document the structure of a leaflet.

Each rule takes blocks and returns blocks. What a rule cannot know it does not decide: it adds a question to the block.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from leaflets.content.limits import MAX_CHARACTERS
from leaflets.law.citations import find_citations

from .blocks import LINE_BREAK, MAX_BLOCKS, MAX_LEVEL, Block, BlockKind, Note, Span, clean_spans, cut_spans
from .results import ConversionError, Converted, Question, QuestionKind
from .writer import has_header, write_sections

PARAGRAPH, HEADING, ITEM, TABLE = BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.ITEM, BlockKind.TABLE

TOO_LONG = (
    f"This document has more than {MAX_CHARACTERS:,} characters, which is too long for a leaflet. "
    "Convert it in parts, and make a leaflet of each."
)
MAX_HEADING = 150
MAX_QUESTIONS = 300

_BULLETS = "•·▪▫◦●○■□❑❏❖➢➤►‣⁃∙✓✔☐☑☒✗\uf0b7\uf0a7\uf0d8\uf0fc\uf06f\uf076\uf0a8\uf071"
_MARKER = re.compile(
    rf"(?P<bullet>[{_BULLETS}]) *|(?P<dash>[-–—*o§]) |\(?(?P<number>[0-9]{{1,3}})[.)](?![0-9]) *|(?P<letter>\(?(?:[a-z]|[ivx]{{1,4}})[.)]) "
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DATE_LINE = re.compile(
    r"(?P<label>(?:date of )?(?:publication|published|last updated|updated|produced|issued|issue|created|date|version [0-9.]+)"
    r"(?: date)?(?: on| in)?[ :,–|-]{1,4})?(?P<day>[0-9]{1,2}(?:st|nd|rd|th)? |[0-9]{1,2}/)?"
    rf"(?P<month>{'|'.join(f'{one[:3]}(?:{one[3:]})?' if one != 'may' else one for one in _MONTHS)}|[0-9]{{1,2}}/)"
    r"[ ,]{0,2}(?P<year>20[0-9]{2})\.?",
    re.IGNORECASE,
)
_EDGE = 6  # how many blocks at the start and the end can have the publication date
_PAGE_NUMBER = re.compile(r"(?:page |p\. ?)?[0-9]{1,3}(?: ?(?:of|/) ?[0-9]{1,3})?", re.IGNORECASE)
_CAPITALS = re.compile(r"\b(?:MUST|SHOULD)\b")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$")
_LETTER_LINE = re.compile(
    r"\[?(?:your |name|address|date|their |school|postcode)[^.]*\]?|\[[^\]]{2,40}\]|dear .*|yours .*"
    rf"|(?:[0-9]{{1,2}}(?:st|nd|rd|th)? )?(?:{'|'.join(_MONTHS)}) 20[0-9]{{2}}",
    re.IGNORECASE,
)
_OPENING, _CLOSING = '“"', '”"'


def arrange(
    blocks: Sequence[Block], questions: Iterable[Question], whole: bool, from_text: bool = False
) -> Converted:
    """Return a document as a leaflet, or as the text of one section where it is not a `whole` leaflet.

    `from_text` says that the document had no headings, because it was plain text.
    Raises ConversionError if it is too long.
    """
    if sum(_length(block) for block in blocks) > MAX_CHARACTERS:
        raise ConversionError(TOO_LONG)
    if len(blocks) > MAX_BLOCKS:
        raise ConversionError(TOO_LONG)
    blocks = [block for block in _read_typed_lists(blocks) if block.spans or block.rows or block.notes]
    document = _Document(blocks, list(questions), from_text)
    if whole:
        document.find_published()
        document.find_title()
    document.fit_headings(2 if whole else 3)
    blocks = _find_quotations(document.blocks)
    blocks = _join_letters(blocks)
    _ask(blocks, 2 if whole else 3, from_text)
    sections, found = write_sections(blocks)
    for section in sections[1:]:
        if not section.markdown:
            text = f"There is no text below the heading “{section.heading}”. Write some, or take the heading out."
            found.append(Question(QuestionKind.HEADING, text, True, section.anchor, 1))
    order = {section.anchor: position for position, section in enumerate(sections)}
    found = sorted([*document.questions, *found], key=lambda one: (order.get(one.section, -1), one.line))
    if whole and not any(section.markdown or section.heading for section in sections):
        raise ConversionError(
            "There are no words in this document. If it is a picture of a text, type the words."
        )
    return Converted(
        document.title, document.published, sections[0].markdown, tuple(sections[1:]), tuple(_unique(found))
    )


def _unique(questions: Iterable[Question]) -> list[Question]:
    return list(dict.fromkeys(questions))[:MAX_QUESTIONS]


def _length(block: Block) -> int:
    # A row counts as much as a line, because empty cells are written too.
    return (
        len(block.text)
        + 8
        + sum(len(span.text) + 8 for row in block.rows for cell in row for span in cell.spans)
    )


# Lists


def _read_typed_lists(blocks: Sequence[Block]) -> list[Block]:
    """Make list items of lines that start with a typed bullet or number, and of Word's items with theirs."""
    read: list[Block] = []
    reader = _ListReader()
    for block in blocks:
        if block.kind not in (PARAGRAPH, ITEM) or block.style or not block.spans:
            if block.spans or block.rows:
                reader.end()
            read.append(block)
            continue
        if block.kind is ITEM and not block.is_list_style:
            reader.remember(block)
            read.append(_without_marker(block))
            continue
        read += reader.read(block)
    return read


def _without_marker(block: Block) -> Block:
    """Take a typed bullet off an item that has one already."""
    match = _MARKER.match(block.text)
    return replace(block, spans=cut_spans(block.spans, match.end())) if match and match["bullet"] else block


class _ListReader:
    def __init__(self) -> None:
        self._levels: dict[str, int] = {}
        self._numbers: dict[int, int] = {}

    def end(self) -> None:
        self._levels = {}

    def remember(self, block: Block) -> None:
        if block.number is not None:
            self._numbers[block.level] = block.number

    def read(self, block: Block) -> Iterator[Block]:
        """Yield the items that a paragraph is made of, and the text between them."""
        text, start = block.text, 0
        pieces: list[
            tuple[re.Match[str] | None, int, int]
        ] = []  # paragraphs and items: the marker, start and end
        for line in text.split(LINE_BREAK):
            end = start + len(line)
            found = self._marker(text, start, block)
            if found or not pieces:
                pieces.append((found, start, end))
            else:
                pieces[-1] = (*pieces[-1][:2], end)
            start = end + 1
        for number, (found, first, last) in enumerate(pieces):
            notes = block.notes if number == len(pieces) - 1 else []
            if found:
                yield self._item(block, found, last, notes)
            else:
                if block.kind is PARAGRAPH:
                    self.end()
                yield replace(block, spans=cut_spans(block.spans, first, last), notes=notes)

    def _marker(self, text: str, start: int, block: Block) -> re.Match[str] | None:
        match = _MARKER.match(text, start)
        if not match or match.end() >= len(text) or text[match.end()] == LINE_BREAK:
            return None
        if block.is_list_style:
            return match
        if match["number"]:
            number = int(match["number"])
            follows = number - 1 in self._numbers.values()
            if number != 1 and not follows:
                return None
            self._numbers[self._levels.get("1", 0)] = number
        elif match["letter"]:
            if match["letter"].strip("(.)") not in ("a", "i") and "a" not in self._levels:
                return None
            self._levels.setdefault("a", max(self._levels.values(), default=-1) + 1)
        elif match["dash"] == "o" and not text[match.end()].isalnum():
            return None
        return match

    def _item(self, block: Block, marker: re.Match[str], end: int, notes: list[Note]) -> Block:
        key = "1" if marker["number"] else "a" if marker["letter"] else marker["bullet"] or marker["dash"]
        if block.is_list_style or block.level:
            level = min(block.level, MAX_LEVEL)
        elif key == "1" and key not in self._levels:
            self._levels, level = {"1": 0}, 0
        else:
            level = self._levels.setdefault(key, min(max(self._levels.values(), default=-1) + 1, MAX_LEVEL))
        number = int(marker["number"]) if marker["number"] else None
        if number is not None:
            self._numbers = {one: value for one, value in self._numbers.items() if one < level} | {
                level: number
            }
        # A list in Markdown has no letters: they are words of an item with a bullet.
        start = marker.start() if marker["letter"] else marker.end()
        return replace(
            block,
            kind=ITEM,
            spans=cut_spans(block.spans, start, end),
            level=level,
            number=number,
            notes=notes,
        )


# The title and the publication date, headings


def read_published(line: str) -> dt.date | None:
    """Return the first day of the month of a line such as "Published: March 2020", or None."""
    match = _DATE_LINE.fullmatch(line) if len(line) <= 80 else None
    # A day alone is the date of a letter.
    if not match or (match["day"] and not match["label"]):
        return None
    month = match["month"].rstrip("/").lower()
    number = int(month) if month.isdecimal() else [one[:3] for one in _MONTHS].index(month[:3]) + 1
    return dt.date(int(match["year"]), number, 1) if 1 <= number <= 12 else None


@dataclass
class _Document:
    blocks: list[Block]
    questions: list[Question]
    from_text: bool
    title: str = ""
    published: dt.date | None = None

    def find_published(self) -> None:
        """Take out the line that says when the document was published."""
        count = len(self.blocks)
        edge = [*range(min(_EDGE, count)), *range(max(count - _EDGE, _EDGE), count)]
        for position in edge:
            block = self.blocks[position]
            self.published = (
                read_published(block.text) if block.kind is PARAGRAPH and not block.style else None
            )
            if self.published:
                text = f"“{block.text}” was read as the publication date and taken out of the text."
                self.questions.append(Question(QuestionKind.DATE, text))
                self._take_out(position)
                return

    def _take_out(self, position: int) -> None:
        self.blocks[position] = Block(BlockKind.PICTURE, notes=self.blocks[position].notes)

    def find_title(self) -> None:
        position = self._title_position()
        if position is None:
            text = "No title was found. Write one."
            self.questions.append(Question(QuestionKind.TITLE, text, blocking=True))
            return
        block = self.blocks[position]
        self.title = " ".join(block.text.split())
        if block.kind is PARAGRAPH and block.style != "title":
            text = f"“{self.title}” was taken as the title, because it is the first line. Change it if that is wrong."
            self.questions.append(Question(QuestionKind.TITLE, text))
        self._take_out(position)

    def _title_position(self) -> int | None:
        words = [position for position, block in enumerate(self.blocks) if block.spans or block.rows]
        styled = [position for position in words if self.blocks[position].style == "title"]
        if styled:
            return styled[0]
        headings = [position for position in words if self.blocks[position].kind is HEADING]
        levels = [self.blocks[position].level for position in headings]
        is_first = bool(headings) and headings[0] in words[:3]
        if is_first and levels.count(min(levels)) == 1 and levels[0] == min(levels):
            return headings[0] if levels[0] == 1 or len(levels) > 1 else None
        first = self.blocks[words[0]] if words else None
        if first is None or len(words) < 2 or first.kind is not PARAGRAPH or first.quoted:
            return None
        is_title = _looks_like_heading(first) and not _LETTER_LINE.fullmatch(first.text)
        return words[0] if is_title and (first.is_bold or self.from_text or headings) else None

    def fit_headings(self, top: int) -> None:
        """Give the largest headings the level `top`, and leave no level out."""
        for position, block in enumerate(self.blocks):
            is_heading = block.kind is HEADING and not block.quoted and len(block.text) <= MAX_HEADING
            if block.style == "title" or (block.kind is HEADING and not is_heading):
                self.blocks[position] = replace(block, kind=PARAGRAPH, style="")
        levels = [block.level for block in self.blocks if block.kind is HEADING and block.spans]
        previous = top - 1
        for block in self.blocks:
            if block.kind is HEADING:
                block.level = previous = min(block.level - min(levels, default=0) + top, previous + 1, 6)


def _looks_like_heading(block: Block) -> bool:
    text = block.text
    return (
        2 < len(text) <= 90
        and LINE_BREAK not in text
        and text[-1] not in ".;:,…”"
        and len(text.split()) <= 14
        and text[0].isupper()
        and not any(span.href for span in block.spans)
    )


# Quotations


def _find_quotations(blocks: Sequence[Block]) -> list[Block]:
    found: list[Block] = []
    for block in _quote_lists(blocks):
        if block.kind is PARAGRAPH and not block.quoted and found and _is_source_line(found[-1], block):
            found.append(_citation(block, block.spans))
        elif block.kind is PARAGRAPH and not block.quoted:
            found += _quoted_sentence(block)
        elif block.kind is HEADING:
            found.append(replace(block, quoted=False))
        elif block.quoted and block.kind in (PARAGRAPH, ITEM):
            found += _quoted_paragraph(block)
        else:
            found.append(block)
    return found


def _quote_lists(blocks: Sequence[Block]) -> Iterator[Block]:
    """Make lists part of the quotation that they stand in: after a colon, with a quotation after them."""
    position = 0
    while position < len(blocks):
        block = blocks[position]
        yield block
        position += 1
        if not (block.quoted and block.kind is PARAGRAPH and block.text.endswith(":")):
            continue
        end = position
        while end < len(blocks) and blocks[end].kind is ITEM and not blocks[end].quoted:
            end += 1
        if end < len(blocks) and (blocks[end].quoted or _is_citation_line(blocks[end])):
            yield from (replace(one, quoted=True) for one in blocks[position:end])
            position = end


def _is_citation_line(block: Block) -> bool:
    return block.kind is PARAGRAPH and len(block.text) <= 150 and _is_citation(block.text)


def _is_source_line(before: Block, block: Block) -> bool:
    return before.quoted and not before.citation and _is_citation_line(block)


def _citation(block: Block, spans: Sequence[Span]) -> Block:
    """Return the last line of a quotation, in brackets."""
    text = " ".join("".join(span.text for span in spans).split())
    text = text.strip("–—- ").rstrip(".,; ")
    if not _outer_brackets(text):
        text = f"({text})"
    return replace(
        block, kind=PARAGRAPH, spans=[Span(text)], quoted=True, citation=True, level=0, number=None, notes=[]
    )


def _outer_brackets(text: str) -> bool:
    return bool(text) and text[-1] in ")]" and _bracket_start(text) == 0


def _bracket_start(text: str) -> int:
    """Return where the bracket opens that ends a text, or -1. It looks at the last 200 characters only."""
    depth = 0
    for position in range(len(text) - 1, max(len(text) - 200, 0) - 1, -1):
        depth += (text[position] in ")]") - (text[position] in "([")
        if depth == 0:
            return position
    return -1


# The words of citations that have no capital letter.
_CITATION_WORDS = re.compile(
    r"(?:see|para(?:graph)?s?|chapters?|sections?|sec|ss?|reg(?:ulation)?s?|and|or|to|of|the|for|in|with|at|on|page|p|guidance"
    r"|[ivx]+|[a-z])",
)

_LAW_TITLE = re.compile(r"\b(?:Act|Regulations?|Code|Guidance|guidance|[A-Z]{3,})\b")


def _is_citation(text: str) -> bool:
    """Whether a text is nothing but a citation, of any law: numbers, units, and words of titles."""
    text = text.strip("–—- ").rstrip(".,; ")
    if not 0 < len(text) <= 200:
        return False
    inner = text[1:-1] if _outer_brackets(text) else text
    words = re.findall(r"[^\W\d_]+", inner)
    if not all(word[0].isupper() or _CITATION_WORDS.fullmatch(word) for word in words):
        return False
    has_title = any(not _CITATION_WORDS.fullmatch(word) for word in words)
    if has_title and not _LAW_TITLE.search(inner):
        return False
    return bool(re.search(r"[0-9]", inner)) and bool(find_citations(f"({inner})", ()))


def _split_citation(text: str) -> int | None:
    """Return where the citation starts that ends a quotation's paragraph, if there is one after other words."""
    end = len(text.rstrip(". "))
    if end and text[end - 1] in ")]":
        start = _bracket_start(text[:end])
        if start > 0 and _is_citation(text[start:end]):
            return start
    return None


def _quoted_paragraph(block: Block) -> Iterator[Block]:
    """Yield a paragraph of a quotation without marks around it, then the citation that ends it."""
    block = _in_plain_form(block)
    text = block.text
    if _is_citation(text):
        yield _citation(block, block.spans)
        return
    start = _split_citation(text)
    if start is None:
        close = text.rfind("”")
        if close > 0 and text[0] == "“" and _is_citation(text[close + 1 :]):
            start = close + 1
    words = block.spans if start is None else cut_spans(block.spans, 0, start)
    yield replace(block, spans=_without_quotes(words))
    if start is not None:
        yield _citation(block, cut_spans(block.spans, start))


def _in_plain_form(block: Block) -> Block:
    """Take bold and italics off a quotation that is all in them: that is how it looked."""
    spans = [span for span in block.spans if span.text.strip()]
    if all(span.italic for span in spans) or all(span.bold for span in spans):
        return replace(
            block, spans=clean_spans(replace(span, italic=False, bold=False) for span in block.spans)
        )
    return block


def _without_quotes(spans: list[Span]) -> list[Span]:
    """Take off the marks around a quotation, which stands out without them."""
    text = "".join(span.text for span in spans)
    inner = text[1:-1]
    if len(text) > 2 and text[0] in _OPENING and text[-1] in _CLOSING and "”" not in inner.partition("“")[0]:
        return cut_spans(spans, 1, len(text) - 1)
    return spans


def _quoted_sentence(block: Block) -> Iterator[Block]:
    """Make a quotation of a paragraph that is words in quotation marks and their source, maybe after "… says:"."""
    text = block.text
    places = [place for place in (text.find(mark, 0, 300) for mark in _OPENING) if place >= 0]
    opening = min(places, default=-1)
    closing = max(text.rfind(mark) for mark in _CLOSING)
    if opening < 0 or closing <= opening + 20 or not _is_citation(text[closing + 1 :].lstrip(".,; ")):
        yield block
        return
    lead, words = text[:opening].rstrip(), text[opening + 1 : closing]
    ends_early = "”" in words.partition("“")[0] or ('"' in words and text[opening] == '"')
    if ends_early or (lead and not re.search(r"(?:[:,–-]|says|states|that)$", lead)):
        yield block
        return
    if lead:
        yield replace(block, spans=cut_spans(block.spans, 0, opening), notes=[])
    yield _in_plain_form(replace(block, quoted=True, spans=cut_spans(block.spans, opening + 1, closing)))
    yield _citation(block, [Span(text[closing + 1 :].lstrip(".,; "))])


# Letters


def _join_letters(blocks: Sequence[Block]) -> list[Block]:
    """Join the lines of an address in a letter, each of which is a paragraph, to one paragraph of lines."""
    joined: list[Block] = []
    position = 0
    while position < len(blocks):
        end = position
        while end < len(blocks) and _is_short_line(blocks[end]):
            end += 1
        lines = blocks[position:end]
        if len(lines) > 1 and any(
            _LETTER_LINE.fullmatch(one.text) or _POSTCODE.search(one.text) for one in lines
        ):
            spans = [span for line in lines for span in (*line.spans, Span(LINE_BREAK))]
            notes = [note for line in lines for note in line.notes]
            joined.append(replace(lines[0], spans=clean_spans(spans), notes=notes))
            position = end
        elif lines:
            joined += lines
            position = end
        else:
            joined.append(blocks[position])
            position += 1
    return joined


def _is_short_line(block: Block) -> bool:
    text = block.text
    return (
        block.kind is PARAGRAPH
        and not block.quoted
        and not block.is_bold
        and not block.notes
        and 0 < len(text) <= 45
        and text[-1] not in ".?!:;"
        and not text.lower().startswith(("dear ", "yours "))
    )


# Questions


def _ask(blocks: Sequence[Block], level: int, from_text: bool) -> None:
    for block, following in zip_longest(blocks, blocks[1:]):
        if block.kind is TABLE:
            _ask_about_table(block)
        elif block.kind is PARAGRAPH and _PAGE_NUMBER.fullmatch(block.text):
            text = f"Is “{block.text}” the number of a page? If so, take it out."
            block.notes.append(Note(QuestionKind.PAGE_NUMBER, text, True, []))
        elif block.kind is PARAGRAPH and _may_be_heading(block, following, from_text):
            heading = Block(HEADING, block.spans, level)
            block.notes.append(Note(QuestionKind.HEADING, "Is this line a heading?", replacement=[heading]))
        if block.kind in (PARAGRAPH, ITEM):
            _ask_about_words(block)


def _may_be_heading(block: Block, following: Block | None, from_text: bool) -> bool:
    if block.quoted or following is None or following.kind is HEADING or not _looks_like_heading(block):
        return False
    if block.is_bold or block.text.isupper():
        return True
    return (from_text or block.text.endswith("?")) and len(following.text) > 20


def _ask_about_words(block: Block) -> None:
    if any(span.crossed_out for span in block.spans):
        kept = clean_spans(span for span in block.spans if not span.crossed_out)
        crossed_out = "".join(span.text for span in block.spans if span.crossed_out)
        text = f"“{' '.join(crossed_out.split())[:100]}” is crossed out. Take it out?"
        block.notes.append(
            Note(QuestionKind.CROSSED_OUT, text, True, [replace(block, spans=kept)] if kept else [])
        )
    if block.text.isupper():
        return
    words = [word for span in block.spans if not span.bold for word in _CAPITALS.findall(span.text)]
    if words:
        spans = [one for span in block.spans for one in _bold_capitals(span)]
        text = f"“{words[0]}” is in capitals. Is it a duty in law? If so, it is marked as one."
        replacement = [replace(block, spans=clean_spans(spans), notes=[])]
        block.notes.append(Note(QuestionKind.CAPITALS, text, True, replacement))


def _bold_capitals(span: Span) -> Iterator[Span]:
    if span.bold:
        yield span
        return
    position = 0
    for match in _CAPITALS.finditer(span.text):
        yield replace(span, text=span.text[position : match.start()])
        yield replace(span, text=match[0].lower(), bold=True)
        position = match.end()
    yield replace(span, text=span.text[position:])


def _ask_about_table(block: Block) -> None:
    if not has_header(block):
        first = [replace(cell, is_header=True) for cell in block.rows[0]]
        changed = replace(block, rows=[first, *block.rows[1:]], notes=[])
        text = "This table has no header. Is its first row the header of each column?"
        block.notes.append(Note(QuestionKind.TABLE_HEADER, text, True, [changed]))
    if any(cell.is_merged for row in block.rows for cell in row):
        text = "Some cells of this table were merged, which a leaflet cannot show. Check that each row is still right."
        block.notes.append(Note(QuestionKind.MERGED_CELLS, text, True))
