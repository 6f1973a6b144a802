"""The glossary: words that schools and councils use, explained. One YAML file, and a search for the words in a text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from leaflets.files.digests import digest
from leaflets.files.fields import SLUG, Fields, write_fields
from leaflets.files.problems import Kind, Problem

from . import readability
from .leaflet import UNAPPROVED, read_approval, slugify

MAX_TERMS = 500
MAX_FORMS = 20
MAX_WORDS = 40  # of an explanation
MAX_WORDS_OF_FORM = 10
MAX_READING_AGE = 11  # years
MIN_WORDS_MEASURED = 8
# As long as the fields in the database.
MAX_TERM = 100
MAX_EXPLANATION = 400
MAX_ANCHOR = 80
MAX_PROVISION = 120
MAX_LINK = 200

# A word: letters and digits, also with hyphens inside it, as in co-ordinator.
_WORD = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")
_APOSTROPHES = ("'", "’")
# Beside these a word is a part of something else: an address, a file name, an HTML entity.
_NOT_BEFORE = frozenset("._-@&#=\\")
_NOT_AFTER = frozenset("_-@")


@dataclass(frozen=True)
class TermSource:
    """A word and its explanation.

    `forms` are other words for it and its plurals, as `WordFinder` finds them. `anchor` is the end of its address.
    `provision` is where the law says so, as "code-of-practice/6.2", or "". `line` is that of the term in the file.
    """

    term: str
    explanation: str
    anchor: str
    forms: tuple[str, ...] = ()
    provision: str = ""
    link: str = ""
    unapproved: bool = False
    line: int = field(default=1, compare=False)

    @cached_property
    def digest(self) -> str:
        return digest(write_fields(_term_fields(self)))

    @property
    def all_forms(self) -> tuple[str, ...]:
        return (self.term, *self.forms)


@dataclass(frozen=True)
class GlossarySource:
    """All terms of the glossary."""

    terms: tuple[TermSource, ...]
    path: str = field(default="", compare=False)

    @property
    def finder(self) -> "WordFinder":
        return WordFinder((form, term.anchor) for term in self.terms for form in term.all_forms)


def read_glossary(text: str, path: str, _name: str = "") -> tuple[GlossarySource, list[Problem]]:
    """Read the YAML of the glossary. It is complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    terms = []
    for line, entry in fields.entries("terms", required=False):
        name = entry.text("term")
        unapproved = read_approval(entry)
        term = TermSource(
            term=name,
            explanation=entry.text("explanation"),
            anchor=entry.slug("anchor", required=False) or slugify(name),
            forms=entry.texts("forms", required=False),
            provision=entry.text("provision", required=False),
            link=entry.text("link", required=False),
            unapproved=unapproved,
            line=line,
        )
        entry.finish()
        terms.append(term)
    fields.finish()
    if len(terms) > MAX_TERMS:
        problems.append(Problem(path, 1, f"There are more than {MAX_TERMS} words here.", Kind.TOO_LONG))
        return GlossarySource((), path), problems
    for term in terms:
        problems += [Problem(path, term.line, message, kind) for message, kind in find_mistakes(term)]
    problems += [
        Problem(path, term.line, message, Kind.FIELD_REPEATED) for term, message in find_shared(terms)
    ]
    return GlossarySource(tuple(terms), path), problems


def write_glossary(source: GlossarySource) -> str:
    """Return the YAML of the glossary in canonical form: terms in alphabetical order."""
    terms = sorted(source.terms, key=lambda term: (term.term.casefold(), term.anchor))
    return write_fields({"terms": [_term_fields(term) for term in terms]})


def _term_fields(term: TermSource) -> dict[str, object]:
    values = {
        "term": term.term,
        "anchor": term.anchor if term.anchor != slugify(term.term) else "",
        "forms": list(term.forms),
        "explanation": term.explanation,
        "provision": term.provision,
        "link": term.link,
        "approval": UNAPPROVED if term.unapproved else "",
    }
    return {name: value for name, value in values.items() if value}


def find_mistakes(term: TermSource) -> Iterator[tuple[str, Kind]]:
    """Yield what is wrong in one term, as (message, kind)."""
    texts = [(form, MAX_TERM) for form in term.all_forms]
    texts += [(term.explanation, MAX_EXPLANATION), (term.anchor, MAX_ANCHOR)]
    texts += [(term.provision, MAX_PROVISION), (term.link, MAX_LINK)]
    for text, limit in texts:
        if len(text) > limit:
            yield f"`{text[:40]}…` is longer than {limit} characters. Shorten it.", Kind.TOO_LONG
    if len(term.forms) > MAX_FORMS:
        yield f"“{term.term[:40]}” has more than {MAX_FORMS} other forms. Leave some out.", Kind.TOO_LONG
    words = len(readability.split_words(term.explanation))
    if words > MAX_WORDS:
        message = f"The explanation of “{term.term[:40]}” has {words} words. Use {MAX_WORDS} at most."
        yield message, Kind.TOO_LONG
    for form in term.all_forms:
        if form and not _WORD.search(form):
            yield f"“{form[:40]}” has no letters. Write a word, or take it out.", Kind.FIELD_VALUE
        if len(_WORD.findall(form)) > MAX_WORDS_OF_FORM:
            yield f"“{form[:40]}…” has more than {MAX_WORDS_OF_FORM} words. Shorten it.", Kind.TOO_LONG
    source, slash, number = term.provision.partition("/")
    if term.provision and not (slash and number and SLUG.fullmatch(source)):
        message = f"`provision: {term.provision[:40]}` has to be a law and a number, such as `code-of-practice/6.2`."
        yield message, Kind.FIELD_VALUE
    if term.link and not _is_link(term.link):
        message = (
            f"The link `{term.link[:40]}` has to start with `https://`, `http://` or `/`, without spaces."
        )
        yield message, Kind.LINK_FORM


