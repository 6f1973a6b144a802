"""The site behind a real PgBouncer with transaction pooling, on a real PostgreSQL."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.environment import new_postgresql
from tests.running_site import ROOT, TIMEOUT, free_port, get, public_pages, running_site

pytestmark = pytest.mark.server

# Two connections to the server: what waits or leaks on one of them is noticed.
POOL_SIZE = 2


@contextlib.contextmanager
def pgbouncer(folder: Path, server: str) -> Iterator[str]:
    """Run PgBouncer in front of the database with this URL; yield the URL of the database behind it."""
    folder.mkdir()
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


@pytest.fixture
def server() -> str:
    """The URL of an empty database, without PgBouncer."""
    return new_postgresql()


@pytest.fixture
def pooled(tmp_path: Path, server: str) -> Iterator[str]:
    """The URL of the same database behind PgBouncer."""
    with pgbouncer(tmp_path / "pgbouncer", server) as address:
        yield address


def folder(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def session_settings(server: str, pooled: str) -> set[tuple[str, str]]:
    """Return the limits of each connection of the pool, outside of the site's transactions."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(psycopg.connect(pooled)) for _ in range(POOL_SIZE)]
        query = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
        return {client.execute(query).fetchone() for client in clients}


def test_every_page_answers_and_no_limit_stays_on_a_pooled_connection(tmp_path, server, pooled):
    with running_site(folder(tmp_path, "data"), DATABASE_URL=pooled, PAGE_CACHE_MB="0") as base:
        pages = public_pages(base)  # Each must be status 200.
        ready = get(f"{base}/readyz")
    settings = session_settings(server, pooled)

    assert "/leaflets/sen-in-mainstream-schools/" in pages
    assert ready[0] == 200
    assert settings == {("0", "0")}


def test_sites_that_start_together_and_again_do_not_wait_for_each_other_for_ever(tmp_path, pooled):
    def start_and_stop(name: str) -> int:
        with running_site(folder(tmp_path, name), DATABASE_URL=pooled) as base:
            return get(f"{base}/readyz")[0]

    for attempt in ("first", "again"):
        with ThreadPoolExecutor(3) as starts:
            statuses = list(starts.map(start_and_stop, [f"{attempt}{number}" for number in range(3)]))

        assert statuses == [200, 200, 200]


def test_a_start_leaves_no_lock(tmp_path, server, pooled):
    with running_site(folder(tmp_path, "data"), DATABASE_URL=pooled), psycopg.connect(server) as direct:
        locks = direct.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()

    assert locks == (0,)


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


def test_a_slow_query_is_given_up_inside_and_outside_of_a_transaction(tmp_path, pooled):
    done = subprocess.run(
        [sys.executable, "-c", QUERY],
        cwd=ROOT,
        env=os.environ
        | {
            "DATA_DIR": str(folder(tmp_path, "data")),
            "DATABASE_URL": pooled,
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
