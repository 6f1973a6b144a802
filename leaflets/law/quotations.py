"""Our quotation beside the Code's own words: the same, cut short, or different. No Django here."""

import enum
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

# The words that differ are looked for among so many on each side; the Code's paragraphs have fewer.
MOST_WORDS = 1_000

_PARAGRAPH_NUMBER = re.compile(r"\s*\d{1,2}\.\d{1,3}(?=\s)", re.ASCII)
_ELLIPSIS = re.compile(r"[\[(]?\.(?:[ ]?\.){2,}[\])]?")
# What printing makes of letters: ligatures, an ellipsis, and what nobody sees.
_PRINTED = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "…": "..."}
    | dict.fromkeys("\xad\u200b\u200c\u200d\u2060\ufeff", "")
)
_NOT_WORDS = re.compile(r"[-‐-―−•·▪◦●○‣⁃*\"“”„«»]")
_APOSTROPHE = re.compile("[‘’‚‛ʼ′`]")
_QUOTATION_MARK = re.compile(r"(?<!\w)'|(?<![sS])'(?!\w)")
_PUNCTUATION = re.compile(r"[.,;:!?'()\[\]]*")
_LAST_MARKS = ".,;:!?"


class Kind(enum.StrEnum):
    """What a quotation is, in the words shown to readers."""

    EXACT = "exact"
    SHORTENED = "shortened"
    DIFFERS = "differs"
    NOT_CHECKED = "not yet checked"


@dataclass(frozen=True)
class Comparison:
    """What a quotation is and, where it differs, each run of words that does: (ours, official).

    One side of a pair is empty where the other has words too many.
    """

    kind: Kind
    differences: tuple[tuple[str, str], ...] = ()


def label(quoted: str, official: str) -> Comparison:
    """Compare quoted words with the official text of their paragraph.

    Ignored are white space, the shape of quotation marks and dashes, list bullets, and the paragraph's own
    number before its text. Where a line of the quotation (a paragraph or list item) begins or ends, or words
    are left out, a capital and the mark at the end are ignored too: that is how lists are set.

    EXACT: all words are the same. SHORTENED: every run of quoted words stands in the official text, in
    order, and words are left out only before, after, at "…" or "...", and between lines. DIFFERS: anything
    else. NOT_CHECKED: the official text, or the quotation, is empty.
    """
    runs = list(_runs(quoted))
    ours, theirs = _joined(runs), _joined(_runs(official))
    if not ours or not theirs:
        return Comparison(Kind.NOT_CHECKED)
    if len(ours) == len(theirs) and all(map(_is_same, ours, theirs)):
        return Comparison(Kind.EXACT)
    forms = [word.form for word in theirs]
    end = 0
    for position, run in enumerate(runs):
        found = _find(run, theirs, forms, end)
        if found is None:
            return Comparison(Kind.DIFFERS, _differences(_joined(runs[position:]), theirs[end:]))
        end = found
    return Comparison(Kind.SHORTENED)


@dataclass(frozen=True)
class _Word:
    """A word as it is compared and as it is shown, and whether a run of words begins or ends with it."""

    form: str
    shown: str
    begins: bool = False
    ends: bool = False


def _runs(text: str) -> Iterator[list[_Word]]:
    """The runs of words between which words may be left out: lines, parted by ellipses."""
    text = unicodedata.normalize("NFC", text).translate(_PRINTED)
    text = _PARAGRAPH_NUMBER.sub("", text, count=1) if _PARAGRAPH_NUMBER.match(text) else text
    for line in text.splitlines():
        for part in _ELLIPSIS.split(line):
            words = [(form, shown) for shown in part.split() for form in _forms(shown)]
            last = len(words) - 1
            if words:
                yield [_Word(*word, place == 0, place == last) for place, word in enumerate(words)]


def _forms(shown: str) -> Iterator[str]:
    """What of a printed word is compared. A dash parts words, whether it has space around it or not."""
    for form in _NOT_WORDS.sub(" ", shown).split():
        form = _QUOTATION_MARK.sub("", _APOSTROPHE.sub("'", form))
        if not _PUNCTUATION.fullmatch(form):
            yield form


def _joined(runs: Iterable[list[_Word]]) -> list[_Word]:
    return [word for run in runs for word in run]