def _is_link(link: str) -> bool:
    if any(character.isspace() for character in link) or link.startswith(("//", "/\\")):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return bool(parts.netloc) if parts.scheme in ("http", "https") else not parts.scheme and link[0] == "/"


def find_shared(terms: Iterable[TermSource]) -> Iterator[tuple[TermSource, str]]:
    """Yield each term that has an anchor or a form of a term before it, and a message."""
    anchors: dict[str, TermSource] = {}
    forms: dict[tuple[str, ...], TermSource] = {}
    for term in terms:
        first = anchors.setdefault(term.anchor, term)
        if first is not term:
            message = (
                f"“{term.term[:40]}” and “{first.term[:40]}” have one address, `{term.anchor}`. Take one out."
            )
            yield term, message
            continue
        for form in term.all_forms:
            other = forms.setdefault(_key(form), term)
            if other is not term:
                yield term, f"“{form[:40]}” is a form of “{other.term[:40]}” too. Keep one."


def describe_hard_words(term: TermSource) -> str:
    """Return a hint where the explanation is hard to read, or ""."""
    grade = readability.reading_grade(term.explanation, MIN_WORDS_MEASURED)
    if grade is None or readability.reading_age(grade) <= MAX_READING_AGE:
        return ""
    hardest = readability.hardest_sentence(term.explanation)
    return (
        f"The explanation of “{term.term}” is for readers of {readability.reading_age(grade)} years or more. "
        f"Aim for {MAX_READING_AGE} or less; begin with “{hardest[:60]}”."
    )


# --- Words in a text ---------------------------------------------------------------------------------------


def _parts(text: str, words: list[re.Match[str]]) -> Iterator[str]:
    """Yield how words are looked up: in small letters, with what stands before each but the first."""
    end: int | None = None
    for word in words:
        before = "" if end is None else _separator(text, end, word.start())
        yield before + word[0].casefold()
        end = word.end()


def _key(form: str) -> tuple[str, ...]:
    return tuple(_parts(form, list(_WORD.finditer(form))))


def _separator(text: str, start: int, end: int) -> str:
    """Return a space, an apostrophe, or what no form has: words that stand apart are no form."""
    between = text[start:end] if end - start <= 100 else ""
    if between.isspace():
        return " "
    return "'" if between in _APOSTROPHES else "\0"


def _is_abbreviation(word: str) -> bool:
    return sum(map(str.isupper, word)) > 1


class _Node:
    """A step in the tree of forms: the words that can follow, and the forms that end here with their terms."""

    __slots__ = ("following", "forms")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.forms: list[tuple[list[str], str]] = []


class WordFinder:
    """Finds the forms of terms in texts: whole words, the longest form first.

    A word of a form with two or more capitals, such as SEN, is found only as it is written; other words in capitals or
    small letters. The time is linear in the length of the text, and does not grow with the number of forms.
    """

    def __init__(self, forms: Iterable[tuple[str, str]]) -> None:
        """`forms` are pairs of a form and what `find` returns for it, such as the term's anchor."""
        self._root = _Node()
        for form, term in forms:
            node = self._root
            for part in _key(form)[:MAX_WORDS_OF_FORM]:
                node = node.following.setdefault(part, _Node())
            node.forms.append((_WORD.findall(form), term))

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield the start and end of each form in a text, and its term. They do not overlap."""
        words, firsts = list(_WORD.finditer(text)), self._root.following
        free = 0  # the index of the first word after the last form
        for index in [index for index, word in enumerate(words) if word[0].casefold() in firsts]:
            length, term = self._match(text, words, index) if index >= free else (0, "")
            if length:
                yield words[index].start(), words[index + length - 1].end(), term
                free = index + length

    def _match(self, text: str, words: list[re.Match[str]], index: int) -> tuple[int, str]:
        """Return how many words from `index` on are a form, and its term; 0 for none. The first begins a form."""
        node: _Node | None = self._root
        start = words[index].start()
        if text[start - 1 : start] in _NOT_BEFORE:
            return 0, ""
        found, candidates = (0, ""), words[index : index + MAX_WORDS_OF_FORM]
        for length, part in enumerate(_parts(text, candidates), start=1):
            node = node.following.get(part) if node else None
            if node is None:
                break
            for form, term in node.forms:
                if not _goes_on(text, candidates[length - 1].end()) and all(
                    ours[0] == theirs or not _is_abbreviation(theirs)
                    for ours, theirs in zip(candidates, form, strict=False)
                ):
                    found = length, term
        return found


def _goes_on(text: str, end: int) -> bool:
    """Whether the word that ends here is a part of an address or a file name."""
    after = text[end : end + 2]
    return after[:1] in _NOT_AFTER or (after[:1] == "." and after[1:].isalnum())
