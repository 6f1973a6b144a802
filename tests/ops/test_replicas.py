"""Three replicas behind a real nginx, on one PostgreSQL, with real processes."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet
from tests.environment import new_postgresql
from tests.html import parse
from tests.nginx import running_nginx
from tests.running_site import ROOT, TIMEOUT, free_port, get, pdfs_are_delayed, wait_until, without_host
from tests.selected_site import OnSite, selected_site

pytestmark = pytest.mark.server

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a test user


@dataclass
class Replica:
    """One of three servers: its code, port and environment."""

    number: int
    port: int
    environment: dict[str, str]
    log: Path
    code: Path = ROOT
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sendiass_site.ops.serve"],
                cwd=self.code,
                env=self.environment | {"PORT": str(self.port)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        wait_until(lambda: answers(f"{self.url}/readyz"), self.log.read_text)

    def stop(self, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            if stop_signal == signal.SIGKILL:
                os.killpg(self.process.pid, stop_signal)  # With its workers, as if the machine had failed.
            else:
                self.process.send_signal(stop_signal)
            self.process.wait(timeout=TIMEOUT)


def answers(url: str) -> bool:
    try:
        return get(url)[0] == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Replica]]:
    """Three servers, started at once on an empty database."""
    folder = tmp_path_factory.mktemp("replicas")
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "DATABASE_URL": new_postgresql(),
        "HTTPS": "off",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    three = [Replica(number, free_port(), environment, folder / f"{number}.log") for number in range(3)]
    with pdfs_are_delayed(folder):
        try:
            for replica in three:
                replica.start()
            for replica in three:
                replica.wait_until_ready()
            yield three
        finally:
            for replica in three:
                replica.stop()


@pytest.fixture(scope="module")
def balancer_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx") / "sendiass.log"


@pytest.fixture(scope="module")
def balancer(replicas: list[Replica], balancer_log: Path) -> Iterator[str]:
    """The address of an nginx in front of the replicas, with the configuration in deploy/."""
    with running_nginx(balancer_log.parent, [replica.port for replica in replicas]) as (address, _):
        wait_until(lambda: answers(address))
        yield address


@contextlib.contextmanager
def continuous_requests(address: str) -> Iterator[list[str]]:
    """Request a page and its stylesheet in four threads, over and over; yield the list of failures."""
    failed: list[str] = []
    count = [0]
    stop = threading.Event()

    def send_requests() -> None:
        while not stop.is_set():
            try:
                status, _, body = get(address + LEAFLET)
                style = re.search(rb"/static/site\.\w+\.css", body)
                stylesheet = get(address + style[0].decode()) if style else (0, {}, b"")
            except OSError as error:
                failed.append(repr(error))
                continue
            count[0] += 1
            time.sleep(0.3)  # Without a pause, the requests would slow down what they are there to observe.
            if status != 200 or b"<h1" not in body:
                failed.append(f"{status}: {body[:200]!r}")
            if stylesheet[0] != 200 or b"--paper" not in stylesheet[2]:
                failed.append(f"{style and style[0]!r}: {stylesheet[0]}")

    threads = [threading.Thread(target=send_requests) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: count[0] > 20)
    try:
        yield failed
    finally:
        before = count[0]
        wait_until(lambda: count[0] > before + 20)
        stop.set()
        for thread in threads:
            thread.join()


class Officer:
    """A client of a publisher, signed in on one replica. All replicas share the session."""

    def __init__(self, replica: Replica, leaflet: str) -> None:
        self._leaflet = f"/admin/leaflets/leaflet/{leaflet}"
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        self.send(
            replica, "/staff/sign-in/", lambda fields: fields | {"login": "officer", "password": PASSWORD}
        )

    def publish(self, replica: Replica, text: str) -> None:
        """Change the first section of the leaflet to this text, and publish it."""
        self.send(
            replica,
            f"{self._leaflet}/edit/",
            lambda fields: (
                fields | {next(name for name in fields if name.endswith("-body")): text, "action": "save"}
            ),
        )
        self.send(replica, f"{self._leaflet}/publish/", lambda fields: fields | {"change_note": "Clearer."})

    def send(self, replica: Replica, path: str, fill_in: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Open a page, fill in its largest form, and send it."""
        with self._browser.open(replica.url + path, timeout=TIMEOUT) as page:
            document = parse(page.read().decode())
        forms = [fields_of(form) for form in document.iter("form") if form.get("method") == "post"]
        form = max(forms, key=len)
        assert len(form) > 1, f"{path} has no form to fill in"
        sent = urllib.parse.urlencode(fill_in(form)).encode()
        self._browser.open(replica.url + path, sent, timeout=TIMEOUT).close()


