"""Records of the SEND Code of Practice: one YAML file per edition."""

import datetime as dt
import re
from dataclasses import dataclass, field

from leaflets.files.digests import digest
from leaflets.files.fields import Fields, write_fields
from leaflets.files.problems import Kind, Problem

_NUMBER = re.compile(r"(?P<chapter>[1-9]\d?)\.(?P<place>[1-9]\d{0,2})", re.ASCII)


@dataclass(frozen=True)
class ParagraphSource:
    """A paragraph of the Code. `text` is empty until a person has pasted it from the published Code."""

    number: str
    text: str = ""

    @property
    def chapter(self) -> int:
        return int(self.number.partition(".")[0])

    @property
    def place(self) -> int:
        """Its number in the chapter: 17 for 6.17. Sort by it, so that 6.2 comes before 6.17."""
        return int(self.number.partition(".")[2])


@dataclass(frozen=True)
class CodeSource:
    """One edition of the Code: its names, its URL, its chapters, and the paragraphs that leaflets cite.

    `chapters` are (number, title), and `label` tells the edition from others, such as "January 2015".
    """

    slug: str
    title: str
    full_title: str
    label: str
    in_force_from: dt.date
    url: str
    chapters: tuple[tuple[int, str], ...]
    paragraphs: tuple[ParagraphSource, ...]
    path: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.title} ({self.label})"

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(paragraph.number for paragraph in self.paragraphs)

    @property
    def digest(self) -> str:
        return digest(write_code(self))


def read_code(text: str, path: str, slug: str) -> tuple[CodeSource, list[Problem]]:
    """Read the YAML of one edition of the Code. The record is complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    in_force_from = fields.date("in_force_from", required=True)
    chapters = dict(_read_chapters(fields))
    code = CodeSource(
        slug=slug,
        path=path,
        title=fields.text("title"),
        full_title=fields.text("full_title"),
        label=fields.text("label"),
        in_force_from=in_force_from or dt.date.min,
        url=fields.text("url"),
        chapters=tuple(sorted(chapters.items())),
        paragraphs=tuple(_read_paragraphs(fields, chapters)),
    )
    if code.url and not code.url.startswith("https://"):
        fields.add_problem(
            fields.line("url"), f"`url: {code.url}` has to start with https://.", Kind.FIELD_VALUE
        )
    fields.finish()
    return code, problems


def _read_chapters(fields: Fields) -> list[tuple[int, str]]:
    chapters: dict[int, str] = {}
    for line, entry in fields.entries("chapters"):
        number, title = entry.text("number"), entry.text("title")
        entry.finish()
        if not re.fullmatch(r"[1-9]\d?", number, re.ASCII):
            fields.add_problem(
                line,
                f"A chapter's `number: {number}` has to be a whole number from 1 to 99.",
                Kind.FIELD_VALUE,
            )
        elif int(number) in chapters:
            fields.add_problem(line, f"Chapter {number} stands here twice. Keep one.", Kind.FIELD_REPEATED)
        else:
            chapters[int(number)] = title
    return list(chapters.items())


def _read_paragraphs(fields: Fields, chapters: dict[int, str]) -> list[ParagraphSource]:
    paragraphs: dict[str, ParagraphSource] = {}
    for line, entry in fields.entries("paragraphs"):
        paragraph = ParagraphSource(entry.text("number"), entry.long_text("text"))
        entry.finish()
        if not _NUMBER.fullmatch(paragraph.number):
            fields.add_problem(
                line, f"A paragraph's `number: {paragraph.number}` has to be like 6.17.", Kind.FIELD_VALUE
            )
        elif paragraph.chapter not in chapters:
            fields.add_problem(
                line,
                f"Paragraph {paragraph.number} is in a chapter that is not listed above.",
                Kind.FIELD_VALUE,
            )
        elif paragraph.number in paragraphs:
            fields.add_problem(
                line, f"Paragraph {paragraph.number} stands here twice. Keep one.", Kind.FIELD_REPEATED
            )
        else:
            paragraphs[paragraph.number] = paragraph
    return sorted(paragraphs.values(), key=lambda paragraph: (paragraph.chapter, paragraph.place))


def write_code(code: CodeSource) -> str:
    """Return the YAML of one edition of the Code, in canonical form."""
    return write_fields(
        {
            "title": code.title,
            "full_title": code.full_title,
            "label": code.label,
            "in_force_from": code.in_force_from,
            "url": code.url,
            "chapters": [{"number": str(number), "title": title} for number, title in code.chapters],
            "paragraphs": [
                {"number": paragraph.number, "text": paragraph.text}
                if paragraph.text
                else {"number": paragraph.number}
                for paragraph in code.paragraphs
            ],
        }
    )
