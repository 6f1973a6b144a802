"""A server process with its own data, and a crawler for its public pages."""

import contextlib
import fcntl
import functools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from tests.environment import new_postgresql
from tests.html import parse

ROOT = Path(__file__).resolve().parent.parent
# Seconds for what a busy machine does late: a test that waits for something fails only after this.
TIMEOUT = 300


def wait_until(condition: Callable[[], bool], explain: Callable[[], str] = str) -> None:
    """Wait until a condition holds. After `TIMEOUT` the test fails, with what `explain` returns."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"Timed out.\n{explain()}"
        time.sleep(0.05)


def free_port() -> int:
    """A free port below the range from which the system takes ports for outgoing connections."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


MIGRATE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
# Also the static files, which a site that is started completely collects.
LOAD = """
import django; django.setup()
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
from sendiass_site.web import static_files
call_command("load_leaflets")
static_files.collect(Path(settings.STATIC_ROOT))
"""


def _run(code: str, url: str) -> None:
    """Run Python code on the database with this URL."""
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "sendiass_site.settings"},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=TIMEOUT,
    )


@functools.cache
def _migrated_database(vendor: str) -> str:
    """Migrate a database, once per session, and return its URL. Nothing may connect to it."""
    url = f"sqlite:///{os.environ['DATA_DIR']}/migrated.sqlite3" if vendor == "sqlite" else new_postgresql()
    _run(MIGRATE, url)
    return url


@functools.cache
def _loaded_database(vendor: str) -> str:
    """Load a database, once per session, and return its URL. Nothing may connect to it."""
    url = _copy(_migrated_database(vendor), Path(os.environ["DATA_DIR"], "loaded.sqlite3"))
    _run(LOAD, url)
    return url


def _copy(url: str, file: Path) -> str:
    """Copy a database, to a file if it is on SQLite; return the URL of the copy."""
    if url.startswith("sqlite:"):
        shutil.copy(url.removeprefix("sqlite:///"), file)
        return f"sqlite:///{file}"
    return new_postgresql(urlsplit(url).path[1:])


def migrated_database(vendor: str, data_dir: Path) -> str:
    """Return the URL of a new database that is only migrated. On SQLite it is in `data_dir`."""
    return _copy(_migrated_database(vendor), data_dir / "db.sqlite3")


def loaded_sqlite(data_dir: Path) -> str:
    """Return the URL of a new database in `data_dir` with the content of this repository."""
    return _copy(_loaded_database("sqlite"), data_dir / "db.sqlite3")


def loaded_postgresql() -> str:
    """Return the URL of a new database on PostgreSQL with the content of this repository."""
    return _copy(_loaded_database("postgresql"), Path())


@contextlib.contextmanager
def pdfs_are_delayed(data_dir: Path) -> Iterator[None]:
    """Let the PDFs of a site wait, as for another PDF: of each edition published there they would take seconds."""
    folder = data_dir / "pdf"
    folder.mkdir()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def running_site(
    data_dir: Path, *, config: str = "python:sendiass_site.gunicorn_config", **environment: str
) -> Iterator[str]:
    """Run the site with the content of this repository; yield its address.

    Without a DATABASE_URL it uses the SQLite file in `data_dir`. If there is none, that is a copy of a loaded database.
    Gunicorn is run alone: the database needs no preparation, which takes a quarter of a start.
    """
    if "DATABASE_URL" not in environment and not (data_dir / "db.sqlite3").exists():
        loaded_sqlite(data_dir)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    as_started = {"SITE_URL": base, "REQUIRE_MFA": "off"}
    command = ("gunicorn", "-c", config, "-b", f"127.0.0.1:{port}")
    with _running(command, port, data_dir, data_dir / "server.log", **as_started | environment):
        yield base


@contextlib.contextmanager
def started_site(data_dir: Path, *, log: str = "server.log", **environment: str) -> Iterator[str]:
    """Start the site as `script/server` does, with its database in `data_dir`; yield its address."""
    port = free_port()
    with _running(("sendiass_site.ops.serve",), port, data_dir, data_dir / log, **environment):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _running(
    module: Sequence[str], port: int, data_dir: Path, log: Path, **environment: str
) -> Iterator[None]:
    """Run a Python module with its arguments; wait until it serves the site on this port. In the end it must stop in order."""
    environment = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "HTTPS": "off",
        "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3",
        **environment,
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=TIMEOUT)
    assert status == 0, log.read_text()


def _wait_until_ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/readyz", timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"The site did not start:\n{log.read_text()}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Fetch without following redirects or raising: status, headers by lower-case name, body."""

    try:
        response = _OPENER.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return (
            response.status,
            {name.lower(): value for name, value in response.headers.items()},
            response.read(),
        )


def public_pages(base: str) -> list[str]:
    """Return the path of every HTML page that links from the home page and the sitemap lead to.

    A page with a query (the list, the feedback form) is listed once. PDFs, which take seconds to make, are not asked for.
    """
    _, _, sitemap = get(f"{base}/sitemap.xml")
    waiting = [
        base + "/",
        *(base + urlsplit(url).path for url in re.findall(r"<loc>(.*?)</loc>", sitemap.decode())),
    ]
    found: dict[str, str] = {}
    while waiting:
        url = urldefrag(waiting.pop()).url
        path = urlsplit(url).path
        if not url.startswith(base + "/") or path in found or path.endswith(".pdf"):
            continue
        status, headers, body = get(url)
        if not headers.get("content-type", "").startswith("text/html"):
            continue
        assert status == 200, f"{url} answers {status}"
        found[path] = url.removeprefix(base)
        document = parse(body.decode())
        waiting += [urljoin(url, link.get("href", "")) for link in document.iter("a")]
    return sorted(found.values())


def without_host(page: bytes, base: str) -> bytes:
    """A page without the address of its site, which also stands in the links to send it and in the QR code for paper."""
    page = re.sub(rb'<svg [^<>]*aria-label="QR code.*?</svg>', b"", page, flags=re.DOTALL)
    return page.replace(base.encode(), b"").replace(quote(base, safe="").encode(), b"")
