"""Drafts: opening, saving, checking, publishing and discarding them.

Drafts use optimistic locking: `Edition.version` counts the saves, and each save, publication and discard names the
version that it started from. Where the draft was saved since, `DraftChangedError` is raised and nothing is written.
"""

import datetime as dt
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q

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
    Citation,
    CodeEdition,
    Edition,
    Leaflet,
    Review,
)
from leaflets.quality.preflight import CheckedLeaflet, assign_lines, check_leaflets

from .admin_log import log_action
from .editions import lock_leaflet, next_edition, publish, store_text
from .records import code_source, leaflet_source


class DraftChangedError(Exception):
    """The draft was saved since the version that the user opened. `draft` is the stored one."""

    def __init__(self, draft: Edition) -> None:
        self.draft = draft
        super().__init__("The draft was saved since it was opened.")


class NotReadyError(Exception):
    """The draft cannot be published because of `problems`."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("The draft is not ready.")


@dataclass(frozen=True)
class Editable:
    """What the edit page opens: a text, and the version of the draft that it comes from (0 without a draft)."""

    source: LeafletSource
    version: int
    draft: Edition | None
    live: Edition | None


def open_for_editing(leaflet: Leaflet) -> Editable:
    """Return the text to edit: that of the draft, else of the live edition, else of the newest edition."""
    editions = leaflet.editions.select_related("leaflet", "code_edition")
    draft = editions.filter(status=Edition.Status.DRAFT).select_related("edited_by").first()
    live = editions.published().first()
    basis = draft or live or editions.order_by("-number").first()
    source = leaflet_source(basis) if basis else _empty_source(leaflet)
    return Editable(source, draft.version if draft else 0, draft, live)


def _empty_source(leaflet: Leaflet) -> LeafletSource:
    introduction = SectionSource(Heading("", INTRODUCTION), "")
    code = CodeEdition.objects.order_by("-in_force_from").first()
    return LeafletSource(
        leaflet.slug, "", "", (introduction,), placement=leaflet.placement, code=code.slug if code else ""
    )


@transaction.atomic
def save_draft(leaflet: Leaflet, source: LeafletSource, *, version: int, by: User) -> Edition:
    """Store a text as the leaflet's draft. Problems that preflight finds do not prevent it.

    The caller ensures that each section but the introduction has a heading and that anchors are unique. `version` is
    that of the draft that the user opened, 0 without one. Raises `DraftChangedError` where the draft was saved since.
    """
    lock_leaflet(leaflet)
    draft = leaflet.editions.filter(status=Edition.Status.DRAFT).select_related("edited_by").first()
    if draft is None:
        # The first save, or the draft was published or discarded meanwhile: the text becomes a new draft.
        draft = next_edition(leaflet, by=by)
    elif Edition.objects.filter(pk=draft.pk, version=version).update(version=F("version") + 1) == 0:
        raise DraftChangedError(draft)
    else:
        draft.version = version + 1
    draft.edited_by = by
    checked, _problems = check_draft(add_missing_anchors(source))
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

    The problems' messages name the section, because the edit page shows no line numbers.
    """
    source = replace(assign_lines(source), path=_DRAFT_PATH)
    codes = [code_source(code) for code in CodeEdition.objects.all()]
    cited = Citation.objects.published().values_list("paragraph__number", flat=True).distinct()
    checked, problems = check_leaflets([source, *_linked_leaflets(source)], codes, cited_elsewhere=cited)
    own_problems = [_name_section(problem, source) for problem in problems if problem.path == _DRAFT_PATH]
    for problem in problems:
        if (
            problem.path != _DRAFT_PATH
            and problem.kind is Kind.BROKEN_LINK
            and _path_of(problem.subject) == checked[0].path
        ):
            message = f"The leaflet “{problem.path}” links to an anchor that is gone from here. Put it back."
            own_problems.append(Problem(_DRAFT_PATH, 1, message, Kind.ANCHOR_REMOVED))
    return checked[0], own_problems


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
    found = found.select_related("leaflet", "code_edition").prefetch_related("sections", "leaflet__old_slugs")
    return [replace(leaflet_source(edition), path=edition.leaflet.slug) for edition in found]


# The path of the draft in `check_draft`, which tells its problems from those of other leaflets.
_DRAFT_PATH = "draft"


def _name_section(problem: Problem, source: LeafletSource) -> Problem:
    sections = [section for section in source.sections if section.line <= problem.line]
    if not sections:
        return problem  # It is about the leaflet as a whole.
    name = sections[-1].heading.text or "the introduction"
    return replace(problem, message=f"In “{name}”: {problem.message}")


@transaction.atomic
def publish_draft(leaflet: Leaflet, *, version: int, by: User, change_note: str) -> Edition:
    """Publish the leaflet's draft and log it.

    `change_note` is shown in the public list of editions. Raises `DraftChangedError` where the draft was saved after
    `version`, and `NotReadyError` where it has problems.
    """
    lock_leaflet(leaflet)
    draft = leaflet.editions.select_for_update(of=("self",)).get(status=Edition.Status.DRAFT)
    if draft.version != version:
        raise DraftChangedError(draft)
    checked, problems = check_draft(leaflet_source(draft))
    if problems:
        raise NotReadyError(problems)
    # Render again: the Code's record may have changed since the draft was saved.
    store_text(draft, checked)
    publish(draft, by=by, change_note=change_note)
    log_action(by, draft, CHANGE, f"Published edition {draft.number}: {change_note}")
    return draft


@transaction.atomic
def discard_draft(leaflet: Leaflet, *, version: int, by: User) -> None:
    """Delete the leaflet's draft and log it. Raises `DraftChangedError` where it was saved after `version`."""
    lock_leaflet(leaflet)
    draft = leaflet.editions.select_for_update().get(status=Edition.Status.DRAFT)
    if draft.version != version:
        raise DraftChangedError(draft)
    log_action(by, draft, DELETION, "Discarded the draft")
    draft.delete()


def draft_from(edition: Edition, *, by: User) -> Edition:
    """Start a draft with the text of an older edition, and log it. Raises `DraftChangedError` if there is one."""
    draft = save_draft(edition.leaflet, leaflet_source(edition), version=0, by=by)
    log_action(by, draft, ADDITION, f"Started a draft from edition {edition.number}")
    return draft


@transaction.atomic
def record_review(leaflet: Leaflet, *, by: User, next_on: dt.date) -> Review:
    """Record that a user checked a leaflet and found nothing to change. `next_on` is when to check again."""
    review = leaflet.reviews.create(reviewed_by=by, next_on=next_on)
    log_action(by, leaflet, CHANGE, f"Checked, nothing to change; check again by {next_on:%d %B %Y}")
    return review
