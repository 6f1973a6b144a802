"""The version has one source, is shown where it runs, and `script/release` cuts a new one."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.factories import create_staff
from tests.pages import visit

ROOT = settings.BASE_DIR
FILES = ("CHANGELOG.md", "pyproject.toml", "Dockerfile", "deploy/kubernetes.yaml")
CHANGES = (
    "# Changelog\n\nThe newest comes first.\n\n## Unreleased\n\n### What the site does\n\n- A new page.\n"
)


def test_the_version_is_that_of_the_project_and_of_the_label_of_the_image():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    label = re.search(r'image\.version="([^"]+)"', (ROOT / "Dockerfile").read_text())[1]

    assert (settings.VERSION, label) == (project, project)


def test_the_image_has_the_source_of_the_version():
    assert re.search(r"^COPY .*\bpyproject\.toml\b", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert "!pyproject.toml" in (ROOT / ".dockerignore").read_text().splitlines()


def test_each_released_section_of_the_changelog_has_a_version_and_a_date_and_the_newest_comes_first():
    first, *released = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert first == "Unreleased"
    found = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) - \d{4}-\d\d-\d\d", heading) for heading in released]
    assert None not in found
    versions = [tuple(map(int, one.groups())) for one in found]
    assert versions == sorted(versions, reverse=True)


@pytest.mark.django_db
def test_the_foot_of_the_admin_says_the_version(client):
    client.force_login(create_staff("Editors"))

    assert visit(client, "/admin/").text("*[@id='footer']") == f"Version {settings.VERSION}"


@pytest.mark.django_db
def test_public_pages_and_the_sign_in_do_not_say_the_version(client):
    User.objects.create_user("rose")

    for path in ("/", "/staff/sign-in/", "/admin/"):
        assert f"Version {settings.VERSION}" not in client.get(path, follow=True).content.decode()


@pytest.mark.django_db
def test_doctor_says_the_version_first(capsys):
    with pytest.raises(SystemExit):
        call_command("doctor", offline=True)

    assert capsys.readouterr().out.startswith(f"right  version: {settings.VERSION}, with Python 3.")


@pytest.mark.django_db
def test_doctor_prints_all_results_in_json(capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", offline=True, as_json=True)

    found = json.loads(capsys.readouterr().out)
    assert found["version"] == settings.VERSION
    assert found["status"] == ["ok", "warning", "error"][ended.value.code]
    assert {"version", "settings", "database", "disk"} <= {check["check"] for check in found["checks"]}
    assert {tuple(check) for check in found["checks"]} == {("check", "status", "message", "remedy")}
    assert all(check["remedy"] for check in found["checks"] if check["status"] != "ok")


# script/release


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the files that a release changes, without a tag, with one change in "Unreleased"."""
    folder = tmp_path / "clone"
    (folder / "script").mkdir(parents=True)
    (folder / "deploy").mkdir()
    for name in (*FILES, "script/release"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "CHANGELOG.md").write_text(CHANGES)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Rose")
    git(folder, "config", "user.email", "rose@example.org")
    commit(folder)
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")


def release(folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, folder / "script/release", version], cwd="/", capture_output=True, text=True
    )


def write_changelog(folder: Path, text: str) -> None:
    (folder / "CHANGELOG.md").write_text(text)
    commit(folder)


def state(folder: Path) -> tuple[str, ...]:
    return (git(folder, "rev-parse", "HEAD"), git(folder, "tag"), git(folder, "status", "--porcelain"))


def refusal(folder: Path, version: str) -> str:
    """What the script says when it refuses a release. It changes nothing then."""
    before = state(folder)
    done = release(folder, version)
    assert done.returncode == 1
    assert state(folder) == before
    return done.stderr.strip()


