"""Conversion between stored records and the sources of their content files."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from typing import Any

from django.utils import timezone

from leaflets.content.glossary import GlossarySource, TermSource, WordFinder
from leaflets.content.home_links import read_home_link
from leaflets.content.leaflet import Heading, LeafletSource, SectionSource
from leaflets.content.meeting import MeetingSource
from leaflets.content.notices import NoticeSource, NoticesSource
from leaflets.content.service import ServiceSource
from leaflets.content.synonyms import SynonymsSource, normalise_organisation, normalise_synonym
from leaflets.content.topics import TopicSource, TopicsSource
from leaflets.law.sources import (
    LawSource,
    ProvisionSource,
    VersionSource,
    sort_chapters,
    sort_key,
)
from leaflets.models import (
    Edition,
    Leaflet,
    MeetingSheet,
    Notice,
    SearchWords,
    Service,
    Source,
    SourceVersion,
    Term,
    Topic,
)


def service_source(record: Service) -> ServiceSource:
    """Return the service's record as the source of its file."""
    values: dict[str, Any] = {}
    for field_ in fields(ServiceSource):
        if field_.compare:
            value = getattr(record, field_.name)
            values[field_.name] = tuple(value) if isinstance(value, list) else value
    values["ways_in"] = tuple(map(read_home_link, values["ways_in"]))
    # PostgreSQL returns a memoryview.
    values["logo_file"] = bytes(values["logo_file"] or b"")
    return ServiceSource(**values)


def record_values(source: Any) -> dict[str, Any]:
    """Return the values of the model's fields for what was read from a file with one record, such as the service's."""
    values = asdict(source)
    del values["path"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def topics_source() -> TopicsSource | None:
    """Return the stored topics as the source of their file; None where there are none."""
    topics = tuple(
        TopicSource(topic.slug, topic.title, tuple(topic.leaflets)) for topic in Topic.objects.all()
    )
    return TopicsSource(topics) if topics else None


def notices_source() -> NoticesSource | None:
    """Return the stored notices as the source of their file; None where there are none."""
    notices = tuple(notice.source for notice in Notice.objects.all())
    return NoticesSource(notices) if notices else None


def notice_values(source: NoticeSource) -> dict[str, Any]:
    """Return the values of the model's fields."""
    values = asdict(source)
    del values["line"]
    return values | {
        "pages": list(source.pages),
        "starts": timezone.make_aware(source.starts),
        "ends": timezone.make_aware(source.ends),
    }


def with_used_topics(source: TopicsSource) -> TopicsSource:
    """Return the file's topics with those stored ones that it lacks but a live edition or a draft names."""
    editions = Edition.objects.filter(status__in=[Edition.Status.PUBLISHED, Edition.Status.DRAFT])
    used = set(editions.exclude(topic="").order_by().values_list("topic", flat=True).distinct())
    stored = topics_source()
    lacking = [topic for topic in stored.topics if topic.slug in used - source.slugs] if stored else []
    return replace(source, topics=(*source.topics, *lacking))


def term_source(record: Term) -> TermSource:
    """Return a term as it is in the source of its file."""
    return TermSource(
        term=record.term,
        explanation=record.explanation,
        anchor=record.anchor,
        forms=tuple(record.forms),
        provision=record.provision,
        link=record.link,
        unapproved=record.unapproved,
    )


def term_values(source: TermSource) -> dict[str, Any]:
    """Return the values of the model's fields, without the anchor."""
    names = ("term", "explanation", "provision", "link", "unapproved")
    return {name: getattr(source, name) for name in names} | {"forms": list(source.forms)}


def glossary_source(terms: Iterable[Term]) -> GlossarySource:
    """Return the terms as the source of their file."""
    return GlossarySource(tuple(map(term_source, terms)))


def glossary_finder() -> WordFinder:
    """Return the search for the stored words of the glossary."""
    return glossary_source(Term.objects.order_by("pk")).finder


def meeting_source(record: MeetingSheet) -> MeetingSource:
    """Return the record of meeting sheets as the source of its file."""
    return MeetingSource(tuple(record.questions), tuple(record.bring), record.unapproved)


def synonyms_source(record: SearchWords) -> SynonymsSource:
    """Return the words of the search as the source of their file."""
    return SynonymsSource(
        tuple(map(normalise_synonym, record.synonyms)), tuple(map(normalise_organisation, record.elsewhere))
    )


def law_source(record: Source) -> LawSource:
    """Return a source of law as the source of its file."""
    return LawSource(
        record.slug, record.kind, record.title, record.full_title, record.url, tuple(record.names)
    )


def version_source(record: SourceVersion) -> VersionSource:
    """Return a version as the source of its file."""
    provisions = record.provisions.select_related("chapter").in_order()
    return VersionSource(
        source=record.source.slug,
        slug=record.slug,
        label=record.label,
        in_force_from=record.in_force_from,
        in_force_until=record.in_force_until,
        url=record.url,
        has_unapplied_changes=record.has_unapplied_changes,
        chapters=tuple(record.chapters.order_by("position").values_list("number", "title")),
        provisions=tuple(
            ProvisionSource(
                provision.number,
                provision.chapter.number if provision.chapter else "",
                provision.heading,
                provision.text,
            )
            for provision in provisions
        ),
    )


def with_cited_provisions(source: VersionSource, record: SourceVersion) -> VersionSource:
    """Return the file's version with those stored provisions that it lacks but some edition, even an old one, cites."""
    stored = version_source(record)
    cited = set(record.provisions.exclude(citations=None).values_list("number", flat=True))
    lacking = [
        provision
        for provision in stored.provisions
        if provision.number in cited and provision.number not in source.texts
    ]
    needed = {provision.chapter for provision in lacking}
    chapters = {number: title for number, title in stored.chapters if number in needed}
    chapters |= dict(source.chapters)
    return replace(
        source,
        chapters=sort_chapters(chapters),
        provisions=tuple(
            sorted([*source.provisions, *lacking], key=lambda provision: sort_key(provision.number))
        ),
    )


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
        code=edition.code_version.slug if edition.code_version else "",
        unapproved=edition.unapproved,
        topic=edition.topic,
        in_short=tuple(edition.in_short),
        in_short_unapproved=edition.in_short_unapproved,
        formerly=tuple(sorted(old.slug for old in leaflet.old_slugs.all())),
        sections=tuple(
            SectionSource(Heading(section.heading, section.anchor, section.kind, section.label), section.body)
            for section in sorted(edition.sections.all(), key=lambda section: section.position)
        ),
    )
