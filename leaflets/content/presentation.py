"""Attributes of blocks that the page needs: directions of writing, names and widths of tables, padding for long numbers.

A block gets `dir` only where its direction differs from that of the block around it. It is found here and not by
`dir="auto"`, which leaves the bullets of a list on the left, takes no notice of text in inner blocks, and is unknown to
the maker of PDFs.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from .tokens import make_token, ordered_lists, plain_text

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_CONTAINERS = frozenset({"ul", "ol", "blockquote", "table"})
# Between two groups of digits a space would change their order where the text runs from right to left.
_SPACE_IN_NUMBER = re.compile(r"(?<=\d) (?=\d)")
# Lists whose greatest number has this many digits or more need the same padding.
_MANY_DIGITS = 5
_MAX_NAME = 100  # characters of the name of a table
# In a table only a word of so many characters may break, which are addresses.
_LONG_WORD = re.compile(r"\S{16,}")
# What fits beside each other on A4 in large print: the longest words of the columns, and one character between columns.
_PAPER_WIDTH = 40
_LONG_WORD_WIDTH = 8  # of a column with words that break


def set_attributes(tokens: Sequence[Token], heading: str) -> None:
    """Set the attributes of the blocks of a section with this heading."""
    _set_directions(tokens)
    _name_tables(tokens, heading)
    _set_digits(tokens)


# --- Directions --------------------------------------------------------------------------------------------


def first_strong(text: str) -> str:
    """Return "rtl" or "ltr" by the first letter of a text that has a direction, or "" if none has one."""
    for character in text:
        bidirectional = unicodedata.bidirectional(character)
        if bidirectional in ("R", "AL"):
            return "rtl"
        if bidirectional == "L":
            return "ltr"
    return ""


def _set_directions(tokens: Sequence[Token]) -> None:
    texts = {
        position: plain_text(token.children or [])
        for position, token in enumerate(tokens)
        if token.type == "inline"
    }
    if not any(map(_RIGHT_TO_LEFT.search, texts.values())):
        return
    directions = {position: first_strong(text) for position, text in texts.items()}
    of_containers = _container_directions(tokens, directions)
    around = ["ltr"]
    for position, token in enumerate(tokens):
        if token.tag in _CONTAINERS:
            if token.nesting == 1:
                own = of_containers.get(position) or around[-1]
                _set_direction(token, own, around[-1])
                around.append(own)
            else:
                around.pop()
        elif token.type == "inline":
            own = directions[position] or around[-1]
            block = tokens[position - 1]
            # The paragraphs of a list without empty lines have no tags of their own.
            _set_direction(tokens[position - 2] if block.hidden else block, own, around[-1])
            _set_directions_of_words(token, own)
            if own == "rtl":
                _keep_numbers_together(token)


def _set_directions_of_words(inline: Token, around: str) -> None:
    """Set the direction of words in another language, without those within such words."""
    children = inline.children or []
    open_words: list[tuple[Token, int]] = []
    for position, child in enumerate(children):
        if child.type == "span_open":
            open_words.append((child, position))
        elif child.type == "span_close":
            opening, start = open_words.pop()
            own = first_strong(plain_text(children[start:position]))
            if not open_words and own and own != around:
                opening.attrSet("dir", own)


def _set_direction(block: Token, own: str, around: str) -> None:
    if own != around:
        block.attrSet("dir", own)


def _container_directions(tokens: Sequence[Token], directions: dict[int, str]) -> dict[int, str]:
    """Return the direction of each list, quotation and table: that of its first text that has one."""
    found: dict[int, str] = {}
    undecided: list[int] = []
    for position, token in enumerate(tokens):
        if token.tag in _CONTAINERS:
            if token.nesting == 1:
                undecided.append(position)
            elif undecided:  # The last one is the one that ends here.
                undecided.pop()
        elif directions.get(position):
            found |= dict.fromkeys(undecided, directions[position])
            undecided.clear()
    return found


def _keep_numbers_together(inline: Token) -> None:
    for child in inline.children or []:
        if child.type == "text":
            child.content = _SPACE_IN_NUMBER.sub("\xa0", child.content)


# --- Tables and lists --------------------------------------------------------------------------------------


def _name_tables(tokens: Sequence[Token], heading: str) -> None:
    """Name each table by the heading above it or, in a text without one, by the words of its first line."""
    named: Counter[str] = Counter()
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = plain_text(tokens[position + 1].children or [])
        elif token.type == "table_open":
            words = heading or ", ".join(_header_words(tokens, position))[:_MAX_NAME]
            named[words] += 1
            number = f" {named[words]}" if named[words] > 1 else ""
            token.meta["name"] = f"Table{number}: {words}" if words else f"Table{number}"
            token.meta["is_wide"] = sum(_mark_long_words(tokens, position)) > _PAPER_WIDTH


def _header_words(tokens: Sequence[Token], start: int) -> list[str]:
    words = []
    position = start
    while tokens[position].type != "thead_close":
        if tokens[position].type == "inline":
            words.append(plain_text(tokens[position].children or []).strip())
        position += 1
    return list(filter(None, words))


def _mark_long_words(tokens: Sequence[Token], start: int) -> list[int]:
    """Mark the words of a table that may break. Return the least width of each of its columns, in characters."""
    widths: list[int] = []
    column = 0
    position = start
    while tokens[position].type != "table_close":
        token = tokens[position]
        if token.type == "tr_open":
            column = 0
        elif token.type == "inline":
            words = _LONG_WORD.sub("-" * _LONG_WORD_WIDTH, plain_text(token.children or [])).split()
            widths += [0] * (column + 1 - len(widths))
            widths[column] = max(widths[column], 1 + max(map(len, words), default=0))
            token.children = list(_with_long_words(token.children or []))
            column += 1
        position += 1
    return widths


def _with_long_words(children: Sequence[Token]) -> Iterator[Token]:
    for child in children:
        if child.type != "text" or not _LONG_WORD.search(child.content):
            yield child
            continue
        start = 0
        for word in _LONG_WORD.finditer(child.content):
            yield make_token("text", child.content[start : word.start()])
            yield Token("span_open", "span", 1, attrs={"class": "long"})
            yield make_token("text", word[0])
            yield Token("span_close", "span", -1)
            start = word.end()
        yield make_token("text", child.content[start:])


def _set_digits(tokens: Sequence[Token]) -> None:
    """Set the class of each numbered list that needs more padding for its numbers than one digit takes."""
    for opening, items in ordered_lists(tokens):
        digits = len(str(int(opening.attrGet("start") or 1) + len(items) - 1))
        if digits > 1:
            opening.attrSet("class", f"digits-{digits}" if digits < _MANY_DIGITS else "digits-many")
