"""Documents of word processors and browsers as the Markdown of a leaflet, with questions where a person has to decide.

    converted = convert_docx(path.read_bytes())
    converted.title, converted.published, converted.introduction, converted.sections, converted.questions

Reading (`html`, `text`, `docx`) makes a list of blocks, `structure` gives them the structure of a leaflet, and `writer`
writes them. Nothing here reads files or other addresses: pictures are never loaded.
"""

from dataclasses import replace

from .blocks import Block
from .docx import read_docx
from .html import HtmlReader
from .results import ConversionError, Converted, ConvertedSection, Question, QuestionKind, answer_question
from .structure import arrange, read_published
from .text import read_text

__all__ = [
    "ConversionError", "Converted", "ConvertedSection", "Question", "QuestionKind", "answer_question", "convert_docx",
    "convert_html", "convert_text",
]  # fmt: skip


def convert_html(html: str, *, whole: bool = True) -> Converted:
    """Convert HTML, such as a clipboard has it.

    `whole` says that it is a leaflet: with a title and a date, and sections where it has headings. Otherwise it is the
    text of one section: `introduction` has all of it, and its headings start with `###`.

    Raises ConversionError if it is too large.
    """
    reader = HtmlReader()
    blocks = reader.read(html)
    return arrange(blocks, reader.questions, whole)


def convert_text(text: str, *, whole: bool = True) -> Converted:
    """Convert plain text, such as a PDF viewer copies: its broken lines are joined. Otherwise as `convert_html`."""
    blocks: list[Block] = read_text(text)
    return arrange(blocks, [], whole, from_text=True)


def convert_docx(data: bytes, *, whole: bool = True) -> Converted:
    """Convert a Word document (.docx).

    Its pictures, comments, hidden text and tracked deletions are left out, and asked about or said.
    Raises ConversionError, with one sentence for staff, if it is another kind of file, damaged, encrypted or too large.
    """
    html, questions, edges = read_docx(data)
    reader = HtmlReader(questions=questions)
    converted = arrange(reader.read(html), reader.questions, whole)
    if whole and not converted.published:
        return replace(converted, published=next(filter(None, map(read_published, edges)), None))
    return converted
