"""Admin views of one leaflet: edit, preview, share, publish, withdraw, history, comparison."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leaflets.content.comparison import compare
from leaflets.content.convert import ConversionError, Converted, Question
from leaflets.content.leaflet import INTRODUCTION, LeafletSource
from leaflets.files.problems import Problem
from leaflets.models import (
    DraftNote,
    Edition,
    Leaflet,
    ScheduledChange,
    Service,
    SourceVersion,
    name_of,
    staff_with_permission,
)
from leaflets.public.caching import CACHE_DELAY_MESSAGE
from leaflets.public.context_processors import for_edition
from leaflets.public.leaflet_pdfs import update_in_background
from leaflets.publishing import drafts, editions, scheduling, share_links
from leaflets.publishing.documents import (
    ExcerptNotFoundError,
    bring_back_replaced_text,
    find_started,
    replace_by_document,
    save_answer,
)
from leaflets.publishing.handovers import (
    ANSWER,
    READY,
    RETURNED,
    Thread,
    ThreadChangedError,
    add_note,
    explain_missing_assignee,
    find_earlier_texts,
    find_section_anchor,
    open_thread,
)
from leaflets.publishing.merging import TextDigests
from leaflets.publishing.questions import find_question, open_questions, question_problems
from leaflets.publishing.records import glossary_finder, leaflet_source, review_due, service_source
from leaflets.publishing.version_token import VersionToken
from leaflets.quality.hints import find_hints, order_hints, split_hints
from leaflets.quality.preflight import CheckedLeaflet

from . import pasting, schedule_emails
from .forms import (
    AddressForm,
    ConfirmForm,
    DocumentForm,
    LaterForm,
    LeafletForm,
    NewLeafletForm,
    NoteForm,
    PublishForm,
    ReviewForm,
    SectionForm,
    SectionFormSet,
    WithdrawForm,
    accept_old_names,
    build_source,
    check_size,
    describe_odd_characters,
)
from .law_changes import find_section_changes

MAX_EXCERPT_LENGTH = 300  # characters of `?words=` in the address of an edit page
MAX_NAMED_PLACES = 20  # where characters were changed
MAX_DIGITS = 18  # of a 64-bit number
FROM_START = "from=start"  # in the address of a page that leads back to the start page
EDIT, PUBLISH = "leaflets.change_edition", "leaflets.publish_edition"
_P = ParamSpec("_P")
_Page = Callable[Concatenate[HttpRequest, _P], HttpResponse]


def staff_page(permission: str) -> Callable[[_Page[_P]], _Page[_P]]:
    """Decorate an admin view that needs a permission. Its responses are not cached."""

    def decorate(view: _Page[_P]) -> _Page[_P]:
        @wraps(view)
        def allowed(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(allowed)

    return decorate


def _render_page(
    request: HttpRequest, template: str, leaflet: Leaflet, title: str, **context: Any
) -> HttpResponse:
    status = context.pop("status", 200)
    context |= admin.site.each_context(request) | {"leaflet": leaflet, "title": title, "opts": Leaflet._meta}
    context["scheduled"] = _find_schedule(leaflet)
    return render(request, f"admin/leaflets/leaflet/{template}", context, status=status)


def _find_schedule(leaflet: Leaflet) -> ScheduledChange | None:
    return (
        ScheduledChange.objects.select_related("scheduled_by", "read_instead")
        .filter(leaflet=leaflet.pk)
        .first()
    )


def _scheduled_values(
    request: HttpRequest, leaflet: Leaflet, action: ScheduledChange.Action
) -> dict[str, Any]:
    """Return what a form to publish or withdraw starts with: the words that were scheduled, and the time if it will not happen.

    What the user cancelled counts too. Words about a draft that was discarded say nothing about another draft.
    """
    stored = _find_schedule(leaflet)
    change = stored or _find_cancelled_change(request, leaflet)
    if change is None or change.action != action:
        return {}
    if change.is_publication and not leaflet.editions.filter(pk=change.edition_pk, status="draft").exists():
        return {}
    # While it waits, the time stays out: to publish now, the box has to be empty.
    needs_new_time = (stored is None or change.problem_description) and not change.is_late
    return {
        "change_note": change.change_note,
        "reason": change.reason,
        "read_instead": change.read_instead_id,
        "due_at": change.due_at if needs_new_time else None,
    }


def _cancelled_change_key(leaflet: Leaflet) -> str:
    """Return the session's key for the change that the user cancelled, whose words are nowhere else then."""
    return f"taken-back-{leaflet.pk}"


def _keep_cancelled_change(request: HttpRequest, change: ScheduledChange) -> None:
    request.session[_cancelled_change_key(change.leaflet)] = {
        "action": change.action,
        "due_at": change.due_at.isoformat(),
        "edition_pk": change.edition_pk,
        "change_note": change.change_note,
        "reason": change.reason,
        "read_instead_id": change.read_instead_id,
    }


def _find_cancelled_change(request: HttpRequest, leaflet: Leaflet) -> ScheduledChange | None:
    """Return the change that the user cancelled in this session, which is not stored any more."""
    kept = request.session.get(_cancelled_change_key(leaflet))
    if kept is None:
        return None
    return ScheduledChange(**kept | {"leaflet": leaflet, "due_at": dt.datetime.fromisoformat(kept["due_at"])})


@contextmanager
def _notify_of_cancelled_change(request: HttpRequest, leaflet: Leaflet) -> Iterator[None]:
    """Tell the user, and by e-mail another person who scheduled it, if what is done cancels what was scheduled."""
    before = _find_schedule(leaflet)
    yield
    if before is None or before.is_stopped:
        return
    after = _find_schedule(leaflet)
    if after is None:
        messages.info(request, f"The leaflet {before.past_description}. Nothing more happens then.")
    elif after.is_stopped:
        again = (
            "Schedule it again if it should still happen."
            if request.user.has_perm(PUBLISH)
            else "A publisher has to look at it and schedule it again."
        )
        messages.warning(request, f"The leaflet {after.description}. That is off: {after.problem} {again}")
        if after.is_to_be_told:
            transaction.on_commit(schedule_emails.send_in_background)


