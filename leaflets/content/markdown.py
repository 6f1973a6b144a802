"""Rendering of a section's Markdown to HTML when a text is saved. The HTML is stored; page views do not render.

`render` does not raise and does not emit unsafe HTML: it shows what it does not allow as plain text, and adds to
`Rendered.problems`. The caller decides which problems stop the text from being saved or published.

The syntax is CommonMark with tables, without indented code, and six extensions, described in content/README.md:
quotations from the law, citations of its provisions, the statutory words *must* and *should*, heading anchors,
words in another language, and gaps to fill in.

This module does not import Django or read files.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import takewhile
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from leaflets.files.problems import Kind, Problem
from leaflets.law.quotations import Match
from leaflets.law.sources import NO_LAW, CitableLaw

from .citations import (
    Quoted,
    convert_quotations,
    find_in_tokens,
    join_text,
    link_citations,
    name_provision,
    provision_url,
)
from .duties import find_duties, find_sentences
from .gaps import read_gap
from .languages import read_language
from .leaflet import block_parser, read_heading
from .limits import find_excess, links_excess
from .misreadings import find_misreadings, find_uncited_quotations
from .presentation import set_attributes
from .rendered import (
    BlockKind,
    Rendered,
    RenderedBlock,
    RenderedCitation,
    RenderedHeading,
    RenderedLink,
    RenderedPicture,
)
from .tokens import make_token, plain_text, token_line

# Bump when the HTML or the blocks of unchanged Markdown change: the next load then renders all stored texts again.
VERSION = "6"

# A section's own heading is an <h2> on the page; headings inside its text start at <h3>.
SECTION_LEVEL = 2

# Browsers read %2e%2e as `..`, which leads out of the folder: no percent signs, and no dot without a name before it.
_PICTURE = re.compile(r"/(?:media|static)/[\w-]+(?:[./][\w-]+)*", re.ASCII)
_SAFE_LINK = re.compile(
    r"(https?://[\w.-]+(:\d{1,4})?([/?#]|\Z)|mailto:[^\s@]+@[^\s@]|tel:\+?[0-9]|/(?!/|%5C)|#[^\s]|\?)",
    re.ASCII | re.IGNORECASE,
)

_ALLOWED_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "figcaption", "figure", "h3", "h4", "h5", "h6", "hr", "img",
    "li", "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "blockquote": {"cite", "dir"},
    "div": {"role", "tabindex", "aria-label"},
    "img": {"src", "alt", "title"},
    "li": {"dir"},
    "ol": {"start", "dir"},
    "p": {"dir"},
    "span": {"lang", "dir"},
    "table": {"dir"},
    "td": {"dir"},
    "th": {"scope", "dir"},
    "ul": {"dir"},
} | {f"h{level}": {"id", "dir"} for level in range(SECTION_LEVEL + 1, 7)}
_ALLOWED_CLASSES = {
    "a": {"address"},
    "b": {"must", "should"},
    "div": {"table", "wide"},
    "figure": {"quotation", "is-must", "is-should"},
    "ol": {"digits-2", "digits-3", "digits-4", "digits-many"},
    "p": {"tag", "is-must", "is-should"},
    "span": {"gap", "long", "tag", "is-exact", "is-short", "visually-hidden"},
    "strong": {"must", "should"},
    "td": {"align-center", "align-right"},
    "th": {"align-center", "align-right"},
}


def render(markdown: str, law: CitableLaw = NO_LAW, heading: str = "") -> Rendered:
    """Render one section's Markdown. `law` is what it can cite, `heading` its heading, which names its tables.

    A text beyond the limits of `limits` is not parsed: see `show_as_typed`.
    """
    # Lone surrogates cannot be encoded as UTF-8.
    markdown = markdown.encode(errors="replace").decode()
    excess = find_excess([markdown])
    if excess:
        return show_as_typed(markdown, [excess.problem])
    tokens = _PARSER.parse(markdown)
    too_long = links_excess(_link_lengths(tokens))
    if too_long:
        return show_as_typed(markdown, [too_long])
    rendered = Rendered()
    _check_blocks(tokens, rendered)
    # The order matters. Blocks are collected after headings have lost their `{#anchor}` and quotations their number,
    # which readers see elsewhere, and before the last pass takes the brackets off references.
    _convert_headings(tokens, rendered)
    find_misreadings(markdown, tokens, rendered)
    found = find_in_tokens(tokens, law)
    convert_quotations(tokens, found, law, rendered)
    _find_duties(tokens)
    find_uncited_quotations(tokens, rendered)
    _collect_blocks(tokens, rendered)
    for position, token in enumerate(tokens):
        if token.type == "inline":
            _mark_bold_words(token.children or [])
            link_citations(token, found[position], law, rendered)
            token.children = list(_convert_inline(token.children or [], token_line(token), rendered))
    set_attributes(tokens, heading)
    _find_wide_tables(tokens, rendered)
    rendered.sentences = list(find_sentences(tokens))
    renderer = _Renderer()
    html = renderer.render(tokens, _PARSER.options, {})
    # Imported here: only a process that renders Markdown needs it.
    import nh3

    rendered.html = nh3.clean(
        html, tags=_ALLOWED_TAGS, attributes=_ALLOWED_ATTRIBUTES, allowed_classes=_ALLOWED_CLASSES, link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )  # fmt: skip
    if rendered.html != html:
        rendered.add_problem(
            1, "Something in this text cannot be shown safely. Take out unusual marks or links.", Kind.UNSAFE
        )
    else:
        # Parts of what nh3 left as it is are as safe as the whole.
        rendered.duties = find_duties(tokens, lambda part: renderer.render(part, _PARSER.options, {}).strip())
    rendered.citations = list(_with_html(rendered))
    rendered.citations.sort(key=lambda citation: citation.line)
    rendered.problems = sorted(set(rendered.problems))
    rendered.misread = sorted(set(rendered.misread))
    rendered.hints = sorted(set(rendered.hints))
    return rendered


def parse(markdown: str) -> list[Token]:
    """Return the tokens of a text within the limits of `limits`, as Markdown alone: without citations and checks."""
    return _PARSER.parse(markdown.encode(errors="replace").decode())


def show_as_typed(markdown: str, problems: Sequence[Problem] = ()) -> Rendered:
    """Return a text without reading its marks, for one that would take too long to parse."""
    rendered = Rendered(problems=list(problems))
    rendered.html = f"<pre><code>{_escape_text(markdown)}</code></pre>\n"
    return rendered


def _find_wide_tables(tokens: Sequence[Token], rendered: Rendered) -> None:
    for token in tokens:
        if token.meta.get("is_wide"):
            rendered.add_hint(
                token_line(token),
                "The words of this table do not fit beside each other on paper in large print, so some will break. Make "
                "two tables of it, or use shorter words.",
                Kind.WIDE_TABLE,
            )


def _link_lengths(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield the lengths of the addresses and titles of links and pictures."""
    for token in tokens:
        yield sum(len(str(value)) for value in token.attrs.values())
        yield from _link_lengths(token.children or [])


