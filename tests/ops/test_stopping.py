"""A server that is stopped answers every request that had reached it."""

import contextlib
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.ops.test_serve import start, wait_for_address, wait_until_ready
from tests.running_site import TIMEOUT, free_port, loaded_sqlite

pytestmark = pytest.mark.server
CLIENTS = 40


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def accepts_connections(pid: int) -> bool:
    """Return whether a worker waits for events of its queue of connections, and has its handlers of signals by then."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if str(link.readlink()) == "anon_inode:[eventpoll]":
                return Path(f"/proc/{pid}/fdinfo/{link.name}").read_text().count("tfd:") >= 2
    return False


def wait_for_workers(site: int) -> list[int]:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        workers = [child for child in children_of(site) if accepts_connections(child)]
        if len(workers) == 2:
            return workers
        time.sleep(0.05)
    raise AssertionError("The workers did not start.")


def read_all(client: socket.socket) -> bytes:
    """Read to the end and close, as clients do: gunicorn waits for that."""
    answer = b""
    with client:
        while part := client.recv(65536):
            answer += part
    return answer


def test_requests_that_wait_to_be_accepted_are_answered_on_sigterm(tmp_path):
    port = free_port()
    loaded_sqlite(tmp_path)
    site = start(tmp_path, PORT=str(port))
    wait_until_ready(wait_for_address(site), site)
    workers = wait_for_workers(site.pid)
    # Paused: what arrives now stays in the queues of the system.
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    clients = [socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) for _ in range(CLIENTS)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    # As the main process does, when it gets SIGTERM.
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(read_all, clients))
    site.send_signal(signal.SIGTERM)
    site.communicate(timeout=TIMEOUT)
    assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK"] * CLIENTS
    assert all(answer.rstrip().endswith(b"</html>") for answer in answers)
    assert site.returncode == 0
