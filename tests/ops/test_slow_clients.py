"""Clients that send a part of a request, to a server without a proxy in front."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sendiass_site import gunicorn_worker
from tests.ops.test_serve import ROOT, wait_until_ready
from tests.running_site import TIMEOUT, free_port, get, loaded_sqlite

pytestmark = pytest.mark.server

# The site as it is started, but with another time for sending a request.
START = """
import runpy
from sendiass_site import gunicorn_worker
gunicorn_worker.SECONDS_TO_SEND = {seconds}
runpy.run_module("sendiass_site.ops.serve", run_name="__main__")
"""
HEAD = (
    b"POST /have-your-say/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 5000\r\n"
)


@contextlib.contextmanager
def site_that_waits(data_dir: Path, seconds: float) -> Iterator[int]:
    """Run a site that waits for a request for some seconds; yield its port."""
    port = free_port()
    loaded_sqlite(data_dir)
    process = subprocess.Popen(
        [sys.executable, "-c", START.format(seconds=seconds)],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3",
            "PORT": str(port),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT)


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
def test_clients_that_send_half_a_request_do_not_stop_the_site(tmp_path, connect, part):
    """There are more of them than the site has threads."""
    with site_that_waits(tmp_path, seconds=0.5) as port:
        clients = [connect(port, part) for _ in range(12)]

        answers = [get(f"http://127.0.0.1:{port}/")[0] for _ in range(4)]
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
