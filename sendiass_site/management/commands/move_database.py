"""Move the site to another database, such as from SQLite to PostgreSQL."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from sendiass_site.environment import strip_quotes
from sendiass_site.ops import backups, moving


class Command(BaseCommand):
    help = (
        "Copy every row of the site's database to another one, which must be empty: from SQLite to PostgreSQL, or back. "
        "Stop the site first: what is sent meanwhile is not copied. The database that is copied is not changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to",
            required=True,
            metavar="ADDRESS",
            help="as for DATABASE_URL: postgres://user:password@host:5432/name or sqlite:////data/db.sqlite3; "
            "ENV:NAME reads it from the environment variable NAME",
        )

    def handle(self, *, to: str, **_: Any) -> None:
        address, name = strip_quotes(to), to.removeprefix("ENV:")
        if name != to:
            # Arguments are visible to all users of the machine, and the address may include a password.
            address = strip_quotes(os.environ.get(name) or "")
            if not address:
                raise CommandError(f"Nothing was moved. The environment variable {name} is not set.")
        try:
            move = moving.move_database(address)
        except moving.MoveError as error:
            raise CommandError(f"Nothing was moved. {error}") from error
        except OSError as error:
            raise CommandError(f"Nothing was moved. {backups.describe_error(error)}") from error
        self.stdout.write(
            f"Moved {move.rows:,} rows of {move.tables} tables to {move.target}, and compared each. Now set DATABASE_URL to "
            "the new address, and start the site with the same DATA_DIR: the uploads are there. The old database was not "
            "changed, and holds personal data: delete it once nobody wants to go back."
        )
