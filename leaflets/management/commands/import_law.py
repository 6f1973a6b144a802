"""Import a version of a law or statutory guidance from its file into a content folder, for a person to review."""

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets.law.importers import output
from leaflets.law.importers.output import IfThere
from leaflets.law.importers.results import Imported, ImportFailed, VersionDetails, read_bytes
from leaflets.law.sources import KINDS, SOURCE_FILE, LawSource


class Command(BaseCommand):
    help = (
        "Read the SEND Code of Practice or statutory guidance from its PDF, or an Act or regulations from the XML of "
        "legislation.gov.uk, and write a version's file for a person to review and commit. Fetches nothing."
    )
    # It needs no database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the PDF or XML file")
        parser.add_argument("--source", default="", help="the folder of the source, such as code-of-practice")
        parser.add_argument("--slug", default="", help="the name of the version's file, such as january-2015")
        parser.add_argument("--label", default="", help="what tells the version from others: January 2015")
        parser.add_argument(
            "--in-force-from", type=_date, metavar="DATE", help="from when it is in force: 2015-04-01"
        )
        parser.add_argument("--url", default="", help="where this version is published")
        parser.add_argument(
            "--out", type=Path, default=settings.CONTENT_DIR, metavar="DIR", help="the content folder"
        )
        if_there = parser.add_mutually_exclusive_group()
        if_there.add_argument("--overwrite", action="store_true", help="replace the version's file")
        if_there.add_argument(
            "--add", action="store_true", help="add to the version's file, such as one more section"
        )

    def handle(
        self,
        *,
        file: Path,
        source: str,
        slug: str,
        label: str,
        in_force_from: dt.date | None,
        url: str,
        out: Path,
        overwrite: bool,
        add: bool,
        **_: Any,
    ) -> None:
        if url and not url.startswith("https://"):
            raise CommandError(f"--url {url} has to start with https://.")
        if add and not slug:
            raise CommandError("Say with --slug to which version's file this is added, such as january-2015.")
        if_there = IfThere.ADD if add else IfThere.REPLACE if overwrite else IfThere.REFUSE
        try:
            imported = _import(file, source, VersionDetails(slug, label, in_force_from, url), out)
            written, changes = output.write_import(imported, out, if_there)
        except ImportFailed as error:
            raise CommandError(str(error)) from error
        self._report(imported, changes)
        for path in written:
            self.stdout.write(f"Written: {path}. Compare it with the published text, then commit it.")

    def _report(self, imported: Imported, changes: list[str]) -> None:
        unit, version = imported.source.unit, imported.version
        count = len(version.provisions)
        self.stdout.write(
            f"{imported.source.title}, {version.label}, in force from {version.in_force_from}: "
            f"{count} {unit}{'' if count == 1 else 's'}."
        )
        if imported.gaps:
            self.stdout.write(f"These numbers are missing: {', '.join(imported.gaps)}.")
        else:
            self.stdout.write("No number is missing.")
        for remark in (*imported.remarks, *changes):
            self.stdout.write(f"- {remark}")


def _date(value: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(f"{value} is not a date such as 2015-04-01") from None


def _import(file: Path, slug: str, details: VersionDetails, content: Path) -> Imported:
    imported: Imported
    if read_bytes(file)[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        importer = _load("legislation_xml", "lxml")
        source = output.stored_source(content, slug) if slug else None
        source = source or output.source_at(content, importer.document_address(file))
        imported = importer.import_legislation(file, _completed(details, source, content), source, slug=slug)
    else:
        importer = _load("code_pdf", "pdfplumber")
        source = _stored_source(content, slug)
        imported = importer.import_code(file, source, _completed(details, source, content))
    return imported


def _completed(details: VersionDetails, source: LawSource | None, content: Path) -> VersionDetails:
    """Return what the person says about the version, and the version's file where it is there already."""
    stored = output.stored_version(content, source, details.slug) if source and details.slug else None
    if stored is None:
        return details
    return VersionDetails(
        details.slug,
        details.label or stored.label,
        details.in_force_from or stored.in_force_from,
        details.url or stored.url,
    )


def _load(module: str, package: str) -> Any:
    """Import an importer, which needs a package that may not be installed."""
    try:
        return import_module(f"leaflets.law.importers.{module}")
    except ModuleNotFoundError as error:
        how = (
            "The image cannot have it. Run this where the content is edited; see content/README.md."
            if settings.IN_IMAGE
            else f"Type: .venv/bin/python -m pip install {package}"
        )
        raise CommandError(f"This needs {package}, which is not installed. {how}") from error


def _stored_source(content: Path, slug: str) -> LawSource:
    if not slug:
        raise CommandError("A PDF does not say which source it is. Add --source, such as code-of-practice.")
    source = output.stored_source(content, slug)
    if source is None:
        path = output.source_folder(content, slug) / SOURCE_FILE
        raise CommandError(
            f"There is no {path}. Write it first, with a line each for `kind: ` ({', '.join(KINDS)}), `title: `, "
            "`full_title: ` and `url: ` (where the source is published)."
        )
    return source
