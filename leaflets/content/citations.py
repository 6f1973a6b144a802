"""Citations of the law in a section's Markdown, by the grammar of `leaflets.law.citations`.

A reference is `(6.17)` in the text. A quotation that ends with one is quoted from that provision:

    > Schools **must** use their best endeavours. (6.2)

`find_in_tokens` finds the citations, `convert_quotations` gives quotations their captions, and `link_citations` makes
links of the others.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from leaflets.files.problems import Kind
from leaflets.law.citations import (
    Citation,
    Mention,
    NearMiss,
    Range,
    Reference,
    find_citations,
    find_final_citations,
)
from leaflets.law.quotations import Match, compare_quotation
from leaflets.law.sources import CitableLaw, CitableVersion

from .rendered import Rendered, RenderedCitation
from .tokens import make_token, plain_text, token_line

_STATUTORY_WORD = re.compile(r"\b(must|should)\b", re.ASCII | re.IGNORECASE)
# Stands for what cannot be part of a citation: a picture, code, the words of a link.
_OTHER = "\ufffc"

Found = dict[int, list[Citation | NearMiss]]


@dataclass(frozen=True)
class Quoted:
    """What a quotation is quoted from, and how its words match the law's."""

    provisions: tuple[tuple[CitableVersion, Reference], ...]
    match: Match

    @property
    def key(self) -> str:
        """The provisions as in `RenderedBlock.quotes`."""
        return " ".join(f"{version.source.slug}/{reference.number}" for version, reference in self.provisions)


def join_text(state: StateCore) -> None:
    """Join adjacent texts, as the rule `text_join` of markdown-it does, and keep the positions of escaped characters.

    They are in `meta["escaped"]`, counted in the joined text: `\\(9.30)` is no citation.
    """
    for token in state.tokens:
        for child in token.children or []:
            if child.children:
                child.children = _join_texts(child.children)
        if token.type == "inline":
            token.children = _join_texts(token.children or [])


def _join_texts(children: Sequence[Token]) -> list[Token]:
    joined: list[Token] = []
    for child in children:
        if child.type not in ("text", "text_special"):
            joined.append(child)
            continue
        if not joined or joined[-1].type != "text" or joined[-1].level != child.level:
            joined.append(make_token("text", ""))
            joined[-1].level = child.level
        if child.info == "escape":
            joined[-1].meta.setdefault("escaped", []).append(len(joined[-1].content))
        joined[-1].content += child.content
    return joined


def find_in_tokens(tokens: Sequence[Token], law: CitableLaw) -> Found:
    """Return what is found in each inline token, by its position among the tokens.

    "s.77(1)" means the law that was named last, so the tokens of a section are read in order.
    """
    named: dict[str, str] = {}
    found = {}
    for position, token in enumerate(tokens):
        if token.type == "inline":
            text, escaped = _text_of(token.children or [])
            found[position] = find_citations(text, law.sources, named, escaped)
    return found


def _text_of(children: Iterable[Token]) -> tuple[str, list[int]]:
    """Return the text of inline tokens in which citations are searched, and the positions of escaped characters."""
    parts: list[str] = []
    escaped: list[int] = []
    length = 0
    for child, part in _parts(children):
        escaped += [length + position for position in child.meta.get("escaped", ()) if child.type == "text"]
        parts.append(part)
        length += len(part)
    return "".join(parts), escaped


def _parts(children: Iterable[Token]) -> Iterator[tuple[Token, str]]:
    """Yield each token with its part of the text."""
    open_links = 0
    for child in children:
        open_links += child.nesting if child.type.startswith("link") else 0
        if child.type in ("softbreak", "hardbreak"):
            yield child, "\n"
        elif child.type == "text":
            yield child, _OTHER * len(child.content) if open_links else child.content
        else:
            yield child, _OTHER if child.nesting == 0 else ""


# --- Quotations --------------------------------------------------------------------------------------------


def convert_quotations(tokens: list[Token], found: Found, law: CitableLaw, rendered: Rendered) -> None:
    """Mark each block quotation that ends with a citation as quoted from the law, and record the citations.

    The tokens that open and close it get `meta["quotes"]`, a `Quoted`. One whose citation is not in the record has a true
    `meta["is_cited"]`.
    """
    count = 0
    for start, opening in enumerate(tokens):
        if opening.type != "blockquote_open":
            continue
        end = _closing_position(tokens, start)
        positions = [position for position in range(start, end) if tokens[position].type == "inline"]
        if not positions:
            continue
        last = positions[-1]
        text, _escaped = _text_of(tokens[last].children or [])
        final = find_final_citations(text, found[last])
        provisions = _resolve_all(final, law)
        # A number that the record lacks stays in the text, where `link_citations` reports it.
        if not provisions:
            opening.meta["is_cited"] = bool(final)
            continue
        found[last] = [one for one in found[last] if one not in final]
        _cut(tokens, last, len(text[: final[0].start].rstrip()), opening.level, rendered)
        for position in positions:
            inline = tokens[position]
            inline.children = list(_mark_statutory_words(inline.children or []))
        parts = (plain_text(tokens[position].children or []).strip() for position in positions)
        quoted = "\n".join(filter(None, parts))
        if not quoted:
            rendered.add_problem(
                token_line(opening),
                f"Nothing is quoted from {text[final[0].start :].strip()}. Add the words.",
                Kind.EMPTY_QUOTATION,
            )
        official = "\n".join(
            law.text(version.source.slug, reference.number) for version, reference in provisions
        )
        # Without pairs of words nothing is aligned, which takes time: that is for hints.
        quotation = Quoted(provisions, compare_quotation(quoted, official, max_pairs=0).match)
        for version, reference in provisions:
            rendered.citations.append(
                RenderedCitation(
                    version.source.slug,
                    reference.number,
                    reference.sub,
                    quoted,
                    token_line(opening),
                    quotation.match,
                    quotation=count,
                )
            )
        count += 1
        opening.meta["quotes"] = tokens[end].meta["quotes"] = quotation


