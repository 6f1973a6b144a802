"""Drafts whose text comes from a document: storing it with its questions, answering them, and bringing back the old text."""

from dataclasses import replace

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.db import transaction

from leaflets.content.convert import Converted, ConvertedSection, Question, answer_question
from leaflets.content.leaflet import INTRODUCTION, Heading, LeafletSource, SectionSource
from leaflets.models import Edition, Leaflet

from .admin_log import log_action
from .drafts import add_missing_anchors, get_edit_state, save_draft
from .editions import lock_leaflet
from .merging import TextDigests
from .questions import drop_settled_questions, open_questions, store_questions
from .schedule_cancellation import add_cancelled_change, find_scheduled_change
from .stored_texts import as_dict, from_dict
from .version_token import VersionToken


class ExcerptNotFoundError(Exception):
    """The excerpt that a question is about is not in the text any more."""


def keep_anchors(converted: Converted, source: LeafletSource) -> Converted:
    """Return a document's text with the anchors of those sections of a leaflet that have the same headings.

    They are printed on paper, and other leaflets link to them.
    """
    free = {section.heading.text.casefold(): section.heading.anchor for section in source.sections[1:]}
    anchors = {
        section.anchor: free.pop(section.heading.casefold(), "") or section.anchor
        for section in converted.sections
    }
    if len(set(anchors.values())) < len(anchors):
        return converted
    return replace(
        converted,
        sections=tuple(replace(section, anchor=anchors[section.anchor]) for section in converted.sections),
        questions=tuple(
            replace(question, section=anchors.get(question.section, question.section))
            for question in converted.questions
        ),
    )


def text_of_document(converted: Converted, source: LeafletSource) -> LeafletSource:
    """Return a leaflet's text with a document's in its place. What the document does not say stays as it is."""
    stored = {(one.heading.anchor, one.heading.text.casefold()): one.heading for one in source.sections}
    introduction = SectionSource(Heading("", INTRODUCTION), converted.introduction)
    sections = []
    for section in converted.sections:
        heading = stored.get((section.anchor, section.heading.casefold()), Heading("", section.anchor))
        sections.append(SectionSource(replace(heading, text=section.heading), section.markdown))
    return replace(
        source,
        title=converted.title or source.title,
        published=converted.published or source.published,
        sections=(introduction, *sections),
    )


@transaction.atomic
def replace_by_document(
    leaflet: Leaflet, converted: Converted, *, basis: VersionToken | None, by: User
) -> Edition:
    """Store a document's text as the leaflet's draft, with its questions, and log it.

    The text that it replaces is kept until the draft is published, see `bring_back_replaced_text`. Raises
    `TextChangedError`.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    converted = keep_anchors(converted, current.source)
    text = add_missing_anchors(text_of_document(converted, current.source))
    if current.draft and current.draft.digest == text.digest:
        return current.draft  # An equal request did it. The text before it is kept already.
    scheduled = find_scheduled_change(leaflet)
    draft = save_draft(leaflet, text, basis=basis, by=by, is_logged=False)
    if draft.status != Edition.Status.DRAFT:
        return draft  # An equal text was published meanwhile.
    draft.replaced_text = as_dict(current.source) if current.edition else None
    draft.questions = [question.as_dict() for question in converted.questions]
    drop_settled_questions(draft, text)
    draft.save(update_fields=["replaced_text", "questions"])
    log_action(
        by, draft, CHANGE, add_cancelled_change("Put the text of a document into the draft", scheduled)
    )
    return draft


def find_started(slug: str, converted: Converted, *, by: User) -> Leaflet | None:
    """Return the leaflet that an equal request of the same user started from this document, or None."""
    leaflet = Leaflet.objects.filter(slug=slug).first()
    current = get_edit_state(leaflet) if leaflet else None
    if current is None or current.draft is None or current.draft.created_by != by or current.draft.number > 1:
        return None
    text = text_of_document(keep_anchors(converted, current.source), current.source)
    return leaflet if add_missing_anchors(text).digest == current.draft.digest else None


@transaction.atomic
def bring_back_replaced_text(leaflet: Leaflet, *, basis: VersionToken | None, by: User) -> Edition:
    """Store the text that a document replaced as the leaflet's draft, and log it. Raises `TextChangedError`."""
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if current.draft is None or current.draft.replaced_text is None:
        return save_draft(leaflet, current.source, basis=basis, by=by)
    text = from_dict(current.draft.replaced_text, current.source)
    scheduled = find_scheduled_change(leaflet)
    draft = save_draft(leaflet, text, basis=basis, by=by, is_logged=False)
    draft.questions, draft.replaced_text = None, None
    draft.save(update_fields=["questions", "replaced_text"])
    log_action(
        by, draft, CHANGE, add_cancelled_change("Brought back the text from before the document", scheduled)
    )
    return draft


@transaction.atomic
def save_answer(
    leaflet: Leaflet,
    source: LeafletSource,
    question: Question,
    *,
    yes: bool,
    basis: VersionToken | None,
    base_digests: TextDigests | None,
    by: User,
) -> Edition:
    """Store a text as the leaflet's draft, as `save_draft` does, with the answer to one of the draft's questions.

    With `yes`, the question's replacement takes the place of its excerpt. Raises `TextChangedError`, and
    `ExcerptNotFoundError` where the excerpt is no longer in the text: then nothing is stored.
    """
    lock_leaflet(leaflet)
    draft = get_edit_state(leaflet).draft
    others = [one for one in open_questions(draft) if one.id != question.id]
    if yes:
        source = _replace_words(question, source)
        others = [_after(question, one) for one in others]
    if draft:
        store_questions(draft, others)
    scheduled = find_scheduled_change(leaflet)
    saved = save_draft(leaflet, source, basis=basis, base_digests=base_digests, by=by, is_logged=False)
    log_action(
        by,
        saved,
        CHANGE,
        add_cancelled_change("Saved the draft, with an answer to a question about the document", scheduled),
    )
    return saved


def _replace_words(question: Question, source: LeafletSource) -> LeafletSource:
    """Return the text with the question's replacement in place of its excerpt. Raises `ExcerptNotFoundError`."""
    sections = add_missing_anchors(source).sections
    changed = answer_question(
        [ConvertedSection(one.heading.text, one.heading.anchor, one.body) for one in sections], question
    )
    if changed is None:
        raise ExcerptNotFoundError
    headings = {section.heading.anchor: section.heading for section in sections}
    return replace(
        source,
        sections=tuple(
            SectionSource(headings.get(one.anchor, Heading(one.heading, one.anchor)), one.markdown)
            for one in changed
        ),
    )


def _after(answered: Question, question: Question) -> Question:
    """Return a question as it is after another one was answered: it may be about the same words, which are others now."""
    is_same_place = (question.section, question.excerpt) == (answered.section, answered.excerpt)
    return replace(question, excerpt=answered.replacement or "") if is_same_place else question
