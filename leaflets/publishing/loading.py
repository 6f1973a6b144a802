"""Loading of a content folder into the database.

As in a three-way merge, `_decide` compares the digests of three texts: the file now, the stored text, and the file as
last loaded (the base). A change on one side is kept; different changes on both sides are a conflict.
"""

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Model, Q
from django.utils import timezone

from leaflets.content.folder import Content, read_folder
from leaflets.content.glossary import GlossarySource
from leaflets.content.leaflet import LeafletSource
from leaflets.content.notices import NoticesSource
from leaflets.content.service import find_service_file_warnings
from leaflets.content.topics import TopicsSource, find_misplaced_leaflets
from leaflets.files.problems import ContentError, Kind, Problem
from leaflets.law.sources import LawSource, VersionSource
from leaflets.models import (
    Edition,
    HistoryEntry,
    Leaflet,
    LoadConflict,
    LoadedGlossary,
    LoadedNotices,
    LoadedTopics,
    MeetingSheet,
    Notice,
    OldSlug,
    SearchWords,
    Service,
    Source,
    SourceVersion,
    Term,
    Topic,
    link_pages,
    link_target,
    resolve_links,
)
from leaflets.models.history import COMMAND_LINE, record
from leaflets.quality.hints import find_fact_hints
from leaflets.quality.preflight import (
    CheckedLeaflet,
    check_glossary,
    check_leaflets,
    check_records,
    check_topics,
    find_warnings,
)

from .edition_dates import fill_missing_dates
from .editions import make_live, next_edition, rename, render_stale_texts, store_text
from .law import store_source, store_version
from .records import (
    law_source,
    meeting_source,
    notice_values,
    notices_source,
    record_values,
    service_source,
    synonyms_source,
    term_source,
    term_values,
    topics_source,
    version_source,
    with_cited_provisions,
    with_used_topics,
)
from .topic_order import lock_topics


