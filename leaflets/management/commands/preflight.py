"""Check leaflets: print the problems that prevent publication, and the hints."""

from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize
from django.utils import timezone

from leaflets.content.folder import Content, read_folder
from leaflets.content.glossary import GlossarySource, describe_hard_words
from leaflets.content.leaflet import LeafletSource
from leaflets.content.topics import find_misplaced_leaflets
from leaflets.files.problems import ContentError, Kind, Problem
from leaflets.models import Edition, Service, Topic, resolve_links
from leaflets.publishing import records
from leaflets.publishing.law import StoredLaw
from leaflets.quality.hints import find_hints, part_at, split_at_headings
from leaflets.quality.preflight import (
    CheckedLeaflet,
    assign_lines,
    check_glossary,
    check_leaflets,
    check_records,
    check_topics,
    find_hints_of_service,
    find_warnings,
)

ERRORS_EXIT = 1


@dataclass
class CheckedText:
    """A leaflet or record, and the messages about it."""

    name: str
    errors: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


class Command(BaseCommand):
    help = (
        "Say what stops leaflets from being published (errors, exit status 1), and what staff should look at "
        "first (hints, which stop nothing). Looks at the draft of each leaflet or, without one, at what is live."
    )
    # `--content` must work where there is no database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="only these leaflets")
        parser.add_argument(
            "--content", type=Path, metavar="DIR", help="look at the files of a content folder"
        )

    def handle(self, *, slugs: list[str], content: Path | None, **_: Any) -> None:
        try:
            texts = list(_check_files(content, slugs) if content else _check_database(slugs))
        except ContentError as error:
            raise CommandError(str(error)) from error
        for text in texts:
            self.stdout.write(text.name)
            for line in (*text.errors, *text.hints):
                self.stdout.write(f"  {line}")
        errors, hints = sum(len(text.errors) for text in texts), sum(len(text.hints) for text in texts)
        self.stdout.write(f"\n{errors} error{pluralize(errors)}, {hints} hint{pluralize(hints)}.")
        if errors:
            raise SystemExit(ERRORS_EXIT)


def _check_files(folder: Path, slugs: list[str]) -> Iterable[CheckedText]:
    content, problems = read_folder(folder)
    glossary = content.glossary or GlossarySource(())
    problems += check_glossary(glossary, content.versions)
    problems += check_records(content.service, content.sources, content.versions, content.meeting)
    leaflets, found = check_leaflets(content.leaflets, content.laws(timezone.localdate()))
    found += check_topics(content.leaflets, content.topics.slugs if content.topics else ())
    texts = {leaflet.source.path: CheckedText(leaflet.source.path) for leaflet in _select(leaflets, slugs)}
    for problem in sorted({*problems, *found}):
        if not slugs or problem.path in texts:
            texts.setdefault(problem.path, CheckedText(problem.path)).errors.append(
                _with_line("error", problem)
            )
    for leaflet in leaflets:
        if leaflet.source.path in texts:
            hints = find_warnings([leaflet])
            hints += find_hints(leaflet, content.service, glossary=glossary.finder)
            texts[leaflet.source.path].hints += [_with_line("hint", hint) for hint in hints]
    if not slugs:
        for problem in find_hints_of_service(content.service, leaflets):
            texts.setdefault(problem.path, CheckedText(problem.path)).hints.append(f"hint: {problem.message}")
        for hint in _find_hints_of_records(content):
            text = texts.setdefault(hint.path, CheckedText(hint.path))
            text.hints.append(_with_line("hint", hint))
    return texts.values()


def _find_hints_of_records(content: Content) -> list[Problem]:
    hints = list(find_misplaced_leaflets(content.topics, content.leaflets)) if content.topics else []
    if content.glossary:
        path = content.glossary.path
        for term in content.glossary.terms:
            message = describe_hard_words(term)
            if message:
                hints.append(Problem(path, term.line, message, Kind.HARD_TEXT))
    return hints


def _with_line(kind: str, problem: Problem) -> str:
    return f"{kind} in line {problem.line}: {problem.message}"


def _check_database(slugs: list[str]) -> Iterable[CheckedText]:
    record = Service.objects.first()
    if record is None:
        raise CommandError("Nothing was loaded yet. Run `load_leaflets` first.")
    service = records.service_source(record)
    editions = {edition.leaflet.slug: edition for edition in _editions_to_check()}
    sources = list(map(_stored_source, editions.values()))
    glossary = records.glossary_finder()
    law = StoredLaw()
    laws = {source.code: law.choose(source.code) for source in sources}
    leaflets, problems = check_leaflets(sources, laws)
    problems += find_warnings(leaflets)
    problems += check_topics(sources, set(Topic.objects.values_list("slug", flat=True)))
    for leaflet in _select(leaflets, slugs):
        edition = editions[leaflet.source.slug]
        text = CheckedText(
            f"{leaflet.source.slug} ({edition.get_status_display().lower()}, edition {edition.number})"
        )
        text.errors = [
            f"error: {_with_heading(problem, leaflet)}"
            for problem in sorted(set(problems))
            if problem.path == leaflet.source.path
        ]
        text.hints = [f"hint: {hint.message}" for hint in find_hints(leaflet, service, glossary=glossary)]
        yield text
    problems_of_service = [
        f"hint: {link.problem}" for link in resolve_links(record.home_links) if link.problem
    ]
    if problems_of_service and not slugs:
        yield CheckedText("the service's record", hints=problems_of_service)


def _editions_to_check() -> Iterable[Edition]:
    """Return the live editions and then the drafts: by slug, a draft replaces the live edition."""
    editions = Edition.objects.select_related("leaflet", "code_version").prefetch_related(
        "sections", "leaflet__old_slugs"
    )
    statuses = (Edition.Status.PUBLISHED, Edition.Status.DRAFT)
    return [edition for status in statuses for edition in editions.filter(status=status)]


def _stored_source(edition: Edition) -> LeafletSource:
    """Return a stored text with line numbers. Its review date is the one that counts."""
    source = replace(assign_lines(records.leaflet_source(edition)), path=edition.leaflet.slug)
    return replace(source, review=records.review_due(edition))


def _with_heading(problem: Problem, leaflet: CheckedLeaflet) -> str:
    parts = split_at_headings(leaflet)
    if problem.line < parts[0].line:
        return problem.message
    return f"In {part_at(parts, problem.line).name}: {problem.message}"


def _select(leaflets: list[CheckedLeaflet], slugs: list[str]) -> list[CheckedLeaflet]:
    """Return the leaflets with these slugs, or all without slugs, sorted by slug. Raises `CommandError`."""
    by_slug = {slug: leaflet for leaflet in leaflets for slug in leaflet.source.formerly}
    by_slug |= {leaflet.source.slug: leaflet for leaflet in leaflets}
    for slug in slugs:
        if slug not in by_slug:
            raise CommandError(f"There is no leaflet `{slug}` to look at.")
    chosen = {by_slug[slug].source.slug for slug in slugs} or by_slug.keys()
    in_order = sorted(leaflets, key=lambda leaflet: leaflet.source.slug)
    return [leaflet for leaflet in in_order if leaflet.source.slug in chosen]
