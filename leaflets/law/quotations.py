"""Comparison of a quotation with the official text of the Code: exact, shortened or different."""

import enum
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

# Words of each side, and pairs of one word of each, that are aligned at most, which takes quadratic time. The Code's
# paragraphs have fewer words.
MAX_WORDS = 1_000
MAX_PAIRS = 300_000

_PARAGRAPH_NUMBER = re.compile(r"\s*\d{1,2}\.\d{1,3}(?=\s)", re.ASCII)
_ELLIPSIS = re.compile(r"[\[(]?\.(?:[ ]?\.){2,}[\])]?")
# Ligatures, the ellipsis character, and invisible characters such as the soft hyphen.
_TYPOGRAPHY = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "…": "..."}
    | dict.fromkeys("\xad\u200b\u200c\u200d\u2060\ufeff", "")
)
_NON_WORD_CHARACTERS = re.compile(r"[-‐-―−•·▪◦●○‣⁃*\"“”„«»]")
_APOSTROPHE = re.compile("[‘’‚‛ʼ′`]")
_QUOTATION_MARK = re.compile(r"(?<!\w)'|(?<![sS])'(?!\w)")
_PUNCTUATION = re.compile(r"[.,;:!?'()\[\]]*")
_FINAL_PUNCTUATION = ".,;:!?"


# Marks of the Markdown in which the law's own words are stored: bold, and the beginnings of list items.
_MARKS = re.compile(r"\*\*|^[ ]*- |\\(?=[^\w\s])", re.MULTILINE)


def plain_words(text: str) -> str:
    """Return the law's own words without the marks of Markdown."""
    return _MARKS.sub("", text)


class Match(enum.StrEnum):
    """The result of a comparison. The values are shown to staff."""

    EXACT = "exact"
    SHORTENED = "shortened"
    DIFFERS = "differs"
    NOT_CHECKED = "not yet checked"


@dataclass(frozen=True)
class Comparison:
    """How a quotation matches the official text.

    `differences` holds (quoted, official) for each run of words that differs, where `match` is DIFFERS. One of the
    two is empty where words were added or left out. `pairs` counts the pairs of words that were aligned to find them.
    """

    match: Match
    differences: tuple[tuple[str, str], ...] = ()
    pairs: int = field(default=0, compare=False)


def compare_quotation(quoted: str, official: str, *, max_pairs: int = MAX_PAIRS) -> Comparison:
    """Compare quoted words with the official text of their paragraph.

    Ignored are white space, the shape of quotation marks and dashes, list bullets, and the paragraph's own
    number before its text. At the beginning and end of each line of the quotation (a paragraph or list item), and
    beside an ellipsis, a capital letter and final punctuation are ignored too, as lists are often reset.

    EXACT: all words are the same. SHORTENED: every run of quoted words stands in the official text, in
    order, and words are left out only before, after, at "…" or "...", and between lines. DIFFERS: anything
    else. NOT_CHECKED: the official text, or the quotation, is empty.

    No differences are given where finding them would take more than `max_pairs`.
    """
    if not quoted.strip():
        return Comparison(Match.NOT_CHECKED)
    runs = list(_runs(quoted))
    quoted_words, official_words = _flatten(runs), _official_words(official)
    if not quoted_words or not official_words:
        return Comparison(Match.NOT_CHECKED)
    if len(quoted_words) == len(official_words) and all(map(_words_match, quoted_words, official_words)):
        return Comparison(Match.EXACT)
    official_forms = [word.normalised for word in official_words]
    end = 0
    for position, run in enumerate(runs):
        found = _find_run(run, official_words, official_forms, end)
        if found is None:
            a, b = _flatten(runs[position:])[:MAX_WORDS], official_words[end:][:MAX_WORDS]
            pairs = len(a) * len(b)
            if pairs > max_pairs:
                return Comparison(Match.DIFFERS)
            return Comparison(Match.DIFFERS, _differences(a, b), pairs)
        end = found
    return Comparison(Match.SHORTENED)


@dataclass(frozen=True)
class _Word:
    """A word as compared and as printed, and whether it is the first or the last of its run."""

    normalised: str
    printed: str
    is_first: bool = False
    is_last: bool = False


def _runs(text: str) -> Iterator[list[_Word]]:
    """Split a text at line ends and ellipses, where a quotation may leave words out."""
    text = unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)
    text = _PARAGRAPH_NUMBER.sub("", text, count=1) if _PARAGRAPH_NUMBER.match(text) else text
    for line in text.splitlines():
        for part in _ELLIPSIS.split(line):
            words = [
                (normalised, printed) for printed in part.split() for normalised in _normalised_words(printed)
            ]
            last = len(words) - 1
            if words:
                yield [_Word(*word, index == 0, index == last) for index, word in enumerate(words)]


def _normalised_words(printed: str) -> Iterator[str]:
    """Yield the words to compare of one printed word: none for a bullet, two for words joined by a dash."""
    for part in _NON_WORD_CHARACTERS.sub(" ", printed).split():
        normalised = _QUOTATION_MARK.sub("", _APOSTROPHE.sub("'", part))
        if not _PUNCTUATION.fullmatch(normalised):
            yield normalised


def _flatten(runs: Iterable[list[_Word]]) -> list[_Word]:
    return [word for run in runs for word in run]


