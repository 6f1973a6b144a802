"""`script/audit`: which weaknesses of the locked packages are known, asked of a server that answers as OSV does."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.running_site import ROOT, free_port

LOCK = """\
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:00
django==5.2.1 \\
    --hash=sha256:00 \\
    --hash=sha256:01
    # via
    #   sendiass-site (pyproject.toml)
typing-extensions==4.16.0 ; python_full_version < '3.13' \\
    --hash=sha256:00
"""
WEAKNESS = {
    "id": "GHSA-7xr5-9hcq-chf9",
    "aliases": ["CVE-2025-48432"],
    "schema_version": "1.6.0",
    "summary": "Internal HTTP response logging does not escape the path",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "django"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "5.2a1"}, {"fixed": "5.2.2"}]}],
        }
    ],
}


class Osv(ThreadingHTTPServer):
    """Answers queries by name; `asked` are the packages in them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), OsvHandler)
        self.weaknesses: dict[str, list[dict[str, Any]]] = {}
        self.body: bytes | None = None
        self.status = 200
        self.delay = 0.0
        self.asked: set[tuple[str, str]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/query"


class OsvHandler(BaseHTTPRequestHandler):
    server: Osv

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = query["package"]["name"]
        self.server.asked.add((name, query["version"]))
        time.sleep(self.server.delay)
        found = self.server.weaknesses.get(name)
        body = (
            json.dumps({"vulns": found} if found else {}).encode()
            if self.server.body is None
            else self.server.body
        )
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def osv() -> Iterator[Osv]:
    with Osv() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    lock = tmp_path / "requirements.txt"
    lock.write_text(LOCK)
    return lock


def audit(url: str, *locks: Path, timeout: int = 30) -> tuple[int, str, str]:
    """Run it as `script/audit` does; return its exit status, what it prints, and its errors."""
    done = subprocess.run(
        [sys.executable, "-m", "script.audit", f"--osv-url={url}", f"--timeout={timeout}", *locks],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_lock_without_known_weaknesses_is_clean(osv, lock):
    assert audit(osv.url, lock) == (0, "3 packages were checked. Known weaknesses: none.\n", "")


def test_every_locked_package_is_asked_about_also_those_of_another_system(osv, lock):
    audit(osv.url, lock)

    assert osv.asked == {("colorama", "0.4.6"), ("django", "5.2.1"), ("typing-extensions", "4.16.0")}


def test_a_weakness_is_named_with_the_version_that_corrects_it(osv, lock):
    osv.weaknesses["django"] = [WEAKNESS]

    assert audit(osv.url, lock) == (
        1,
        "django 5.2.1: CVE-2025-48432, GHSA-7xr5-9hcq-chf9; corrected in 5.2.2.\n"
        "3 packages were checked. Known weaknesses: 1.\n",
        "",
    )


def test_a_weakness_that_no_version_corrects_is_one(osv, lock):
    open_weakness = {"affected": [{"package": {"ecosystem": "PyPI", "name": "django"}, "ranges": []}]}
    osv.weaknesses["django"] = [WEAKNESS | open_weakness]

    status, printed, _ = audit(osv.url, lock)

    assert (status, "not corrected in any version yet." in printed) == (1, True)


@pytest.mark.parametrize("status", [403, 500, 503])
def test_an_error_of_the_source_is_no_all_clear(osv, lock, status):
    osv.status = status

    exit_status, printed, error = audit(osv.url, lock)

    assert (exit_status, printed) == (2, "")
    assert error.startswith(f"Could not be checked: {osv.url} cannot be reached or gives no answer (")
    assert str(status) in error
    assert error.endswith("Nothing is known about weaknesses.\n")


def test_a_source_that_does_not_answer_in_time_is_no_all_clear(osv, lock):
    osv.delay = 30

    exit_status, printed, error = audit(osv.url, lock, timeout=1)

    assert (exit_status, printed) == (2, "")
    assert "timed out" in error.lower()


def test_a_source_that_cannot_be_reached_is_no_all_clear(lock):
    url = f"http://127.0.0.1:{free_port()}/v1/query"

    exit_status, printed, error = audit(url, lock)

    assert (exit_status, printed) == (2, "")
    assert error.startswith(f"Could not be checked: {url} cannot be reached or gives no answer (")


@pytest.mark.parametrize("body", [b"<html>Sign in to the network</html>", b"", b"[]]"])
def test_an_answer_that_is_none_of_the_source_is_no_all_clear(osv, lock, body):
    osv.body = body

    exit_status, printed, _ = audit(osv.url, lock)

    assert (exit_status, printed) == (2, "")


@pytest.mark.parametrize("vulns", [[WEAKNESS | {"schema_version": "2.0.0"}], [{"id": "GHSA-0000"}]])
def test_a_weakness_that_pip_audit_does_not_understand_is_no_all_clear(osv, lock, vulns):
    osv.weaknesses["django"] = vulns

    exit_status, printed, error = audit(osv.url, lock)

    assert (exit_status, printed) == (2, "")
    assert "not understood" in error


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_a_lock_without_packages_is_no_all_clear(osv, lock, text):
    lock.write_text(text)

    assert audit(osv.url, lock)[0] == 2


def test_a_lock_that_is_not_there_is_no_all_clear(osv, tmp_path):
    assert audit(osv.url, tmp_path / "none.txt")[0] == 2


def test_the_locks_of_this_code_are_understood_as_a_whole(osv):
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-sbom.txt"):
        packages = [line for line in (ROOT / name).read_text().splitlines() if line[:1].isalnum()]

        status, printed, _ = audit(osv.url, ROOT / name)

        assert (status, printed.split(" ")[0]) == (0, str(len(packages)))