def _check_blocks(tokens: Sequence[Token], rendered: Rendered) -> None:
    for token in tokens:
        if token.type == "html_block":
            rendered.add_problem(
                token_line(token),
                "HTML is not used here. Write the words, and `**bold**` for bold.",
                Kind.HTML,
            )
        elif token.type == "fence" and token.map:
            # A closed fence spans its content and two fence lines.
            inside = token.content.count("\n") + (token.content[-1:] not in ("", "\n"))
            if token.map[1] - token.map[0] < inside + 2:
                rendered.add_problem(
                    token_line(token), f"Close this block with a line `{token.markup}`.", Kind.UNCLOSED_BLOCK
                )


def _convert_headings(tokens: Sequence[Token], rendered: Rendered) -> None:
    previous_level = SECTION_LEVEL
    for position, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        inline, closing = tokens[position + 1 : position + 3]
        heading, messages = read_heading(inline.content)
        for message in messages:
            rendered.add_problem(token_line(token), message, Kind.HEADING)
        heading_level = int(token.tag[1])
        token.tag = closing.tag = f"h{max(heading_level, SECTION_LEVEL + 1)}"
        if token.level:
            rendered.add_problem(
                token_line(token),
                "A heading cannot stand inside a list or a quotation. Move it out.",
                Kind.HEADING,
            )
        elif heading_level <= SECTION_LEVEL:
            rendered.add_problem(
                token_line(token),
                "Only a section of its own has a heading of this size. Use `###`.",
                Kind.HEADING,
            )
        elif heading_level > previous_level + 1:
            rendered.add_problem(
                token_line(token),
                f"This heading jumps a level. Use `{'#' * (previous_level + 1)}` here, not `{'#' * heading_level}`.",
                Kind.HEADING,
            )
        else:
            previous_level = heading_level
        if heading.kind or heading.label:
            rendered.add_problem(
                token_line(token), "Only the heading of a section can have a kind or a label.", Kind.HEADING
            )
        if heading.anchor and not messages:
            token.attrSet("id", heading.anchor)
            rendered.headings.append(
                RenderedHeading(heading_level, heading.text, heading.anchor, token_line(token))
            )
        inline.children = [make_token("text", heading.text)]


