"""Writes an imported version to a content folder, completely or not at all."""

import enum
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from leaflets.files.fields import SLUG
from leaflets.files.problems import Problem
from leaflets.law.sources import (
    SOURCE_FILE,
    LawSource,
    VersionSource,
    read_source,
    read_version,
    sort_chapters,
    write_source,
    write_version,
)

from .results import Imported, ImportFailed, in_order, shorten


def source_folder(content: Path, slug: str) -> Path:
    return content / "law" / slug


def stored_source(content: Path, slug: str) -> LawSource | None:
    """Return the record of a source in a content folder, or None where there is none. Raises `ImportFailed`."""
    path = source_folder(content, slug) / SOURCE_FILE
    text = _read(path)
    if text is None:
        return None
    source, problems = read_source(text, str(path), slug)
    _refuse(problems)
    return source


def source_at(content: Path, url: str) -> LawSource | None:
    """Return the record of the source that is published at an address, or None. Raises `ImportFailed`."""
    for path in sorted(content.glob(f"law/*/{SOURCE_FILE}")):
        source = stored_source(content, path.parent.name)
        if source and f"{source.url}/".startswith(f"{url}/"):
            return source
    return None


def stored_version(content: Path, source: LawSource, slug: str) -> VersionSource | None:
    """Return a version in a content folder, or None where there is none. Raises `ImportFailed`."""
    path = source_folder(content, source.slug) / f"{slug}.yaml"
    text = _read(path)
    if text is None:
        return None
    version, problems = read_version(text, str(path), slug, source)
    _refuse(problems)
    return version


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailed(f"{path} cannot be read: {error}. Nothing was written.") from error


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ImportFailed("\n".join(map(str, problems)))


class IfThere(enum.Enum):
    """What to do where the version's file is there already."""

    REFUSE = enum.auto()
    REPLACE = enum.auto()
    ADD = enum.auto()


def write_import(
    imported: Imported, content: Path, if_there: IfThere = IfThere.REFUSE
) -> tuple[list[Path], list[str]]:
    """Write the version, and the record of its source where there is none.

    Returns the files that were written, and remarks on what changed in a file that was there and on what only other
    versions have. Raises `ImportFailed`,
    and then no file was changed.
    """
    source, version = imported.source, imported.version
    _check_slugs(source.slug, version.slug)
    folder = source_folder(content, source.slug)
    path = folder / f"{version.slug}.yaml"
    if path.exists() and if_there is IfThere.REFUSE:
        raise ImportFailed(
            f"{path} exists already. Choose another --slug, replace the file with --overwrite, or add to it "
            "with --add."
        )
    stored = stored_version(content, source, version.slug)
    if stored and if_there is IfThere.ADD:
        version = _add(stored, version)
    others = list(_others(content, source, version))
    _check_date(others, version)
    text = write_version(version)
    reread, problems = read_version(text, str(path), version.slug, source)
    _refuse(problems)
    if reread != version:
        raise ImportFailed(f"{path} would not be read as it was written. Nothing was written.")
    texts = {path: text}
    if stored_source(content, source.slug) is None:
        texts = {folder / SOURCE_FILE: write_source(source)} | texts
    _write_all(texts, folder)
    changes = _changes(stored, version, source) if stored else ()
    return list(texts), [*changes, *_lacking(others, version, source)]


def _add(stored: VersionSource, version: VersionSource) -> VersionSource:
    """Return the stored version with the provisions and chapters of another, which replace those of their numbers."""
    provisions = {provision.number: provision for provision in (*stored.provisions, *version.provisions)}
    chapters = dict(stored.chapters) | dict(version.chapters)
    return replace(
        stored,
        provisions=tuple(provisions[number] for number in in_order(provisions)),
        chapters=sort_chapters(chapters),
        has_unapplied_changes=stored.has_unapplied_changes or version.has_unapplied_changes,
    )


def _changes(stored: VersionSource, version: VersionSource, source: LawSource) -> Iterator[str]:
    new = {provision.number: provision.text for provision in version.provisions}
    for provision in stored.provisions:
        name = f"{source.unit.capitalize()} {provision.number}"
        if provision.number not in new:
            yield f"{name} was in the file before, and is not now."
        elif provision.text and provision.text != new[provision.number]:
            yield f"{name} had other words in the file before."


def _check_slugs(*slugs: str) -> None:
    for slug in slugs:
        if not SLUG.fullmatch(slug) or slug == SOURCE_FILE.removesuffix(".yaml"):
            raise ImportFailed(
                f"“{slug}” cannot be the name of a file here. Use small letters, digits and hyphens, such as "
                "january-2015."
            )


def _others(content: Path, source: LawSource, version: VersionSource) -> Iterator[tuple[Path, VersionSource]]:
    """Yield the other versions of the source, with their files."""
    for path in sorted(source_folder(content, source.slug).glob("*.yaml")):
        if path.name == SOURCE_FILE or path.stem == version.slug:
            continue
        other = stored_version(content, source, path.stem)
        if other:
            yield path, other


def _check_date(others: list[tuple[Path, VersionSource]], version: VersionSource) -> None:
    for path, other in others:
        if other.in_force_from == version.in_force_from:
            raise ImportFailed(
                f"{path} is in force from {version.in_force_from} too. Two versions cannot start on one day: "
                "correct --in-force-from, or name that version's --slug with --overwrite or --add."
            )


def _lacking(
    others: list[tuple[Path, VersionSource]], version: VersionSource, source: LawSource
) -> Iterator[str]:
    """Yield remarks on numbers that only another version has: a leaflet that quotes them would have no text."""
    for path, other in others:
        numbers = in_order(other.texts.keys() - version.texts.keys())
        if numbers:
            yield (
                f"{path.name} has {source.unit}s that this version has not: {shorten(', '.join(numbers))}."
            )


def _write_all(texts: dict[Path, str], folder: Path) -> None:
    """Write all files under temporary names, and give them their names when all are on disk."""
    temporary: dict[Path, Path] = {}
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    placed: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for parent in made:
            parent.chmod(0o755)
        for path, text in texts.items():
            temporary[path] = _write_temporary(folder, text)
        for path, written in temporary.items():
            is_new = not path.exists()
            written.replace(path)
            placed += [path] if is_new else []
    except OSError as error:
        for path in (*placed, *temporary.values()):
            path.unlink(missing_ok=True)
        for parent in made:
            if parent.exists():
                parent.rmdir()
        raise ImportFailed(
            f"{folder} cannot be written to: {error.strerror}. Nothing was written."
        ) from error


def _write_temporary(folder: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=".import-", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            # Others read the content folder: the file is not only for its owner, as mkstemp makes it.
            path.chmod(0o644)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path
