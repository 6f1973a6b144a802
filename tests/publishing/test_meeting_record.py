"""Loading and exporting the record of meeting sheets: neither a file nor an edit by staff undoes the other."""

import pytest

from leaflets.files.problems import ContentError
from leaflets.models import MeetingSheet
from leaflets.models.site_version import read_site_version
from leaflets.publishing import loading
from leaflets.publishing.export import export_content
from tests.factories import write_content

pytestmark = pytest.mark.django_db


def load(folder, *questions, take=""):
    write_content(folder)
    (folder / "meeting.yaml").write_text("questions:\n" + "".join(f"  - {one}\n" for one in questions))
    return dict(loading.load(folder, take=take).outcomes)["meeting"]


def edit(*questions):
    MeetingSheet.objects.update(questions=list(questions))


def stored():
    return MeetingSheet.objects.get().questions


def test_a_new_file_is_stored(tmp_path):
    assert load(tmp_path, "Why?") == "created"
    assert stored() == ["Why?"]
    assert load(tmp_path, "Why?") == "unchanged"


def test_an_edit_by_staff_stays(tmp_path):
    load(tmp_path, "Why?")
    edit("When?")

    assert load(tmp_path, "Why?") == "kept: edited by staff"
    assert stored() == ["When?"]


def test_two_different_edits_are_a_conflict(tmp_path):
    load(tmp_path, "Why?")
    edit("When?")

    assert load(tmp_path, "Who?") == "conflict: edited by staff and in the file"
    assert loading.find_conflicts(tmp_path) == ["meeting"]
    assert stored() == ["When?"]
    assert load(tmp_path, "Who?", take="file") == "updated"
    assert stored() == ["Who?"]


def test_a_folder_without_the_file_changes_nothing(tmp_path):
    load(tmp_path, "Why?")
    (tmp_path / "meeting.yaml").unlink()

    assert "meeting" not in dict(loading.load(tmp_path).outcomes)
    assert stored() == ["Why?"]


def test_what_is_exported_loads_unchanged(tmp_path):
    load(tmp_path, "Why?", "When?")
    export_content(tmp_path / "out")

    assert dict(loading.load(tmp_path / "out").outcomes)["meeting"] == "unchanged"


def test_a_line_that_is_too_long_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(ContentError, match="at most 200 characters"):
        load(tmp_path, "Why " * 60)


def test_a_change_is_a_new_version_of_the_site(tmp_path):
    load(tmp_path, "Why?")
    before = read_site_version()

    record = MeetingSheet.objects.get()
    record.questions = ["When?"]
    record.save()

    assert read_site_version() != before
