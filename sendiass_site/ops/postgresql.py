"""Dump and restore the site's database with pg_dump, pg_restore and psql."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from django.db import connection
from psycopg.conninfo import make_conninfo


class ProgramError(Exception):
    """A program is missing, too old, or failed. The message is shown to the person who runs the command."""


def dump(target: Path) -> None:
    """Write a consistent dump of the database in PostgreSQL's custom format. Raises `ProgramError`."""
    check_program_version()
    _run_on_database("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def replace(source: Path, tables: Sequence[str]) -> None:
    """Drop these tables and restore those of a dump, in one transaction. Raises `ProgramError`."""
    script = source.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
    names = ", ".join(map(connection.ops.quote_name, tables))
    drop = [f"--command=DROP TABLE {names} CASCADE"] if tables else []
    strict = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    _run_on_database("psql", *strict, *drop, f"--file={script}")


def check_program_version() -> None:
    """Raise `ProgramError` if pg_dump is missing or older than the server, which it could not dump then."""
    output = _run("pg_dump", "--version")
    program, server = int(re.findall(r"\d+", output)[0]), connection.get_database_version()[0]
    if program < server:
        raise ProgramError(
            f"pg_dump is of PostgreSQL {program}, and the server is {server}: an older program cannot read a newer "
            f"server. Install version {server}; on Debian: apt-get install postgresql-client-{server}"
        )


def _run_on_database(program: str, *arguments: str) -> None:
    connection.ensure_connection()
    info = connection.connection.info
    conninfo = make_conninfo(**info.get_parameters())
    # The password is passed in the environment: arguments are visible to all users of the machine.
    _run(program, "--no-password", *arguments, f"--dbname={conninfo}", PGPASSWORD=info.password)


def _run(program: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - the arguments are not user input
        [_find(program), *arguments],
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise ProgramError(f"{program} failed. It says: {done.stderr.strip()}")
    return done.stdout


def _find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise ProgramError(
            f"{program} is not installed. It comes with PostgreSQL; on Debian: apt-get install postgresql-client"
        )
    return path
