"""Drafts: reading, saving, checking, publishing and discarding them; reviewing and withdrawing the live text.

All of it uses optimistic locking: `Edition.version` counts the saves of a draft, and each function gets, as `basis`, the
`VersionToken` of the page that the user saw. Where the text changed since, or the token is unknown (None),
`TextChangedError` is raised and nothing is written. A repeated request is idempotent: it returns as the first one did.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from leaflets.content.leaflet import (
    INTRODUCTION,
    Heading,
    LeafletSource,
    SectionSource,
    add_anchors,
    make_unique_anchor,
)
from leaflets.files.problems import Kind, Problem
from leaflets.models import (
    Edition,
    Leaflet,
    Review,
    SourceVersion,
    Topic,
    provisions_with_a_page,
)
from leaflets.models.site_version import bump_site_version
from leaflets.quality.preflight import (
    CheckedLeaflet,
    assign_lines,
    check_leaflets,
    check_topics,
    find_warnings,
)

from .admin_log import log_action
from .editions import lock_leaflet, next_edition, publish, store_text, was_public, withdraw
from .law import StoredLaw
from .merging import OverlapError, TextDigests, merge
from .questions import drop_settled_questions, question_problems
from .records import leaflet_source
from .schedule_cancellation import (
    add_cancelled_change,
    cancel_for_discarded_draft,
    cancel_for_new_text,
    find_scheduled_change,
)
from .version_token import VersionToken

_DRAFT_OR_PUBLISHED = (Edition.Status.DRAFT, Edition.Status.PUBLISHED)
REPUBLISHED_NOTE = "This leaflet is back."  # the change note, for readers


class TextChangedError(Exception):
    """The text changed since the user opened the page. `current` is what is stored."""

    def __init__(self, current: "EditState") -> None:
        self.current = current
        super().__init__("The text changed since it was opened.")


class NotReadyError(Exception):
    """The draft cannot be published because of `problems`."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("The draft is not ready.")


@dataclass(frozen=True)
class EditState:
    """What is stored of a leaflet to edit: a text, its version token, and the edition that it is from, None if there is none."""

    source: LeafletSource
    basis: VersionToken
    edition: Edition | None
    draft: Edition | None
    live: Edition | None


def get_edit_state(leaflet: Leaflet) -> EditState:
    """Return the text to edit: that of the draft, else of the live edition, else of the newest edition."""
    editions = leaflet.editions.select_related("leaflet", "code_version", "edited_by", "published_by")
    # There is at most one of each.
    found = {edition.status: edition for edition in editions.filter(status__in=_DRAFT_OR_PUBLISHED)}
    draft, live = found.get(Edition.Status.DRAFT), found.get(Edition.Status.PUBLISHED)
    edition = draft or live or editions.order_by("-number").first()
    source = leaflet_source(edition) if edition else _empty_source(leaflet)
    basis = VersionToken(
        edition_pk=edition.pk if edition else 0,
        version=edition.version if edition else 0,
        live_pk=live.pk if live else 0,
    )
    return EditState(source, basis, edition, draft, live)


def _empty_source(leaflet: Leaflet) -> LeafletSource:
    introduction = SectionSource(Heading("", INTRODUCTION), "")
    code = SourceVersion.objects.of_codes().in_force().newest_first().first()
    return LeafletSource(
        leaflet.slug, "", "", (introduction,), placement=leaflet.placement, code=code.slug if code else ""
    )


