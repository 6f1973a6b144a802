"""Drafts: what staff write before the public reads it. Nothing that somebody typed is ever lost here.

A draft counts its saves. Whoever saves says which save they started from; where a colleague saved since,
nothing is written and both texts are at hand.
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
from leaflets.quality.preflight import CheckedLeaflet, check_leaflets, number_lines

from .admin_log import log_action
from .editions import lock_leaflet, next_edition, publish, store_text
from .records import code_source, leaflet_source


class DraftChangedError(Exception):
    """A colleague saved the draft since this one was opened. `draft` is what they saved."""

    def __init__(self, draft: Edition) -> None:
        self.draft = draft
        super().__init__("The draft was changed by somebody else.")


class NotReadyError(Exception):
    """The draft has problems that stop it from being published. `problems` says which."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("The draft is not ready.")


@dataclass(frozen=True)
class Editable:
    """What an editor opens: a text, and the save that it comes from (0 where there is no draft yet)."""

    source: LeafletSource
    version: int
    draft: Edition | None
    live: Edition | None


def open_for_editing(leaflet: Leaflet) -> Editable:
    """The leaflet's draft or, where it has none, its live text or newest edition as a first one."""
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
    """Store a text as the leaflet's draft, whatever preflight would still say of it.

    Each section but the introduction has a heading, and no two have the same anchor: the form has seen to
    that. `version` is the save that the writer started from. Raises `DraftChangedError` where the draft has moved
    on since; nothing is written then.
    """
    lock_leaflet(leaflet)
    draft = leaflet.editions.filter(status=Edition.Status.DRAFT).select_related("edited_by").first()
    if draft is None:
        # The first save; or a colleague published or discarded the draft meanwhile, and these words are kept.
        draft = next_edition(leaflet, by=by)
    elif Edition.objects.filter(pk=draft.pk, version=version).update(version=F("version") + 1) == 0:
        raise DraftChangedError(draft)
    else:
        draft.version = version + 1
    draft.edited_by = by
    checked, _problems = check(add_missing_anchors(source))
    return store_text(draft, checked)


def add_missing_anchors(source: LeafletSource) -> LeafletSource:
    """Give each heading that lacks an anchor one that is free; those that have one keep it."""
    taken = {section.heading.anchor for section in source.sections if section.heading.anchor}
    sections = []
    for section in source.sections:
        heading = section.heading
        if not heading.anchor:
            heading = replace(heading, anchor=make_unique_anchor(heading.text, taken))
        sections.append(replace(section, heading=heading, body=add_anchors(section.body, taken)))
    return replace(source, sections=tuple(sections))


def check(source: LeafletSource) -> tuple[CheckedLeaflet, list[Problem]]:
    """Render a text, and say what would stop it from being published among the leaflets that are live.

    The problems' messages name the section, for people who see no lines.
    """
    source = replace(number_lines(source), path=_DRAFT)
    codes = [code_source(code) for code in CodeEdition.objects.all()]
    cited = Citation.objects.published().values_list("paragraph__number", flat=True).distinct()
    checked, problems = check_leaflets([source, *_neighbours(source)], codes, cited_elsewhere=cited)
    named = [_with_section(problem, source) for problem in problems if problem.path == _DRAFT]
    for problem in problems:
        if (
            problem.path != _DRAFT
            and problem.kind is Kind.BROKEN_LINK
            and _path_of(problem.subject) == checked[0].path
        ):
            message = f"The leaflet “{problem.path}” links to an anchor that is gone from here. Put it back."
            named.append(Problem(_DRAFT, 1, message, Kind.ANCHOR_REMOVED))
    return checked[0], named


def _path_of(href: str) -> str:
    return unquote(urlsplit(href).path)


def _neighbours(source: LeafletSource) -> list[LeafletSource]:
    """The live leaflets that this text links to, and those that link to it."""
    bodies = "\n".join(section.body for section in source.sections)
    linked = set(re.findall(r"/([a-z0-9-]+)(?=/)", bodies))
    live = Edition.objects.published().exclude(leaflet__slug=source.slug)
    found = live.filter(
        Q(leaflet__slug__in=linked) | Q(sections__body__contains=f"/{source.slug}/")
    ).distinct()
    found = found.select_related("leaflet", "code_edition").prefetch_related("sections", "leaflet__old_slugs")
    return [replace(leaflet_source(edition), path=edition.leaflet.slug) for edition in found]


# Tells a draft's problems from those of the leaflets around it.
_DRAFT = "draft"


def _with_section(problem: Problem, source: LeafletSource) -> Problem:
    sections = [section for section in source.sections if section.line <= problem.line]
    if not sections:
        return problem  # It is about the leaflet as a whole.
    name = sections[-1].heading.text or "the introduction"
    return replace(problem, message=f"In “{name}”: {problem.message}")


@transaction.atomic
def publish_draft(leaflet: Leaflet, *, version: int, by: User, change_note: str) -> Edition:
    """Publish the leaflet's draft. Raises `NotReadyError`, or `DraftChangedError` where it was saved since."""
    lock_leaflet(leaflet)
    draft = leaflet.editions.select_for_update(of=("self",)).get(status=Edition.Status.DRAFT)
    if draft.version != version:
        raise DraftChangedError(draft)
    checked, problems = check(leaflet_source(draft))
    if problems:
        raise NotReadyError(problems)
    # The Code's record may have gained a paragraph since the draft was saved.
    store_text(draft, checked)
    publish(draft, by=by, change_note=change_note)
    log_action(by, draft, CHANGE, f"Published edition {draft.number}: {change_note}")
    return draft


@transaction.atomic
def discard_draft(leaflet: Leaflet, *, version: int, by: User) -> None:
    """Throw the leaflet's draft away. Raises `DraftChangedError` where it was saved since it was looked at."""
    lock_leaflet(leaflet)
    draft = leaflet.editions.select_for_update().get(status=Edition.Status.DRAFT)
    if draft.version != version:
        raise DraftChangedError(draft)
    log_action(by, draft, DELETION, "Discarded the draft")
    draft.delete()


def draft_from(edition: Edition, *, by: User) -> Edition:
    """Start a draft with the text of an older edition. Raises `DraftChangedError` where a draft is open."""
    draft = save_draft(edition.leaflet, leaflet_source(edition), version=0, by=by)
    log_action(by, draft, ADDITION, f"Started a draft from edition {edition.number}")
    return draft


@transaction.atomic
def record_review(leaflet: Leaflet, *, by: User, next_on: dt.date) -> Review:
    """Note that somebody checked a leaflet and found nothing to change."""
    review = leaflet.reviews.create(reviewed_by=by, next_on=next_on)
    log_action(by, leaflet, CHANGE, f"Checked, nothing to change; check again by {next_on:%d %B %Y}")
    return review
