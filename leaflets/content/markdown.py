"""Rendering of a section's Markdown to HTML, done once when a text is saved.

`render` does not raise and does not emit unsafe HTML: it shows what it does not allow as plain text, and adds to
`Rendered.problems`. The caller decides which problems stop the text from being saved or published.

The syntax is CommonMark with tables and four extensions, described in content/README.md: quotations from the Code,
references to its paragraphs, the statutory words *must* and *should*, and anchors of headings.

This module does not import Django or read files.
"""

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import takewhile
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from leaflets.files.problems import Kind, Problem
from leaflets.law.sources import CodeSource

from .leaflet import read_heading

# Bump when the HTML or the blocks of unchanged Markdown change: the next load then renders all stored texts again.
VERSION = "2"

PARAGRAPH_URL = "/code-of-practice/{number}/"
# A section's own heading is an <h2> on the page; headings inside its text start at <h3>.
SECTION_LEVEL = 2
# Far more than a real leaflet. Longer text is cut off before it is parsed, which bounds the time of rendering.
MAX_CHARACTERS = 200_000

_SAFE_LINK = re.compile(
    r"(https?://[\w.-]+(:\d{1,4})?([/?#]|\Z)|mailto:[^\s@]+@[^\s@]|tel:\+?[0-9]|/(?!/|%5C)|#[^\s]|\?)",
    re.ASCII | re.IGNORECASE,
)
_REFERENCE = re.compile(r"\((\d{1,2}\.\d{1,3})\)")
_LAST_REFERENCE = re.compile(r"\s*\((\d{1,2}\.\d{1,3})\)\s*\Z")
_STATUTORY_WORD = re.compile(r"\b(must|should)\b", re.ASCII | re.IGNORECASE)

_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "figcaption", "figure", "h3", "h4", "h5", "h6", "hr", "img",
    "li", "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"scope"},
} | {f"h{level}": {"id"} for level in range(SECTION_LEVEL + 1, 7)}
_CLASSES = {
    "b": {"must", "should"},
    "figure": {"quotation"},
    "span": {"visually-hidden"},
    "strong": {"must", "should"},
    "td": {"align-center", "align-right"},
    "th": {"align-center", "align-right"},
}


@dataclass(frozen=True)
class RenderedHeading:
    """A heading inside a section's text, for contents lists and the drawing of four steps."""

    level: int
    text: str
    anchor: str
    line: int


@dataclass(frozen=True)
class RenderedCitation:
    """A citation of a paragraph of the Code. `quoted` is "" for a bare reference."""

    number: str
    quoted: str
    line: int


@dataclass(frozen=True)
class RenderedLink:
    """A link in the text: its target and its words."""

    href: str
    line: int
    text: str


class BlockKind(enum.StrEnum):
    """The kind of a block of text. An item is the first paragraph of a list item."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CELL = "cell"
    CODE = "code"


@dataclass(frozen=True)
class RenderedBlock:
    """The plain text of one block, with "\\n" for hard line breaks.

    `quotes` is the number of the paragraph of the Code that the block is quoted from, or "". `has_must` is true where
    a *must* in it has its statutory meaning, because it is quoted from the Code or bold.
    """

    text: str
    line: int
    kind: BlockKind = BlockKind.PARAGRAPH
    quotes: str = ""
    has_must: bool = False


@dataclass
class Rendered:
    """The result of rendering one section. Lines are counted from 1 in its Markdown."""

    html: str = ""
    headings: list[RenderedHeading] = field(default_factory=list)
    citations: list[RenderedCitation] = field(default_factory=list)
    links: list[RenderedLink] = field(default_factory=list)
    blocks: list[RenderedBlock] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add_problem(self, line: int, message: str, kind: Kind, subject: str = "") -> None:
        self.problems.append(Problem("", line, message, kind, subject))


def render(markdown: str, code: CodeSource | None = None) -> Rendered:
    """Render one section's Markdown. `code` is the edition of the Code that it may cite, if any."""
    rendered = Rendered()
    # Lone surrogates cannot be encoded as UTF-8.
    markdown = markdown.encode(errors="replace").decode()
    if len(markdown) > MAX_CHARACTERS:
        rendered.add_problem(
            1,
            f"This text is longer than {MAX_CHARACTERS:,} characters. Make two leaflets of it.",
            Kind.TOO_LONG,
        )
        markdown = markdown[:MAX_CHARACTERS]
    tokens = _PARSER.parse(markdown)
    _check_blocks(tokens, rendered)
    _read_headings(tokens, rendered)
    _read_quotations(tokens, code, rendered)
    _read_blocks(tokens, rendered)
    for token, line in _inline_tokens(tokens):
        token.children = list(_read_inline(token.children or [], line, code, rendered))
    html = _Renderer().render(tokens, _PARSER.options, {})
    rendered.html = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, allowed_classes=_CLASSES, link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )  # fmt: skip
    if rendered.html != html:
        rendered.add_problem(
            1, "Something in this text cannot be shown safely. Take out unusual marks or links.", Kind.UNSAFE
        )
    rendered.citations.sort(key=lambda citation: citation.line)
    rendered.problems = sorted(set(rendered.problems))
    return rendered


