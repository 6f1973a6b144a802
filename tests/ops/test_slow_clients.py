"""Clients that send a part of a request, to a server without a proxy in front."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sendiass_site import gunicorn_worker
from tests.running_site import TIMEOUT, get, running_site

pytestmark = pytest.mark.server

# With another time for sending a request.
CONFIG = """
from sendiass_site import gunicorn_worker
from sendiass_site.gunicorn_config import *
gunicorn_worker.SECONDS_TO_SEND = {seconds}
"""
HEAD = (
    b"POST /have-your-say/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 5000\r\n"
)


@contextlib.contextmanager
def site_that_waits(data_dir: Path, seconds: float) -> Iterator[int]:
    """Run a site that waits for a request for some seconds; yield its port."""
    config = data_dir / "config.py"
    config.write_text(CONFIG.format(seconds=seconds))
    with running_site(data_dir, config=str(config)) as base:
        yield urlsplit(base).port


@pytest.fixture(scope="module")
def impatient_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a site that waits for half a second."""
    with site_that_waits(tmp_path_factory.mktemp("data"), seconds=0.5) as port:
        yield port


@pytest.fixture
def connect() -> Iterator[Callable[[int, bytes], socket.socket]]:
    """Connect to a port and send a part of a request; return the connection, which is closed at the end."""
    with contextlib.ExitStack() as connections:

        def connect(port: int, part: bytes) -> socket.socket:
            client = connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT))
            client.sendall(part)
            return client

        yield connect


@pytest.mark.parametrize(
    "part", [HEAD + b"\r\ncomments=Half", HEAD, b"GET / HTTP/1.1\r\nHost: 127.0"], ids=["body", "head", "get"]
)
def test_clients_that_send_half_a_request_do_not_stop_the_site(impatient_site, connect, part):
    """There are more of them than the site has threads."""
    clients = [connect(impatient_site, part) for _ in range(12)]

    answers = [get(f"http://127.0.0.1:{impatient_site}/")[0] for _ in range(4)]
    ends = [client.recv(12) for client in clients]

    assert answers == [200] * 4
    assert set(ends) <= {b"", b"HTTP/1.1 400"}


def test_a_request_that_is_sent_in_parts_in_time_is_answered(tmp_path, connect):
    body = b"comments=" + 4991 * b"x"
    with site_that_waits(tmp_path, seconds=TIMEOUT) as port:
        client = connect(port, HEAD[:30])
        for part in (HEAD[30:], b"\r\n", body[:2000], body[2000:]):
            # The site has looked at the clocks of its clients in between.
            get(f"http://127.0.0.1:{port}/healthz")
            client.sendall(part)

        # A form without a token is shown again.
        assert client.recv(12) == b"HTTP/1.1 422"


@pytest.mark.parametrize(("length", "seconds"), [(0, 30), (20_000, 31), (11_000_000, 580)])
def test_a_client_has_more_time_for_a_longer_body(length, seconds):
    """A picture of 10 MB may come at 160 kbit/s."""
    assert gunicorn_worker.seconds_to_send(length) == seconds
