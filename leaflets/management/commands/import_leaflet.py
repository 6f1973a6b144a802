"""Import a leaflet from a Word document, as the file of a content folder, for a person to check."""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets.content.convert import ConversionError, Converted, convert_docx
from leaflets.content.convert.docx import MAX_FILE
from leaflets.content.leaflet import LeafletSource, read_leaflet, slugify, write_leaflet
from leaflets.files.fields import SLUG


class Command(BaseCommand):
    help = (
        "Read a leaflet from a Word document (.docx) and write its Markdown with front matter to DIR, or to standard "
        "output. Questions about it go to standard error. Nothing is loaded. The status is 0 where there is a leaflet, "
        "also with questions, and 1 where there is none."
    )
    # It needs no database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the Word document")
        parser.add_argument("--slug", default="", help="the name of the leaflet's file, without .md")
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="the folder to write to, such as content/leaflets"
        )

    def handle(self, *, file: Path, slug: str, out: Path | None, **_: Any) -> None:
        if slug and not SLUG.fullmatch(slug):
            raise CommandError(f"--slug {slug} has to be small letters, digits and hyphens.")
        try:
            converted = convert_docx(_read(file))
        except ConversionError as error:
            raise CommandError(f"{file}: {error}") from error
        leaflet = _leaflet(converted, slug or slugify(converted.title or file.stem))
        text = write_leaflet(leaflet)
        if out is None:
            self.stdout.write(text, ending="")
        else:
            path = out / f"{leaflet.slug}.md"
            _write(path, text)
            self.stdout.write(f"Written: {path}. Check it, then load it.")
        for message in _messages(converted, leaflet, text):
            self.stderr.write(message)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _write(path: Path, text: str) -> None:
    """Write a file that is not there yet."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already. Choose another name with --slug.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _leaflet(converted: Converted, slug: str) -> LeafletSource:
    """Return the leaflet. It is a draft for the service to approve, and a person has to write its summary."""
    # Reading adds the anchors of headings within sections.
    read, _ = read_leaflet(f"---\ntitle: …\nsummary: …\n---\n\n{converted.markdown}", f"{slug}.md", slug)
    return replace(read, title=converted.title, summary="", published=converted.published, unapproved=True)


def _messages(converted: Converted, leaflet: LeafletSource, text: str) -> Iterator[str]:
    """Yield what a person has to do, each with its line in the file."""
    path = f"{leaflet.slug}.md"
    if not leaflet.title:
        yield f"{path}:1: Write `title:` and the title of the leaflet below the first line."
    yield f"{path}:1: Write `summary:` and one sentence that says what the leaflet is about below the first line."
    written, _ = read_leaflet(text, path, leaflet.slug)
    first_lines = {section.heading.anchor: section.body_line for section in written.sections}
    for question in converted.questions:
        line = first_lines.get(question.section, 1) + max(question.line - 1, 0)
        yield f"{path}:{line}: {question.text}"
