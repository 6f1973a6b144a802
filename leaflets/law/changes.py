"""What changed between two versions of a source: for each provision the same, renumbered, changed or gone."""

import enum
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from .sources import VersionSource, sort_key

# At least so much of the longer text's words must be in both texts, for one to be the other with changes.
MIN_SHARED = 0.5
# Only so many words of each text are aligned, to show what came and went.
MAX_WORDS = 1_000

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Verdict(enum.StrEnum):
    """What became of a provision. The values are those of `law_impact --json`."""

    SAME = "same"
    RENUMBERED = "renumbered"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True)
class ProvisionChange:
    """What became of the provision `number` of the old version: it is `to` in the new one, or "" where it is gone.

    `went` and `came` are the runs of words that only the old or only the new text has. `is_certain` is false where the
    words of one version are not in the record, so that only the number could be compared.
    """

    number: str
    verdict: Verdict
    to: str = ""
    went: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    is_certain: bool = True


def compare_versions(
    old: VersionSource, new: VersionSource, numbers: Iterable[str] | None = None
) -> list[ProvisionChange]:
    """Return what became of the provisions of the old version with these numbers, by default of all, in its order.

    Provisions are matched by number where their words are the same, then by words anywhere, then by number or words
    where at least half of the words are the same. Each provision of the new version is matched once.
    """
    matches = _match(old.texts, new.texts)
    wanted = old.texts.keys() if numbers is None else old.texts.keys() & set(numbers)
    return [
        _describe(number, old.texts[number], matches.get(number, ""), new.texts)
        for number in sorted(wanted, key=sort_key)
    ]


def _match(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return the number in the new version for each number of the old version that has one."""
    old_words = {number: _words(text) for number, text in old.items()}
    new_words = {number: _words(text) for number, text in new.items()}
    matches = {
        number: number
        for number, words in old_words.items()
        if number in new_words and (words == new_words[number] or not words or not new_words[number])
    }
    free = {number for number in new_words if number not in matches}
    by_words = defaultdict(list)
    for number in sorted(free, key=sort_key):
        by_words[tuple(new_words[number])].append(number)
    for number, words in old_words.items():
        if number not in matches and by_words[tuple(words)] and words:
            matches[number] = by_words[tuple(words)].pop(0)
            free.discard(matches[number])
    _match_similar(
        {number: words for number, words in old_words.items() if number not in matches},
        {number: new_words[number] for number in free},
        matches,
    )
    return matches


def _match_similar(
    old: Mapping[str, list[str]], new: Mapping[str, list[str]], matches: dict[str, str]
) -> None:
    """Match the pairs of texts that share the most words; of pairs that share as much, those with one number."""
    bits: dict[tuple[str, int], int] = {}
    free = {number: _word_set(words, bits) for number, words in new.items()}
    pairs = []
    for number, words in old.items():
        word_set = _word_set(words, bits)
        for other, other_set in free.items():
            longer = max(len(words), len(new[other]), 1)
            shared = (word_set & other_set).bit_count() / longer
            if shared >= MIN_SHARED:
                pairs.append((shared, number == other, number, other))
    for _shared, _same, number, other in sorted(pairs, reverse=True):
        if number not in matches and other in free:
            matches[number] = other
            del free[other]


def _word_set(words: Iterable[str], bits: dict[tuple[str, int], int]) -> int:
    """Return the words as the bits of a number, the second "the" as another word than the first.

    `bits` has the bit of each word. All texts are compared with all, and numbers are compared fast.
    """
    seen: Counter[str] = Counter()
    word_set = 0
    for word in words:
        seen[word] += 1
        word_set |= 1 << bits.setdefault((word, seen[word]), len(bits))
    return word_set


def _describe(number: str, text: str, to: str, new: Mapping[str, str]) -> ProvisionChange:
    if not to:
        return ProvisionChange(number, Verdict.GONE)
    before, after = _words(text), _words(new[to])
    if not before or not after:
        return ProvisionChange(number, Verdict.CHANGED, to, is_certain=False)
    if before == after:
        return ProvisionChange(number, Verdict.SAME if number == to else Verdict.RENUMBERED, to)
    went, came = _differences(text, new[to])
    return ProvisionChange(number, Verdict.CHANGED, to, went, came)


def _words(text: str) -> list[str]:
    """Return the words of a text for comparison, without marks and punctuation."""
    return _fold(_WORD.findall(text))


def _differences(old: str, new: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the runs of words, as printed, that only the old and only the new text has."""
    before, after = _WORD.findall(old)[:MAX_WORDS], _WORD.findall(new)[:MAX_WORDS]
    matcher = SequenceMatcher(None, _fold(before), _fold(after), autojunk=False)
    changed = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    went = tuple(" ".join(before[start:end]) for _, start, end, _, _ in changed if end > start)
    came = tuple(" ".join(after[start:end]) for _, _, _, start, end in changed if end > start)
    return went, came


def _fold(words: Iterable[str]) -> list[str]:
    return [word.casefold().replace("’", "'") for word in words]
