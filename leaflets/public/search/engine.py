"""Answers to queries, from an index that follows the database.

There is one index in each process. gunicorn makes it before it forks, and each process copies it on its first search; without
that, the first search makes it. It is brought up to date when the site version changes, so an edit on another replica is
found as soon as this one learns of it. What was found is looked up again in the database before
it is shown, so a text that was withdrawn since is never shown.
"""

import os
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from leaflets.models import SearchWords
from leaflets.models.site_version import Version

from .documents import KINDS, Place, find_places, html_to_text, place_of_provision
from .index import BEGIN, END, Document, Hit, Index, Snapshot
from .provisions import FoundProvision, NamedProvision, find_provisions
from .query import Group, Phrase, Synonyms, clean, group_words, read_synonyms, tokenize

MAX_RESULTS = 20
_MARKED = re.compile(f"{BEGIN}([^{END}]*){END}")
_ARTICLES = frozenset(["a", "an", "the"])
_EXACT_WEIGHT = 1.25
_WEIGHTS = {kind.name: kind.weight for kind in KINDS}
_LAST = {kind.name for kind in KINDS if kind.comes_last}
_CANDIDATES = 30  # of each table, before the hits are sorted
_MAX_SENTENCE = 300  # characters
# A sentence ends with a mark before a space. A line is a block of the text. It begins with a set of characters, which the
# module `re` looks for many times as fast as for another beginning.
_SENTENCE_END = re.compile(r"[.?!\n](?:(?<=\n)\s*|\s+)")


@dataclass(frozen=True)
class Result:
    """One answer, at `path` and `fragment`, which is "" or starts with "#". `heading` and `sentence` are HTML with `<mark>`; `origin` says where it is from."""

    path: str
    fragment: str
    heading: SafeString
    sentence: SafeString
    origin: str


@dataclass
class Answer:
    """The results for a query, best first.

    `also_searched` are phrases that were looked for too, `suggestion` is the query in other words, or "". `missing` is a provision
    that the query names and the site does not have. `words` are those of the query, and `unknown` those of them that
    are nowhere on the site, and are not spelt like another word.
    """

    results: list[Result] = field(default_factory=list)
    also_searched: list[str] = field(default_factory=list)
    suggestion: str = ""
    missing: NamedProvision | None = None
    words: Phrase = ()
    unknown: Phrase = ()


class Engine:
    """The index of this process, and the site version that it shows. Safe for several threads."""

    def __init__(self, prepared: "Prepared | None" = None) -> None:
        self._lock = threading.Lock()
        self._index = Index(prepared.snapshot if prepared else None)
        self._version = prepared.version if prepared else None
        self._synonyms: Synonyms = prepared.synonyms if prepared else {}
        # Each phrase of the synonyms as staff wrote it.
        self._written: Mapping[Phrase, str] = prepared.written if prepared else {}

    def prepare(self, version: Version) -> "Prepared":
        """Return what an engine of another process begins with. This one must not be used later."""
        self._sync_index()
        return Prepared(self._index.take_snapshot(), version, self._synonyms, self._written)

    def answer(self, query: str, version: Version | None) -> Answer:
        """Answer a query. `version` is the site version that the request has to show; None is unknown."""
        provisions, named = find_provisions(query)
        words = tokenize(query)
        with self._lock:
            if version is None or version != self._version:
                self._sync_index()
                self._version = version
            groups = _cite(named) if named else group_words(words, self._synonyms)
            expression = self._index.express(groups)
            hits = [
                hit
                for table, match in expression.matches.items()
                for hit in self._index.find(match, table, _CANDIDATES)
            ]
            also_searched = [] if named else self._synonyms_of(groups)
        unknown = tuple(word for word, other in expression.unknown.items() if not other)
        if unknown:
            # The rest of the words says too little for the pages about this site: "time" of "part time timetable".
            hits = [hit for hit in hits if hit.kind not in _LAST]
        results = _show_provisions(provisions) + _show_hits(_sort(hits, groups), provisions)
        return Answer(
            results=results[:MAX_RESULTS],
            also_searched=also_searched,
            suggestion="" if named else suggest(query, expression.unknown),
            missing=named if named and not provisions else None,
            words=words,
            unknown=() if named else unknown,
        )

    def _synonyms_of(self, groups: Iterable[Group]) -> list[str]:
        phrases = (phrase for group in groups for phrase in group.alternatives[1:])
        return [self._written.get(phrase, " ".join(phrase)) for phrase in dict.fromkeys(phrases)]

    def _sync_index(self) -> None:
        """Take out of the index what is gone or was changed, and put in what is new."""
        keys = {key: (kind, pk) for kind in KINDS for key, pk in kind.keys().items()}
        record = SearchWords.objects.first()
        synonyms, written = read_synonyms(record), _written_phrases(record)
        spelling = Document(
            f"synonyms {hash(tuple(synonyms))}",
            "",
            0,
            (),
            words=tuple({one for phrase in synonyms for one in phrase}),
        )
        new = [] if spelling.key in self._index.keys else [spelling]
        for kind in KINDS:
            missing = {
                key: pk for key, (one, pk) in keys.items() if one is kind and key not in self._index.keys
            }
            new += kind.read(missing)
        self._index.update(self._index.keys - keys.keys() - {spelling.key}, new)
        self._synonyms, self._written = synonyms, written


