"""Records of the law that leaflets cite: sources, their versions, and the provisions of a version.

Each source has a folder: `source.yaml` says what it is, and every other file is one version of its text.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from leaflets.files.digests import digest
from leaflets.files.fields import Fields, write_fields
from leaflets.files.problems import Kind, Problem

from .quotations import plain_words


@dataclass(frozen=True)
class SourceKind:
    """What the provisions of a kind of source are called, and the form of their numbers."""

    unit: str
    number: re.Pattern[str]
    example: str


SOURCE_FILE = "source.yaml"
_SECTION_NUMBER = re.compile(r"[1-9]\d{0,3}[A-Z]{0,3}", re.ASCII)
KINDS = {
    "code": SourceKind("paragraph", re.compile(r"[1-9]\d?\.[1-9]\d{0,2}", re.ASCII), "6.17"),
    "guidance": SourceKind("paragraph", re.compile(r"[1-9]\d{0,3}", re.ASCII), "34"),
    "act": SourceKind("section", _SECTION_NUMBER, "36 or 508B"),
    "regulations": SourceKind("regulation", _SECTION_NUMBER, "12 or 12A"),
}
_CHAPTER_NUMBER = re.compile(r"[1-9]\d?[A-Z]?", re.ASCII)


def sort_key(number: str) -> tuple[tuple[int, str], ...]:
    """Return what to sort numbers of provisions or chapters by: 6.2 before 6.17, and 36 before 36A before 37."""
    return tuple((int(digits), letters) for digits, letters in re.findall(r"(\d+)([A-Z]*)", number))


def sort_chapters(chapters: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return chapters as (number, title), in the order of their numbers."""
    return tuple(sorted(chapters.items(), key=lambda chapter: sort_key(chapter[0])))


@dataclass(frozen=True)
class LawSource:
    """A law or statutory guidance, such as the SEND Code of Practice or the Children and Families Act 2014.

    `kind` is a key of `KINDS`. `title` is what captions call it, and `names` are other names by which people cite it,
    such as "CFA 2014".
    """

    slug: str
    kind: str
    title: str
    full_title: str
    url: str
    names: tuple[str, ...] = ()
    path: str = field(default="", compare=False)

    @property
    def unit(self) -> str:
        return KINDS[self.kind].unit

    @cached_property
    def digest(self) -> str:
        return digest(write_source(self))


@dataclass(frozen=True)
class ProvisionSource:
    """A numbered piece of a version, such as paragraph 6.17 or section 36.

    `chapter` is the number of its chapter or part, or "". `text` is the law's own words, in Markdown, or "" until they
    are imported or pasted. A subsection starts a paragraph or list item with its number in brackets: "(8) …".
    """

    number: str
    chapter: str = ""
    heading: str = ""
    text: str = ""


@dataclass(frozen=True)
class VersionSource:
    """One version of a source: when it is in force, its chapters or parts, and its provisions.

    `label` tells it from other versions, such as "January 2015". `chapters` are (number, title).
    `has_unapplied_changes` says that the publisher has not yet put all changes in force into the text.
    """

    source: str
    slug: str
    label: str
    in_force_from: dt.date
    url: str
    in_force_until: dt.date | None = None
    has_unapplied_changes: bool = False
    chapters: tuple[tuple[str, str], ...] = ()
    provisions: tuple[ProvisionSource, ...] = ()
    path: str = field(default="", compare=False)

    @cached_property
    def texts(self) -> dict[str, str]:
        """The law's own words by number."""
        return {provision.number: provision.text for provision in self.provisions}

    @cached_property
    def digest(self) -> str:
        # Not of the YAML: each start compares versions, and writing the whole Code and four Acts takes seconds.
        return digest(json.dumps(_version_fields(self), default=str))


