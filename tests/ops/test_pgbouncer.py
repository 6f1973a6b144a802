"""The site behind a real PgBouncer with transaction pooling, on a real PostgreSQL."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.environment import new_postgresql
from tests.running_site import ROOT, TIMEOUT, free_port, get, loaded_postgresql, public_pages, started_site

pytestmark = pytest.mark.server

# Two connections to the server: what waits or leaks on one of them is noticed.
POOL_SIZE = 2


@contextlib.contextmanager
def pgbouncer(folder: Path, server: str) -> Iterator[str]:
    """Run PgBouncer in front of the database with this URL; yield the URL of the database behind it."""
    address, port = urlsplit(server), free_port()
    [host] = parse_qs(address.query).get("host") or [address.hostname]
    database = {
        "host": host,
        "port": address.port or 5432,
        "dbname": address.path[1:],
        "user": address.username,
        "password": address.password,
    }
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        "[databases]\nsite = "
        + " ".join(f"{name}={value}" for name, value in database.items() if value)
        + f"\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {POOL_SIZE}\n"
    )
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "On Debian: apt-get install pgbouncer"
    command = [program, str(configuration)]
    if os.geteuid() == 0:
        # It refuses to run as root, and only the owner of PostgreSQL's folder reaches its socket.
        command[1:] = ["-u", Path(host).owner(), "/dev/stdin"]
    with configuration.open() as text, (folder / "pgbouncer.log").open("w") as log:
        process = subprocess.Popen(command, stdin=text, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield f"postgres://site@127.0.0.1:{port}/site"
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT)


@dataclass(frozen=True)
class Database:
    """The URLs of one database: without PgBouncer, and behind it."""

    direct: str
    pooled: str


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the content of this repository."""
    direct = loaded_postgresql()
    with pgbouncer(tmp_path_factory.mktemp("pgbouncer"), direct) as pooled:
        yield Database(direct, pooled)


@pytest.fixture(scope="module")
def site(loaded: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started_site(tmp_path_factory.mktemp("data"), DATABASE_URL=loaded.pooled, PAGE_CACHE_MB="0") as base:
        yield base


def session_settings(database: Database) -> set[tuple[str, str]]:
    """Return the limits of each connection of the pool, outside of the site's transactions."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(psycopg.connect(database.pooled)) for _ in range(POOL_SIZE)]
        query = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
        return {client.execute(query).fetchone() for client in clients}


def test_every_page_answers_and_no_limit_stays_on_a_pooled_connection(site, loaded):
    pages = public_pages(site)  # Each must be status 200.

    assert "/leaflets/sen-in-mainstream-schools/" in pages
    assert get(f"{site}/readyz")[0] == 200
    assert session_settings(loaded) == {("0", "0")}


def test_a_start_leaves_no_lock(site, loaded):
    with psycopg.connect(loaded.direct) as direct:
        locks = direct.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()

    assert locks == (0,)


# Django is imported once for all of them.
STARTS = f"""
import multiprocessing
import django; django.setup()
from sendiass_site.ops import serve
fork = multiprocessing.get_context("fork")
for _ in ("first", "again"):
    starts = [fork.Process(target=serve._prepare, daemon=True) for _ in range(3)]
    for start in starts:
        start.start()
    for start in starts:
        start.join({TIMEOUT})
    print([start.exitcode for start in starts])
"""


def test_sites_that_start_together_and_again_do_not_wait_for_each_other_for_ever(tmp_path):
    """Three starts on an empty database, up to gunicorn, and three more through the same connections."""
    with pgbouncer(tmp_path, new_postgresql()) as pooled:
        environment = os.environ | {
            "DATA_DIR": str(tmp_path / "data"),
            "DATABASE_URL": pooled,
            "DJANGO_SETTINGS_MODULE": "sendiass_site.settings",
            # Without the checks of a deployment: they refuse a variable that the browser's driver needs in this process.
            "HTTPS": "off",
            "SITE_URL": "http://127.0.0.1:8000",
        }
        done = subprocess.run(
            [sys.executable, "-c", STARTS], cwd=ROOT, env=environment, capture_output=True, text=True
        )

    assert done.stdout.splitlines().count("[0, 0, 0]") == 2, done.stdout + done.stderr


QUERY = """
import django; django.setup()
from django.db import Error, connection, transaction
from sendiass_site.web import query_limits
query_limits._SET_LIMITS = "SET LOCAL statement_timeout = '100ms'; SET LOCAL lock_timeout = '5s'"
query_limits.limit_queries()
for context in (transaction.Atomic("default", True, False), __import__("contextlib").nullcontext()):
    try:
        with context, connection.cursor() as cursor:
            cursor.execute("SAVEPOINT first") if connection.in_atomic_block else None
            cursor.execute("SELECT pg_sleep(60)")
    except Error as error:
        print(error)
with connection.cursor() as cursor:
    cursor.execute("SELECT 'still works'")
    print(cursor.fetchone()[0])
"""


def test_a_slow_query_is_given_up_inside_and_outside_of_a_transaction(tmp_path, loaded):
    done = subprocess.run(
        [sys.executable, "-c", QUERY],
        cwd=ROOT,
        env=os.environ
        | {
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": loaded.pooled,
            "DJANGO_SETTINGS_MODULE": "sendiass_site.settings",
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )

    assert done.stdout.splitlines() == [
        "canceling statement due to statement timeout",
        "canceling statement due to statement timeout",
        "still works",
    ], done.stderr
