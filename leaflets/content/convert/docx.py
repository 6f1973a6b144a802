"""Word documents (.docx), read as HTML by mammoth.

mammoth is given a document that has only what a leaflet can have: `word_xml` writes it from the original. So it meets no
pictures, no comments, no macros, no names of authors and no addresses that could be fetched.
"""

import io
import re
import zlib
from collections.abc import Mapping
from itertools import islice
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile, ZipFile, ZipInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .results import ConversionError, Question, QuestionKind
from .word_xml import MAIN, RELATIONSHIPS, STRICT_MAIN, STRICT_RELATIONSHIPS, STYLE_MAP, Parts, Simplifier

MAX_FILE = 20_000_000  # bytes
MAX_ENTRIES = 2_000
MAX_PART = 6_000_000  # bytes of one part, unpacked
MAX_RATIO = 200  # of a part that is larger than MIN_RATIO_SIZE
MIN_RATIO_SIZE = 500_000
MAX_EDGES = 20  # headers and footers that are read
MAX_DEPTH = 150
MAX_ELEMENTS = 150_000  # of the document

OLD_WORD = "This is a document of an old Word. Open it in Word, choose “Save as” and “Word document (.docx)”, and send that."
PDF = "This is a PDF. Open it, select all its text, copy it, and paste it into the text of a leaflet: the lines are joined."
ENCRYPTED = (
    "This document is protected with a password. Open it in Word, take the password off, and save it again."
)
BROKEN = (
    "This file is damaged or is no Word document. Open it in Word, save it again as .docx, and send that."
)
OTHER = "This is no Word document (.docx). Open it in Word or LibreOffice, and save it as .docx."
TOO_LARGE = "This document is too large. Take out pictures and what does not belong in the leaflet, and save it again."
EMPTY = "This file is empty. Choose another."
UNSAFE = (
    "This document has parts that Word does not write, so it is not read. Save it again in Word as .docx."
)


class DocxHtml(NamedTuple):
    """A document as HTML, with questions about all of it, and the lines of its headers and footers."""

    html: str
    questions: list[Question]
    edges: list[str]


def read_docx(data: bytes) -> DocxHtml:
    """Return a Word document as HTML. Raises ConversionError if it is none, or not one that can be read."""
    # Imported here: only a process that converts a document needs it.
    import mammoth

    _check_type(data)
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            package = _Package(archive)
            simplifier = Simplifier(package.parts())
            document = simplifier.write()
            questions = [*simplifier.questions(), *package.questions()]
            edges = simplifier.edges
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, LookupError) as error:
        raise ConversionError(BROKEN) from error
    result = mammoth.convert_to_html(
        io.BytesIO(document),
        style_map=STYLE_MAP,
        include_default_style_map=False,
        include_embedded_style_map=False,
        external_file_access=False,
    )
    return DocxHtml(result.value, questions, edges)


def _check_type(data: bytes) -> None:
    """Raise ConversionError for a file of another type than a .docx, by its first bytes."""
    if not data:
        raise ConversionError(EMPTY)
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # the container of old Word documents and of encrypted ones
        is_encrypted = "EncryptedPackage".encode("utf-16-le") in data[:MAX_FILE]
        raise ConversionError(ENCRYPTED if is_encrypted else OLD_WORD)
    if b"%PDF-" in data[:1024]:
        raise ConversionError(PDF)
    if not data.startswith(b"PK"):
        raise ConversionError(OTHER if re.match(rb"\s*(?:\{\\rtf|<)", data[:100]) else BROKEN)
    if len(data) > MAX_FILE:
        raise ConversionError(TOO_LARGE)


class _Package:
    """The parts of a .docx, each read within bounds."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise ConversionError(TOO_LARGE)
        self._entries: dict[str, ZipInfo] = {}
        for entry in entries:
            if entry.filename in self._entries:  # programs would not agree on which one counts
                raise ConversionError(UNSAFE)
            self._entries[entry.filename] = entry
        if any(entry.flag_bits & 1 for entry in entries):
            raise ConversionError(ENCRYPTED)
        self._external: list[str] = []

    def parts(self) -> Parts:
        package = self._relationships("")
        main = next(
            (target for kind, target, _ in package.values() if kind == "officeDocument"), "word/document.xml"
        )
        document = self._read(main)
        if document is None or document.tag != f"{{{MAIN}}}document":
            raise ConversionError(OTHER)
        relationships = self._relationships(main)
        self._external = [
            kind for kind, _, external in relationships.values() if external and kind != "hyperlink"
        ]

        def read(kind: str) -> Element | None:
            found = [
                target for one, target, external in relationships.values() if one == kind and not external
            ]
            return self._read(found[0]) if found else None

        targets = dict.fromkeys(
            target
            for kind, target, external in relationships.values()
            if kind in ("header", "footer") and not external
        )
        edges = (part for target in targets if (part := self._read(target)) is not None)
        links = {
            key: target
            for key, (kind, target, external) in relationships.items()
            if external and kind == "hyperlink"
        }
        return Parts(
            document, read("styles"), read("numbering"), read("footnotes"), read("endnotes"), read("comments"),
            list(islice(edges, MAX_EDGES)), links,
        )  # fmt: skip

    def questions(self) -> list[Question]:
        names = [name.lower() for name in self._entries]
        left_out = {
            "macros": any(name.endswith("vbaproject.bin") for name in names),
            "files that were embedded": any("/embeddings/" in name or "/activex/" in name for name in names),
            "what is on other computers": bool(self._external),
        }
        found = [words for words, is_there in left_out.items() if is_there]
        if not found:
            return []
        text = f"Left out of this document: {', '.join(found)}. Check that readers do not need it."
        return [Question(QuestionKind.EMBEDDED, text)]

    def _read(self, name: str) -> Element | None:
        """Return the root element of a part, or None where there is no such part."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > MAX_PART or (entry.file_size > MIN_RATIO_SIZE and ratio > MAX_RATIO):
            raise ConversionError(TOO_LARGE)
        with self._archive.open(entry) as file:
            data = file.read(MAX_PART + 1)
        if len(data) > MAX_PART or data.count(b"<") > 2 * MAX_ELEMENTS:
            raise ConversionError(TOO_LARGE)
        data = data.replace(STRICT_MAIN, MAIN.encode()).replace(STRICT_RELATIONSHIPS, RELATIONSHIPS.encode())
        try:
            root: Element = fromstring(data, forbid_dtd=True)
        except DefusedXmlException as error:
            raise ConversionError(UNSAFE) from error
        except (ParseError, ValueError) as error:
            raise ConversionError(BROKEN) from error
        _check_depth(root)
        return root

    def _relationships(self, part: str) -> Mapping[str, tuple[str, str, bool]]:
        """Return the relationships of a part: the kind, the target, and whether that is outside the document."""
        path = PurePosixPath(part)
        root = self._read(f"{path.parent / '_rels' / path.name}.rels" if part else "_rels/.rels")
        found = {}
        for element in root if root is not None else ():
            kind = element.get("Type", "").rpartition("/")[2]
            target, is_external = element.get("Target", ""), element.get("TargetMode") == "External"
            if not is_external:
                target = target[1:] if target.startswith("/") else str(path.parent / target)
            found[element.get("Id", "")] = (kind, target, is_external)
        return found


def _check_depth(root: Element) -> None:
    elements = [(root, 1)]
    while elements:
        element, depth = elements.pop()
        if depth > MAX_DEPTH:
            raise ConversionError(UNSAFE)
        elements += [(child, depth + 1) for child in element]
