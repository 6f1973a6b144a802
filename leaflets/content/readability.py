"""Readability: sentences, words, syllables, and the reading grade of Flesch and Kincaid.

The formula is:

    grade = 0.39 × words / sentences + 11.8 × syllables / words − 15.59

J. P. Kincaid, R. P. Fishburne, R. L. Rogers, B. S. Chissom: Derivation of New Readability Formulas for Navy
Enlisted Personnel, Research Branch Report 8-75, Naval Air Station Memphis, 1975. A grade is a school year of
the United States; children in grade 7 are about 12 years old. The grade only counts words and syllables: it shows
where to look first, not whether a text is good.
"""

import re
from itertools import pairwise, zip_longest

# A shorter text has no meaningful grade.
MIN_WORDS = 30
# `hardest_sentence` prefers sentences of more words than this.
SHORT_SENTENCE = 8
# The age of children in grade 0, the kindergarten of the United States.
FIRST_AGE = 5
LAST_AGE = 18

_LINE_MARKER = re.compile(r"\A\s*(?:#{1,6}|[-*+•·▪◦●○]|\d{1,2}[.)])\s+")
_CLOSING_MARKS, _OPENING_MARKS = "\"'”’)]", "\"'“‘(["
_ABBREVIATIONS = frozenset(
    [
        "e.g.",
        "i.e.",
        "eg.",
        "ie.",
        "cf.",
        "vs.",
        "approx.",
        "tel.",
        "mr.",
        "mrs.",
        "ms.",
        "mx.",
        "dr.",
        "prof.",
        "rev.",
        "st.",
    ]
)
_ABBREVIATIONS_BEFORE_NUMBERS = frozenset(
    ["no.", "nos.", "p.", "pp.", "para.", "paras.", "ch.", "art.", "fig.", "ext.", "reg.", "ref."]
)
_URL_OR_EMAIL = re.compile(r"@|://|^www\.")

# A group of vowels counts as one syllable …
_VOWELS = re.compile(r"[aeiouyàâäáæèéêëìíîïòóôöùúûüœ]+")
# … except a silent e at the end of a word or before a suffix: make, names, used, careful.
# The e is not silent in table, centre, handled, changes, wishes and started.
_SILENT_E = re.compile(
    r"(?<![aeiouy])(?<![bcdfgkpstz]l)(?:"
    r"(?<!tr)e\Z"
    r"|(?<![sxzcg])(?<![cs]h)es\Z"
    r"|(?<![td])ed\Z"
    r"|(?<=[a-z])e(?=(?:ments?|less|ful|fully|ly|ness|where|times?)\Z)"
    r")"
)
# … and as two in media, various, science, create, actual, being, theory, quiet, area and coordinator.
_SEPARATE_VOWELS = re.compile(
    r"(?<![cstxg])ia(?!ge)|(?<![cstxgln])io(?!ur)|(?<=[rlc])ien[ct]|eat(?=[eio])|(?<!q)ua[lt]"
    r"|(?<=[aeiouy])ing|eo(?![up])|iet|(?<=[aeiouy][a-z])ea(?=s?\Z)|\Aco(?=ordin|operat)"
)


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences, without list bullets and heading marks.

    The end of a line ends a sentence. Within a line a sentence ends at a full stop, question mark, exclamation mark or
    ellipsis, unless the next word begins with a small letter or the word is an abbreviation or an initial:
    "e.g. Hartlepool", "Tel. 01429", "Mr J. Smith", "para. 6".
    """
    found = []
    for line in text.splitlines():
        parts = _LINE_MARKER.sub("", line).split()
        start = 0
        for index, (word, following) in enumerate(zip_longest(parts, parts[1:], fillvalue=""), start=1):
            if not following or _ends_sentence(word.rstrip(_CLOSING_MARKS), following.lstrip(_OPENING_MARKS)):
                found.append(" ".join(parts[start:index]))
                start = index
    return [sentence for sentence in found if split_words(sentence)]


def sentence_starts(text: str) -> list[int]:
    """Return where each sentence of a text begins, by the rules of `split_sentences`. Brackets stay with what is before them."""
    words = list(re.finditer(r"\S+", text))
    starts = [word.start() for word in words[:1]]
    is_after_sentence = False  # in brackets that follow a full stop
    for word, following in pairwise(words):
        ends = _ends_sentence(word[0].rstrip(_CLOSING_MARKS), following[0].lstrip(_OPENING_MARKS))
        if is_after_sentence and word[0].rstrip(".").endswith((")", "]")):
            is_after_sentence, ends = False, not following[0][0].islower()
        is_new_line = "\n" in text[word.end() : following.start()]
        if ends and not is_new_line and following[0][0] in "([":
            is_after_sentence = True
        elif (ends and not is_after_sentence) or is_new_line:
            is_after_sentence = False
            starts.append(following.start())
    return starts


def _ends_sentence(word: str, following: str) -> bool:
    if not word.endswith((".", "!", "?", "…")) or following[:1].islower():
        return False
    plain = word.lstrip(_OPENING_MARKS)
    is_initial = len(plain) == 2 and plain[0].isupper() and plain[1] == "."
    is_abbreviation = plain.lower() in _ABBREVIATIONS or (
        plain.lower() in _ABBREVIATIONS_BEFORE_NUMBERS and following[:1].isdigit()
    )
    return not (is_initial or is_abbreviation)


def split_words(text: str) -> list[str]:
    """Split a text at white space into words; a word has at least one letter or digit."""
    return [word for word in text.split() if any(map(str.isalnum, word))]


def reading_grade(text: str, min_words: int = MIN_WORDS) -> float | None:
    """Return the reading grade of a text, or None for fewer than `min_words` words, of which it would say little.

    Web and e-mail addresses are not counted.
    """
    counted = _counted_words(text)
    return _grade(counted, len(split_sentences(text))) if len(counted) >= min_words else None


def hardest_sentence(text: str) -> str:
    """Return the sentence with the highest grade, if possible one of more than `SHORT_SENTENCE` words, or ""."""

    def hardness(sentence: str) -> tuple[bool, float]:
        counted = _counted_words(sentence)
        return len(counted) > SHORT_SENTENCE, _grade(counted, 1)

    return max(split_sentences(text), key=hardness, default="")


def _counted_words(text: str) -> list[str]:
    return [word for word in split_words(text) if not _URL_OR_EMAIL.search(word)]


def _grade(words: list[str], sentences: int) -> float:
    if not words:
        return 0.0
    return 0.39 * len(words) / sentences + 11.8 * sum(map(count_syllables, words)) / len(words) - 15.59


def reading_age(grade: float) -> int:
    """Return the age of children in a grade in whole years, from `FIRST_AGE` to `LAST_AGE`."""
    return min(max(round(grade + FIRST_AGE), FIRST_AGE), LAST_AGE)


def count_syllables(word: str) -> int:
    """Estimate the syllables of an English word from its vowels: at least 1."""
    return sum(map(_count_part_syllables, re.split(r"[^\w'’]+", word.lower()))) or 1


def _count_part_syllables(part: str) -> int:
    """Count the syllables of a word in small letters without hyphens; 0 without a vowel, as in "n" or "7"."""
    return len(_VOWELS.findall(part)) - len(_SILENT_E.findall(part)) + len(_SEPARATE_VOWELS.findall(part))