@transaction.atomic
def save_draft(
    leaflet: Leaflet,
    source: LeafletSource,
    *,
    basis: VersionToken | None,
    base_digests: TextDigests | None = None,
    by: User,
    is_logged: bool = True,
) -> Edition:
    """Store a text as the leaflet's draft, which the first save creates. Returns the edition that has the text.

    It is logged, unless the caller logs what it is a part of.

    Where the stored text changed in other sections than this one, both changes are stored. `base_digests` are those of
    the text that the user started from: without them, nothing is merged.
    Problems that preflight finds do not prevent it. The caller ensures that each section but the introduction has a
    heading and that anchors are unique. Raises `TextChangedError`.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    source = add_missing_anchors(source)
    if basis is None or not basis.has_same_text(current.basis):
        stored = add_missing_anchors(current.source)
        if source.digest not in (current.source.digest, stored.digest):
            # Where the draft was discarded that the user started from, the stored text is not a change of it.
            has_base = basis and leaflet.editions.filter(pk=basis.edition_pk).exists()
            if base_digests is None or not has_base:
                raise TextChangedError(current)
            try:
                source = merge(base_digests, source, stored)
            except OverlapError:
                raise TextChangedError(current) from None
        if current.edition and source.digest in (current.source.digest, stored.digest):
            return current.edition
    draft, scheduled = current.draft, find_scheduled_change(leaflet)
    if draft is None:
        draft = next_edition(leaflet, by=by)
        draft.based_on = current.edition.number if current.edition else None
    else:
        draft.version += 1
    draft = _store_draft(draft, source, by=by)
    if is_logged:
        log_action(by, draft, CHANGE, add_cancelled_change("Saved the draft", scheduled))
    return draft


def _store_draft(draft: Edition, source: LeafletSource, *, by: User) -> Edition:
    draft.edited_by = by
    checked, _problems = check_draft(source)
    cancel_for_new_text(draft, checked.source.digest, by=by)
    drop_settled_questions(draft, checked.source)
    return store_text(draft, checked)


def add_missing_anchors(source: LeafletSource) -> LeafletSource:
    """Return the text with a unique anchor for each heading that has none."""
    used = {section.heading.anchor for section in source.sections if section.heading.anchor}
    sections = []
    for section in source.sections:
        heading = section.heading
        if not heading.anchor:
            heading = replace(heading, anchor=make_unique_anchor(heading.text, used))
        sections.append(replace(section, heading=heading, body=add_anchors(section.body, used)))
    return replace(source, sections=tuple(sections))


def check_draft(source: LeafletSource) -> tuple[CheckedLeaflet, list[Problem]]:
    """Render a text, and return what stops it from being published, including broken links in live leaflets.

    Files that it shows or links to must exist.

    The problems' messages name the section, and the line of its text.
    """
    source = replace(assign_lines(source), path=_DRAFT_PATH)
    linked = _linked_leaflets(source)
    law = StoredLaw()
    laws = {leaflet.code: law.choose(leaflet.code) for leaflet in (source, *linked)}
    pages = provisions_with_a_page().values_list("version__source__slug", "number").distinct()
    checked, problems = check_leaflets([source, *linked], laws, provisions_with_a_page=pages)
    problems += find_warnings(checked[:1])
    topics = Topic.objects.values_list("slug", flat=True)
    problems += check_topics([source], set(topics) if source.topic else ())
    own_problems = [
        _name_section(problem, source)
        for problem in _deduplicate_unknown_provisions(problems)
        if problem.path == _DRAFT_PATH
    ]
    for problem in problems:
        if (
            problem.path != _DRAFT_PATH
            and problem.kind is Kind.BROKEN_LINK
            and _path_of(problem.subject) == checked[0].path
        ):
            message = f"The leaflet “{problem.path}” links to an anchor that is gone from here. Put it back."
            own_problems.append(Problem(_DRAFT_PATH, 1, message, Kind.ANCHOR_REMOVED))
    return checked[0], own_problems


def _deduplicate_unknown_provisions(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems, with the first of those about one provision that is not in the record, and their number."""
    problems = list(problems)
    unknown = Counter(problem.subject for problem in problems if problem.kind is Kind.PROVISION_UNKNOWN)
    shown = []
    for problem in problems:
        if problem.kind is Kind.PROVISION_UNKNOWN:
            number = unknown.pop(problem.subject, 0)
            if not number:
                continue
            if number > 1:
                problem = replace(problem, message=f"{problem.message} It stands in {number} places.")
        shown.append(problem)
    return shown


