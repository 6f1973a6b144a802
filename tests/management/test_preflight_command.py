"""The command preflight: errors and hints for stored leaflets and for files."""

import datetime as dt
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from leaflets.models import Leaflet
from leaflets.publishing import drafts, editions
from tests.factories import (
    basis_of,
    draft_as_staff,
    get_officer,
    leaflet_with_introduction,
    load,
    published_edition,
    run_manage,
    write_content,
)
from tests.texts import leaflet, leaflet_text

POSTCODE_HINT = "EX1 9ZZ is printed here, and EX1 2AB in the service's record. Find out which is right."


def run(*arguments, **options):
    """Run the command; return its exit status and what it printed."""
    printed = StringIO()
    try:
        call_command("preflight", *map(str, arguments), stdout=printed, **options)
    except SystemExit as ended:
        return ended.code, printed.getvalue()
    return 0, printed.getvalue()


# Stored texts


@pytest.mark.django_db
def test_live_editions_are_checked(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to EX1 9ZZ.")])

    assert run() == (
        0,
        f"sen-support (published, edition 1)\n  hint: In the introduction: {POSTCODE_HINT}\n\n0 errors, 1 hint.\n",
    )


@pytest.mark.django_db
def test_a_draft_is_checked_instead_of_the_live_edition(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to EX1 9ZZ.")])
    draft_as_staff("Write to EX1 2AB.")

    assert run() == (0, "sen-support (draft, edition 2)\n\n0 errors, 0 hints.\n")


@pytest.mark.django_db
def test_a_missing_file_of_a_stored_text_is_an_error_and_of_a_content_file_a_hint(tmp_path):
    write_content(tmp_path, leaflets=[leaflet_with_introduction("[The plan](/media/plan.pdf)")])
    load(tmp_path, leaflets=[leaflet_with_introduction("[The plan](/media/plan.pdf)")])
    words = "The link to `/media/plan.pdf` leads to a file that is not on this site."

    stored, of_files = run(), run(content=tmp_path)

    assert stored[0] == 1
    assert f"  error: In the introduction: {words}" in stored[1]
    assert of_files[0] == 0
    assert f"  hint in line 7: {words}" in of_files[1]


@pytest.mark.django_db
def test_a_mark_that_readers_would_see_is_an_error_of_a_stored_text_and_a_hint_of_a_file(tmp_path):
    write_content(tmp_path, leaflets=[leaflet_with_introduction("You ~~may~~.")])
    load(tmp_path, leaflets=[leaflet_with_introduction("You ~~may~~.")])

    stored, of_files = run(), run(content=tmp_path)

    assert stored[0] == 1
    assert "  error: In the introduction: `~~` strikes nothing out" in stored[1]
    assert of_files[0] == 0
    assert "  hint in line 7: `~~` strikes nothing out" in of_files[1]


@pytest.mark.django_db
def test_an_error_names_its_heading_and_exits_with_1(tmp_path):
    load(tmp_path, leaflets=[leaflet()])
    draft_as_staff("[Help](/leaflets/nowhere/)\n\n<b>Now</b>")

    status, printed = run()

    assert status == 1
    assert "  error: In the introduction: The link to `/leaflets/nowhere/` leads nowhere." in printed
    assert "  error: In the introduction: `<b>` is HTML, which is not used here." in printed
    assert printed.endswith("\n3 errors, 0 hints.\n")


@pytest.mark.django_db
def test_an_error_outside_a_section_names_no_heading(tmp_path):
    load(tmp_path, leaflets=[leaflet(slug="plans")])
    Leaflet.objects.update(slug="contact", placement="footer")
    published_edition("contact").leaflet.editions.update(placement="footer")

    status, printed = run()

    assert status == 1
    assert "  error: The address /contact/ is taken by the site." in printed


@pytest.mark.django_db
def test_leaflets_can_be_selected_by_slug(tmp_path):
    load(tmp_path, leaflets=[leaflet(slug="a"), leaflet(slug="b", formerly=("old-b",)), leaflet(slug="c")])

    _, printed = run("c", "old-b", "c")

    assert printed.splitlines()[:2] == ["b (published, edition 1)", "c (published, edition 1)"]


@pytest.mark.django_db
def test_an_unknown_leaflet_is_reported(tmp_path):
    load(tmp_path, leaflets=[leaflet()])

    with pytest.raises(CommandError, match=r"There is no leaflet `nowhere` to look at."):
        run("nowhere")


@pytest.mark.django_db
def test_withdrawn_leaflets_are_not_checked(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to EX1 9ZZ.")])
    editions.withdraw(Leaflet.objects.get())

    assert run() == (0, "\n0 errors, 0 hints.\n")


@pytest.mark.django_db
def test_a_review_that_found_nothing_to_change_moves_the_date(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", review=dt.date(2020, 1, 1))])
    assert "The review date, 1 January 2020, has passed." in run()[1]

    drafts.record_review(
        Leaflet.objects.get(),
        basis=basis_of(published_edition()),
        by=get_officer(),
        next_on=dt.date(2099, 1, 1),
    )

    assert "review date" not in run()[1]


@pytest.mark.django_db
def test_before_the_first_load_the_command_says_what_to_do():
    with pytest.raises(CommandError, match=r"Nothing was loaded yet. Run `load_leaflets` first."):
        run()


# Files


def test_files_are_checked_without_a_database(tmp_path):
    folder = write_content(tmp_path, leaflets=[leaflet_with_introduction("Write to EX1 9ZZ.")])

    status, printed = run(content=folder)

    assert status == 0
    assert printed == (
        f"{folder}/leaflets/sen-support.md\n"
        f"  hint in line 7: In the introduction: {POSTCODE_HINT}\n\n0 errors, 1 hint.\n"
    )


def test_every_file_with_an_error_is_listed_and_the_exit_status_is_1(tmp_path):
    folder = write_content(tmp_path)
    (folder / "leaflets" / "broken.md").write_text(leaflet_text("<b>Now</b>", code=None))
    (folder / "leaflets" / "letters.md").write_bytes(b"\xff")
    record = folder / "service.yaml"
    record.write_text(record.read_text() + "fax: '1'\n")

    status, printed = run(content=folder)

    assert status == 1
    for name in ("leaflets/broken.md", "leaflets/letters.md", "service.yaml"):
        assert f"{folder / name}\n  error in line " in printed
    assert printed.count(f"{folder}/leaflets/sen-support.md\n") == 1


def test_files_can_be_selected_by_path(tmp_path):
    folder = write_content(tmp_path, leaflets=[leaflet(slug="a"), leaflet(slug="b")])
    (folder / "leaflets" / "broken.md").write_text(leaflet_text("<b>Now</b>"))

    assert run("b", content=folder) == (0, f"{folder}/leaflets/b.md\n\n0 errors, 0 hints.\n")


def test_a_folder_without_a_service_is_reported(tmp_path):
    with pytest.raises(CommandError, match=r"service\.yaml"):
        run(content=tmp_path)


@pytest.mark.server
def test_the_command_prints_the_two_postcodes_of_the_real_leaflet():
    status, printed, errors = run_manage(
        "preflight", "--content", settings.BASE_DIR / "content", DATABASE_URL="sqlite:////nowhere/db.sqlite3"
    )

    assert (status, errors) == (0, "")
    assert (
        "In “Have Your Say”: TS25 1AF is printed here, and TS25 4AF in the service's record and in "
        "“Hartlepool SEND Information, Advice and Support Service”."
    ) in printed
