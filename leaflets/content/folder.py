"""Reading and writing of a content folder.

`service.yaml` and the logo that it names, `topics.yaml`, `glossary.yaml`, `meeting.yaml`, `notices.yaml`,
`synonyms.yaml`, `law/SOURCE/source.yaml`, `law/SOURCE/VERSION.yaml` and `leaflets/*.md`.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from leaflets.files.fields import SLUG
from leaflets.files.problems import ContentError, Kind, Problem
from leaflets.law.sources import (
    SOURCE_FILE,
    CitableLaw,
    LawSource,
    VersionSource,
    choose_versions,
    read_source,
    read_version,
    write_source,
    write_version,
)

from .glossary import GlossarySource, read_glossary, write_glossary
from .leaflet import LeafletSource, read_leaflet, write_leaflet
from .logos import LOGO_NAME, MAX_LOGO_BYTES, LogoError, clean_logo
from .meeting import MeetingSource, read_meeting, write_meeting
from .notices import NoticesSource, read_notices, write_notices
from .service import ServiceSource, read_service, write_service
from .synonyms import SynonymsSource, read_synonyms, write_synonyms
from .topics import TopicsSource, read_topics, write_topics

# A real leaflet has about 10 kB. A file larger than this was put here by mistake.
MAX_FILE_BYTES = 1_000_000
# The longest Acts have about 3 MB.
MAX_LAW_BYTES = 10_000_000


_Record = TypeVar("_Record")


@dataclass(frozen=True)
class Content:
    """The content of a folder. `topics`, `glossary`, `meeting` and `notices` are None where the folder lacks the file."""

    service: ServiceSource
    sources: tuple[LawSource, ...]
    versions: tuple[VersionSource, ...]
    leaflets: tuple[LeafletSource, ...]
    # None where the folder has no such file: these are optional.
    topics: TopicsSource | None = None
    glossary: GlossarySource | None = None
    notices: NoticesSource | None = None
    meeting: MeetingSource | None = None
    synonyms: SynonymsSource | None = None

    def laws(self, today: dt.date) -> dict[str, CitableLaw]:
        """Return what the leaflets can cite, by the version of the Code that they name."""
        codes = {leaflet.code for leaflet in self.leaflets}
        return {code: choose_versions(self.sources, self.versions, code, today) for code in codes}


def read_folder(folder: Path) -> tuple[Content, list[Problem]]:
    """Read a content folder. The content is complete only if the list of problems is empty.

    Raises `ContentError` where there is no readable service record.
    """
    problems: list[Problem] = []
    service = _read_file(folder / "service.yaml", read_service, problems)
    topics_file = folder / "topics.yaml"
    topics = _read_file(topics_file, read_topics, problems) if topics_file.exists() else None
    glossary_file = folder / "glossary.yaml"
    glossary = _read_file(glossary_file, read_glossary, problems) if glossary_file.exists() else None
    notices_file = folder / "notices.yaml"
    notices = _read_file(notices_file, read_notices, problems) if notices_file.exists() else None
    meeting_file = folder / "meeting.yaml"
    meeting = _read_file(meeting_file, read_meeting, problems) if meeting_file.exists() else None
    sources, versions = _read_law(folder / "law", problems)
    leaflets = _read_files(folder / "leaflets", "*.md", read_leaflet, problems)
    synonyms_path = folder / "synonyms.yaml"
    synonyms = _read_file(synonyms_path, read_synonyms, problems) if synonyms_path.exists() else None
    if service is None:
        raise ContentError(problems)
    if LOGO_NAME.fullmatch(service.logo):
        service = replace(service, logo_file=_read_logo(folder / service.logo, problems))
    content = Content(
        service,
        tuple(sources),
        tuple(versions),
        tuple(leaflets),
        topics,
        glossary,
        notices,
        meeting,
        synonyms,
    )
    return content, problems


def _single_files(content: Content) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of which a folder has at most one."""
    yield "service.yaml", write_service(content.service)
    yield "topics.yaml", write_topics(content.topics) if content.topics else ""
    yield "glossary.yaml", write_glossary(content.glossary) if content.glossary else ""
    yield "notices.yaml", write_notices(content.notices) if content.notices else ""
    yield "meeting.yaml", write_meeting(content.meeting) if content.meeting else ""
    yield "synonyms.yaml", write_synonyms(content.synonyms) if content.synonyms else ""


