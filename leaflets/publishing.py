"""The verbs: load, publish, withdraw, export. The only module that writes editions.

A file's text, what is stored and what was loaded last are compared by digest, like the two sides and the
base of a three-way merge (see `_decide`), so that neither a deployment nor an editor undoes the other.
"""

import enum
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Max, Model, Q
from django.utils import timezone

from .content import markdown
from .content.folder import Content, read_folder, write_folder
from .content.leaflet import Heading, LeafletSource, SectionSource
from .content.markdown import Rendered, render
from .content.service import ServiceSource
from .files.problems import ContentError, Problem
from .freshness import mark_changed
from .law.sources import CodeSource, ParagraphSource
from .models import (
    Citation,
    CodeChapter,
    CodeEdition,
    CodeParagraph,
    Edition,
    Leaflet,
    OldSlug,
    Section,
    Service,
)
from .quality.hints import find_fact_hints, find_hints
from .quality.preflight import CheckedLeaflet, check_leaflets, check_records

_M = TypeVar("_M", bound=Model)


class Outcome(enum.StrEnum):
    """What loading did with one file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept: edited by staff"
    CONFLICT = "conflict: edited by staff and in the file"
    GONE = "no file: withdraw it in the admin if it should go"


WRITTEN = (Outcome.CREATED, Outcome.UPDATED)


@dataclass
class LoadReport:
    """What a load did, file by file, and which printed facts staff should look at."""

    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    hints: list[Problem] = field(default_factory=list)
    rendered_again: int = 0

    @property
    def conflicts(self) -> list[str]:
        return [name for name, outcome in self.outcomes if outcome is Outcome.CONFLICT]


def read_content(folder: Path) -> tuple[Content, list[CheckedLeaflet]]:
    """Read and check a content folder. Needs no database.

    Raises `ContentError` with every problem of every file.
    """
    content, problems = read_folder(folder)
    problems += check_records(content.service, content.codes)
    leaflets, found = check_leaflets(content.leaflets, content.codes)
    if problems or found:
        raise ContentError(problems + found)
    return content, leaflets


@transaction.atomic
def load(folder: Path, *, take: str = "") -> LoadReport:
    """Bring what is stored up to date with a content folder. All or nothing; drafts are never touched.

    `take` settles conflicts: "file" publishes the text of the files, "site" keeps what is on the site and
    stops reporting it until the file changes again. Raises `ContentError`.
    """
    content, leaflets = read_content(folder)
    _wait_for_other_loads()
    loading = _Loading(take)
    loading.load_service(content.service)
    for code in content.codes:
        loading.load_code(code)
    for leaflet in leaflets:
        loading.load_leaflet(leaflet)
    loading.report_missing_files()
    loading.report.rendered_again = _render_stale_texts()
    loading.report.hints = [
        hint for leaflet in content.leaflets for hint in find_fact_hints(leaflet, content.service)
    ]
    return loading.report


def _wait_for_other_loads() -> None:
    """Several replicas may start, and load, at once. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('leaflets.publishing.load'))")


