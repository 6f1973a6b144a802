"""Lists of leaflets in pages."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import load
from tests.pages import leaflet_from_text, visit

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("path", ["/leaflets/", "/duties/"])]

READS_KEYS = re.compile(r'"leaflets_edition"\."id" IN \(\d')


@pytest.fixture(scope="module", autouse=True)
def _two_pages(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        marked = [leaflet_from_text("Schools **must** act.", f"leaflet-{number}") for number in range(21)]
        load(tmp_path_factory.mktemp("content"), leaflets=marked)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has its own statistics of each table.")
def test_a_page_finds_its_leaflets_by_their_keys(client, path):
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    (query,) = [one["sql"] for one in captured if READS_KEYS.search(one["sql"])]

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        steps = [row[3] for row in cursor.fetchall()]

    assert steps[0] == "SEARCH leaflets_edition USING INTEGER PRIMARY KEY (rowid=?)"


def test_a_page_number_that_does_not_exist_shows_the_last_page_and_is_not_cached(client, path):
    page = visit(client, f"{path}?page=99")

    assert "Page 2 of 2" in page.text("nav[@aria-label='Pages']")
    assert page.response["Cache-Control"] == "no-cache"
    assert "public" in visit(client, f"{path}?page=2").response["Cache-Control"]
