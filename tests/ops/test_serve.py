"""`script/server`: from an empty folder to a clean stop, on real processes."""

import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leaflets.feedback import submissions
from sendiass_site.ops import serve
from sendiass_site.version import VERSION
from tests.running_site import ROOT, TIMEOUT, free_port, get, loaded_sqlite, started_site

pytestmark = pytest.mark.server


def start(data_dir: Path, **environment: str) -> subprocess.Popen[str]:
    """Start the site with these environment variables."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": f"sqlite:///{data_dir}/db.sqlite3",
        **environment,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "sendiass_site.ops.serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fail_to_start(data_dir: Path, **environment: str) -> str:
    """Start the site, which must fail; return what it wrote to standard error."""
    process = start(data_dir, **environment)
    output, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1, output + errors
    return errors


def send_feedback(base: str, comments: str) -> str:
    """Open the feedback form, wait for as long as a person writes, and send it; return the next page."""
    _, _, form = get(f"{base}/have-your-say/")
    opened = re.search(rb'name="opened" value="([^"]+)"', form)[1]
    time.sleep(submissions.MIN_FORM_AGE)
    data = urllib.parse.urlencode({"comments": comments, "opened": opened}).encode()
    with urllib.request.urlopen(f"{base}/have-your-say/", data, timeout=TIMEOUT) as response:
        return response.read().decode()


# Running


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def servers(data_dir: Path) -> Iterator[list[str]]:
    """Two servers that started together in an empty folder, on an empty database."""
    with contextlib.ExitStack() as running, ThreadPoolExecutor(2) as starts:
        logs = ("server.log", "second.log")
        yield list(starts.map(lambda log: running.enter_context(started_site(data_dir, log=log)), logs))


@pytest.fixture(scope="module")
def site(servers: list[str]) -> str:
    return servers[0]


def test_an_empty_folder_becomes_a_site_with_all_pages(site):
    for path in ("/", "/leaflets/", "/leaflets/sen-in-mainstream-schools/", "/privacy/", "/contact/"):
        status, headers, body = get(site + path)

        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert b"<h1" in body


def test_the_site_is_ready(site):
    assert get(f"{site}/readyz")[0] == 200


def test_stylesheets_have_a_hashed_name_and_are_immutable(site):
    _, _, home = get(site)
    name = re.search(r'href="(/static/site\.[0-9a-f]{12}\.css)"', home.decode())[1]

    status, headers, body = get(site + name)

    assert status == 200
    assert headers["content-type"].startswith("text/css")
    assert headers["cache-control"] == "max-age=315360000, public, immutable"
    assert b"html" in body


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_stylesheets_are_sent_compressed(site, encoding):
    _, _, home = get(site)
    name = re.search(r'href="(/static/site\.[0-9a-f]{12}\.css)"', home.decode())[1]

    _, headers, body = get(site + name, **{"Accept-Encoding": encoding})

    assert headers["content-encoding"] == encoding
    assert len(body) < 9000


def test_debugging_is_off(site):
    status, _, body = get(f"{site}/no-such-page/")

    assert status == 404
    assert b"Traceback" not in body
    assert b"DEBUG" not in body


def test_without_its_setting_there_is_no_page_of_metrics(site):
    assert get(f"{site}/metrics")[0] == 404


def test_query_strings_are_not_logged(site, data_dir):
    get(f"{site}/leaflets/?secret=question")

    assert "secret=question" not in (data_dir / "server.log").read_text()


def test_a_second_start_keeps_feedback_and_the_secret_key(tmp_path):
    loaded_sqlite(tmp_path)
    with started_site(tmp_path) as base:
        thanks = send_feedback(base, "Very clear.")
        key = (tmp_path / "secret_key").read_text()
    reference = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", thanks)[0]

    with started_site(tmp_path) as base:
        _, _, later = get(f"{base}/have-your-say/thank-you/?reference={reference}")

    assert b"<h1>Thank you</h1>" in later
    assert (tmp_path / "secret_key").read_text() == key


def wait_for_address(process: subprocess.Popen[str]) -> str:
    for line in process.stdout:
        if found := re.search(r"The site is at (http://\S+)/", line):
            return found[1]
    raise AssertionError(process.stderr.read())


def wait_until_ready(base: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if get(f"{base}/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(f"The site at {base} does not answer: {process.communicate()}")


def test_the_start_prints_the_address(site, data_dir):
    assert f"The site is at {site}/ (" in (data_dir / "server.log").read_text()


def test_the_first_line_of_the_log_says_the_version(site, data_dir):
    first = (data_dir / "server.log").read_text().split("\n", 1)[0]

    assert first == f"This is version {VERSION}."


def test_the_start_prints_that_there_is_no_second_factor(site, data_dir):
    assert "Staff sign in without a second step" in (data_dir / "server.log").read_text()


def test_on_a_public_address_staff_need_a_second_factor_even_without_https(tmp_path):
    port = free_port()
    loaded_sqlite(tmp_path)
    process = start(tmp_path, HOST="0.0.0.0", PORT=str(port))  # noqa: S104 - as in a container
    wait_until_ready(f"http://127.0.0.1:{port}", process)
    process.terminate()
    output, errors = process.communicate(timeout=TIMEOUT)

    assert "The site is at http://0.0.0.0:" in output
    assert "without a second step" not in output
    assert f"SITE_URL=http://127.0.0.1:{port}" in output
    assert "Invalid HTTP_HOST" not in errors


def guess(base: str, password: str) -> str:
    """Try to sign in; return the next page."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    address = f"{base}/staff/sign-in/"
    with browser.open(address, timeout=TIMEOUT) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())[1]
    fields = {"csrfmiddlewaretoken": token, "login": "rose", "password": password}
    with browser.open(address, urllib.parse.urlencode(fields).encode(), timeout=TIMEOUT) as page:
        return page.read().decode()