def write_folder(folder: Path, content: Content) -> list[Path]:
    """Write a content folder in the layout that `read_folder` reads; return the files written."""
    texts = {folder / name: text for name, text in _single_files(content) if text}
    for source in content.sources:
        texts[folder / "law" / source.slug / SOURCE_FILE] = write_source(source)
    for version in content.versions:
        texts[folder / "law" / version.source / f"{version.slug}.yaml"] = write_version(version)
    for leaflet in content.leaflets:
        texts[folder / "leaflets" / f"{leaflet.slug}.md"] = write_leaflet(leaflet)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    written = list(texts)
    if content.service.logo_file:
        logo = folder / content.service.logo
        logo.write_bytes(content.service.logo_file)
        written.append(logo)
    return written


def _read_logo(path: Path, problems: list[Problem]) -> bytes:
    """Read what is kept of a logo. Where it cannot be used, add a problem and return nothing."""
    try:
        with path.open("rb") as file:
            logo = clean_logo(file.read(MAX_LOGO_BYTES + 1))
    except OSError as error:
        message = f"The logo that `service.yaml` names cannot be read: {error.strerror}."
        problems.append(Problem(str(path), 1, message, Kind.FILE_UNREADABLE))
        return b""
    except LogoError as error:
        problems.append(Problem(str(path), 1, str(error), Kind.PICTURE))
        return b""
    if path.suffix != f".{logo.extension}":
        message = f"This file is a {logo.extension.upper()}. Let its name end with .{logo.extension}, here and in `service.yaml`."
        problems.append(Problem(str(path), 1, message, Kind.FILE_NAME))
    return logo.content


def _read_law(folder: Path, problems: list[Problem]) -> tuple[list[LawSource], list[VersionSource]]:
    """Read the sources and versions in a folder with a folder for each source."""
    old = folder.parent / "code-of-practice"
    if old.is_dir():
        message = "This folder is now `law/code-of-practice`, and has a `source.yaml` too. See “The law” in content/README.md."
        problems.append(Problem(str(old), 1, message, Kind.FILE_MISSING))
    sources, versions = [], []
    for source_folder in sorted({path.parent for path in folder.glob("*/*.yaml")}):
        path = source_folder / SOURCE_FILE
        if not path.exists():
            message = f"There is no `{SOURCE_FILE}` in this folder. Add one that says which law this is."
            problems.append(Problem(str(source_folder), 1, message, Kind.FILE_MISSING))
            continue
        problems_before = len(problems)
        _check_name(source_folder, source_folder.name, "folder", problems)
        source = _read_file(path, _source_reader(source_folder.name), problems, MAX_LAW_BYTES)
        if source is None or len(problems) > problems_before:
            continue  # Its kind says how to read the versions.
        sources.append(source)
        for version_path in sorted(set(source_folder.glob("*.yaml")) - {path}):
            _check_name(version_path, version_path.stem, "file", problems)
            version = _read_file(version_path, _version_reader(source), problems, MAX_LAW_BYTES)
            if version:
                versions.append(version)
    return sources, versions


def _check_name(path: Path, name: str, what: str, problems: list[Problem]) -> None:
    if not SLUG.fullmatch(name):
        message = f"Rename the {what}: `{name}` has to be small letters, digits and hyphens."
        problems.append(Problem(str(path), 1, message, Kind.FILE_NAME))


def _source_reader(slug: str) -> "_Reader[LawSource]":
    return lambda text, path, _name: read_source(text, path, slug)


def _version_reader(source: LawSource) -> "_Reader[VersionSource]":
    return lambda text, path, name: read_version(text, path, name, source)


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


def _read_file(
    path: Path, read: _Reader[_Record], problems: list[Problem], max_bytes: int = MAX_FILE_BYTES
) -> _Record | None:
    try:
        if path.stat().st_size > max_bytes:
            problems.append(
                Problem(
                    str(path),
                    1,
                    f"This file is larger than {max_bytes // 1_000_000} MB. Is it the right one?",
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
