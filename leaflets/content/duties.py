"""Finds the duties of a section: sentences, quotations and lists whose *must* or *should* is marked.

- In a quotation from the law, a paragraph or a point of a list is one duty.
- In other text, a sentence is one. It has the sentence before it if it points back: "If the school decides to do this they
  **must** tell you."
- A sentence that ends with a colon leads into the list, quotation, table or paragraph below it. If its own word is marked, as
  in "mainstream schools **must**:", each point there is a duty. Otherwise a point is a duty if its own word is marked.
- Where both words are marked in one sentence, it is a duty that must be done.

All of it takes linear time, and so does what is stored: a lead is stored once for all its points.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from markdown_it.token import Token

from .citations import Quoted, name_briefly, name_provision, provision_url
from .readability import sentence_starts
from .rendered import DutyItem, DutySource, RenderedDuty, RenderedSentence
from .tokens import token_line

Write = Callable[[Sequence[Token]], str]

_LISTS = ("bullet_list_open", "ordered_list_open")
_LED_INTO = (*_LISTS, "blockquote_open", "table_open", "paragraph_open")
# A lead that only names who says it.
_ONLY_SAYS = re.compile(
    r"\b(?:says?|states?|reads?|adds?|explains?|following)(?: that)?\s*:\Z", re.IGNORECASE
)
# A sentence that needs the one before it.
_POINTS_BACK = re.compile(
    r"\A\W*(?:if so|if not|in that case|in this case|here|otherwise|it|they|he|she|this|these|those|such|both"
    r"|(?:if|when|where|once|and|but|then|so|after|before) (?:it|they|this|these|those|he|she|that))\b"
    r"|\b(?:do|does|doing|done|did|after|before|about|of|for) (?:this|so|these|those)\b(?! [a-z]+ed\b)",
    re.IGNORECASE,
)
_MUST = re.compile(r"\bmust\b", re.IGNORECASE)
_MAX_CARRIED = 2  # sentences before one that points back
_MAX_LEAD = 500  # characters of a lead that is stored with each of its duties

# --- Who must ----------------------------------------------------------------------------------------------

_BODY = (
    r"(?:schools?|academ(?:y|ies)|colleges?|nurser(?:y|ies)|settings?|providers?|authorit(?:y|ies)|councils?"
    r"|(?:head ?)?teachers?|governors|bod(?:y|ies)|trusts?|proprietors?|SENCOs?|co-?ordinators?|staff|boards?"
    r"|tribunals?|panels?|practitioners?|institutions?|partners|professionals|services)"
)
_MODIFIER = (
    r"(?:the|a|an|every|each|all|any|most|your|child[’']s|mainstream|maintained|special|local|education|educational|needs"
    r"|class|subject|and|or|early|years|governing|further|health|clinical|commissioning|integrated|care|state-funded"
    r"|independent|other|both|teaching|support|new|current)"
)
_NAMED_BODY = re.compile(
    rf"\b(?:{_MODIFIER} ){{0,7}}{_BODY}(?: of (?:a |the )?[a-z]+(?: [a-z]+)?)?\Z", re.IGNORECASE
)
_ANY_BODY = re.compile(rf"\b{_BODY}\b", re.IGNORECASE)
_ADVERB = re.compile(
    r"(?:\s+(?:also|always|then|therefore|normally|usually|still|only|both|each|all|now|first|jointly"
    r"|(?:must|should)(?: and| or)?|and))+\Z"
)
_PRONOUN = re.compile(r"\b(?:it|they)\Z", re.IGNORECASE)
_REACH = 300  # characters before the word in which the body is looked for


def find_body(before: str) -> str:
    """Return the words that say who must, from the part of a sentence before the word, or "" where they are not certain.

    "it" and "they" are certain where the sentence names only one body.
    """
    before = " ".join(before[-_REACH:].split())
    before = _ADVERB.sub("", before)
    if before.endswith(","):  # Class teachers, supported by the senior leadership team, should …
        before = before[:-1].rpartition(",")[0] or before[:-1]
    if _PRONOUN.search(before):
        found = list(_ANY_BODY.finditer(before))
        if len({body[0].lower() for body in found}) != 1:
            return ""
        before = before[: found[0].end()]
    named = _NAMED_BODY.search(before)
    return re.sub(r"\A(?:and|or) ", "", named[0], flags=re.IGNORECASE) if named else ""


# --- The words of a text -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Words:
    """A sentence or more: inline tokens without open ends, their text, and the positions of marked words in it."""

    tokens: tuple[Token, ...]
    text: str
    marks: tuple[tuple[int, str], ...]

    @property
    def word(self) -> str:
        """The word that counts, or "" where none is marked."""
        words = [word for _, word in self.marks]
        return "must" if "must" in words else "should" if words else ""

    @property
    def who(self) -> str:
        position = next((position for position, word in self.marks if word == self.word), 0)
        return find_body(self.text[:position])


def _part_of(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    return "\n" if token.type == "hardbreak" else token.content


def _words(tokens: Sequence[Token]) -> _Words:
    marks, length = [], 0
    for token in tokens:
        css_class = str(token.attrGet("class") or "")
        if token.type in ("statutory", "strong_open") and css_class in ("must", "should"):
            marks.append((length, css_class))
        length += len(_part_of(token))
    return _Words(tuple(tokens), "".join(map(_part_of, tokens)), tuple(marks))


def _sentences(inline: Token) -> list[_Words]:
    """Return the sentences of an inline token."""
    children = inline.children or []
    text = "".join(map(_part_of, children))
    return [_words(part) for part in _cut(children, sentence_starts(text)[1:]) if part]


def _cut(children: Sequence[Token], positions: Sequence[int]) -> Iterator[list[Token]]:
    """Yield inline tokens in parts that begin at these positions of their text. Bold words over a cut are bold in both."""
    remaining = list(reversed(positions))
    part: list[Token] = []
    opened: list[Token] = []
    start = 0
    for child in children:
        content = _part_of(child)
        if child.nesting < 0:
            opened.pop()
        while child.nesting >= 0 and remaining and remaining[-1] <= start + len(content):
            position = remaining[-1]
            if position == start + len(content) and content:
                break  # The next token begins there.
            if position > start and child.type != "text":
                break  # Not inside a citation or code.
            remaining.pop()
            before = content[: position - start]
            if before:
                part.append(_text(before))
                content, start = content[len(before) :], position
            yield _closed(part, opened)
            part = list(opened)
            child = _text(content) if before else child
        part.append(child)
        if child.nesting > 0:
            opened.append(child)
        start += len(content)
    yield part


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _closed(part: list[Token], opened: Sequence[Token]) -> list[Token]:
    closing = [Token(token.type.replace("_open", "_close"), token.tag, -1) for token in reversed(opened)]
    return [*part, *closing]


def _joined(parts: Sequence[_Words]) -> _Words:
    tokens: list[Token] = []
    for before, part in pairwise([None, *parts]):
        if before and not before.text[-1:].isspace():
            tokens.append(_text(" "))
        tokens += part.tokens if part else ()
    return _words(tokens)


def find_sentences(tokens: Sequence[Token]) -> Iterator[RenderedSentence]:
    """Yield the sentences of a section outside headings. `tokens` are those that its HTML is written from."""
    quotations = 0
    for position, token in enumerate(tokens):
        if "quotes" in token.meta:
            quotations += token.nesting
        if token.type != "inline" or tokens[position - 1].type == "heading_open":
            continue
        for sentence in _sentences(token):
            text = " ".join(sentence.text.split())
            marked = sum(word == "must" for _, word in sentence.marks)
            yield RenderedSentence(
                text,
                token_line(token),
                is_quoted=quotations > 0,
                is_cited=quotations > 0 or any(child.type == "reference" for child in sentence.tokens),
                is_unmarked=not quotations and len(_MUST.findall(text)) > marked,
            )


# --- Blocks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Where in a section something stands: the heading above it, the quotation around it, and what leads into it."""

    anchor: str = ""
    heading: str = ""
    quoted: Quoted | None = None
    lead: _Words | None = None


