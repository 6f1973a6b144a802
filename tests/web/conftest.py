"""Fixtures of tests that ask the site as WSGI, in the process of the tests."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections


@pytest.fixture
def connection_of_the_test(db) -> Iterator[None]:
    """Keep the connection with the test's transaction open: Django would close it between two requests."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)
