"""Editions: storing their text, publishing and withdrawing them, and renaming a leaflet."""

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from leaflets.content import markdown
from leaflets.content.edition_dates import LeafletWords
from leaflets.content.in_short import render_in_short
from leaflets.content.leaflet import LeafletSource
from leaflets.content.limits import find_excess
from leaflets.content.markdown import render
from leaflets.content.rendered import Rendered, RenderedCitation
from leaflets.law.sources import CitableLaw
from leaflets.models import (
    Citation,
    Edition,
    EditionQuerySet,
    Leaflet,
    OldSlug,
    Provision,
    Section,
    Service,
    SourceVersion,
    Topic,
)
from leaflets.models.site_version import bump_site_version
from leaflets.quality.hints import find_hints
from leaflets.quality.preflight import CheckedLeaflet, assign_lines, is_taken_by_site

from .admin_log import log_action
from .edition_dates import set_dates
from .law import StoredLaw, render_stale_provisions
from .records import glossary_finder, leaflet_source, service_source
from .schedule_cancellation import (
    add_cancelled_change,
    cancel_for_new_edition,
    cancel_for_withdrawal,
    find_scheduled_change,
)


def lock_leaflet(leaflet: Leaflet) -> None:
    """Lock a leaflet until the transaction ends. Always lock it before its editions, to avoid deadlocks."""
    Leaflet.objects.select_for_update().get(pk=leaflet.pk)


def next_edition(leaflet: Leaflet, *, by: User | None = None) -> Edition:
    """Return an unsaved draft with the leaflet's next number."""
    newest = leaflet.editions.aggregate(newest=Max("number"))["newest"] or 0
    live = leaflet.editions.published().first()
    based_on = live.number if live else None
    return Edition(leaflet=leaflet, number=newest + 1, based_on=based_on, created_by=by)


@transaction.atomic
def store_text(draft: Edition, checked: CheckedLeaflet) -> Edition:
    """Save an edition with a checked text, whose sections and citations replace the stored ones.

    Only provisions in the record are cited: others are problems of a draft.
    """
    source = checked.source
    draft.placement = source.placement
    draft.title = source.title
    draft.summary = source.summary
    draft.printed_on = source.published
    draft.review_on = source.review
    draft.unapproved = source.unapproved
    draft.topic = source.topic
    draft.in_short = list(source.in_short)
    draft.in_short_unapproved = source.in_short_unapproved
    draft.in_short_html = render_in_short(source.in_short).html
    draft.code_version = SourceVersion.objects.of_codes().filter(slug=source.code).first()
    draft.digest = source.digest
    draft.rendered_by = _renderer_version(checked.law)
    draft.open_hints = _count_hints(checked)
    draft.save()
    draft.sections.all().delete()
    for position, (section, rendered) in enumerate(zip(source.sections, checked.sections, strict=True)):
        stored = draft.sections.create(
            position=position,
            anchor=section.heading.anchor,
            heading=section.heading.text,
            label=section.heading.label,
            kind=section.heading.kind,
            body=section.body,
            **_rendered_values(rendered),
        )
        Citation.objects.bulk_create(_citations(stored, rendered, checked.law))
    return draft


def _count_hints(checked: CheckedLeaflet) -> int:
    service = Service.objects.first()
    return len(find_hints(checked, service_source(service), glossary=glossary_finder())) if service else 0


def _citations(section: Section, rendered: Rendered, law: CitableLaw) -> list[Citation]:
    """Return the citations of a section, not yet stored."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for citation in rendered.citations:
        numbers[citation.source].add(citation.number)
    provisions: dict[tuple[str, str], int] = {}
    for version in law.versions:
        source = version.source.slug
        if source in numbers:
            found = Provision.objects.filter(
                version__source__slug=source, version__slug=version.slug, number__in=numbers[source]
            )
            provisions |= {(source, number): pk for number, pk in found.values_list("number", "pk")}
    return [
        Citation(
            section=section,
            position=position,
            provision_id=provisions[citation.source, citation.number],
            subdivision=citation.subdivision,
            quoted=citation.quoted,
            heading_anchor=_heading_anchor(citation, rendered),
            quoted_html=citation.html,
            match=citation.match,
        )
        for position, citation in enumerate(rendered.citations)
    ]


def _replace_citations(section: Section, citations: list[Citation]) -> None:
    """Store the citations of a section instead of the stored ones. If they are the same, their rows stay."""
    stored = list(section.citations.order_by("position"))
    if [_cited_words(citation) for citation in stored] == [_cited_words(citation) for citation in citations]:
        for before, now in zip(stored, citations, strict=True):
            now.pk = before.pk
        Citation.objects.bulk_update(citations, ["heading_anchor", "quoted_html", "match"])
    else:
        section.citations.all().delete()
        Citation.objects.bulk_create(citations)


def _cited_words(citation: Citation) -> tuple[int, str, str]:
    return citation.provision_id, citation.subdivision, citation.quoted


def _heading_anchor(citation: RenderedCitation, rendered: Rendered) -> str:
    """Return the anchor of the last heading inside the section above a citation, or ""."""
    above = [heading.anchor for heading in rendered.headings if heading.line < citation.line]
    return above[-1] if above else ""


def _rendered_values(rendered: Rendered) -> dict[str, Any]:
    subheadings = [
        {"level": heading.level, "text": heading.text, "anchor": heading.anchor}
        for heading in rendered.headings
    ]
    return {
        "body_html": rendered.html,
        "subheadings": subheadings,
        "blocks": [asdict(block) for block in rendered.blocks],
        "plain_text": "\n".join(block.text for block in rendered.blocks),
        "duties": [asdict(duty) for duty in rendered.duties],
    }


def _renderer_version(law: CitableLaw) -> str:
    """Return what the stored HTML depends on besides its Markdown: the renderer's version and the law it can cite."""
    return f"{markdown.VERSION}:{law.digest[:16]}"


