"""Finds what Markdown reads otherwise than its writer is likely to mean.

Marks that readers would see as they were typed, and cells and links that they would not see, are `Rendered.misread`.
They stop a draft from being published. What may be meant is in `Rendered.hints`: numbers that the page changes, lines
that are joined, and lists that are none.

All of it takes linear time.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from leaflets.files.problems import Kind

from .characters import find_odd_characters
from .rendered import Rendered
from .tokens import ordered_lists, token_line

MAX_ODD_CHARACTERS = 100  # that are named

# Stands for what is not typed text: code, a picture, a character behind a backslash.
_OTHER = "\ufffc"

_LINK = re.compile(r"\]\((?P<address>[^()\n]*)(?P<end>\)?)")
_AS_TYPED = "readers would see it as it stands here."
_RAW_MARKS = [
    (re.compile(pattern, re.MULTILINE), message)
    for pattern, message in [
        (
            r"\*\*",
            f"`**` makes nothing bold here: {_AS_TYPED} Put it directly before the first word and after the last, "
            r"or write `\*\*` if you mean stars.",
        ),
        (
            r"(?<![\w/])__(?=[^\W_])",
            f"`__` makes nothing bold here: {_AS_TYPED} Put `**` directly before the first word and after the last.",
        ),
        (
            r"\[\^",
            f"`[^` makes no footnote: {_AS_TYPED} Write the note in brackets where it belongs.",
        ),
        (
            r"~~",
            f"`~~` strikes nothing out: {_AS_TYPED} Take the words out, or write `\\~\\~` if you mean it.",
        ),
        (
            r"^#{1,6}(?=[^\s#])",
            f"`#` makes no heading here: {_AS_TYPED} Put a space after it, or write `\\#` if you mean the sign.",
        ),
        (
            r"^\|.*\|[ \t]*$",
            f"This row is in no table: {_AS_TYPED} The second line of a table is `| --- | --- |`, with as many parts as "
            "the first one.",
        ),
        (
            r"\{(?=[#.]\w)",
            f"`{{` makes no anchor here: {_AS_TYPED} Only a heading has one, at the end of its line.",
        ),
        (
            r"\]\{|\{lang\b",
            f"This marks no language: {_AS_TYPED} Write `[words]{{lang=pl}}`, with the two or three small letters of the "
            "language.",
        ),
        (
            r"\\\Z",
            "This `\\` has no line after it, and readers would see it. Take it out.",
        ),
    ]
]  # fmt: skip

_BULLET = re.compile(r"[•·●▪◦‣■▶►➢❖\uf0b7\uf0a7]\s*\S")
_TIGHT_ITEM = re.compile(r"(?:-(?=[^\W\d])|\d{1,2}[.)](?=[^\W\d_]{2}))")
_NUMBER = re.compile(r"\d{1,3}[.)]\s+\S")
_ITEM = re.compile(r"(?:[–—]\s|\(?(?:[a-z]|[ivx]{1,4})\)\s*\S|\d{1,2}\.\d{1,2}\s+\S|o\t)")
_TICK_BOX = re.compile(r"(?:[☐☑☒□▢❏❑◻✓✔✗✘\uf0a8\uf06f\uf0fc]|\[[ xX]?\])")
_LABEL = re.compile(
    r"(?:tel|telephone|phone|mobile|text|fax|e-?mail|web|website|address|post|opening (?:hours|times))\s?:",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?[ \xa0]?\d[A-Z]{2}\.?")
_LETTER = re.compile(r"(?:Dear|Yours (?:sincerely|faithfully)|Kind regards|Best wishes|With best wishes)\b")
_SHORT_LINE = 35
_CITATION_ONLY = re.compile(r"[(\[][^()\[\]]{1,80}[)\]]\.?")
_STATUTORY = re.compile(r"\b(must|should)\b", re.IGNORECASE)


def find_misreadings(markdown: str, tokens: Sequence[Token], rendered: Rendered) -> None:
    """Add what is read otherwise than meant to `rendered`.

    `tokens` are those of the whole text, with headings without their attributes, and before quotations lose the number
    that will be their caption.
    """
    markdown = re.sub(r"\r\n?", "\n", markdown)
    lines = markdown.split("\n")
    for line, message in describe_odd_characters(markdown):
        rendered.add_misread(line, message, Kind.ODD_CHARACTER)
    _find_raw_marks(tokens, rendered)
    _find_lost_cells(tokens, lines, rendered)
    _find_changed_numbers(tokens, rendered)
    lazy = set(_lazy_continuation_lines(tokens, lines))
    for line in sorted(lazy):
        rendered.add_hint(
            line,
            "This line is read as part of what stands above it. If it is not, put an empty line before it.",
            Kind.LINE_SWALLOWED,
        )
    _find_joined_lines(tokens, lazy, rendered)


def describe_odd_characters(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line of each character that a word processor left, and a message; of many only the first ones."""
    for found in islice(find_odd_characters(text), MAX_ODD_CHARACTERS):
        yield (
            found.line,
            f"There is {found}. Type these words again, or save them in the editor, which corrects them.",
        )