def _closing_position(tokens: Sequence[Token], start: int) -> int:
    closing = tokens[start].type.replace("_open", "_close")
    return next(
        position
        for position in range(start, len(tokens))
        if tokens[position].type == closing and tokens[position].level == tokens[start].level
    )


def _resolve_all(
    citations: Sequence[Citation], law: CitableLaw
) -> tuple[tuple[CitableVersion, Reference], ...]:
    """Return the provisions that citations name; nothing if one of them is not in the record."""
    provisions: list[tuple[CitableVersion, Reference]] = []
    for citation in citations:
        for reference in citation.references:
            version = law.version(reference.source)
            if version is None or _missing(reference, version):
                return ()
            provisions += [(version, one) for one in _references(reference, version)]
    return tuple(provisions)


def _references(reference: Reference | Range, version: CitableVersion) -> list[Reference]:
    return reference.among(version.texts) if isinstance(reference, Range) else [reference]


def _missing(reference: Reference | Range, version: CitableVersion) -> list[str]:
    """Return the numbers that a reference names and the record lacks."""
    return [number for number in _ends(reference) if number not in version.texts]


def _ends(reference: Reference | Range) -> list[str]:
    ends = (reference.first, reference.last) if isinstance(reference, Range) else (reference,)
    return list(dict.fromkeys(end.number for end in ends))


def _cut(tokens: list[Token], position: int, length: int, quotation_level: int, rendered: Rendered) -> None:
    """Cut the text of an inline token, and hide its paragraph where nothing is left.

    The citation that is cut off will be the caption.
    """
    inline = tokens[position]
    kept: list[Token] = []
    for child, part in _parts(inline.children or []):
        if length <= 0:
            break
        if child.type == "text" and len(part) > length:
            child.content = child.content[:length]
        kept.append(child)
        length -= len(part)
    while kept and (kept[-1].nesting == 1 or kept[-1].type in ("softbreak", "hardbreak")):
        kept.pop()
    inline.children = _balanced(kept)
    if kept:
        return
    paragraph = tokens[position - 1]
    if paragraph.type == "paragraph_open" and paragraph.level == quotation_level + 1:
        paragraph.hidden = tokens[position + 1].hidden = True
    else:
        rendered.add_problem(
            token_line(inline),
            "The paragraph's number fell into a list. Put it in a paragraph of its own: `>`, then `> (6.1)`.",
            Kind.CITATION_IN_LIST,
        )


def _balanced(children: list[Token]) -> list[Token]:
    """Close what was opened in inline tokens whose end was cut off."""
    open_tokens: list[Token] = []
    for child in children:
        if child.nesting == 1:
            open_tokens.append(child)
        elif child.nesting == -1:
            open_tokens.pop()
    closing = [Token(one.type.replace("_open", "_close"), one.tag, -1) for one in reversed(open_tokens)]
    return children + closing


def _mark_statutory_words(children: Iterable[Token]) -> Iterator[Token]:
    """Mark must and should in a quotation from the law, where both always have their statutory meaning."""
    bold = 0
    for child in children:
        bold += child.nesting if child.type.startswith("strong") else 0
        if child.type != "text" or bold:
            yield child
            continue
        for position, part in enumerate(_STATUTORY_WORD.split(child.content)):
            if position % 2:
                yield make_token("statutory", part, part.lower())
            elif part:
                yield make_token("text", part)


# --- References --------------------------------------------------------------------------------------------


def link_citations(
    inline: Token, found: Sequence[Citation | NearMiss], law: CitableLaw, rendered: Rendered
) -> None:
    """Make links of the citations in an inline token, record them, and report what looks like one and is none."""
    text, _escaped = _text_of(inline.children or [])
    links = []
    for one in found:
        if isinstance(one, NearMiss):
            if _is_likely(one, law):
                rendered.near_miss_citations.append((_line_at(one.start, text, inline), one.message))
            continue
        for mention in one.mentions:
            line = _line_at(mention.start, text, inline)
            words = " ".join(text[mention.start : mention.end].split())
            if _record(mention.reference, words, line, law, rendered, is_bracketed=one.is_bracketed):
                links.append(mention)
    if links:
        inline.children = list(_insert_links(inline.children or [], text, links, law))


