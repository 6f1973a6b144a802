"""Static files: collected when one changed and not at every start, and there for pages of another version too."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sendiass_site.web import static_files


@pytest.fixture
def ours(tmp_path: Path, settings) -> Path:
    """A folder with one stylesheet of ours."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "ours.css").write_text("p { color: black }")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    return folder


def collected(tmp_path: Path) -> str:
    """Where our stylesheet is served from."""
    static_files.collect(tmp_path / "collected")
    return json.loads((tmp_path / "collected" / "staticfiles.json").read_text())["paths"]["ours.css"]


def written(tmp_path: Path) -> int:
    """When the list of what was collected was written."""
    return (tmp_path / "collected" / "staticfiles.json").stat().st_mtime_ns


def test_the_first_start_collects_them(ours, tmp_path):
    name = collected(tmp_path)

    assert (tmp_path / "collected" / name).read_text() == "p { color: black }"


def test_the_next_start_finds_them_collected(ours, tmp_path):
    collected(tmp_path)
    first = written(tmp_path)

    collected(tmp_path)

    assert written(tmp_path) == first


def test_a_file_that_changed_is_collected_under_a_new_name(ours, tmp_path):
    before = collected(tmp_path)

    (ours / "ours.css").write_text("p { color: white }")

    assert collected(tmp_path) != before


def test_a_file_that_is_new_is_collected(ours, tmp_path):
    collected(tmp_path)

    (ours / "more.css").write_text("")
    collected(tmp_path)

    assert (tmp_path / "collected" / "more.css").exists()


def test_a_start_that_was_killed_meanwhile_is_made_up_for(ours, tmp_path):
    (tmp_path / "collected").mkdir()
    (tmp_path / "collected" / "ours.css").write_text("p {")

    assert (tmp_path / "collected" / collected(tmp_path)).read_text() == "p { color: black }"


def test_a_folder_without_them_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)

    with pytest.raises(ImproperlyConfigured, match=f"the folder {tmp_path} has no static files"):
        static_files.collect(tmp_path)


def test_a_page_of_another_version_gets_the_stylesheet_of_this_one(client):
    response = client.get("/static/site.0123456789ab.css")

    assert response.status_code == 200
    assert b"".join(response) == (Path(settings.STATICFILES_DIRS[0]) / "site.css").read_bytes()
    assert response["Cache-Control"] == "public, max-age=60"
    assert response["Content-Type"].startswith("text/css")


@pytest.mark.parametrize(
    "name",
    [
        "no-such.0123456789ab.css",
        "site.0123456789ab.js",
        "..%2Fmanage.0123456789ab.py",
        "site.css%00",
        "%2Fetc%2Fpasswd",
    ],
)
def test_a_file_that_there_never_was_is_not_found(client, db, name):
    assert client.get(f"/static/{name}").status_code == 404
