"""Thirty questions to twenty-five leaflets find the same part first, on SQLite and on PostgreSQL."""

import pytest

from leaflets.public.search.engine import answer
from tests.public.search import corpus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site"), pytest.mark.any_database]


def test_there_are_thirty_questions_and_twenty_five_leaflets():
    assert len(corpus.QUESTIONS) == 30
    assert len(corpus.leaflets()) == 25


@pytest.mark.parametrize(
    ("question", "slug", "anchor"), corpus.QUESTIONS, ids=[one[0] for one in corpus.QUESTIONS]
)
def test_a_question_finds_the_right_part_first(question, slug, anchor):
    found = answer(question, version=None).results

    assert found, "nothing was found"
    assert f"{found[0].path}{found[0].fragment}" == f"/leaflets/{slug}/" + (f"#{anchor}" if anchor else "")
