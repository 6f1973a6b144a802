"""Conversion between stored records and the sources of their content files."""

import datetime as dt
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from django.db.models import Model

from leaflets.content.leaflet import Heading, LeafletSource, SectionSource
from leaflets.content.service import ServiceSource
from leaflets.law.sources import CodeSource, ParagraphSource
from leaflets.models import CodeChapter, CodeEdition, CodeParagraph, Edition, Leaflet, Service

_M = TypeVar("_M", bound=Model)


def service_source(record: Service) -> ServiceSource:
    """Return the service's record as the source of its file."""
    values: dict[str, Any] = {}
    for field_ in fields(ServiceSource):
        if field_.compare:
            value = getattr(record, field_.name)
            values[field_.name] = tuple(value) if isinstance(value, list) else value
    return ServiceSource(**values)


def service_values(source: ServiceSource) -> dict[str, Any]:
    """Return the values of the model's fields."""
    values = asdict(source)
    del values["path"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def code_source(edition: CodeEdition) -> CodeSource:
    """Return an edition of the Code as the source of its file."""
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


def with_cited_paragraphs(source: CodeSource, record: CodeEdition) -> CodeSource:
    """Return the source with those stored paragraphs that it lacks but that some edition, even an old one, cites."""
    stored = code_source(record)
    paragraphs = CodeParagraph.objects.filter(chapter__code_edition=record).exclude(citations=None)
    cited = set(paragraphs.values_list("number", flat=True))
    lacking = [
        paragraph
        for paragraph in stored.paragraphs
        if paragraph.number in cited and paragraph.number not in source.numbers
    ]
    needed = {paragraph.chapter for paragraph in lacking}
    chapters = {number: title for number, title in stored.chapters if number in needed} | dict(
        source.chapters
    )
    return replace(
        source,
        chapters=tuple(sorted(chapters.items())),
        paragraphs=tuple(
            sorted([*source.paragraphs, *lacking], key=lambda found: (found.chapter, found.place))
        ),
    )


def store_code(source: CodeSource, *, overwrite: bool) -> None:
    """Store an edition of the Code. Without `overwrite`, only add missing rows and keep edits by staff."""
    values = {
        name: getattr(source, name) for name in ("title", "full_title", "label", "in_force_from", "url")
    }
    edition = _get_or_store(CodeEdition, values, overwrite=overwrite, slug=source.slug)
    chapters = {}
    for number, title in source.chapters:
        chapters[number] = _get_or_store(
            CodeChapter, {"title": title}, overwrite=overwrite, code_edition=edition, number=number
        )
    for paragraph in source.paragraphs:
        values = {"number": paragraph.number, "text": paragraph.text}
        chapter = chapters[paragraph.chapter]
        _get_or_store(CodeParagraph, values, overwrite=overwrite, chapter=chapter, place=paragraph.place)
    if overwrite:
        paragraphs = CodeParagraph.objects.filter(chapter__code_edition=edition)
        paragraphs.exclude(number__in=source.numbers).delete()
        edition.chapters.exclude(number__in=chapters).delete()


def _get_or_store(model: type[_M], values: dict[str, Any], *, overwrite: bool, **key: Any) -> _M:
    """Return the row with this key: created with `values` if missing, and updated only with `overwrite`."""
    if overwrite:
        return model._default_manager.update_or_create(defaults=values, **key)[0]
    return model._default_manager.get_or_create(defaults=values, **key)[0]


def review_due(edition: Edition) -> dt.date | None:
    """Return when a text has to be checked: on the new date that a draft sets, else as in staff's list."""
    leaflet: Any = Leaflet.objects.with_review_due().get(pk=edition.leaflet_id)
    is_new = edition.review_on and edition.review_on != leaflet.live_review
    return edition.review_on if is_new else leaflet.review_due


def leaflet_source(edition: Edition) -> LeafletSource:
    """Return an edition as the source of its leaflet's file."""
    leaflet = edition.leaflet
    return LeafletSource(
        slug=leaflet.slug,
        title=edition.title,
        summary=edition.summary,
        placement=edition.placement,
        published=edition.printed_on,
        review=edition.review_on,
        code=edition.code_edition.slug if edition.code_edition else "",
        unapproved=edition.unapproved,
        formerly=tuple(sorted(old.slug for old in leaflet.old_slugs.all())),
        sections=tuple(
            SectionSource(Heading(section.heading, section.anchor, section.kind, section.label), section.body)
            for section in sorted(edition.sections.all(), key=lambda section: section.position)
        ),
    )
