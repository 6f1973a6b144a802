"""Gunicorn's threaded worker, which answers the connections that wait for it when it stops."""

import socket

from gunicorn.workers.gthread import ThreadWorker


class AcceptingWorker(ThreadWorker):
    """On SIGTERM, accept every connection that the system has already made, then refuse new ones at once.

    Each worker has a queue of its own (`reuse_port`). Gunicorn leaves it open and unread until the last answer was sent, and
    the system then resets the connections in it, though their clients have sent requests. A proxy tries a refused connection
    again elsewhere, and not one that was reset.
    """

    sockets: list[socket.socket]

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