def read_source(text: str, path: str, slug: str) -> tuple[LawSource, list[Problem]]:
    """Read a `source.yaml`. The record is complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    fields.text("kind")  # It has no default.
    source = LawSource(
        slug=slug,
        path=path,
        kind=fields.choice("kind", tuple(KINDS), "code"),
        title=fields.text("title"),
        full_title=fields.text("full_title"),
        url=_read_url(fields),
        names=fields.texts("names", required=False),
    )
    fields.finish()
    return source, problems


def _read_url(fields: Fields) -> str:
    url = fields.text("url")
    if url and not url.startswith("https://"):
        fields.add_problem(fields.line("url"), f"`url: {url}` has to start with https://.", Kind.FIELD_VALUE)
    return url


def read_version(text: str, path: str, slug: str, source: LawSource) -> tuple[VersionSource, list[Problem]]:
    """Read a version's file. The record is complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    in_force_from = fields.date("in_force_from", required=True) or dt.date.min
    in_force_until = fields.date("in_force_until")
    if in_force_until and in_force_until < in_force_from:
        fields.add_problem(
            fields.line("in_force_until"),
            f"`in_force_until: {in_force_until}` is before `in_force_from`.",
            Kind.FIELD_VALUE,
        )
    chapters = _read_chapters(fields)
    version = VersionSource(
        source=source.slug,
        slug=slug,
        path=path,
        label=fields.text("label"),
        in_force_from=in_force_from,
        in_force_until=in_force_until,
        url=_read_url(fields),
        has_unapplied_changes=fields.choice("has_unapplied_changes", ("yes", "no"), "no") == "yes",
        chapters=sort_chapters(chapters),
        provisions=tuple(_read_provisions(fields, source, chapters)),
    )
    fields.finish()
    return version, problems


def _read_chapters(fields: Fields) -> dict[str, str]:
    chapters: dict[str, str] = {}
    for line, entry in fields.entries("chapters", required=False):
        number, title = entry.text("number"), entry.text("title")
        entry.finish()
        if not _CHAPTER_NUMBER.fullmatch(number):
            fields.add_problem(
                line,
                f"A chapter's `number: {number}` has to be a number from 1 to 99.",
                Kind.FIELD_VALUE,
            )
        elif number in chapters:
            fields.add_problem(line, f"Chapter {number} stands here twice. Keep one.", Kind.FIELD_REPEATED)
        else:
            chapters[number] = title
    return chapters


def _read_provisions(fields: Fields, source: LawSource, chapters: dict[str, str]) -> list[ProvisionSource]:
    kind = KINDS[source.kind]
    name = kind.unit.capitalize()
    provisions: dict[str, ProvisionSource] = {}
    for line, entry in fields.entries("provisions", required=False):
        number = entry.text("number")
        provision = ProvisionSource(
            number,
            entry.text("chapter", required=False) or default_chapter(source.kind, number),
            entry.text("heading", required=False),
            entry.long_text("text"),
        )
        entry.finish()
        if not kind.number.fullmatch(number):
            fields.add_problem(
                line, f"A {kind.unit}'s `number: {number}` has to be like {kind.example}.", Kind.FIELD_VALUE
            )
        elif provision.chapter and provision.chapter not in chapters:
            fields.add_problem(
                line, f"{name} {number} is in a chapter that is not listed above.", Kind.FIELD_VALUE
            )
        elif number in provisions:
            fields.add_problem(line, f"{name} {number} stands here twice. Keep one.", Kind.FIELD_REPEATED)
        else:
            provisions[number] = provision
    return sorted(provisions.values(), key=lambda provision: sort_key(provision.number))


def default_chapter(kind: str, number: str) -> str:
    """Return the chapter that the number itself names: 6 for paragraph 6.17 of a code, and else ""."""
    return number.partition(".")[0] if kind == "code" else ""


def write_source(source: LawSource) -> str:
    """Return the YAML of a source, in canonical form."""
    return write_fields(
        {
            "kind": source.kind,
            "title": source.title,
            "full_title": source.full_title,
            "names": list(source.names),
            "url": source.url,
        }
    )