def render_stale_texts() -> int:
    """Render editions and provisions again whose HTML was made by an older renderer or with another record of the law.

    Returns the number of editions. Their Markdown does not change, nor do the citations of a public edition.
    """
    render_stale_provisions()
    return render_again(Edition.objects.all())


def render_again(editions: EditionQuerySet) -> int:
    """Render those of the editions again whose HTML is out of date; return their number.

    A draft cites the law in force. Every other edition keeps the versions that it was published with. A text beyond the
    limits of `limits`, from before there were these, keeps its HTML, but no longer says how quotations match the law.
    """
    law, stale = StoredLaw(), 0
    cited = _cited_versions(editions)
    for edition in editions.select_related("code_version"):
        citable = law.choose(edition.code_version.slug if edition.code_version else "", cited[edition.pk])
        if edition.rendered_by != _renderer_version(citable):
            _render_edition(edition, citable)
            stale += 1
    if stale:
        bump_site_version()
    return stale


def _cited_versions(editions: EditionQuerySet) -> dict[int, list[tuple[str, str]]]:
    """Return the (source, version) slugs that each edition but drafts cites, by the edition's primary key."""
    citations = Citation.objects.filter(section__edition__in=editions.values("pk"))
    versions = citations.exclude(section__edition__status=Edition.Status.DRAFT).values_list(
        "section__edition", "provision__version__source__slug", "provision__version__slug"
    )
    cited = defaultdict(list)
    for edition_pk, source, version in versions.order_by().distinct():
        cited[edition_pk].append((source, version))
    return cited


def _render_edition(edition: Edition, law: CitableLaw) -> None:
    values: dict[str, Any] = {"rendered_by": _renderer_version(law)}
    sections = list(edition.sections.in_reading_order())
    if not find_excess(section.body for section in sections):
        texts = tuple(render(section.body, law, section.heading) for section in sections)
        for section, rendered in zip(sections, texts, strict=True):
            Section.objects.filter(pk=section.pk).update(**_rendered_values(rendered))
            _replace_citations(section, _citations(section, rendered, law))
        source = assign_lines(leaflet_source(edition))
        values["in_short_html"] = render_in_short(source.in_short).html
        values["open_hints"] = _count_hints(CheckedLeaflet(source, law, texts))
    else:
        for section in sections:
            html = markdown.without_matches(section.body_html)
            Section.objects.filter(pk=section.pk).update(body_html=html)
    Edition.objects.filter(pk=edition.pk).update(**values)


@transaction.atomic
def publish(draft: Edition, *, by: User | None = None, change_note: str = "") -> None:
    """Publish a draft and save it; the edition that was live becomes superseded."""
    make_live(draft, leaflet_source(draft), by=by, change_note=change_note)
    draft.save(
        update_fields=[
            "status",
            "published_at",
            "published_by",
            "change_note",
            "on_site_since",
            "words_changed_on",
        ]
    )
    draft.notes.filter(draft_text__isnull=False).update(draft_text=None)


def make_live(
    edition: Edition, source: LeafletSource, *, by: User | None = None, change_note: str = ""
) -> None:
    """Set the fields of a published edition and supersede the live one. The caller saves `edition`.

    `source` is its text, which need not be stored yet. `by` is None where a file was loaded. Needs a transaction.
    """
    leaflet = edition.leaflet
    lock_leaflet(leaflet)
    leaflet.editions.published().update(status=Edition.Status.SUPERSEDED)
    Leaflet.objects.filter(pk=leaflet.pk).update(read_instead=None)
    set_dates(edition, LeafletWords.of(source))
    edition.status = Edition.Status.PUBLISHED
    edition.published_at = timezone.now()
    edition.published_by = by
    edition.change_note = change_note
    cancel_for_new_edition(leaflet, by=by)
    bump_site_version()


