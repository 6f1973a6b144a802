"""Texts in files that spreadsheets open."""

import re
import unicodedata
from collections.abc import Iterator

from .names import plain_characters

_FORMULA_STARTS = frozenset("=+-@")
_NUMBER = re.compile(r"[ (]*0[0-9 ()./-]*")


def escape_cell(cell: str) -> str:
    """Prefix a cell with an apostrophe where a spreadsheet would not take it for text.

    Those are formulas (OWASP, "CSV Injection"), also behind white space, invisible characters or in full width, and
    numbers with a leading 0, such as phone numbers, which would lose it. An apostrophe, not ="...": that is a formula
    itself, and programs other than spreadsheets would have to take it apart.
    """
    start = next((one for one in _folded(cell) if not one.isspace()), "")
    is_formula = start in _FORMULA_STARTS or cell.startswith(("\t", "\r", "\n"))
    return f"'{cell}" if is_formula or _NUMBER.fullmatch(plain_characters(cell)) else cell


def _folded(cell: str) -> Iterator[str]:
    """The visible characters of a cell in Unicode's compatibility form, in which full width makes no difference."""
    for character in cell:
        if unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Me") or character.isspace():
            yield from unicodedata.normalize("NFKC", character)
