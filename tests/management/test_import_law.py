"""The command import_law."""

import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from leaflets.law.importers.output import source_folder, stored_version
from leaflets.law.sources import write_source
from tests.law.importers.documents import CODE, clml, paragraph, section, text, write_pdf

VERSION = ("--slug", "january-2015", "--label", "January 2015", "--in-force-from", "2015-04-01")


def run(*arguments: object) -> str:
    output = StringIO()
    call_command("import_law", *map(str, arguments), stdout=output)
    return output.getvalue()


def add_source(content: Path) -> None:
    folder = source_folder(content, CODE.slug)
    folder.mkdir(parents=True)
    (folder / "source.yaml").write_text(write_source(CODE))


def add_xml(folder: Path) -> Path:
    path = folder / "data.xml"
    path.write_bytes(clml(section("36", text("Words.")) + section("38", text("More words."))))
    return path


def test_a_pdf_becomes_a_version_and_the_gaps_are_printed(tmp_path: Path) -> None:
    pdf = write_pdf(tmp_path, "<h1>6 Schools</h1>" + paragraph("6.1", "One.") + paragraph("6.3", "Three."))
    add_source(tmp_path)

    output = run(pdf, "--source", "code-of-practice", *VERSION, "--out", tmp_path)

    assert "SEND Code of Practice, January 2015, in force from 2015-04-01: 2 paragraphs." in output
    assert "These numbers are missing: 6.2." in output
    version = stored_version(tmp_path, CODE, "january-2015")
    assert version
    assert [provision.text for provision in version.provisions] == ["One.", "Three."]


def test_xml_says_itself_what_it_is(tmp_path: Path) -> None:
    output = run(add_xml(tmp_path), "--out", tmp_path)

    assert "Children and Families Act 2014, as it stood on 1 September 2025" in output
    assert "2 sections.\nThese numbers are missing: 37." in output
    folder = tmp_path / "law" / "children-and-families-act-2014"
    assert sorted(path.name for path in folder.iterdir()) == ["2025-09-01.yaml", "source.yaml"]


def test_xml_goes_to_the_source_that_is_published_at_its_address(tmp_path: Path) -> None:
    run(add_xml(tmp_path), "--out", tmp_path, "--source", "cfa", "--slug", "first")

    run(add_xml(tmp_path), "--out", tmp_path, "--in-force-from", "2026-01-01", "--slug", "second")

    assert sorted(path.name for path in (tmp_path / "law").iterdir()) == ["cfa"]
    assert (tmp_path / "law" / "cfa" / "second.yaml").exists()


def test_sections_are_added_one_after_the_other(tmp_path: Path) -> None:
    run(add_xml(tmp_path), "--out", tmp_path)
    later = clml(section("66", text("Best endeavours."))).replace(b"2025-09-01", b"2026-01-01")
    (tmp_path / "section.xml").write_bytes(later)

    run(tmp_path / "section.xml", "--out", tmp_path, "--slug", "2025-09-01", "--add")

    folder = tmp_path / "law" / "children-and-families-act-2014"
    stored = (folder / "2025-09-01.yaml").read_text()
    assert [line for line in stored.splitlines() if "number:" in line] == [
        "  - number: '36'",
        "  - number: '38'",
        "  - number: '66'",
    ]
    assert "in_force_from: 2025-09-01" in stored
    assert sorted(path.name for path in folder.iterdir()) == ["2025-09-01.yaml", "source.yaml"]


def test_what_the_version_s_file_says_need_not_be_said_again(tmp_path: Path) -> None:
    pdf = write_pdf(tmp_path, "<h1>6 Schools</h1>" + paragraph("6.1", "One."))
    add_source(tmp_path)
    run(pdf, "--source", "code-of-practice", *VERSION, "--out", tmp_path)

    run(pdf, "--source", "code-of-practice", "--slug", "january-2015", "--overwrite", "--out", tmp_path)

    version = stored_version(tmp_path, CODE, "january-2015")
    assert version
    assert version.label == "January 2015"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--add",), "Say with --slug to which version's file"),
        (VERSION, "Add --source"),
        (("--source", "code-of-practice", *VERSION), r"There is no .*source.yaml. Write it first"),
        (("--source", "code-of-practice", "--url", "http://x.example"), "has to start with https://"),
        (("--in-force-from", "1 April 2015"), "is not a date such as 2015-04-01"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(b"%PDF-1.7")

    with pytest.raises(CommandError, match=message):
        run(path, "--out", tmp_path, *arguments)

    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent.pdf cannot be read: No such file"):
        run(tmp_path / "absent.pdf", "--out", tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(50_000_001)

    with pytest.raises(CommandError, match=r"large.xml is larger than 50 MB"):
        run(path, "--out", tmp_path)


@pytest.mark.parametrize(("package", "name"), [("lxml", "data.xml"), ("pdfplumber", "code.pdf")])
@pytest.mark.parametrize(
    ("in_image", "how"),
    [
        (False, "Type: .venv/bin/python -m pip install {package}"),
        (
            True,
            "The image cannot have it. Run this where the content is edited; see content/README.md.",
        ),
    ],
)
def test_without_its_package_the_command_says_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings,
    package: str,
    name: str,
    in_image: bool,
    how: str,
) -> None:
    settings.IN_IMAGE = in_image
    (tmp_path / name).write_bytes(b"<x/>" if name.endswith("xml") else b"%PDF-1.7")
    for module in ("legislation_xml", "code_pdf", "pdf_lines"):
        monkeypatch.delitem(sys.modules, f"leaflets.law.importers.{module}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(CommandError) as error:
        run(tmp_path / name, "--out", tmp_path)

    assert str(error.value) == f"This needs {package}, which is not installed. {how.format(package=package)}"