def plain_text(tokens: Iterable[Token], line_break: str = " ") -> str:
    """Return the text of inline tokens without markup."""
    words = []
    for token in tokens:
        if token.type == "hardbreak":
            words.append(line_break)
        elif token.type == "softbreak":
            words.append(" ")
        elif token.type == "image":
            words.append(plain_text(token.children or []))
        else:
            words.append(token.content)
    return "".join(words)


def _inline_tokens(tokens: Sequence[Token]) -> Iterator[tuple[Token, int]]:
    for token in tokens:
        if token.type == "inline":
            yield token, token.map[0] + 1 if token.map else 1


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _check_blocks(tokens: Sequence[Token], rendered: Rendered) -> None:
    for token in tokens:
        if token.type == "html_block":
            rendered.add_problem(
                _line(token), "HTML is not used here. Write the words, and `**bold**` for bold.", Kind.HTML
            )
        elif token.type == "fence" and token.map:
            inside = token.content.count("\n") + (token.content[-1:] not in ("", "\n"))
            if token.map[1] - token.map[0] < inside + 2:
                rendered.add_problem(
                    _line(token), f"Close this block with a line `{token.markup}`.", Kind.UNCLOSED_BLOCK
                )


def _read_headings(tokens: Sequence[Token], rendered: Rendered) -> None:
    above = SECTION_LEVEL
    for position, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        inline, closing = tokens[position + 1 : position + 3]
        heading, messages = read_heading(inline.content)
        for message in messages:
            rendered.add_problem(_line(token), message, Kind.HEADING)
        level = int(token.tag[1])
        token.tag = closing.tag = f"h{max(level, SECTION_LEVEL + 1)}"
        if token.level:
            rendered.add_problem(
                _line(token),
                "A heading cannot stand inside a list or a quotation. Move it out.",
                Kind.HEADING,
            )
        elif level <= SECTION_LEVEL:
            rendered.add_problem(
                _line(token), "Only a section of its own has a heading of this size. Use `###`.", Kind.HEADING
            )
        elif level > above + 1:
            rendered.add_problem(
                _line(token),
                f"This heading jumps a level. Use `{'#' * (above + 1)}` here, not `{'#' * level}`.",
                Kind.HEADING,
            )
        else:
            above = level
        if heading.kind or heading.label:
            rendered.add_problem(
                _line(token), "Only the heading of a section can have a kind or a label.", Kind.HEADING
            )
        if heading.anchor and not messages:
            token.attrSet("id", heading.anchor)
            rendered.headings.append(RenderedHeading(level, heading.text, heading.anchor, _line(token)))
        inline.children = [_make_token("text", heading.text)]


def _read_quotations(tokens: list[Token], code: CodeSource | None, rendered: Rendered) -> None:
    """Make a quotation from the Code of each block quotation that ends with a paragraph's number in brackets."""
    for start, opening in enumerate(tokens):
        if opening.type != "blockquote_open":
            continue
        end = _closing_position(tokens, start)
        positions = [position for position in range(start, end) if tokens[position].type == "inline"]
        inlines = [tokens[position] for position in positions]
        number = _last_reference(inlines)
        # A number that the Code lacks stays in the text, where `_check_reference` reports it.
        if code is None or number not in code.numbers:
            continue
        _remove_reference(tokens, positions[-1], opening.level, rendered)
        for inline in inlines:
            inline.children = list(_mark_statutory_words(inline.children or []))
        quoted = "\n".join(filter(None, (plain_text(inline.children or []).strip() for inline in inlines)))
        if not quoted:
            rendered.add_problem(
                _line(opening),
                f"Nothing is quoted from paragraph {number}. Add the words.",
                Kind.EMPTY_QUOTATION,
            )
        rendered.citations.append(RenderedCitation(number, quoted, _line(opening)))
        opening.meta["quotes"] = tokens[end].meta["quotes"] = (code, number)


def _closing_position(tokens: Sequence[Token], start: int) -> int:
    closing = tokens[start].type.replace("_open", "_close")
    return next(
        position
        for position in range(start, len(tokens))
        if tokens[position].type == closing and tokens[position].level == tokens[start].level
    )


def _last_reference(inlines: Sequence[Token]) -> str:
    last = inlines[-1].children if inlines else None
    number = last and last[-1].type == "text" and _LAST_REFERENCE.search(last[-1].content)
    return number[1] if number else ""


