"""Restore a backup."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from leaflets.staff import sessions
from sendiass_site.ops import backups


class Command(BaseCommand):
    help = "Restore a backup, all or nothing, into an empty site or, with --replace, over this one."
    # An empty database has no tables to check.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--replace", action="store_true", help="replace what is here, after a backup of it was made"
        )

    def handle(self, *, file: Path, replace: bool, **_: Any) -> None:
        try:
            restored = backups.restore(file, replace=replace)
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        if restored.replaced:
            self.stdout.write(f"What was here is kept in {restored.replaced.file}.")
        call_command("migrate", verbosity=0)
        # The backup may include messages that were deleted since then, and sessions that were ended.
        try:
            call_command("purge_feedback", stdout=self.stdout)
        except CommandError as error:  # The backup is old, or the clock is wrong.
            self.stderr.write(str(error))
        sessions.end_all_sessions()
        self.stdout.write(f"Restored as of {restored.made_at}, with {restored.uploads} uploads.")
