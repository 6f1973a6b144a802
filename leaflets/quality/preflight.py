"""What has to be right before a text is published, wherever it comes from. What only helps is in `hints`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from django.db.models import Model
from django.urls import Resolver404, resolve

from leaflets.content.leaflet import LeafletSource, read_leaflet, write_leaflet
from leaflets.content.markdown import Rendered, RenderedLink, render
from leaflets.content.phone_numbers import normalise
from leaflets.content.service import ServiceSource
from leaflets.files.problems import Kind, Problem
from leaflets.law.sources import CodeSource
from leaflets.models import CodeChapter, CodeEdition, Edition, Leaflet, Section, Service


@dataclass(frozen=True)
class CheckedLeaflet:
    """A leaflet, the edition of the Code that it cites, and what became of each of its sections."""

    source: LeafletSource
    code: CodeSource | None
    sections: tuple[Rendered, ...]

    @property
    def path(self) -> str:
        """Its address on the site."""
        slug = self.source.slug
        return f"/{slug}/" if self.source.placement == "footer" else f"/leaflets/{slug}/"

    @property
    def anchors(self) -> Iterator[tuple[str, int]]:
        """Every anchor of the leaflet, with its line in the file."""
        for section, rendered in zip(self.source.sections, self.sections, strict=True):
            yield section.heading.anchor, section.line
            for heading in rendered.headings:
                yield heading.anchor, section.body_line + heading.line - 1


def number_lines(leaflet: LeafletSource) -> LeafletSource:
    """The same text, stored or typed, with its sections one after another: a line then says where it stands.

    Line 1 is for what belongs to no section, as in a file.
    """
    sections, line = [], 2
    for section in leaflet.sections:
        sections.append(replace(section, line=line, body_line=line + 1))
        line += section.body.count("\n") + 2
    return replace(leaflet, sections=tuple(sections))


def check_records(service: ServiceSource, codes: Iterable[CodeSource]) -> Iterator[Problem]:
    """Say what is too long to be stored in the service's record and in those of the Code."""
    yield from _check_lengths(Service, vars(service), service.path)
    for code in codes:
        yield from _check_lengths(CodeEdition, vars(code), code.path)
        for _number, title in code.chapters:
            yield from _check_lengths(CodeChapter, {"title": title}, code.path)


def _check_lengths(
    model: type[Model], values: Mapping[str, object], path: str, line: int = 1
) -> Iterator[Problem]:
    for field in model._meta.concrete_fields:
        text = values.get(field.name)
        if isinstance(text, str) and field.max_length and len(text) > field.max_length:
            message = f"`{text[:40]}…` is longer than {field.max_length} characters. Shorten it."
            yield Problem(path, line, message, Kind.TOO_LONG)


def check_leaflets(
    leaflets: Iterable[LeafletSource], codes: Iterable[CodeSource], *, cited_elsewhere: Iterable[str] = ()
) -> tuple[list[CheckedLeaflet], list[Problem]]:
    """Render leaflets and say everything that is wrong in them or between them.

    These are all leaflets of a site, or those that have to do with each other; then `cited_elsewhere` are
    the paragraphs of the Code that the others cite, which have a page that can be linked to.
    """
    codes_by_slug = {code.slug: code for code in codes}
    checked = [_render_sections(leaflet, codes_by_slug) for leaflet in leaflets]
    problems = [problem for leaflet in checked for problem in _check_leaflet(leaflet, codes_by_slug)]
    problems += _check_slugs(checked)
    problems += _check_links(checked, set(cited_elsewhere))
    return checked, problems


def _render_sections(leaflet: LeafletSource, codes: dict[str, CodeSource]) -> CheckedLeaflet:
    code = codes.get(leaflet.code)
    return CheckedLeaflet(leaflet, code, tuple(render(section.body, code) for section in leaflet.sections))


