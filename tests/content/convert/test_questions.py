"""What converting gives to those who call it: the parts of a leaflet, and questions that can be stored and answered."""

import json

import pytest

from leaflets.content.convert import (
    ConversionError,
    Question,
    QuestionKind,
    answer_question,
    convert_html,
    convert_text,
)

WHOLE = (
    "<h1>Moving to a new school</h1><p>Most children move at eleven.</p>"
    "<h2>Before the move</h2><p>Visit the school.</p><h2>After the move</h2><p>Ask how it goes.</p>"
)


def test_a_whole_leaflet_has_a_title_an_introduction_and_sections():
    converted = convert_html(WHOLE)

    assert converted.title == "Moving to a new school"
    assert converted.introduction == "Most children move at eleven."
    assert [(one.heading, one.anchor, one.markdown) for one in converted.sections] == [
        ("Before the move", "before-the-move", "Visit the school."),
        ("After the move", "after-the-move", "Ask how it goes."),
    ]


def test_the_markdown_of_a_whole_leaflet_is_that_of_its_file():
    assert convert_html(WHOLE).markdown == (
        "Most children move at eleven.\n\n"
        "## Before the move {#before-the-move}\n\nVisit the school.\n\n"
        "## After the move {#after-the-move}\n\nAsk how it goes.\n"
    )


def test_the_text_of_one_section_keeps_its_first_line_and_its_headings_are_smaller():
    converted = convert_html("<h1>Meetings</h1><p>Phone us first.</p>", whole=False)

    assert (converted.title, converted.sections) == ("", ())
    assert converted.introduction == "### Meetings\n\nPhone us first."


def test_questions_can_be_stored_as_json():
    (question, *_) = convert_html("<p>They MUST tell you.</p>", whole=False).questions

    assert Question.from_dict(json.loads(json.dumps(question.as_dict()))) == question


def test_an_answer_replaces_the_excerpt_where_it_stands():
    converted = convert_html("<p>They MUST tell you.</p><p>Ask us.</p>", whole=False)
    (question,) = converted.questions

    assert question.kind is QuestionKind.CAPITALS
    assert question.answer(converted.introduction) == "They **must** tell you.\n\nAsk us."


def test_an_answer_is_given_to_the_place_that_was_asked_about_and_not_to_one_like_it():
    converted = convert_html("<p>Ask.</p><p>3</p><p>Phone.</p><p>3</p><p>Write.</p>", whole=False)

    assert converted.questions[1].answer(converted.introduction) == "Ask.\n\n3\n\nPhone.\n\nWrite."


def test_an_answer_to_a_text_that_has_changed_since_is_none():
    (question,) = convert_html("<p>They MUST tell you.</p>", whole=False).questions

    assert question.answer("They will tell you.") is None


UNSTYLED = "<h1>Moving</h1><p>Ask us.</p><p><b>Before</b></p><p>Visit the school.</p><p><b>After</b></p><p>They MUST ask.</p>"


def test_answers_make_sections_one_after_another():
    converted = convert_html(UNSTYLED)
    sections = list(converted.all_sections)
    for question in converted.questions:
        sections = answer_question(sections, question)

    assert [(one.heading, one.anchor, one.markdown) for one in sections] == [
        ("", "introduction", "Ask us."),
        ("Before", "before", "Visit the school."),
        ("After", "after", "They **must** ask."),
    ]


def test_a_question_that_was_answered_cannot_be_answered_again():
    converted = convert_html(UNSTYLED)
    sections = answer_question(converted.all_sections, converted.questions[0])

    assert answer_question(sections, converted.questions[0]) is None


def test_a_document_without_words_is_refused_in_one_sentence():
    with pytest.raises(ConversionError, match="no words"):
        convert_html("<p> </p>")


def test_text_longer_than_a_leaflet_is_refused():
    with pytest.raises(ConversionError, match="60,000 characters"):
        convert_text("word " * 30_000)
