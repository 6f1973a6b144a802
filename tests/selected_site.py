"""Another site than that of the tests, for Django's code in this process."""

import contextlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec, module_from_spec

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import ConnectionHandler, connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.conftest import HttpsClient

# A fixture `on_site`: in `with on_site():`, code works on the database of a running site.
OnSite = Callable[[], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def selected_site(blocker: DjangoDbBlocker, **environment: str) -> Iterator[None]:
    """Use the database, folders and secret key of the site with these environment variables.

    A process of its own for each command would take ten times as long.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        # As a new process would read them.
        of_site = module_from_spec(find_spec("sendiass_site.settings"))
        of_site.__loader__.exec_module(of_site)
        names = ("DATA_DIR", "MEDIA_ROOT", "SECRET_KEY", "SESSION_COOKIE_NAME")
        changed = override_settings(**{name: getattr(of_site, name) for name in names})
        own = connections["default"]
        connections["default"] = ConnectionHandler(of_site.DATABASES)["default"]
        try:
            with blocker.unblock(), changed:
                yield
        finally:
            connections["default"].close()
            connections["default"] = own
            ContentType.objects.clear_cache()


def session_cookie(username: str) -> dict[str, str]:
    """Sign in on the selected site, with the second step done; return name and value of the session's cookie."""
    client = HttpsClient()
    client.force_login(User.objects.get(username=username))
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
    }
