"""The questions of a draft whose text comes from a document."""

from collections.abc import Iterable
from dataclasses import replace

from leaflets.content.convert import Question, QuestionKind
from leaflets.content.leaflet import LeafletSource
from leaflets.files.problems import Kind, Problem
from leaflets.models import Edition


def open_questions(draft: Edition | None) -> list[Question]:
    return [Question.from_dict(values) for values in (draft.questions or [])] if draft else []


def find_question(draft: Edition | None, question_id: str) -> Question | None:
    return next((question for question in open_questions(draft) if question.id == question_id), None)


def store_questions(draft: Edition, questions: Iterable[Question]) -> None:
    draft.questions = [question.as_dict() for question in questions]
    draft.save(update_fields=["questions"])


def drop_settled_questions(draft: Edition, source: LeafletSource) -> None:
    """Take those questions from a draft that are about words that are not in this text any more, or a title that it has.

    A question whose words moved to another section moves with them. The draft is not saved.
    """
    kept = (_place(question, source) for question in open_questions(draft))
    draft.questions = [question.as_dict() for question in kept if question]


def _place(question: Question, source: LeafletSource) -> Question | None:
    """Return the question with the anchor of the section that has its words, or None where none has."""
    if question.kind is QuestionKind.TITLE and source.title:
        return None
    if not question.section:
        return question
    # Its own section comes first.
    sections = sorted(source.sections, key=lambda section: section.heading.anchor != question.section)
    for section in sections:
        if question.stands_in(section.body):
            return replace(question, section=section.heading.anchor)
    return None


def question_problems(draft: Edition | None) -> list[Problem]:
    """Return a problem for each question without whose answer the draft must not be published."""
    return [
        Problem("", 1, f"A question about the document is open: {question.text}", Kind.OPEN_QUESTION)
        for question in open_questions(draft)
        if question.blocking
    ]
