"""Worker process of `leaflets.editing.attachments` that looks at one file. Does not import Django.

It reads the upload from standard input. On standard output it writes the extension of its kind, "docx" or "pdf"; or, with
the exit status `REFUSED`, why the upload is not accepted. Its memory and its time are limited.

The file is stored as it is, unlike a picture. These checks find what Word and PDF readers run or open on their own:

- Word: macros, ActiveX, embedded objects and documents, templates and pictures from other addresses, DDE fields.
- PDF: JavaScript, programs and files to open, embedded files, multimedia, XFA forms, forms that send what is filled in.

They are no virus scanner: a file that uses a mistake in a reader is not recognised. What no reader can decrypt or parse is
refused.
"""

import io
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from leaflets.editing.refusals import REFUSED, FileRefusedError

# Bytes and seconds of the process.
MAX_MEMORY = 300_000_000
MAX_SECONDS = 15

# Of a Word document.
MAX_PARTS = 2_000
MAX_UNPACKED = 60_000_000  # bytes of all parts
MAX_XML = 20_000_000  # bytes of one part that is read
# Of a PDF.
MAX_OBJECTS = 200_000

_OTHER_KIND = "This file is not a Word document (.docx) or a PDF. Open it on your computer, save it as one of these, then add it."
_OLD_OR_LOCKED = (
    "This file is an older Office file, or has a password. Save it as a Word document (.docx) without a password, then "
    "add it."
)
_UNREADABLE = "This file cannot be read. Open it on your computer, save it again, then add it."
_TOO_LARGE = "This file is too large when it is unpacked. Make its pictures smaller, then add it again."
_OTHER_WORD = "This is a Word template, or a document with macros. Save it as an ordinary Word document (.docx), then add it."
_LOCKED_PDF = "This PDF has a password or is locked. Save it without, then add it."

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_PART_KINDS = re.compile(
    r"macroenabled|vbaproject|vbadata|activex|oleobject|ms-office\.control", re.IGNORECASE
)
_PART_NAMES = re.compile(r"vbaproject|vbadata|activex/|embeddings/|oleobject", re.IGNORECASE)
_DDE = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)

# Names in a PDF that start something; what each does, in words for staff.
_PDF_NAMES = {
    "/JavaScript": "scripts",
    "/JS": "scripts",
    "/XFA": "scripts",
    "/Launch": "a link that starts a program",
    "/ImportData": "a link that opens another file",
    "/GoToE": "a file inside it",
    "/EmbeddedFile": "a file inside it",
    "/EmbeddedFiles": "a file inside it",
    "/EF": "a file inside it",
    "/FileAttachment": "a file inside it",
    "/RichMedia": "sound or film",
    "/Rendition": "sound or film",
    "/Movie": "sound or film",
    "/Sound": "sound or film",
    "/3D": "sound or film",
    "/SubmitForm": "a form that sends what people write to another address",
}
# Long enough not to occur by chance in compressed data. A reader that repairs a damaged PDF finds them where pypdf may not.
_RAW_NAMES = [name for name in _PDF_NAMES if len(name) > 7]


def find_kind(content: bytes) -> str:
    """Return "docx" or "pdf" by what a file contains. Raises `FileRefusedError`."""
    checks: dict[bytes, tuple[str, Callable[[bytes], None]]] = {
        b"PK\x03\x04": ("docx", _check_word),
        b"%PDF-": ("pdf", _check_pdf),
    }
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise FileRefusedError(_OLD_OR_LOCKED)
    for start, (kind, check) in checks.items():
        if content.startswith(start):
            try:
                check(content)
            except FileRefusedError:
                raise
            except MemoryError:
                raise FileRefusedError(_TOO_LARGE) from None
            except Exception:  # noqa: BLE001 - a broken file makes its parser raise almost anything
                raise FileRefusedError(_UNREADABLE) from None
            return kind
    raise FileRefusedError(_OTHER_KIND)


# --- Word ---


