"""PostgreSQL's own programs, pg_dump, pg_restore and psql, on the database that the site is connected to."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from django.db import connection
from psycopg.conninfo import make_conninfo


class ProgramError(Exception):
    """What went wrong, in words for whoever makes or restores a backup."""


def dump(target: Path) -> None:
    """Write the database to a file in PostgreSQL's custom format, as it is at one moment. Raises `ProgramError`."""
    refuse_older_program()
    _run_on_database("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def replace(source: Path, tables: Sequence[str]) -> None:
    """Drop these tables and put those of a dump in their place, in one transaction. Raises `ProgramError`."""
    script = source.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
    names = ", ".join(map(connection.ops.quote_name, tables))
    drop = [f"--command=DROP TABLE {names} CASCADE"] if tables else []
    strict = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    _run_on_database("psql", *strict, *drop, f"--file={script}")


def refuse_older_program() -> None:
    """See that the programs here can read the server. Raises `ProgramError` where they cannot, or are not there."""
    said = _run("pg_dump", "--version")
    program, server = int(re.findall(r"\d+", said)[0]), connection.get_database_version()[0]
    if program < server:
        raise ProgramError(
            f"pg_dump is of PostgreSQL {program}, and the server is {server}: an older program cannot read a newer "
            f"server. Install version {server}; on Debian: apt-get install postgresql-client-{server}"
        )


def _run_on_database(program: str, *arguments: str) -> None:
    connection.ensure_connection()
    info = connection.connection.info
    where = make_conninfo(**info.get_parameters())
    # A password goes by the environment: everybody on a machine sees arguments.
    _run(program, "--no-password", *arguments, f"--dbname={where}", PGPASSWORD=info.password)


def _run(program: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - programs of PostgreSQL, arguments of ours
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
