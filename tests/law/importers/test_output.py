"""Writing an imported version to a content folder: all of it, or nothing."""

import datetime as dt
import os
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from leaflets.law.importers.output import IfThere, source_at, stored_source, stored_version, write_import
from leaflets.law.importers.results import Imported, ImportFailed
from leaflets.law.sources import ProvisionSource, VersionSource
from tests.law.importers.documents import CODE

VERSION = VersionSource(
    "code-of-practice",
    "january-2015",
    "January 2015",
    dt.date(2015, 4, 1),
    CODE.url,
    chapters=(("6", "Schools"),),
    provisions=(
        ProvisionSource("6.1", "6", "", "Schools **must**:\n\n- plan\n  - do"),
        ProvisionSource("6.2", "6", "", "a: b"),
    ),
)
IMPORTED = Imported(CODE, VERSION)


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_is_read_as_it_was_imported(tmp_path: Path) -> None:
    written, removed = write_import(IMPORTED, tmp_path)

    folder = tmp_path / "law" / "code-of-practice"
    assert written == [folder / "source.yaml", folder / "january-2015.yaml"]
    assert stored_version(tmp_path, CODE, "january-2015") == VERSION
    assert stored_source(tmp_path, "code-of-practice") == source_at(tmp_path, CODE.url) == CODE
    assert removed == []


def test_the_record_of_a_source_is_not_changed(tmp_path: Path) -> None:
    write_import(IMPORTED, tmp_path)
    later = replace(VERSION, slug="2027", in_force_from=dt.date(2027, 9, 1))

    written, _removed = write_import(Imported(replace(CODE, title="Another"), later), tmp_path)

    assert [path.name for path in written] == ["2027.yaml"]
    assert stored_source(tmp_path, "code-of-practice") == CODE


def test_an_existing_version_is_replaced_only_when_asked(tmp_path: Path) -> None:
    write_import(IMPORTED, tmp_path)
    before = files(tmp_path)
    shorter = Imported(CODE, replace(VERSION, provisions=VERSION.provisions[:1]))

    with pytest.raises(ImportFailed, match="exists already"):
        write_import(shorter, tmp_path)
    assert files(tmp_path) == before

    _written, removed = write_import(shorter, tmp_path, IfThere.REPLACE)
    assert removed == ["Paragraph 6.2 was in the file before, and is not now."]
    assert stored_version(tmp_path, CODE, "january-2015") == shorter.version


def test_numbers_that_only_another_version_has_are_said(tmp_path: Path) -> None:
    write_import(IMPORTED, tmp_path)
    part = replace(VERSION, slug="2027", in_force_from=dt.date(2027, 9, 1), provisions=VERSION.provisions[1:])

    _written, remarks = write_import(Imported(CODE, part), tmp_path)

    assert remarks == ["january-2015.yaml has paragraphs that this version has not: 6.1."]


def test_provisions_are_added_to_a_version(tmp_path: Path) -> None:
    write_import(IMPORTED, tmp_path)
    more = replace(
        VERSION,
        label="Another label",
        has_unapplied_changes=True,
        chapters=(("6", "Schools"), ("10", "Youth")),
        provisions=(ProvisionSource("6.2", "6", "", "c"), ProvisionSource("10.1", "10", "", "d")),
    )

    _written, changes = write_import(Imported(CODE, more), tmp_path, IfThere.ADD)

    assert stored_version(tmp_path, CODE, "january-2015") == replace(
        VERSION,
        has_unapplied_changes=True,
        chapters=more.chapters,
        provisions=(VERSION.provisions[0], *more.provisions),
    )
    assert changes == ["Paragraph 6.2 had other words in the file before."]


def test_two_versions_cannot_start_on_one_day(tmp_path: Path) -> None:
    write_import(IMPORTED, tmp_path)
    before = files(tmp_path)

    with pytest.raises(ImportFailed, match=r"january-2015.yaml is in force from 2015-04-01 too"):
        write_import(Imported(CODE, replace(VERSION, slug="second")), tmp_path)

    assert files(tmp_path) == before


@pytest.mark.parametrize("slug", ["../january", "January 2015", "source", ""])
def test_a_slug_that_is_no_file_name_is_refused(tmp_path: Path, slug: str) -> None:
    with pytest.raises(ImportFailed, match="cannot be the name of a file here"):
        write_import(Imported(CODE, replace(VERSION, slug=slug)), tmp_path)

    assert files(tmp_path) == {}


def test_a_version_that_the_loader_would_refuse_is_not_written(tmp_path: Path) -> None:
    wrong = replace(VERSION, provisions=(ProvisionSource("7.1", "7", "", "Words."),))

    with pytest.raises(ImportFailed, match=r"Paragraph 7.1 is in a chapter that is not listed above"):
        write_import(Imported(CODE, wrong), tmp_path)

    assert files(tmp_path) == {}


def test_a_damaged_record_of_the_source_is_said_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "law" / "code-of-practice"
    folder.mkdir(parents=True)
    (folder / "source.yaml").write_text("kind: codex\n")

    with pytest.raises(ImportFailed, match=r"source.yaml:1: `kind: codex` is not one of"):
        write_import(IMPORTED, tmp_path)

    assert list(files(tmp_path)) == ["law/code-of-practice/source.yaml"]


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "law").write_text("a file, not a folder")

    with pytest.raises(ImportFailed, match=r"cannot be (written to|read)"):
        write_import(IMPORTED, tmp_path)

    assert files(tmp_path) == {"law": "a file, not a folder"}


def test_a_folder_in_the_place_of_the_file_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "law" / "code-of-practice" / "january-2015.yaml"
    folder.mkdir(parents=True)
    (folder / "kept").write_text("kept")

    with pytest.raises(ImportFailed, match="Nothing was written"):
        write_import(IMPORTED, tmp_path, IfThere.REPLACE)

    assert list(files(tmp_path)) == ["law/code-of-practice/january-2015.yaml/kept"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_write_that_fails_half_way_leaves_what_was_there(tmp_path: Path, exists: bool) -> None:
    if exists:
        write_import(IMPORTED, tmp_path)
    before = files(tmp_path)
    long = Imported(
        CODE, replace(VERSION, provisions=(ProvisionSource("6.1", "6", "", ("word " * 20_000).strip()),))
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    # As on a full disk: the record of the source can be written, and the version cannot.
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, limits[1]))
    try:
        with pytest.raises(ImportFailed, match="cannot be written to: File too large"):
            write_import(long, tmp_path, IfThere.REPLACE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert files(tmp_path) == before
    assert (tmp_path / "law").exists() is exists


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(ImportFailed, match="cannot be written to: Permission denied"):
        write_import(IMPORTED, tmp_path)
