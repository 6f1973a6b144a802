"""Kept pages on a real server, with two worker processes that know nothing of each other."""

import os
import shutil
import signal
import time
from pathlib import Path

import psycopg
import pytest

from tests.environment import new_postgresql, start_postgresql
from tests.factories import run_manage
from tests.running_site import ROOT, get, running_site

pytestmark = pytest.mark.server

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
# The system deals connections out to the two workers: in so many, each of them gets some.
CONNECTIONS = 40


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def site(data_dir: Path):
    with running_site(data_dir) as base:
        yield base


def ask_both(address: str) -> list[tuple[int, str]]:
    """What both workers answer, each many times: status and body."""
    answers = [get(address) for _ in range(CONNECTIONS)]
    return [(status, body.decode()) for status, _, body in answers]


def publish(data_dir: Path, folder: Path, *, title: str) -> None:
    """Publish the leaflet under another title, in a process of its own."""
    shutil.copytree(ROOT / "content", folder)
    file = folder / "leaflets" / "sen-in-mainstream-schools.md"
    lines = [
        f"title: {title}" if line.startswith("title:") else line for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")
    environment = {"DATA_DIR": str(data_dir), "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3"}
    status, _, complained = run_manage("load_leaflets", folder, **environment)
    assert status == 0, complained


def test_every_process_shows_a_new_edition_a_second_after_it_was_published(site, data_dir, tmp_path):
    assert all("A new title" not in body for _, body in ask_both(site + LEAFLET))
    publish(data_dir, tmp_path / "content", title="A new title")

    time.sleep(1)

    assert all("<h1>A new title</h1>" in body for _, body in ask_both(site + LEAFLET))


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_every_process_sends_the_same_bytes(site, encoding):
    answers = [get(site + LEAFLET, **{"Accept-Encoding": encoding}) for _ in range(CONNECTIONS)]

    assert len({(headers["etag"], body) for _, headers, body in answers}) == 1
    assert answers[0][1]["content-encoding"] == encoding


def test_a_page_that_the_browser_has_is_not_sent_again(site):
    etag = get(site + LEAFLET)[1]["etag"]

    status, headers, body = get(site + LEAFLET, **{"If-None-Match": etag})

    assert (status, headers["etag"], body) == (304, etag, b"")


def test_when_the_database_is_gone_readers_still_get_the_pages(tmp_path, tmp_path_factory):
    database = start_postgresql(tmp_path_factory.mktemp("postgresql"))
    with running_site(tmp_path, DATABASE_URL=database.get_uri()) as base:
        pages = ask_both(base + LEAFLET)

        os.kill(database.get_pid(), signal.SIGQUIT)  # at once, whoever is connected
        time.sleep(1)

        assert {status for status, _ in ask_both(base + "/readyz")} == {503}
        assert ask_both(base + LEAFLET) == pages
        assert {status for status, _ in ask_both(base + "/code-of-practice/6.17/")} == {500}


def test_whatever_holds_a_lock_on_the_database_holds_up_no_reader_for_long(tmp_path):
    address = new_postgresql()
    with running_site(tmp_path, DATABASE_URL=address) as base, psycopg.connect(address) as migration:
        pages = ask_both(base + LEAFLET)
        migration.execute("LOCK TABLE leaflets_edition IN ACCESS EXCLUSIVE MODE")

        status, _, _ = get(
            base + "/leaflets/no-such-leaflet/"
        )  # It would wait for as long as the lock is held.

        assert status == 500
        assert ask_both(base + LEAFLET) == pages
        migration.rollback()
        assert get(base + "/leaflets/no-such-leaflet/")[0] == 404
