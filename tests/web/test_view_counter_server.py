"""Page views that several servers count on one database, and what is left of those of a server that is killed."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sendiass_site.web import view_counter
from tests.running_site import ROOT, TIMEOUT, free_port, get, loaded_postgresql, loaded_sqlite, running_site

pytestmark = pytest.mark.server

PAGE = "/leaflets/sen-in-mainstream-schools/"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TOTAL = "SELECT coalesce(sum(views), 0) FROM leaflets_pageviews WHERE kind = 'leaflet'"

SHORT_INTERVAL = """
from sendiass_site.gunicorn_config import *
workers = 1
def post_fork(server, worker):
    from sendiass_site import wsgi
    wsgi.view_counter._interval = 0.1
"""


def read(base: str, times: int) -> None:
    for _ in range(times):
        assert get(base + PAGE, **{"User-Agent": BROWSER})[0] == 200


def stored_on_sqlite(data_dir: Path) -> int:
    with contextlib.closing(sqlite3.connect(data_dir / "db.sqlite3", timeout=20)) as database:
        return int(database.execute(TOTAL).fetchone()[0])


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_two_servers_on_one_database_add_up(tmp_path):
    url = loaded_postgresql()
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with running_site(folders[0], DATABASE_URL=url) as one, running_site(folders[1], DATABASE_URL=url) as two:
        for _ in range(5):
            read(one, 3)
            read(two, 2)

    with psycopg.connect(url) as database:
        assert database.execute(TOTAL).fetchone() == (25,)


@contextlib.contextmanager
def server_that_writes_often(data_dir: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run gunicorn on the database in a folder, with a counter that writes ten times a second."""
    config, port = data_dir / "config.py", free_port()
    config.write_text(SHORT_INTERVAL)
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", str(config), "-b", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=os.environ
        | {"DATA_DIR": str(data_dir), "HTTPS": "off", "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3"},
        start_new_session=True,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: is_ready(base))
        yield base, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=TIMEOUT)


def is_ready(base: str) -> bool:
    with contextlib.suppress(OSError):
        return get(f"{base}/readyz")[0] == 200
    return False


def test_a_server_that_is_killed_loses_only_what_it_counted_since_it_wrote_last(tmp_path):
    assert view_counter.INTERVAL == 60
    loaded_sqlite(tmp_path)
    with server_that_writes_often(tmp_path) as (base, process):
        read(base, 7)
        wait_for(lambda: stored_on_sqlite(tmp_path) == 7)
        os.killpg(process.pid, signal.SIGKILL)

    assert stored_on_sqlite(tmp_path) == 7


def test_a_site_that_does_not_count_stores_nothing(tmp_path):
    with running_site(tmp_path, COUNT_VIEWS="off") as base:
        read(base, 2)
        assert b"We count how often" not in get(f"{base}/privacy/")[2]

    assert stored_on_sqlite(tmp_path) == 0


def test_a_server_that_stops_in_order_stores_what_it_counted(tmp_path):
    with running_site(tmp_path) as base:
        read(base, 3)
        assert b"We count how often" in get(f"{base}/privacy/")[2]

    assert stored_on_sqlite(tmp_path) == 3
