"""Gunicorn's configuration."""

import gc
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from .settings import LOGGING


class NoAccessLog(Logger):
    """gunicorn's log, without formatting an access log line for each request: there is no access log (see logs.py)."""

    access_log_enabled = False

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a line. That about listening has no address where each worker listens on its own (`reuse_port`): name it."""
        if msg.startswith("Listening at:") and args and not args[0]:
            hosts = [
                f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.cfg.address
            ]
            args = (", ".join(f"http://{host}" for host in hosts), *args[1:])
        super().info(msg, *args, **kwargs)


wsgi_app = "sendiass_site.wsgi:application"
workers = 2
# Threads, and no connection is reset when it stops.
worker_class = "sendiass_site.gunicorn_worker.AcceptingWorker"
threads = 4
# Each worker has its own accept queue: with a shared one, keep-alive connections accumulate on one worker.
reuse_port = True
# Load the site once and fork: the workers share its memory and start sooner.
preload_app = True
# The heartbeat must not block on a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a memory file system
# It is controlled by signals only.
control_socket_disable = True
graceful_timeout = 25
# X-Forwarded-* headers are evaluated by `TrustedProxies` alone (see proxies.py).
forwarded_allow_ips = ""
# The log must not record who reads which page: see logs.py for what is logged.
accesslog = None
logger_class = NoAccessLog
logconfig_dict = LOGGING


def when_ready(server: Any) -> None:
    """Warm up and freeze the heap: memory that the garbage collector does not touch stays shared after the fork."""
    if server.app.app_uri == wsgi_app:
        from .web import query_limits
        from .wsgi import warm_up

        # Here, not in each worker after the fork, where a signal to stop would be lost meanwhile. Migrations and commands
        # run in other processes, without limits.
        query_limits.limit_queries()
        warm_up()
    gc.collect()
    gc.freeze()


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker a row of the numbers for /metrics that no other living worker has."""
    if server.app.app_uri == wsgi_app:
        from .wsgi import request_counts

        if request_counts is not None:
            used = [getattr(other, "counts_row", None) for other in server.WORKERS.values()]
            worker.counts_row = request_counts.use_free_row(used)


def worker_exit(server: Any, worker: Any) -> None:
    """Finish what a worker's threads do, and store the page views that it counted, when it ends in order."""
    if server.app.app_uri == wsgi_app:
        from .wsgi import scheduled_change_thread, view_counter

        scheduled_change_thread.stop()
        if view_counter is not None:
            view_counter.stop()
