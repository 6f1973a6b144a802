"""Gunicorn's threaded worker, which answers what waits when it stops, and waits for no client without end."""

import contextlib
import socket
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# Seconds in which a client has to send the head of a request. For the body it has as many again, and a second more for each
# of these bytes.
SECONDS_TO_SEND = 30.0
BYTES_PER_SECOND = 20_000


def seconds_to_send(length: int = 0) -> float:
    """Return how long a client may take to send the head of a request, or a body of this length in bytes."""
    return SECONDS_TO_SEND + length / BYTES_PER_SECOND


class AcceptingWorker(ThreadWorker):
    """On SIGTERM, accept every connection that the system has already made, then refuse new ones at once.

    Each worker has a queue of its own (`reuse_port`). Gunicorn leaves it open and unread until the last answer was sent, and
    the system then resets the connections in it, though their clients have sent requests. A proxy tries a refused connection
    again elsewhere, and not one that was reset.

    Gunicorn also waits without end for the rest of a request, in a thread: a few clients that send half of one would stop the
    site. Here it reads no more from a client that takes too long, as if the client had gone. A proxy that buffers requests
    is still needed: there may be more such clients than threads.
    """

    sockets: list[socket.socket]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Connections whose request is being read, each with the time by which it has to be complete. Threads add and remove
        # their own.
        self._heads: dict[TConn, float] = {}
        self._bodies: dict[TConn, tuple[float, Any]] = {}

    def handle(self, conn: TConn) -> Any:
        """Read and answer a request, in a thread."""
        self._heads[conn] = time.monotonic() + seconds_to_send()
        try:
            return super().handle(conn)
        finally:
            self._heads.pop(conn, None)
            self._bodies.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request whose head was read."""
        self._heads.pop(conn, None)
        # The bytes of the body that were not read yet. There is no such number where it comes in chunks, which Django reads none
        # of.
        missing = getattr(req.body.reader, "length", 0)
        if missing:
            self._bodies[conn] = time.monotonic() + seconds_to_send(missing), req.body.reader
        return super().handle_request(req, conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """Also called by gunicorn once a second: see to clients that take too long."""
        super().murder_keepalived(force)
        now = time.monotonic()
        late = [conn for conn, deadline in self._heads.copy().items() if now > deadline]
        late += [
            conn
            for conn, (deadline, reader) in self._bodies.copy().items()
            if reader.length and now > deadline
        ]
        for conn in late:
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Also called by gunicorn with False when the worker stops."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            waiting = True
            while waiting:
                before = self.nr_conns
                self.accept(listener)
                waiting = self.nr_conns > before
            listener.close()
        self.sockets = []