def _is_same(ours: _Word, theirs: _Word) -> bool:
    a, b = ours.form, theirs.form
    if ours.begins:
        a, b = a[:1].lower() + a[1:], b[:1].lower() + b[1:]
    if ours.ends:
        a, b = a.rstrip(_LAST_MARKS), b.rstrip(_LAST_MARKS)
    return a == b


def _find(run: list[_Word], theirs: list[_Word], forms: list[str], start: int) -> int | None:
    """The place after the first occurrence of a run of words at or after `start`."""
    inner = [word.form for word in run[1:-1]]
    for first in _occurrences(inner, forms, start):
        end = first + len(run)
        if end <= len(theirs) and _is_same(run[0], theirs[first]) and _is_same(run[-1], theirs[end - 1]):
            return end
    return None


def _occurrences(inner: list[str], forms: list[str], start: int) -> Iterator[int]:
    """Every place at or after `start` after which the inner words follow.

    By Knuth, Morris and Pratt: as long as the text at most, however often its words repeat.
    """
    if not inner:
        yield from range(start, len(forms))
        return
    borders = _borders(inner)
    matched = 0
    for place in range(start + 1, len(forms)):
        while matched and (matched == len(inner) or inner[matched] != forms[place]):
            matched = borders[matched - 1]
        matched += inner[matched] == forms[place]
        if matched == len(inner):
            yield place - matched


def _borders(words: list[str]) -> list[int]:
    """For each beginning of the words, the length of its longest proper part that also ends it."""
    borders = [0] * len(words)
    length = 0
    for place in range(1, len(words)):
        while length and words[length] != words[place]:
            length = borders[length - 1]
        length += words[length] == words[place]
        borders[place] = length
    return borders


# Words side by side; None where one side has a word too many.
_Pair = tuple[_Word | None, _Word | None]


def _differences(ours: list[_Word], theirs: list[_Word]) -> tuple[tuple[str, str], ...]:
    """The differing words of the best alignment: fewest words changed, added or left out without a sign."""
    alignment = _alignment(ours[:MOST_WORDS], theirs[:MOST_WORDS])
    runs = [[pair for pair in run if pair] for _, run in groupby(alignment, key=bool)]
    return tuple((_shown(a for a, _ in run), _shown(b for _, b in run)) for run in runs if run)


def _alignment(ours: list[_Word], theirs: list[_Word]) -> list[_Pair | None]:
    """The words that differ, side by side; None where words are the same, or may be left out."""
    steps = _steps(ours, theirs)
    i, j = len(ours), len(theirs)
    backwards: list[_Pair | None] = []
    while i:
        step, mine = steps[i][j], ours[i - 1]
        if step == _OURS:
            backwards.append((mine, None))
        elif step == _SKIP:
            backwards.append(None if mine.ends else (None, theirs[j - 1]))
        else:
            backwards.append(None if _is_same(mine, theirs[j - 1]) else (mine, theirs[j - 1]))
        i -= step != _SKIP
        j -= step != _OURS
    return backwards[::-1]


_BOTH, _OURS, _SKIP = range(3)
# One word changed weighs more than all words that stay: of two ways with as few changes, more words match.
_CHANGED, _MATCHED = MOST_WORDS + 1, -1


def _steps(ours: list[_Word], theirs: list[_Word]) -> list[bytearray]:
    """The last step of the best way to each pair of places: a word on both sides, on ours, on theirs."""
    costs = [0] * (len(theirs) + 1)
    steps = [bytearray([_SKIP]) * len(costs)]
    for mine in ours:
        before, costs = costs, [costs[0] + _CHANGED]
        row = bytearray([_OURS]) * len(before)
        skip = 0 if mine.ends else _CHANGED
        for j, official in enumerate(theirs):
            best, row[j + 1] = before[j] + (_MATCHED if _is_same(mine, official) else _CHANGED), _BOTH
            if costs[j] + skip < best:
                best, row[j + 1] = costs[j] + skip, _SKIP
            if before[j + 1] + _CHANGED < best:
                best, row[j + 1] = before[j + 1] + _CHANGED, _OURS
            costs.append(best)
        steps.append(row)
    return steps


def _shown(words: Iterable[_Word | None]) -> str:
    """The words as printed. Those of one printed word, such as both of "co-ordinator", give it once."""
    return " ".join(shown for shown, _ in groupby(word.shown for word in words if word))
