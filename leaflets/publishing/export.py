"""Export of the published content to a content folder."""

from pathlib import Path

from leaflets.content.folder import Content, write_folder
from leaflets.files.problems import ContentError, Kind, Problem
from leaflets.models import Edition, MeetingSheet, SearchWords, Service, Source, SourceVersion, Term

from .records import (
    glossary_source,
    law_source,
    leaflet_source,
    meeting_source,
    notices_source,
    service_source,
    synonyms_source,
    topics_source,
    version_source,
)


def export_content(folder: Path) -> list[Path]:
    """Write the published content to a folder that `loading.load` can read. Returns the files written.

    Raises `ContentError` where nothing was loaded yet.
    """
    service = Service.objects.first()
    if service is None:
        raise ContentError(
            [
                Problem(
                    str(folder), 1, "Nothing was loaded yet. Run `load_leaflets` first.", Kind.NOTHING_LOADED
                )
            ]
        )
    live = Edition.objects.published().select_related("leaflet", "code_version").order_by("leaflet__slug")
    versions = SourceVersion.objects.select_related("source")
    terms = Term.objects.in_alphabetical_order()
    meeting = MeetingSheet.objects.first()
    words = SearchWords.objects.first()
    content = Content(
        service=service_source(service),
        sources=tuple(map(law_source, Source.objects.order_by("slug"))),
        versions=tuple(map(version_source, versions.order_by("source__slug", "slug"))),
        leaflets=tuple(map(leaflet_source, live.prefetch_related("sections", "leaflet__old_slugs"))),
        topics=topics_source(),
        glossary=glossary_source(terms) if terms else None,
        notices=notices_source(),
        meeting=meeting_source(meeting) if meeting else None,
        synonyms=synonyms_source(words) if words else None,
    )
    return write_folder(folder, content)