@lru_cache(maxsize=16)
def _official_words(text: str) -> list[_Word]:
    return _flatten(_runs(text))


def _words_match(quoted: _Word, official: _Word) -> bool:
    a, b = quoted.normalised, official.normalised
    if quoted.is_first:
        a, b = a[:1].lower() + a[1:], b[:1].lower() + b[1:]
    if quoted.is_last:
        a, b = a.rstrip(_FINAL_PUNCTUATION), b.rstrip(_FINAL_PUNCTUATION)
    return a == b


def _find_run(
    run: list[_Word], official_words: list[_Word], official_forms: list[str], start: int
) -> int | None:
    """Return the index after the first occurrence of a run at or after `start`, or None.

    `official_forms` are the normalised forms of `official_words`. The first and last word of a run are compared by
    `_words_match`, the others exactly.
    """
    inner = [word.normalised for word in run[1:-1]]
    for first in _occurrences(inner, official_forms, start):
        end = first + len(run)
        if (
            end <= len(official_words)
            and _words_match(run[0], official_words[first])
            and _words_match(run[-1], official_words[end - 1])
        ):
            return end
    return None


def _occurrences(inner: list[str], official_forms: list[str], start: int) -> Iterator[int]:
    """Yield each index, from `start` on, of a word that is followed by `inner`.

    The algorithm is that of Knuth, Morris and Pratt: its time is linear even where words repeat.
    """
    if not inner:
        yield from range(start, len(official_forms))
        return
    prefix_lengths = _prefix_lengths(inner)
    matched = 0
    for index in range(start + 1, len(official_forms)):
        while matched and (matched == len(inner) or inner[matched] != official_forms[index]):
            matched = prefix_lengths[matched - 1]
        matched += inner[matched] == official_forms[index]
        if matched == len(inner):
            yield index - matched


def _prefix_lengths(words: list[str]) -> list[int]:
    """Return, for each prefix of `words`, the length of its longest proper prefix that is also its suffix."""
    lengths = [0] * len(words)
    length = 0
    for index in range(1, len(words)):
        while length and words[length] != words[index]:
            length = lengths[length - 1]
        length += words[length] == words[index]
        lengths[index] = length
    return lengths


# A quoted and an official word; None where one side has no counterpart.
_Pair = tuple[_Word | None, _Word | None]


def _differences(quoted_words: list[_Word], official_words: list[_Word]) -> tuple[tuple[str, str], ...]:
    """Return the differing runs of the alignment with the fewest words changed, added or left out."""
    alignment = _align(quoted_words, official_words)
    runs = [[pair for pair in run if pair] for _, run in groupby(alignment, key=bool)]
    return tuple((_join_printed(a for a, _ in run), _join_printed(b for _, b in run)) for run in runs if run)


def _align(quoted_words: list[_Word], official_words: list[_Word]) -> list[_Pair | None]:
    """Return the pairs of words that differ, in order, and None for words that match or may be left out."""
    steps = _alignment_steps(quoted_words, official_words)
    i, j = len(quoted_words), len(official_words)
    backwards: list[_Pair | None] = []
    while i:
        step, quoted_word = steps[i][j], quoted_words[i - 1]
        if step == _QUOTED:
            backwards.append((quoted_word, None))
        elif step == _OFFICIAL:
            backwards.append(None if quoted_word.is_last else (None, official_words[j - 1]))
        else:
            backwards.append(
                None
                if _words_match(quoted_word, official_words[j - 1])
                else (quoted_word, official_words[j - 1])
            )
        i -= step != _OFFICIAL
        j -= step != _QUOTED
    return backwards[::-1]


_BOTH, _QUOTED, _OFFICIAL = range(3)
# A change costs more than all matches together can gain: matches only decide between equal numbers of changes.
_CHANGED, _MATCHED = MAX_WORDS + 1, -1


def _alignment_steps(quoted_words: list[_Word], official_words: list[_Word]) -> list[bytearray]:
    """Return, for the first i quoted and j official words, the last step of their cheapest alignment.

    `_BOTH` takes a word of both sides, `_QUOTED` and `_OFFICIAL` a quoted or an official one.
    """
    costs = [0] * (len(official_words) + 1)
    steps = [bytearray([_OFFICIAL]) * len(costs)]
    for quoted_word in quoted_words:
        before, costs = costs, [costs[0] + _CHANGED]
        row = bytearray([_QUOTED]) * len(before)
        skip = 0 if quoted_word.is_last else _CHANGED
        for j, official_word in enumerate(official_words):
            best, row[j + 1] = (
                before[j] + (_MATCHED if _words_match(quoted_word, official_word) else _CHANGED),
                _BOTH,
            )
            if costs[j] + skip < best:
                best, row[j + 1] = costs[j] + skip, _OFFICIAL
            if before[j + 1] + _CHANGED < best:
                best, row[j + 1] = before[j + 1] + _CHANGED, _QUOTED
            costs.append(best)
        steps.append(row)
    return steps


def _join_printed(words: Iterable[_Word | None]) -> str:
    """Join words as printed; a printed word that was split, such as "co-ordinator", is given once."""
    return " ".join(printed for printed, _ in groupby(word.printed for word in words if word))
