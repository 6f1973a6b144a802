"""The words of a text without the marks of Markdown, for people who compare two texts."""

from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from .leaflet import read_heading
from .limits import find_excess
from .markdown import parse
from .tokens import plain_text

_TEXTS = {"inline", "fence", "html_block"}
_ENDS = {"bullet_list_close", "ordered_list_close", "table_close"}


def markdown_to_text(markdown: str) -> str:
    """Return a section's words, its blocks with an empty line between them.

    Items of lists keep their "•" or number, each on a line of its own. The cells of a table's row stand on one line with "|"
    between. The first block of a quotation begins with "Quoted:". A text beyond the limits of `limits` is returned as it
    was typed.
    """
    if find_excess([markdown]):
        return markdown
    return "".join(_lines(parse(markdown))).strip()


def _lines(tokens: Iterable[Token]) -> Iterator[str]:
    numbers: list[int | None] = []
    lead, cells, is_table, is_heading = "", [], False, False
    for token in tokens:
        is_table = token.type != "table_close" and (is_table or token.type == "table_open")
        lead += _lead(token, numbers)
        if token.type in _TEXTS:
            cells.append(_words(token, is_heading=is_heading))
        if cells and (not is_table or token.type == "tr_close"):
            yield lead + " | ".join(cells) + ("\n" if numbers or is_table else "\n\n")
            lead, cells = "", []
        elif token.type in _ENDS:
            yield "\n"
        is_heading = token.type == "heading_open"


def _lead(token: Token, numbers: list[int | None]) -> str:
    """Return what to print before the next block. `numbers` is changed: the next number of each open list, None for bullets."""
    match token.type:
        case "bullet_list_open":
            numbers.append(None)
        case "ordered_list_open":
            numbers.append(int(token.attrs.get("start", 1)))
        case "bullet_list_close" | "ordered_list_close":
            numbers.pop()
        case "list_item_open":
            number = numbers[-1]
            numbers[-1] = None if number is None else number + 1
            return "• " if number is None else f"{number}. "
        case "blockquote_open":
            return "Quoted: "
    return ""


def _words(block: Token, *, is_heading: bool) -> str:
    if block.type != "inline":
        return block.content.strip()
    if is_heading:
        return read_heading(block.content)[0].text
    children = block.children or []
    # Words of a picture are not read as words of the text.
    named = [
        Token("text", "", 0, content=f"[Picture: {plain_text(child.children or [])}]")
        if child.type == "image"
        else child
        for child in children
    ]
    return plain_text(named, "\n").strip()
