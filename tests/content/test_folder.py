"""Reading and writing a content folder, and files that cannot be read."""

import shutil

import pytest

from leaflets.content.folder import MAX_FILE_BYTES, Content, read_folder, write_folder
from leaflets.files.problems import ContentError, Kind, Problem
from tests.texts import (
    CODE_TEXT,
    SERVICE_TEXT,
    SOURCE_TEXT,
    code,
    leaflet,
    leaflet_text,
    lines_and_messages,
    service,
    source,
)


@pytest.fixture
def folder(tmp_path):
    """A content folder without problems."""
    (tmp_path / "service.yaml").write_text(SERVICE_TEXT)
    code_folder = tmp_path / "law" / "code-of-practice"
    code_folder.mkdir(parents=True)
    (code_folder / "source.yaml").write_text(SOURCE_TEXT)
    (code_folder / "2015-january.yaml").write_text(CODE_TEXT)
    (tmp_path / "leaflets").mkdir()
    (tmp_path / "leaflets" / "sen-support.md").write_text(leaflet_text())
    return tmp_path


def test_a_folder_is_read_as_a_service_the_law_and_leaflets(folder):
    (folder / "leaflets" / "exclusion.md").write_text(leaflet_text(title="Exclusion"))

    content, problems = read_folder(folder)

    assert problems == []
    assert content.service == service()
    assert content.sources == (source(),)
    assert content.versions == (code(),)
    assert [leaflet.slug for leaflet in content.leaflets] == ["exclusion", "sen-support"]


def test_files_of_other_kinds_are_ignored(folder):
    (folder / "leaflets" / "notes.txt").write_text("Ask Ann.")
    (folder / "README.md").write_text("How to write a leaflet.")

    content, problems = read_folder(folder)

    assert problems == []
    assert len(content.leaflets) == 1


def test_a_written_folder_reads_as_the_same_content(tmp_path):
    content = Content(
        service(), (source(),), (code(),), (leaflet(slug="exclusion"), leaflet(slug="sen-support"))
    )

    written = write_folder(tmp_path / "new" / "folder", content)

    assert [str(path.relative_to(tmp_path / "new" / "folder")) for path in written] == [
        "service.yaml",
        "law/code-of-practice/source.yaml",
        "law/code-of-practice/2015-january.yaml",
        "leaflets/exclusion.md",
        "leaflets/sen-support.md",
    ]
    assert read_folder(tmp_path / "new" / "folder") == (content, [])


def test_a_folder_in_canonical_form_is_written_byte_for_byte(folder, tmp_path):
    content, _ = read_folder(folder)
    first = {path: path.read_bytes() for path in write_folder(tmp_path, content)}

    content, _ = read_folder(tmp_path)
    second = {path: path.read_bytes() for path in write_folder(tmp_path, content)}

    assert second == first


def test_a_problem_in_a_file_names_the_file(folder):
    path = folder / "leaflets" / "sen-support.md"
    path.write_text(leaflet_text(title=None))

    _, problems = read_folder(folder)

    assert problems == [
        Problem(str(path), 2, "`title` is missing. Add a line `title: …`.", Kind.FIELD_MISSING)
    ]


def test_a_file_that_cannot_be_read_is_reported(folder):
    path = folder / "leaflets" / "gone.md"
    path.symlink_to(folder / "nowhere.md")

    content, problems = read_folder(folder)

    assert problems == [
        Problem(str(path), 1, "The file cannot be read: No such file or directory.", Kind.FILE_UNREADABLE)
    ]
    assert [leaflet.slug for leaflet in content.leaflets] == ["sen-support"]


def test_a_folder_with_the_name_of_a_leaflet_is_reported(folder):
    path = folder / "leaflets" / "exclusion.md"
    path.mkdir()

    _, problems = read_folder(folder)

    assert problems == [
        Problem(str(path), 1, "The file cannot be read: Is a directory.", Kind.FILE_UNREADABLE)
    ]


