"""Whole documents of four pages, made with LibreOffice: a good draft after answering the questions.

`documents/` has one for each way in which services write: with Word's styles, with bold lines and typed bullets, letters
to copy, tables, and saved from a web page.
"""

import datetime as dt
import re
from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import fromstring
from zipfile import ZipFile

import pytest

from leaflets.content.convert import QuestionKind, answer_question, convert_docx
from leaflets.content.markdown import render
from leaflets.files.problems import Kind
from tests.word_documents import MAIN

SPACES = dict.fromkeys((f"{{{MAIN}}}{name}" for name in ("p", "br", "tab")), " ")
DOCUMENTS = Path(__file__).parent / "documents"
# The title, the publication date, and the headings of the sections after answering yes to each question.
LEAFLETS = {
    "styles": (
        "Exclusion from school", dt.date(2024, 5, 1),
        ["What is an exclusion?", "What must the school do?", "What can I do?", "Who can help?"],
    ),
    "no-styles": (
        "Going to a mediation meeting", dt.date(2023, 3, 1),
        ["What is mediation?", "BEFORE THE MEETING", "On the day", "After the meeting"],
    ),
    "letters": (
        "Letters that you can copy", None, ["Ask for an assessment", "Ask for a meeting", "Complain", "Ask for the file"],
    ),
    "tables": ("Times in an EHC assessment", None, ["Weeks", "People", "Words", "Costs"]),
    "from-a-web-page": (
        "Short breaks", None, ["What are they?", "Who can have them?", "How to ask", "If they say no"],
    ),
}  # fmt: skip


def convert(name):
    return convert_docx((DOCUMENTS / f"{name}.docx").read_bytes())


def answered(converted):
    """The sections after answering yes to each question that one button answers."""
    sections = list(converted.all_sections)
    for question in converted.questions:
        sections = answer_question(sections, question) or sections
    return sections


def words_of(text):
    return Counter(word for word in re.findall(r"[^\W\d_]{2,}", text))


@pytest.mark.parametrize(("name", "expected"), LEAFLETS.items(), ids=LEAFLETS)
def test_the_title_the_date_and_the_sections_are_found(name, expected):
    converted = convert(name)

    headings = [section.heading for section in answered(converted) if section.heading]
    assert (converted.title, converted.published, headings) == expected


@pytest.mark.parametrize("name", LEAFLETS)
def test_no_word_is_lost_before_questions_are_answered(name):
    with ZipFile(DOCUMENTS / f"{name}.docx") as archive:
        root = fromstring(archive.read("word/document.xml"))  # noqa: S314 - a file of ours
    texts = [one.text or "" if one.tag == f"{{{MAIN}}}t" else SPACES.get(one.tag, "") for one in root.iter()]
    converted = convert(name)
    published = [question.text for question in converted.questions if question.kind is QuestionKind.DATE]

    markdown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", converted.markdown)  # without the addresses of links
    there = words_of(" ".join([converted.title, markdown, *published]))
    assert words_of("".join(texts)) - there == Counter()


@pytest.mark.parametrize("name", LEAFLETS)
def test_the_draft_has_no_mistakes_once_the_questions_are_answered(name):
    problems = [
        problem for section in answered(convert(name)) for problem in render(section.markdown).problems
    ]

    assert [one for one in problems if one.kind not in (Kind.SOURCE_MISSING, Kind.PROVISION_UNKNOWN)] == []


@pytest.mark.parametrize("name", LEAFLETS)
def test_questions_name_places_that_are_there(name):
    converted = convert(name)
    sections = {section.anchor: section.markdown for section in converted.all_sections}

    for question in converted.questions:
        if question.section:
            lines = sections[question.section].split("\n")[question.line - 1 :]
            assert "\n".join(lines).startswith(question.excerpt)
