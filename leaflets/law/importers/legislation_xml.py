"""Importer of legislation.gov.uk's XML: a section or regulation, a part, or a whole Act or instrument.

The format is the Crown Legislation Markup Language, https://github.com/legislation/clml-schema. A `P1` is a section or
regulation, a `P2` a subsection, and so on downwards; `Pnumber` has the number without its brackets. Amendments in the
text are marked by elements, which legislation.gov.uk prints as square brackets: here they leave no marks. The
annotations that say who amended what (`CommentaryRef`) are left out, and the law's own footnotes are kept.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lxml import etree

from leaflets.law.sources import LawSource, ProvisionSource, VersionSource, sort_chapters, sort_key

from .markdown import Block, escape, write_blocks, write_note
from .results import (
    Imported,
    ImportFailed,
    VersionDetails,
    check_numbers,
    find_gaps,
    number_pattern,
    read_bytes,
    shorten,
)

_LEGISLATION = "{http://www.legislation.gov.uk/namespaces/legislation}"
_METADATA = "{http://www.legislation.gov.uk/namespaces/metadata}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCT = "{http://purl.org/dc/terms/}"

# Real documents are about 25 deep, and libxml2 itself stops at 256. The functions below call themselves.
_MAX_DEPTH = 100
_KINDS = {
    "ukpga": "act", "ukla": "act", "asp": "act", "anaw": "act", "asc": "act", "mwa": "act", "ukcm": "act",
    "uksi": "regulations", "wsi": "regulations", "ssi": "regulations", "nisr": "regulations",
}  # fmt: skip
_ADDRESS = re.compile(r"https?://www\.legislation\.gov\.uk/(?:id/)?(([a-z]+)/[\w-]+/\d+)(?:/|$)", re.ASCII)
_SUBDIVISIONS = {f"P{depth}" for depth in range(2, 8)}
_CHANGES = {"Addition", "Substitution", "Repeal"}
_PICTURES = {"Figure", "Formula", "Image", "Form"}
_LISTS = {"OrderedList", "UnorderedList", "KeyList"}
_TEXTS = {"Text", "Title", "Number", "AppendText"}
# Stands for a reference to an annotation until the line is complete, because the space before it goes with it.
_REFERENCE = "\ue000"
_REPEALED = re.compile(r"(?:\.\s*){3,}|…(?:\s*…)*")
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}


def import_legislation(
    path: Path,
    details: VersionDetails,
    source: LawSource | None = None,
    *,
    slug: str = "",
    today: dt.date | None = None,
) -> Imported:
    """Return the version that a file has. Without `source` its record is made from the file, with `slug` if given.

    `today` is the day on which a change counts as in force. Raises `ImportFailed`.
    """
    document = _Document(path, _parse(path), today or dt.datetime.now(tz=dt.UTC).date())
    return document.imported(details, source, slug)


def document_address(path: Path) -> str:
    """Return where the whole document is published. Raises `ImportFailed`."""
    return _address(path, _parse(path))[0]


def _parse(path: Path) -> Any:
    data = read_bytes(path)
    # An entity could grow without end or read other files. In UTF-8 none can be declared without these words.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ImportFailed(
            f"{path} declares a document type or entities, which legislation.gov.uk's files do not. "
            "It was not read."
        )
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ImportFailed(
            f"{path}:{error.lineno or 1}: this is not XML that can be read ({error.msg}). "
            "Download it again: the address of the page with /data.xml at its end."
        ) from error
    if root.tag != f"{_LEGISLATION}Legislation":
        raise ImportFailed(
            f"{path} is not from legislation.gov.uk: its outermost element is <{etree.QName(root).localname}>, "
            "not <Legislation>. Download the address of the page with /data.xml at its end."
        )
    depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _MAX_DEPTH:
            raise ImportFailed(f"{path} is nested more than {_MAX_DEPTH} levels deep. It was not read.")
    return root


def _address(path: Path, root: Any) -> tuple[str, str]:
    """Return where the whole document is published, and its type, such as "ukpga"."""
    identifier = root.findtext(f"{_METADATA}Metadata/{_DC}identifier") or ""
    for address in (root.get("DocumentURI"), root.get("IdURI"), identifier):
        found = _ADDRESS.match(address or "")
        if found:
            return f"https://www.legislation.gov.uk/{found[1]}", found[2]
    raise ImportFailed(f"{path} does not say which Act or instrument it is from.")


@dataclass
class _Document:
    path: Path
    root: Any
    today: dt.date
    remarks: list[str] = field(default_factory=list)

    def imported(self, details: VersionDetails, source: LawSource | None, slug: str) -> Imported:
        source = self._check_source(source, slug)
        bodies = [body for body in self.root.iter(f"{_LEGISLATION}Body") if _is_of_the_law(body)]
        if not bodies:
            raise ImportFailed(
                f"{self.path} has no text of {source.title}. Download a section, a part or the whole of it."
            )
        reader = _Reader(source, self.remarks, self._footnotes())
        for body in bodies:
            reader.read_division(body, "")
        if not reader.provisions:
            raise ImportFailed(f"{self.path} has no {source.unit}s that could be read.")
        places = [(provision.number, f"in line {line}") for provision, line in reader.provisions]
        check_numbers(places, source, self.path)
        provisions = sorted(
            (provision for provision, _line in reader.provisions), key=lambda item: sort_key(item.number)
        )
        self._remark_on_what_is_left_out()
        version = VersionSource(
            source=source.slug,
            provisions=tuple(provisions),
            chapters=sort_chapters(reader.chapters),
            has_unapplied_changes=self._has_unapplied_changes({item.number for item in provisions}),
            **self._details(details, source),
        )
        gaps = find_gaps(source.kind, [provision.number for provision in provisions])
        return Imported(source, version, gaps, tuple(self.remarks))

    def _metadata(self, name: str) -> str:
        return " ".join((self.root.findtext(f"{_METADATA}Metadata/{name}") or "").split())

    def _check_source(self, source: LawSource | None, slug: str) -> LawSource:
        """Return the source's record, made from the file where there is none. `ImportFailed` where it is another's."""
        address, document_type = _address(self.path, self.root)
        title = self._metadata(f"{_DC}title")
        if source and not _ADDRESS.match(source.url):
            raise ImportFailed(
                f"{self.path} is the text of {title}, but {source.title} is not published on legislation.gov.uk."
            )
        if source and not f"{source.url}/".startswith(f"{address}/"):
            raise ImportFailed(
                f"{self.path} is the text of {title} ({address}), not of {source.title} ({source.url})."
            )
        if source:
            return source
        if document_type not in _KINDS:
            raise ImportFailed(
                f"{self.path} is a document of the type “{document_type}”. Only Acts and statutory instruments "
                "can be imported."
            )
        if not title:
            raise ImportFailed(f"{self.path} does not say the title of the law.")
        name = re.sub(r"^The (?=[A-Z])", "", title)
        slug = slug or re.sub(r"[^a-z0-9]+", "-", re.sub("['’]", "", name.lower())).strip("-")
        return LawSource(slug, _KINDS[document_type], name, title, address)

    def _details(self, details: VersionDetails, source: LawSource) -> dict[str, Any]:
        in_force_from = details.in_force_from or self._date()
        label = details.label or f"as it stood on {in_force_from.day} {in_force_from:%B %Y}"
        # The text as it stood on a day has an address of its own; the text as it was made has not.
        valid = self._metadata(f"{_DCT}valid")
        url = details.url or (f"{_address(self.path, self.root)[0]}/{valid}" if valid else source.url)
        return {
            "slug": details.slug or in_force_from.isoformat(),
            "label": label,
            "in_force_from": in_force_from,
            "url": url,
        }

    def _date(self) -> dt.date:
        """Return the day from which the text is as it is in the file, or when the law was made."""
        stated = [self._metadata(f"{_DCT}valid")]
        if not stated[0]:
            made = ("ComingIntoForce/{0}DateTime", "Made", "EnactmentDate")
            stated = [
                element.get("Date", "")
                for name in made
                for element in self.root.iterfind(f".//{_METADATA}{name.format(_METADATA)}")
            ]
            self.remarks.append(
                "The file does not say from when it is in force, so the date is that on which it was made. "
                "Correct it with --in-force-from."
            )
        for date in stated:
            try:
                return dt.date.fromisoformat(date)
            except ValueError:
                continue
        raise ImportFailed(f"{self.path} does not say from when it is in force. Add --in-force-from.")

    def _footnotes(self) -> dict[str, str]:
        return {
            footnote.get("id", ""): " ".join("".join(footnote.itertext()).split())
            for footnote in self.root.iter(f"{_LEGISLATION}Footnote")
        }

    def _remark_on_what_is_left_out(self) -> None:
        schedules = [
            schedule for schedule in self.root.iter(f"{_LEGISLATION}Schedule") if _is_of_the_law(schedule)
        ]
        if schedules:
            self.remarks.append(
                f"Schedules are left out, because they cannot be cited here: {len(schedules)}."
            )
        annotations = len(list(self.root.iter(f"{_LEGISLATION}Commentary")))
        if annotations:
            self.remarks.append(
                f"The publisher's annotations, such as who amended what, are left out: {annotations}."
            )

    def _has_unapplied_changes(self, numbers: set[str]) -> bool:
        """Return whether a change of one of these provisions is in force and not yet in the text."""
        outstanding = [
            effect
            for effect in self.root.iter(f"{_METADATA}UnappliedEffect")
            if effect.get("RequiresApplied", "true") == "true"
            and any(map(self._is_in_force, effect.iter(f"{_METADATA}InForce")))
            and _concerns(effect, numbers)
        ]
        if outstanding:
            affected = sorted({effect.get("AffectedProvisions", "all of it") for effect in outstanding})
            self.remarks.append(
                f"Changes that are in force and not yet in this text: {len(outstanding)} ({shorten(', '.join(affected))})."
            )
        return bool(outstanding)

    def _is_in_force(self, entry: Any) -> bool:
        date = entry.get("Date", "")
        return entry.get("Applied") != "true" and bool(date) and date <= self.today.isoformat()


def _is_of_the_law(element: Any) -> bool:
    """Return whether an element is the law's own, rather than quoted in an amendment or another version of it."""
    return not any(
        _name(ancestor) in ("BlockAmendment", "Versions", "Contents", "Schedules")
        for ancestor in element.iterancestors()
        if _name(element) != "Schedule" or _name(ancestor) != "Schedules"
    )