def _check_leaflet(leaflet: CheckedLeaflet, codes: dict[str, CodeSource]) -> list[Problem]:
    source = leaflet.source
    problems = []
    if source.code and source.code not in codes:
        message = f"`code: {source.code}` has no file in `code-of-practice`. Correct one of the two."
        problems.append(Problem(source.path, 1, message, Kind.SOURCE_UNKNOWN))
    problems += _check_lengths(Edition, vars(source), source.path)
    for slug in (source.slug, *source.formerly):
        problems += _check_lengths(Leaflet, {"slug": slug}, source.path)
    for section, rendered in zip(source.sections, leaflet.sections, strict=True):
        heading = vars(section.heading) | {"heading": section.heading.text}
        problems += _check_lengths(Section, heading, source.path, section.line)
        problems += [problem.in_file(source.path, section.body_line) for problem in rendered.problems]
        if not section.body and (len(source.sections) == 1 or not section.is_introduction):
            message = "This section is empty. Write its text, or take its heading out."
            problems.append(Problem(source.path, section.line, message, Kind.EMPTY_SECTION))
        for link in rendered.links:
            if _says_another_address(link):
                message = (
                    f"The words “{link.text}” and their link `{link.href}` are two different addresses. "
                    "Change the link as well."
                )
                problems.append(
                    Problem(source.path, section.body_line + link.line - 1, message, Kind.LINK_MISMATCH)
                )
    taken: dict[str, int] = {}
    for anchor, line in leaflet.anchors:
        if anchor in taken:
            message = f"The anchor `#{anchor}` is taken by line {taken[anchor]}. Choose another."
            problems.append(Problem(source.path, line, message, Kind.ANCHOR_TAKEN))
        taken.setdefault(anchor, line)
    if not problems and read_leaflet(write_leaflet(source), source.path, source.slug) != (source, []):
        # Nothing is known to get here. If something does, its text is refused rather than garbled.
        message = "This text would read differently out of a file. Use simpler marks."
        problems.append(Problem(source.path, 1, message, Kind.NOT_CANONICAL))
    return problems


def _says_another_address(link: RenderedLink) -> bool:
    """Whether a phone number or an e-mail address is shown, and another one is dialled or written to."""
    scheme, _, address = link.href.partition(":")
    if scheme == "tel":
        shown = normalise(link.text)
        return shown != "" and shown != normalise(address)
    if scheme == "mailto":
        return "@" in link.text and link.text.strip().lower() != unquote(address.partition("?")[0]).lower()
    return False


def _check_slugs(leaflets: Iterable[CheckedLeaflet]) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for leaflet in leaflets:
        source = leaflet.source
        for slug in (source.slug, *source.formerly):
            if slug in taken:
                message = f"The address `{slug}` is taken by {taken[slug]}. Choose another."
                yield Problem(source.path, 1, message, Kind.ADDRESS_TAKEN)
            taken.setdefault(slug, source.path)
        if source.placement == "footer" and _view_name(leaflet.path) != "footer-page":
            yield Problem(
                source.path,
                1,
                f"The address {leaflet.path} is taken by the site. Rename the file.",
                Kind.ADDRESS_TAKEN,
            )


def _check_links(leaflets: list[CheckedLeaflet], cited: set[str]) -> Iterator[Problem]:
    """Find links within the site that lead nowhere."""
    anchors = {leaflet.path: {anchor for anchor, _ in leaflet.anchors} for leaflet in leaflets}
    cited |= {citation.number for leaflet in leaflets for r in leaflet.sections for citation in r.citations}
    for leaflet in leaflets:
        for section, rendered in zip(leaflet.source.sections, leaflet.sections, strict=True):
            for link in rendered.links:
                if not _leads_somewhere(link.href, leaflet.path, anchors, cited):
                    yield Problem(
                        leaflet.source.path,
                        section.body_line + link.line - 1,
                        f"The link to `{link.href}` leads nowhere. Correct its address.",
                        Kind.BROKEN_LINK,
                        link.href,
                    )


def _leads_somewhere(href: str, own_path: str, anchors: dict[str, set[str]], cited: set[str]) -> bool:
    if not href.startswith(("/", "#", "?")):
        return True  # Another site's business.
    parts = urlsplit(href)
    path, fragment = unquote(parts.path) or own_path, unquote(parts.fragment)
    if path in anchors:
        return not fragment or fragment in anchors[path]
    name = _view_name(path)
    if name == "code-paragraph":
        return path.strip("/").rpartition("/")[2] in cited
    return name not in ("", "leaflet", "footer-page")


def _view_name(path: str) -> str:
    if path.startswith(("/media/", "/static/")):
        return "file"
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""
