"""The pages that are cached before gunicorn forks its workers."""

from importlib import import_module
from types import ModuleType

import pytest
from django.db import InterfaceError, OperationalError, connection

from leaflets.models.site_version import read_site_version
from leaflets.public.search import engine
from tests.pages import load_site, lost_database
from tests.wsgi import ask

GUIDE_PAGE = "/leaflets/sen-support/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def served() -> ModuleType:
    """The WSGI module that gunicorn loads. Imported here because it needs the collected static files."""
    return import_module("sendiass_site.wsgi")


def test_warm_up_caches_the_most_requested_pages(served, tmp_path):
    load_site(tmp_path)

    served.warm_up()

    assert connection.connection is None  # Processes must not share one.
    with lost_database():
        for address in ("/", "/leaflets/", GUIDE_PAGE):
            assert ask(served.application, address).status == 200


def test_warm_up_makes_the_index_of_the_search(served, tmp_path, django_assert_num_queries):
    load_site(tmp_path)

    served.warm_up()

    version = read_site_version()
    engine.forget_engine()  # As a process that was forked.
    with django_assert_num_queries(1):  # that what was found is still public
        assert engine.answer("teachers", version).results


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_warm_up_without_a_database_does_not_fail(served, error):
    with lost_database(error=error):
        served.warm_up()
