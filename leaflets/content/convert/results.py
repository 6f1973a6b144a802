"""What converting a document gives: a leaflet's text, and questions about what the converter did not decide."""

import datetime as dt
import enum
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from leaflets.content.leaflet import INTRODUCTION, make_unique_anchor
from leaflets.files.digests import digest


class ConversionError(Exception):
    """A document cannot be converted. The message is one sentence for staff that says what to do."""


class QuestionKind(enum.StrEnum):
    """What a question is about."""

    TITLE = "title"
    DATE = "date"
    HEADING = "heading"
    TABLE_HEADER = "table-header"
    MERGED_CELLS = "merged-cells"
    PICTURE = "picture"
    PAGE_NUMBER = "page-number"
    CAPITALS = "capitals"
    CROSSED_OUT = "crossed-out"
    TEXT_BOX = "text-box"
    NOTE = "note"
    LINK = "link"
    HIDDEN = "hidden"
    DELETED = "deleted"
    COMMENTS = "comments"
    CONTENTS = "contents"
    HEADER = "header"
    EMBEDDED = "embedded"


@dataclass(frozen=True)
class Question:
    """A question to the person who checks the draft, or something to know about it.

    `text` is shown to staff. `section` is the anchor of the section that it is about (`introduction` for the text before
    the first heading), or "" where it is about the whole document. `line` counts from 1 in the Markdown of that section,
    and is 0 for the whole document. `excerpt` is the Markdown that stands there; `replacement` is what stands there if
    the answer is yes, or None where a person has to write it. A replacement that starts with `## ` starts a section.
    If the answer is no, the text stays as it is. `blocking` says that the draft should not be published before this is
    answered.
    """

    kind: QuestionKind
    text: str
    blocking: bool = False
    section: str = ""
    line: int = 0
    excerpt: str = ""
    replacement: str | None = None

    @property
    def id(self) -> str:
        """A short name of the question, the same as long as it says the same of the same place."""
        return digest(json.dumps(self.as_dict()))[:12]

    def stands_in(self, markdown: str) -> bool:
        """Return whether the words that it is about stand in the section's Markdown, on lines of their own."""
        return f"\n{self.excerpt}\n" in f"\n{markdown}\n"

    def answer(self, markdown: str) -> str | None:
        """Return the section's Markdown with the replacement, or None where the excerpt no longer stands in it.

        The excerpt is whole lines. The place nearest to `line` is taken.
        """
        if self.replacement is None or not self.excerpt:
            return None
        pattern = re.compile(rf"^{re.escape(self.excerpt)}$", re.MULTILINE)
        start = _line_start(markdown, self.line)
        places = [match.start() for match in pattern.finditer(markdown)]
        if not places:
            return None
        place = min(places, key=lambda place: abs(place - start))
        rest = markdown[place + len(self.excerpt) :]
        before = markdown[:place]
        if not self.replacement:  # leave no second empty line
            return (before.rstrip("\n") + "\n\n" + rest.lstrip("\n")).strip("\n")
        return before + self.replacement + rest

    def as_dict(self) -> dict[str, Any]:
        """Return a dictionary that can be stored as JSON."""
        return asdict(self) | {"kind": str(self.kind)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Question":
        """Return the question that `as_dict` was called on.

        Raises ValueError, KeyError or TypeError if the dictionary is of another form.
        """
        return cls(**{**values, "kind": QuestionKind(values["kind"])})


def answer_question(
    sections: Sequence["ConvertedSection"], question: Question
) -> list["ConvertedSection"] | None:
    """Return the sections of a leaflet, with the introduction, after the answer yes to a question.

    Other answers may have moved its excerpt to another section, so it is looked for in all. A replacement that starts
    with `## ` starts a section. Returns None where the excerpt no longer stands anywhere, or nothing replaces it.
    """
    for section in sorted(sections, key=lambda one: one.anchor != question.section):
        markdown = question.answer(section.markdown)
        if markdown is not None:
            changed = _split_section(section, markdown, question.replacement or "", sections)
            return [one for old in sections for one in (changed if old is section else [old])]
    return None


def _split_section(
    section: "ConvertedSection", markdown: str, replacement: str, sections: Sequence["ConvertedSection"]
) -> list["ConvertedSection"]:
    heading = re.fullmatch(r"## (.+)", replacement)
    if not heading:
        return [replace(section, markdown=markdown)]
    before, _, after = f"\n{markdown}\n".partition(f"\n{replacement}\n")
    anchor = make_unique_anchor(heading[1], {one.anchor for one in sections})
    return [
        replace(section, markdown=before.strip("\n")),
        ConvertedSection(heading[1], anchor, after.strip("\n")),
    ]


def _line_start(text: str, line: int) -> int:
    return sum(len(one) + 1 for one in text.split("\n")[: max(line - 1, 0)])


@dataclass(frozen=True)
class ConvertedSection:
    """A level-2 heading, its anchor, and the Markdown below it. The heading of the introduction is ""."""

    heading: str
    anchor: str
    markdown: str


@dataclass(frozen=True)
class Converted:
    """The text of a leaflet that a document was converted to.

    `title` is "" where none was found. `published` is the first day of the month that the document says it was
    published in, or None. `introduction` is Markdown, and so is the text of each of `sections`, which do not include
    the introduction.
    """

    title: str
    published: dt.date | None
    introduction: str
    sections: tuple[ConvertedSection, ...]
    questions: tuple[Question, ...]

    @property
    def all_sections(self) -> tuple[ConvertedSection, ...]:
        """The introduction as a section, and the sections."""
        return (ConvertedSection("", INTRODUCTION, self.introduction), *self.sections)

    @property
    def markdown(self) -> str:
        """The text of a leaflet's file without its front matter."""
        blocks = [self.introduction] if self.introduction else []
        for section in self.sections:
            blocks.append(f"## {section.heading} {{#{section.anchor}}}")
            blocks += [section.markdown] if section.markdown else []
        return "\n\n".join(blocks) + "\n" if blocks else ""
