"""Importer of a code of practice or of guidance from its PDF, whose paragraphs are numbered in the margin.

A paragraph starts at a number that stands where most numbers stand and that follows on. It ends at the next one, or at
a heading, which is larger than the text. What stands between a heading and the next number belongs to no paragraph: it
is left out, and reported.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from leaflets.law.sources import (
    LawSource,
    ProvisionSource,
    VersionSource,
    default_chapter,
    sort_chapters,
    sort_key,
)

from .markdown import Block, escape, write_blocks, write_note
from .pdf_lines import Line, Word, groups, join, read_lines
from .results import (
    Imported,
    ImportFailed,
    VersionDetails,
    find_gaps,
    in_order,
    number_pattern,
    shorten,
)

# What is larger than the text by this factor is a heading, and what is smaller by it may be a footnote.
_LARGER, _SMALLER = 1.06, 0.93
# A line that is this much further below the one before it than lines are from each other starts a paragraph.
_PARAGRAPH_GAP = 1.2
# Where numbers of paragraphs stand may differ by so many points.
_EDGE = 3.0

_BULLETS = set("•●○◦▪■□▫‣⁃·∙✓✔➢►\uf0b7\uf0a7\uf0d8\uf02d")
_DASHES = set("-–—‒−o§")
_LIST_NUMBER = re.compile(r"\((?:[a-z]{1,2}|[ivx]{1,5}|\d{1,2})\)|(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]")
# A line of a table of contents, with dots before the number of the page.
_CONTENTS_LINE = re.compile(r"(?:\.\s?){4,}\s*\d+\s*$")
_FOOTNOTE = re.compile(r"(\d{1,3}|[*†‡§]{1,3})[.)]?$")
_CHAPTER = re.compile(r"(?:chapter\s+)?(\d{1,2})(?:[.:–-]?\s+(\D.*))?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.:;!?][”’\")\]]*$")
_BROKEN_WORD = re.compile(r"(\w[\w’'-]*)([-\u2010\u00ad])$")


def import_code(path: Path, source: LawSource, details: VersionDetails) -> Imported:
    """Return the version of `source` that a PDF has. Raises `ImportFailed`."""
    if source.kind not in ("code", "guidance"):
        raise ImportFailed(
            f"{path} is a PDF, and {source.title} is read from the XML of legislation.gov.uk: its address with "
            "/data.xml at its end."
        )
    missing = [
        option
        for option, value in (
            ("--slug", details.slug),
            ("--label", details.label),
            ("--in-force-from", details.in_force_from),
        )
        if not value
    ]
    if missing or not details.in_force_from:
        raise ImportFailed(f"A PDF does not say which version it is. Add {', '.join(missing)}.")
    document = read_lines(path)
    reader = _Reader(path, source, document.lines, document.remarks)
    provisions, chapters = reader.read()
    version = VersionSource(
        source=source.slug,
        slug=details.slug,
        label=details.label,
        in_force_from=details.in_force_from,
        url=details.url or source.url,
        chapters=sort_chapters(chapters),
        provisions=tuple(provisions),
    )
    gaps = find_gaps(source.kind, [provision.number for provision in provisions])
    return Imported(source, version, gaps, tuple(reader.remarks))


@dataclass(frozen=True)
class _Start:
    """A line that may start a paragraph: the index of the line, the number, and how much speaks for it."""

    index: int
    number: str
    score: int


@dataclass
class _Reader:
    path: Path
    source: LawSource
    lines: list[Line]
    remarks: list[str]
    size: float = 0
    pitch: float = 0
    right_edge: float = 0
    vocabulary: Counter[str] = field(default_factory=Counter)

    def read(self) -> tuple[list[ProvisionSource], dict[str, str]]:
        self._measure()
        footnotes = self._take_footnotes()
        starts = self._starts()
        if not starts:
            raise ImportFailed(
                f"{self.path} has no {self.source.unit} that is numbered as in {self.source.title}. "
                "Is it the right document?"
            )
        self._check_title()
        chapters = self._chapters(starts)
        texts = self._texts(starts, footnotes)
        provisions = [
            ProvisionSource(number, default_chapter(self.source.kind, number), "", texts[number])
            for number in in_order(texts)
        ]
        for provision in provisions:
            if not provision.text:
                self.remarks.append(f"{self._named(provision.number)} has no words.")
        return provisions, chapters

    def _named(self, number: str) -> str:
        return f"{self.source.unit.capitalize()} {number}"

    def _measure(self) -> None:
        """Find the size of the text, the distance of its lines, its right edge, and the words that it has."""
        sizes: Counter[float] = Counter()
        for line in self.lines:
            for word in line.words:
                sizes[word.size] += len(word.text)
            self.vocabulary.update(
                part.lower() for part in re.findall(r"\w[\w’'\u2010-]*\w", join(line.words[:-1]))
            )
        self.size = sizes.most_common(1)[0][0] if sizes else 0
        text = [line for line in self.lines if line.words and not line.region and line.size == self.size]
        pitches = Counter(
            round(after.baseline - before.baseline, 1)
            for before, after in pairwise(text)
            if before.page == after.page and after.baseline > before.baseline
        )
        self.pitch = pitches.most_common(1)[0][0] if pitches else self.size * 1.4
        self.right_edge = max((line.x1 for line in text), default=0)

    def _check_title(self) -> None:
        """Remark where the name of the source does not stand on the first pages."""
        first = " ".join(line.text for line in self.lines if line.page <= 5).lower()
        names = (self.source.title, self.source.full_title, *self.source.names)
        if not any(" ".join(name.lower().split()) in first for name in names):
            self.remarks.append(
                f"The first pages do not name {self.source.full_title}. Is it the right document?"
            )

    # Starts of paragraphs

    def _starts(self) -> list[_Start]:
        """Return the lines that start paragraphs, in order, with numbers that rise."""
        candidates = [
            (index, number)
            for index, line in enumerate(self.lines)
            if not line.region and (number := self._leading_number(line))
        ]
        numbers = [self.lines[index].words[0] for index, _number in candidates]
        # Numbers are set flush left or flush right.
        left, right = (_usual(word.x0 for word in numbers), _usual(word.x1 for word in numbers))
        starts = []
        for (index, number), word in zip(candidates, numbers, strict=True):
            score = (
                self._score(index) if round(word.x0 / _EDGE) in left or round(word.x1 / _EDGE) in right else 0
            )
            starts += [_Start(index, number, score)] if score else []
        chosen = _best_chain(starts)
        self._check_rejected(starts, chosen)
        return chosen

    def _leading_number(self, line: Line) -> str:
        """Return the number of a paragraph that a line of text begins with, or ""."""
        if not line.words or line.size > self.size * _LARGER or line.size < self.size * _SMALLER:
            return ""
        first, *rest = line.words
        if rest and rest[0].is_glued and rest[0].text not in (".", ")"):
            return ""
        text = first.text.removesuffix(".") if self.source.kind == "guidance" else first.text
        is_contents = bool(_CONTENTS_LINE.search(line.text))
        return text if number_pattern(self.source).fullmatch(text) and not is_contents else ""

    def _score(self, index: int) -> int:
        """Return how much speaks for a line as the start of a paragraph: 0 for a reference at a line's start."""
        line = self.lines[index]
        before = self.lines[index - 1] if index else None
        if len(line.words) == 1:
            is_alone = before is None or self.is_apart(before, line) or self.ends_early(before, line)
            return 3 if is_alone else 0
        gap = line.words[1].x0 - line.words[0].x1
        if gap > self.size * 0.6:
            return 4
        is_new = before is None or self.is_apart(before, line)
        after_sentence = before is None or bool(_SENTENCE_END.search(before.text))
        starts_sentence = not line.words[1].text[:1].islower()
        return 2 + is_new if starts_sentence and (is_new or after_sentence) else 0

    def is_apart(self, before: Line, line: Line) -> bool:
        """Return whether more white is above a line than inside a paragraph, as far as that can be seen."""
        if before.page != line.page or before.region != line.region or not before.words:
            return before.page == line.page
        return line.baseline - before.baseline > max(self.pitch, line.size * 1.1) * _PARAGRAPH_GAP

    def ends_early(self, before: Line, line: Line) -> bool:
        """Return whether the first word of a line would have fitted on the line before it."""
        if not before.words:
            return True
        first = line.words[0]
        return before.x1 + self.size * 0.3 + (first.x1 - first.x0) < self.right_edge - self.size

    def _check_rejected(self, starts: list[_Start], chosen: list[_Start]) -> None:
        """Raise `ImportFailed` where a number stands twice, and remark on one that does not follow on."""
        places = {start.number: start for start in chosen}
        taken = {start.index for start in chosen}
        for start in starts:
            if start.index in taken or start.score < 4:
                continue
            page = self.lines[start.index].page
            other = places.get(start.number)
            if other:
                pages = sorted((page, self.lines[other.index].page))
                raise ImportFailed(
                    f"{self.path}: {self.source.unit} {start.number} stands here twice, on page {pages[0]} and on "
                    f"page {pages[1]}. Is it one document?"
                )
            self.remarks.append(
                f"Look at page {page}: a line begins with {start.number}, which does not follow on there. It was "
                "read as text."
            )

    # Chapters

    def _chapters(self, starts: list[_Start]) -> dict[str, str]:
        """Return the titles of the chapters, from the largest headings that begin with their numbers."""
        if self.source.kind != "code":
            return {}
        wanted = {default_chapter(self.source.kind, start.number) for start in starts}
        found: dict[str, tuple[float, str]] = {}
        for heading in self._headings():
            match = _CHAPTER.fullmatch(join(word for line in heading for word in line.words))
            if (
                match
                and match[1] in wanted
                and match[2]
                and heading[0].size > found.get(match[1], (0, ""))[0]
            ):
                found[match[1]] = (heading[0].size, match[2])
        for number in in_order(wanted - found.keys()):
            self.remarks.append(f"No title was found for chapter {number}. Write it in the file.")
        return {number: found.get(number, (0, f"Chapter {number}"))[1] for number in wanted}

    def _headings(self) -> Iterator[list[Line]]:
        """Yield the lines of each heading, in which a number of its own line comes first."""
        heading: list[Line] = []
        for line in self.lines:
            is_heading = bool(line.words) and line.size > self.size * _LARGER and not line.region
            follows = (
                heading
                and heading[-1].page == line.page
                and is_heading
                and (
                    line.size == heading[-1].size or re.fullmatch(r"(?:chapter )?\d+", heading[-1].text, re.I)
                )
            )
            if heading and not follows:
                yield heading
                heading = []
            if is_heading:
                heading.append(line)
        if heading:
            yield heading

    # Footnotes

    def _take_footnotes(self) -> dict[tuple[int, str], str]:
        """Take the footnotes out of the lines, and return them by page and mark."""
        notes: dict[tuple[int, str], str] = {}
        kept: list[Line] = []
        last: tuple[int, str] | None = None
        for page in groups(self.lines):
            small = len(page)
            while small and page[small - 1].words and page[small - 1].size < self.size * _SMALLER:
                small -= 1
            kept += page[:small]
            for line in page[small:]:
                mark, words = _footnote_mark(line)
                if mark:
                    last = (line.page, mark)
                    notes[last] = ""
                elif last is None:
                    kept.append(line)
                    continue
                notes[last] = self.join_lines(notes[last], join(words), line.page)
        self.lines = kept
        return notes

    # Texts

    def _texts(self, starts: list[_Start], footnotes: dict[tuple[int, str], str]) -> dict[str, str]:
        texts: dict[str, str] = {}
        self._remark_on_left_out(self.lines[: starts[0].index])
        placed: set[tuple[int, str]] = set()
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            lines = self.lines[start.index : following.index if following else None]
            own, left_out = self._split(lines)
            own[0] = _without_number(own[0])
            writer = _Writer(self, footnotes, placed)
            texts[start.number] = write_blocks(
                writer.blocks([line for line in own if line.words or line.rows])
            )
            self._remark_on_left_out(left_out)
        for page, mark in footnotes.keys() - placed:
            self._place_footnote(page, mark, footnotes[page, mark], starts, texts)
        return texts

    def _place_footnote(
        self, page: int, mark: str, note: str, starts: list[_Start], texts: dict[str, str]
    ) -> None:
        """Put a footnote whose mark was not found at the end of the last paragraph of its page."""
        number = next(
            (start.number for start in reversed(starts) if self.lines[start.index].page <= page), ""
        )
        self.remarks.append(
            f"Look at page {page}: footnote {mark} has no mark in a {self.source.unit}"
            + (f", so it is at the end of {number}: " if number else ", so it is left out: ")
            + f"“{shorten(note)}”"
        )
        if number:
            texts[number] += f"\n\n{write_note(note)}"

    def _split(self, lines: list[Line]) -> tuple[list[Line], list[Line]]:
        """Return the lines of a paragraph, and those from the next heading on."""
        for index, line in enumerate(lines):
            if index and not line.region and line.words and line.size > self.size * _LARGER:
                return self._without_heading(lines[:index]), lines[index:]
        return self._without_heading(lines), []

    def _without_heading(self, lines: list[Line]) -> list[Line]:
        """Leave out bold lines before the next number: a heading of the text's size."""
        first = len(lines)
        while (
            first > 1 and lines[first - 1].words and lines[first - 1].is_bold and not lines[first - 1].region
        ):
            first -= 1
        heading = lines[first:]
        if not heading or _SENTENCE_END.search(heading[-1].text):
            return lines
        before = lines[first - 1]
        if before.page == heading[0].page and not self.is_apart(before, heading[0]):
            return lines
        text = " ".join(line.text for line in heading)
        self.remarks.append(f"Left out as a heading, on page {heading[0].page}: “{shorten(text)}”")
        return lines[:first]

    def _remark_on_left_out(self, lines: list[Line]) -> None:
        text = [line for line in lines if line.rows or line.size <= self.size * _LARGER or line.region]
        if text:
            words = sum(len(line.text.split()) for line in text)
            first = next((line.text for line in text if line.words), "a table")
            heading = next((line.text for line in lines if line.words and line not in text), "")
            self.remarks.append(
                f"Left out on page {text[0].page}, because no number stands before it"
                + (f", below “{shorten(heading)}”" if heading else "")
                + f": {words} words, “{shorten(first)}”"
            )

    def join_lines(self, text: str, addition: str, page: int) -> str:
        """Return a text with the next line added, and a word that was broken between the two put together."""
        if not text or not addition:
            return text or addition
        broken = _BROKEN_WORD.search(text)
        if not broken or not addition[:1].isalnum():
            return text + addition if re.search(r"\w/$", text) else f"{text} {addition}"
        first, hyphen = broken[1], broken[2]
        rest = re.match(r"\w+", addition)
        joined = f"{first}{rest[0] if rest else ''}".lower()
        hyphenated = f"{first}-{rest[0] if rest else ''}".lower()
        if self._is_known(joined) and not self._is_known(hyphenated):
            return text[:-1] + addition
        if hyphen != "-" and addition[0].islower() and not self._is_known(hyphenated):
            return text[:-1] + addition
        if hyphen == "-" and not self._is_known(hyphenated) and addition[0].islower():
            self.remarks.append(
                f"Look at page {page}: “{first}-{rest[0] if rest else ''}” is at the end of a line. Does it have a hyphen?"
            )
        return f"{text[:-1]}-{addition}" if hyphen != "\u00ad" else text[:-1] + addition

    def _is_known(self, word: str) -> bool:
        return word in self.vocabulary or word.replace("-", "\u2010") in self.vocabulary


