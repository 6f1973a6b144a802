"""The commands load_leaflets and export_leaflets, and commands without a usable database."""

import json
import os
import re
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from leaflets.content import markdown
from leaflets.models import Leaflet
from leaflets.publishing import loading
from tests.environment import new_postgresql
from tests.factories import (
    edit_as_staff,
    introduction_of,
    leaflet_with_introduction,
    load,
    published_edition,
    run_manage,
    write_content,
)
from tests.running_site import free_port
from tests.texts import leaflet

# The databases are those of the functions that the commands call, which have tests of their own.
pytestmark = pytest.mark.any_database


def run(*arguments, **options):
    """Run a command; return its standard output and standard error."""
    printed, errors = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=printed, stderr=errors, **options)
    return printed.getvalue(), errors.getvalue()


# load_leaflets


@pytest.mark.django_db
def test_loading_prints_the_outcome_of_each_file(tmp_path):
    printed, errors = run("load_leaflets", write_content(tmp_path))

    assert printed == (
        "service: created\ncode-of-practice: created\ncode-of-practice/2015-january: created\nsen-support: created\n"
    )
    assert errors == ""


@pytest.mark.django_db
def test_loading_without_a_folder_loads_the_sites_own_content():
    printed, _errors = run("load_leaflets")

    assert "sen-in-mainstream-schools: created\n" in printed


@pytest.mark.django_db
def test_loading_prints_fact_hints(tmp_path):
    write_content(tmp_path, leaflets=[leaflet_with_introduction("Write to us: EX1 9ZZ")])

    printed, _errors = run("load_leaflets", tmp_path)

    assert f"Please look at {tmp_path}/leaflets/sen-support.md:7: In the introduction: EX1 9ZZ" in printed


@pytest.mark.django_db
def test_a_file_with_marks_that_readers_would_see_is_loaded_and_named(tmp_path):
    write_content(tmp_path, leaflets=[leaflet_with_introduction("You **must.")])

    checked, _errors = run("load_leaflets", tmp_path, check=True)
    printed, _errors = run("load_leaflets", tmp_path)

    for words in (checked, printed):
        assert f"Please look at {tmp_path}/leaflets/sen-support.md:7: `**` makes nothing bold here" in words
    assert "sen-support: created" in printed


@pytest.mark.django_db
def test_loading_prints_how_many_editions_were_rerendered(tmp_path, monkeypatch):
    load(tmp_path)
    monkeypatch.setattr(markdown, "VERSION", "next")

    printed, _errors = run("load_leaflets", tmp_path)

    assert printed.endswith("1 editions were drawn again for this version of the site.\n")


@pytest.mark.django_db
def test_loading_prints_leaflets_without_a_file(tmp_path):
    load(tmp_path, leaflets=[leaflet(), leaflet(slug="transport")])

    printed, _errors = run("load_leaflets", write_content(tmp_path))

    assert "transport: no file: withdraw it in the admin if it should go\n" in printed


@pytest.fixture
def conflict(tmp_path):
    """A content folder with a leaflet that was changed both by staff and in its file."""
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.")])
    edit_as_staff("From staff.")
    return write_content(tmp_path, leaflets=[leaflet_with_introduction("From the changed file.")])


@pytest.mark.django_db
def test_a_conflict_is_explained_and_stops_nothing(conflict):
    printed, errors = run("load_leaflets", conflict)

    assert "sen-support: conflict: edited by staff and in the file\n" in printed
    assert "`--take file`" in errors
    assert "`--take site`" in errors
    assert introduction_of(published_edition()) == "From staff."


@pytest.mark.django_db
def test_a_conflict_exits_with_status_3_when_strict(conflict):
    with pytest.raises(SystemExit) as stopped:
        run("load_leaflets", conflict, strict=True)

    assert stopped.value.code == 3


@pytest.mark.django_db
def test_strict_changes_nothing_without_a_conflict(tmp_path):
    printed, errors = run("load_leaflets", write_content(tmp_path), strict=True)

    assert "sen-support: created\n" in printed
    assert errors == ""


@pytest.mark.django_db
@pytest.mark.parametrize(("take", "words"), [("file", "From the changed file."), ("site", "From staff.")])
def test_take_resolves_a_conflict(take, words, conflict):
    run("load_leaflets", conflict, take=take, strict=True)

    assert introduction_of(published_edition()) == words
    assert "conflict" not in run("load_leaflets", conflict)[0]


def test_take_accepts_file_and_site_only(tmp_path):
    with pytest.raises(CommandError, match="invalid choice: 'both'"):
        run("load_leaflets", tmp_path, "--take", "both")


@pytest.mark.django_db
def test_all_problems_are_listed_and_nothing_is_loaded(tmp_path):
    write_content(
        tmp_path, leaflets=[leaflet(), leaflet_with_introduction("[Read](/nowhere/) (6.3).", slug="bad")]
    )

    with pytest.raises(CommandError) as refused:
        run("load_leaflets", tmp_path)

    lines = str(refused.value).splitlines()
    assert [line.partition("bad.md:")[2][:9] for line in lines[:2]] == ["7: (6.3) ", "7: The li"]
    assert lines[2:] == ["", "Nothing was loaded: correct the above first (2 in all)."]
    assert not Leaflet.objects.exists()


@pytest.mark.django_db
def test_loading_a_leaflet_whose_picture_is_missing_succeeds_and_says_so(tmp_path):
    picture = f"/media/pictures/{'0' * 64}.png"

    printed, errors = run(
        "load_leaflets",
        write_content(tmp_path, leaflets=[leaflet_with_introduction(f"![A child]({picture})")]),
    )

    assert "sen-support: created\n" in printed
    assert f"Please look at {tmp_path}/leaflets/sen-support.md:7: There is no picture `{picture}`" in printed
    assert errors == ""