def _redirect_to(name: str, leaflet: Leaflet, *rest: int) -> HttpResponse:
    return redirect(f"admin:leaflet-{name}", leaflet.pk, *rest)


# --- Editing ---


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit the leaflet's draft, which the first save creates. `?law=` names a version to show beside the text.

    POST `action`: "save", "preview", "thread" or "publish" save the draft, and so do "yes-ID" and "no-ID", which answer one of its
    questions; see `_show_unsaved_text` for others.
    """
    leaflet = get_object_or_404(Leaflet, pk=pk)
    if request.method != "POST":
        current = drafts.get_edit_state(leaflet)
        leaflet_form = LeafletForm(initial=LeafletForm.values(current.source, current.basis), leaflet=leaflet)
        rows = [SectionForm.values(section) for section in current.source.sections[1:]]
        return _render_edit_page(request, leaflet, leaflet_form, SectionFormSet(initial=rows))
    action = request.POST.get("action", "save")
    question, answer = None, ""
    if action.startswith(("yes-", "no-")):
        answer, _, question_id = action.partition("-")
        # A second click on the same button finds no question, and saves the text only.
        question, action = find_question(drafts.get_edit_state(leaflet).draft, question_id), "save"
    if action not in ("save", "preview", "thread", "publish"):
        return _show_unsaved_text(request, leaflet, action)
    data = accept_old_names(request.POST)
    leaflet_form = LeafletForm(data, leaflet=leaflet, is_answer=bool(question))
    sections = SectionFormSet(data)
    # Validate both, so that all mistakes are shown at once.
    valid = all([leaflet_form.is_valid(), sections.is_valid()])
    if not valid or not check_size(leaflet_form, sections):
        return _render_edit_page(request, leaflet, leaflet_form, sections, status=422, unsaved=True)
    rows = [form.cleaned_data for form in sections.forms if not form.cleaned_data.get("DELETE")]
    source = drafts.add_missing_anchors(build_source(leaflet, leaflet_form.cleaned_data, rows))
    basis = leaflet_form.cleaned_data["basis"]
    store = partial(save_answer, question=question, yes=answer == "yes") if question else drafts.save_draft
    try:
        with _notify_of_cancelled_change(request, leaflet):
            saved = store(
                leaflet, source, basis=basis, base_digests=leaflet_form.cleaned_data["read"], by=request.user
            )
    except ExcerptNotFoundError:
        messages.error(request, "Those words are not in the text any more. Nothing was changed or saved.")
        return _render_edit_page(request, leaflet, leaflet_form, sections, status=422, unsaved=True)
    except drafts.TextChangedError as error:
        return _show_conflict(request, leaflet, source, basis, error.current)
    request.session[_saved_key(leaflet)] = str(basis)
    _add_saved_messages(
        request, leaflet_form, sections, merged=not question and saved.digest != source.digest
    )
    if question:
        return redirect(f"{request.get_full_path()}#questions")
    if action == "save":
        return redirect(request.get_full_path())
    return _redirect_to(action, leaflet)


def _add_saved_messages(
    request: HttpRequest, leaflet_form: LeafletForm, sections: Any, *, merged: bool
) -> None:
    """Add messages for the next page. `merged` says that what a colleague saved meanwhile is in the draft too."""
    messages.success(request, "The draft is saved. Readers do not see it until it is published.")
    places = describe_odd_characters(leaflet_form, sections)
    if places:
        more = f"; and {len(places) - MAX_NAMED_PLACES} more" if len(places) > MAX_NAMED_PLACES else ""
        messages.warning(
            request,
            "Characters that a word processor left were taken out, or became what they mean. Please look at these "
            f"places: {'; '.join(places[:MAX_NAMED_PLACES])}{more}.",
        )
    if merged:
        messages.warning(
            request,
            "Other sections changed after you opened the page. Both changes are kept: please read the whole text.",
        )


def _saved_key(leaflet: Leaflet) -> str:
    """Return the session's key for the basis of the form that was saved last.

    The next page tells drafts.js, which then forgets the text that it kept of that form.
    """
    return f"saved-{leaflet.pk}"


def _render_edit_page(
    request: HttpRequest, leaflet: Leaflet, leaflet_form: LeafletForm, sections: Any, **context: Any
) -> HttpResponse:
    current = drafts.get_edit_state(leaflet)
    checked, problems = drafts.check_draft(current.source)
    new_law = SourceVersion.objects.filter(pk=_parse_number(request.GET.get("law", ""))).first()
    changes = find_section_changes(leaflet, new_law) if new_law else {}
    element_ids = {INTRODUCTION: "id_introduction"}
    for number, form in enumerate(sections, start=1):
        form.law_changes = changes.get(form["anchor"].value(), [])
        element_ids[form["anchor"].value()] = f"section-{number}"
    thread = open_thread(current.draft)
    headings = {INTRODUCTION: "", **{form["anchor"].value(): form["heading"].value() for form in sections}}
    notes = _notes_by_anchor(thread, headings)
    for form in sections:
        form.notes = notes.get(form["anchor"].value() or None, [])
    # A link of `old_facts` names a part of the text, and the words in it that are to be selected.
    words = request.GET.get("words", "")[:MAX_EXCERPT_LENGTH]
    if words not in _all_words(current.source):
        words = ""  # They were changed.
    opened_element_id = element_ids.get(request.GET.get("part", ""), "leaflet-facts") if words else ""
    is_empty = not any(section.body or section.heading.text for section in current.source.sections)
    return _render_page(
        request,
        "edit.html",
        leaflet,
        f"Edit: {current.source.title or leaflet.slug}",
        leaflet_form=leaflet_form,
        sections=sections,
        edit_state=current,
        document_questions=[
            (question, element_ids.get(question.section)) for question in open_questions(current.draft)
        ],
        new_law=new_law,
        introduction_changes=changes.get(INTRODUCTION, []),
        thread=thread,
        introduction_notes=notes.get(INTRODUCTION, []),
        notes_with_element_ids=[
            (note, note.about and element_ids.get(find_section_anchor(note, headings), ""))
            for note in thread.notes
        ],
        state_note_element_id=element_ids.get(find_section_anchor(thread.state_note, headings), "")
        if thread.state_note
        else "",
        # A leaflet that nobody wrote yet has nothing to be put right: the page says how to begin.
        problems=[] if is_empty else problems,
        hints=[] if is_empty else _find_hints(checked, current.edition, current.live),
        is_empty=is_empty,
        opened_element_id=opened_element_id,
        opened_words=words,
        is_withdrawn=current.live is None and editions.was_public(leaflet),
        recent_editor=_recent_editor(request, current.draft),
        saved_basis=request.session.pop(_saved_key(leaflet), ""),
        live_changed=_live_changed(current.draft, current.live),
        media=leaflet_form.media + sections.media,
        **context,
    )


def _notes_by_anchor(thread: Thread, headings: dict[str, str]) -> dict[str, list[DraftNote]]:
    """Return the notes of a thread by the anchor of their section, "" for those that have none in this text."""
    notes: dict[str, list[DraftNote]] = {}
    for note in thread.notes:
        notes.setdefault(find_section_anchor(note, headings), []).append(note)
    return notes


def _all_words(source: LeafletSource) -> str:
    """Return all that an edit page has in its boxes."""
    sections = (
        text
        for section in source.sections
        for text in (section.heading.text, section.heading.label, section.body)
    )
    return "\n".join([source.title, source.summary, *source.in_short, *sections])


def _find_hints(checked: CheckedLeaflet, edition: Edition | None, live: Edition | None) -> list[Problem]:
    """Return what is worth a look in a text that was opened from this edition, in the order for staff."""
    if edition:
        checked = replace(checked, source=replace(checked.source, review=review_due(edition)))
    hints = find_hints(checked, service_source(Service.objects.get()), glossary=glossary_finder())
    is_changed = edition and live and edition.pk != live.pk
    return order_hints(hints, checked.source, leaflet_source(live) if is_changed else None)


def _hints_for_publishing(checked: CheckedLeaflet, draft: Edition, live: Edition | None) -> dict[str, Any]:
    """Return what is worth a look in a draft: what the live text does not have, and what it has too."""
    hints = _find_hints(checked, draft, live)
    known = []
    if live:
        checked_live, _found = drafts.check_draft(leaflet_source(live))
        known = _find_hints(checked_live, live, live)
    new, old = split_hints(hints, known)
    return {"hints": new, "old_hints": old}


def _changes_since(draft: Edition, source: LeafletSource) -> dict[str, Any]:
    """Return what changed in a draft since it was handed over or returned, the newest time first.

    `unchanged_since` is the oldest note with the text of now, where there are several and no other text was kept.
    `since_returned` says that one of the notes that are shown returned the draft.
    """
    earlier = find_earlier_texts(draft, source)
    since = [(one.notes, compare(one.source, source)) for one in earlier]
    changed = [(notes, differences) for notes, differences in since if differences]
    same = earlier[0].notes if earlier and not changed and len(earlier[0].notes) > 1 else []
    shown = [*(note for notes, _ in changed for note in notes), *same[-1:]]
    return {
        "since": changed,
        "unchanged_since": same[-1] if same else None,
        "since_returned": any(note.kind == RETURNED for note in shown),
    }


def _live_changed(draft: Edition | None, live: Edition | None) -> bool:
    """Return whether readers see another edition than the one that the draft was started from."""
    return bool(draft and live and live.number != draft.based_on)


def _recent_editor(request: HttpRequest, draft: Edition | None) -> str:
    """Return the name of another user who saved the draft within the last hour, or ""."""
    if draft is None or draft.edited_by is None or draft.edited_by == request.user:
        return ""
    recent = timezone.now() - draft.edited_at < dt.timedelta(hours=1)
    return name_of(draft.edited_by) if recent else ""


def _show_unsaved_text(request: HttpRequest, leaflet: Leaflet, action: str) -> HttpResponse:
    """Show the posted text again, with a section added, moved, or marked for removal. Nothing is saved.

    `action` is "add-N" (at index N), "up-N", "down-N", "remove-N" or "keep-N", or "sections": what was pasted becomes
    sections after the section with the number `pasted_into`, 0 for the introduction. Any other shows the text
    unchanged: drafts.js posts "restore".
    """
    data = accept_old_names(request.POST)
    stored = LeafletForm.values(drafts.get_edit_state(leaflet).source, VersionToken())
    # A page from before there were these fields does not send them.
    missing = {
        name: stored[name] for name in ("topic", "in_short", "in_short_unapproved") if "in_short" not in data
    }
    typed = {name: data.get(name, "") for name in LeafletForm.base_fields} | missing
    leaflet_form = LeafletForm(initial=typed, leaflet=leaflet)
    rows = _posted_sections(data)
    verb, _, number = action.partition("-")
    index = _parse_number(number, default=len(rows))
    focus = ""
    questions: Sequence[Question] = ()
    if action == "sections":
        after = min(_parse_number(data.get("pasted_into", "")), len(rows)) - 1
        questions = _add_pasted(request, pasting.Form(typed, rows), after)
        leaflet_form = LeafletForm(initial=typed, leaflet=leaflet)
    if verb == "add" and len(rows) < SectionFormSet.max_num:
        rows.insert(min(index, len(rows)), {})
    elif verb == "up" and 0 < index < len(rows):
        rows[index - 1], rows[index] = rows[index], rows[index - 1]
        focus = f"up-{index - 1}" if index > 1 else "down-0"
    elif verb == "down" and index + 1 < len(rows):
        rows[index], rows[index + 1] = rows[index + 1], rows[index]
        focus = f"down-{index + 1}" if index + 2 < len(rows) else f"up-{index + 1}"
    elif verb in ("remove", "keep") and index < len(rows):
        rows[index]["DELETE"] = "on" if verb == "remove" else ""
        focus = f"keep-{index}" if verb == "remove" else f"remove-{index}"
    sections = SectionFormSet(initial=rows)
    if verb == "add" and index < len(rows):
        sections.forms[index].fields["heading"].widget.attrs["autofocus"] = True
    # The page is long: the focus goes to the button in the list of sections with which the user can go on.
    return _render_edit_page(
        request, leaflet, leaflet_form, sections, unsaved=True, focus=focus, questions=questions
    )


def _add_pasted(request: HttpRequest, form: pasting.Form, after: int) -> Sequence[Question]:
    """Put the posted `pasted_html` or `pasted_text` into the form as sections. Returns what to ask about it."""
    html, text = request.POST.get("pasted_html", ""), request.POST.get("pasted_text", "")
    try:
        converted = pasting.convert(html, text, whole=True)
        form.add(converted, after=after, most=SectionFormSet.max_num)
    except (pasting.PasteRefusedError, ConversionError) as refused:
        messages.error(request, str(refused))
        return []
    return converted.questions


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: HttpRequest, pk: int) -> HttpResponse:
    """A page with a box to paste a text into, for browsers without JavaScript.

    POST shows the edit page with the text after the last section. It is not saved yet.
    """
    leaflet = get_object_or_404(Leaflet, pk=pk)
    if not request.POST.get("pasted_text", "").strip():
        asked = request.method == "POST"
        context = {"is_empty": asked, "status": 422 if asked else 200}
        return _render_page(request, "paste.html", leaflet, "Paste a text", **context)
    current = drafts.get_edit_state(leaflet)
    form = pasting.Form(
        LeafletForm.values(current.source, current.basis),
        [SectionForm.values(section) for section in current.source.sections[1:]],
    )
    questions = _add_pasted(request, form, after=len(form.sections) - 1)
    leaflet_form = LeafletForm(initial=form.leaflet, leaflet=leaflet)
    sections = SectionFormSet(initial=form.sections)
    return _render_edit_page(request, leaflet, leaflet_form, sections, unsaved=True, questions=questions)


def _parse_number(text: str, default: int = 0) -> int:
    """Return a number of a form or an address. One that no database column holds counts as none."""
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else default


def _posted_sections(data: QueryDict) -> list[dict[str, str]]:
    total = data.get("form-TOTAL_FORMS", "0")
    count = min(_parse_number(total), SectionFormSet.max_num)
    names = (*SectionForm.base_fields, "DELETE")
    return [{name: data.get(f"form-{row}-{name}", "") for name in names} for row in range(count)]


def _show_conflict(
    request: HttpRequest,
    leaflet: Leaflet,
    source: LeafletSource,
    basis: VersionToken | None,
    current: drafts.EditState,
) -> HttpResponse:
    """Show the submitted text with its differences from the text that is stored meanwhile.

    The form gets the stored text's basis: saving again overwrites it.
    """
    data = accept_old_names(request.POST).copy()
    data["basis"] = str(current.basis)
    data["read"] = str(TextDigests.of(drafts.add_missing_anchors(current.source)))
    return _render_edit_page(
        request,
        leaflet,
        LeafletForm(data, leaflet=leaflet),
        SectionFormSet(data),
        status=409,
        conflict=_describe_conflict(request, basis, current),
        differences=compare(current.source, drafts.add_missing_anchors(source)),
        unsaved=True,
    )


def _describe_conflict(request: HttpRequest, basis: VersionToken | None, current: drafts.EditState) -> str:
    draft, live = current.draft, current.live
    if basis is None:
        return "This page does not say which text you started from"
    if draft and draft.edited_by == request.user:
        return f"You saved this draft at {_format_time(draft.edited_at)} from another page, after you opened this one"
    if draft:
        editor = name_of(draft.edited_by) if draft.edited_by else "A colleague"
        return f"{editor} saved this draft at {_format_time(draft.edited_at)}, after you opened it"
    if live and live.pk != basis.live_pk:
        return f"Edition {live.number} was published at {_format_time(live.published_at)}, after you opened this page"
    return "The draft that you opened was discarded"


def _format_time(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%H:%M}"


@staff_page("leaflets.add_leaflet")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Create a leaflet without a text, then go on to the edit page."""
    form = NewLeafletForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data.pop("document")
        try:
            leaflet = editions.add_leaflet(**form.cleaned_data, by=request.user)
        except editions.SlugTakenError as error:
            started = find_started(form.cleaned_data["slug"], document, by=request.user) if document else None
            if started:
                return redirect(f"{reverse('admin:leaflet-edit', args=[started.pk])}#questions")
            form.add_error("slug", str(error))
        else:
            if document:
                return _put_in_document(request, leaflet, document, drafts.get_edit_state(leaflet).basis)
            return _redirect_to("edit", leaflet)
    status = 422 if form.errors else 200
    return _render_page(request, "add.html", Leaflet(), "Add a leaflet", form=form, status=status)


