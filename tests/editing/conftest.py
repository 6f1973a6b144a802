"""Fixtures of the tests of editing."""

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet
from tests.factories import SLUG, leaflet_with_introduction, load

from .pages import sign_in


@pytest.fixture(scope="module")
def one_leaflet(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A site with one published leaflet."""
    with module_database.unblock():
        load(
            tmp_path_factory.mktemp("content"),
            leaflets=[leaflet_with_introduction("The first words.", slug=SLUG)],
        )


@pytest.fixture
def leaflet(db: None) -> Leaflet:
    return Leaflet.objects.get(slug=SLUG)


@pytest.fixture
def editor(client: Client) -> Client:
    sign_in(client, "Editors")
    return client


@pytest.fixture
def publisher(client: Client) -> Client:
    sign_in(client, "Publishers")
    return client