def test_failed_sign_ins_are_counted_across_processes(site):
    with ThreadPoolExecutor(4) as threads:
        pages = list(threads.map(lambda number: guess(site, f"guess {number}"), range(14)))

    assert sum("password is wrong" in page for page in pages) == 5
    assert sum("tried too often" in page for page in pages) == 9


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl+C"])
def test_a_signal_stops_the_site_and_frees_its_port(tmp_path, stop):
    port = free_port()
    loaded_sqlite(tmp_path)
    process = start(tmp_path, PORT=str(port))
    wait_until_ready(wait_for_address(process), process)

    process.send_signal(stop)
    process.communicate(timeout=TIMEOUT)

    assert process.returncode == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


# Failures to start


def test_a_database_in_a_folder_that_is_not_there_is_refused_with_its_name(tmp_path):
    error = fail_to_start(
        tmp_path, PORT=str(free_port()), DATABASE_URL=f"sqlite:///{tmp_path}/not-mounted/db.sqlite3"
    )

    assert f"there is no folder {tmp_path}/not-mounted, which DATABASE_URL names." in error
    assert "Traceback" not in error


def test_a_port_in_use_is_refused_with_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        error = fail_to_start(tmp_path, PORT=str(port))

    assert error == (
        f"Port {port} cannot be used (Address already in use). Stop what uses it, "
        "or choose another: PORT=8080 script/server\n"
    )


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80.5"])
def test_an_invalid_port_is_refused_with_what_to_do(port):
    with pytest.raises(SystemExit) as error:
        serve._check_port(port, "127.0.0.1")

    assert error.value.code == (
        f"PORT is {port!r}. Set it to a number from 1 to 65535, for example PORT=8080."
    )


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path):
    (tmp_path / "file").touch()

    error = fail_to_start(tmp_path / "file", PORT=str(free_port()))

    assert error.startswith("The site cannot start: ")
    assert str(tmp_path / "file") in error
    assert "DATA_DIR" in error
    assert "Traceback" not in error