def _usual(places: Iterable[float]) -> set[int]:
    """Return the places, in steps of `_EDGE`, where most of these stand, with those beside them."""
    counts = Counter(round(place / _EDGE) for place in places)
    usual = {place for place, count in counts.items() if count >= max(counts.values()) / 4}
    return {place + step for place in usual for step in (-1, 0, 1)}


def _best_chain(starts: Sequence[_Start]) -> list[_Start]:
    """Return the starts, with rising numbers, that have the highest scores in all.

    The longest rising subsequence with weights, in n log n steps: `best` holds, for rising numbers, the chains with
    rising scores.
    """
    best: list[tuple[tuple[tuple[int, str], ...], int, int]] = []
    previous: dict[int, int] = {}
    for place, start in enumerate(starts):
        key = sort_key(start.number)
        at = bisect_left(best, (key,))
        before = best[at - 1] if at else None
        score = start.score + (before[1] if before else 0)
        if at < len(best) and best[at][0] == key and best[at][1] >= score:
            continue
        previous[place] = before[2] if before else -1
        end = at
        while end < len(best) and best[end][1] <= score:
            end += 1
        best[at:end] = [(key, score, place)]
    chain, place = [], best[-1][2] if best else -1
    while place >= 0:
        chain.append(starts[place])
        place = previous[place]
    return chain[::-1]


