"""The secret key: generated once, and readable by its owner only."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sendiass_site.secret_key import read_or_create
from tests.running_site import TIMEOUT


def test_the_first_start_generates_a_key(tmp_path):
    key = read_or_create(tmp_path / "secret_key")

    assert len(key) >= 50


def test_later_starts_have_the_same_key(tmp_path):
    first = read_or_create(tmp_path / "secret_key")

    assert read_or_create(tmp_path / "secret_key") == first


def test_two_sites_have_different_keys(tmp_path):
    assert read_or_create(tmp_path / "one") != read_or_create(tmp_path / "two")


def test_a_missing_folder_is_created(tmp_path):
    read_or_create(tmp_path / "new" / "folder" / "secret_key")

    assert (tmp_path / "new" / "folder" / "secret_key").is_file()


def test_only_the_owner_can_read_the_key(tmp_path):
    read_or_create(tmp_path / "secret_key")

    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_nothing_but_the_key_is_left_in_the_folder(tmp_path):
    read_or_create(tmp_path / "secret_key")

    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_key_written_by_hand_is_used(tmp_path):
    (tmp_path / "secret_key").write_text("written by the web team\n")

    assert read_or_create(tmp_path / "secret_key") == "written by the web team"


def start_reader(path: Path) -> subprocess.Popen[str]:
    code = (
        "import sys; from pathlib import Path; from sendiass_site.secret_key import read_or_create;"
        "sys.stdin.readline(); print(read_or_create(Path(sys.argv[1])))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_start_at_once_have_the_same_key(tmp_path):
    readers = [start_reader(tmp_path / "secret_key") for _ in range(8)]
    for reader in readers:
        reader.stdin.write("go\n")
        reader.stdin.flush()

    keys = {reader.communicate(timeout=TIMEOUT)[0] for reader in readers}

    assert keys == {(tmp_path / "secret_key").read_text()}


@pytest.mark.parametrize("place", ["a-file/secret_key", "a-folder"])
def test_a_path_that_cannot_be_written_is_named_with_what_to_do(tmp_path, place):
    (tmp_path / "a-file").touch()
    (tmp_path / "a-folder").mkdir()

    with pytest.raises(ImproperlyConfigured) as caught:
        read_or_create(tmp_path / place)

    message = str(caught.value)
    assert str(tmp_path / place) in message
    assert "DATA_DIR" in message
    assert "SECRET_KEY" in message


def test_an_empty_key_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "secret_key").touch()

    with pytest.raises(ImproperlyConfigured) as caught:
        read_or_create(tmp_path / "secret_key")

    assert str(tmp_path / "secret_key") in str(caught.value)