def _collect_blocks(tokens: Sequence[Token], rendered: Rendered) -> None:
    open_quotations: list[str] = []
    for position, token in enumerate(tokens):
        if "quotes" in token.meta:
            if token.nesting == 1:
                open_quotations.append(token.meta["quotes"].key)
            else:
                open_quotations.pop()
        text = ""
        if token.type == "inline":
            text = plain_text(token.children or [], "\n").strip()
        elif token.type == "fence":
            text = token.content.strip()
        if text:
            kind = _block_kind(tokens, position)
            quotes = open_quotations[-1] if open_quotations else ""
            has_must = "must" in _statutory_words(token)
            rendered.blocks.append(RenderedBlock(text, token_line(token), kind, quotes, has_must))


def _block_kind(tokens: Sequence[Token], position: int) -> BlockKind:
    if tokens[position].type != "inline":
        return BlockKind.CODE_BLOCK
    match tokens[position - 1].type:
        case "heading_open":
            return BlockKind.HEADING
        case "th_open" | "td_open":
            return BlockKind.CELL
    is_first_of_item = position >= 2 and tokens[position - 2].type == "list_item_open"
    return BlockKind.ITEM if is_first_of_item else BlockKind.PARAGRAPH


def _statutory_words(inline: Token) -> set[str]:
    """Return which of "must" and "should" are marked in an inline token: quoted from the law, or bold and alone."""
    words = set()
    for index, child in enumerate(inline.children or []):
        if child.type == "statutory":
            words.add(child.content.lower())
        elif child.type == "strong_open":
            words.add(_bold_statutory_word((inline.children or [])[index : index + 3]))
    return words - {""}


def _find_duties(tokens: Sequence[Token]) -> None:
    """Set `meta["duty"]` of each quotation from the law that has, or is led into by, a marked word.

    It is "must" or "should". Where both are marked, it is "must". A paragraph that ends with a colon leads into the
    quotation after it.
    """
    open_quotations: list[tuple[Token, set[str]]] = []
    for position, token in enumerate(tokens):
        if token.type == "blockquote_open":
            before = tokens[max(0, position - 2) : position]
            is_led_into = (
                len(before) == 2
                and before[1].type == "paragraph_close"
                and plain_text(before[0].children or []).rstrip().endswith(":")
            )
            open_quotations.append((token, _statutory_words(before[0]) if is_led_into else set()))
        elif token.type == "blockquote_close":
            opening, words = open_quotations.pop()
            if "quotes" in opening.meta and words:
                opening.meta["duty"] = "must" if "must" in words else "should"
            if open_quotations:
                open_quotations[-1][1].update(words)
        elif token.type == "inline" and open_quotations:
            open_quotations[-1][1].update(_statutory_words(token))


def _convert_inline(children: Sequence[Token], line: int, rendered: Rendered) -> Iterator[Token]:
    """Check links, images and HTML."""
    kept_links: list[bool] = []
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
                text = _link_text(children, position)
                kept_links.append(_check_link(child, line, text, rendered))
                if _is_address(text, str(child.attrGet("href") or "")):
                    child.attrSet("class", "address")
                if kept_links[-1]:
                    yield child
            case "link_close":
                if kept_links.pop():
                    yield child
            case "image":
                yield _convert_image(child, line, rendered)
                line += _count_line_breaks(child.children or [])
            case _:
                yield child


