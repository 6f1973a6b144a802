"""Static files: collected only if they changed, and served for pages of other versions."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sendiass_site import settings as site_settings
from sendiass_site.web import static_files


@pytest.fixture
def static_folder(tmp_path: Path, settings) -> Path:
    """The only folder with static files; it has one stylesheet."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "style.css").write_text("p { color: black }")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    return folder


def collected(tmp_path: Path) -> str:
    """Collect static files; return the hashed name of the stylesheet."""
    static_files.collect(tmp_path / "collected")
    return json.loads((tmp_path / "collected" / "staticfiles.json").read_text())["paths"]["style.css"]


def written(tmp_path: Path) -> int:
    """Return when the manifest was written."""
    return (tmp_path / "collected" / "staticfiles.json").stat().st_mtime_ns


def test_the_first_start_collects_static_files(static_folder, tmp_path):
    name = collected(tmp_path)

    assert (tmp_path / "collected" / name).read_text() == "p { color: black }"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("/* why */\np { color: black } /* a\n * b */", "\np { color: black } "),
        ("""p::after { content: "/* no */" '\\'/*' }""", """p::after { content: "/* no */" '\\'/*' }"""),
        ("/*! MIT */p{}", "/*! MIT */p{}"),
        ("p{} /* not closed", "p{} /* not closed"),
    ],
)
def test_stylesheets_are_stored_without_comments(static_folder, tmp_path, settings, written, stored):
    settings.STORAGES = site_settings.STORAGES
    (static_folder / "style.css").write_text(written)

    assert (tmp_path / "collected" / collected(tmp_path)).read_text() == stored


def test_the_next_start_does_not_collect_them_again(static_folder, tmp_path):
    collected(tmp_path)
    first = written(tmp_path)

    collected(tmp_path)

    assert written(tmp_path) == first


def test_a_file_that_changed_is_collected_under_a_new_name(static_folder, tmp_path):
    before = collected(tmp_path)

    (static_folder / "style.css").write_text("p { color: white }")

    assert collected(tmp_path) != before


def test_a_file_that_is_new_is_collected(static_folder, tmp_path):
    collected(tmp_path)

    (static_folder / "more.css").write_text("")
    collected(tmp_path)

    assert len(list((tmp_path / "collected").glob("more.*.css"))) == 1


def test_a_file_is_stored_and_compressed_under_its_hashed_name_only(static_folder, settings, tmp_path):
    settings.STORAGES = site_settings.STORAGES
    (static_folder / "style.css").write_text("p { color: black }" * 100)

    name = collected(tmp_path)

    stored = {path.name for path in (tmp_path / "collected").glob("*.css*")}
    assert stored == {name, f"{name}.gz", f"{name}.br"}


def test_files_of_a_start_that_was_killed_are_collected_again(static_folder, tmp_path):
    (tmp_path / "collected").mkdir()
    (tmp_path / "collected" / "style.css").write_text("p {")

    assert (tmp_path / "collected" / collected(tmp_path)).read_text() == "p { color: black }"


def test_an_empty_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)

    with pytest.raises(ImproperlyConfigured, match=f"the folder {tmp_path} has no static files"):
        static_files.collect(tmp_path)


def test_a_file_is_also_served_under_its_own_name(client):
    response = client.get("/static/site.css")

    assert b"".join(response) == (Path(settings.STATICFILES_DIRS[0]) / "site.css").read_bytes()


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
        "admin/",
        "admin",
        "admin/css/",
        "admin/css",
        "x" * 5000,
    ],
)
def test_an_unknown_file_is_not_found(client, db, name):
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("autorefresh", [True, False], ids=["with DEBUG", "in production"])
@pytest.mark.parametrize(
    "name", ["staticfiles.json", "staticfiles.json.gz", "collected-from", "collected-from.br"]
)
def test_files_about_the_static_files_are_not_served(client, db, settings, name, autorefresh):
    settings.WHITENOISE_AUTOREFRESH = autorefresh
    (Path(settings.STATIC_ROOT) / name).touch()

    assert client.get(f"/static/{name}").status_code == 404
