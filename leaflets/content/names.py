"""Comparison of names in texts from different keyboards and word processors.

Two spellings of one name are equal in Unicode's compatibility form without case, accents and invisible characters, with
one kind of apostrophe, dash and space.
"""

import re
import unicodedata
from functools import cached_property, lru_cache

# Modifier letters that are used as apostrophes. Unicode counts them as letters, and the acute accent as a space.
_APOSTROPHES = frozenset("\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\ua78b\ua78c")
# Letters with a stroke or a ligature, which have no decomposition in Unicode.
_BASE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
# Distinct from the space that replaces punctuation, so that a word such as O'Brien is known to be one.
_WHITE_SPACE = "\n"
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
# Single characters for a whole phrase in Arabic, of 18 and 8 letters. No other becomes more than 6 characters.
_PHRASES = re.compile(r"[\ufdfa\ufdfb]")


class _Folding:
    """A table for `str.translate`, of which only the characters that occur are computed."""

    def __getitem__(self, codepoint: int) -> str:
        return _fold(chr(codepoint))


_FOLDING = _Folding()


class FoldedText:
    """A text in the forms in which names are compared, to which it is converted once: that takes most of the time."""

    def __init__(self, text: str) -> None:
        self.parts = [part.split() for part in text.translate(_FOLDING).split(_WHITE_SPACE)]

    @cached_property
    def normalised(self) -> str:
        """See `normalise`."""
        return " ".join(word for part in self.parts for word in part)

    @cached_property
    def words(self) -> list[str]:
        """See `words`."""
        return [word for part in self.parts for word in ([*part, "".join(part)] if len(part) > 1 else part)]


def normalise(text: str) -> str:
    """Return the words of a text, separated by one space, in the form in which names are compared.

    They consist of letters and digits only: "Siân O’Brien-Hill" becomes "sian o brien hill".
    """
    return FoldedText(text).normalised


def words(text: str) -> list[str]:
    """Return the normalised words of a text, and those with an apostrophe or a dash also as one word.

    "O'Brien" gives "o", "brien" and "obrien".
    """
    return FoldedText(text).words


def contains(text: str, name: str) -> bool:
    """Whether a text contains a name, or a part of it, in any of its spellings.

    Words count in any order and by their beginnings: "Bloggs Jo" and "Jo Blog" are contained in "Jo Bloggs". Nothing
    contains a name without letters and digits.
    """
    wanted = FoldedText(name)
    if not wanted.normalised:
        return False
    searched = FoldedText(text)
    return (
        wanted.normalised in searched.normalised
        or _contains_words(searched, wanted)
        or _contains_run(searched, wanted)
    )


def plain_characters(text: str) -> str:
    """Return a text in Unicode's compatibility form with "-" for every dash and " " for every space.

    Invisible characters are removed. So patterns for numbers and addresses need to know none of them. Characters for a
    whole phrase, which would make a text 18 times as long, become a space.
    """
    visible = (character for character in _PHRASES.sub(" ", text) if unicodedata.category(character) != "Cf")
    composed = unicodedata.normalize("NFKC", "".join(visible))
    return re.sub(r"[^\S\n]", " ", _DASHES.sub("-", composed))


def _contains_words(text: FoldedText, name: FoldedText) -> bool:
    """Whether each word of a name begins a word of the text. A word with an apostrophe may be written without it."""
    found = " " + " ".join(text.words)
    for pieces in name.parts:
        if f" {''.join(pieces)}" not in found and any(f" {piece}" not in found for piece in pieces):
            return False
    return True


def _contains_run(text: FoldedText, name: FoldedText) -> bool:
    """Whether the letters of a name follow each other from the beginning of a word, wherever words are divided."""
    letters = name.normalised.replace(" ", "")
    return re.search(r"(?<!\S)" + " ?".join(letters), text.normalised) is not None


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    """Return the folded letters and digits of a character, a space for punctuation, or "" for an invisible one."""
    if character.isspace():
        return _WHITE_SPACE
    if unicodedata.category(character) == "Cf":
        return ""
    if character in _APOSTROPHES:
        return " "
    folded = _without_marks(_without_marks(character).casefold()).translate(_BASE_LETTERS)
    return "".join(_digit_or_letter(one) for one in folded)


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(one for one in decomposed if not unicodedata.category(one).startswith("M"))


def _digit_or_letter(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return character if character.isalnum() and character not in _APOSTROPHES else " "
