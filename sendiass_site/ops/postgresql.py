"""Dump and restore the site's database with pg_dump, pg_restore and psql."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

_SCRATCH, _SCRATCH_COMMENT = "drill", "A scratch database of manage.py restore --check"
# A line that sets a parameter, and a line before the first object of a script: it is empty, or a comment, or sets something.
_SETTING = re.compile(rb"SET (\w+) = [^;]*;\s*")
_PREAMBLE_LINE = re.compile(rb"\s*$|--|SET |SELECT pg_catalog\.set_config|\\")
# libpq 16 or newer sets it in each connection by itself, and programs of PostgreSQL 15 refuse it.
_SET_BY_LIBPQ = {"sslcertmode"}


# The default base of the image, and the version of its programs.
_IMAGE_BASE, _IMAGE_VERSION = "python:3.13-slim-trixie", 17


class ProgramError(Exception):
    """A program is missing, too old, or failed. The message is shown to the person who runs the command."""


def dump(target: Path) -> None:
    """Write a consistent dump of the database in PostgreSQL's custom format. Raises `ProgramError`."""
    check_program_version()
    _run_on_database("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def replace(source: Path, tables: Sequence[str], *, database: str = "") -> None:
    """Drop these tables and restore those of a dump, in one transaction. Raises `ProgramError`.

    `database` is the name of another database of the same server.
    """
    all_settings, script = source.with_suffix(".all.sql"), source.with_suffix(".sql")
    try:
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={all_settings}", str(source))
    except ProgramError as error:
        if "unsupported version" not in str(error):
            raise
        version = _major_version("pg_restore")
        raise ProgramError(
            f"This backup was made with newer programs: pg_restore here is of PostgreSQL {version}. {how_to_install(version + 1)}"
        ) from error
    _strip_unknown_settings(all_settings, script)
    names = ", ".join(map(connection.ops.quote_name, tables))
    drop = [f"--command=DROP TABLE {names} CASCADE"] if tables else []
    strict = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    _run_on_database("psql", *strict, *drop, f"--file={script}", database=database)


def _strip_unknown_settings(source: Path, target: Path) -> None:
    """Copy a script of pg_restore without the settings at its beginning that the server does not know.

    Programs that are newer than the server set parameters that only newer servers have, such as transaction_timeout,
    which is new in 17. They concern the session that restores, and no data.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings")
        known = {name.encode() for (name,) in cursor.fetchall()}
    with source.open("rb") as script, target.open("wb") as copy:
        for line in script:
            setting = _SETTING.fullmatch(line)
            if setting is None or setting[1] in known:
                copy.write(line)
            if not _PREAMBLE_LINE.match(line):
                break
        shutil.copyfileobj(script, copy)
    source.unlink()


def check_program_version() -> None:
    """Raise `ProgramError` if pg_dump is missing or older than the server, which it could not dump then."""
    program, server = _major_version("pg_dump"), connection.get_database_version()[0]
    if program < server:
        raise ProgramError(
            f"pg_dump is of PostgreSQL {program}, and the server is {server}: an older program cannot read a newer "
            f"server. {how_to_install(server)}"
        )


def _major_version(program: str) -> int:
    return int(re.findall(r"\d+", _run(program, "--version"))[0])


def how_to_install(version: int | None = None) -> str:
    """Return how to get the programs of a version, or of any. Nothing can be installed in the image: it is built with them."""
    package = f"postgresql-client-{version}" if version else "postgresql-client"
    if not settings.IN_IMAGE:
        return f"On Debian: apt-get install {package}{' or newer' if version else ''}"
    if version and version > _IMAGE_VERSION:
        return (
            f"Build the image from a base that has {package}: docker build --build-arg BASE_IMAGE=…; see docs/operating.md, "
            "“PostgreSQL”."
        )
    return (
        f"Build the image from a base that has {package}: docker build --build-arg BASE_IMAGE={_IMAGE_BASE}, "
        f"which has {_IMAGE_VERSION}."
    )


def count_rows(tables: Sequence[str], database: str) -> list[int]:
    """Return the numbers of rows of tables in another database of the same server. Raises `ProgramError`."""
    queries = [f"--command=SELECT count(*) FROM {connection.ops.quote_name(table)}" for table in tables]  # noqa: S608
    output = _run_on_database("psql", "--no-psqlrc", "--tuples-only", *queries, database=database)
    return [int(line) for line in output.split()]


@contextlib.contextmanager
def scratch_database() -> Iterator[str]:
    """Create an empty database beside the site's, yield its name, and drop it. Raises `ProgramError`.

    One that was left by a process that was killed is dropped first; it is recognised by its comment.
    """
    name = f"{connection.settings_dict['NAME']}_{_SCRATCH}"[-63:]
    quoted = connection.ops.quote_name(name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
            )
            found = cursor.fetchone()
            if found and found[0] != _SCRATCH_COMMENT:
                raise ProgramError(f"There is a database {name}, which is not a scratch database. Rename it.")
            if found:
                cursor.execute(f"DROP DATABASE {quoted}")
            cursor.execute(f"CREATE DATABASE {quoted}")
            cursor.execute(f"COMMENT ON DATABASE {quoted} IS '{_SCRATCH_COMMENT}'")
    except DatabaseError as error:
        raise ProgramError(
            f"No scratch database could be made. PostgreSQL says: {str(error).strip()} The site's user needs the right to "
            "create databases (ALTER ROLE … CREATEDB), and DATABASE_URL must lead to PostgreSQL itself, not to PgBouncer."
        ) from error
    try:
        yield name
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")


def _run_on_database(program: str, *arguments: str, database: str = "") -> str:
    connection.ensure_connection()
    # Imported here: the libraries of PostgreSQL are several megabytes of each process, and sites with SQLite need none.
    from psycopg.conninfo import make_conninfo

    info = connection.connection.info
    given = connection.get_connection_params()
    parameters = {
        name: value
        for name, value in info.get_parameters().items()
        if name not in _SET_BY_LIBPQ or name in given
    }
    conninfo = make_conninfo(**parameters | ({"dbname": database} if database else {}))
    # The password is passed in the environment: arguments are visible to all users of the machine.
    return _run(program, "--no-password", *arguments, f"--dbname={conninfo}", PGPASSWORD=info.password)


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
        raise ProgramError(f"{program} is not installed. {how_to_install()}")
    return path
