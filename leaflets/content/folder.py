"""Reading and writing of a content folder: `service.yaml`, `code-of-practice/*.yaml`, `leaflets/*.md`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from leaflets.files.problems import ContentError, Kind, Problem
from leaflets.law.sources import CodeSource, read_code, write_code

from .leaflet import LeafletSource, read_leaflet, write_leaflet
from .service import ServiceSource, read_service, write_service

# A real leaflet has about 10 kB. A file larger than this was put here by mistake.
MAX_FILE_BYTES = 1_000_000

_Record = TypeVar("_Record")


@dataclass(frozen=True)
class Content:
    """The content of a folder."""

    service: ServiceSource
    codes: tuple[CodeSource, ...]
    leaflets: tuple[LeafletSource, ...]


def read_folder(folder: Path) -> tuple[Content, list[Problem]]:
    """Read a content folder. The content is complete only if the list of problems is empty.

    Raises `ContentError` where there is no readable service record.
    """
    problems: list[Problem] = []
    service = _read_file(folder / "service.yaml", read_service, problems)
    codes = _read_files(folder / "code-of-practice", "*.yaml", read_code, problems)
    leaflets = _read_files(folder / "leaflets", "*.md", read_leaflet, problems)
    if service is None:
        raise ContentError(problems)
    return Content(service, tuple(codes), tuple(leaflets)), problems


def write_folder(folder: Path, content: Content) -> list[Path]:
    """Write a content folder in the layout that `read_folder` reads; return the files written."""
    texts = {folder / "service.yaml": write_service(content.service)}
    for code in content.codes:
        texts[folder / "code-of-practice" / f"{code.slug}.yaml"] = write_code(code)
    for leaflet in content.leaflets:
        texts[folder / "leaflets" / f"{leaflet.slug}.md"] = write_leaflet(leaflet)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


_Reader = Callable[[str, str, str], tuple[_Record, list[Problem]]]


def _read_files(folder: Path, pattern: str, read: _Reader[_Record], problems: list[Problem]) -> list[_Record]:
    paths = sorted(folder.glob(pattern))
    if not paths:
        problems.append(
            Problem(
                str(folder), 1, f"There is no `{pattern}` file in this folder. Add one.", Kind.FILE_MISSING
            )
        )
    records = [_read_file(path, read, problems) for path in paths]
    return [record for record in records if record is not None]


def _read_file(path: Path, read: _Reader[_Record], problems: list[Problem]) -> _Record | None:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            problems.append(
                Problem(
                    str(path),
                    1,
                    "This file is larger than 1 MB. Is it a leaflet at all?",
                    Kind.FILE_UNREADABLE,
                )
            )
            return None
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(
            Problem(
                str(path),
                line,
                "This is not UTF-8 text. Save the file again with the encoding UTF-8.",
                Kind.FILE_UNREADABLE,
            )
        )
        return None
    except OSError as error:
        problems.append(
            Problem(str(path), 1, f"The file cannot be read: {error.strerror}.", Kind.FILE_UNREADABLE)
        )
        return None
    record, found = read(text, str(path), path.stem)
    problems += found
    return record