def test_an_invalid_database_file_is_reported(tmp_path):
    (tmp_path / "db.sqlite3").write_text("This is a letter to my aunt. " * 100)

    error = fail_to_start(tmp_path, PORT=str(free_port()))

    assert error.startswith("The site cannot start: The database says: ")
    assert "Traceback" not in error


@pytest.mark.parametrize("option", ["sslmode=maybe", "sslmod=require", "connect_timeout=soon"])
def test_an_option_that_the_database_does_not_know_is_reported(tmp_path, option):
    address = f"postgres://nobody:secret@127.0.0.1:{free_port()}/site?{option}"

    error = fail_to_start(tmp_path, PORT=str(free_port()), DATABASE_URL=address)

    assert error.startswith("The site cannot start: The database says: ")
    assert error.rstrip().endswith("Check DATABASE_URL and DATA_DIR.")
    assert option.partition("=")[0] in error
    assert "secret" not in error


def test_a_database_that_does_not_answer_is_reported(tmp_path):
    address = f"postgres://nobody:secret@127.0.0.1:{free_port()}/site"

    error = fail_to_start(tmp_path, PORT=str(free_port()), DATABASE_URL=address)

    assert error.startswith("The site cannot start: The database says: ")
    assert "Traceback" not in error
    assert "secret" not in error


@pytest.mark.parametrize(
    ("name", "value"), [("DEBUG", "yes"), ("HTTPS", "yes"), ("DATABASE_URL", "nonsense")]
)
def test_an_invalid_setting_is_named_with_what_to_do(tmp_path, name, value):
    error = fail_to_start(tmp_path, PORT=str(free_port()), **{name: value})

    assert error.startswith("The site cannot start: ")
    assert name in error
    assert "Traceback" not in error


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "256.0.0.1"])
def test_an_invalid_host_is_refused_with_what_to_do(host):
    with pytest.raises(SystemExit) as error:
        serve._parse_address(host)

    assert error.value.code == (
        f"HOST is {host!r}. Set it to an address of this machine, for example HOST=127.0.0.1, "
        "or to HOST=0.0.0.0 for all of them."
    )


def test_the_site_listens_on_the_given_address(tmp_path):
    port = free_port()
    loaded_sqlite(tmp_path)
    process = start(tmp_path, HOST="::1", PORT=str(port), ALLOWED_HOSTS="[::1]")
    try:
        assert wait_for_address(process) == f"http://[::1]:{port}"
        wait_until_ready(f"http://[::1]:{port}", process)
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT)


def test_a_start_that_is_stopped_early_says_so(tmp_path):
    # The lock is held as by another start.
    with (tmp_path / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = start(tmp_path, PORT=str(free_port()))
        assert process.stdout.readline() == f"This is version {VERSION}.\n"
        assert process.stdout.readline() == "System check identified no issues (0 silenced).\n"

        process.terminate()
        _, errors = process.communicate(timeout=TIMEOUT)

    assert (process.returncode, errors) == (1, "Stopped before the site had started.\n")


# Several starts at once


def test_concurrent_checks_of_the_data_folder_do_not_interfere(tmp_path):
    with ThreadPoolExecutor(8) as starts:
        list(starts.map(lambda _: serve._check_writable(tmp_path), range(400)))

    assert list(tmp_path.iterdir()) == []


# On PostgreSQL: tests/ops/test_replicas.py.
def test_servers_that_start_together_on_an_empty_database_serve_one_site(servers, data_dir):
    for server in servers:
        _, _, editions = get(f"{server}/leaflets/sen-in-mainstream-schools/editions/")
        assert b"/editions/2/" not in editions

    printed = [(data_dir / log).read_text() for log in ("server.log", "second.log")]
    assert sum("service: created" in text for text in printed) == 1
