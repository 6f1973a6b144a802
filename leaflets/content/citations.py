"""Citations of the SEND Code of Practice ("the Code") in a section's Markdown.

A reference is `(6.17)` in the text. A citation is a reference, or a quotation that ends with one:

    > Schools **must** use their best endeavours. (6.2)

`convert_quotations` and `link_references` turn both into tokens that `markdown` writes as links to the paragraphs.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from markdown_it.token import Token

from leaflets.files.problems import Kind
from leaflets.law.sources import CodeSource

from .rendered import Rendered, RenderedCitation
from .tokens import make_token, plain_text, token_line

_REFERENCE = re.compile(r"\((\d{1,2}\.\d{1,3})\)")
# Searched in text without white space at its end: a pattern that skips white space takes quadratic time.
_LAST_REFERENCE = re.compile(r"\((\d{1,2}\.\d{1,3})\)\Z")
_STATUTORY_WORD = re.compile(r"\b(must|should)\b", re.ASCII | re.IGNORECASE)


def convert_quotations(tokens: list[Token], code_of_practice: CodeSource | None, rendered: Rendered) -> None:
    """Mark each block quotation that ends with a reference as quoted from the Code, and record the citation.

    The tokens that open and close it get `meta["quotes"]`: the edition of the Code and the paragraph's number.
    """
    for start, opening in enumerate(tokens):
        if opening.type != "blockquote_open":
            continue
        end = _closing_position(tokens, start)
        positions = [position for position in range(start, end) if tokens[position].type == "inline"]
        inlines = [tokens[position] for position in positions]
        number = _last_reference(inlines)
        # A number that the Code lacks stays in the text, where `_check_reference` reports it.
        if code_of_practice is None or number not in code_of_practice.numbers:
            continue
        _remove_reference(tokens, positions[-1], opening.level, rendered)
        for inline in inlines:
            inline.children = list(_mark_statutory_words(inline.children or []))
        quoted = "\n".join(filter(None, (plain_text(inline.children or []).strip() for inline in inlines)))
        if not quoted:
            rendered.add_problem(
                token_line(opening),
                f"Nothing is quoted from paragraph {number}. Add the words.",
                Kind.EMPTY_QUOTATION,
            )
        rendered.citations.append(RenderedCitation(number, quoted, token_line(opening)))
        opening.meta["quotes"] = tokens[end].meta["quotes"] = (code_of_practice, number)


def _closing_position(tokens: Sequence[Token], start: int) -> int:
    closing = tokens[start].type.replace("_open", "_close")
    return next(
        position
        for position in range(start, len(tokens))
        if tokens[position].type == closing and tokens[position].level == tokens[start].level
    )


def _last_reference(inlines: Sequence[Token]) -> str:
    last = inlines[-1].children if inlines else None
    match = last and last[-1].type == "text" and _LAST_REFERENCE.search(last[-1].content.rstrip())
    return match[1] if match else ""


def _remove_reference(tokens: list[Token], position: int, quotation_level: int, rendered: Rendered) -> None:
    """Remove the reference that the caption will show, and its paragraph where that holds nothing else."""
    inline = tokens[position]
    children = inline.children or []
    children[-1].content = _LAST_REFERENCE.sub("", children[-1].content.rstrip()).rstrip()
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
            token_line(inline),
            "The paragraph's number fell into a list. Put it in a paragraph of its own: `>`, then `> (6.1)`.",
            Kind.CITATION_IN_LIST,
        )


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
                yield make_token("statutory", part, part.lower())
            elif part:
                yield make_token("text", part)


def link_references(
    text: str, line: int, code_of_practice: CodeSource | None, rendered: Rendered
) -> Iterator[Token]:
    """Split text into text and references, and record each reference as a citation."""
    for position, part in enumerate(_REFERENCE.split(text)):
        if position % 2 == 0:
            if part:
                yield make_token("text", part)
        elif _check_reference(part, line, code_of_practice, rendered):
            rendered.citations.append(RenderedCitation(part, "", line))
            yield make_token("reference", part)
        else:
            yield make_token("text", f"({part})")


def _check_reference(number: str, line: int, code_of_practice: CodeSource | None, rendered: Rendered) -> bool:
    """Return whether the Code has this paragraph; add a problem where it does not."""
    if code_of_practice is None:
        rendered.add_problem(
            line,
            f"({number}) cites a paragraph, but the leaflet does not say of which Code. Add `code: …`.",
            Kind.SOURCE_MISSING,
        )
        return False
    if number not in code_of_practice.numbers:
        rendered.add_problem(
            line,
            f"({number}) is not in the record of the {code_of_practice.name}. "
            "Correct the number, or add the paragraph to the record.",
            Kind.PROVISION_UNKNOWN,
            number,
        )
        return False
    return True