def _put_in_document(
    request: HttpRequest, leaflet: Leaflet, document: Converted, basis: VersionToken | None
) -> HttpResponse:
    """Store a document's text as the draft and go on to the edit page. Raises `TextChangedError`."""
    with _notify_of_cancelled_change(request, leaflet):
        replace_by_document(leaflet, document, basis=basis, by=request.user)
    message = "The text of the document is in the draft. Readers do not see it yet."
    if basis and basis.edition_pk:
        message += " The summary and the dates are as before: look whether they are still right."
    messages.success(request, message)
    return redirect(f"{reverse('admin:leaflet-edit', args=[leaflet.pk])}#questions")


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def replace_text(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace the draft's text by that of a Word document."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    form = DocumentForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _put_in_document(request, leaflet, **form.cleaned_data)
            except drafts.TextChangedError:
                status = 409
    current = drafts.get_edit_state(leaflet)
    context = {"form": form, "basis": current.basis, "changed": status == 409, "draft": current.draft}
    title = "Replace the text by a Word document"
    return _render_page(request, "replace_text.html", leaflet, title, status=status, **context)


@staff_page(EDIT)
@require_POST
def bring_back_text(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring back the text that a document replaced."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    form = ConfirmForm(request.POST)
    form.is_valid()
    try:
        with _notify_of_cancelled_change(request, leaflet):
            bring_back_replaced_text(leaflet, by=request.user, **form.cleaned_data)
    except drafts.TextChangedError:
        messages.error(
            request,
            "The draft was saved after you opened the page, so it was left as it is. Look at it again.",
        )
    else:
        messages.success(request, "The text from before the document is back in the draft.")
    return _redirect_to("edit", leaflet)


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the leaflet's address. That of a leaflet that was public needs the permission to publish."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    was_public = editions.was_public(leaflet)
    if was_public and not request.user.has_perm(PUBLISH):
        raise PermissionDenied
    form = AddressForm(request.POST if request.method == "POST" else None, initial={"slug": leaflet.slug})
    if form.is_bound and form.is_valid():
        try:
            editions.change_slug(leaflet, form.cleaned_data["slug"], by=request.user)
        except editions.SlugTakenError as error:
            form.add_error("slug", str(error))
        else:
            messages.success(request, f"The address is now {leaflet.get_absolute_url()}")
            return _redirect_to("history", leaflet)
    status = 422 if form.errors else 200
    context = {"form": form, "was_public": was_public}
    return _render_page(request, "rename.html", leaflet, "Change the address", status=status, **context)


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a leaflet that was never public, after a confirmation."""
    leaflet = Leaflet.objects.filter(pk=pk).first()
    if leaflet is None and request.method != "POST":
        raise Http404
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            if leaflet:
                drafts.delete_leaflet(leaflet, by=request.user, **form.cleaned_data)
        except drafts.TextChangedError:
            status = 409
        except Leaflet.DoesNotExist:
            leaflet = None
        else:
            leaflet = None
        if leaflet is None:
            messages.success(request, "The leaflet is deleted.")
            return redirect("admin:leaflets_leaflet_changelist")
    if editions.was_public(leaflet):
        messages.warning(request, "This leaflet was public. It can be withdrawn, but not deleted.")
        return _redirect_to("history", leaflet)
    current = drafts.get_edit_state(leaflet)
    context = {"draft": current.draft, "basis": current.basis, "changed": status == 409}
    return _render_page(request, "delete.html", leaflet, "Delete this leaflet?", status=status, **context)


# --- Preview and sharing ---


@staff_page(EDIT)
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the draft as the public page."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    draft = _find_draft(leaflet)
    return _render_draft(request, draft, from_admin=True) if draft else _draft_is_gone(request, leaflet)


@never_cache
@require_GET
def shared_draft(request: HttpRequest, token: str) -> HttpResponse:
    """Show a draft to everybody who has a valid link. Public."""
    draft = share_links.get_shared_draft(token)
    if draft is None:
        return render(request, "leaflets/link_ended.html", status=404)
    return _render_draft(request, draft)


def _render_draft(request: HttpRequest, draft: Edition, *, from_admin: bool = False) -> HttpResponse:
    context = for_edition(draft, is_draft=True, show_edit_link=from_admin)
    if from_admin:
        _checked, found = drafts.check_draft(leaflet_source(draft))
        context["problems"] = len([*question_problems(draft), *found])
    response = render(request, "leaflets/detail.html", context)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _find_draft(leaflet: Leaflet) -> Edition | None:
    return leaflet.editions.filter(status=Edition.Status.DRAFT).for_editing().first()


def _draft_is_gone(request: HttpRequest, leaflet: Leaflet) -> HttpResponse:
    """Lead on to the history. The draft may have been published or discarded since the link to it was shown."""
    messages.warning(request, "This leaflet has no draft now. What became of it is in the list below.")
    return _redirect_to("history", leaflet)


@staff_page(EDIT)
@require_POST
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Create a link to the draft or, with POST `action` "revoke", revoke all of them.

    POST `newest` is the primary key of the newest link that the page showed.
    """
    leaflet = get_object_or_404(Leaflet, pk=pk)
    draft = _find_draft(leaflet)
    if draft is None:
        return _draft_is_gone(request, leaflet)
    basis = VersionToken.parse(request.POST.get("basis", ""))
    if request.POST.get("action") == "revoke":
        share_links.revoke_share_links(draft, by=request.user)
        messages.success(request, "The links do not work any more.")
    elif basis is None or basis.edition_pk != draft.pk:
        messages.error(request, "This is a newer draft than the one you saw. Look at it before you share it.")
    else:
        newest = request.POST.get("newest", "")
        after = int(newest) if newest.isdecimal() and len(newest) <= MAX_DIGITS else None
        share_links.create_share_link(draft, by=request.user, after=after)
        messages.success(request, "A link was made. You find it below.")
    return _redirect_to("history", leaflet)


# --- Publishing ---


@staff_page(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the draft's problems, hints and differences from the live edition, and publish it now or later.

    POST `action` "later" schedules it for `due_at`.
    """
    leaflet = get_object_or_404(Leaflet, pk=pk)
    initial = _scheduled_values(request, leaflet, ScheduledChange.Action.PUBLISH)
    form = PublishForm(request.POST if request.method == "POST" else None, leaflet=leaflet, initial=initial)
    status, problems, rescheduled = 200, None, False
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                messages.success(request, _publish_or_schedule(request, leaflet, form))
                request.session.pop(_cancelled_change_key(leaflet), None)
                return _redirect_to("history", leaflet)
            except drafts.TextChangedError:
                status = 409
            except scheduling.ScheduleChangedError:
                status, rescheduled = 409, True
            except drafts.NotReadyError as error:
                problems = error.problems
    current = drafts.get_edit_state(leaflet)
    draft, live, source = current.draft, current.live, current.source
    if draft is None:
        return _draft_is_gone(request, leaflet)
    checked, found = drafts.check_draft(source)
    found = [*question_problems(draft), *found]
    return _render_page(
        request,
        "publish.html",
        leaflet,
        f"Publish: {draft.title}",
        draft=draft,
        live=live,
        basis=current.basis if status == 409 or not form.is_bound else form["basis"].value(),
        seen=_shown_schedule_pk(leaflet, form, status),
        form=form,
        problems=problems or found,
        **_hints_for_publishing(checked, draft, live),
        **_changes_since(draft, source),
        changed=status == 409 and not rescheduled,
        rescheduled=rescheduled,
        differences=compare(leaflet_source(live), source) if live else None,
        is_withdrawn=live is None and editions.was_public(leaflet),
        live_changed=_live_changed(draft, live),
        saved_basis=request.session.pop(_saved_key(leaflet), ""),
        **_thread_context(request, draft, current.basis),
        status=status,
    )


def _publish_or_schedule(request: HttpRequest, leaflet: Leaflet, form: PublishForm) -> str:
    """Do what a valid form asks for, and return what to tell the user. Raises the errors of `publishing`."""
    if form.is_later:
        change = scheduling.schedule_publication(leaflet, by=request.user, **form.values_later)
        return f"The draft {change.description}. Until then, readers see what they see now."
    with _notify_of_cancelled_change(request, leaflet):
        published = drafts.publish_draft(leaflet, by=request.user, **form.values_now)
    transaction.on_commit(partial(update_in_background, leaflet))
    return f"Edition {published.number} is published. {CACHE_DELAY_MESSAGE}"


def _shown_schedule_pk(leaflet: Leaflet, form: Any, status: int) -> Any:
    """Return the primary key of the schedule that a page shows, 0 for none: forms send it as `seen`."""
    if form.is_bound and status != 409:
        return form["seen"].value() or 0
    scheduled = _find_schedule(leaflet)
    return scheduled.pk if scheduled else 0


@staff_page(PUBLISH)
@require_POST
def unschedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what is scheduled or, with POST `action` "note", delete the note that it was stopped.

    POST `seen` is the primary key of what the page showed.
    """
    leaflet = get_object_or_404(Leaflet, pk=pk)
    shown_pk = _parse_number(request.POST.get("seen", ""))
    before = _find_schedule(leaflet)
    if request.POST.get("action") == "note":
        scheduling.delete_note(leaflet, expected_schedule_pk=shown_pk, by=request.user)
        if before and _find_schedule(leaflet) is None:
            _keep_cancelled_change(request, before)
        return _redirect_to("history", leaflet)
    try:
        scheduling.unschedule(leaflet, expected_schedule_pk=shown_pk, by=request.user)
    except scheduling.ScheduleChangedError as error:
        now = f" It {error.current.description}." if error.current else ""
        messages.error(request, f"This was changed after you opened the page, so it was left as it is.{now}")
    else:
        after = _find_schedule(leaflet)
        if after and after.is_to_be_told:
            transaction.on_commit(schedule_emails.send_in_background)
        if before and after is None:
            _keep_cancelled_change(request, before)
        messages.success(request, "Nothing is scheduled for this leaflet any more.")
    return _redirect_to("history", leaflet)


@staff_page(PUBLISH)
@require_POST
def bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish the text of a withdrawn leaflet again; lead to the draft of it where it has problems now."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    form = ConfirmForm(request.POST)
    form.is_valid()
    try:
        edition = drafts.bring_back(leaflet, by=request.user, **form.cleaned_data)
    except drafts.DraftExistsError:
        messages.warning(request, "This leaflet has a draft. Publish it to bring the leaflet back.")
        return _redirect_to("publish", leaflet)
    except drafts.TextChangedError:
        messages.error(request, "The leaflet changed after you opened the page. Look at it again.")
        return _redirect_to("history", leaflet)
    if edition.status == Edition.Status.DRAFT:
        messages.warning(
            request,
            "The text cannot be published as it is now. It is a draft: put right what is named below, then publish it.",
        )
        return _redirect_to("edit", leaflet)
    transaction.on_commit(partial(update_in_background, leaflet))
    messages.success(
        request, f"The leaflet is back: edition {edition.number} is published. {CACHE_DELAY_MESSAGE}"
    )
    return _redirect_to("history", leaflet)


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def record_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the live text was checked and nothing has to change. `?from=start` leads back to the start page."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    next_year = timezone.localdate() + dt.timedelta(days=365)
    form = ReviewForm(request.POST or None, initial={"next_on": next_year})
    response = _confirm(
        request,
        leaflet,
        form,
        _review_with_pdfs,
        template="checked.html",
        title="Checked, nothing to change",
        success_message=f"Thank you. It is noted that “{leaflet.newest_title}” was checked today.",
    )
    is_noted = response.status_code == HTTPStatus.FOUND
    return redirect("admin:index") if is_noted and request.GET.get("from") == "start" else response


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the draft, after a confirmation."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    return _confirm(
        request,
        leaflet,
        ConfirmForm(request.POST if request.method == "POST" else None),
        drafts.discard_draft,
        required_status="draft",
        template="discard.html",
        title="Discard the draft?",
        success_message="The draft is gone. What readers see is unchanged.",
    )


@staff_page(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw the leaflet, now or later, after a confirmation. POST `action` "later" schedules it for `due_at`."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    initial = _scheduled_values(request, leaflet, ScheduledChange.Action.WITHDRAW)
    form = WithdrawForm(request.POST if request.method == "POST" else None, leaflet=leaflet, initial=initial)
    response = _confirm(
        request,
        leaflet,
        form,
        _withdraw_later if form.is_later else _withdraw_with_pdfs,
        required_status="live",
        template="withdraw.html",
        title="Withdraw this leaflet?",
        success_message="The leaflet is withdrawn. Its address goes on answering, and says so.",
    )
    if response.status_code == HTTPStatus.FOUND:
        # It is withdrawn or scheduled.
        request.session.pop(_cancelled_change_key(leaflet), None)
    return response


def _review_with_pdfs(leaflet: Leaflet, **options: Any) -> None:
    drafts.record_review(leaflet, **options)
    # They say when the leaflet was checked.
    transaction.on_commit(partial(update_in_background, leaflet))


def _withdraw_with_pdfs(leaflet: Leaflet, *, seen: int, due_at: None, **options: Any) -> None:
    drafts.withdraw_leaflet(leaflet, **options)
    transaction.on_commit(partial(update_in_background, leaflet))


def _withdraw_later(leaflet: Leaflet, *, seen: int, **options: Any) -> str:
    change = scheduling.schedule_withdrawal(leaflet, expected_schedule_pk=seen, **options)
    return f"The leaflet {change.description}. Until then, readers see it as it is."


def _confirm(
    request: HttpRequest,
    leaflet: Leaflet,
    form: Any,
    action: Callable[..., object],
    *,
    required_status: str = "",
    template: str,
    title: str,
    success_message: str,
) -> HttpResponse:
    """Show a form or, when it was sent, do what it asks for and say `success_message`.

    `action` gets the form's cleaned data, and may return another message for success. Where it raises `TextChangedError` or
    `ScheduleChangedError`, the form is shown again as it was filled in. The page leads on to the history where the leaflet
    has no text of the `required_status`, "draft" or "live".
    """
    status, rescheduled = 200, False
    if form.is_bound and form.is_valid():
        try:
            with _notify_of_cancelled_change(request, leaflet):
                result = action(leaflet, by=request.user, **form.cleaned_data)
        except drafts.TextChangedError:
            status = 409
        except scheduling.ScheduleChangedError:
            status, rescheduled = 409, True
        else:
            messages.success(request, result if isinstance(result, str) else success_message)
            return _redirect_to("history", leaflet)
    elif form.is_bound and isinstance(form, LaterForm):
        status = 422
    current = drafts.get_edit_state(leaflet)
    if required_status == "draft" and current.draft is None:
        return _draft_is_gone(request, leaflet)
    if required_status == "live" and current.live is None:
        messages.warning(
            request, "Readers do not see this leaflet now. What became of it is in the list below."
        )
        return _redirect_to("history", leaflet)
    basis = form["basis"].value() if form.is_bound and status != 409 else current.basis
    context = {
        "form": form,
        "draft": current.draft,
        "live": current.live,
        "basis": basis,
        "changed": status == 409 and not rescheduled,
        "rescheduled": rescheduled,
    }
    if isinstance(form, LaterForm):
        context["seen"] = _shown_schedule_pk(leaflet, form, status)
    return _render_page(request, template, leaflet, title, status=status, **context)


# --- Handing over ---


def _thread_context(request: HttpRequest, draft: Edition | None, basis: VersionToken) -> dict[str, Any]:
    """Return what the pages with the thread of a draft, and with its form, show.

    `missing_assignee` says why nobody gets the draft if the user returns it.
    """
    thread = open_thread(draft)
    form = NoteForm(draft=draft, thread=thread, basis=basis) if draft else None
    may_return = draft and thread.is_ready and request.user.has_perm(PUBLISH)
    missing_assignee = (
        explain_missing_assignee(draft, thread, by=request.user) if draft and may_return else ""
    )
    return {"thread": thread, "note_form": form, "missing_assignee": missing_assignee}


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the thread of the draft. POST `action` adds a note: "ready", "returned" (for publishers) or "answer"."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    kind = _note_kind(request) if request.method == "POST" else ANSWER
    current = drafts.get_edit_state(leaflet)
    status, is_thread_changed, form = 200, False, None
    if request.method == "POST":
        # The draft that the form was about may be published: an equal request still ends where the first one did.
        edition = _find_posted_edition(leaflet, request.POST.get("basis", "")) or current.draft
        if edition is None:
            return _draft_is_gone(request, leaflet)
        form = NoteForm(request.POST, draft=edition, thread=open_thread(edition), basis=current.basis)
        status = 422
        if form.is_valid():
            try:
                note = _add_note(leaflet, kind, form, by=request.user)
            except (drafts.TextChangedError, ThreadChangedError) as error:
                status, is_thread_changed = 409, isinstance(error, ThreadChangedError)
            else:
                messages.success(request, _describe_note(note, by=request.user))
                return redirect(f"{reverse('admin:leaflet-history', args=[leaflet.pk])}#thread")
        current = drafts.get_edit_state(leaflet)
    if current.draft is None:
        if form and form["text"].value():
            messages.warning(request, f"Your words were not sent: “{form['text'].value()}”")
        return _draft_is_gone(request, leaflet)
    context = _thread_context(request, current.draft, current.basis)
    if form:
        if status == 409:
            # Sending again is about what the page shows now.
            data = request.POST.copy()
            data["basis"], data["newest"] = str(current.basis), str(context["thread"].newest_note_pk)
            form = NoteForm(data, draft=current.draft, thread=context["thread"], basis=current.basis)
        context["note_form"] = form
    return _render_page(
        request,
        "thread.html",
        leaflet,
        f"Hand over: {current.draft.title or leaflet.slug}",
        draft=current.draft,
        live=current.live,
        changed=status == 409,
        is_thread_changed=is_thread_changed,
        status=status,
        **context,
    )


def _add_note(leaflet: Leaflet, kind: DraftNote.Kind, form: NoteForm, *, by: Any) -> DraftNote:
    values = form.cleaned_data
    return add_note(
        leaflet,
        kind,
        basis=values["basis"],
        expected_newest_pk=values["newest"],
        text=values["text"],
        anchor=values["anchor"],
        by=by,
    )


def _note_kind(request: HttpRequest) -> DraftNote.Kind:
    kind = request.POST.get("action", "")
    if kind == RETURNED and not request.user.has_perm(PUBLISH):
        raise PermissionDenied
    return {READY.value: READY, RETURNED.value: RETURNED}.get(kind, ANSWER)


def _find_posted_edition(leaflet: Leaflet, basis: str) -> Edition | None:
    token = VersionToken.parse(basis)
    return leaflet.editions.filter(pk=token.edition_pk).first() if token else None


def _describe_note(note: DraftNote, *, by: Any) -> str:
    if note.kind == READY:
        return "The draft is handed over. Publishers see it on their start page."
    if note.kind == RETURNED:
        if missing_assignee := explain_missing_assignee(note.edition, open_thread(note.edition), by=by):
            return f"The draft is returned. {missing_assignee}: publishers see it on their start page until somebody takes it over."
        return "The draft is returned. The editor sees it on their start page, with your words."
    return "Your answer is kept with the draft."


# --- History ---


@staff_page("leaflets.view_edition")
@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """List the leaflet's editions, its reviews, and the links to its draft."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    editions = (
        leaflet.editions.select_related("edited_by", "published_by", "withdrawn_by", "leaflet")
        .prefetch_related(Prefetch("notes", DraftNote.objects.in_order()))
        .order_by("-number")
    )
    draft = next((edition for edition in editions if edition.status == Edition.Status.DRAFT), None)
    live = next((edition for edition in editions if edition.status == Edition.Status.PUBLISHED), None)
    last = next((edition for edition in editions if edition.status == Edition.Status.WITHDRAWN), None)
    basis = drafts.get_edit_state(leaflet).basis
    active_links = list(share_links.active_links(draft)) if draft else []
    owner = staff_with_permission(EDIT).filter(pk=leaflet.owner_id).first()
    links = [
        request.build_absolute_uri(reverse("shared-draft", args=[share_links.make_token(link)]))
        for link in active_links
    ]
    return _render_page(
        request,
        "history.html",
        leaflet,
        f"History: {editions[0].title if editions else leaflet.slug}",
        editions=editions,
        draft=draft,
        live=live,
        # The edition that "Bring it back" publishes again.
        withdrawn_basis=VersionToken(last.pk, last.version) if last and not live else None,
        basis=basis,
        **_thread_context(request, draft, basis),
        links=links,
        owner_name=name_of(owner) if owner else "",
        was_public=any(edition.status != Edition.Status.DRAFT for edition in editions),
        newest_link=max((link.pk for link in active_links), default=0),
        reviews=leaflet.reviews.select_related("reviewed_by").order_by("-reviewed_at")[:20],
    )


@staff_page("leaflets.view_edition")
@require_GET
def compare_editions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the differences between two editions, given by number in the query string as `from` and `to`."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    old, new = (_get_edition(leaflet, request.GET.get(name, "")) for name in ("from", "to"))
    return _render_page(
        request,
        "compare.html",
        leaflet,
        f"From edition {old.number} to edition {new.number}",
        old=old,
        new=new,
        differences=compare(leaflet_source(old), leaflet_source(new)),
    )


def _get_edition(leaflet: Leaflet, number: str) -> Edition:
    editions = leaflet.editions.select_related("leaflet", "code_version")
    return get_object_or_404(editions, number=_parse_number(number))


@staff_page(PUBLISH)
@require_POST
def draft_from(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Start a draft with the text of an older edition."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    try:
        drafts.draft_from(_get_edition(leaflet, str(number)), by=request.user)
    except drafts.TextChangedError:
        messages.error(request, "There is a draft already. Publish or discard it first.")
        return _redirect_to("history", leaflet)
    messages.success(request, f"A draft was started with the text of edition {number}.")
    return _redirect_to("edit", leaflet)


urlpatterns = [
    path("<int:pk>/edit/", edit, name="leaflet-edit"),
    path("<int:pk>/document/", replace_text, name="leaflet-document"),
    path("<int:pk>/document/undo/", bring_back_text, name="leaflet-bring-back"),
    path("<int:pk>/paste/", paste, name="leaflet-paste"),
    path("<int:pk>/rename/", rename, name="leaflet-rename"),
    path("<int:pk>/remove/", delete, name="leaflet-delete"),
    path("<int:pk>/preview/", preview, name="leaflet-preview"),
    path("<int:pk>/share/", share, name="leaflet-share"),
    path("<int:pk>/thread/", thread, name="leaflet-thread"),
    path("<int:pk>/publish/", publish, name="leaflet-publish"),
    path("<int:pk>/checked/", record_review, name="leaflet-checked"),
    path("<int:pk>/discard/", discard, name="leaflet-discard"),
    path("<int:pk>/withdraw/", withdraw, name="leaflet-withdraw"),
    path("<int:pk>/schedule/undo/", unschedule, name="leaflet-unschedule"),
    path("<int:pk>/again/", bring_back, name="leaflet-publish-again"),
    path("<int:pk>/editions/", history, name="leaflet-history"),
    path("<int:pk>/compare/", compare_editions, name="leaflet-compare"),
    path("<int:pk>/editions/<int:number>/draft/", draft_from, name="leaflet-draft-from"),
]
