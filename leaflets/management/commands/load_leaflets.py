"""Load a content folder into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets.files.problems import ContentError
from leaflets.publishing import loading
from leaflets.quality.preflight import find_hints_of_service, find_warnings

CONFLICT_EXIT = 3


class Command(BaseCommand):
    help = "Load leaflets, the service's record and the Code from a content folder. All or nothing."
    # `--check` must work where there is no database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR, metavar="DIR")
        parser.add_argument("--check", action="store_true", help="only say what is wrong; needs no database")
        parser.add_argument(
            "--take",
            choices=["file", "site"],
            default="",
            help="settle conflicts: publish the file's text, or keep the site's",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help=f"exit with status {CONFLICT_EXIT} where there is a conflict",
        )

    def handle(self, *, folder: Path, check: bool, take: str, strict: bool, **_: Any) -> None:
        if folder.is_relative_to(Path.cwd()):
            folder = folder.relative_to(Path.cwd())  # Shorter paths in the problems that are printed.
        try:
            if check:
                content, leaflets = loading.read_content(folder)
                for hint in [*find_warnings(leaflets), *find_hints_of_service(content.service, leaflets)]:
                    self.stdout.write(f"Please look at {hint}")
                self.stdout.write(f"{len(leaflets)} leaflets checked: nothing is wrong.")
                return
            report = loading.load(folder, take=take)
        except ContentError as error:
            raise CommandError(
                f"{error}\n\nNothing was loaded: correct the above first ({len(error.problems)} in all)."
            ) from error
        for name, outcome in report.outcomes:
            self.stdout.write(f"{name}: {outcome}")
        for hint in report.hints:
            self.stdout.write(f"Please look at {hint}")
        if report.rendered_again:
            self.stdout.write(
                f"{report.rendered_again} editions were drawn again for this version of the site."
            )
        if report.conflicts:
            self.stderr.write(
                "The text of the site was kept where both changed. Compare the two, then load with "
                "`--take file` to publish the file's text or `--take site` to keep the site's."
            )
            if strict:
                raise SystemExit(CONFLICT_EXIT)
