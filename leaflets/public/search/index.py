"""The index: SQLite's FTS5 in memory. It knows documents and words, but neither models nor synonyms."""

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from .query import Group, Phrase, quote, tokenize

# Characters of the private use area, which are taken out of the texts, mark what was found.
BEGIN, END = "\ue000", "\ue001"
_MARKS = re.compile(f"[{BEGIN}{END}]")
_CANDIDATES = 40  # of the suggestions for one word
_MAX_SUGGESTED = 3  # words of one query for which a suggestion is looked for
_WEIGHTS = "5.0, 5.0, 2.0, 1.0"  # of heading, subheadings, title, body
# Letters at both ends, so that the first and the last letters of a word make trigrams too.
_EDGE = "\u2039"


@dataclass(frozen=True)
class Part:
    """What a result leads to: a section, a provision, a word.

    `anchor` is its place on the page of its document, or "". `title` is that of the document and `above` that of the
    section which this is a part of, or "". `others` are more headings of it, which count as much as its own.
    """

    heading: str
    body: str
    anchor: str = ""
    title: str = ""
    above: str = ""
    others: str = ""


@dataclass(frozen=True)
class Document:
    """A leaflet's edition, a provision, or a word of the glossary.

    `key` changes with the text: documents are replaced, never changed. `table` is one of `TABLES`.
    """

    key: str
    kind: str
    pk: int
    parts: tuple[Part, ...]
    table: str = "guidance"
    # Words for suggestions that are in no part.
    words: tuple[str, ...] = ()


class Hit(NamedTuple):
    """A part that was found. `heading` and `body` have `BEGIN` and `END` around the words. A lower rank is better."""

    kind: str
    pk: int
    anchor: str
    title: str
    above: str
    heading: str
    body: str
    rank: float


class Expression(NamedTuple):
    """What to look for in each table, and the words that were found nowhere, each with a suggestion or ""."""

    matches: dict[str, str]
    unknown: dict[str, str]


class Snapshot(NamedTuple):
    """An index as plain data, for a process that is forked later: a connection of SQLite must not be used in two."""

    database: bytes
    documents: dict[str, tuple[str, list[int], frozenset[str]]]
    words: Counter[str]
    word_rows: dict[str, int]
    sizes: dict[str, int]


# The law has a table of its own: its many provisions would change how rare a word of the leaflets is.
TABLES = ("guidance", "law")
# Parts of a small site that a word may always be in.
_FEW = 5


