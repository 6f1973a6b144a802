"""Word documents for tests: the parts of a .docx, with only what a test says."""

import io
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NAMESPACES = (
    f'xmlns:w="{MAIN}" xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)


def style(key: str, name: str, properties: str = "") -> str:
    return f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{properties}</w:style>'


STYLES = "".join(
    [
        style("Title", "Title"), style("Subtitle", "Subtitle"), style("Heading1", "heading 1"), style("Heading2", "heading 2"),
        style("Quote", "Quote"), style("IntenseQuote", "Intense Quote"), style("TOC1", "toc 1"), style("Quotations", "Quotations"),
        style("Own", "Leaflet heading", '<w:basedOn w:val="Heading2"/>'),
        style("Outline", "Part", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'),
    ]
)  # fmt: skip


def numbering(*lists: tuple[str, str]) -> str:
    """Return numbering of lists 1, 2, …, each with a format and a text for all three levels of it."""
    written = ""
    for number, (name, text) in enumerate(lists, start=1):
        levels = "".join(
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{name}"/>'
            f'<w:lvlText w:val="{text.replace("%", f"%{level + 1}")}"/></w:lvl>'
            for level in range(3)
        )
        written += f'<w:abstractNum w:abstractNumId="{number}">{levels}</w:abstractNum>'
    return written + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
        for number in range(1, len(lists) + 1)
    )


LISTS = numbering(("decimal", "%."), ("bullet", "•"), ("lowerLetter", "%)"))


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, style: str = "", properties: str = "") -> str:
    """Return a paragraph: `content` is text, or runs."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    runs = content if content.startswith("<") else run(content) if content else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{runs}</w:p>"


def item(text: str, list_id: int = 1, level: int = 0) -> str:
    return paragraph(
        text, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
    )


def table(*rows: tuple[str, ...], header: bool = False) -> str:
    written = ""
    for number, cells in enumerate(rows):
        marked = "<w:trPr><w:tblHeader/></w:trPr>" if header and not number else ""
        row = "".join(f"<w:tc>{cell if cell.startswith('<') else paragraph(cell)}</w:tc>" for cell in cells)
        written += f"<w:tr>{marked}{row}</w:tr>"
    return f"<w:tbl>{written}</w:tbl>"


def docx(
    *body: str,
    parts: dict[str, str | bytes] | None = None,
    relationships: str = "",
    doctype: str = "",
) -> bytes:
    """Return a .docx with this body.

    `parts` are more parts: those named `footnotes`, `comments`, `header1` or `footer1` are given as the content of their
    root element, others by their path. `relationships` are more of the document's relationships.
    """
    written: dict[str, str | bytes] = {
        "styles": STYLES,
        "numbering": LISTS,
    } | (parts or {})
    output = io.BytesIO()
    with ZipFile(output, "w", ZIP_DEFLATED) as archive:
        related = relationships
        for name, content in written.items():
            if "/" in name:
                archive.writestr(name, content)
                continue
            kind = name.rstrip("0123456789")
            root = {"header": "hdr", "footer": "ftr"}.get(kind, kind)
            archive.writestr(f"word/{name}.xml", f"<w:{root} {NAMESPACES}>{content}</w:{root}>")
            related += f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{name}.xml"/>'
        main = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
        rels = f'<Relationships xmlns="{PACKAGE}/relationships">'
        archive.writestr("_rels/.rels", f"{rels}{main}</Relationships>")
        archive.writestr("word/_rels/document.xml.rels", f"{rels}{related}</Relationships>")
        document = f"<w:document {NAMESPACES}><w:body>{''.join(body)}</w:body></w:document>"
        archive.writestr("word/document.xml", f"{doctype}{document}")
    return output.getvalue()