def write_version(version: VersionSource) -> str:
    """Return the YAML of a version, in canonical form."""
    return write_fields(_version_fields(version))


def _version_fields(version: VersionSource) -> dict[str, Any]:
    fields = {
        "label": version.label,
        "in_force_from": version.in_force_from,
        "in_force_until": version.in_force_until,
        "url": version.url,
        "has_unapplied_changes": "yes" if version.has_unapplied_changes else "",
        "chapters": [{"number": number, "title": title} for number, title in version.chapters],
        "provisions": [_provision_fields(provision) for provision in version.provisions],
    }
    return {name: value for name, value in fields.items() if value}


def _provision_fields(provision: ProvisionSource) -> dict[str, str]:
    is_in_number = provision.number.startswith(f"{provision.chapter}.")  # 6 in 6.17
    values = {
        "number": provision.number,
        "chapter": "" if is_in_number else provision.chapter,
        "heading": provision.heading,
        "text": provision.text,
    }
    return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class CitableVersion:
    """What a text needs to know of a version to cite it. `texts` has the law's own words of each number in the record."""

    source: LawSource
    slug: str
    label: str
    url: str
    texts: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.source.title} ({self.label})"


@dataclass(frozen=True)
class CitableLaw:
    """The version of each source that one leaflet cites. `code` is the source that a number alone means: (6.17)."""

    versions: tuple[CitableVersion, ...] = ()
    code: str = ""

    @cached_property
    def sources(self) -> tuple[LawSource, ...]:
        return tuple(version.source for version in self.versions)

    def version(self, source: str) -> CitableVersion | None:
        """Return the version of a source, or of the Code where `source` is ""."""
        slug = source or self.code
        return next((version for version in self.versions if version.source.slug == slug), None)

    def text(self, source: str, number: str) -> str:
        """Return the law's own words of a provision without marks, or "" where the record does not have them."""
        version = self.version(source)
        return plain_words(version.texts.get(number, "")) if version else ""

    def name_provision(self, source: str, number: str) -> str:
        """Return what a provision is called, such as "paragraph 6.17" or "section 36 of the Equality Act 2010"."""
        version = self.version(source)
        if version is None:
            return number
        of_which = "" if source == self.code else f" of the {version.source.title}"
        return f"{version.source.unit} {number}{of_which}"

    @cached_property
    def digest(self) -> str:
        """A digest of all that the HTML of a text depends on."""
        versions = [
            (version.source.digest, version.slug, version.name, version.url, sorted(version.texts.items()))
            for version in self.versions
        ]
        return digest(repr((self.code, versions)))


NO_LAW = CitableLaw()


def choose_versions(
    sources: Iterable[LawSource],
    versions: Iterable[VersionSource],
    code: str,
    today: dt.date,
    cited: Mapping[str, str] = MappingProxyType({}),
) -> CitableLaw:
    """Return what a leaflet can cite: of each source the newest version in force, and of the Code the one it names.

    `code` is the slug of a version of the Code, or "" for the newest in force. The law's `code` is "" where there is
    no such version. `cited` has the slugs of the versions that an edition is bound to, by source: a published edition
    keeps the versions that it was published with.
    """
    by_slug = {source.slug: source for source in sources}
    chosen: dict[str, VersionSource] = {}
    for version in sorted(versions, key=lambda version: version.in_force_from):
        bound = cited.get(version.source) or (code if by_slug[version.source].kind == "code" else "")
        if version.slug == bound if bound else is_in_force(version, today):
            chosen[version.source] = version
    return CitableLaw(
        tuple(
            CitableVersion(by_slug[slug], version.slug, version.label, version.url, version.texts)
            for slug, version in sorted(chosen.items())
        ),
        code=next((slug for slug in chosen if by_slug[slug].kind == "code"), ""),
    )


def is_in_force(version: VersionSource, day: dt.date) -> bool:
    return version.in_force_from <= day <= (version.in_force_until or dt.date.max)
