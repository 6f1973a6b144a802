"""Documents of word processors and browsers as the Markdown of a leaflet, with questions where a person has to decide.

    converted = convert_docx(path.read_bytes())
    converted.title, converted.published, converted.introduction, converted.sections, converted.questions

Reading (`html`, `text`, `docx`) makes a list of blocks, `structure` gives them the structure of a leaflet, and `writer`
writes them. Nothing here reads files or other addresses: pictures are never loaded.
"""

from .blocks import Block
from .html import HtmlReader
from .results import ConversionError, Converted, ConvertedSection, Question, QuestionKind
from .structure import arrange
from .text import read_text

__all__ = [
    "ConversionError", "Converted", "ConvertedSection", "Question", "QuestionKind", "convert_html", "convert_text",
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