class _Loading:
    """One load: what was asked for, and what became of each file."""

    def __init__(self, take: str) -> None:
        self.take = take
        self.report = LoadReport()
        self.loaded: dict[int, str] = {}

    def _decide(self, name: str, *, file: str, stored: str | None, loaded: str) -> Outcome:
        """Compare the file's digest with what is stored and with what was loaded last."""
        if stored is None:
            outcome = Outcome.CREATED
        elif stored == file:
            outcome = Outcome.UNCHANGED
        elif file == loaded:
            outcome = Outcome.KEPT
        elif stored == loaded or self.take == "file":
            outcome = Outcome.UPDATED
        elif self.take == "site":
            outcome = Outcome.KEPT
        else:
            outcome = Outcome.CONFLICT
        self.report.outcomes.append((name, outcome))
        return outcome

    def load_service(self, file: ServiceSource) -> None:
        record = Service.objects.first()
        outcome = self._decide(
            "service",
            file=file.digest,
            stored=service_source(record).digest if record else None,
            loaded=record.loaded_digest if record else "",
        )
        if outcome in WRITTEN:
            Service.objects.update_or_create(pk=1, defaults=_service_values(file))
        if outcome is not Outcome.CONFLICT:
            Service.objects.update(loaded_digest=file.digest)

    def load_code(self, file: CodeSource) -> None:
        record = CodeEdition.objects.filter(slug=file.slug).first()
        if record:
            file = _with_cited_paragraphs(file, record)
        outcome = self._decide(
            file.slug,
            file=file.digest,
            stored=code_source(record).digest if record else None,
            loaded=record.loaded_digest if record else "",
        )
        _store_code(file, overwrite=outcome in WRITTEN)
        if outcome is not Outcome.CONFLICT:
            CodeEdition.objects.filter(slug=file.slug).update(loaded_digest=file.digest)

    def load_leaflet(self, checked: CheckedLeaflet) -> None:
        file = checked.source
        leaflet = find_leaflet(file.slug, *file.formerly) or Leaflet()
        self._claim(leaflet, file)
        outcome = self._decide(
            file.slug,
            file=file.digest,
            stored=_stored_digest(leaflet),
            loaded=leaflet.loaded_digest,
        )
        if outcome in WRITTEN:
            rename(leaflet, file.slug, placement=file.placement)
            # Never a draft on the way: staff may have one open, and there is at most one.
            edition = next_edition(leaflet)
            _make_live(edition)
            store_text(edition, checked)
        elif leaflet.slug in file.formerly:
            rename(leaflet, file.slug, placement=leaflet.placement)
        for slug in file.formerly:
            OldSlug.objects.get_or_create(slug=slug, defaults={"leaflet": leaflet})
        if outcome is not Outcome.CONFLICT:
            Leaflet.objects.filter(pk=leaflet.pk).update(loaded_digest=file.digest)
        self.loaded[leaflet.pk] = file.path

    def _claim(self, leaflet: Leaflet, file: LeafletSource) -> None:
        other = self.loaded.get(leaflet.pk)
        if other:
            message = (
                f"This is the same leaflet as {other}: one of the two names is an old address of it. "
                "Choose another."
            )
            raise ContentError([Problem(file.path, 1, message)])

    def report_missing_files(self) -> None:
        live = Leaflet.objects.filter(editions__status=Edition.Status.PUBLISHED).exclude(loaded_digest="")
        for leaflet in live.order_by("slug"):
            if leaflet.pk not in self.loaded:
                self.report.outcomes.append((leaflet.slug, Outcome.GONE))


def find_leaflet(*slugs: str) -> Leaflet | None:
    """The leaflet that has, or once had, one of these slugs: the first that is found.

    Until the transaction ends, nobody else changes what is live of it.
    """
    for slug in slugs:
        moved = OldSlug.objects.filter(slug=slug).values("leaflet")
        found = Leaflet.objects.select_for_update().filter(Q(slug=slug) | Q(pk__in=moved)).first()
        if found:
            return found
    return None


def _stored_digest(leaflet: Leaflet) -> str | None:
    """What is live of a leaflet. A withdrawn one is something too: it comes back only by a person's act."""
    public = Edition.objects.shown_to_public().filter(leaflet=leaflet.pk)
    live = public.published().first()
    if live:
        return live.digest
    return Edition.Status.WITHDRAWN if public.exists() else None


# --- Writing -----------------------------------------------------------------------------------------------


