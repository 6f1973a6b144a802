"""Word documents and PDFs for tests: harmless ones, and ones that start something."""

import io
import zipfile

from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def word_document(
    *,
    kind: str = WORD,
    body: str = "<w:p><w:r><w:t>Form</w:t></w:r></w:p>",
    relationships: str = "",
    parts: dict[str, bytes] | None = None,
    types: str = "",
) -> bytes:
    """A Word document, as a ZIP file of XML."""
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/>{types}</Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONSHIPS}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": "<Relationships "
        f'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relationships}</Relationships>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**files, **(parts or {})}.items():
            archive.writestr(name, text)
    return content.getvalue()


def external(kind: str, target: str = "https://example.com/x.dotm") -> str:
    """A relationship to another address."""
    return f'<Relationship Id="r9" Type="{RELATIONSHIPS}/{kind}" Target="{target}" TargetMode="External"/>'


def pdf_form() -> bytes:
    """A PDF with a field to fill in."""
    writer = _with_page()
    field = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): TextStringObject("name"),
        }
    )
    reference = writer._add_object(field)
    writer.pages[0][NameObject("/Annots")] = ArrayObject([reference])
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject([reference])}
    )
    return _content(writer)


def pdf_with_script() -> bytes:
    """A PDF with a script for the whole document."""
    writer = _with_page()
    script = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    )
    tree = DictionaryObject({NameObject("/Names"): ArrayObject([TextStringObject("a"), script])})
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): tree})
    return _content(writer)


def pdf_with_file() -> bytes:
    writer = _with_page()
    writer.add_attachment("evil.exe", b"MZ")
    return _content(writer)


def pdf_with_action(kind: str) -> bytes:
    """A PDF that does something when it is opened: `kind` is the type of its action, such as /Launch."""
    writer = _with_page()
    action = DictionaryObject({NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("x")})
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)
    return _content(writer)


def locked_pdf() -> bytes:
    writer = _with_page()
    writer.encrypt("secret")
    return _content(writer)


def _with_page() -> PdfWriter:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    return writer


def _content(writer: PdfWriter) -> bytes:
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()
