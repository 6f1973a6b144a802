"""The page cache on a real server with two worker processes."""

import contextlib
import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.environment import start_postgresql
from tests.running_site import ROOT, TIMEOUT, get, loaded_postgresql, running_site
from tests.selected_site import selected_site

pytestmark = pytest.mark.server

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
# The kernel distributes connections to the two workers: of so many, each gets some.
CONNECTIONS = 40


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def site(data_dir: Path):
    with running_site(data_dir) as base:
        yield base


def ask_both(address: str) -> list[tuple[int, str]]:
    """Return status and body of many responses, some of each worker."""
    answers = [get(address) for _ in range(CONNECTIONS)]
    return [(status, body.decode()) for status, _, body in answers]


def publish(blocker: DjangoDbBlocker, data_dir: Path, folder: Path, *, title: str) -> None:
    """Publish the leaflet with another title, in this process."""
    shutil.copytree(ROOT / "content", folder)
    file = folder / "leaflets" / "sen-in-mainstream-schools.md"
    lines = [
        f"title: {title}" if line.startswith("title:") else line for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")
    database = f"sqlite:///{data_dir}/db.sqlite3"
    with selected_site(blocker, DATA_DIR=str(data_dir), DATABASE_URL=database):
        call_command("load_leaflets", folder, stdout=io.StringIO())


def test_every_process_shows_a_new_edition_a_second_after_it_was_published(
    site, data_dir, tmp_path, django_db_blocker
):
    assert all("A new title" not in body for _, body in ask_both(site + LEAFLET))
    publish(django_db_blocker, data_dir, tmp_path / "content", title="A new title")

    time.sleep(1)

    assert all(">A new title</h1>" in body for _, body in ask_both(site + LEAFLET))


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of a site and of its database on PostgreSQL."""
    database = loaded_postgresql()
    with running_site(tmp_path_factory.mktemp("data"), DATABASE_URL=database) as base:
        yield base, database


@contextlib.contextmanager
def taken_down(address: str) -> Iterator[None]:
    """End all connections to a database, and let it accept none."""
    name = urlsplit(address).path[1:]
    with psycopg.connect(start_postgresql().get_uri(), autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def wait_until_down(base: str) -> None:
    """Wait until the database is down, and until each worker reads the site version again."""
    deadline = time.monotonic() + TIMEOUT
    while get(f"{base}/readyz")[0] != 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_every_process_sends_the_same_bytes(site, encoding):
    answers = [get(site + LEAFLET, **{"Accept-Encoding": encoding}) for _ in range(CONNECTIONS)]

    assert len({(headers["etag"], body) for _, headers, body in answers}) == 1
    assert answers[0][1]["content-encoding"] == encoding


def test_a_page_that_the_browser_has_is_not_sent_again(site):
    etag = get(site + LEAFLET)[1]["etag"]

    status, headers, body = get(site + LEAFLET, **{"If-None-Match": etag})

    assert (status, headers["etag"], body) == (304, etag, b"")


def test_without_a_database_cached_pages_are_served(on_postgresql):
    base, database = on_postgresql
    pages = ask_both(base + LEAFLET)

    with taken_down(database):
        wait_until_down(base)

        assert {status for status, _ in ask_both(base + "/readyz")} == {503}
        assert ask_both(base + LEAFLET) == pages
        assert {status for status, _ in ask_both(base + "/law/code-of-practice/6.17/")} == {500}


def test_a_request_does_not_wait_long_for_a_lock_in_the_database(on_postgresql):
    base, database = on_postgresql
    with psycopg.connect(database) as migration:
        pages = ask_both(base + LEAFLET)
        migration.execute("LOCK TABLE leaflets_edition IN ACCESS EXCLUSIVE MODE")

        # Without a lock timeout it would wait until the lock is released.
        status, _, _ = get(base + "/leaflets/no-such-leaflet/")

        assert status == 500
        assert ask_both(base + LEAFLET) == pages
        migration.rollback()
        assert get(base + "/leaflets/no-such-leaflet/")[0] == 404
