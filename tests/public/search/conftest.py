"""A site with the generated leaflets, for all tests of a module that only read."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from leaflets.models import SearchWords
from leaflets.public.search import engine
from leaflets.public.search.engine import forget_engine
from tests import factories
from tests.public.search import corpus


@pytest.fixture(autouse=True)
def _own_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start each test as a new process does."""
    monkeypatch.setattr(engine, "_prepared", None)
    forget_engine()
    yield
    forget_engine()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, module_database: DjangoDbBlocker) -> None:
    with module_database.unblock():
        factories.load(tmp_path_factory.mktemp("content"), leaflets=corpus.leaflets())
        SearchWords.objects.create(
            synonyms=list(corpus.SYNONYMS.synonyms), elsewhere=list(corpus.SYNONYMS.elsewhere)
        )