def test_text_that_is_not_utf_8_is_reported_with_its_line(folder):
    path = folder / "leaflets" / "sen-support.md"
    path.write_bytes(
        leaflet_text("Où?\n\nA café").encode().replace("café".encode(), "café".encode("latin-1"))
    )

    _, problems = read_folder(folder)

    assert problems == [
        Problem(
            str(path),
            10,
            "This is not UTF-8 text. Save the file again with the encoding UTF-8.",
            Kind.FILE_UNREADABLE,
        )
    ]


def test_a_file_that_is_too_large_is_reported_and_not_read(folder):
    path = folder / "leaflets" / "sen-support.md"
    path.write_bytes(b"\xff" * (MAX_FILE_BYTES + 1))

    _, problems = read_folder(folder)

    assert problems == [
        Problem(str(path), 1, "This file is larger than 1 MB. Is it the right one?", Kind.FILE_UNREADABLE)
    ]


def test_a_folder_without_leaflets_is_reported(folder):
    (folder / "leaflets" / "sen-support.md").unlink()

    _, problems = read_folder(folder)

    assert problems == [
        Problem(
            str(folder / "leaflets"),
            1,
            "There is no `*.md` file in this folder. Add one.",
            Kind.FILE_MISSING,
        )
    ]


def test_a_folder_without_law_is_read(folder):
    shutil.rmtree(folder / "law")

    content, problems = read_folder(folder)

    assert problems == []
    assert (content.sources, content.versions) == ((), ())


def test_a_version_without_its_source_is_reported(folder):
    (folder / "law" / "code-of-practice" / "source.yaml").unlink()

    _, problems = read_folder(folder)

    assert problems == [
        Problem(
            str(folder / "law" / "code-of-practice"),
            1,
            "There is no `source.yaml` in this folder. Add one that says which law this is.",
            Kind.FILE_MISSING,
        )
    ]


@pytest.mark.parametrize("name", ["Equality_Act", "equality act", "ea-"])
def test_the_folder_of_a_source_is_named_as_in_its_address(folder, name):
    (folder / "law" / name).mkdir()
    (folder / "law" / name / "source.yaml").write_text(SOURCE_TEXT)

    _, problems = read_folder(folder)

    assert lines_and_messages(problems) == [
        (1, f"Rename the folder: `{name}` has to be small letters, digits and hyphens.")
    ]


def test_the_file_of_a_version_is_named_as_in_its_address(folder):
    (folder / "law" / "code-of-practice" / "January 2027.yaml").write_text(CODE_TEXT)

    _, problems = read_folder(folder)

    assert lines_and_messages(problems) == [
        (1, "Rename the file: `January 2027` has to be small letters, digits and hyphens.")
    ]


def test_a_version_with_a_mistake_is_reported_with_its_file_and_line(folder):
    path = folder / "law" / "code-of-practice" / "2015-january.yaml"
    path.write_text(CODE_TEXT.replace("'6.17'", "'6.017'"))

    _, problems = read_folder(folder)

    assert [(problem.path, problem.line) for problem in problems] == [(str(path), 9)]


def test_the_old_folder_of_the_code_is_named_with_its_new_place(folder):
    (folder / "code-of-practice").mkdir()

    _, problems = read_folder(folder)

    assert [problem.path for problem in problems] == [str(folder / "code-of-practice")]
    assert problems[0].message.startswith("This folder is now `law/code-of-practice`")


def test_content_without_a_service_cannot_be_used(folder):
    (folder / "service.yaml").unlink()
    (folder / "leaflets" / "sen-support.md").write_text(leaflet_text(title=None))

    with pytest.raises(ContentError) as error:
        read_folder(folder)

    assert str(error.value) == (
        f"{folder}/leaflets/sen-support.md:2: `title` is missing. Add a line `title: …`.\n"
        f"{folder}/service.yaml:1: The file cannot be read: No such file or directory."
    )


def test_an_empty_folder_cannot_be_used(tmp_path):
    with pytest.raises(ContentError) as error:
        read_folder(tmp_path)

    assert [problem.path for problem in error.value.problems] == [
        str(tmp_path / "leaflets"),
        str(tmp_path / "service.yaml"),
    ]
