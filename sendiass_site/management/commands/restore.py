"""Restore a backup."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from leaflets.models import HistoryEntry
from leaflets.models.history import COMMAND_LINE, record
from leaflets.staff import sessions
from sendiass_site.ops import backups, drills


class Command(BaseCommand):
    help = "Restore a backup, all or nothing, into an empty site or, with --replace, over this one."
    # An empty database has no tables to check.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--replace", action="store_true", help="replace what is here, after a backup of it was made"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="only try the backup, in a scratch database: nothing here is changed",
        )
        parser.add_argument(
            "--identity", type=Path, metavar="FILE", help="the file with the key of an encrypted backup"
        )

    def handle(self, *, file: Path, replace: bool, check: bool, identity: Path | None, **_: Any) -> None:
        try:
            if check:
                drill = drills.try_backup(file, identity)
            else:
                restored = backups.restore(file, replace=replace, identity=identity)
        except (backups.BackupError, OSError) as error:
            words = backups.describe_error(error) if isinstance(error, OSError) else str(error)
            before = "The backup cannot be restored." if check else "Nothing was restored."
            raise CommandError(f"{before} {words}") from error
        if check:
            self.stdout.write(
                f"This backup of {drill.made_at} can be restored: {drill.leaflets} leaflets, {drill.messages} messages, "
                f"{drill.uploads} uploads. Nothing here was changed."
            )
            return
        if restored.replaced:
            self.stdout.write(f"What was here is kept in {restored.replaced.file}.")
        call_command("migrate", verbosity=0)
        # The backup may include messages that were deleted since then, and sessions that were ended.
        try:
            call_command("purge_feedback", stdout=self.stdout)
        except CommandError as error:  # The backup is old, or the clock is wrong.
            self.stderr.write(str(error))
        with transaction.atomic():
            sessions.end_all_sessions()
            record(
                COMMAND_LINE,
                HistoryEntry.Kind.LOADING,
                f"Restored a backup that was made at {restored.made_at}.",
            )
        self.stdout.write(f"Restored as of {restored.made_at}, with {restored.uploads} uploads.")
