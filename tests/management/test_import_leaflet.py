"""The command import_leaflet."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.word_documents import docx, paragraph

BODY = (
    paragraph("Moving to a new school", "Title"),
    paragraph("Published: March 2020"),
    paragraph("Most children move at eleven."),
    paragraph("Before the move", "Heading1"),
    paragraph("The school MUST tell you."),
)
TEXT = """\
---
title: Moving to a new school
placement: leaflet
published: 2020-03
approval: draft for the service to approve
---

Most children move at eleven.

## Before the move {#before-the-move}

The school MUST tell you.
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "Leaflet 3 FINAL.docx"
    path.write_bytes(docx(*BODY))
    return path


def run(*arguments: object) -> tuple[str, str]:
    output, errors = StringIO(), StringIO()
    call_command("import_leaflet", *map(str, arguments), stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_the_leaflet_is_printed(document: Path) -> None:
    output, _ = run(document)

    assert output == TEXT


def test_questions_are_printed_with_the_line_of_the_file(document: Path) -> None:
    _, errors = run(document)

    assert "moving-to-a-new-school.md:12: “MUST” is in capitals." in errors


def test_what_is_missing_in_the_fields_is_said(document: Path) -> None:
    _, errors = run(document)

    assert "Write `summary:`" in errors


def test_a_file_is_written_that_is_named_after_the_title(document: Path, tmp_path: Path) -> None:
    output, _ = run(document, "--out", tmp_path / "leaflets")

    path = tmp_path / "leaflets" / "moving-to-a-new-school.md"
    assert path.read_text() == TEXT
    assert str(path) in output


def test_the_name_of_the_file_can_be_said(document: Path, tmp_path: Path) -> None:
    run(document, "--out", tmp_path, "--slug", "moving")

    assert (tmp_path / "moving.md").exists()


def test_a_file_that_is_there_is_not_overwritten(document: Path, tmp_path: Path) -> None:
    (tmp_path / "moving.md").write_text("ours")

    with pytest.raises(CommandError, match="already"):
        run(document, "--out", tmp_path, "--slug", "moving")

    assert (tmp_path / "moving.md").read_text() == "ours"


def test_a_slug_of_another_form_is_refused(document: Path) -> None:
    with pytest.raises(CommandError, match="small letters"):
        run(document, "--slug", "../Moving")


def test_a_file_that_is_no_word_document_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.pdf"
    path.write_bytes(b"%PDF-1.7")

    with pytest.raises(CommandError, match="This is a PDF"):
        run(path)


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.docx")


def test_a_document_without_a_title_is_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "Our Leaflet.docx"
    path.write_bytes(docx(paragraph("Ask us for help.")))

    _, errors = run(path)

    assert "our-leaflet.md:1: Write `title:`" in errors
