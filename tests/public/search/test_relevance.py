"""Thirty queries to twenty-five leaflets find the same part first, on SQLite and on PostgreSQL."""

import pytest

from leaflets.public.search.engine import answer
from tests.public.search import corpus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site"), pytest.mark.any_database]


def test_there_are_thirty_queries_and_twenty_five_leaflets():
    assert len(corpus.QUERIES) == 30
    assert len(corpus.leaflets()) == 25


@pytest.mark.parametrize(("query", "slug", "anchor"), corpus.QUERIES, ids=[one[0] for one in corpus.QUERIES])
def test_a_query_finds_the_right_part_first(query, slug, anchor):
    found = answer(query, version=None).results

    assert found, "nothing was found"
    assert f"{found[0].path}{found[0].fragment}" == f"/leaflets/{slug}/" + (f"#{anchor}" if anchor else "")