def headings(folder: Path) -> list[str]:
    return re.findall(r"^## (.*)$", (folder / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_a_release_makes_a_dated_section_of_what_is_unreleased(clone):
    assert release(clone, "1.2.0").returncode == 0

    date = git(clone, "log", "-1", "--format=%ad", "--date=format-local:%Y-%m-%d")
    assert headings(clone) == ["Unreleased", f"1.2.0 - {date}"]
    section = f"## Unreleased\n\n## 1.2.0 - {date}\n"
    assert (clone / "CHANGELOG.md").read_text() == CHANGES.replace("## Unreleased\n", section)


def test_a_release_writes_the_version_into_the_files_and_commits_and_tags_it(clone):
    release(clone, "1.2.0")

    assert tomllib.loads((clone / "pyproject.toml").read_text())["project"]["version"] == "1.2.0"
    assert 'org.opencontainers.image.version="1.2.0"' in (clone / "Dockerfile").read_text()
    kubernetes = (clone / "deploy/kubernetes.yaml").read_text()
    assert set(re.findall(r"/sendiass-site:(\S+)", kubernetes)) == {"1.2.0"}
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "-1", "--format=%s") == "Release 1.2.0"
    assert git(clone, "rev-parse", "v1.2.0^{commit}") == git(clone, "rev-parse", "HEAD")
    assert sorted(git(clone, "show", "--format=", "--name-only", "HEAD").splitlines()) == sorted(FILES)


def test_a_release_prints_the_tags_of_the_image_and_what_web_teams_must_do(clone):
    must_do = "### What you must do\n\n- Make a backup.\n\n### What the site does"
    write_changelog(clone, CHANGES.replace("### What the site does", must_do))

    printed = release(clone, "1.2.0").stdout

    tags = "sendiass-site:1.2.0\nsendiass-site:1.2\nsendiass-site:1\nsendiass-site:latest\n"
    assert tags in printed
    assert "What web teams must do:\n- Make a backup.\nNext: git push origin HEAD v1.2.0\n" in printed


def build_options(printed: str) -> dict[str, list[str]]:
    """The options of the `docker build` command that a release prints, with their values."""
    command = shlex.split(printed.partition("docker build ")[2].replace("\\\n", ""))
    assert command.pop() == "."
    values: dict[str, list[str]] = {}
    for option, value in zip(command[::2], command[1::2], strict=True):
        values.setdefault(option, []).append(value)
    return values


def test_a_release_builds_the_image_with_tags_of_its_version_not_only_latest(clone):
    tags = build_options(release(clone, "1.2.0").stdout)["--tag"]

    assert tags == ["sendiass-site:1.2.0", "sendiass-site:1.2", "sendiass-site:1", "sendiass-site:latest"]


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        ("https://git.example.org/send/site.git", "https://git.example.org/send/site"),
        ("https://rose:secret@git.example.org:8443/send/site", "https://git.example.org:8443/send/site"),
        ("git@git.example.org:send/site.git", "https://git.example.org/send/site"),
        ("ssh://git@git.example.org/send/site.git", "https://git.example.org/send/site"),
    ],
)
def test_a_release_builds_the_image_with_labels_that_say_what_it_was_built_from(clone, origin, source):
    git(clone, "remote", "add", "origin", origin)

    labels = dict(label.split("=", 1) for label in build_options(release(clone, "1.2.0").stdout)["--label"])

    assert labels == {
        "org.opencontainers.image.revision": git(clone, "rev-parse", "v1.2.0^{commit}"),
        "org.opencontainers.image.created": git(clone, "log", "-1", "--format=%cI"),
        "org.opencontainers.image.source": source,
    }
    in_dockerfile = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", (clone / "Dockerfile").read_text()))
    assert in_dockerfile == {"title", "description", "version", "licenses"}


@pytest.mark.parametrize("origin", [None, "/srv/git/site", "file:///srv/git/site"])
def test_a_repository_without_a_web_address_is_no_label(clone, origin):
    if origin:
        git(clone, "remote", "add", "origin", origin)

    printed = release(clone, "1.2.0").stdout

    assert "image.revision=" in printed
    assert "image.source" not in printed


@pytest.mark.parametrize("section", ["Upgrade and roll back", "Back up and restore"])
def test_commands_to_upgrade_and_roll_back_name_a_version(section):
    text = (ROOT / "docs/operating.md").read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    commands = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))

    assert re.findall(r"sendiass-site(?!:1\.\d\.0\b)\S*", commands) == []
    assert "sendiass-site:1." in commands


def test_a_second_release_stands_above_the_first(clone):
    release(clone, "1.2.0")
    text = (clone / "CHANGELOG.md").read_text()
    write_changelog(clone, text.replace("## Unreleased\n", "## Unreleased\n\n- More.\n"))

    printed = release(clone, "1.2.1").stdout

    assert [one.split(" ")[0] for one in headings(clone)] == ["Unreleased", "1.2.1", "1.2.0"]
    assert "Web teams need to do nothing but upgrade." in printed


def test_a_tree_with_changes_is_refused(clone):
    (clone / "new.txt").write_text("New.")

    assert refusal(clone, "1.2.0").startswith("There are changes that are not committed.")


def test_a_tag_that_exists_is_refused(clone):
    git(clone, "tag", "v1.2.0")

    assert refusal(clone, "1.2.0") == "The tag v1.2.0 exists. Choose another version."


@pytest.mark.parametrize(
    "rest", ["", "\n### For readers\n\n", "\n## 0.0.1 - 2026-01-01\n\n- An older one.\n"]
)
def test_an_empty_unreleased_is_refused(clone, rest):
    write_changelog(clone, f"# Changelog\n\n## Unreleased\n{rest}")

    assert refusal(clone, "1.2.0") == '"Unreleased" in CHANGELOG.md is empty. Write what changed.'


def test_a_changelog_without_unreleased_is_refused(clone):
    write_changelog(clone, "# Changelog\n")

    assert refusal(clone, "1.2.0").startswith('CHANGELOG.md has no section "## Unreleased".')


@pytest.mark.parametrize("version", ["1.2", "v1.2.0", "1.02.0", "1.2.0-rc1", "1.2.0\n", "²"])
def test_what_is_no_version_is_refused(clone, version):
    assert "is no version. Give three numbers, for example 1.2.0." in refusal(clone, version)


def test_a_version_that_is_not_newer_is_refused(clone):
    release(clone, "1.2.0")
    text = (clone / "CHANGELOG.md").read_text()
    write_changelog(clone, text.replace("## Unreleased\n", "## Unreleased\n\n- More.\n"))

    assert refusal(clone, "1.1.9") == "1.1.9 is not newer than 1.2.0. Choose a newer version."


def test_a_release_that_cannot_be_committed_leaves_the_files_as_they_were(clone):
    hook = clone / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o700)

    assert refusal(clone, "1.2.0").startswith("git commit failed")