def _concerns(effect: Any, numbers: set[str]) -> bool:
    """Return whether an effect is on one of these provisions, as far as the file says."""
    affected = effect.find(f"{_METADATA}AffectedProvisions")
    found = False
    for element in () if affected is None else affected.iter():
        first = _number_in(element.get("URI", ""))
        last = _number_in(element.get("UpTo", "")) or first
        if first and any(sort_key(first) <= sort_key(number) <= sort_key(last) for number in numbers):
            return True
        found = found or bool(element.get("URI"))
        if re.search(r"/(?:part|chapter|body)(?:/|$)", element.get("URI", "")):
            return True
    return not found


def _number_in(address: str) -> str:
    found = re.search(r"/(?:section|regulation|article|rule)/(\w+)", address)
    return found[1] if found else ""


def _name(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


@dataclass
class _Reader:
    """Collects the provisions and parts of a document's body, in the order in which they stand."""

    source: LawSource
    remarks: list[str]
    footnotes: dict[str, str]
    provisions: list[tuple[ProvisionSource, int]] = field(default_factory=list)
    chapters: dict[str, str] = field(default_factory=dict)

    def read_division(self, element: Any, chapter: str, heading: str = "") -> None:
        for child in element:
            match _name(child):
                case "P1":
                    self._read_provision(child, chapter, heading or self._title(child))
                case "P1group":
                    self.read_division(child, chapter, self._title(child))
                case "Part":
                    self.read_division(child, self._add_chapter(child) or chapter)
                case "Number" | "Title" | "CommentaryRef" | "Reference" | "":
                    pass
                case "P" | "Text" | "Para":
                    words = shorten("".join(child.itertext()))
                    if words:
                        self.remarks.append(
                            f"Left out, because it has no number (line {child.sourceline}): “{words}”"
                        )
                case _:
                    self.read_division(child, chapter, heading)

    def _title(self, element: Any) -> str:
        """Return the heading of a provision, without the full stop that older Acts set after it."""
        title = element.find(f"{_LEGISLATION}Title")
        text = "" if title is None else self._line(title).plain
        return "" if _REPEALED.fullmatch(text) else re.sub(r"(?<=\w)\.$", "", text)

    def _add_chapter(self, part: Any) -> str:
        """Add a part to the chapters, and return its number, or "" where it has none that is like 3 or 4A."""
        words = self._number(part, "Number")
        number = _part_number(words)
        title = self._title(part) or f"Part {number}"
        if not number:
            self.remarks.append(f"A part is left out of the list of parts: “{shorten(words)}”")
        elif self.chapters.setdefault(number, title) != title:
            self.remarks.append(
                f"Part {number} stands here twice: “{title}” is left out of the list of parts."
            )
        return number

    def _read_provision(self, element: Any, chapter: str, heading: str) -> None:
        number = self._number(element).rstrip(".")
        named = f"{self.source.unit.capitalize()} {number}"
        text = write_blocks(self._blocks(element, -1, ""))
        if not number_pattern(self.source).fullmatch(number):
            self.remarks.append(
                f"“{number}” in line {element.sourceline} is not the number of one {self.source.unit}, so it is "
                f"left out: “{shorten(text)}”"
            )
            return
        if _REPEALED.fullmatch(text):
            self.remarks.append(f"{named} was repealed: it has no words.")
        if any(item.get("Status") == "Prospective" for item in (element, element.getparent())):
            self.remarks.append(f"{named} is not in force yet, as the file says.")
        self.provisions.append((ProvisionSource(number, chapter, heading, text), element.sourceline or 1))

    def _number(self, element: Any, name: str = "Pnumber") -> str:
        number = element.find(f"{_LEGISLATION}{name}")
        return "" if number is None else "".join(number.itertext()).strip()

    def _blocks(self, element: Any, level: int, lead: str) -> Iterator[Block]:
        """Yield what is in an element. `lead` is the number that stands before its first words."""
        for child in element:
            name = _name(child)
            if name in ("", "Pnumber") or (name == "Title" and _name(element) == "P1"):
                continue
            for block in self._child_blocks(child, name, level, lead):
                yield block
                lead = ""
        if lead:
            yield Block(lead, level)

    def _child_blocks(self, child: Any, name: str, level: int, lead: str) -> Iterator[Block]:
        if name in _SUBDIVISIONS or name in _LISTS or name == "Tabular":
            if lead:
                yield Block(lead, level)
            if name == "Tabular":
                yield from self._tables(child, level)
            elif name in _LISTS:
                yield from self._list(child, level + 1)
            else:
                number = self._number(child)
                # A subsection is a paragraph; what is below a subsection is a list.
                below = level if name == "P2" and level < 0 else level + 1
                yield from _as_item(self._blocks(child, below, escape(f"({number})") if number else ""))
        elif name in ("BlockAmendment", "InlineAmendment"):
            yield from self._quoted(child, level, lead)
        elif name in _PICTURES:
            words = escape("".join(child.itertext()))
            self.remarks.append(
                f"Look at line {child.sourceline}: a formula, picture or form stands there "
                f"({shorten(words) or 'without words'})."
            )
            yield Block(" ".join(filter(None, (lead, words))), level, continues=not lead)
        elif name in _TEXTS or (child.text or "").strip():
            yield from self._text(child, level, lead)
        else:
            yield from self._blocks(child, level, lead)

    def _text(self, element: Any, level: int, lead: str) -> Iterator[Block]:
        line = self._line(element)
        words = " ".join(filter(None, (lead, line.markdown)))
        if words:
            yield Block(words, level, continues=not lead)

    def _list(self, element: Any, level: int) -> Iterator[Block]:
        numbering = _NUMBERINGS.get(element.get("Type", ""))
        for position, item in enumerate(element.iterfind(f"{_LEGISLATION}ListItem")):
            number = item.get("NumberOverride") or (numbering(position) if numbering else "")
            marks = ("", "") if element.get("Decoration") == "none" else ("(", ")")
            lead = escape(f"{marks[0]}{number}{marks[1]}") if number else ""
            yield from _as_item(self._blocks(item, level, lead))

    def _tables(self, element: Any, level: int) -> Iterator[Block]:
        for child in element:
            if _name(child) in ("Number", "Title"):
                yield from self._text(child, level, "")
        rows = [
            tuple(escape(" ".join("".join(cell.itertext()).split())) for cell in row)
            for row in element.iter()
            if _name(row) in ("tr", "row")
        ]
        if rows:
            yield Block(rows=tuple(rows))

    def _quoted(self, element: Any, level: int, lead: str) -> Iterator[Block]:
        """Yield the words that an amendment puts into another law, as a list, in quotation marks."""
        blocks = list(self._amendment(element, level + 1))
        if not blocks:
            return
        if lead:
            yield Block(lead, level)
        marks = {"double": "“”", "single": "‘’"}.get(element.get("Format", "default"), "")
        if marks and not any(block.rows for block in (blocks[0], blocks[-1])):
            blocks[0] = replace(blocks[0], text=marks[0] + blocks[0].text)
            blocks[-1] = replace(blocks[-1], text=blocks[-1].text + marks[1])
        yield replace(blocks[0], continues=False)
        yield from blocks[1:]

    def _amendment(self, element: Any, level: int) -> Iterator[Block]:
        for child in element:
            name = _name(child)
            if name == "P1":
                number = self._number(child)
                yield from self._blocks(child, level, escape(number))
            elif name in ("P1group", "Part", "Chapter", "Pblock", "Schedule"):
                for title in (child.find(f"{_LEGISLATION}Number"), child.find(f"{_LEGISLATION}Title")):
                    if title is not None:
                        yield Block(self._line(title).markdown, level)
                yield from self._amendment(child, level)
            elif name not in ("Number", "Title"):
                yield from self._child_blocks(child, name, level, "")

    def _line(self, element: Any) -> "_Line":
        line = _Line(self.remarks, self.footnotes, element.sourceline or 1)
        line.read(element)
        return line.finish()


@dataclass
class _Line:
    """The words of one text, from its inline elements."""

    remarks: list[str]
    footnotes: dict[str, str]
    sourceline: int
    plain: str = ""
    notes: list[str] = field(default_factory=list)
    repealed: list[str] = field(default_factory=list)

    def read(self, element: Any) -> None:
        self._add(element.text)
        for child in element:
            name = _name(child)
            before = len(self.plain)
            if name == "FootnoteRef":
                self.notes += filter(None, [self.footnotes.get(child.get("Ref", ""), "")])
            elif name == "Character":
                self._add(" ")
            elif name == "Repeal" and child.get("RetainText") == "true":
                self.repealed.append("".join(child.itertext()))
            elif name in ("CommentaryRef", "MarginNoteRef"):
                self.plain += _REFERENCE
            else:
                self.read(child)
            if name in _CHANGES:
                self._space(before)
            at = len(self.plain)
            self._add(child.tail)
            if name in _CHANGES:
                self._space(at)

    def _add(self, text: str | None) -> None:
        """Add words. White space that has a line break is the layout of the file, and none beside a bracket or quotation mark."""
        if not text:
            return
        if not text.strip() and "\n" in text:
            text = "\n"
        self.plain += text

    def _space(self, at: int) -> None:
        """Set a space where two words would run together because an amendment begins or ends between them.

        Where only a letter or digit is added, as in "14A" or "persons", the law really has no space there.
        """
        before = re.search(r"[^\W\d_]{2,}$", self.plain[:at])
        after = re.match(r"[^\W\d_]{2,}", self.plain[at:])
        if before and after:
            self.plain = f"{self.plain[:at]} {self.plain[at:]}"
            self.remarks.append(
                f"Look at line {self.sourceline}: a space was added between “{before[0]}” and “{after[0]}”, where an "
                "amendment begins or ends."
            )

    def finish(self) -> "_Line":
        text = re.sub(rf"\s*{_REFERENCE}(?=[;,.:)])|{_REFERENCE}", "", self.plain)
        text = re.sub(r"(?<=[“‘(\[])\s*\n\s*|\s*\n\s*(?=[”’)\].,;:])", "", text)
        text = " ".join(text.split())
        self.plain = _REPEALED.sub(". . . .", text) if _REPEALED.fullmatch(text) else text
        if self.repealed:
            words = " ".join("".join(self.repealed).split())
            self.remarks.append(
                f"Look at line {self.sourceline}: words that no longer have effect are left out: “{shorten(words)}”"
            )
            self.plain = self.plain or ". . . ."
        return self

    @property
    def markdown(self) -> str:
        return " ".join([escape(self.plain), *map(write_note, self.notes)]).strip()


def _as_item(blocks: Iterable[Block]) -> Iterator[Block]:
    for position, block in enumerate(blocks):
        yield block if position else replace(block, continues=False)


def _part_number(words: str) -> str:
    """Return the number of "Part 3" or "PART IVA" in digits and letters, or ""."""
    found = re.fullmatch(r"\s*(?:part\s+)?(?:(\d{1,2})|([IVXL]+?))([A-Z]?)\.?\s*", words, re.IGNORECASE)
    if not found:
        return ""
    if found[1]:
        return f"{int(found[1])}{found[3].upper()}"
    # "IV" is four, and the last letter belongs to the number where it is a numeral: only other letters are a suffix.
    numeral, suffix = found[2].upper(), found[3].upper()
    if suffix in _ROMAN:
        numeral, suffix = numeral + suffix, ""
    values = [_ROMAN[letter] for letter in numeral]
    total = sum(
        -value if any(value < later for later in values[place + 1 : place + 2]) else value
        for place, value in enumerate(values)
    )
    return f"{total}{suffix}"


def _alpha(position: int) -> str:
    return chr(ord("a") + position % 26) * (position // 26 + 1)


def _roman(position: int) -> str:
    number, text = position + 1, ""
    for value, letters in ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        while number >= value:
            number, text = number - value, text + letters
    return text


_NUMBERINGS: dict[str, Callable[[int], str]] = {
    "arabic": lambda position: str(position + 1),
    "alpha": _alpha,
    "alphaupper": lambda position: _alpha(position).upper(),
    "roman": _roman,
    "romanupper": lambda position: _roman(position).upper(),
}