def _written_phrases(record: SearchWords | None) -> dict[Phrase, str]:
    synonyms = record.parse_synonyms() if record else []
    terms = [term for synonym in synonyms for term in (*synonym.asked, *synonym.found)]
    return {tokenize(term): term for term in reversed(terms)}


def _cite(named: NamedProvision) -> list[Group]:
    """Return what texts that name a provision have in them: "section 36", "s 36", and a decimal number alone."""
    number = tokenize(named.number)
    units = dict.fromkeys(source.unit for source in named.sources)
    phrases = [number] if "." in named.number else []
    phrases += [(unit, *number) for name in units for unit in (name, name[0])]
    return [Group(tuple(phrases))]


def suggest(query: str, unknown: Mapping[str, str]) -> str:
    """Return the query with suggestions instead of the words that were found nowhere, or "" without any."""
    if not any(unknown.values()):
        return ""

    def replace(match: re.Match[str]) -> str:
        normal = tokenize(match[0])
        word = unknown.get(normal[0], "") if len(normal) == 1 else ""
        return (capfirst(word) if match[0][0].isupper() else word) or match[0]

    changed = re.sub(r"[^\W_]+", replace, query)
    return changed if changed != query else ""


def _sort(hits: Iterable[Hit], groups: list[Group]) -> list[Hit]:
    """Sort hits: headings that are the query itself first, then by rank.

    Equal ones go by title, not by when they were put into the index, which differs between processes.
    """
    words = {_singular(word) for group in groups for phrase in group.alternatives for word in phrase}

    def key(hit: Hit) -> tuple[Any, ...]:
        marked = [tokenize(one) for one in _MARKED.findall(hit.heading)]
        others = set(tokenize(_MARKED.sub(" ", hit.heading), limit=None))
        is_query = len(marked) == len(groups) and others <= _ARTICLES
        # Words are found by their stems: "medication" finds "medical" too, which is less.
        is_exact = any(_singular(word) in words for phrase in marked for word in phrase)
        rank = hit.rank * _WEIGHTS[hit.kind] * (_EXACT_WEIGHT if is_exact else 1)
        # Ranks are negative. Their last digits depend on the order in which numbers were added up.
        return not is_query, hit.kind in _LAST, round(rank, 9), hit.title, hit.anchor, hit.heading

    return sorted(hits, key=key)


def _singular(word: str) -> str:
    return word.removesuffix("s")


def _show_provisions(provisions: Iterable[FoundProvision]) -> list[Result]:
    results = []
    for provision, sub in provisions:
        place = place_of_provision(provision)
        anchor = provision.anchor_of(sub)
        text = html_to_text(provision.text_html).strip()
        if not text and provision.cited:  # type: ignore[attr-defined]
            text = "Our leaflets cite it. See what they say."
        heading = join_heading(f"{place.name}{sub}", provision.heading)
        results.append(
            Result(
                place.path,
                f"#{anchor}" if anchor else "",
                mark_safe(f"<mark>{escape(heading)}</mark>"),  # noqa: S308 - escaped
                _show(_shorten(next(split_sentences(text), ""))),
                place.origin,
            )
        )
    return results


def _show_hits(hits: list[Hit], provisions: list[FoundProvision]) -> list[Result]:
    shown_already = {("provision", found.provision.pk) for found in provisions}
    hits = [hit for hit in hits if (hit.kind, hit.pk) not in shown_already]
    results: list[Result] = []
    # The rest is looked up only instead of those that are not public any more.
    for some in (hits[:MAX_RESULTS], hits[MAX_RESULTS:]):
        if some and len(results) < MAX_RESULTS:
            places = find_places((hit.kind, hit.pk) for hit in some)
            live = [(hit, places[hit.kind, hit.pk]) for hit in some if (hit.kind, hit.pk) in places]
            results += [_show_hit(hit, place) for hit, place in live[: MAX_RESULTS - len(results)]]
    return results