class Outcome(enum.StrEnum):
    """The result of loading one file. The values are printed by `load_leaflets`."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept: edited by staff"
    REMOVED = "removed"
    CONFLICT = "conflict: edited by staff and in the file"
    NO_FILE = "no file: withdraw it in the admin if it should go"


WRITTEN = (Outcome.CREATED, Outcome.UPDATED)
_MAX_NAMED = 20  # files of a load, in the history
# These differ from the digest of every text.
WITHDRAWN_DIGEST = "withdrawn"
DELETED_DIGEST = "deleted"
EMPTY_DIGEST = "none"  # where staff deleted all topics, or all notices, that were loaded


class _File(Protocol):
    """What was read from a file, or a stored record as it would be written to one."""

    @property
    def digest(self) -> str: ...


# The files with one record each, by their attribute of `Content`: the model, and the record as its file.
ONE_RECORD: dict[str, tuple[type[Model], Callable[[Any], _File]]] = {
    "service": (Service, service_source),
    "meeting": (MeetingSheet, meeting_source),
    "synonyms": (SearchWords, synonyms_source),
}


@dataclass
class LoadReport:
    """The outcome of each file as (name, outcome), and hints: about missing pictures and files, what is read otherwise than
    meant, and facts that differ from the service's record.

    `rendered_again` counts the editions whose HTML was rendered again from unchanged text.
    """

    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    hints: list[Problem] = field(default_factory=list)
    rendered_again: int = 0

    @property
    def conflicts(self) -> list[str]:
        return [name for name, outcome in self.outcomes if outcome is Outcome.CONFLICT]


def read_content(folder: Path) -> tuple[Content, list[CheckedLeaflet]]:
    """Read and check a content folder, without a database.

    Raises `ContentError` with all problems of all files.
    """
    content, problems = read_folder(folder)
    problems += check_glossary(content.glossary, content.versions)
    problems += check_records(content.service, content.sources, content.versions, content.meeting)
    leaflets, found = check_leaflets(content.leaflets, content.laws(timezone.localdate()))
    found += check_topics(content.leaflets, content.topics.slugs if content.topics else ())
    if problems or found:
        raise ContentError(problems + found)
    return content, leaflets


@transaction.atomic
def load(folder: Path, *, take: str = "") -> LoadReport:
    """Update the database from a content folder in one transaction. Drafts are not changed.

    `take` resolves conflicts: "file" publishes the text of the files, "site" keeps the stored text and does not report
    the conflict again until the file changes; "" reports conflicts and keeps the stored text. Raises `ContentError`.
    """
    content, leaflets = read_content(folder)
    _wait_for_other_loads()
    loader = _Loader(take, lock=True)
    for name in ONE_RECORD:
        if one := getattr(content, name):
            loader.load_one_record(name, one)
    for source in content.sources:
        loader.load_source(source)
    for version in content.versions:
        loader.load_version(version)
    loader.load_glossary(content.glossary)
    for leaflet in leaflets:
        loader.load_leaflet(leaflet)
    if content.topics:
        # After the leaflets: a topic that one of them names is kept.
        loader.load_topics(content.topics)
    if content.notices:
        loader.load_notices(content.notices)
    loader.report_missing_files()
    loader.report.rendered_again = render_stale_texts()
    fill_missing_dates()
    loader.report.hints = find_warnings(leaflets)
    loader.report.hints += [
        hint for leaflet in content.leaflets for hint in find_fact_hints(leaflet, content.service)
    ]
    loader.report.hints += find_service_file_warnings(content.service, timezone.localdate())
    loader.report.hints += [
        Problem(content.service.path, 1, link.problem, Kind.BROKEN_LINK)
        for link in resolve_links(Service.objects.get().home_links)
        if link.problem
    ]
    if content.topics:
        loader.report.hints += find_misplaced_leaflets(content.topics, content.leaflets)
    if content.notices:
        loader.report.hints += _find_dead_links(content.notices)
    _store_conflicts(loader.report.conflicts)
    _record_load(loader.report)
    return loader.report


def _record_load(report: LoadReport) -> None:
    """Add what a load changed to the history: one entry, or none where the files are as they were."""
    written = [name for name, outcome in report.outcomes if outcome in (*WRITTEN, Outcome.REMOVED)]
    if written:
        more = f" and {len(written) - _MAX_NAMED} more" if len(written) > _MAX_NAMED else ""
        words = f"Loaded files that had changed: {', '.join(written[:_MAX_NAMED])}{more}."
        record(COMMAND_LINE, HistoryEntry.Kind.LOADING, words)


def _store_conflicts(names: list[str]) -> None:
    """Keep the names of the files in conflict, for the start page of staff. One that stays keeps its time."""
    LoadConflict.objects.exclude(name__in=names).delete()
    LoadConflict.objects.bulk_create((LoadConflict(name=name) for name in names), ignore_conflicts=True)


def _find_dead_links(source: NoticesSource) -> Iterator[Problem]:
    """Yield a hint for each page that a notice names and the site does not have."""
    for notice in source.notices:
        target = link_target(notice)
        links = [
            *zip(notice.pages, link_pages(notice), strict=True),
            *([(notice.link, target)] if target else []),
        ]
        for address, link in links:
            if not link.href:
                message = f"The notice “{notice.text[:60]}” names the page {address}, which is not there."
                yield Problem(source.path, notice.line, message, Kind.BROKEN_LINK)


def find_conflicts(folder: Path) -> list[str]:
    """Return the names of the files that `load` would report as conflicts. Reads only, without a transaction.

    Raises `ContentError` where `load` does.
    """
    content, leaflets = read_content(folder)
    loader = _Loader()
    for name in ONE_RECORD:
        if one := getattr(content, name):
            loader.compare_one_record(name, one)
    for source in content.sources:
        loader.compare_source(source)
    for version in content.versions:
        loader.compare_version(version)
    loader.compare_glossary(content.glossary)
    for leaflet in leaflets:
        loader.compare_leaflet(leaflet.source)
    if content.topics:
        loader.compare_topics(content.topics)
    if content.notices:
        loader.compare_notices(content.notices)
    return loader.report.conflicts


def _wait_for_other_loads() -> None:
    """Serialise loads by replicas that start at the same time. SQLite allows only one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('leaflets.publishing.load'))")


