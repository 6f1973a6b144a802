"""Back up the database and the uploads to one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from sendiass_site.ops import backups


class Command(BaseCommand):
    help = (
        "Write database and uploads to one file, while the site runs. It holds personal data: keep it as safe as "
        "the site, and no longer than you keep feedback. The secret key is not in it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *, file: Path, **_: Any) -> None:
        try:
            backup = backups.make_backup(file)
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"No backup was made. {error}") from error
        self.stdout.write(f"{backup.file}: {backup.bytes:,} bytes.")