def typed_lines(inline: Token) -> list[tuple[str, bool]]:
    """Return the lines of an inline token, and whether each is joined to the one before it.

    A line is joined where nothing but a line end separates the two: readers see them as one.
    """
    lines, joined = [""], [False]
    for child in inline.children or []:
        if child.type in ("softbreak", "hardbreak"):
            lines.append("")
            joined.append(child.type == "softbreak")
        elif child.type == "text":
            lines[-1] += _without_escaped(child)
        elif child.nesting == 0:
            lines[-1] += _OTHER
    return list(zip(lines, joined, strict=True))


def _without_escaped(text: Token) -> str:
    escaped = text.meta.get("escaped")
    if not escaped:
        return text.content
    characters = list(text.content)
    for position in escaped:
        characters[position] = _OTHER
    return "".join(characters)


def _find_raw_marks(tokens: Sequence[Token], rendered: Rendered) -> None:
    for token in tokens:
        if token.type != "inline":
            continue
        text = "\n".join(line for line, _joined in typed_lines(token))
        for line, message in find_raw_marks(text):
            rendered.add_misread(token_line(token) + line - 1, message, Kind.RAW_MARK)


def find_raw_marks(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and a message for each kind of mark that is left in a text, at its first place."""
    link = _LINK.search(text)
    if link:
        has_space = link["end"] and re.search(r"[ \t]", link["address"])
        yield (
            text.count("\n", 0, link.start()) + 1,
            f"This is no link, because its address has a space in it: {_AS_TYPED} Take the space out."
            if has_space
            else f"`](` makes no link here: {_AS_TYPED} Write `[words](address)`.",
        )
    for pattern, message in _RAW_MARKS:
        found = pattern.search(text)
        if found:
            yield text.count("\n", 0, found.start()) + 1, message


# --- Tables ------------------------------------------------------------------------------------------------


def _find_lost_cells(tokens: Sequence[Token], lines: Sequence[str], rendered: Rendered) -> None:
    columns = 0
    for token in tokens:
        if token.type == "thead_open":
            columns = 0
        elif token.type == "th_open":
            columns += 1
        elif token.type == "tr_open" and token.map and columns:
            lost = [cell.strip() for cell in _cells(lines[token.map[0]])[columns:] if cell.strip()]
            if lost:
                rendered.add_misread(
                    token_line(token),
                    f"“{lost[0][:40]}” would be lost: this row has more cells than the first line of its table. "
                    "Give that line as many.",
                    Kind.CELL_LOST,
                )


def _cells(row: str) -> list[str]:
    """Return the cells of a table's row, which may stand in a quotation or a list."""
    cells: list[str] = escapedSplit(re.sub(r"^[ \t>]*(?:[-*+][ \t]+)?", "", row).strip())
    return cells[1:] if cells and not cells[0] else cells


# --- Lists -------------------------------------------------------------------------------------------------


def _find_changed_numbers(tokens: Sequence[Token], rendered: Rendered) -> None:
    """Add a hint where a list is printed with other numbers than were typed. Equal ones, as 1. 1. 1., are meant."""
    for _opening, items in ordered_lists(tokens):
        _check_numbers(items, rendered)


def _check_numbers(items: Sequence[Token], rendered: Rendered) -> None:
    numbers = [int(item.info) for item in items]
    if numbers[0] >= 1000:
        rendered.add_hint(
            token_line(items[0]),
            f"“{numbers[0]}.” begins a numbered list here. If it is a year, write `{numbers[0]}\\.`.",
            Kind.NUMBER_CHANGED,
        )
    if len(set(numbers)) == 1:
        return
    for item, typed, printed in zip(items, numbers, range(numbers[0], numbers[0] + len(items)), strict=True):
        if typed != printed:
            rendered.add_hint(
                token_line(item),
                f"Readers see {printed} here, where {typed} is typed: a list counts on from its first number. Correct "
                "the number, or put a sentence between two lists.",
                Kind.NUMBER_CHANGED,
            )
            return


# --- Lines -------------------------------------------------------------------------------------------------


def _lazy_continuation_lines(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[int]:
    """Yield the lines that belong to the quotation, list item or table above them, but without its marks.

    CommonMark calls those of quotations and items lazy continuation lines.
    """
    quotations = items = 0
    for before, token in pairwise([Token("", "", 0), *tokens]):
        quotations += token.nesting if token.type.startswith("blockquote") else 0
        items += token.nesting if token.type.startswith("list_item") else 0
        if not token.map:
            continue
        first, last = token.map
        if token.type == "blockquote_open" and quotations == 1:
            for number in range(first + 1, last):
                text = lines[number].strip()
                if text and not text.startswith(">") and not _CITATION_ONLY.fullmatch(text):
                    yield number + 1
        elif token.type == "inline" and before.type == "paragraph_open" and items and not quotations:
            for number in range(first + 1, last):
                if lines[number][:1].isupper():
                    yield number + 1
        elif token.type == "tr_open" and "|" not in lines[first]:
            yield first + 1


def _find_joined_lines(tokens: Sequence[Token], lazy: set[int], rendered: Rendered) -> None:
    for before, token in pairwise(tokens):
        if token.type != "inline" or before.type != "paragraph_open":
            continue
        first = token_line(token)
        lines = [(text.strip(), joined) for text, joined in typed_lines(token)]
        index = _first_item_of_no_list(lines)
        if index is not None:
            rendered.add_hint(
                first + index,
                "This looks like a list, and is none. Begin each line of a list with `- ` or `1. `, and put an empty "
                "line before it.",
                Kind.LIKE_A_LIST,
            )
            continue
        index = _first_joined_line(lines)
        if index is not None and first + index not in lazy:
            rendered.add_hint(
                first + index,
                "This line and the one before it are shown as one. To keep them apart, end the line before it with `\\`.",
                Kind.LINES_JOINED,
            )


def _first_item_of_no_list(lines: Sequence[tuple[str, bool]]) -> int | None:
    """Return the index of the first line that looks like the item of a list."""
    for index, (text, _joined) in enumerate(lines):
        if _BULLET.match(text) or _TIGHT_ITEM.match(text) or (index and _NUMBER.match(text)):
            return index
    for pattern in (_ITEM, _TICK_BOX):
        matching = [index for index, (text, _joined) in enumerate(lines) if pattern.match(text)]
        if len(matching) > 1 and any(lines[index][1] for index in matching):
            return matching[0]
    return None


def _first_joined_line(lines: Sequence[tuple[str, bool]]) -> int | None:
    """Return the index of the first line that is joined, and looks as if it should not be.

    These are the lines of an address or a letter, and short lines.
    """
    for index, ((before, _), (text, joined)) in enumerate(pairwise(lines), start=1):
        if joined and (
            _POSTCODE.fullmatch(text)
            or _LABEL.match(text)
            or _LABEL.match(before)
            or _LETTER.match(text)
            or _LETTER.match(before)
        ):
            return index
    short = [
        text for text, _ in lines if len(text) <= _SHORT_LINE and (text[:1].isupper() or text[:1].isdigit())
    ]
    # Two lines may be a sentence that ends on the second.
    least = 3 if lines[-1][0].endswith((".", "!", "?", ":")) else 2
    if len(lines) >= least and len(short) == len(lines):
        return next((index for index, (_, joined) in enumerate(lines) if joined), None)
    return None


# --- Quotations --------------------------------------------------------------------------------------------


def find_uncited_quotations(tokens: Sequence[Token], rendered: Rendered) -> None:
    """Add a hint for each quotation that says must or should, and not where it is from.

    Also where the citation stands below the quotation, in a paragraph of its own. `tokens` have the captions.
    """
    told = {hint.line for hint in rendered.hints if hint.kind is Kind.LINE_SWALLOWED}
    start = depth = 0
    for position, token in enumerate(tokens):
        depth += token.nesting if token.type.startswith("blockquote") else 0
        if token.type == "blockquote_open" and depth == 1:
            start = position
        if token.type != "blockquote_close" or depth:
            continue
        inside = tokens[start:position]
        first, last = tokens[start].map or (0, 0)
        if any("quotes" in one.meta or one.meta.get("is_cited") for one in inside) or told & set(
            range(first + 1, last + 1)
        ):
            continue
        words = [line for one in inside if one.type == "inline" for line, _ in typed_lines(one)]
        if any(map(_STATUTORY.search, words)) or _is_citation(tokens[position + 1 : position + 3]):
            rendered.add_hint(
                first + 1,
                "This quotation does not say where it is from. If it is from the law, end it with a line `>` and a line "
                "such as `> (6.17)`.",
                Kind.UNCITED_QUOTATION,
            )


def _is_citation(following: Sequence[Token]) -> bool:
    """Return whether the paragraph that begins with these tokens is a number in brackets."""
    if [token.type for token in following] != ["paragraph_open", "inline"]:
        return False
    text = "\n".join(line for line, _ in typed_lines(following[1])).strip()
    return bool(_CITATION_ONLY.fullmatch(text)) and any(character.isdigit() for character in text)
