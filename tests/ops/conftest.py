"""Sites of tests of commands: fixtures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.ops.sites import VENDORS, Site
from tests.running_site import loaded_postgresql, loaded_sqlite, migrated_database


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
def used_site(used_sites, tmp_path: Path) -> Callable[[str, str], Site]:
    """Make a site with content and feedback, by the kind of its database and its name."""
    return lambda vendor, name: used_sites[vendor].copy(tmp_path / name)


@pytest.fixture
def new_site(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Callable[[str, str], Site]:
    """Make a site without tables, by the kind of its database and its name."""
    return lambda vendor, name: Site.without_tables(vendor, tmp_path / name, django_db_blocker)


@pytest.fixture
def migrated_site(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Callable[[str, str], Site]:
    """Make a site that is only migrated, by the kind of its database and its name."""

    def make(vendor: str, name: str) -> Site:
        data_dir = tmp_path / name
        data_dir.mkdir()
        return Site(data_dir, migrated_database(vendor, data_dir), django_db_blocker)

    return make


@pytest.fixture
def on_sqlite(used_site) -> Site:
    """A site with content and feedback on SQLite."""
    return used_site("sqlite", "site")


@pytest.fixture
def empty_sqlite(new_site) -> Site:
    """A site without tables on SQLite."""
    return new_site("sqlite", "empty")
