"""Trying a backup: it is restored into a scratch database and brought up to date there. The site is not touched."""

import contextlib
import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from leaflets.feedback.models import Feedback
from leaflets.models import Leaflet
from sendiass_site.environment import strip_quotes

from . import backups, postgresql

_RECORD = "last_drill.json"
# Seconds in which the scratch database must be up to date.
_MIGRATE_TIMEOUT = 3600

CountRows = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class Drill:
    """A backup that was tried: when (UTC, ISO 8601), the file, when it was made, and what is in it.

    The fields are the keys of last_drill.json.
    """

    at: str
    file: str
    made_at: str
    leaflets: int
    messages: int
    uploads: int


def try_backup(file: Path, identity: Path | None = None) -> Drill:
    """Restore a backup into a scratch database, migrate it, and record the drill for `get_last_drill`.

    Raises `BackupError` or `OSError`.
    """
    with backups.unpacked(file, identity) as backup:
        try:
            with _scratch_database(backup.database) as (address, count_rows):
                migrate_other_database(address, backup.folder / "data")
                leaflets, messages = count_rows([Leaflet._meta.db_table, Feedback._meta.db_table])
        except postgresql.ProgramError as error:
            raise backups.BackupError(str(error)) from error
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        drill = Drill(now, str(file.absolute()), backup.made_at, leaflets, messages, len(backup.uploads))
    backups.write_record(_RECORD, drill)
    return drill


def get_last_drill() -> Drill | None:
    """Return the last backup that was tried with this `DATA_DIR`; None if there is no valid record of one."""
    return backups.read_record(_RECORD, Drill)


@contextlib.contextmanager
def _scratch_database(database: Path) -> Iterator[tuple[str, CountRows]]:
    """Yield the address of a scratch database with the content of `database`, and a function that counts its rows."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{database}", lambda tables: _count_rows_of_file(database, tables)
        return
    with postgresql.scratch_database() as name:
        postgresql.replace(database, [], database=name)
        address = urlsplit(strip_quotes(os.environ["DATABASE_URL"]))._replace(path=f"/{name}").geturl()
        yield address, lambda tables: postgresql.count_rows(tables, name)


def _count_rows_of_file(database: Path, tables: Sequence[str]) -> list[int]:
    with contextlib.closing(sqlite3.connect(database)) as opened:
        queries = [f"SELECT count(*) FROM {connection.ops.quote_name(table)}" for table in tables]  # noqa: S608
        return [opened.execute(query).fetchone()[0] for query in queries]


def migrate_other_database(address: str, data_dir: Path) -> None:
    """Bring a database up to date, in a process that knows no other database. Raises `BackupError`.

    Some migrations work on the default database only. `data_dir` is a folder for that process, which is created.
    """
    data_dir.mkdir(mode=0o700)
    done = subprocess.run(  # noqa: S603 - the arguments are not user input
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity=0"],
        env=os.environ | {"DATABASE_URL": address, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=_MIGRATE_TIMEOUT,
    )
    if done.returncode != 0:
        raise backups.BackupError(
            f"The database could be read, but not brought up to date: {done.stderr.strip()[-2000:]}"
        )
