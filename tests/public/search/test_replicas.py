"""Two servers on one PostgreSQL: each of their processes finds an edit within two seconds."""

import io
import re
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet
from leaflets.publishing import editions
from tests.running_site import ROOT, get, loaded_postgresql, running_site
from tests.selected_site import selected_site

pytestmark = pytest.mark.server

LEAFLET = "sen-in-mainstream-schools"
# The kernel distributes connections to the two workers of a server: of so many, each gets some.
CONNECTIONS = 20
SECONDS = 1.5  # until each process has read the new site version, which it does once a second


@pytest.fixture
def database() -> str:
    return loaded_postgresql()


@pytest.fixture
def servers(database: str, tmp_path: Path):
    with ExitStack() as stack:
        folders = [tmp_path / name for name in ("one", "two")]
        for folder in folders:
            folder.mkdir()
        yield [
            stack.enter_context(running_site(folder, DATABASE_URL=database, ALLOWED_HOSTS="127.0.0.1"))
            for folder in folders
        ]


def results(servers: list[str], query: str) -> set[tuple[str, ...]]:
    """The different lists of targets that the processes answer with."""
    bodies = [get(f"{base}/search/?q={query}")[2].decode() for base in servers for _ in range(CONNECTIONS)]
    return {tuple(re.findall(r'<h3><a href="(/leaflets/[^"]*)"', body)) for body in bodies}


def test_every_process_of_two_servers_finds_an_edit_and_no_withdrawn_text(
    database: str, servers: list[str], tmp_path: Path, django_db_blocker: DjangoDbBlocker
):
    assert results(servers, "kangaroos") == {()}
    assert len(results(servers, "toileting")) == 1

    folder = tmp_path / "content"
    shutil.copytree(ROOT / "content", folder)
    file = folder / "leaflets" / f"{LEAFLET}.md"
    file.write_text(file.read_text().replace("toileting or dressing", "kangaroos or dressing"))
    with selected_site(django_db_blocker, DATA_DIR=str(tmp_path), DATABASE_URL=database):
        call_command("load_leaflets", folder, stdout=io.StringIO())
    time.sleep(SECONDS)

    assert results(servers, "kangaroos") == {(f"/leaflets/{LEAFLET}/#sen-support",)}

    with selected_site(django_db_blocker, DATA_DIR=str(tmp_path), DATABASE_URL=database):
        editions.withdraw(Leaflet.objects.get(slug=LEAFLET))

    # What is withdrawn is not shown even before a process reads the new version.
    assert results(servers, "kangaroos") == {()}
