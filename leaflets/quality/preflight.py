"""Checks that a text has to pass before it is published or loaded. Advice is in `hints`."""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import Model
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone

from leaflets.content.glossary import GlossarySource
from leaflets.content.in_short import find_in_short_problems
from leaflets.content.leaflet import (
    RESERVED_ANCHORS,
    LeafletSource,
    SectionSource,
    read_leaflet,
    write_leaflet,
)
from leaflets.content.limits import find_excess
from leaflets.content.markdown import render, show_as_typed
from leaflets.content.meeting import MeetingSource
from leaflets.content.misreadings import describe_odd_characters, find_raw_marks
from leaflets.content.phone_numbers import find_phone_numbers, normalise
from leaflets.content.rendered import Rendered, RenderedLink
from leaflets.content.service import ServiceSource, find_service_file_warnings
from leaflets.files.fields import CONTROL_CHARACTERS
from leaflets.files.problems import Kind, Problem
from leaflets.law.names import find_shared_names
from leaflets.law.sources import CitableLaw, LawSource, VersionSource
from leaflets.models import (
    Chapter,
    Edition,
    Leaflet,
    MeetingSheet,
    Provision,
    Section,
    Service,
    Source,
    SourceVersion,
    validate_lines,
)

# "Act" is the law only with a capital.
_LEGAL_WORD = re.compile(
    r"\b(?:must|dut(?:y|ies)|entitle(?:d|s|ment)?|entitling|(?:il)?legal(?:ly)?|(?:un)?lawful(?:ly)?|laws?"
    r"|rights|(?:a|the|my|our|his|her|their|child[’']s) right to"
    r"|statut(?:e|es|ory)|obligations?|obliged|(?-i:Acts?)"
    r"|(?:sections?|regulations?|paragraphs?|ss?\.|regs?\.?|paras?\.?) ?\d[\w.()]*)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CheckedLeaflet:
    """A leaflet, the law that it can cite, and the rendering of each section, in order."""

    source: LeafletSource
    law: CitableLaw
    sections: tuple[Rendered, ...]

    @property
    def path(self) -> str:
        """Its path on the site."""
        slug = self.source.slug
        return f"/{slug}/" if self.source.placement == "footer" else f"/leaflets/{slug}/"

    @property
    def anchors(self) -> Iterator[tuple[str, int]]:
        """Yield every anchor of the leaflet with its line in the file."""
        for section, rendered in zip(self.source.sections, self.sections, strict=True):
            yield section.heading.anchor, section.line
            for heading in rendered.headings:
                yield heading.anchor, section.body_line + heading.line - 1


def assign_lines(leaflet: LeafletSource) -> LeafletSource:
    """Return a stored or submitted text with line numbers as if it were a file, to locate its problems.

    Line 1 stands for the front matter; the sections follow one after another.
    """
    sections, line = [], 2
    for section in leaflet.sections:
        sections.append(replace(section, line=line, body_line=line + 1))
        line += section.body.count("\n") + 2
    return replace(leaflet, sections=tuple(sections))


def check_records(
    service: ServiceSource,
    sources: Iterable[LawSource],
    versions: Iterable[VersionSource],
    meeting: MeetingSource | None = None,
) -> Iterator[Problem]:
    """Yield a problem for each text of the records that is longer than its database column, and for each name of two
    sources, each Code but the first and each date of two versions, which would make a citation ambiguous.
    """
    yield from _check_lengths(Service, vars(service), service.path)
    if meeting:
        yield from _check_lengths(MeetingSheet, vars(meeting), meeting.path)
    sources = list(sources)
    for source in sources:
        yield from _check_lengths(Source, vars(source), source.path)
    for name, source, other in find_shared_names(sources):
        message = f"The name “{name}” is in {other.path} too. Take it out of one of the two."
        yield Problem(source.path, 1, message, Kind.FIELD_REPEATED)
    codes = [source for source in sources if source.kind == "code"]
    for source in codes[1:]:
        message = f"{codes[0].path} is the Code already, and a number alone, such as (6.17), means it. Use `kind: guidance`."
        yield Problem(source.path, 1, message, Kind.FIELD_VALUE)
    dates: dict[tuple[str, dt.date], str] = {}
    for version in versions:
        yield from _check_lengths(SourceVersion, vars(version), version.path)
        for _number, title in version.chapters:
            yield from _check_lengths(Chapter, {"title": title}, version.path)
        for provision in version.provisions:
            yield from _check_lengths(Provision, {"heading": provision.heading}, version.path)
        first = dates.setdefault((version.source, version.in_force_from), version.path)
        if first != version.path:
            message = f"This version and {first} have one `in_force_from`. Correct one of the two."
            yield Problem(version.path, 1, message, Kind.FIELD_VALUE)


def check_glossary(glossary: GlossarySource | None, versions: Iterable[VersionSource]) -> Iterator[Problem]:
    """Yield a problem for each term whose provision is not in the files of the law."""
    provisions = {f"{version.source}/{number}" for version in versions for number in version.texts}
    for term in glossary.terms if glossary else ():
        if term.provision and term.provision not in provisions:
            message = f"`provision: {term.provision[:40]}` of “{term.term[:40]}” is not in the files of the law. Correct it."
            yield Problem(glossary.path if glossary else "", term.line, message, Kind.PROVISION_UNKNOWN)


def _check_lengths(
    model: type[Model], values: Mapping[str, object], path: str, line: int = 1
) -> Iterator[Problem]:
    for field in model._meta.concrete_fields:
        text = values.get(field.name)
        if isinstance(text, str) and field.max_length and len(text) > field.max_length:
            message = f"`{text[:40]}…` is longer than {field.max_length} characters. Shorten it."
            yield Problem(path, line, message, Kind.TOO_LONG)
        elif (
            isinstance(text, tuple)
            and all(isinstance(line, str) for line in text)
            and (message := _lines_problem(list(text)))
        ):
            yield Problem(path, line, f"`{field.name}`: {message}", Kind.TOO_LONG)


def _lines_problem(lines: list[str]) -> str:
    try:
        validate_lines(lines)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def check_leaflets(
    leaflets: Iterable[LeafletSource],
    laws: Mapping[str, CitableLaw],
    *,
    provisions_with_a_page: Iterable[tuple[str, str]] = (),
) -> tuple[list[CheckedLeaflet], list[Problem]]:
    """Render leaflets, and return them with all problems in them and between them.

    `leaflets` are all leaflets of a site, or those that link to each other. `laws` has the law that leaflets can cite, by
    their `code`. `provisions_with_a_page`, as (source, number), may be linked to even if these leaflets do not cite them.
    """
    checked = [_render_sections(leaflet, laws) for leaflet in leaflets]
    problems = [problem for leaflet in checked for problem in _check_leaflet(leaflet)]
    problems += _check_slugs(checked)
    problems += _check_links(checked, set(provisions_with_a_page))
    return checked, problems


def _render_sections(leaflet: LeafletSource, laws: Mapping[str, CitableLaw]) -> CheckedLeaflet:
    law = laws[leaflet.code]
    excess = find_excess(section.body for section in leaflet.sections)
    if excess:
        sections = [show_as_typed(section.body) for section in leaflet.sections]
        sections[excess.index].problems.append(excess.problem)
    else:
        sections = [render(section.body, law, section.heading.text) for section in leaflet.sections]
    return CheckedLeaflet(leaflet, law, tuple(sections))


def _check_facts(source: LeafletSource) -> Iterator[Problem]:
    """Yield a problem for what a draft may lack, and a file may not."""
    if not source.title:
        yield Problem(source.path, 1, "The title is missing. Write one.", Kind.FIELD_MISSING)
    if not source.summary:
        message = "The summary is missing. Say in one or two sentences what the leaflet is about."
        yield Problem(source.path, 1, message, Kind.FIELD_MISSING)


def check_topics(leaflets: Iterable[LeafletSource], topics: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each leaflet whose topic is not one of the topics with these slugs."""
    for source in leaflets:
        if source.topic and source.placement == "footer":
            message = "This page is linked at the foot of every page and in no list. Take the topic out."
            yield Problem(source.path, source.topic_line, message, Kind.TOPIC_UNKNOWN)
        elif source.topic and source.topic not in topics:
            message = f"There is no topic `{source.topic[:80]}` in `topics.yaml`. Correct one of the two."
            yield Problem(source.path, source.topic_line, message, Kind.TOPIC_UNKNOWN)


def _check_in_short(leaflet: CheckedLeaflet) -> Iterator[Problem]:
    source = leaflet.source
    # A text that does not come from a file has no lines.
    lines = dict(enumerate(source.in_short_lines))
    for found in find_in_short_problems(source.in_short, dict(leaflet.anchors)):
        yield Problem(source.path, lines.get(found.index, 1), found.message, found.kind)


def _check_leaflet(leaflet: CheckedLeaflet) -> list[Problem]:
    source = leaflet.source
    problems = []
    if source.code and not leaflet.law.code:
        message = f"`code: {source.code}` has no file in `law/code-of-practice`. Correct one of the two."
        problems.append(Problem(source.path, 1, message, Kind.SOURCE_UNKNOWN))
    problems += _check_facts(source)
    problems += _check_lengths(Edition, vars(source) | {"in_short": None}, source.path)
    problems += _check_in_short(leaflet)
    for slug in (source.slug, *source.formerly):
        problems += _check_lengths(Leaflet, {"slug": slug}, source.path)
    for section, rendered in zip(source.sections, leaflet.sections, strict=True):
        heading = vars(section.heading) | {"heading": section.heading.text}
        problems += _check_lengths(Section, heading, source.path, section.line)
        problems += [problem.in_file(source.path, section.body_line) for problem in rendered.problems]
        if not section.body and (len(source.sections) == 1 or not section.is_introduction):
            message = (
                "This leaflet has no text yet. Write its introduction, or add a section."
                if section.is_introduction
                else "This section is empty. Write its text, or take its heading out."
            )
            problems.append(Problem(source.path, section.line, message, Kind.EMPTY_SECTION))
        problems += _check_letter(section, rendered, source.path)
        for link in rendered.links:
            if _text_and_href_differ(link):
                message = (
                    f"The words “{link.text}” and their link `{link.href}` are two different addresses. "
                    "Change the link as well."
                )
                problems.append(
                    Problem(source.path, section.body_line + link.line - 1, message, Kind.LINK_MISMATCH)
                )
    lines: dict[str, int] = {}
    for anchor, line in leaflet.anchors:
        if anchor in lines:
            message = f"The anchor `#{anchor}` is taken by line {lines[anchor]}. Choose another."
            problems.append(Problem(source.path, line, message, Kind.ANCHOR_TAKEN))
        lines.setdefault(anchor, line)
    written = write_leaflet(source)
    # A file cannot have control characters: `find_misread` names them.
    is_safe = problems or CONTROL_CHARACTERS.search(written)
    if not is_safe and read_leaflet(written, source.path, source.slug) != (source, []):
        # A safeguard: no text is known to change when it is exported and loaded.
        message = "This text would read differently out of a file. Use simpler marks."
        problems.append(Problem(source.path, 1, message, Kind.NOT_CANONICAL))
    return problems


def _check_letter(section: SectionSource, rendered: Rendered, path: str) -> Iterator[Problem]:
    """Yield a problem for each sentence of a section of kind "letter" that speaks of the law without citing it.

    A parent signs the letter, so what it says of the law has to be found there.
    """
    sentences = rendered.sentences if section.heading.kind == "letter" else []
    for sentence in sentences:
        legal = _LEGAL_WORD.search(sentence.text)
        if legal and not sentence.is_cited:
            around = sentence.text[max(0, legal.start() - 60) : legal.end() + 60]
            message = (
                f"In the letter “{section.heading.text}”: “{around}” speaks of the law (“{legal[0]}”), and cites nothing. Add "
                "the paragraph or section in brackets at its end, or use other words."
            )
            line = section.body_line + sentence.line - 1
            yield Problem(path, line, message, Kind.LETTER_UNCITED)


def _text_and_href_differ(link: RenderedLink) -> bool:
    """Return whether a link shows one phone number or e-mail address and its href has another."""
    scheme, _, address = link.href.partition(":")
    if scheme == "tel":
        shown = {number.normalised for number in find_phone_numbers(link.text)}
        return bool(shown) and normalise(address) not in shown
    if scheme == "mailto":
        return "@" in link.text and link.text.strip().lower() != unquote(address.partition("?")[0]).lower()
    return False


def _check_slugs(leaflets: Iterable[CheckedLeaflet]) -> Iterator[Problem]:
    paths: dict[str, str] = {}
    for leaflet in leaflets:
        source = leaflet.source
        for slug in (source.slug, *source.formerly):
            if slug in paths:
                message = f"The address `{slug}` is taken by {paths[slug]}. Choose another."
                yield Problem(source.path, 1, message, Kind.ADDRESS_TAKEN)
            paths.setdefault(slug, source.path)
        if source.placement == "footer" and _view_name(leaflet.path) != "footer-page":
            yield Problem(
                source.path,
                1,
                f"The address {leaflet.path} is taken by the site. Rename the file.",
                Kind.ADDRESS_TAKEN,
            )


def is_taken_by_site(slug: str) -> bool:
    """Return whether a footer page with this slug would have the address of another page of the site."""
    return _view_name(f"/{slug}/") != "footer-page"


def _check_links(leaflets: list[CheckedLeaflet], cited: set[tuple[str, str]]) -> Iterator[Problem]:
    """Yield a problem for each broken link within the site."""
    anchors = {leaflet.path: {anchor for anchor, _ in leaflet.anchors} for leaflet in leaflets}
    for leaflet in leaflets:
        anchors |= {path: set() for path in _pages_of_sections(leaflet)}
    placements = {leaflet.source.slug: leaflet.source.placement for leaflet in leaflets}
    cited |= {
        (citation.source, citation.number)
        for leaflet in leaflets
        for r in leaflet.sections
        for citation in r.citations
    }
    sources = {source.slug for leaflet in leaflets for source in leaflet.law.sources}
    for leaflet in leaflets:
        for section, rendered in zip(leaflet.source.sections, leaflet.sections, strict=True):
            for link in rendered.links:
                if not _has_target(link.href, leaflet.path, anchors, placements, cited, sources):
                    yield Problem(
                        leaflet.source.path,
                        section.body_line + link.line - 1,
                        f"The link to `{link.href}` leads nowhere. Correct its address.",
                        Kind.BROKEN_LINK,
                        link.href,
                    )


def _pages_of_sections(leaflet: CheckedLeaflet) -> Iterator[str]:
    """Yield the paths of the pages of letters, and of those from which a part is sent."""
    if leaflet.source.placement == "leaflet":
        for anchor, _line in leaflet.anchors:
            yield f"{leaflet.path}parts/{anchor}/"
        for section in leaflet.source.sections:
            if section.heading.kind == "letter":
                yield f"{leaflet.path}letters/{section.heading.anchor}/"


def _has_target(
    href: str,
    own_path: str,
    anchors: dict[str, set[str]],
    placements: dict[str, str],
    cited: set[tuple[str, str]],
    sources: set[str],
) -> bool:
    """Return whether a link leads to another site or to an existing page and anchor of this one.

    `anchors` has the anchors of each leaflet's path, `placements` the placement of each slug, `sources` the slugs of the
    sources of law.
    """
    if not href.startswith(("/", "#", "?")):
        return True  # Links to other sites are not checked.
    parts = urlsplit(href)
    path, fragment = unquote(parts.path) or own_path, unquote(parts.fragment)
    if path in anchors:
        return not fragment or fragment in anchors[path]
    if _is_file(path):
        return True  # See `find_missing_files`.
    page = _resolve(path)
    return page is not None and _is_existing_page(page, placements, cited, sources)


def _is_existing_page(
    page: ResolverMatch,
    placements: dict[str, str],
    cited: set[tuple[str, str]],
    sources: set[str],
) -> bool:
    slug = page.kwargs.get("slug", "")
    match page.view_name:
        case "law-provision" | "code-paragraph":
            return (slug or "code-of-practice", page.kwargs["number"]) in cited
        case "law-source":
            return slug in sources
        case "leaflet-pdf":
            return placements.get(slug) == "leaflet" and page.kwargs["name"] in (slug, f"{slug}-large-print")
        case "leaflet-duties" | "meeting" | "meeting-sheet":
            return placements.get(slug) == "leaflet"
        case "letter" | "leaflet-part" | "meeting-ics":
            return False  # Those that exist are among `anchors`, and a calendar file needs a day.
        case "editions" | "edition":
            return slug in placements
        case "leaflet" | "footer-page" | "shared-draft":
            return False  # A shared draft ends after some days.
    return True


def find_hints_of_service(service: ServiceSource, leaflets: Sequence[CheckedLeaflet]) -> Iterator[Problem]:
    """Yield a hint for each fact of the service's file that may be wrong, and for each link that leads nowhere."""
    yield from find_service_file_warnings(service, timezone.localdate())
    yield from find_dead_home_links(service, leaflets)


def find_dead_home_links(service: ServiceSource, leaflets: Sequence[CheckedLeaflet]) -> Iterator[Problem]:
    """Yield a problem for each link of the home page that leads to none of these leaflets, or to no part of one.

    The home page leaves it out. `models.resolve_links` finds those of a database.
    """
    anchors = {leaflet.path: {anchor for anchor, _ in leaflet.anchors} for leaflet in leaflets}
    placements = {leaflet.source.slug: leaflet.source.placement for leaflet in leaflets}
    cited = {
        (citation.source, citation.number)
        for leaflet in leaflets
        for rendered in leaflet.sections
        for citation in rendered.citations
    }
    sources = {source.slug for leaflet in leaflets for source in leaflet.law.sources}
    for link in service.ways_in:
        if not link.is_call and not _has_target(link.leads_to, "/", anchors, placements, cited, sources):
            message = f"`ways_in`: “{link.words}” leads to {link.leads_to}, which is not there. It is not shown on the home page."
            yield Problem(service.path, 1, message, Kind.BROKEN_LINK, link.leads_to)


def find_warnings(leaflets: Sequence[CheckedLeaflet]) -> list[Problem]:
    """Return what stops a draft, and not a file: a site whose content folder has it must still start."""
    return [*find_missing_files(leaflets), *find_misread(leaflets)]


def find_missing_files(leaflets: Iterable[CheckedLeaflet]) -> Iterator[Problem]:
    """Yield a problem for each picture and each link whose file the site does not have.

    `check_leaflets` does not report them: they depend on what was uploaded here, so a content folder may be loaded without
    them, and is checked where there are no uploads.
    """
    files = _SiteFiles()
    for leaflet in leaflets:
        for section, rendered in zip(leaflet.source.sections, leaflet.sections, strict=True):
            found = []
            for link in rendered.links:
                path = unquote(urlsplit(link.href).path) if link.href.startswith("/") else ""
                if _is_file(path) and not files.exists(path):
                    message = (
                        f"The link to `{link.href[:120]}` leads to a file that is not on this site. "
                        "Correct its address, or take the link out."
                    )
                    found.append(Problem("", link.line, message, Kind.LINKED_FILE_MISSING, link.href))
            for picture in rendered.pictures:
                if not files.exists(picture.path):
                    message = (
                        f"There is no picture `{picture.path[:120]}` on this site. "
                        "Add it again with “Add a picture”, or take it out."
                    )
                    found.append(Problem("", picture.line, message, Kind.LINKED_FILE_MISSING, picture.path))
            for problem in found:
                yield problem.in_file(leaflet.source.path, section.body_line)


def _is_file(path: str) -> bool:
    return path.startswith((settings.MEDIA_URL, settings.STATIC_URL))


def find_misread(leaflets: Iterable[CheckedLeaflet]) -> Iterator[Problem]:
    """Yield a problem for what readers would see as marks of Markdown, or not see at all.

    `check_leaflets` does not report them: a folder that older versions of the site loaded is still loaded.
    """
    for leaflet in leaflets:
        source = leaflet.source
        for text in (source.title, source.summary):
            for problem in _misread_words(source.path, 1, text):
                yield replace(problem, message=f"{problem.message} It is in the title or the summary.")
        for section, rendered in zip(source.sections, leaflet.sections, strict=True):
            for text in (section.heading.text, section.heading.label):
                yield from _misread_words(source.path, section.line, text)
            for problem in rendered.misread:
                yield problem.in_file(source.path, section.body_line)
        for anchor, line in leaflet.anchors:
            if anchor.startswith(RESERVED_ANCHORS):
                message = (
                    f"The anchor `#{anchor}` may be one of the page itself, to which links would then lead. "
                    f"Choose one that does not begin with `{RESERVED_ANCHORS}`."
                )
                yield Problem(source.path, line, message, Kind.ANCHOR_RESERVED)


def _misread_words(path: str, line: int, text: str) -> Iterator[Problem]:
    yield from (Problem(path, line, message, Kind.RAW_MARK) for _, message in find_raw_marks(text))
    yield from (
        Problem(path, line, message, Kind.ODD_CHARACTER) for _, message in describe_odd_characters(text)
    )


class _SiteFiles:
    """The files that the site serves: static files, and uploaded pictures and files."""

    @cached_property
    def _static_names(self) -> set[str]:
        # Listed once: a long text may have thousands of links, and a search goes through all folders.
        return {name for finder in get_finders() for name, _storage in finder.list([])}

    def exists(self, path: str) -> bool:
        """Return whether a path, without percent signs, is exactly that of a file."""
        if path.startswith(settings.STATIC_URL):
            return path.removeprefix(settings.STATIC_URL) in self._static_names
        page = _resolve(path)
        # The patterns of the views have only names that uploads get.
        is_upload = page is not None and page.view_name in ("media", "attachment")
        return is_upload and default_storage.exists(path.removeprefix(settings.MEDIA_URL))


def _view_name(path: str) -> str:
    page = _resolve(path)
    return "file" if _is_file(path) else page.view_name if page else ""


def _resolve(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None