def _count_line_breaks(children: Sequence[Token]) -> int:
    return sum(child.type in ("softbreak", "hardbreak") for child in children)


def _bold_statutory_word(bold: Sequence[Token]) -> str:
    """Return "must" or "should" where these three tokens are that word in bold and nothing else, or ""."""
    word = plain_text(bold[1:2]).lower()
    return word if word in ("must", "should") and bold[-1].type == "strong_close" else ""


def _mark_bold_words(children: Sequence[Token]) -> None:
    """Add the class of bold statutory words."""
    for position, child in enumerate(children):
        if child.type == "strong_open":
            word = _bold_statutory_word(children[position : position + 3])
            if word:
                child.attrSet("class", word)


def _link_text(children: Sequence[Token], start: int) -> str:
    following = (children[position] for position in range(start + 1, len(children)))
    return plain_text(takewhile(lambda child: child.type != "link_close", following)).strip()


def _is_address(text: str, href: str) -> bool:
    """Return whether the words of a link are its web address, which print then does not repeat."""
    return href.startswith("http") and _bare_address(text) == _bare_address(href)


def _bare_address(url: str) -> str:
    return unquote(url).lower().partition("://")[2 if "://" in url else 0].removeprefix("www.").rstrip("/")


def _check_link(link: Token, line: int, text: str, rendered: Rendered) -> bool:
    """Record a link and return True; add a problem and return False where its target is not allowed."""
    href = str(link.attrGet("href") or "")
    if not _SAFE_LINK.match(href):
        rendered.add_problem(
            line,
            f"The link to `{href[:80]}` cannot be used. Start it with https://, http://, mailto:, tel:, / or #.",
            Kind.LINK_FORM,
        )
        return False
    if not text:
        rendered.add_misread(
            line,
            f"The link to `{href[:80]}` has no words, so nobody can see it. Write them between the [ ].",
            Kind.LINK_EMPTY,
        )
        return False
    rendered.links.append(RenderedLink(href, line, text))
    return True


def _convert_image(image: Token, line: int, rendered: Rendered) -> Token:
    source, alternative = str(image.attrGet("src") or ""), plain_text(image.children or []).strip()
    if not _PICTURE.fullmatch(source):
        rendered.add_problem(
            line, f"The picture `{source[:80]}` is not on this site. Upload it here first.", Kind.PICTURE
        )
    elif not alternative:
        rendered.add_problem(
            line, "Say between the [ ] what the picture shows, for people who cannot see it.", Kind.PICTURE
        )
    else:
        rendered.pictures.append(RenderedPicture(source, line))
        image.attrSet("alt", alternative)
        return image
    return make_token("text", alternative or source)