@transaction.atomic
def withdraw(
    leaflet: Leaflet, *, read_instead: Leaflet | None = None, reason: str = "", by: User | None = None
) -> None:
    """Withdraw the live edition. The leaflet's address then answers 410, says the `reason` and links to `read_instead`.

    With `by`, the withdrawal is logged as that user's.
    """
    lock_leaflet(leaflet)
    leaflet.editions.published().update(
        status=Edition.Status.WITHDRAWN,
        withdrawn_at=timezone.now(),
        withdrawn_by=by,
        withdrawal_reason=reason,
    )
    leaflet.read_instead = read_instead
    leaflet.save(update_fields=["read_instead"])
    scheduled = find_scheduled_change(leaflet)
    cancel_for_withdrawal(leaflet, by=by)
    bump_site_version()
    if by:
        words = f"Withdrew the leaflet; to read instead: {read_instead or 'nothing'}"
        log_action(by, leaflet, CHANGE, add_cancelled_change(words, scheduled))


class SlugTakenError(Exception):
    """A leaflet cannot have an address. The message says why, in words for staff."""


def check_address(slug: str, leaflet: Leaflet | None = None) -> None:
    """Raise `SlugTakenError` if the site or another leaflet than this one has, or had, an address."""
    if is_taken_by_site(slug):
        raise SlugTakenError("The site itself uses this address. Choose another.")
    others = Leaflet.objects.exclude(pk=leaflet.pk) if leaflet else Leaflet.objects.all()
    if other := others.filter(slug=slug).first():
        raise SlugTakenError(f"“{other.newest_title}” has this address. Choose another.")
    if other := others.filter(old_slugs__slug=slug).first():
        raise SlugTakenError(
            f"“{other.newest_title}” had this address, which still leads to it. Choose another."
        )


def add_leaflet(slug: str, placement: str, *, by: User) -> Leaflet:
    """Create a leaflet without a text, and log it.

    An equal request of the same user gets the leaflet that the first one created. Raises `SlugTakenError`.
    """
    try:
        with transaction.atomic():
            if begun := _find_begun(slug, placement, by):
                return begun
            check_address(slug)
            leaflet = Leaflet.objects.create(slug=slug, placement=placement)
            log_action(by, leaflet, ADDITION, "Began a new leaflet")
            return leaflet
    except (IntegrityError, SlugTakenError) as error:
        # An equal request may have been committed after the first look.
        if begun := _find_begun(slug, placement, by):
            return begun
        if isinstance(error, SlugTakenError):
            raise
        raise SlugTakenError("There is a leaflet with this address already. Choose another.") from None


def _find_begun(slug: str, placement: str, by: User) -> Leaflet | None:
    leaflet = Leaflet.objects.filter(slug=slug, placement=placement, editions=None).first()
    return leaflet if leaflet and _was_begun_by(leaflet, by) else None


def _was_begun_by(leaflet: Leaflet, user: User) -> bool:
    content_type = ContentType.objects.get_for_model(Leaflet)
    entries = LogEntry.objects.filter(content_type=content_type, object_id=str(leaflet.pk))
    return entries.filter(action_flag=ADDITION, user=user).exists()


@transaction.atomic
def rename(leaflet: Leaflet, slug: str, *, placement: str) -> None:
    """Set a leaflet's slug and placement, and save it. Its earlier slug redirects to it."""
    before = leaflet.slug
    leaflet.slug, leaflet.placement = slug, placement
    # Only these: the owner may have been set since the leaflet was read.
    leaflet.save(update_fields=["slug", "placement"] if leaflet.pk else None)
    leaflet.old_slugs.filter(slug=slug).delete()
    _rename_in_topics(before, slug)
    if before and before != slug:
        OldSlug.objects.get_or_create(slug=before, defaults={"leaflet": leaflet})
    bump_site_version()


def _rename_in_topics(before: str, slug: str) -> None:
    """Keep a leaflet's place in the order of its topic. Locks the topics: staff may be moving its other leaflets."""
    for topic in Topic.objects.select_for_update().order_by("pk"):
        if before in topic.leaflets:
            topic.leaflets = [slug if named == before else named for named in topic.leaflets if named != slug]
            topic.save(update_fields=["leaflets"])


def was_public(leaflet: Leaflet) -> bool:
    """Return whether an edition of the leaflet is or was public."""
    return leaflet.editions.shown_to_public().exists()


def change_slug(leaflet: Leaflet, slug: str, *, by: User) -> None:
    """Rename a leaflet and log it. The address of a leaflet that was public redirects to the new one.

    Raises `SlugTakenError`.
    """
    try:
        with transaction.atomic():
            lock_leaflet(leaflet)
            leaflet.refresh_from_db()
            if leaflet.slug == slug:
                return
            check_address(slug, leaflet)
            before = leaflet.slug
            if was_public(leaflet):
                rename(leaflet, slug, placement=leaflet.placement)
            else:
                leaflet.slug = slug
                leaflet.save(update_fields=["slug"])
                _rename_in_topics(before, slug)
            log_action(by, leaflet, CHANGE, f"Changed the address from {before} to {slug}")
    except IntegrityError:
        raise SlugTakenError("There is a leaflet with this address already. Choose another.") from None
