"""Say what a new version of the law changes, and which live leaflets rest on it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize

from leaflets.models import SourceVersion
from leaflets.publishing.records import version_source
from leaflets.quality.impact import AffectedProvision, as_json, find_affected


class Command(BaseCommand):
    help = (
        "Compare two versions of a source of law. For each provision that a live leaflet cites, say whether it is the "
        "same, renumbered, changed or gone in the new version, and where it is cited, the heaviest first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="such as code-of-practice")
        parser.add_argument("old", metavar="OLD", help="the version that leaflets cite, such as january-2015")
        parser.add_argument("new", metavar="NEW", help="the new version")
        parser.add_argument("--json", action="store_true", help="print a list of objects in JSON")

    def handle(self, *, source: str, old: str, new: str, json: bool, **_: Any) -> None:
        versions = [_find_version(source, slug) for slug in (old, new)]
        affected = find_affected(*map(version_source, versions))
        if json:
            self._print_json(affected)
        else:
            self._print_text(affected)

    def _print_json(self, affected: list[AffectedProvision]) -> None:
        self.stdout.write(json.dumps(as_json(affected), indent=2, ensure_ascii=False))

    def _print_text(self, affected: list[AffectedProvision]) -> None:
        for one in affected:
            change = one.change
            to = f" (now {change.to})" if change.to not in ("", change.number) else ""
            certain = "" if change.is_certain else ": we do not have the words of both versions"
            self.stdout.write(f"{change.number}: {change.verdict}{to}{certain}")
            for words in change.went:
                self.stdout.write(f"  - {words}")
            for words in change.came:
                self.stdout.write(f"  + {words}")
            for citation in one.citations:
                self.stdout.write(f"  {citation.section.edition.leaflet.slug}#{citation.section.anchor}")
        number = sum(not one.is_same for one in affected)
        self.stdout.write(
            f"\n{number} of {len(affected)} cited provision{pluralize(len(affected))} changed, moved or went."
        )


def _find_version(source: str, slug: str) -> SourceVersion:
    found = SourceVersion.objects.select_related("source").filter(source__slug=source, slug=slug).first()
    if found is None:
        names = SourceVersion.objects.filter(source__slug=source).values_list("slug", flat=True)
        known = f"It has: {', '.join(sorted(names))}." if names else f"There is no source {source}."
        raise CommandError(f"There is no version {slug} of {source}. {known}")
    return found
