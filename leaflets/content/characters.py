"""Characters that word processors leave in a text: what each means, and a text without them.

Line breaks within a paragraph (U+000B, U+2028) become hard breaks of Markdown; page breaks and the ends of paragraphs
(U+000C, U+2029), empty lines. Bullets, ticks and boxes of the fonts Symbol and Wingdings, which are in a private area of
Unicode, become list items and characters that every font has. What is invisible and has no meaning is taken out. Joiners
stay in the scripts that need them and in emoji, and marks of direction beside a script that is written from right to left.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_REMOVED = (
    "\x00-\x08\x0e-\x1d\x1f\x7f\xad\u180e\u200b-\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc"
    "\ud800-\udfff\ue000-\uf8ff\ufffe\uffff\U000e0000-\U000e007f\U000f0000-\U0010ffff"
)
_ODD = re.compile(f"[{_REMOVED}\x0b\x0c\x1e\x80-\x9f\u2028\u2029]")
# The flags of England, Scotland and Wales are written with otherwise invisible characters.
_ODD_OR_FLAG = re.compile(f"(?P<flag>\U0001f3f4[\U000e0020-\U000e007f]{{1,7}})|{_ODD.pattern}")
_BREAK = re.compile("[\x0b\u2028]")
_PARAGRAPH_END = re.compile("[\x0c\u2029]")
# Arabic, Hebrew, Syriac, Thaana and their presentation forms.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")
_LATIN_END = "\u02ff"

# Of Symbol and Wingdings, as Word writes them.
_BULLETS = {
    "\uf0b7": "•",
    "\uf0a7": "▪",
    "\uf0d8": "➢",
    "\uf076": "❖",
    "\uf075": "◆",
    "\uf06e": "■",
    "\uf06c": "●",
}
_SIGNS = {
    "\uf0fc": "✓", "\uf0fb": "✗", "\uf06f": "☐", "\uf0a8": "☐", "\uf071": "❑", "\uf0fe": "☑", "\uf0fd": "☒",
    "\uf0e0": "→", "\uf0df": "←", "\uf0e8": "➔", "\uf04a": "☺", "\uf028": "☎", "\uf02a": "✉", "\uf0b0": "°",
}  # fmt: skip
_MEANINGS = _BULLETS | _SIGNS | {"\x1e": "\u2011"}

_NAMES = {
    "\x0b": "line break of Word", "\u2028": "line break of Word", "\x0c": "page break", "\u2029": "end of a paragraph",
    "\x1e": "hyphen of Word", "\x1f": "optional hyphen of Word", "\xad": "soft hyphen", "\ufeff": "byte order mark",
    "\ufffc": "place of a picture",
}  # fmt: skip

_PREFIX = re.compile(r"(?P<quotation>(?:[ \t]*>)*[ \t]*)(?P<item>(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_HEADING_OR_ROW = re.compile(r"[ \t>]*(?:#{1,6}[ \t]|\|)")
_BLOCK_START = re.compile(r"(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|[>|]|-{2}|={2}|~{3}|`{3})")
_ITEM_SIGNS = "".join(_BULLETS) + "\uf0fc\uf0fb\uf06f\uf0a8\uf071\uf0fe\uf0fd\uf0e0\uf0e8"
_ITEM_START = re.compile(rf"(?P<indent>[ \t>]*)(?:[-*+][ \t]+)?(?P<sign>[{_ITEM_SIGNS}])[ \t]*")


@dataclass(frozen=True)
class OddCharacter:
    """One place: its line in the text, counted from 1, the name of the character, and the words before it."""

    line: int
    character: str
    before: str

    def __str__(self) -> str:
        """Return its place for a sentence: `a zero-width space (U+200B) after “School”`."""
        name = _NAMES.get(self.character) or unicodedata.name(self.character, "invisible character").lower()
        if unicodedata.category(self.character) == "Co":
            name = "character of another font"
        article = "an" if name[0] in "aeiou" else "a"
        place = f"after “{self.before}”" if self.before else "at the beginning of the line"
        return f"{article} {name} (U+{ord(self.character):04X}) {place}"


def find_odd_characters(text: str) -> Iterator[OddCharacter]:
    """Yield the characters that `clean_characters` changes, at most one of each kind for each line."""
    for number, line in enumerate(text.split("\n"), start=1):
        seen = set()
        for position, character in _odd_positions(line):
            if character not in seen:
                seen.add(character)
                before = _ODD.sub(" ", line[max(0, position - 40) : position])
                yield OddCharacter(number, character, " ".join(before.split()[-4:]))


def _odd_positions(line: str) -> Iterator[tuple[int, str]]:
    if not _ODD.search(line):
        return
    start = 0
    for piece in re.split("([\x0b\x0c\u2028\u2029])", line):
        right_to_left = bool(_RIGHT_TO_LEFT.search(piece))
        for found in _ODD_OR_FLAG.finditer(piece):
            if not _is_meant(found, right_to_left=right_to_left):
                yield start + found.start(), found[0]
        start += len(piece)


def _is_meant(found: re.Match[str], *, right_to_left: bool) -> bool:
    if found["flag"]:
        return True
    if found[0] in _DIRECTION_MARKS:
        return right_to_left
    if found[0] in _JOINERS:
        neighbours = (
            found.string[found.start() - 1 : found.start()],
            found.string[found.end() : found.end() + 1],
        )
        return all(map(_may_be_joined, neighbours))
    return False


def _may_be_joined(character: str) -> bool:
    return character > _LATIN_END and unicodedata.category(character)[0] in "LMS"


def clean_characters(text: str, *, one_line: bool = False) -> str:
    """Return a text in which `find_odd_characters` finds nothing.

    With `one_line`, for a title or a heading, line breaks become spaces.
    """
    if not _ODD.search(text):
        return text
    return "\n".join(_clean_line(line, one_line=one_line) for line in text.split("\n"))


def _clean_line(line: str, *, one_line: bool) -> str:
    if not _ODD.search(line):
        return line
    paragraphs = [_BREAK.split(paragraph) for paragraph in _PARAGRAPH_END.split(line)]
    if one_line:
        return " ".join(" ".join(map(_replace_odd, pieces)) for pieces in paragraphs)
    return "\n\n".join(
        _join_lines([_replace_odd(_mark_item(piece)) for piece in pieces]) for pieces in paragraphs
    )


def _mark_item(line: str) -> str:
    """Make a list item of a line that begins with a bullet of another font. A tick or a box stays in its item."""
    item = _ITEM_START.match(line)
    if item is None:
        return line
    sign = "" if item["sign"] in _BULLETS else f"{item['sign']} "
    return f"{item['indent']}- {sign}{line[item.end() :]}"


def _replace_odd(line: str) -> str:
    right_to_left = bool(_RIGHT_TO_LEFT.search(line))
    return _ODD_OR_FLAG.sub(
        lambda found: found[0] if _is_meant(found, right_to_left=right_to_left) else _meaning(found[0]), line
    )


def _meaning(character: str) -> str:
    # These are never meant as control characters, but as the characters of Windows with the same number.
    if "\x80" <= character <= "\x9f":
        return character.encode("latin-1").decode("cp1252", errors="ignore")
    return _MEANINGS.get(character, "")


def _join_lines(lines: list[str]) -> str:
    """Return Markdown that keeps lines apart: with hard breaks, or as blocks of their own.

    Two breaks in a row end the paragraph.
    """
    if len(lines) == 1:
        return lines[0]
    if _HEADING_OR_ROW.match(lines[0]):
        return " ".join(filter(None, (line.strip() for line in lines)))
    prefix = _PREFIX.match(lines[0])
    quotation, item = (prefix["quotation"], prefix["item"] or "") if prefix else ("", "")
    joined = [lines[0].rstrip()] if lines[0].strip() else []
    is_paragraph_end = False
    for line in map(str.strip, lines[1:]):
        if not joined:
            joined += [quotation + line] if line else []
        elif not line:
            is_paragraph_end = True
        elif is_paragraph_end or _BLOCK_START.match(line):
            joined += [quotation.rstrip()] if is_paragraph_end else []
            joined.append(quotation + ("" if _BLOCK_START.match(line) else " " * len(item)) + line)
            is_paragraph_end = False
        else:
            joined[-1] += "" if joined[-1].endswith("\\") else "\\"
            joined.append(quotation + " " * len(item) + line)
    return "\n".join(joined)