# --check. These tests have no database: a query would fail them.


def test_check_reads_all_files_without_a_query(tmp_path):
    printed, errors = run("load_leaflets", write_content(tmp_path), check=True)

    assert printed == "1 leaflets checked: nothing is wrong.\n"
    assert errors == ""


def test_check_prints_which_files_are_missing_and_does_not_fail(tmp_path):
    printed, errors = run(
        "load_leaflets",
        write_content(tmp_path, leaflets=[leaflet_with_introduction("[The plan](/media/plan.pdf)")]),
        check=True,
    )

    assert "leaflets/sen-support.md:7: The link to `/media/plan.pdf` leads to a file that is not" in printed
    assert printed.endswith("1 leaflets checked: nothing is wrong.\n")
    assert errors == ""


def test_check_lists_all_problems(tmp_path):
    write_content(tmp_path, leaflets=[leaflet_with_introduction("Help<br>")])

    with pytest.raises(CommandError, match=r"sen-support.md:7: `<br>` is HTML"):
        run("load_leaflets", tmp_path, check=True)


def test_a_missing_folder_is_reported_as_a_problem(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere/service.yaml:1: The file cannot be read"):
        run("load_leaflets", tmp_path / "nowhere", check=True)


def test_problems_inside_the_project_have_relative_paths():
    with pytest.raises(CommandError, match=r"^tests/"):
        run("load_leaflets", settings.BASE_DIR / "tests", check=True)


# As separate processes

NO_DATABASE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere"}


def test_check_of_an_invalid_folder_exits_with_1_and_prints_problems_on_stderr(tmp_path):
    write_content(tmp_path, leaflets=[leaflet_with_introduction("Help<br>")])

    status, printed, errors = run_manage("load_leaflets", "--check", tmp_path, **NO_DATABASE)

    assert (status, printed) == (1, "")
    assert errors.startswith(f"CommandError: {tmp_path}/leaflets/sen-support.md:7: `<br>` is HTML")
    assert "Traceback" not in errors


# export_leaflets


@pytest.mark.django_db
def test_exporting_says_how_many_files_were_written(tmp_path):
    load(tmp_path / "in")

    printed, _errors = run("export_leaflets", tmp_path / "out")

    assert printed == f"4 files written to {tmp_path}/out.\n"
    assert (tmp_path / "out/leaflets/sen-support.md").exists()


@pytest.mark.django_db
def test_exporting_before_the_first_load_says_what_to_do(tmp_path):
    with pytest.raises(CommandError, match="Run `load_leaflets` first"):
        run("export_leaflets", tmp_path)


@pytest.mark.django_db
def test_exporting_to_an_existing_file_is_an_error(tmp_path):
    load(tmp_path / "in")
    (tmp_path / "out").write_text("A file.")

    with pytest.raises(CommandError, match="out"):
        run("export_leaflets", tmp_path / "out")


@pytest.mark.django_db
def test_exporting_over_the_folder_that_was_loaded_changes_no_file(tmp_path):
    load(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    run("export_leaflets", tmp_path)

    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
    assert loading.load(tmp_path).conflicts == []


# Empty and missing databases

NO_TABLES = r"The database cannot be used: .+ See `manage\.py doctor`\."
# Runs each argument as a command of manage.py, in one process, and prints how each ended and what it printed.
EACH = """
import contextlib, io, json, runpy, sys
ends = {}
for command in sys.argv[1:]:
    sys.argv = ["manage.py", *command.split()]
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            runpy.run_path("manage.py", run_name="__main__")
        except SystemExit as exited:
            ends[command] = exited.code, errors.getvalue()
        except Exception as error:
            ends[command] = type(error).__name__, errors.getvalue()
print(json.dumps(ends))
"""
CHECK = "check --database default --fail-level WARNING"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ends(request, tmp_path_factory) -> dict[str, tuple[int | str, str]]:
    """How commands end with a database without tables: the exit status, message or exception, and standard error."""
    if request.param == "postgresql":
        url = new_postgresql()
    else:
        file = tmp_path_factory.mktemp("empty") / "db.sqlite3"
        file.touch()
        url = f"sqlite:///{file}"
    commands = ["load_leaflets", "purge_feedback", "send_notifications", "load_leaflets --traceback", CHECK]
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", EACH, *commands],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(process.stdout)


@pytest.mark.parametrize("command", ["load_leaflets", "purge_feedback", "send_notifications"])
def test_a_command_with_an_empty_database_ends_with_one_line(ends, command):
    message, errors = ends[command]

    assert re.fullmatch(NO_TABLES, message)
    assert errors == ""


def test_traceback_prints_the_whole_traceback(ends):
    assert ends["load_leaflets --traceback"][0] in ("OperationalError", "ProgrammingError")


def test_check_warns_of_an_empty_database(ends):
    status, errors = ends[CHECK]

    assert status == 1
    assert "The database is empty." in errors


def test_a_command_without_a_database_prints_one_line():
    address = f"postgres://site:secret@127.0.0.1:{free_port()}/site"

    status, _printed, errors = run_manage("load_leaflets", DATABASE_URL=address)

    assert status == 1
    assert re.fullmatch(NO_TABLES + "\n", errors)
    assert "secret" not in errors


@pytest.mark.django_db
def test_check_accepts_a_migrated_database():
    call_command("check", databases=["default"], fail_level="WARNING")