class _Renderer(RendererHTML):
    """Writes HTML exactly as nh3 does, so that a difference after `nh3.clean` means that it removed something.

    markdown-it renders a token with the method named after its type.
    """

    def text(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return _escape_text(tokens[idx].content)

    def html_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return _escape_text(tokens[idx].content)

    def html_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<p>{_escape_text(tokens[idx].content.strip())}</p>\n"

    def code_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<code>{_escape_text(tokens[idx].content)}</code>"

    def fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<pre><code>{_escape_text(tokens[idx].content)}</code></pre>\n"

    def statutory(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        word = tokens[idx]
        return f'<b class="{word.attrGet("class")}">{word.content}</b>'

    def gap(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f'<span class="gap">{tokens[idx].content}</span>'

    def reference(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        meta, words = tokens[idx].meta, _escape_text(tokens[idx].content)
        hidden = f'<span class="visually-hidden">{_escape_text(meta["prefix"])}</span>'
        return f'<a href="{_escape_attribute(meta["href"])}">{hidden}{words}</a>'

    def image(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<img{self.renderAttrs(tokens[idx])}>"

    def table_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        # A table that is wider than the page scrolls in a box, which keyboards reach and screen readers name.
        name = _escape_attribute(tokens[idx].meta["name"])
        kind = "table wide" if tokens[idx].meta["is_wide"] else "table"
        box = f'<div class="{kind}" role="region" tabindex="0" aria-label="{name}">\n'
        return f"{box}<table{self.renderAttrs(tokens[idx])}>\n"

    def table_close(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return "</table>\n</div>\n"

    def blockquote_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        attributes = self.renderAttrs(tokens[idx])
        if "quotes" not in tokens[idx].meta:
            return f"<blockquote{attributes}>\n"
        version, _reference = tokens[idx].meta["quotes"].provisions[0]
        cite = _escape_attribute(version.url)
        duty = tokens[idx].meta.get("duty")
        if not duty:
            return f'<figure class="quotation">\n<blockquote cite="{cite}"{attributes}>\n'
        tag = f'<p class="tag is-{duty}">{_DUTIES[duty]}</p>'
        return f'<figure class="quotation is-{duty}">\n{tag}\n<blockquote cite="{cite}"{attributes}>\n'

    def blockquote_close(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        if "quotes" not in tokens[idx].meta:
            return "</blockquote>\n"
        return f"</blockquote>\n<figcaption>{_caption(tokens[idx].meta['quotes'])}</figcaption>\n</figure>\n"

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


# What stands above a quotation with this word.
_DUTIES = {"must": "Must: a legal duty", "should": "Should, unless good reason"}

# The words that lead into a quotation have no paragraph of their own in a list without blank lines.
_QUOTATION_EDGE = re.compile(
    r"(?:<(?:p|li)(?P<direction> [^>]*)?>(?P<lead>(?:(?!</?(?:p|li|[uo]l|figure)\b).)*:)(?:</p>\n)?)?"
    r'<figure class="quotation(?: is-\w+)?">\n(?:<p class="tag[^>]*>[^<]*</p>\n)?<blockquote[^>]*>\n'
    r"|</blockquote>\n<figcaption>",
    re.DOTALL,
)


def _with_html(rendered: Rendered) -> Iterator[RenderedCitation]:
    """Yield the citations, and with those of quotations their HTML."""
    html: list[str] = []
    # Of each quotation that has begun: its number, what leads into it, and where its words begin.
    begun: list[tuple[int, str, int]] = []
    for edge in _QUOTATION_EDGE.finditer(rendered.html):
        if edge[0].startswith("</"):
            number, lead, start = begun.pop()
            html[number] = lead + rendered.html[start : edge.start()]
        else:
            lead = f"<p{edge['direction'] or ''}>{edge['lead']}</p>\n" if edge["lead"] else ""
            begun.append((len(html), lead, edge.end()))
            html.append("")
    for citation in rendered.citations:
        yield citation if citation.quotation is None else replace(citation, html=html[citation.quotation])


# What captions say of the words where they are those of the law. Of others, the provision's own page tells more.
_MATCHES = {
    Match.EXACT: ' <span class="tag is-exact">Word for word</span>',
    Match.SHORTENED: ' <span class="tag is-short">Shortened</span>',
}
_MATCH = re.compile(r' <span class="(?:tag is-(?:exact|short)|match)">[^<]*</span>(?=</figcaption>)')


def without_matches(html: str) -> str:
    """Return the HTML of a section, of any version of this renderer, without what its captions say of the words."""
    return _MATCH.sub("", html)


def _caption(quoted: Quoted) -> str:
    links = []
    for version, reference in quoted.provisions:
        words = name_provision(version, reference)
        href = _escape_attribute(provision_url(version, reference))
        links.append(f'<a href="{href}">{_escape_text(words)}</a>')
    return "; ".join(links) + _MATCHES.get(quoted.match, "")


def _escape_text(text: str) -> str:
    return escape(text, quote=False).replace("\xa0", "&nbsp;")


def _escape_attribute(text: str) -> str:
    return _escape_text(text).replace('"', "&quot;")


def _parser() -> MarkdownIt:
    parser = block_parser(MarkdownIt("commonmark", {"html": True, "xhtmlOut": False}, renderer_cls=_Renderer))
    parser.core.ruler.at("text_join", join_text)
    parser.inline.ruler.before("link", "language", read_language)
    parser.inline.ruler.before("emphasis", "gap", read_gap)
    # The library's check drops an unsafe link without a message; `_check_link` reports it.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


_PARSER = _parser()
