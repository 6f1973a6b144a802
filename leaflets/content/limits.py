"""How large and how dense a leaflet's text may be. A text beyond this is not parsed, only shown as it was typed.

Parsing takes time for each line, each mark of Markdown and each cell of a table. The limits keep that, for a whole
leaflet, well below a second. The longest leaflet of a service so far has 9,400 characters, 170 lines and 110 marks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from leaflets.files.problems import Kind, Problem

MAX_CHARACTERS = 60_000
MAX_LINES = 2_000
MAX_MARKS = 10_000
MAX_CELLS = 3_000

TOO_MANY_CHARACTERS = f"This text is longer than {MAX_CHARACTERS:,} characters. Make two leaflets of it."
_TOO_MANY_LINES = f"This text has more than {MAX_LINES:,} lines. Make two leaflets of it."
_TOO_MANY_MARKS = (
    f"Up to this line there are more than {MAX_MARKS:,} marks such as `*`, `[` and `|`. "
    "Take out those that are not needed, or make two leaflets of it."
)
_TOO_MANY_CELLS = f"The tables up to this line have more than {MAX_CELLS:,} cells. Make them smaller."
_TOO_LONG_LINKS = (
    f"The addresses of the links add up to more than {MAX_CHARACTERS:,} characters. Use shorter ones."
)

_MARK = re.compile(r"[][*_`<>&|!\\~]")
_LINE_END = re.compile(r"\r\n?|\n")
# The row below the header of a table, also in a list or a quotation.
_DELIMITER_ROW = re.compile(r"[-:| \t>]+")


@dataclass(frozen=True)
class Excess:
    """What is too much: in which of the texts that were counted, and the problem, with its line in that text."""

    index: int
    problem: Problem


def find_excess(texts: Iterable[str]) -> Excess | None:
    """Return what is too much in the sections of a leaflet, which are counted together, or None."""
    count = _Count()
    for index, text in enumerate(texts):
        found = count.add(text)
        if found:
            return Excess(index, Problem("", *found, Kind.TOO_LONG))
    return None


def links_excess(lengths: Iterable[int]) -> Problem | None:
    """Return a problem where links of these lengths are too long together.

    A short text can be made of them: an address that is defined once may be referred to any number of times.
    """
    return Problem("", 1, _TOO_LONG_LINKS, Kind.TOO_LONG) if sum(lengths) > MAX_CHARACTERS else None


class _Count:
    def __init__(self) -> None:
        self.characters = self.lines = self.marks = self.cells = 0

    def add(self, text: str) -> tuple[int, str] | None:
        """Count one text more. Return the line and the message where that is too much."""
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            return 1, TOO_MANY_CHARACTERS
        columns = 0  # of the table that the line may be in
        for number, line in enumerate(_LINE_END.split(text), start=1):
            self.lines += 1
            if self.lines > MAX_LINES:
                return number, _TOO_MANY_LINES
            self.marks += len(_MARK.findall(line))
            if self.marks > MAX_MARKS:
                return number, _TOO_MANY_MARKS
            if "-" in line and _DELIMITER_ROW.fullmatch(line):
                columns = max(columns, line.strip("| \t>").count("|") + 1)
            elif not line.strip(" \t>"):
                columns = 0
            # Rows of one cell are counted as lines. A shorter row is filled with empty cells.
            self.cells += columns if columns > 1 else 0
            if self.cells > MAX_CELLS:
                return number, _TOO_MANY_CELLS
        return None