def _line_at(position: int, text: str, inline: Token) -> int:
    return token_line(inline) + text.count("\n", 0, position)


def _is_likely(near_miss: NearMiss, law: CitableLaw) -> bool:
    """Return whether words are likely to be meant as a citation: a number alone is one only if the Code has it."""
    code = law.version("")
    is_number = near_miss.reason == "bare number"
    return not is_number or (code is not None and any(number in code.texts for number in near_miss.numbers))


def _record(
    reference: Reference | Range,
    words: str,
    line: int,
    law: CitableLaw,
    rendered: Rendered,
    *,
    is_bracketed: bool,
) -> bool:
    """Record what is cited in these words, and return True.

    Add a problem and return False where it is not in the record.
    """
    version = law.version(reference.source)
    missing = _missing(reference, version) if version else _ends(reference)[:1]
    for number in missing:
        named = words if isinstance(reference, Reference) else number
        named = f"({named})" if is_bracketed else f"“{named}”"
        escape = _describe_escape(number, is_bracketed=is_bracketed)
        if version is None:
            message = f"{named} cites a paragraph, and the site has no Code of Practice.{escape}"
            rendered.add_problem(line, message, Kind.SOURCE_MISSING)
            continue
        rendered.add_problem(
            line,
            f"{named} is not in the record of the {version.name}. Correct the number, or add the "
            f"{version.source.unit} to the record.{escape}",
            Kind.PROVISION_UNKNOWN,
            f"{version.source.slug}/{version.slug}/{number}",
        )
    if missing or version is None:
        return False
    rendered.citations += [
        RenderedCitation(version.source.slug, one.number, one.sub, "", line)
        for one in _references(reference, version)
    ]
    return True


def _describe_escape(number: str, *, is_bracketed: bool) -> str:
    """Return a sentence that says how to write a number that is no citation, or "" where it can only be one."""
    if "." in number:
        escaped = number.replace(".", "\\.", 1)
        return f" If it is another number, write `{escaped}`."
    return " If it is no citation, write a backslash before the bracket: `\\(`." if is_bracketed else ""


def _insert_links(
    children: Sequence[Token], text: str, links: Sequence[Mention], law: CitableLaw
) -> Iterator[Token]:
    """Yield the tokens with a link around each mention."""
    remaining = list(links)
    start = 0
    for child, part in _parts(children):
        end = start + len(part)
        if child.type != "text" or part != child.content:  # The words of another link stay.
            yield child
            start = end
            continue
        while remaining and remaining[0].start < end:
            mention = remaining.pop(0)
            before = max(mention.start, start)
            yield from _text_token(text[start:before])
            after = min(mention.end, end)
            yield from _link(mention, text[before:after], law)
            start = after
            if mention.end > end:  # It goes on after a line break, where it gets another link.
                remaining.insert(0, Mention(end, mention.end, mention.reference))
                break
        yield from _text_token(text[start:end])
        start = end


def _text_token(text: str) -> Iterator[Token]:
    if text:
        yield make_token("text", text)


def _link(mention: Mention, words: str, law: CitableLaw) -> Iterator[Token]:
    reference = mention.reference.first if isinstance(mention.reference, Range) else mention.reference
    version = law.version(reference.source)
    if version is None or not words.strip():
        yield from _text_token(words)
        return
    unit = "" if words[:1].isalpha() else f"{version.source.unit} "
    token = make_token("reference", words)
    token.meta = {
        "href": provision_url(version, reference),
        "prefix": f"{version.source.title}, {unit}",
        "name": name_provision(version, reference),
        "short": name_briefly(version, reference),
    }
    yield token


def provision_url(version: CitableVersion, reference: Reference) -> str:
    """Return the path of a provision's page, with the anchor of the subdivision."""
    anchor = subdivision_anchor(reference.sub)
    return f"/law/{version.source.slug}/{reference.number}/" + (f"#{anchor}" if anchor else "")


def name_provision(version: CitableVersion, reference: Reference) -> str:
    """Return the name of a provision with its version, as in captions."""
    return f"{version.name}, {version.source.unit} {reference.number}{reference.sub}"


def name_briefly(version: CitableVersion, reference: Reference) -> str:
    """Return the name of a provision without its version: "SEND Code of Practice 6.17"."""
    unit = " " if "." in reference.number else f", {version.source.unit} "
    return f"{version.source.title}{unit}{reference.number}{reference.sub}"


def subdivision_anchor(sub: str) -> str:
    """Return the anchor of a subdivision on its provision's page: "part-8-a" for "(8)(a)"."""
    parts = re.findall(r"\w+", sub)
    return "-".join(["part", *parts]) if parts else ""