def _show_hit(hit: Hit, place: Place) -> Result:
    return Result(
        place.path,
        f"#{hit.anchor}" if hit.anchor else "",
        _show(join_heading(place.name, hit.heading)),
        _show(best_sentence(hit.body)),
        f"{place.origin} › {hit.above}" if hit.above else place.origin,
    )


def join_heading(name: str, heading: str) -> str:
    """Return the heading of a result: "Section 36: Assessment of needs", or either of the two."""
    return f"{name}: {heading}" if name and heading else name or heading


def split_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text, each with the mark at its end."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if sentence := text[start : match.start() + 1].strip():
            yield sentence
        start = match.end()
    if sentence := text[start:].strip():
        yield sentence


def best_sentence(body: str) -> str:
    """Return the sentence of a marked text that has most of the different words that were found; the first of equals."""
    sentences = list(split_sentences(body))
    if not sentences:
        return ""
    marked = [sentence for sentence in sentences if BEGIN in sentence]
    # Where only the heading has the words: the first sentence that says something without what comes after it.
    whole = [sentence for sentence in sentences if not sentence.endswith(":")]
    best = max(marked or whole[:1] or sentences[:1], key=lambda sentence: len(_marked_words(sentence)))
    return _shorten(_balance(best))


def _marked_words(sentence: str) -> set[str]:
    return {one.lower() for one in re.findall(f"{BEGIN}([^{END}]*)", sentence)}


def _balance(sentence: str) -> str:
    """Add the mark whose other half is in another sentence: a phrase can go beyond the end of one."""
    if sentence.rfind(BEGIN) > sentence.rfind(END):
        sentence += END
    first_end, first_begin = sentence.find(END), sentence.find(BEGIN)
    if first_end != -1 and (first_begin == -1 or first_end < first_begin):
        sentence = BEGIN + sentence
    return sentence


def _shorten(sentence: str) -> str:
    """Cut a long sentence to the words around the first mark."""
    if len(sentence) <= _MAX_SENTENCE:
        return sentence
    start = max(0, sentence.find(BEGIN) - _MAX_SENTENCE // 3)
    cut = sentence[start : start + _MAX_SENTENCE]
    if start:
        cut = f"… {cut.partition(' ')[2] or cut}"
    if start + _MAX_SENTENCE < len(sentence):
        cut = f"{cut.rpartition(' ')[0] or cut} …"
    return _balance(cut)


def _show(marked: str) -> SafeString:
    """Escape a marked text, and then make its marks elements."""
    html = escape(marked).replace(BEGIN, "<mark>").replace(END, "</mark>")
    return mark_safe(html)  # noqa: S308 - escaped before


class Prepared(NamedTuple):
    """What an engine shows for a site version, as plain data."""

    snapshot: Snapshot
    version: Version
    synonyms: Synonyms
    written: Mapping[Phrase, str]


_engine: Engine | None = None
_prepared: Prepared | None = None
_making = threading.Lock()


def prepare(version: Version) -> None:
    """Make the index for processes that are forked later, which takes seconds for a large site: they copy it in milliseconds.

    `version` is the site version as of now. Raises `django.db.Error` and `sqlite3.Error`.
    """
    global _prepared
    # A SQLite older than 3.36 may lack it. Each process makes its own index then.
    if hasattr(sqlite3.Connection, "serialize"):
        _prepared = Engine().prepare(version)


def get_engine() -> Engine:
    """Return the engine of this process. Processes that are forked later make their own."""
    global _engine
    with _making:
        if _engine is None:
            _engine = Engine(_prepared)
        return _engine


def forget_engine() -> None:
    """Let the next search make the index of this process again, or copy the prepared one."""
    global _engine, _making
    _engine, _making = None, threading.Lock()


os.register_at_fork(after_in_child=forget_engine)


def answer(query: str, version: Version | None) -> Answer:
    """Answer a query that was typed. See `Engine.answer`."""
    query = clean(query)
    if not query:
        return Answer()
    try:
        return get_engine().answer(query, version)
    except sqlite3.Error:
        forget_engine()  # It may be half updated.
        raise
