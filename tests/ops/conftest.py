"""Sites of tests of commands: fixtures."""

import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoDbBlocker

from tests.environment import new_postgresql
from tests.ops.sites import VENDORS, Site
from tests.running_site import loaded_postgresql, loaded_sqlite


@pytest.fixture(scope="session")
def used_sites(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> dict[str, Site]:
    """A site with content and feedback on each kind of database. Tests change copies of it."""
    folders = {vendor: tmp_path_factory.mktemp(vendor) for vendor in VENDORS}
    addresses = {"sqlite": loaded_sqlite(folders["sqlite"]), "postgresql": loaded_postgresql()}
    sites = {vendor: Site(folders[vendor], addresses[vendor], django_db_blocker) for vendor in VENDORS}
    for site in sites.values():
        site.fill("Very clear.", "Ich verstehe – 日本語.")
    return sites


@pytest.fixture
def used_site(used_sites, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Callable[[str, str], Site]:
    """Make a site with content and feedback, by the kind of its database and its name."""

    def copy(vendor: str, name: str) -> Site:
        original = used_sites[vendor]
        data_dir = shutil.copytree(original.data_dir, tmp_path / name)
        if vendor == "sqlite":
            return Site(data_dir, f"sqlite:///{data_dir}/db.sqlite3", django_db_blocker)
        template = urlsplit(original.environment["DATABASE_URL"]).path[1:]
        return Site(data_dir, new_postgresql(template), django_db_blocker)

    return copy


@pytest.fixture
def new_site(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Callable[[str, str], Site]:
    """Make a site without tables, by the kind of its database and its name."""

    def make(vendor: str, name: str) -> Site:
        data_dir = tmp_path / name
        data_dir.mkdir()
        address = f"sqlite:///{data_dir}/db.sqlite3" if vendor == "sqlite" else new_postgresql()
        return Site(data_dir, address, django_db_blocker)

    return make


@pytest.fixture
def on_sqlite(used_site) -> Site:
    """A site with content and feedback on SQLite."""
    return used_site("sqlite", "site")


@pytest.fixture
def empty_sqlite(new_site) -> Site:
    """A site without tables on SQLite."""
    return new_site("sqlite", "empty")
