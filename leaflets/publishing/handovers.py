"""The thread of a draft: an editor hands it over to publishers, a publisher returns it, and both answer.

The thread ends when the draft is published, and stays readable with the edition; it is deleted with a draft that is
discarded. Saving a draft does not change its state: `Thread.is_changed` says that it was saved since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.db import transaction

from leaflets.content.leaflet import LeafletSource
from leaflets.models import DraftNote, Edition, Leaflet, name_of, staff_with_permission

from .admin_log import log_action
from .drafts import TextChangedError, get_edit_state
from .editions import lock_leaflet
from .stored_texts import as_dict, from_dict
from .version_token import VersionToken

READY, RETURNED, ANSWER = DraftNote.Kind.READY, DraftNote.Kind.RETURNED, DraftNote.Kind.ANSWER
MAX_EARLIER_TEXTS = 3  # of a draft
_LOGGED = {
    READY: "Handed the draft over to publishers",
    RETURNED: "Returned the draft to the editor",
    ANSWER: "Answered in the thread of the draft",
}


class ThreadChangedError(Exception):
    """Something was said about the draft since the user opened the page, or the note does not fit its state."""


@dataclass(frozen=True)
class Thread:
    """The notes about one edition, the oldest first."""

    notes: Sequence[DraftNote] = ()
    version: int = 0  # of the edition

    @property
    def state_note(self) -> DraftNote | None:
        """The last note that handed the draft over or returned it."""
        return next((note for note in reversed(self.notes) if note.kind != ANSWER), None)

    @property
    def is_ready(self) -> bool:
        return self.state_note is not None and self.state_note.kind == READY

    @property
    def is_returned(self) -> bool:
        return self.state_note is not None and self.state_note.kind == RETURNED

    @property
    def is_changed(self) -> bool:
        """Whether the draft was saved after it was handed over or returned."""
        return self.state_note is not None and self.state_note.version != self.version

    @property
    def newest_note_pk(self) -> int:
        """The primary key of the newest note; 0 where there is none."""
        return self.notes[-1].pk if self.notes else 0


def open_thread(edition: Edition | None) -> Thread:
    if edition is None:
        return Thread()
    return Thread(list(edition.notes.in_order()), edition.version)


@dataclass(frozen=True)
class EarlierText:
    """The text of a draft as it was handed over or returned. `notes` say so, the newest first."""

    notes: Sequence[DraftNote]
    source: LeafletSource


def find_earlier_texts(draft: Edition, source: LeafletSource) -> list[EarlierText]:
    """Return the texts with which a draft was last handed over and returned, the newest first; `source` is its text now.

    Notes with the same text one after the other are together. Notes of an older version of this site have no text.
    """
    found: list[EarlierText] = []
    notes = draft.notes.filter(draft_text__isnull=False).select_related("by").defer(None).order_by("-pk")
    for note in notes[:MAX_EARLIER_TEXTS]:
        text = from_dict(note.draft_text or {}, source)
        if found and found[-1].source.digest == text.digest:
            found[-1] = EarlierText([*found[-1].notes, note], text)
        else:
            found.append(EarlierText([note], text))
    return found


def find_section_anchor(note: DraftNote, headings: Mapping[str, str]) -> str:
    """Return the anchor of the section that a note is about; "" for the whole draft, or where the section is gone.

    `headings` are those of the draft's sections now, by anchor. A section keeps its anchor when it is moved or renamed.
    Where its anchor was changed, it is found by its heading.
    """
    if not note.anchor or note.anchor in headings:
        return note.anchor
    return next((anchor for anchor, text in headings.items() if text and text == note.heading), "")


def explain_missing_assignee(draft: Edition, thread: Thread, *, by: User) -> str:
    """Return why nobody gets a draft if this publisher returns it, "ed's account is closed", or "" if somebody gets it.

    `leaflets.reminders.find_assignee` is the same rule for a draft that was returned.
    """
    handed_over = next((note for note in reversed(thread.notes) if note.kind == READY), None)
    editor = handed_over.by if handed_over else None
    active_editors = staff_with_permission("leaflets.change_edition")
    assignees = {editor.pk if editor else None, draft.edited_by_id if draft.edited_by_id != by.pk else None}
    if active_editors.filter(pk__in=assignees - {None}).exists():
        return ""
    if editor is None:
        return "The person who handed it over has left"
    if editor.is_active:
        return f"{name_of(editor)} may not edit leaflets any more"
    return f"{name_of(editor)}'s account is closed"


@transaction.atomic
def add_note(
    leaflet: Leaflet,
    kind: DraftNote.Kind,
    *,
    basis: VersionToken | None,
    expected_newest_pk: int | None,
    text: str,
    anchor: str = "",
    by: User,
) -> DraftNote:
    """Add a note to the thread of the leaflet's draft, and log that it was added.

    `expected_newest_pk` is `Thread.newest_note_pk` of the page that the user saw. Raises `TextChangedError` where the draft was saved
    (which does not matter for an answer), published or discarded meanwhile, and `ThreadChangedError` where something
    else was said, or where the draft is already where the note would put it. An equal request that comes again gets the
    note of the first one.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if basis and expected_newest_pk is not None:
        equal = DraftNote.objects.filter(
            edition=basis.edition_pk, edition__leaflet=leaflet, pk__gt=expected_newest_pk
        )
        sent_before: DraftNote | None = equal.filter(kind=kind, text=text, anchor=anchor, by=by).first()
        if sent_before:
            return sent_before
    draft = current.draft
    if draft is None or basis is None or basis.edition_pk != draft.pk:
        raise TextChangedError(current)
    if kind != ANSWER and not basis.has_same_text(current.basis):
        raise TextChangedError(current)
    thread = open_thread(draft)
    if expected_newest_pk != thread.newest_note_pk or (
        kind != ANSWER and thread.is_ready != (kind == RETURNED)
    ):
        raise ThreadChangedError
    headings = dict(draft.sections.values_list("anchor", "heading"))
    note: DraftNote = DraftNote.objects.create(
        edition=draft, kind=kind, text=text, anchor=anchor if anchor in headings else "",
        heading=headings.get(anchor, ""), version=draft.version, by=by,
        draft_text=None if kind == ANSWER else as_dict(current.source),
    )  # fmt: skip
    kept = draft.notes.filter(draft_text__isnull=False).order_by("-pk").values_list("pk", flat=True)
    draft.notes.exclude(pk__in=list(kept[:MAX_EARLIER_TEXTS])).update(draft_text=None)
    log_action(by, draft, CHANGE, _LOGGED[kind])
    return note