def _service_values(file: ServiceSource) -> dict[str, Any]:
    values = asdict(file)
    del values["path"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _with_cited_paragraphs(file: CodeSource, record: CodeEdition) -> CodeSource:
    """The file, with what it lacks of the stored paragraphs that some edition, perhaps an old one, cites."""
    stored = code_source(record)
    paragraphs = CodeParagraph.objects.filter(chapter__code_edition=record).exclude(citations=None)
    cited = set(paragraphs.values_list("number", flat=True))
    lacking = [
        paragraph
        for paragraph in stored.paragraphs
        if paragraph.number in cited and paragraph.number not in file.numbers
    ]
    needed = {paragraph.chapter for paragraph in lacking}
    chapters = {number: title for number, title in stored.chapters if number in needed} | dict(file.chapters)
    return replace(
        file,
        chapters=tuple(sorted(chapters.items())),
        paragraphs=tuple(
            sorted([*file.paragraphs, *lacking], key=lambda found: (found.chapter, found.place))
        ),
    )


def _store_code(file: CodeSource, *, overwrite: bool) -> None:
    """Store an edition of the Code. Without `overwrite`, only add what is missing: nobody's edit is undone."""
    values = {name: getattr(file, name) for name in ("title", "full_title", "label", "in_force_from", "url")}
    edition = _stored(CodeEdition, values, overwrite=overwrite, slug=file.slug)
    chapters = {}
    for number, title in file.chapters:
        chapters[number] = _stored(
            CodeChapter, {"title": title}, overwrite=overwrite, code_edition=edition, number=number
        )
    for paragraph in file.paragraphs:
        values = {"number": paragraph.number, "text": paragraph.text}
        chapter = chapters[paragraph.chapter]
        _stored(CodeParagraph, values, overwrite=overwrite, chapter=chapter, place=paragraph.place)
    if overwrite:
        paragraphs = CodeParagraph.objects.filter(chapter__code_edition=edition)
        paragraphs.exclude(number__in=file.numbers).delete()
        edition.chapters.exclude(number__in=chapters).delete()


def _stored(model: type[_M], values: dict[str, Any], *, overwrite: bool, **key: Any) -> _M:
    """The record of this key: made with these values where there is none, else written only to overwrite."""
    if overwrite:
        return model._default_manager.update_or_create(defaults=values, **key)[0]
    return model._default_manager.get_or_create(defaults=values, **key)[0]


def next_edition(leaflet: Leaflet, *, by: User | None = None) -> Edition:
    """A draft with the leaflet's next number, not stored yet and without a text."""
    newest = leaflet.editions.aggregate(newest=Max("number"))["newest"] or 0
    live = leaflet.editions.published().first()
    based_on = live.number if live else None
    return Edition(leaflet=leaflet, number=newest + 1, based_on=based_on, created_by=by)


@transaction.atomic
def store_text(draft: Edition, checked: CheckedLeaflet) -> Edition:
    """Store a checked text as an edition's own, in place of the one it had.

    A draft may still have problems; what cannot be stored because of one, such as a citation of a
    paragraph that the Code does not have, is left out until the problem is mended.
    """
    source = checked.source
    code = CodeEdition.objects.filter(slug=source.code).first() if source.code else None
    draft.placement = source.placement
    draft.title = source.title
    draft.summary = source.summary
    draft.printed_on = source.published
    draft.review_on = source.review
    draft.awaiting_approval = source.awaiting_approval
    draft.code_edition = code
    draft.digest = source.digest
    draft.rendered_by = _renderer(checked.code)
    service = Service.objects.first()
    draft.open_hints = len(find_hints(checked, service_source(service))) if service else 0
    draft.save()
    draft.sections.all().delete()
    paragraphs = {
        paragraph.number: paragraph
        for paragraph in CodeParagraph.objects.filter(chapter__code_edition=code).select_related("chapter")
    }
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
        Citation.objects.bulk_create(
            Citation(
                section=stored, position=place, paragraph=paragraphs[citation.number], quoted=citation.quoted
            )
            for place, citation in enumerate(rendered.citations)
            if citation.number in paragraphs
        )
    return draft


def _rendered_values(rendered: Rendered) -> dict[str, Any]:
    subheadings = [
        {"level": heading.level, "text": heading.text, "anchor": heading.anchor}
        for heading in rendered.headings
    ]
    return {"body_html": rendered.html, "subheadings": subheadings}


def _renderer(code: CodeSource | None) -> str:
    """What the stored HTML depends on besides its own text."""
    return f"{markdown.VERSION}:{code.digest[:16] if code else ''}"


def _render_stale_texts() -> int:
    """Render again what an older renderer, or an older record of the Code, made. Texts stay as they are."""
    stale = 0
    for code in [None, *CodeEdition.objects.all()]:
        source = code_source(code) if code else None
        for edition in Edition.objects.filter(code_edition=code).exclude(rendered_by=_renderer(source)):
            for section in edition.sections.all():
                values = _rendered_values(render(section.body, source))
                Section.objects.filter(pk=section.pk).update(**values)
            Edition.objects.filter(pk=edition.pk).update(rendered_by=_renderer(source))
            stale += 1
    if stale:
        mark_changed()
    return stale


@transaction.atomic
def publish(draft: Edition, *, by: User | None = None, change_note: str = "") -> None:
    """Make a draft what the public reads; what was live becomes an older edition."""
    _make_live(draft, by=by, change_note=change_note)
    draft.save(update_fields=["status", "published_at", "published_by", "change_note"])


def _make_live(edition: Edition, *, by: User | None = None, change_note: str = "") -> None:
    """Give an edition, which is saved next, the place of the live one."""
    leaflet = Leaflet.objects.select_for_update().get(pk=edition.leaflet_id)
    leaflet.editions.published().update(status=Edition.Status.SUPERSEDED)
    Leaflet.objects.filter(pk=leaflet.pk).update(read_instead=None)
    edition.status = Edition.Status.PUBLISHED
    edition.published_at = timezone.now()
    edition.published_by = by
    edition.change_note = change_note
    mark_changed()


@transaction.atomic
def withdraw(leaflet: Leaflet, *, read_instead: Leaflet | None = None) -> None:
    """Take a leaflet away from the public. Its address goes on answering, and says what to read instead."""
    leaflet.editions.published().update(status=Edition.Status.WITHDRAWN)
    leaflet.read_instead = read_instead
    leaflet.save(update_fields=["read_instead"])
    mark_changed()


@transaction.atomic
def rename(leaflet: Leaflet, slug: str, *, placement: str) -> None:
    """Give a leaflet its slug. The one it had goes on leading to it."""
    before = leaflet.slug
    leaflet.slug, leaflet.placement = slug, placement
    leaflet.save()
    leaflet.old_slugs.filter(slug=slug).delete()
    if before and before != slug:
        OldSlug.objects.get_or_create(slug=before, defaults={"leaflet": leaflet})
    mark_changed()


# --- Exporting ---------------------------------------------------------------------------------------------


def export(folder: Path) -> list[Path]:
    """Write all that is published to a content folder, in the layout that `load` reads."""
    service = Service.objects.first()
    if service is None:
        raise ContentError([Problem(str(folder), 1, "Nothing was loaded yet. Run `load_leaflets` first.")])
    live = Edition.objects.published().select_related("leaflet", "code_edition").order_by("leaflet__slug")
    content = Content(
        service=service_source(service),
        codes=tuple(map(code_source, CodeEdition.objects.order_by("slug"))),
        leaflets=tuple(map(leaflet_source, live.prefetch_related("sections", "leaflet__old_slugs"))),
    )
    return write_folder(folder, content)


def service_source(record: Service) -> ServiceSource:
    """The service's record as its file says it."""
    values: dict[str, Any] = {}
    for field_ in fields(ServiceSource):
        if field_.compare:
            value = getattr(record, field_.name)
            values[field_.name] = tuple(value) if isinstance(value, list) else value
    return ServiceSource(**values)


def code_source(edition: CodeEdition) -> CodeSource:
    """An edition of the Code as its file says it."""
    paragraphs = CodeParagraph.objects.filter(chapter__code_edition=edition)
    return CodeSource(
        slug=edition.slug,
        title=edition.title,
        full_title=edition.full_title,
        label=edition.label,
        in_force_from=edition.in_force_from,
        url=edition.url,
        chapters=tuple(edition.chapters.order_by("number").values_list("number", "title")),
        paragraphs=tuple(
            ParagraphSource(paragraph.number, paragraph.text)
            for paragraph in paragraphs.order_by("chapter__number", "place")
        ),
    )


def leaflet_source(edition: Edition) -> LeafletSource:
    """An edition as its leaflet's file says it."""
    leaflet = edition.leaflet
    return LeafletSource(
        slug=leaflet.slug,
        title=edition.title,
        summary=edition.summary,
        placement=edition.placement,
        published=edition.printed_on,
        review=edition.review_on,
        code=edition.code_edition.slug if edition.code_edition else "",
        awaiting_approval=edition.awaiting_approval,
        formerly=tuple(sorted(old.slug for old in leaflet.old_slugs.all())),
        sections=tuple(
            SectionSource(Heading(section.heading, section.anchor, section.kind, section.label), section.body)
            for section in sorted(edition.sections.all(), key=lambda section: section.position)
        ),
    )
