"""Fixtures of all tests: static files as in production, and a client that uses HTTPS."""

import gc
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.environment import new_postgresql

# The time of an example depends on how busy the machine is.
hypothesis.settings.register_profile("site", deadline=None)
hypothesis.settings.load_profile("site")

# These tests need an image, which script/image-test builds.
collect_ignore = [] if "BUILT_IMAGE" in os.environ else ["image"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run on PostgreSQL only what depends on the database: all other tests have run with SQLite."""
    if os.environ.get("TEST_DATABASE") != "postgresql":
        return
    using = [item for item in items if _depends_on_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in using])
    items[:] = using


def _depends_on_database(item: pytest.Item) -> bool:
    databases = {"db", "transactional_db", "migrate"}
    uses_one = item.get_closest_marker("django_db") or databases & set(item.fixturenames)
    # The mark of a test goes before that of its module.
    marks = [mark.name for mark in item.iter_markers() if mark.name in ("any_database", "each_database")]
    return bool(uses_one) and marks[:1] != ["any_database"]


def pytest_collection_finish() -> None:
    """Collect garbage less often: what is imported by now stays, and going through it takes 6% of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files with hashed names, as the site serves them, but not compressed: that takes 40 times as long.

    Tests that start a server have the compressed ones.
    """
    from django.conf import settings
    from django.core.management import call_command
    from django.test import override_settings

    storages = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    root = tmp_path_factory.mktemp("static")
    # Without this, WhiteNoise would scan all files for each new client.
    with override_settings(STATIC_ROOT=root, STORAGES=storages, WHITENOISE_AUTOREFRESH=True):
        call_command("collectstatic", verbosity=0, interactive=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _fast_password_hasher() -> Iterator[None]:
    """The real hasher takes a good part of a second by design."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


class HttpsClient(Client):
    """A test client that uses HTTPS: without it every page is a redirect."""

    def force_login(self, user: Any, backend: str | None = None, *, second_step: bool = True) -> None:
        """Sign in, with the second step done unless `second_step` is false. tests/staff tests the sign-in itself."""
        from leaflets.staff.mfa import VERIFIED_USER_SESSION_KEY

        super().force_login(user, backend)
        if second_step:
            session = self.session
            session[VERIFIED_USER_SESSION_KEY] = str(user.pk)
            session.save()

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **kwargs | {"secure": True})


@pytest.fixture
def client() -> HttpsClient:
    return HttpsClient()


@pytest.fixture(scope="module")
def module_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[DjangoDbBlocker]:
    """A transaction around all tests of a module, each of which runs in a savepoint of it.

    What a module's fixture stores, with `module_database.unblock()`, is there for each test, and made once. Not for a
    module that has tests which commit.
    """
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
    yield django_db_blocker
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """`transactional_db` with the groups that migrations made: the database is emptied after each such test."""
    schema_editor = SimpleNamespace(connection=connection)
    import_module("leaflets.migrations.0002_groups").make_groups(apps, schema_editor)
    import_module("leaflets.feedback.migrations.0003_fill").make_group(apps, schema_editor)


def migrate_to(app: str, target: str) -> Apps:
    """Migrate an app to a migration and return the models as they are there."""
    call_command("migrate", app, target, verbosity=0)
    return MigrationExecutor(connection).loader.project_state([(app, target)]).apps


@pytest.fixture
def migrate_back(committed_db: None) -> Iterator[Callable[[str, str], Apps]]:
    """`migrate_to`, in the database with the tables of now, which get back to that: takes seconds."""
    yield migrate_to
    call_command("migrate", verbosity=0)


@pytest.fixture(scope="module")
def _database_without_tables() -> Iterator[BaseDatabaseWrapper]:
    """Another connection, to an empty database."""
    other = connection.copy()
    is_sqlite = connection.vendor == "sqlite"
    other.settings_dict["NAME"] = ":memory:" if is_sqlite else urlsplit(new_postgresql()).path.lstrip("/")
    yield other
    if other.connection:
        other.connection.close()


@pytest.fixture
def migrate(
    _database_without_tables: BaseDatabaseWrapper, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[str, str], Apps]]:
    """`migrate_to`, in a database of the module that has only what its tests migrated and stored.

    A migration is reached sooner from an empty database than from the tables of now, and nothing has to be brought back.
    """
    from django.contrib.contenttypes.models import ContentType

    default = connections["default"]
    connections["default"] = _database_without_tables
    ContentType.objects.clear_cache()
    with django_db_blocker.unblock():
        yield migrate_to
    connections["default"] = default
    ContentType.objects.clear_cache()