def find_duties(tokens: Sequence[Token], write: Write) -> list[RenderedDuty]:
    """Return the duties of a section in their order. `tokens` are those that its HTML is written from, by `write`."""
    if not any(map(_has_mark, tokens)):
        return []
    return list(_Finder(tokens, write).find(0, len(tokens), _Place()))


def _has_mark(inline: Token) -> bool:
    return any(
        child.type in ("statutory", "strong_open") and child.attrGet("class") in ("must", "should")
        for child in inline.children or []
    )


class _Finder:
    def __init__(self, tokens: Sequence[Token], write: Write) -> None:
        self.tokens = tokens
        self.write = write
        self.ends = _find_ends(tokens)

    def blocks(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the first and the last token of each block between two positions."""
        while start < end:
            last = self.ends.get(start, start)
            yield start, last
            start = last + 1

    def find(self, start: int, end: int, place: _Place) -> Iterator[RenderedDuty]:
        blocks = list(self.blocks(start, end))
        lead: _Words | None = None
        for (first, last), following in zip(blocks, [*blocks, (-1, -1)][1:], strict=True):
            here = replace(place, lead=lead or place.lead)
            opening = self.tokens[first]
            is_led, lead = lead is not None and bool(lead.word), None
            if opening.type == "heading_open":
                text = "".join(map(_part_of, self.tokens[first + 1].children or []))
                place = replace(place, anchor=str(opening.attrGet("id") or place.anchor), heading=text)
            elif opening.type == "paragraph_open":
                leads_on = following[0] >= 0 and self.tokens[following[0]].type in _LED_INTO
                if is_led:
                    yield from self.led(first, last, here)
                else:
                    lead, found = self.paragraph(first, here, leads_on=leads_on)
                    yield from found
            elif is_led:
                yield from self.led(first, last, here)
            elif opening.type == "table_open":
                yield from self.table(first, last, here)
            elif opening.type in _LISTS:
                for item, item_end in self.blocks(first + 1, last):
                    yield from self.find(item + 1, item_end, here)
            elif opening.type == "blockquote_open":
                quoted = opening.meta.get("quotes") or place.quoted
                yield from self.find(first + 1, last, replace(here, quoted=quoted))

    def paragraph(
        self, first: int, place: _Place, *, leads_on: bool
    ) -> tuple[_Words | None, list[RenderedDuty]]:
        """Return the sentence that leads into what follows, if any, and the duties of the others."""
        line, sentences = token_line(self.tokens[first]), _sentences(self.tokens[first + 1])
        lead = None
        if leads_on and sentences and sentences[-1].text.rstrip().endswith(":"):
            lead = sentences.pop()
        marked = {sentence.word for sentence in sentences if sentence.word}
        if place.quoted and len(marked) == 1:
            return lead, [self.duty(_joined(sentences), line, place)]
        duties = []
        for position, sentence in enumerate(sentences):
            if sentence.word:
                begin = position
                while (
                    begin and position - begin < _MAX_CARRIED and _POINTS_BACK.search(sentences[begin].text)
                ):
                    begin -= 1
                carried = _joined(sentences[begin : position + 1])
                duty = self.duty(carried, line, place, word=sentence.word, who=sentence.who)
                duties.append(duty)
        return lead, duties

    def duty(
        self, words: _Words, line: int, place: _Place, *, word: str = "", who: str | None = None
    ) -> RenderedDuty:
        item = DutyItem(self.write([_inline(words.tokens)]), " ".join(words.text.split()))
        lead = place.lead
        if lead and (len(lead.text) > _MAX_LEAD or _ONLY_SAYS.search(lead.text.rstrip()[-_MAX_LEAD:])):
            lead = None
        return self.finish(
            word or words.word, (item,), line, replace(place, lead=lead),
            who=words.who if who is None else who, cited=words.tokens,
        )  # fmt: skip

    def led(self, first: int, last: int, place: _Place) -> Iterator[RenderedDuty]:
        """Yield one duty with a lead whose word is marked, and with each point of a block."""
        opening, lead = self.tokens[first], place.lead
        if opening.meta.get("quotes"):
            place = replace(place, quoted=opening.meta["quotes"])
        items = tuple(item for item in self.points(first, last) if item.text)
        if lead and items:
            cited = [*lead.tokens, *_inline_children(self.tokens[first : last + 1])]
            line = token_line(opening)
            yield self.finish(lead.word, items, line, place, who=lead.who, cited=cited)

    def points(self, first: int, last: int) -> Iterator[DutyItem]:
        opening = self.tokens[first]
        if opening.type in _LISTS:
            for item, item_end in self.blocks(first + 1, last):
                yield self.item(item + 1, item_end - 1)
        elif opening.type == "table_open":
            for row in self.rows(first, last):
                yield self.row(row)
        elif opening.type == "blockquote_open":
            for block, block_end in self.blocks(first + 1, last):
                yield from self.points(block, block_end)
        else:
            yield self.item(first, last)

    def item(self, first: int, last: int) -> DutyItem:
        """Return the words of blocks. A single paragraph needs no tags around it."""
        part = self.tokens[first : last + 1]
        texts = [_words(inline.children or []).text for inline in part if inline.type == "inline"]
        is_single = len(part) == 3 and part[0].type == "paragraph_open"
        return DutyItem(self.write(part[1:2] if is_single else part), " ".join(" ".join(texts).split()))

    def rows(self, first: int, last: int) -> Iterator[list[Token]]:
        """Yield the texts of each row of a table below its first."""
        row: list[Token] = []
        is_body = False
        for token in self.tokens[first:last]:
            if token.type == "tbody_open":
                is_body = True
            elif token.type == "tr_open":
                row = []
            elif token.type == "inline":
                row.append(token)
            elif token.type == "tr_close" and is_body:
                yield row

    def row(self, row: Sequence[Token]) -> DutyItem:
        words = _joined([_words(cell.children or []) for cell in row if cell.children])
        return DutyItem(self.write([_inline(words.tokens)]), " ".join(words.text.split()))

    def table(self, first: int, last: int, place: _Place) -> Iterator[RenderedDuty]:
        """Yield a duty for each row with a marked word, and for each cell below a marked word."""
        header = [
            _words(token.children or [])
            for before, token in pairwise(self.tokens[first:last])
            if before.type == "th_open"
        ]
        for row in self.rows(first, last):
            line = token_line(row[0]) if row else token_line(self.tokens[first])
            if any(map(_has_mark, row)):
                words = _joined([_words(cell.children or []) for cell in row if cell.children])
                yield self.duty(words, line, place)
                continue
            for head, cell in zip(header, row, strict=False):
                if head.word and cell.children:
                    item = self.row([cell])
                    led = replace(place, lead=head)
                    yield self.finish(head.word, (item,), line, led, who=head.who, cited=cell.children)

    def finish(
        self,
        word: str,
        items: tuple[DutyItem, ...],
        line: int,
        place: _Place,
        *,
        who: str,
        cited: Sequence[Token],
    ) -> RenderedDuty:
        sources = [DutySource(*source) for source in dict.fromkeys(_sources(cited, place.quoted))]
        return RenderedDuty(
            word,
            items,
            line,
            lead=self.write([_inline(place.lead.tokens)]) if place.lead else "",
            lead_text=" ".join(place.lead.text.split()) if place.lead else "",
            who=who,
            sources=tuple(sources),
            match=str(place.quoted.match) if place.quoted else "",
            anchor=place.anchor,
            heading=place.heading,
        )


def _find_ends(tokens: Sequence[Token]) -> dict[int, int]:
    """Return the position of the token that closes each block, by that of the token that opens it."""
    opened, ends = [], {}
    for position, token in enumerate(tokens):
        if token.nesting == 1:
            opened.append(position)
        elif token.nesting == -1:
            ends[opened.pop()] = position
    return ends


def _inline(children: Sequence[Token]) -> Token:
    return Token("inline", "", 0, children=list(children))


def _inline_children(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or []


def _sources(cited: Sequence[Token], quoted: Quoted | None) -> Iterator[tuple[str, str, str]]:
    """Yield the fields of `DutySource` for each provision that is quoted, or cited in these words."""
    for version, reference in quoted.provisions if quoted else ():
        name, short = name_provision(version, reference), name_briefly(version, reference)
        yield name, short, provision_url(version, reference)
    for token in cited:
        if token.type == "reference":
            yield token.meta["name"], token.meta["short"], token.meta["href"]
