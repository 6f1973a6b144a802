"""Export the published content to a content folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets.files.problems import ContentError
from leaflets.publishing.export import export_content


class Command(BaseCommand):
    help = "Write all that is published to a folder, in the layout that load_leaflets reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *, folder: Path, **_: Any) -> None:
        try:
            written = export_content(folder)
        except (ContentError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(written)} files written to {folder}.")
