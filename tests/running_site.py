"""A server process with its own data, and a crawler for its public pages."""

import contextlib
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
from collections.abc import Callable, Iterator
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


LOAD = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_leaflets")
"""


@functools.cache
def _loaded_database(vendor: str) -> str:
    """Migrate and load a database, once per session, and return its URL. Nothing may connect to it."""
    file = Path(os.environ["DATA_DIR"]) / "loaded.sqlite3"
    url = f"sqlite:///{file}" if vendor == "sqlite" else new_postgresql()
    subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "sendiass_site.settings"},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=TIMEOUT,
    )
    return url


def loaded_sqlite(data_dir: Path) -> str:
    """Copy a database with the content of this repository to `data_dir`, and return its URL."""
    shutil.copy(_loaded_database("sqlite").removeprefix("sqlite:///"), data_dir / "db.sqlite3")
    return f"sqlite:///{data_dir}/db.sqlite3"


def loaded_postgresql() -> str:
    """Copy a database with the content of this repository on PostgreSQL, and return its URL."""
    return new_postgresql(urlsplit(_loaded_database("postgresql")).path[1:])


@contextlib.contextmanager
def running_site(data_dir: Path, **environment: str) -> Iterator[str]:
    """Run the site with the content of this repository; yield its address.

    Without a DATABASE_URL it uses the SQLite file in `data_dir`. If there is none, that is a copy of a loaded database:
    the tests of an empty one are in tests/ops/test_serve.py.
    """
    if "DATABASE_URL" not in environment and not (data_dir / "db.sqlite3").exists():
        loaded_sqlite(data_dir)
    port = free_port()
    environment = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "HTTPS": "off",
        "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3",
        **environment,
    }
    log = data_dir / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sendiass_site.ops.serve"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(base, process, log)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=TIMEOUT)


def _wait_until_ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/readyz", timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"The site did not start:\n{log.read_text()}")


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Fetch without following redirects or raising: status, headers by lower-case name, body."""

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    opener = urllib.request.build_opener(NoRedirect)
    try:
        response = opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
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

    A page with a query (the list, the feedback form) is listed once.
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
        if not url.startswith(base + "/") or path in found:
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
