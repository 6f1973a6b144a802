"""Loading of a content folder into the database.

The digests of a file's text, of the stored text and of the text loaded last are compared like the two sides and the
base of a three-way merge (see `_decide`): a load does not undo edits by staff, nor the reverse.
"""

import enum
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Q

from leaflets.content.folder import Content, read_folder
from leaflets.content.leaflet import LeafletSource
from leaflets.content.service import ServiceSource
from leaflets.files.problems import ContentError, Kind, Problem
from leaflets.law.sources import CodeSource
from leaflets.models import CodeEdition, Edition, Leaflet, OldSlug, Service
from leaflets.quality.hints import find_fact_hints
from leaflets.quality.preflight import CheckedLeaflet, check_leaflets, check_records

from .editions import make_live, next_edition, rename, render_stale_texts, store_text
from .records import code_source, service_source, service_values, store_code, with_cited_paragraphs


class Outcome(enum.StrEnum):
    """The result of loading one file. The values are printed by `load_leaflets`."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept: edited by staff"
    CONFLICT = "conflict: edited by staff and in the file"
    GONE = "no file: withdraw it in the admin if it should go"


WRITTEN = (Outcome.CREATED, Outcome.UPDATED)


@dataclass
class LoadReport:
    """The outcome of each file as (name, outcome), and hints about facts that differ from the service's record.

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
    problems += check_records(content.service, content.codes)
    leaflets, found = check_leaflets(content.leaflets, content.codes)
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
    loading = _Loading(take, lock=True)
    loading.load_service(content.service)
    for code in content.codes:
        loading.load_code(code)
    for leaflet in leaflets:
        loading.load_leaflet(leaflet)
    loading.report_missing_files()
    loading.report.rendered_again = render_stale_texts()
    loading.report.hints = [
        hint for leaflet in content.leaflets for hint in find_fact_hints(leaflet, content.service)
    ]
    return loading.report


def find_conflicts(folder: Path) -> list[str]:
    """Return the names of the files that `load` would report as conflicts. Reads only, without a transaction.

    Raises `ContentError` where `load` does.
    """
    content, leaflets = read_content(folder)
    loading = _Loading()
    loading.compare_service(content.service)
    for code in content.codes:
        loading.compare_code(code)
    for leaflet in leaflets:
        loading.compare_leaflet(leaflet.source)
    return loading.report.conflicts


def _wait_for_other_loads() -> None:
    """Serialise loads by replicas that start at the same time. SQLite allows only one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('leaflets.publishing.load'))")


class _Loading:
    """One load. `compare_...` reads and decides what to do with a file, `load_...` also does it.

    With `lock`, leaflets are locked when they are compared, which needs a transaction.
    """

    def __init__(self, take: str = "", *, lock: bool = False) -> None:
        self.take = take
        self.lock = lock
        self.report = LoadReport()
        # The path of the file of each stored leaflet, by primary key.
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

    def compare_service(self, file: ServiceSource) -> Outcome:
        record = Service.objects.first()
        return self._decide(
            "service",
            file=file.digest,
            stored=service_source(record).digest if record else None,
            loaded=record.loaded_digest if record else "",
        )

    def load_service(self, file: ServiceSource) -> None:
        outcome = self.compare_service(file)
        if outcome in WRITTEN:
            Service.objects.update_or_create(pk=1, defaults=service_values(file))
        if outcome is not Outcome.CONFLICT:
            Service.objects.update(loaded_digest=file.digest)

    def compare_code(self, file: CodeSource) -> tuple[CodeSource, Outcome]:
        """Return what to store, and the outcome."""
        record = CodeEdition.objects.filter(slug=file.slug).first()
        if record:
            file = with_cited_paragraphs(file, record)
        outcome = self._decide(
            file.slug,
            file=file.digest,
            stored=code_source(record).digest if record else None,
            loaded=record.loaded_digest if record else "",
        )
        return file, outcome

    def load_code(self, file: CodeSource) -> None:
        file, outcome = self.compare_code(file)
        store_code(file, overwrite=outcome in WRITTEN)
        if outcome is not Outcome.CONFLICT:
            CodeEdition.objects.filter(slug=file.slug).update(loaded_digest=file.digest)

    def compare_leaflet(self, file: LeafletSource) -> tuple[Leaflet, Outcome]:
        """Return the leaflet of a file, a new one if none is stored, and the outcome."""
        leaflet = find_leaflet(file.slug, *file.formerly, lock=self.lock) or Leaflet()
        self._claim(leaflet, file)
        outcome = self._decide(
            file.slug,
            file=file.digest,
            stored=_stored_digest(leaflet),
            loaded=leaflet.loaded_digest,
        )
        return leaflet, outcome

    def load_leaflet(self, checked: CheckedLeaflet) -> None:
        file = checked.source
        leaflet, outcome = self.compare_leaflet(file)
        if outcome in WRITTEN:
            rename(leaflet, file.slug, placement=file.placement)
            # Never a draft on the way: staff may have one open, and there is at most one.
            edition = next_edition(leaflet)
            make_live(edition)
            store_text(edition, checked)
        elif leaflet.slug in file.formerly:
            rename(leaflet, file.slug, placement=leaflet.placement)
        for slug in file.formerly:
            OldSlug.objects.get_or_create(slug=slug, defaults={"leaflet": leaflet})
        if outcome is not Outcome.CONFLICT:
            Leaflet.objects.filter(pk=leaflet.pk).update(loaded_digest=file.digest)
        self.loaded[leaflet.pk] = file.path  # It may be new.

    def _claim(self, leaflet: Leaflet, file: LeafletSource) -> None:
        other = self.loaded.get(leaflet.pk)
        if other:
            message = (
                f"This is the same leaflet as {other}: one of the two names is an old address of it. "
                "Choose another."
            )
            raise ContentError([Problem(file.path, 1, message, Kind.ADDRESS_TAKEN)])
        if leaflet.pk:
            self.loaded[leaflet.pk] = file.path

    def report_missing_files(self) -> None:
        live = Leaflet.objects.filter(editions__status=Edition.Status.PUBLISHED).exclude(loaded_digest="")
        for leaflet in live.order_by("slug"):
            if leaflet.pk not in self.loaded:
                self.report.outcomes.append((leaflet.slug, Outcome.GONE))


def find_leaflet(*slugs: str, lock: bool) -> Leaflet | None:
    """Return the leaflet that has, or had, one of these slugs: that of the first slug for which there is one.

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

    A withdrawn leaflet gets a value that no digest equals: loading an unchanged file does not publish it again.
    """
    public = Edition.objects.shown_to_public().filter(leaflet=leaflet.pk)
    live = public.published().first()
    if live:
        return live.digest
    return Edition.Status.WITHDRAWN if public.exists() else None