def _remove_reference(tokens: list[Token], position: int, quotation_level: int, rendered: Rendered) -> None:
    """Remove the reference that the caption will show, and its paragraph where that holds nothing else."""
    inline = tokens[position]
    children = inline.children or []
    children[-1].content = _LAST_REFERENCE.sub("", children[-1].content)
    if not children[-1].content:
        children.pop()
    while children and children[-1].type in ("softbreak", "hardbreak"):
        children.pop()
    if children:
        return
    paragraph = tokens[position - 1]
    if paragraph.type == "paragraph_open" and paragraph.level == quotation_level + 1:
        paragraph.hidden = tokens[position + 1].hidden = True
    else:
        rendered.add_problem(
            _line(inline),
            "The paragraph's number fell into a list. Put it in a paragraph of its own: `>`, then `> (6.1)`.",
            Kind.CITATION_IN_LIST,
        )


def _read_blocks(tokens: Sequence[Token], rendered: Rendered) -> None:
    quoted: list[str] = []
    for position, token in enumerate(tokens):
        if "quotes" in token.meta:
            if token.nesting == 1:
                quoted.append(token.meta["quotes"][1])
            else:
                quoted.pop()
        text = ""
        if token.type == "inline":
            text = plain_text(token.children or [], "\n").strip()
        elif token.type in ("fence", "code_block"):
            text = token.content.strip()
        if text:
            kind = _block_kind(tokens, position)
            quotes = quoted[-1] if quoted else ""
            rendered.blocks.append(RenderedBlock(text, _line(token), kind, quotes, _has_must(token)))


def _block_kind(tokens: Sequence[Token], position: int) -> BlockKind:
    if tokens[position].type != "inline":
        return BlockKind.CODE
    match tokens[position - 1].type:
        case "heading_open":
            return BlockKind.HEADING
        case "th_open" | "td_open":
            return BlockKind.CELL
    is_first_of_item = position >= 2 and tokens[position - 2].type == "list_item_open"
    return BlockKind.ITEM if is_first_of_item else BlockKind.PARAGRAPH


def _has_must(inline: Token) -> bool:
    children = inline.children or []
    return any(
        (child.type == "statutory" and child.content.lower() == "must")
        or (child.type == "strong_open" and _bold_statutory_word(children[index : index + 3]) == "must")
        for index, child in enumerate(children)
    )


def _check_reference(number: str, line: int, code: CodeSource | None, rendered: Rendered) -> bool:
    """Return whether the Code has this paragraph; add a problem where it does not."""
    if code is None:
        rendered.add_problem(
            line,
            f"({number}) cites a paragraph, but the leaflet does not say of which Code. Add `code: …`.",
            Kind.SOURCE_MISSING,
        )
        return False
    if number not in code.numbers:
        rendered.add_problem(
            line,
            f"({number}) is not in the record of the {code.name}. "
            "Correct the number, or add the paragraph to the record.",
            Kind.PROVISION_UNKNOWN,
            number,
        )
        return False
    return True


def _make_token(kind: str, content: str, css_class: str = "") -> Token:
    return Token(kind, "", 0, content=content, attrs={"class": css_class})


def _mark_statutory_words(children: Iterable[Token]) -> Iterator[Token]:
    """Mark must and should in a quotation from the Code, where both always have their statutory meaning."""
    bold = 0
    for child in children:
        bold += child.nesting if child.type.startswith("strong") else 0
        if child.type != "text" or bold:
            yield child
            continue
        for position, part in enumerate(_STATUTORY_WORD.split(child.content)):
            if position % 2:
                yield _make_token("statutory", part, part.lower())
            elif part:
                yield _make_token("text", part)


def _read_inline(
    children: Sequence[Token], line: int, code: CodeSource | None, rendered: Rendered
) -> Iterator[Token]:
    """Check links, images and HTML; link bare references; add the class of bold statutory words."""
    links: list[bool] = []
    for position, child in enumerate(children):
        match child.type:
            case "softbreak" | "hardbreak":
                line += 1
                yield child
            case "html_inline":
                rendered.add_problem(
                    line,
                    f"`{child.content[:40]}` is HTML, which is not used here. Write the words.",
                    Kind.HTML,
                )
                line += child.content.count("\n")
                yield child
            case "link_open":
                links.append(_is_safe_link(child, line, _link_text(children, position), rendered))
                yield from [child] * links[-1]
            case "link_close":
                yield from [child] * links.pop()
            case "image":
                yield _read_image(child, line, rendered)
                line += sum(part.type in ("softbreak", "hardbreak") for part in child.children or [])
            case "strong_open":
                _mark_bold_word(children[position : position + 3])
                yield child
            case "text" if not any(links):
                yield from _link_references(child.content, line, code, rendered)
            case _:
                yield child