def fields_of(form: Element) -> dict[str, str]:
    """Return the fields of a form with their initial values."""
    fields = {area.get("name"): (area.text or "").removeprefix("\n") for area in form.iter("textarea")}
    for box in form.iter("input"):
        if box.get("type") != "checkbox" or "checked" in box.attrib:
            fields[box.get("name")] = box.get("value", "")
    for choice in form.iter("select"):
        chosen = [option for option in choice.iter("option") if "selected" in option.attrib]
        fields[choice.get("name")] = chosen[0].get("value", "") if chosen else ""
    return fields


@pytest.fixture(scope="module")
def on_site(replicas: list[Replica], django_db_blocker: DjangoDbBlocker) -> OnSite:
    """In `with on_site():`, code in this process works on the database of the replicas."""
    return lambda: selected_site(django_db_blocker, **replicas[0].environment)


@pytest.fixture(scope="module")
def officer(replicas: list[Replica], on_site: OnSite) -> Officer:
    with on_site():
        # The site does not accept the hasher of the tests.
        password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
        user = User.objects.create(username="officer", password=password, is_staff=True)
        user.groups.add(Group.objects.get(name="Publishers"))
        leaflet = Leaflet.objects.get(slug=LEAFLET.split("/")[2])
    return Officer(replicas[0], str(leaflet.pk))


def test_replicas_that_start_at_once_serve_the_same_pages(replicas, on_site):
    pages = {without_host(get(replica.url + LEAFLET)[2], replica.url) for replica in replicas}

    assert len(pages) == 1
    assert b"/editions/2/" not in get(f"{replicas[0].url}{LEAFLET}editions/")[2]
    assert sum(replica.log.read_text().count("service: created") for replica in replicas) == 1
    loaded_again = StringIO()
    with on_site():
        call_command("load_leaflets", stdout=loaded_again)
    assert loaded_again.getvalue().count("unchanged") >= 4


def test_an_edition_published_on_one_replica_is_served_by_all(replicas, officer):
    for replica in replicas:
        get(replica.url + LEAFLET)  # Cached from here on.

    officer.publish(replicas[0], "This is the new text.")
    time.sleep(1)  # Each process reads the site version at most this often.

    for replica in replicas:
        for _ in range(6):  # Each replica has two workers.
            assert b"This is the new text." in get(replica.url + LEAFLET)[2]


def test_no_request_fails_while_a_replica_is_killed(replicas, balancer):
    with continuous_requests(balancer) as failed:
        replicas[1].stop(signal.SIGKILL)
        time.sleep(1)
        replicas[1].start()
        replicas[1].wait_until_ready()

    assert failed == []


def test_the_log_of_the_balancer_has_no_query_strings(balancer, balancer_log):
    get(f"{balancer}/have-your-say/thank-you/?reference=secret")

    wait_until(lambda: "GET /have-your-say/thank-you/" in balancer_log.read_text())
    assert "secret" not in balancer_log.read_text()


@pytest.fixture
def newer_code(tmp_path: Path) -> Path:
    """The next version of the site: one more database column, and another stylesheet."""
    code = tmp_path / "newer"
    code.mkdir()
    for name in (
        "manage.py",
        "sendiass_site",
        "leaflets",
        "templates",
        "static",
        "content",
        "pyproject.toml",
    ):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, code / name)
    migrations = code / "leaflets" / "migrations"
    newest = max(path.stem for path in migrations.glob("0*.py"))
    (migrations / f"{int(newest[:4]) + 1:04}_newer.py").write_text(
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n"
        f'    dependencies = [("leaflets", "{newest}")]\n'
        '    operations = [migrations.AddField("leaflet", "newer", models.CharField(max_length=9, null=True))]\n'
    )
    # It collects its static files again, and compressing them takes longer than the rest of its start.
    settings = code / "sendiass_site" / "settings.py"
    compressed = settings.read_text()
    uncompressed = compressed.replace(
        "sendiass_site.web.static_storage.StaticFilesStorage",
        "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    )
    assert uncompressed != compressed
    settings.write_text(uncompressed)
    models = code / "leaflets" / "models" / "leaflets.py"
    source = models.read_text()
    changed = source.replace(
        "    read_instead = models.ForeignKey(",
        "    newer = models.CharField(max_length=9, null=True)\n    read_instead = models.ForeignKey(",
        1,
    )
    assert changed != source
    models.write_text(changed)
    with (code / "static" / "site.css").open("a") as style:
        style.write("/* newer */\n")
    return code


def serves(replica: Replica, text: str) -> bool:
    return text.encode() in get(replica.url + LEAFLET)[2]


def test_no_request_fails_during_a_rolling_upgrade(replicas, balancer, officer, newer_code):
    with continuous_requests(balancer) as failed:
        for number, replica in enumerate(replicas):
            replica.stop()
            replica.code = newer_code
            replica.start()
            replica.wait_until_ready()
            # Old and new code share a database: an edition published through either is served by both.
            officer.publish(replica, f"Published while {number + 1} of three were new.")
            for each in replicas:
                # With other requests at the same time, a busy machine may serve the stale page for longer than a second.
                wait_until(partial(serves, each, f"while {number + 1} of three"))

    assert failed == []
