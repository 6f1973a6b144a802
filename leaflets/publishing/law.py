"""Storing of the law, and what a leaflet can cite of it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef
from django.utils import timezone

from leaflets.content.citations import subdivision_anchor
from leaflets.content.markdown import render
from leaflets.law.sources import (
    CitableLaw,
    LawSource,
    ProvisionSource,
    VersionSource,
    choose_versions,
    sort_key,
)
from leaflets.models import Chapter, Citation, Provision, Source, SourceVersion
from leaflets.models.site_version import bump_site_version
from leaflets.quality.impact import AffectedProvision, find_affected

from .records import law_source, version_source

_M = TypeVar("_M", bound=Model)

_SUBDIVISION = re.compile(
    r"(?P<list><[uo]l[^>]*>)|(?P<end></[uo]l>)"
    r"|<(?P<tag>p|li)>\((?P<number>[0-9]{1,3}[A-Z]{0,2}|[a-z]{1,5}|[A-Z])\)"
)


class StoredLaw:
    """All sources and versions in the database, read once, to choose from what a leaflet can cite."""

    def __init__(self) -> None:
        sources = {source.pk: law_source(source) for source in Source.objects.all()}
        provisions = defaultdict(list)
        for version_pk, number, text in Provision.objects.values_list("version", "number", "text"):
            provisions[version_pk].append(ProvisionSource(number, text=text))
        self.sources = list(sources.values())
        self.versions = [
            VersionSource(
                source=sources[version.source_id].slug,
                slug=version.slug,
                label=version.label,
                in_force_from=version.in_force_from,
                in_force_until=version.in_force_until,
                url=version.url,
                provisions=tuple(provisions[version.pk]),
            )
            for version in SourceVersion.objects.all()
        ]
        self._chosen: dict[tuple[str, tuple[tuple[str, str], ...]], CitableLaw] = {}

    def choose(self, code: str, cited: Iterable[tuple[str, str]] = ()) -> CitableLaw:
        """Return what a text can cite. The arguments are those of `choose_versions`; `cited` as pairs."""
        key = (code, tuple(sorted(cited)))
        if key not in self._chosen:
            today = timezone.localdate()
            self._chosen[key] = choose_versions(self.sources, self.versions, code, today, dict(key[1]))
        return self._chosen[key]


def citable_law(code: str) -> CitableLaw:
    """Return what a draft can cite that names this version of the Code; "" means the newest in force."""
    return StoredLaw().choose(code)


def find_changes(version: SourceVersion) -> list[tuple[SourceVersion, list[AffectedProvision]]]:
    """Return the older versions that live leaflets cite, newest first, each with what became of it in this version."""
    cited = Citation.objects.published().filter(provision__version=OuterRef("pk"))
    older = version.source.versions.filter(Exists(cited), in_force_from__lt=version.in_force_from)
    new = version_source(version)
    return [(one, find_affected(version_source(one), new)) for one in older.newest_first()]


def store_source(source: LawSource, *, overwrite: bool) -> None:
    """Store a source. Without `overwrite`, only add it if it is missing."""
    values = {name: getattr(source, name) for name in ("kind", "title", "full_title", "url")}
    _get_or_store(Source, values | {"names": list(source.names)}, overwrite=overwrite, slug=source.slug)


def store_version(source: VersionSource, *, overwrite: bool) -> None:
    """Store a version of a source that is stored. Without `overwrite`, only add missing rows and keep edits by staff."""
    names = ("label", "in_force_from", "in_force_until", "url", "has_unapplied_changes")
    version = _get_or_store(
        SourceVersion,
        {name: getattr(source, name) for name in names},
        overwrite=overwrite,
        source=Source.objects.get(slug=source.source),
        slug=source.slug,
    )
    chapters = {
        number: _get_or_store(
            Chapter,
            {"title": title, "position": position},
            overwrite=overwrite,
            version=version,
            number=number,
        )
        for position, (number, title) in enumerate(source.chapters)
    }
    stored = {provision.number: provision for provision in version.provisions.all()}
    missing: list[Provision] = []
    changed: list[Provision] = []
    for provision in source.provisions:
        row = stored.get(provision.number)
        if row is None or overwrite:
            (changed if row else missing).append(
                row := row or Provision(version=version, number=provision.number)
            )
            row.chapter, row.heading = chapters.get(provision.chapter), provision.heading
            set_text(row, provision.text)
    Provision.objects.bulk_create(missing, 500)
    Provision.objects.bulk_update(changed, ["chapter", "heading", "text", "text_html"], 500)
    if overwrite:
        version.provisions.exclude(number__in=source.texts).delete()
        version.chapters.exclude(number__in=chapters).delete()
    sort_provisions(version)
    bump_site_version()


def sort_provisions(version: SourceVersion) -> None:
    """Set the positions of a version's provisions to the order of their numbers."""
    provisions = sorted(version.provisions.all(), key=lambda provision: sort_key(provision.number))
    moved = []
    for position, provision in enumerate(provisions):
        if provision.position != position:
            provision.position = position
            moved.append(provision)
    Provision.objects.bulk_update(moved, ["position"], 500)


def set_text(provision: Provision, text: str) -> None:
    """Set the law's own words and their HTML."""
    provision.text, provision.text_html = text, _add_anchors(render(text).html)


def render_stale_provisions() -> None:
    """Render those provisions again whose tables an older renderer made, without a box that scrolls.

    Their HTML has no version of its own: nothing else in it changed since.
    """
    stale = list(
        Provision.objects.filter(text_html__contains="<table>").exclude(
            text_html__contains='<div class="table'
        )
    )
    for provision in stale:
        set_text(provision, provision.text)
    if stale:
        Provision.objects.bulk_update(stale, ["text_html"], 500)
        bump_site_version()


def _add_anchors(html: str) -> str:
    """Add an anchor to each paragraph and list item that starts with the number of a subdivision, such as "(8)".

    One in a list is a part of the one before the list: "(a)" in a list below "(8)" is "(8)(a)".
    """
    numbers: list[str] = [""]
    anchors = set()

    def add(match: re.Match[str]) -> str:
        if match["list"]:
            numbers.append("")
        elif match["end"]:
            numbers.pop()
        else:
            numbers[-1] = f"({match['number']})"
            anchor = subdivision_anchor("".join(numbers))
            if anchor not in anchors:
                anchors.add(anchor)
                return f'<{match["tag"]} id="{anchor}">({match["number"]})'
        return match[0]

    return _SUBDIVISION.sub(add, html)


def _get_or_store(model: type[_M], values: dict[str, Any], *, overwrite: bool, **key: Any) -> _M:
    """Return the row with this key: created with `values` if missing, and updated only with `overwrite`."""
    if overwrite:
        return model._default_manager.update_or_create(defaults=values, **key)[0]
    return model._default_manager.get_or_create(defaults=values, **key)[0]
