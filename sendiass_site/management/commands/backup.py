"""Back up the database and the uploads to one file."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from sendiass_site.ops import backups


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 to 10,000.")
    return int(text)


class Command(BaseCommand):
    help = (
        "Write database and uploads to one file, while the site runs. It holds personal data: keep it as safe as "
        "the site, and no longer than you keep feedback. The secret key is not in it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="or a folder, with --keep")
        parser.add_argument(
            "--keep",
            type=_number,
            metavar="N",
            help="write a new file into the folder, and delete all but the N newest that this command wrote there",
        )
        parser.add_argument(
            "--encrypt-to",
            action="append",
            default=[],
            metavar="KEY",
            help="encrypt the file for a public key of age (age1…) or SSH; can be given more than once",
        )

    def handle(self, *, file: Path, keep: int | None, encrypt_to: list[str], **_: Any) -> None:
        deleted: list[Path] = []
        try:
            if keep is None:
                backup = backups.make_backup(file, encrypt_to)
            else:
                backup, deleted = backups.make_backup_in(file, keep, encrypt_to)
        except backups.BackupError as error:
            raise CommandError(f"No backup was made. {error}") from error
        except OSError as error:
            raise CommandError(f"No backup was made. {backups.describe_error(error)}") from error
        self.stdout.write(f"{backup.file}: {backup.bytes:,} bytes.")
        for path in deleted:
            self.stdout.write(f"{path}: deleted.")