def _bold_statutory_word(bold: Sequence[Token]) -> str:
    """Return "must" or "should" where these three tokens are that word in bold and nothing else, or ""."""
    word = plain_text(bold[1:2]).lower()
    return word if word in ("must", "should") and bold[-1].type == "strong_close" else ""


def _mark_bold_word(bold: Sequence[Token]) -> None:
    word = _bold_statutory_word(bold)
    if word:
        bold[0].attrSet("class", word)


def _link_text(children: Sequence[Token], start: int) -> str:
    following = (children[position] for position in range(start + 1, len(children)))
    return plain_text(takewhile(lambda child: child.type != "link_close", following)).strip()


def _is_safe_link(link: Token, line: int, text: str, rendered: Rendered) -> bool:
    href = str(link.attrGet("href") or "")
    if not _SAFE_LINK.match(href):
        rendered.add_problem(
            line,
            f"The link to `{href[:80]}` cannot be used. Start it with https://, http://, mailto:, tel:, / or #.",
            Kind.LINK_FORM,
        )
        return False
    rendered.links.append(RenderedLink(href, line, text))
    return True


def _read_image(image: Token, line: int, rendered: Rendered) -> Token:
    source, alternative = str(image.attrGet("src") or ""), plain_text(image.children or []).strip()
    if not re.match(r"/(media|static)/(?!.*\.\.)", source):
        rendered.add_problem(
            line, f"The picture `{source[:80]}` is not on this site. Upload it here first.", Kind.PICTURE
        )
    elif not alternative:
        rendered.add_problem(
            line, "Say between the [ ] what the picture shows, for people who cannot see it.", Kind.PICTURE
        )
    else:
        image.attrSet("alt", alternative)
        return image
    return _make_token("text", alternative or source)


def _link_references(text: str, line: int, code: CodeSource | None, rendered: Rendered) -> Iterator[Token]:
    for position, part in enumerate(_REFERENCE.split(text)):
        if position % 2 == 0:
            if part:
                yield _make_token("text", part)
        elif _check_reference(part, line, code, rendered):
            rendered.citations.append(RenderedCitation(part, "", line))
            yield _make_token("reference", part)
        else:
            yield _make_token("text", f"({part})")


class _Renderer(RendererHTML):
    """Writes HTML exactly as nh3 does, so that a difference after `nh3.clean` means that it removed something."""

    def text(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return _escape_text(tokens[idx].content)

    def html_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return _escape_text(tokens[idx].content)

    def html_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<p>{_escape_text(tokens[idx].content.strip())}</p>\n"

    def code_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<code>{_escape_text(tokens[idx].content)}</code>"

    def code_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<pre><code>{_escape_text(tokens[idx].content)}</code></pre>\n"

    def fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return self.code_block(tokens, idx)

    def statutory(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        word = tokens[idx]
        return f'<b class="{word.attrGet("class")}">{word.content}</b>'

    def reference(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        number = tokens[idx].content
        hidden = '<span class="visually-hidden">SEND Code of Practice, paragraph </span>'
        return f'(<a href="{PARAGRAPH_URL.format(number=number)}">{hidden}{number}</a>)'

    def image(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<img{self.renderAttrs(tokens[idx])}>"

    def blockquote_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        if "quotes" not in tokens[idx].meta:
            return "<blockquote>\n"
        code, _number = tokens[idx].meta["quotes"]
        return f'<figure class="quotation">\n<blockquote cite="{_escape_attribute(code.url)}">\n'

    def blockquote_close(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        if "quotes" not in tokens[idx].meta:
            return "</blockquote>\n"
        code, number = tokens[idx].meta["quotes"]
        caption = f"{_escape_text(code.name)}, paragraph {number}"
        link = f'<a href="{PARAGRAPH_URL.format(number=number)}">{caption}</a>'
        return f"</blockquote>\n<figcaption>{link}</figcaption>\n</figure>\n"

    @staticmethod
    def renderAttrs(token: Token) -> str:  # noqa: N802 - the library's name
        attributes = dict(token.attrs)
        if token.type == "th_open":
            attributes["scope"] = "col"
        # markdown-it writes a style, which the content security policy would refuse.
        alignment = str(attributes.pop("style", "")).removeprefix("text-align:")
        if alignment in ("center", "right"):
            attributes["class"] = f"align-{alignment}"
        return "".join(f' {name}="{_escape_attribute(str(value))}"' for name, value in attributes.items())


def _escape_text(text: str) -> str:
    return escape(text, quote=False).replace("\xa0", "&nbsp;")


def _escape_attribute(text: str) -> str:
    return _escape_text(text).replace('"', "&quot;")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "xhtmlOut": False}, renderer_cls=_Renderer).enable(
        "table"
    )
    # The library's check drops an unsafe link without a message; `_is_safe_link` reports it.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


_PARSER = _parser()