class Index:
    """Documents by their key, none at first or those of a snapshot. Not for several threads at once."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        # Used by one thread at a time, but not always the same one.
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._documents: dict[str, tuple[str, list[int], frozenset[str]]] = {}
        self._words: Counter[str] = Counter()
        self._word_rows: dict[str, int] = {}
        self._sizes = dict.fromkeys(TABLES, 0)
        if snapshot is None:
            self._create_tables()
        else:
            self._restore(snapshot)

    def _create_tables(self) -> None:
        for table in TABLES:
            self._database.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5("
                "heading, others, headline, body, key UNINDEXED, kind UNINDEXED, pk UNINDEXED, anchor UNINDEXED, "
                "above UNINDEXED, tokenize='porter unicode61 remove_diacritics 2')"
            )
            self._database.execute(
                f"INSERT INTO {table}({table}, rank) VALUES ('rank', 'bm25({_WEIGHTS})')"  # noqa: S608 - one of TABLES
            )
        self._database.execute("CREATE VIRTUAL TABLE spelling USING fts5(word, tokenize='trigram')")

    def _restore(self, snapshot: Snapshot) -> None:
        with closing(sqlite3.connect(":memory:")) as source:
            source.deserialize(snapshot.database)
            source.backup(self._database)
        self._documents = dict(snapshot.documents)
        self._words = Counter(snapshot.words)
        self._word_rows = dict(snapshot.word_rows)
        self._sizes = dict(snapshot.sizes)

    def take_snapshot(self) -> Snapshot:
        """Return a copy. The index must not change later, because the copy shares its dictionaries."""
        return Snapshot(
            self._database.serialize(), self._documents, self._words, self._word_rows, self._sizes
        )

    @property
    def keys(self) -> set[str]:
        return set(self._documents)

    def update(self, gone: Iterable[str], new: Iterable[Document]) -> None:
        """Take documents out by their keys, and put new ones in."""
        before = set(self._word_rows)
        self._database.execute("BEGIN")
        for key in gone:
            self._remove(key)
        for document in new:
            self._add(document)
        # The words are counted by difference: counting all of them would take many times as long for each edit.
        now = {word for word, count in self._words.items() if count > 0}
        for word in before - now:
            self._database.execute("DELETE FROM spelling WHERE rowid = ?", (self._word_rows.pop(word),))
            del self._words[word]
        for word in sorted(now - before):
            cursor = self._database.execute("INSERT INTO spelling(word) VALUES (?)", (_padded(word),))
            self._word_rows[word] = cursor.lastrowid or 0
        self._database.execute("COMMIT")

    def _add(self, document: Document) -> None:
        rows = []
        words = set(document.words)
        for part in document.parts:
            texts = [
                _MARKS.sub("", text).replace("\0", "")
                for text in (part.heading, part.others, part.title, part.body)
            ]
            cursor = self._database.execute(
                f"INSERT INTO {document.table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - one of TABLES
                (*texts, document.key, document.kind, document.pk, part.anchor, part.above),
            )
            rows.append(cursor.lastrowid or 0)
            words.update(tokenize(" ".join(texts), limit=None))
        spelt = frozenset(word for word in words if word.isalpha() and 3 <= len(word) <= 40)
        self._words.update(spelt)
        self._sizes[document.table] += len(rows)
        self._documents[document.key] = document.table, rows, spelt

    def _remove(self, key: str) -> None:
        table, rows, words = self._documents.pop(key)
        sql = f"DELETE FROM {table} WHERE rowid = ?"  # noqa: S608 - one of TABLES
        self._database.executemany(sql, ((row,) for row in rows))
        self._words.subtract(words)
        self._sizes[table] -= len(rows)

    def express(self, groups: Collection[Group]) -> Expression:
        """Return what to look for. A word that is found nowhere is looked for as its suggestion too.

        Groups that are in more than half of a table's parts are left out. If only such are left, headings are searched.
        """
        counts = {
            phrase: {table: self._count(phrase, table) for table in TABLES}
            for group in groups
            for phrase in group.alternatives
        }
        unknown: dict[str, str] = {}
        for group in groups:
            if len(group.typed) == 1 and not any(
                any(counts[phrase].values()) for phrase in group.alternatives
            ):
                (word,) = group.typed
                unknown[word] = self.suggest(word) if len(unknown) < _MAX_SUGGESTED else ""
        suggested = [(word,) for word in unknown.values() if word]
        matches = {}
        for table in TABLES:
            most = max(self._sizes[table] / 2, _FEW)
            selective = [
                phrase
                for group in groups
                if max(counts[phrase][table] for phrase in group.alternatives) <= most
                for phrase in group.alternatives
            ]
            match = quote(dict.fromkeys([*(selective or counts), *suggested]))
            matches[table] = match if selective or not match else f"{{heading others headline}} : ({match})"
        return Expression(matches, unknown)

    def _count(self, phrase: Phrase, table: str) -> int:
        sql = f"SELECT count(*) FROM {table} WHERE {table} MATCH ?"  # noqa: S608 - one of TABLES
        return int(self._database.execute(sql, (quote([phrase]),)).fetchone()[0])

    def find(self, match: str, table: str, limit: int) -> list[Hit]:
        """Return the best hits of a table, best first."""
        if not match:
            return []
        # Sorted by `rank` alone: with any other term, every row is marked before the sorting.
        columns = f"kind, pk, anchor, headline, above, highlight({table}, 0, ?, ?), highlight({table}, 3, ?, ?), rank"
        sql = f"SELECT {columns} FROM {table} WHERE {table} MATCH ? ORDER BY rank LIMIT ?"  # noqa: S608 - one of TABLES
        return [Hit(*row) for row in self._database.execute(sql, (BEGIN, END, BEGIN, END, match, limit))]

    def suggest(self, word: str) -> str:
        """Return the word of the site that this is a misspelling of, or ""."""
        if not (4 <= len(word) <= 40 and word.isalpha()):
            return ""
        padded = _padded(word)
        grams = dict.fromkeys((padded[start : start + 3],) for start in range(len(padded) - 2))
        rows = self._database.execute(
            "SELECT word FROM spelling WHERE spelling MATCH ? ORDER BY rank LIMIT ?",
            (quote(grams), _CANDIDATES),
        )
        most = 1 if len(word) < 7 else 2 if len(word) < 11 else 3
        candidates = [row[0].strip(_EDGE) for row in rows]
        if len(word) < 5:  # "near" is no misspelling of "year"
            candidates = [one for one in candidates if one[0] == word[0]]
        near = self._nearest(word, candidates, most)
        # Two letters that changed places in a short word leave it without a common trigram.
        return near or self._nearest(word, self._similar(word), most)

    def _similar(self, word: str) -> list[str]:
        first, length = word[0], len(word)
        return [one for one in self._word_rows if one[0] == first and abs(len(one) - length) < 2]

    def _nearest(self, word: str, candidates: Iterable[str], most: int) -> str:
        ranked = [
            (distance, -self._words[one], one)
            for one in candidates
            if abs(len(one) - len(word)) <= most and (distance := edit_distance(word, one, most)) <= most
        ]
        return min(ranked)[2] if ranked else ""


def _padded(word: str) -> str:
    return f"{_EDGE}{word}{_EDGE}"


def edit_distance(one: str, other: str, most: int) -> int:
    """Return how many letters have to be added, taken out, replaced or swapped with the next one.

    A number above `most` says only that it is above.
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, other_letter in enumerate(other, start=1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != other_letter))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == other_letter:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        # No later row has a smaller number than both of these.
        if min(current) > most and min(last) > most:
            return most + 1
        before, last = last, current
    return last[-1]