def _check_word(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        names = [part.filename for part in parts]
        if "[Content_Types].xml" not in names:
            raise FileRefusedError(_OTHER_KIND)
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise FileRefusedError(_TOO_LARGE)
        if len({name.lower() for name in names}) != len(names):
            raise FileRefusedError(
                _UNREADABLE
            )  # Which of two parts of one name is read depends on the program.
        kinds = [
            attributes.get("ContentType", "")
            for tag, attributes, _ in _elements(archive, "[Content_Types].xml")
            if tag in ("Default", "Override")
        ]
        if any("macroenabled" in kind.lower() or "template" in kind.lower() for kind in kinds):
            raise FileRefusedError(_OTHER_WORD)
        if _WORD not in kinds:
            raise FileRefusedError(_OTHER_KIND)
        if any(map(_PART_KINDS.search, kinds)) or any(map(_PART_NAMES.search, names)):
            raise _refusal("Word document", "macros, or other files inside it")
        for name in names:
            if name.lower().endswith(".rels"):
                _check_relationships(archive, name)
            elif name.lower().startswith("word/") and name.lower().endswith(".xml"):
                _check_fields(archive, name)


def _check_relationships(archive: zipfile.ZipFile, name: str) -> None:
    for tag, attributes, _ in _elements(archive, name):
        kind = attributes.get("Type", "").rpartition("/")[2]
        is_external = attributes.get("TargetMode", "").lower() == "external"
        if tag == "Relationship" and is_external and kind != "hyperlink":
            raise _refusal(
                "Word document", "a part that is loaded from another address, such as its template"
            )


def _check_fields(archive: zipfile.ZipFile, name: str) -> None:
    # The parts of a field's instruction may be in several elements.
    instructions = [
        attributes.get("instr", "") + text
        for tag, attributes, text in _elements(archive, name)
        if tag in ("instrText", "fldSimple")
    ]
    if _DDE.search("".join(instructions)):
        raise _refusal("Word document", "a field that starts a program")


def _elements(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Return local name, attributes without prefixes and own text of each element; a DTD is refused."""
    if archive.getinfo(name).file_size > MAX_XML:
        raise FileRefusedError(_TOO_LARGE)
    found: list[tuple[str, dict[str, str], list[str]]] = []
    opened: list[list[str]] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        text: list[str] = []
        opened.append(text)
        local = tag.rpartition(":")[2]
        if local in ("Default", "Override", "Relationship", "instrText", "fldSimple"):
            found.append((local, {key.rpartition(":")[2]: value for key, value in attributes.items()}, text))

    def refuse(*_: Any) -> None:
        raise FileRefusedError(_UNREADABLE)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: opened.pop()
    parser.CharacterDataHandler = lambda text: opened[-1].append(text)
    parser.StartDoctypeDeclHandler = refuse
    with archive.open(name) as part:
        parser.ParseFile(part)
    return ((tag, attributes, "".join(text)) for tag, attributes, text in found)


# --- PDF ---


def _check_pdf(content: bytes) -> None:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise FileRefusedError(_LOCKED_PDF)
    if not len(reader.pages):
        raise FileRefusedError(_UNREADABLE)
    _check_raw_names(content)
    for value in _all_objects(reader):
        if isinstance(value, DictionaryObject):
            _check_dictionary(value)


def _check_raw_names(content: bytes) -> None:
    # A name may be written with the numbers of its characters.
    raw = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), content)
    for name in _RAW_NAMES:
        if name.encode() in raw:
            raise _refusal("PDF", _PDF_NAMES[name])


def _all_objects(reader: PdfReader) -> Iterator[Any]:
    """Yield every object once, also those that nothing refers to: another reader may read them."""
    tables = [(number, generation) for generation, ids in reader.xref.items() for number in ids if number]
    tables += [(number, 0) for number in reader.xref_objStm]
    if len(tables) > MAX_OBJECTS:
        raise FileRefusedError(_TOO_LARGE)
    waiting: list[Any] = [reader.trailer, *(IndirectObject(*entry, reader) for entry in tables)]
    seen: set[tuple[int, int]] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, IndirectObject):
            if (value.idnum, value.generation) not in seen:
                seen.add((value.idnum, value.generation))
                waiting.append(value.get_object())
            continue
        yield value
        if isinstance(value, DictionaryObject):
            waiting += value.values()
        elif isinstance(value, ArrayObject):
            waiting += value


def _check_dictionary(value: DictionaryObject) -> None:
    kinds = (value.get(key) for key in ("/S", "/Subtype", "/Type") if key in value)
    for name in (*value, *(kind for kind in kinds if isinstance(kind, str))):
        if name in _PDF_NAMES:
            raise _refusal("PDF", _PDF_NAMES[name])


def _refusal(kind: str, what: str) -> FileRefusedError:
    how = "Print it to a PDF" if kind == "PDF" else "Copy its text into a new document"
    return FileRefusedError(
        f"This {kind} has {what}, which is not safe for parents to open. {how}, then add that."
    )


def main() -> None:
    """Read the upload, and write its extension or the refusal."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    try:
        kind = find_kind(sys.stdin.buffer.read())
    except FileRefusedError as refused:
        sys.stdout.buffer.write(str(refused).encode())
        sys.exit(REFUSED)
    sys.stdout.write(kind)


if __name__ == "__main__":
    main()
