"""Documents to import: PDFs laid out like the Code, and XML like that of legislation.gov.uk."""

import datetime as dt
import re
from html import unescape
from pathlib import Path

from leaflets.content.markdown import render
from leaflets.law.importers.code_pdf import import_code
from leaflets.law.importers.results import Imported, VersionDetails
from leaflets.law.sources import LawSource

CODE = LawSource(
    "code-of-practice",
    "code",
    "SEND Code of Practice",
    "Special educational needs and disability code of practice: 0 to 25 years",
    "https://www.gov.uk/government/publications/send-code-of-practice-0-to-25",
)
GUIDANCE = LawSource(
    "exclusions", "guidance", "Exclusions", "Suspension and exclusion", "https://www.gov.uk/e"
)
DETAILS = VersionDetails("january-2015", "January 2015", dt.date(2015, 4, 1))

# Numbers hang in the margin, chapters and headings are larger than the text, and the page number is at the foot.
STYLE = """
@page { size: A4; margin: 2.5cm 2.2cm; @bottom-center { content: counter(page); font: 12pt sans-serif } }
html { font: 12pt/1.4 sans-serif }
h1 { font-size: 30pt } h2 { font-size: 17pt }
p { margin: 0 0 10pt }
.n { padding-left: 45pt } .n > i { float: left; margin-left: -45pt; font-style: normal }
.more, ul, ol, table, .box { margin-left: 45pt }
ul { padding-left: 30pt; margin-top: 0 } ul ul { margin-left: 0 }
.box { border: 1pt solid #000; padding: 8pt }
table { border-collapse: collapse } td, th { border: 1pt solid #000; padding: 4pt; font-weight: normal }
"""


def paragraph(number: str, text: str) -> str:
    return f'<p class="n"><i>{number}</i>{text}</p>'


def write_pdf(folder: Path, body: str, style: str = "") -> Path:
    """Write a PDF of a document that names the Code on its first page."""
    from weasyprint import HTML

    path = folder / "code.pdf"
    html = f"<style>{STYLE}{style}</style><p>SEND Code of Practice</p>{body}"
    HTML(string=f'<html lang="en-GB"><body>{html}').write_pdf(path)
    return path


def read_pdf(folder: Path, body: str, style: str = "", source: LawSource = CODE) -> Imported:
    return import_code(write_pdf(folder, body, style), source, DETAILS)


def texts(imported: Imported) -> dict[str, str]:
    return {provision.number: provision.text for provision in imported.version.provisions}


def rendered_words(markdown: str) -> list[str]:
    """Return the words that readers see. There are no problems in Markdown that an importer wrote."""
    rendered = render(markdown)
    assert rendered.problems == []
    apart = re.sub(r"</?(?:p|ul|ol|li|table|thead|tbody|tr|th|td)\b[^>]*>", " ", rendered.html)
    return unescape(re.sub("<[^>]*>", "", apart)).split()


def clml(body: str, *, metadata: str = "", after: str = "", kind: str = "ukpga/2014/6") -> bytes:
    """Return a document of legislation.gov.uk, as it stood on 1 September 2025."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<Legislation xmlns="http://www.legislation.gov.uk/namespaces/legislation"
  DocumentURI="http://www.legislation.gov.uk/{kind}">
<ukm:Metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/"
  xmlns:ukm="http://www.legislation.gov.uk/namespaces/metadata">
<dc:title>Children and Families Act 2014</dc:title><dct:valid>2025-09-01</dct:valid>{metadata}
</ukm:Metadata>
<Primary><Body>{body}</Body>{after}</Primary></Legislation>""".encode()


def section(number: str, content: str, title: str = "Assessments") -> str:
    return f"<P1group><Title>{title}</Title><P1><Pnumber>{number}</Pnumber><P1para>{content}</P1para></P1></P1group>"


def level(depth: int, number: str, content: str) -> str:
    """Return a subsection (2) or what is below it (3 and more)."""
    return f"<P{depth}><Pnumber>{number}</Pnumber><P{depth}para>{content}</P{depth}para></P{depth}>"


def text(words: str) -> str:
    return f"<Text>{words}</Text>"