def _path_of(href: str) -> str:
    return unquote(urlsplit(href).path)


def _linked_leaflets(source: LeafletSource) -> list[LeafletSource]:
    """Return the live leaflets that this text links to or that link to it, with their slug as path."""
    bodies = "\n".join(section.body for section in source.sections)
    linked = set(re.findall(r"/([a-z0-9-]+)(?=/)", bodies))
    live = Edition.objects.published().exclude(leaflet__slug=source.slug)
    found = live.filter(
        Q(leaflet__slug__in=linked) | Q(sections__body__contains=f"/{source.slug}/")
    ).distinct()
    found = found.select_related("leaflet", "code_version").prefetch_related("sections", "leaflet__old_slugs")
    return [replace(leaflet_source(edition), path=edition.leaflet.slug) for edition in found]


# The path of the draft in `check_draft`, which tells its problems from those of other leaflets.
_DRAFT_PATH = "draft"


def _name_section(problem: Problem, source: LeafletSource) -> Problem:
    sections = [section for section in source.sections if section.line <= problem.line]
    if not sections:
        return problem  # It is about the leaflet as a whole.
    section = sections[-1]
    place = f"“{section.heading.text}”" if section.heading.text else "the introduction"
    if "\n" in section.body and problem.line >= section.body_line:
        place += f", line {problem.line - section.body_line + 1}"
    return replace(problem, message=f"In {place}: {problem.message}")


@transaction.atomic
def publish_draft(leaflet: Leaflet, *, basis: VersionToken | None, by: User, change_note: str) -> Edition:
    """Publish the leaflet's draft and log it.

    `change_note` is shown in the public list of editions. Raises `TextChangedError` where the draft or the live edition
    changed, and `NotReadyError` where the draft has problems.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    draft = current.draft
    if draft is None or basis != current.basis:
        published = _find_already_published(leaflet, basis, published_by=by, change_note=change_note)
        if published:
            return published
        raise TextChangedError(current)
    checked, problems = check_draft(current.source)
    problems += question_problems(draft)
    if problems:
        raise NotReadyError(problems)
    draft.questions, draft.replaced_text = None, None
    # Render again: the record of the law may have changed since the draft was saved.
    store_text(draft, checked)
    scheduled = find_scheduled_change(leaflet)
    publish(draft, by=by, change_note=change_note)
    note = f": {change_note}" if change_note else ""
    log_action(by, draft, CHANGE, add_cancelled_change(f"Published edition {draft.number}{note}", scheduled))
    return draft


def _find_already_published(leaflet: Leaflet, basis: VersionToken | None, **values: Any) -> Edition | None:
    """Return the edition that a basis names, as it was seen, if it was published and has these values."""
    if basis is None:
        return None
    public = leaflet.editions.shown_to_public()
    return public.filter(pk=basis.edition_pk, version=basis.version, **values).first()


@transaction.atomic
def discard_draft(leaflet: Leaflet, *, basis: VersionToken | None, by: User) -> None:
    """Delete the leaflet's draft and log it. Raises `TextChangedError` where it was saved or published meanwhile."""
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if basis is None or current.draft is None or not basis.has_same_text(current.basis):
        if basis and basis.edition_pk and not leaflet.editions.filter(pk=basis.edition_pk).exists():
            return  # That draft was discarded before.
        raise TextChangedError(current)
    scheduled = find_scheduled_change(leaflet)
    cancel_for_discarded_draft(current.draft, by=by)
    log_action(by, current.draft, DELETION, add_cancelled_change("Discarded the draft", scheduled))
    current.draft.delete()


@transaction.atomic
def draft_from(edition: Edition, *, by: User) -> Edition:
    """Start a draft with the text of an older edition, and log it. Raises `TextChangedError` if there is a draft."""
    leaflet = edition.leaflet
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if current.draft:
        if current.draft.edited_by == by and current.draft.digest == edition.digest:
            return current.draft
        raise TextChangedError(current)
    draft = _store_draft(next_edition(leaflet, by=by), leaflet_source(edition), by=by)
    log_action(by, draft, ADDITION, f"Started a draft from edition {edition.number}")
    return draft


