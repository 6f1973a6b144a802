"""The log of a real nginx with the configuration in deploy/."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.nginx import running_nginx
from tests.running_site import TIMEOUT, free_port

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def addresses(logs: Path) -> Iterator[list[str]]:
    """An nginx whose servers do not answer, so that it logs errors too."""
    with running_nginx(logs, [free_port()]) as addresses:
        yield list(addresses)


def request(address: str, target: str) -> None:
    """Send a GET of exactly this target, and read the whole response."""
    host, _, port = urlsplit(address).netloc.partition(":")
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            connection = socket.create_connection((host, int(port)), timeout=TIMEOUT)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with connection:
        connection.sendall(f"GET {target} HTTP/1.0\r\nHost: www.example.org\r\n\r\n".encode())
        while connection.recv(65536):
            pass


@pytest.mark.parametrize(
    "target",
    [
        "/shared/c2VjcmV0/",
        "/staff/invitation/c2VjcmV0/",
        "/staff/break-glass/c2VjcmV0/",
        "/staff/password/new/1-c2VjcmV0/",
        "/staff//invitation/c2VjcmV0/",
        "/STAFF/Invitation/c2VjcmV0/",
        "/staff/invitation/c2V%20c2VjcmV0",
        "/staff/invitation/c2V%0Ac2VjcmV0",
        "/staff/%69nvitation/c2VjcmV0/",
        "/staff/council/back/?code=c2VjcmV0&state=c2VjcmV0",
    ],
)
def test_no_log_has_a_token(addresses, logs, target):
    for address in addresses:
        request(address, target)

    written = {path.name: path.read_text() for path in logs.glob("*.log")}
    assert {name for name, text in written.items() if "c2VjcmV0" in text} == set()


def test_a_request_is_logged_with_its_address(addresses, logs):
    request(addresses[0], "/leaflets/sen-support/")

    deadline = time.monotonic() + TIMEOUT
    while '"GET /leaflets/sen-support/" 502' not in (logs / "sendiass.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