def _footnote_mark(line: Line) -> tuple[str, Sequence[Word]]:
    """Return the mark of a footnote and the words after it; no mark where it is a further line of one."""
    first, *rest = line.words
    mark = _FOOTNOTE.match(first.text)
    return (mark[1], rest) if mark and rest else ("", line.words)


def _without_number(line: Line) -> Line:
    return replace(line, words=line.words[2:] if _has_loose_stop(line) else line.words[1:])


def _has_loose_stop(line: Line) -> bool:
    return len(line.words) > 1 and line.words[1].is_glued and line.words[1].text in (".", ")")


@dataclass
class _Draft:
    """A block while its lines are read: its words as Markdown, and the region of the page in which it is."""

    region: int
    level: int = -1
    continues: bool = False
    text: str = ""
    notes: list[str] = field(default_factory=list)
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def is_unfinished(self) -> bool:
        return bool(self.text) and not _SENTENCE_END.search(self.text.rstrip("*"))

    def block(self) -> Block:
        return Block(_with_notes(self.text, self.notes), self.level, self.continues, self.rows)


@dataclass
class _Writer:
    """Makes blocks of the lines of one paragraph.

    `bullets` are the places of the bullets of the open lists, and `edge` is where the words of the last line begin.
    """

    reader: _Reader
    footnotes: dict[tuple[int, str], str]
    placed: set[tuple[int, str]]
    drafts: list[_Draft] = field(default_factory=list)
    bullets: list[float] = field(default_factory=list)
    edge: float | None = None

    def blocks(self, lines: Iterable[Line]) -> list[Block]:
        before: Line | None = None
        for line in lines:
            if line.rows:
                rows = tuple(tuple(self._cell(cell, line.page) for cell in row) for row in line.rows)
                self.drafts.append(_Draft(line.region, rows=rows))
                self.bullets = []
            else:
                self._add(line, before)
            before = line
        return [draft.block() for draft in self.drafts]

    def _add(self, line: Line, before: Line | None) -> None:
        if before and before.region != line.region:
            self.bullets, self.edge = [], None
        bullet_words = self._bullet(line)
        draft = self.drafts[-1] if self.drafts else None
        if bullet_words is not None:
            self.bullets = [x0 for x0 in self.bullets if x0 < line.x0 - _EDGE] + [line.x0]
            draft = self._new(_Draft(line.region, len(self.bullets) - 1))
            line = replace(line, words=line.words[bullet_words:])
        elif draft is None or before is None:
            draft = self._new(_Draft(line.region))
        elif before.region != line.region:
            draft = self._unfinished(line) or self._new(_Draft(line.region))
        elif self._starts_paragraph(before, line):
            self.bullets = [x0 for x0 in self.bullets if x0 < line.x0 - 1]
            draft = self._new(_Draft(line.region, len(self.bullets) - 1, continues=bool(self.bullets)))
        self.edge = line.words[1 if bullet_words == 0 else 0].x0
        markdown, notes = self._markdown(line.words, line.page)
        draft.text = self.reader.join_lines(draft.text, markdown, line.page)
        draft.notes += notes

    def _cell(self, words: Sequence[Word], page: int) -> str:
        return _with_notes(*self._markdown(words, page))

    def _new(self, draft: _Draft) -> _Draft:
        self.drafts.append(draft)
        return draft

    def _unfinished(self, line: Line) -> _Draft | None:
        """Return the block whose sentence goes on in a line below a box, or in a box on the next page."""
        same = [draft for draft in self.drafts if bool(draft.region) == bool(line.region) and not draft.rows]
        if same and same[-1].is_unfinished and line.words[0].text[:1].islower():
            return same[-1]
        return None

    def _bullet(self, line: Line) -> int | None:
        """Return how many words the bullet of an item is: 0 for a number such as (a), which belongs to the words.

        None where the line does not start an item.
        """
        if len(line.words) < 2:
            return None
        text = line.words[0].text
        if text in _BULLETS:
            return 1
        is_known = any(abs(line.x0 - x0) <= _EDGE for x0 in self.bullets)
        is_moved = self.edge is None or abs(line.x0 - self.edge) > _EDGE
        if not (is_known or is_moved):
            return None
        if text in _DASHES:
            return 1
        return 0 if _LIST_NUMBER.fullmatch(text) else None

    def _starts_paragraph(self, before: Line, line: Line) -> bool:
        if before.page != line.page:
            starts_sentence = not line.words[0].text[:1].islower()
            ended = bool(_SENTENCE_END.search(before.text)) and self.reader.ends_early(before, line)
            return (ended and starts_sentence) or self._is_left_of_list(line)
        return self.reader.is_apart(before, line) or self._is_left_of_list(line)

    def _is_left_of_list(self, line: Line) -> bool:
        return bool(self.bullets) and line.x0 < self.bullets[0] - 1

    def _markdown(self, words: Sequence[Word], page: int) -> tuple[str, list[str]]:
        """Return words as Markdown, with statutory words in bold, and the footnotes whose marks stand among them."""
        parts: list[str] = []
        notes = []
        for index, word in enumerate(words):
            key = (page, word.text.strip("[]()"))
            if word.size < self.reader.size * 0.85 and key in self.footnotes:
                notes.append(self.footnotes[key])
                self.placed.add(key)
                continue
            glued_after = (
                index + 1 < len(words) and words[index + 1].is_glued and words[index + 1].text[0].isalnum()
            )
            glued_before = index and word.is_glued and words[index - 1].text[-1].isalnum()
            markdown = escape(word.text) if glued_before or glued_after else _statutory(word)
            parts.append(markdown if word.is_glued else f" {markdown}")
        return " ".join("".join(parts).split()), notes


def _with_notes(text: str, notes: Iterable[str]) -> str:
    return text + "".join(f" {write_note(note)}" for note in notes)


def _statutory(word: Word) -> str:
    """Return a word in Markdown: "must" and "should" are bold where they are bold on paper."""
    found = re.fullmatch(r"(\W*)(must|should)(\W*)", word.text, re.IGNORECASE) if word.is_bold else None
    return f"{escape(found[1])}**{found[2]}**{escape(found[3])}" if found else escape(word.text)