class DraftExistsError(Exception):
    """A withdrawn leaflet cannot be brought back as it was, because it has a draft."""


@transaction.atomic
def bring_back(leaflet: Leaflet, *, basis: VersionToken | None, by: User) -> Edition:
    """Publish the text of a withdrawn leaflet again, as a new edition, and log it. Returns the edition.

    `basis` names the withdrawn edition that the user saw. Where the text has problems now, the edition that is returned is
    a draft of it. Raises `TextChangedError` where another edition was public last or one is live, and `DraftExistsError`.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    last = leaflet.editions.filter(status=Edition.Status.WITHDRAWN).order_by("-number").first()
    if basis is None or last is None:
        raise TextChangedError(current)
    if current.live:
        before = leaflet.editions.shown_to_public().filter(number__lt=current.live.number)
        newest = before.order_by("-number").first()
        is_done = newest and newest.pk == basis.edition_pk and current.live.change_note == REPUBLISHED_NOTE
        if is_done and current.live.published_by == by:
            return current.live  # An equal request did it.
        raise TextChangedError(current)
    if last.pk != basis.edition_pk:
        raise TextChangedError(current)
    if current.draft:
        raise DraftExistsError
    draft = _store_draft(next_edition(leaflet, by=by), leaflet_source(last), by=by)
    try:
        return publish_draft(
            leaflet, basis=get_edit_state(leaflet).basis, by=by, change_note=REPUBLISHED_NOTE
        )
    except NotReadyError:
        log_action(by, draft, ADDITION, f"Started a draft from edition {last.number}")
        return draft


@transaction.atomic
def record_review(leaflet: Leaflet, *, basis: VersionToken | None, by: User, next_on: dt.date) -> Review:
    """Record that a user checked a leaflet and found nothing to change. `next_on` is when to check again.

    Raises `TextChangedError` where another text than the one that they checked is live.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    recorded = leaflet.reviews.filter(reviewed_by=by, next_on=next_on, reviewed_at__date=timezone.localdate())
    if current.live and (review := recorded.filter(reviewed_at__gte=current.live.published_at).first()):
        return review
    if basis is None or basis.live_pk != current.basis.live_pk:
        raise TextChangedError(current)
    review = leaflet.reviews.create(reviewed_by=by, next_on=next_on)
    # Readers see when a leaflet was checked.
    bump_site_version()
    log_action(by, leaflet, CHANGE, f"Checked, nothing to change; check again by {next_on:%d %B %Y}")
    return review


@transaction.atomic
def withdraw_leaflet(
    leaflet: Leaflet, *, basis: VersionToken | None, read_instead: Leaflet | None, reason: str = "", by: User
) -> None:
    """Withdraw the live edition and log it. Raises `TextChangedError` where another edition is live than was seen."""
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if basis and basis.live_pk and basis.live_pk == current.basis.live_pk:
        withdraw(leaflet, read_instead=read_instead, reason=reason, by=by)
        return
    seen = leaflet.editions.filter(pk=basis.live_pk, status=Edition.Status.WITHDRAWN) if basis else None
    if current.live or not seen or not seen.exists():
        raise TextChangedError(current)


@transaction.atomic
def delete_leaflet(leaflet: Leaflet, *, basis: VersionToken | None, by: User) -> None:
    """Delete a leaflet that was never public, with its draft, and log it.

    Raises `TextChangedError` where it was saved or published meanwhile, and `Leaflet.DoesNotExist` if it is deleted.
    """
    lock_leaflet(leaflet)
    current = get_edit_state(leaflet)
    if basis is None or not basis.has_same_text(current.basis) or was_public(leaflet):
        raise TextChangedError(current)
    log_action(by, leaflet, DELETION, "Deleted the leaflet, which was never public")
    leaflet.editions.all().delete()
    leaflet.delete()
