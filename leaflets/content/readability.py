"""How hard a text is to read: its sentences, and the age at which most people can follow it. No Django here.

The formula is that of Flesch and Kincaid:

    grade = 0.39 × words / sentences + 11.8 × syllables / words − 15.59

J. P. Kincaid, R. P. Fishburne, R. L. Rogers, B. S. Chissom: Derivation of New Readability Formulas for Navy
Enlisted Personnel, Research Branch Report 8-75, Naval Air Station Memphis, 1975. A grade is a school year of
the United States; children in grade 7 are about 12 years old. It only counts, and knows nothing of what the
words mean: it helps to see where to look first, and says nothing about whether a text is any good.
"""

import re
from itertools import zip_longest

# Fewer words than this say nothing about a text.
FEWEST_WORDS = 30
FEW_WORDS = 8
# The age of children in grade 0, the kindergarten of the United States.
FIRST_AGE = 5
LAST_AGE = 18

_LINE_MARK = re.compile(r"\A\s*(?:#{1,6}|[-*+•·▪◦●○]|\d{1,2}[.)])\s+")
_CLOSING, _OPENING = "\"'”’)]", "\"'“‘(["
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
_ADDRESS = re.compile(r"@|://|^www\.")

# A group of vowels is a syllable …
_VOWELS = re.compile(r"[aeiouyàâäáæèéêëìíîïòóôöùúûüœ]+")
# … but not an e that only closes a word, or the part of a word before an ending: make, names, used, careful.
# It is heard in table, centre, handled, changes, wishes and started.
_SILENT = re.compile(
    r"(?<![aeiouy])(?<![bcdfgkpstz]l)(?:"
    r"(?<!tr)e\Z"
    r"|(?<![sxzcg])(?<![cs]h)es\Z"
    r"|(?<![td])ed\Z"
    r"|(?<=[a-z])e(?=(?:ments?|less|ful|fully|ly|ness|where|times?)\Z)"
    r")"
)
# … and two in media, various, science, create, actual, being, theory, quiet, area and coordinator.
_APART = re.compile(
    r"(?<![cstxg])ia(?!ge)|(?<![cstxgln])io(?!ur)|(?<=[rlc])ien[ct]|eat(?=[eio])|(?<!q)ua[lt]"
    r"|(?<=[aeiouy])ing|eo(?![up])|iet|(?<=[aeiouy][a-z])ea(?=s?\Z)|\Aco(?=ordin|operat)"
)


def sentences(text: str) -> list[str]:
    """Part a text into sentences, without their list bullets and heading marks.

    A line is a paragraph, list item or heading of its own, and ends a sentence. Within a line one ends at a
    full stop, question or exclamation mark, unless the next word begins with a small letter or the last one
    is an abbreviation or an initial: "e.g. Hartlepool", "Tel. 01429", "Mr J. Smith", "para. 6".
    """
    found = []
    for line in text.splitlines():
        parts = _LINE_MARK.sub("", line).split()
        start = 0
        for place, (word, following) in enumerate(zip_longest(parts, parts[1:], fillvalue=""), start=1):
            if not following or _ends_sentence(word.rstrip(_CLOSING), following.lstrip(_OPENING)):
                found.append(" ".join(parts[start:place]))
                start = place
    return [sentence for sentence in found if words(sentence)]


def _ends_sentence(word: str, following: str) -> bool:
    if not word.endswith((".", "!", "?", "…")) or following[:1].islower():
        return False
    plain = word.lstrip(_OPENING)
    is_initial = len(plain) == 2 and plain[0].isupper() and plain[1] == "."
    is_abbreviation = plain.lower() in _ABBREVIATIONS or (
        plain.lower() in _ABBREVIATIONS_BEFORE_NUMBERS and following[:1].isdigit()
    )
    return not (is_initial or is_abbreviation)


def words(text: str) -> list[str]:
    """The words of a text: whatever stands between white space and has a letter or digit in it."""
    return [word for word in text.split() if any(map(str.isalnum, word))]


def grade(text: str) -> float | None:
    """The reading grade of a text; None where it is too short to tell. Web and e-mail addresses do not count."""
    counted = _counted_words(text)
    return _grade(counted, len(sentences(text))) if len(counted) >= FEWEST_WORDS else None


def hardest_sentence(text: str) -> str:
    """The sentence of the highest grade, of those that are more than a few words; empty where there is none."""

    def hardness(sentence: str) -> tuple[bool, float]:
        counted = _counted_words(sentence)
        return len(counted) > FEW_WORDS, _grade(counted, 1)

    return max(sentences(text), key=hardness, default="")


def _counted_words(text: str) -> list[str]:
    return [word for word in words(text) if not _ADDRESS.search(word)]


def _grade(words: list[str], sentences: int) -> float:
    if not words:
        return 0.0
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def age(grade: float) -> int:
    """The age of children in a grade, in whole years, from the first to the last that go to school."""
    return min(max(round(grade + FIRST_AGE), FIRST_AGE), LAST_AGE)


def syllables(word: str) -> int:
    """About how many syllables an English word has, by its vowels. A number or an abbreviation counts as written."""
    return sum(map(_syllables_of_part, re.split(r"[^\w'’]+", word.lower()))) or 1


def _syllables_of_part(part: str) -> int:
    """The syllables of a word without hyphens, in small letters; none where it has no vowel, as in "n" or "7"."""
    return len(_VOWELS.findall(part)) - len(_SILENT.findall(part)) + len(_APART.findall(part))
