"""The words of the search: synonyms, and other organisations that can help. One YAML file, `synonyms.yaml`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from leaflets.files.digests import digest
from leaflets.files.fields import Fields, write_fields
from leaflets.files.problems import Kind, Problem

MAX_SYNONYMS = 300
MAX_ELSEWHERE = 20
MAX_LINE_LENGTH = 200
MAX_TERMS = 8  # on each side of the arrow
MAX_TERM_LENGTH = 60
_ARROW = re.compile(r"\s*(?:→|->|=>|>)\s*")
_HAS_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Synonym:
    """One line: a search for one of the words `asked` also finds texts with one of the words `found`.

    In "EHCP = EHC plan" both are the same words. "statement → EHC plan" has a direction: who searches for "EHC plan" gets
    nothing about statements.
    """

    asked: tuple[str, ...]
    found: tuple[str, ...]


@dataclass(frozen=True)
class Organisation:
    """Another organisation that can help: its name, its website, and what it helps with."""

    name: str
    url: str
    about: str


@dataclass(frozen=True)
class SynonymsSource:
    """The synonyms and the other organisations, as lines in canonical form."""

    synonyms: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    path: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        return digest(write_synonyms(self))


def parse_synonym(line: str) -> Synonym:
    """Read "a = b", where each finds the others, or "a = b → c = d". Raises `ValueError` with what to correct."""
    if len(line) > MAX_LINE_LENGTH:
        raise ValueError(f"“{line[:40]}…” is longer than {MAX_LINE_LENGTH} characters. Shorten it.")
    sides = [_parse_terms(side, line) for side in _ARROW.split(line)]
    if len(sides) == 1 and len(sides[0]) > 1:
        return Synonym(sides[0], sides[0])
    if len(sides) == 2:
        return Synonym(*sides)
    raise ValueError(f"“{line}” has to be like “EHCP = EHC plan” or like “statement → EHC plan”.")


def _parse_terms(side: str, line: str) -> tuple[str, ...]:
    terms = tuple(" ".join(term.split()) for term in side.split("="))
    if not all(map(_HAS_WORD.search, terms)):
        raise ValueError(f"“{line}” has nothing on one side of an “=” or of an arrow. Write a word there.")
    if len(terms) > MAX_TERMS or any(len(term) > MAX_TERM_LENGTH for term in terms):
        raise ValueError(
            f"“{line[:40]}…” is too long. Write at most {MAX_TERMS} words or phrases on each side of the arrow, and at "
            f"most {MAX_TERM_LENGTH} characters for each."
        )
    return terms


def parse_organisation(line: str) -> Organisation:
    """Read "name | website | what it helps with". Raises `ValueError` with what to correct."""
    parts = [" ".join(part.split()) for part in line.split("|")]
    if len(line) > MAX_LINE_LENGTH:
        raise ValueError(f"“{line[:40]}…” is longer than {MAX_LINE_LENGTH} characters. Shorten it.")
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"“{line}” has to be like “Name | https://www.example.org/ | What they help with”.")
    if not re.fullmatch(r"https://[^\s/]+\.[^\s/]+(?:/\S*)?", parts[1]):
        raise ValueError(f"“{parts[1]}” has to be the address of a website that starts with https://.")
    return Organisation(*parts)


def write_synonym(synonym: Synonym) -> str:
    """Return the line of a synonym, in canonical form."""
    asked, found = " = ".join(synonym.asked), " = ".join(synonym.found)
    return asked if asked == found else f"{asked} → {found}"


def write_organisation(organisation: Organisation) -> str:
    """Return the line of an organisation, in canonical form."""
    return f"{organisation.name} | {organisation.url} | {organisation.about}"


def normalise_synonym(line: str) -> str:
    """Return the line in canonical form. Raises `ValueError` with what to correct."""
    return write_synonym(parse_synonym(line))


def normalise_organisation(line: str) -> str:
    """Return the line in canonical form. Raises `ValueError` with what to correct."""
    return write_organisation(parse_organisation(line))


def read_synonyms(text: str, path: str, _slug: str = "") -> tuple[SynonymsSource, list[Problem]]:
    """Read the YAML of the synonyms. The record is complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    source = SynonymsSource(
        synonyms=_read_lines(fields, "synonyms", normalise_synonym, MAX_SYNONYMS),
        elsewhere=_read_lines(fields, "elsewhere", normalise_organisation, MAX_ELSEWHERE),
        path=path,
    )
    fields.finish()
    return source, problems


def _read_lines(
    fields: Fields, name: str, normalise: Callable[[str], str], max_lines: int
) -> tuple[str, ...]:
    lines = fields.texts(name, required=False)
    if len(lines) > max_lines:
        message = f"`{name}` has {len(lines)} lines. Write at most {max_lines}."
        fields.add_problem(fields.line(name), message, Kind.TOO_LONG)
    found = []
    for line in lines[:max_lines]:
        try:
            found.append(normalise(line))
        except ValueError as error:
            fields.add_problem(fields.line(name), str(error), Kind.FIELD_VALUE)
    return tuple(found)


def write_synonyms(source: SynonymsSource) -> str:
    """Return the YAML of the synonyms, in canonical form; "" where there are none."""
    fields = {"synonyms": list(source.synonyms), "elsewhere": list(source.elsewhere)}
    return write_fields(fields) if any(fields.values()) else ""