class _Loader:
    """One load. `compare_...` reads and decides what to do with a file, `load_...` also does it.

    With `lock`, leaflets are locked when they are compared, which needs a transaction.
    """

    def __init__(self, take: str = "", *, lock: bool = False) -> None:
        self.take = take
        self.lock = lock
        self.report = LoadReport()
        # The file that each leaflet was matched with so far, by the leaflet's primary key.
        self.matched_paths: dict[int, str] = {}

    def _decide(
        self, name: str, *, file_digest: str, stored_digest: str | None, last_loaded_digest: str
    ) -> Outcome:
        """Record and return the outcome for one file. `stored_digest` is None where nothing is stored."""
        if stored_digest is None:
            outcome = Outcome.CREATED
        elif stored_digest == file_digest:
            outcome = Outcome.UNCHANGED
        elif file_digest == last_loaded_digest:
            outcome = Outcome.KEPT
        elif stored_digest == last_loaded_digest or self.take == "file":
            outcome = Outcome.UPDATED
        elif self.take == "site":
            outcome = Outcome.KEPT
        else:
            outcome = Outcome.CONFLICT
        self.report.outcomes.append((name, outcome))
        return outcome

    def _compare_record(
        self, name: str, source: _File, record: Any, as_source: Callable[[Any], _File]
    ) -> Outcome:
        """Compare a file with its record, which knows the digest that was loaded last; None where nothing is stored."""
        return self._decide(
            name,
            file_digest=source.digest,
            stored_digest=as_source(record).digest if record else None,
            last_loaded_digest=record.loaded_digest if record else "",
        )

    def _compare_list(
        self, name: str, source: _File, stored: _File | None, loaded: LoadedTopics | LoadedNotices | None
    ) -> Outcome:
        """Compare a file with all records of its kind. Where staff deleted all that were loaded, that is a change too."""
        stored_digest = stored.digest if stored else EMPTY_DIGEST if loaded else None
        return self._decide(
            name,
            file_digest=source.digest,
            stored_digest=stored_digest,
            last_loaded_digest=loaded.digest if loaded else "",
        )

    def compare_one_record(self, name: str, source: _File) -> Outcome:
        """Compare a file of `ONE_RECORD`, by its name."""
        model, as_source = ONE_RECORD[name]
        return self._compare_record(name, source, model._default_manager.first(), as_source)

    def load_one_record(self, name: str, source: _File) -> None:
        outcome = self.compare_one_record(name, source)
        records = ONE_RECORD[name][0]._default_manager
        if outcome in WRITTEN:
            records.update_or_create(pk=1, defaults=record_values(source))
        if outcome is not Outcome.CONFLICT:
            records.update(loaded_digest=source.digest)

    def compare_topics(self, source: TopicsSource) -> tuple[TopicsSource, Outcome]:
        """Return the file's topics plus the stored ones that leaflets still name, and the outcome."""
        source = with_used_topics(source)
        return source, self._compare_list("topics", source, topics_source(), LoadedTopics.objects.first())

    def load_topics(self, source: TopicsSource) -> None:
        # Staff may be moving topics and leaflets: what they move is compared, not overwritten.
        lock_topics()
        source, outcome = self.compare_topics(source)
        if outcome in WRITTEN:
            for topic in Topic.objects.exclude(slug__in=source.slugs):
                topic.delete()
            for position, topic_source in enumerate(source.topics, 1):
                values = {
                    "title": topic_source.title,
                    "position": position,
                    "leaflets": list(topic_source.leaflets),
                }
                Topic.objects.update_or_create(slug=topic_source.slug, defaults=values)
        if outcome is not Outcome.CONFLICT:
            LoadedTopics.objects.update_or_create(pk=1, defaults={"digest": source.digest})

    def compare_glossary(self, source: GlossarySource | None) -> dict[str, Outcome]:
        """Return the outcome of each term by its anchor, also of those that the file no longer has.

        A folder without a glossary changes nothing.
        """
        if source is None:
            return {}
        loaded = _loaded_digests()
        files = {term.anchor: term.digest for term in source.terms}
        stored = {term.anchor: term_source(term).digest for term in Term.objects.order_by("pk")}
        outcomes = {}
        for anchor in [*files, *(anchor for anchor in stored if anchor in loaded and anchor not in files)]:
            name, base = f"glossary/{anchor}", loaded.get(anchor, "")
            if anchor not in files:
                removed = stored[anchor] == base or self.take == "file"
                outcomes[anchor] = Outcome.REMOVED if removed else Outcome.KEPT
                self.report.outcomes.append((name, outcomes[anchor]))
                continue
            # One that staff deleted differs from every text.
            deleted = DELETED_DIGEST if base else None
            outcomes[anchor] = self._decide(
                name,
                file_digest=files[anchor],
                stored_digest=stored.get(anchor, deleted),
                last_loaded_digest=base,
            )
        return outcomes

    def load_glossary(self, source: GlossarySource | None) -> None:
        outcomes = self.compare_glossary(source)
        if source is None:
            return
        loaded, digests = _loaded_digests(), {}
        Term.objects.filter(
            anchor__in=[one for one, outcome in outcomes.items() if outcome is Outcome.REMOVED]
        ).delete()
        for term in source.terms:
            outcome = outcomes[term.anchor]
            if outcome in WRITTEN:
                Term.objects.update_or_create(anchor=term.anchor, defaults=term_values(term))
            base = loaded.get(term.anchor, "")
            digests[term.anchor] = base if outcome is Outcome.CONFLICT else term.digest
        kept = {
            one: loaded[one]
            for one, outcome in outcomes.items()
            if one not in digests and outcome is Outcome.KEPT
        }
        digests |= kept
        if digests != loaded:
            LoadedGlossary.objects.update_or_create(pk=1, defaults={"digests": digests})

    def compare_notices(self, source: NoticesSource) -> Outcome:
        stored = notices_source() or (None if source.notices else source)
        return self._compare_list("notices", source, stored, LoadedNotices.objects.first())

    def load_notices(self, source: NoticesSource) -> None:
        outcome = self.compare_notices(source)
        if outcome in WRITTEN:
            wanted = set(source.notices)
            for notice in Notice.objects.all():
                # One that the file has too keeps its primary key, by which the admin's log names it.
                if notice.source in wanted:
                    wanted.remove(notice.source)
                else:
                    notice.delete()
            for notice_source in source.notices:
                if notice_source in wanted:
                    Notice.objects.create(**notice_values(notice_source))
        if outcome is not Outcome.CONFLICT:
            LoadedNotices.objects.update_or_create(pk=1, defaults={"digest": source.digest})

    def compare_source(self, source: LawSource) -> Outcome:
        record = Source.objects.filter(slug=source.slug).first()
        return self._compare_record(source.slug, source, record, law_source)

    def load_source(self, source: LawSource) -> None:
        outcome = self.compare_source(source)
        store_source(source, overwrite=outcome in WRITTEN)
        if outcome is not Outcome.CONFLICT:
            Source.objects.filter(slug=source.slug).update(loaded_digest=source.digest)

    def compare_version(self, source: VersionSource) -> tuple[VersionSource, Outcome]:
        """Return the file's version plus the stored provisions that editions still cite, and the outcome."""
        record = SourceVersion.objects.filter(source__slug=source.source, slug=source.slug).first()
        if record:
            source = with_cited_provisions(source, record)
        name = f"{source.source}/{source.slug}"
        return source, self._compare_record(name, source, record, version_source)

    def load_version(self, source: VersionSource) -> None:
        source, outcome = self.compare_version(source)
        if outcome is not Outcome.UNCHANGED:
            store_version(source, overwrite=outcome in WRITTEN)
        if outcome is not Outcome.CONFLICT:
            versions = SourceVersion.objects.filter(source__slug=source.source, slug=source.slug)
            versions.update(loaded_digest=source.digest)

    def compare_leaflet(self, source: LeafletSource) -> tuple[Leaflet, Outcome]:
        """Return the leaflet of a file, a new one if none is stored, and the outcome."""
        leaflet = find_leaflet(source.slug, *source.formerly, lock=self.lock) or Leaflet()
        self._match_once(leaflet, source)
        outcome = self._decide(
            source.slug,
            file_digest=source.digest,
            stored_digest=_stored_digest(leaflet),
            last_loaded_digest=leaflet.loaded_digest,
        )
        return leaflet, outcome

    def load_leaflet(self, checked: CheckedLeaflet) -> None:
        source = checked.source
        leaflet, outcome = self.compare_leaflet(source)
        if outcome in WRITTEN:
            renamed_by_staff = leaflet.pk and leaflet.old_slugs.filter(slug=source.slug).exists()
            keep = renamed_by_staff and leaflet.slug not in source.formerly
            rename(leaflet, leaflet.slug if keep else source.slug, placement=source.placement)
            # Set to published before the first save: a constraint allows one draft per leaflet, and staff may have one.
            edition = next_edition(leaflet)
            make_live(edition, source)
            store_text(edition, checked)
        elif leaflet.slug in source.formerly:
            rename(leaflet, source.slug, placement=leaflet.placement)
        for slug in source.formerly:
            OldSlug.objects.get_or_create(slug=slug, defaults={"leaflet": leaflet})
        if outcome is not Outcome.CONFLICT:
            Leaflet.objects.filter(pk=leaflet.pk).update(loaded_digest=source.digest)
        # A new leaflet has a primary key only now.
        self.matched_paths[leaflet.pk] = source.path

    def _match_once(self, leaflet: Leaflet, source: LeafletSource) -> None:
        """Record that this file updates this leaflet. Raises `ContentError` if another file already does."""
        other = self.matched_paths.get(leaflet.pk)
        if other:
            message = (
                f"This is the same leaflet as {other}: one of the two names is an old address of it. "
                "Choose another."
            )
            raise ContentError([Problem(source.path, 1, message, Kind.ADDRESS_TAKEN)])
        if leaflet.pk:
            self.matched_paths[leaflet.pk] = source.path

    def report_missing_files(self) -> None:
        live = Leaflet.objects.filter(editions__status=Edition.Status.PUBLISHED).exclude(loaded_digest="")
        for leaflet in live.order_by("slug"):
            if leaflet.pk not in self.matched_paths:
                self.report.outcomes.append((leaflet.slug, Outcome.NO_FILE))


def _loaded_digests() -> dict[str, str]:
    record = LoadedGlossary.objects.first()
    return record.digests if record else {}


def find_leaflet(*slugs: str, lock: bool) -> Leaflet | None:
    """Return the leaflet whose current or old slug matches; earlier slugs take precedence.

    With `lock`, no other transaction publishes or withdraws it until this one ends.
    """
    leaflets = Leaflet.objects.select_for_update() if lock else Leaflet.objects.all()
    for slug in slugs:
        moved = OldSlug.objects.filter(slug=slug).values("leaflet")
        found = leaflets.filter(Q(slug=slug) | Q(pk__in=moved)).first()
        if found:
            return found
    return None


def _stored_digest(leaflet: Leaflet) -> str | None:
    """Return the live edition's digest; None where no edition was ever public.

    A withdrawn leaflet has `WITHDRAWN_DIGEST`: loading an unchanged file does not publish it again.
    """
    public = Edition.objects.shown_to_public().filter(leaflet=leaflet.pk)
    live = public.published().first()
    if live:
        return live.digest
    return WITHDRAWN_DIGEST if public.exists() else None
