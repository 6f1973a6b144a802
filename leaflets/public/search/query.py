"""What people type into the search, the query, as words and phrases to look for."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leaflets.models import SearchWords

MAX_LENGTH = 200  # characters of a query
MAX_WORDS = 12
MAX_ALTERNATIVES = 12  # phrases that one word or phrase is looked for by
_MAX_PHRASE = 8  # words of a phrase in the synonyms
# Numbers such as 6.65, and words. Everything else separates words, as it does for FTS5.
_WORD = re.compile(r"[0-9]+(?:\.[0-9]+)+|[^\W_]+")
_APOSTROPHES = re.compile("[’‘ʼ＇`´]")
_POSSESSIVE = re.compile(r"(?<=[^\W_])'s?(?![^\W_])")
# They are in most sentences, so they find nothing; they are left out unless there is nothing else.
_STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "get",
        "got",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "me",
        "mine",
        "my",
        "no",
        "not",
        "of",
        "off",
        "on",
        "or",
        "our",
        "ours",
        "out",
        "she",
        "should",
        "so",
        "some",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "yours",
        "d",
        "ll",
        "m",
        "re",
        "s",
        "t",
        "ve",
        # "Can't", with and without the apostrophe.
        *[
            "don",
            "dont",
            "doesn",
            "doesnt",
            "didn",
            "didnt",
            "won",
            "wont",
            "can",
            "cant",
            "couldn",
            "couldnt",
            "isn",
            "isnt",
            "aren",
            "arent",
            "wasn",
            "wasnt",
        ],
        *["haven", "havent", "hasn", "hasnt", "hadn", "hadnt", "shouldn", "shouldnt", "wouldn", "wouldnt"],
    ]
)

# A phrase is a tuple of words.
Phrase = tuple[str, ...]
Synonyms = Mapping[Phrase, tuple[Phrase, ...]]


def clean(text: str) -> str:
    """Return a query as it is shown again: one line of at most `MAX_LENGTH` characters, none of them invisible."""
    kept = (" " if unicodedata.category(one)[0] in "ZC" else one for one in text[: MAX_LENGTH * 4])
    return " ".join("".join(kept).split())[:MAX_LENGTH].rstrip()


def tokenize(text: str, limit: int | None = MAX_WORDS) -> Phrase:
    """Return the words of a text in small letters, without the ends of possessives: "Child's plans?" is (child, plans)."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = _POSSESSIVE.sub("", _APOSTROPHES.sub("'", text))
    return tuple(_WORD.findall(text)[:limit])


@dataclass(frozen=True)
class Group:
    """One word or phrase of a query, and the phrases that are looked for instead of it, itself first."""

    alternatives: tuple[Phrase, ...]

    @property
    def typed(self) -> Phrase:
        return self.alternatives[0]


def read_synonyms(record: SearchWords | None) -> Synonyms:
    """Return what to look for instead of each phrase, itself first."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    for synonym in record.parse_synonyms() if record else ():
        for asked in map(tokenize, synonym.asked):
            if asked:
                phrases = found.setdefault(asked, {asked: None})
                phrases.update(dict.fromkeys(filter(None, map(tokenize, synonym.found))))
    return {phrase: tuple(others)[:MAX_ALTERNATIVES] for phrase, others in found.items()}


def group_words(words: Phrase, synonyms: Synonyms) -> list[Group]:
    """Return the groups of a query: at each place the longest phrase that has synonyms, or else one word."""
    groups: list[Group] = []
    position = 0
    while position < len(words):
        phrase, others = _longest_phrase(words[position : position + _MAX_PHRASE], synonyms)
        groups.append(Group((phrase, *others)))
        position += len(phrase)
    without_stop_words = [group for group in groups if not is_stop_word(group)]
    return without_stop_words or groups


def _longest_phrase(words: Phrase, synonyms: Synonyms) -> tuple[Phrase, tuple[Phrase, ...]]:
    for length in range(len(words), 0, -1):
        phrase = words[:length]
        # A plural, such as "EHCPs": the index finds both forms.
        singular = (*phrase[:-1], phrase[-1].removesuffix("s"))
        others = synonyms.get(phrase) or synonyms.get(singular)
        if others:
            return phrase, tuple(other for other in others if other not in (phrase, singular))
    return words[:1], ()


def is_stop_word(group: Group) -> bool:
    """Whether a group is a word without synonyms that is in most sentences."""
    return len(group.alternatives) == 1 and all(word in _STOP_WORDS for word in group.typed)


def quote(phrases: Iterable[Phrase]) -> str:
    """Return phrases as an expression of FTS5 that finds any of them. Words have no character that FTS5 interprets."""
    return " OR ".join(f'"{" ".join(phrase)}"' for phrase in phrases)
