"""How gunicorn runs the site."""

import gc
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from .settings import LOGGING


class NoAccessLog(Logger):
    """Gunicorn's logger, which would put together a line about each request for nobody to write down."""

    access_log_enabled = False


wsgi_app = "sendiass_site.wsgi:application"
workers = 2
worker_class = "gthread"
threads = 4
# Each worker has its own queue: with a shared one, kept connections pile up on one worker.
reuse_port = True
# Loaded once, before the workers part: they share its memory, and it starts sooner.
preload_app = True
# The heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a memory file system
# Nobody steers this server but the system that started it.
control_socket_disable = True
graceful_timeout = 25
# Read by libpq: no page waits for a question or a lock that PostgreSQL does not come to, such as while it migrates.
raw_env = ["PGOPTIONS=-c statement_timeout=20s -c lock_timeout=5s"]
# Whom to believe about the client's address and scheme is said in one place: TRUSTED_PROXIES (see proxies.py).
forwarded_allow_ips = ""
# Who read which page is nobody's business here. What is written down instead, and why: see logs.py.
accesslog = None
logger_class = NoAccessLog
logconfig_dict = LOGGING


def when_ready(server: Any) -> None:
    """Leave alone what was loaded: what nobody writes to stays shared."""
    if server.app.app_uri == wsgi_app:
        from .wsgi import warm_up

        warm_up()
    gc.collect()
    gc.freeze()
