"""Which characters the fonts of this machine have: a PDF shows others as boxes, so such a leaflet has none.

Pango, which lays out the PDFs, takes the fonts that fontconfig knows, and looks in all of them for a character. So does
this module, in a process of its own that is started once for each process of the site. It does not import Django.
"""

import ctypes
import functools
import json
import logging
import re
import subprocess
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path

logger = logging.getLogger(__name__)

Ranges = tuple[tuple[int, int], ...]  # first and last code point, in order

_TIMEOUT = 30  # seconds; a machine without fontconfig's cache reads all fonts, which takes one or two
_PAGE_WORDS = 8  # 32-bit words of a page in fontconfig's sets of characters: FC_CHARSET_MAP_SIZE
_LAST_PAGE = 0xFFFFFFFF  # FC_CHARSET_DONE

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
# They choose a form of the character before them, and are never drawn.
_VARIATION_SELECTORS = re.compile("[\u034f\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def find_missing(text: str, ranges: Ranges | None = None) -> str:
    """Return the characters of a text that no font here has, each once and sorted. `ranges` are those of `covered()`.

    Empty where the fonts are not known: without fontconfig there are no PDFs either. ASCII is in every font, and spaces
    and invisible characters are not drawn.
    """
    found = set(_BEYOND_ASCII.findall(text))
    if ranges is None:
        ranges = covered() if found else ()
    if not ranges:
        return ""
    return "".join(sorted(one for one in found if _is_drawn(one) and not _contains(ranges, ord(one))))


def describe(characters: str, most: int = 5) -> str:
    """Return characters for a message, each with its code point: a reader may have no font for them either."""
    shown = ", ".join(f"{one} (U+{ord(one):04X})" for one in characters[:most])
    return shown + (f" and {len(characters) - most} more" if len(characters) > most else "")


def _is_drawn(character: str) -> bool:
    # Control, format and unpaired surrogate characters, spaces and separators.
    category = unicodedata.category(character)
    return (
        category not in ("Cc", "Cf", "Cs")
        and category[0] != "Z"
        and not _VARIATION_SELECTORS.match(character)
    )


def _contains(ranges: Ranges, number: int) -> bool:
    position = bisect_right(ranges, number, key=itemgetter(0)) - 1
    return position >= 0 and number <= ranges[position][1]


@functools.cache
def covered() -> Ranges:
    """Return all characters that the fonts here have; none where that cannot be found out."""
    try:
        worker = subprocess.run(
            [sys.executable, "-m", "leaflets.fonts"],
            capture_output=True,
            check=True,
            timeout=_TIMEOUT,
            cwd=Path(__file__).parent.parent,
        )
        return tuple((first, last) for first, last in json.loads(worker.stdout))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        logger.warning("The fonts of this machine are not known: %s", error)
        return ()


class _FontSet(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_int),
        ("size", ctypes.c_int),
        ("patterns", ctypes.POINTER(ctypes.c_void_p)),
    ]


def read_covered() -> Ranges:
    """Ask fontconfig for the characters of all fonts. Raises `OSError` where there is no fontconfig."""
    library = ctypes.CDLL("libfontconfig.so.1")
    library.FcInitLoadConfigAndFonts.restype = ctypes.c_void_p
    library.FcConfigGetFonts.restype = ctypes.POINTER(_FontSet)
    library.FcConfigGetFonts.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.FcPatternGetCharSet.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    library.FcCharSetFirstPage.restype = library.FcCharSetNextPage.restype = ctypes.c_uint32
    library.FcCharSetFirstPage.argtypes = library.FcCharSetNextPage.argtypes = [ctypes.c_void_p] * 3
    fonts = library.FcConfigGetFonts(library.FcInitLoadConfigAndFonts(), 0)
    found: set[int] = set()
    for index in range(fonts.contents.count if fonts else 0):
        characters = ctypes.c_void_p()
        pattern = fonts.contents.patterns[index]
        if library.FcPatternGetCharSet(pattern, b"charset", 0, ctypes.byref(characters)) == 0:
            found.update(_read_charset(library, characters))
    return _to_ranges(sorted(found))


def _read_charset(library: ctypes.CDLL, characters: ctypes.c_void_p) -> Iterable[int]:
    words, following = (ctypes.c_uint32 * _PAGE_WORDS)(), ctypes.c_uint32()
    page = library.FcCharSetFirstPage(characters, words, ctypes.byref(following))
    while page != _LAST_PAGE:
        for index, word in enumerate(words):
            yield from (page + 32 * index + bit for bit in range(32) if word >> bit & 1)
        page = library.FcCharSetNextPage(characters, words, ctypes.byref(following))


def _to_ranges(numbers: list[int]) -> Ranges:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return tuple(ranges)


if __name__ == "__main__":
    json.dump(read_covered(), sys.stdout)
