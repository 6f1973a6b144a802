"""What can be found: the parts of the published leaflets, the words explained, the law's own words, and how to reach the service. Another kind is added to `KINDS`."""

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import unescape
from typing import ClassVar, NamedTuple

from django.urls import reverse
from django.utils.html import strip_tags

from leaflets.models import (
    Edition,
    Provision,
    Section,
    Service,
    Source,
    SourceVersion,
    Term,
    provisions_with_a_page,
)

from .index import Document, Part

_BATCH = 100  # editions whose text is read at once
_END_OF_BLOCK = re.compile(r"</(?:p|li|td|th|h[1-6])>|<br ?/?>")


class Place(NamedTuple):
    """Where a document is: its path, and what a result says below the sentence, such as "Leaflet: SEN support".

    `name` stands before the headings of its parts, such as "Section 36".
    """

    path: str
    origin: str
    name: str = ""


class Kind(ABC):
    """A kind of document: how to read all of them, and where those are that were found."""

    name: ClassVar[str]
    # How much a hit counts, compared with one in a leaflet.
    weight: ClassVar[float] = 1.0
    # Whether its hits come after all others, unless their heading is the query itself.
    comes_last: ClassVar[bool] = False

    @abstractmethod
    def keys(self) -> dict[str, int]:
        """Return the primary key of each document that readers may find, by a key that changes with its text."""

    @abstractmethod
    def read(self, keys: Mapping[str, int]) -> Iterator[Document]:
        """Yield these documents."""

    @abstractmethod
    def places(self, pks: Collection[int]) -> dict[int, Place]:
        """Return where these are now. What readers may not see any more is left out."""


class Editions(Kind):
    """The published editions of leaflets, by section and subheading."""

    name = "edition"
    placement = "leaflet"
    url_name = "leaflet"

    def keys(self) -> dict[str, int]:
        live = Edition.objects.published().filter(placement=self.placement)
        rows = live.values_list("pk", "digest", "rendered_by")
        # A published edition never changes, but its text is rendered again with another version of the site.
        return {f"edition {pk} {text} {rendered_by}": pk for pk, text, rendered_by in rows}

    def read(self, keys: Mapping[str, int]) -> Iterator[Document]:
        items = list(keys.items())
        for start in range(0, len(items), _BATCH):
            yield from self._read_batch(dict(items[start : start + _BATCH]))

    def _read_batch(self, keys: Mapping[str, int]) -> Iterator[Document]:
        editions = Edition.objects.only("title", "summary").in_bulk(list(keys.values()))
        sections: dict[int, list[Section]] = defaultdict(list)
        fields = ("edition", "position", "anchor", "heading", "label", "subheadings", "blocks", "plain_text")
        for section in Section.objects.filter(edition__in=editions).only(*fields).in_reading_order():
            sections[section.edition_id].append(section)
        for key, pk in keys.items():
            if pk in editions:  # not discarded meanwhile
                edition = editions[pk]
                parts = [part for section in sections[pk] for part in split_section(edition, section)]
                yield Document(key, self.name, pk, tuple(parts))

    def places(self, pks: Collection[int]) -> dict[int, Place]:
        live = Edition.objects.published().filter(pk__in=pks)
        # Rows, not editions: making those takes as long as the search.
        rows = live.values_list("pk", "title", "leaflet__slug")
        return {
            pk: Place(reverse(self.url_name, args=[slug]), self.origin_of(title)) for pk, title, slug in rows
        }

    def origin_of(self, title: str) -> str:
        return f"Leaflet: {title}"


class Pages(Editions):
    """The pages that are linked at the foot of the site: few people search for them."""

    name = "page"
    placement = "footer"
    url_name = "footer-page"
    comes_last = True

    def origin_of(self, title: str) -> str:
        return "About this site"


def split_section(edition: Edition, section: Section) -> Iterator[Part]:
    """Yield the part before a section's first subheading, and one for each subheading.

    The introduction has the leaflet's title as its heading, and leads to the top of its page.
    """
    subheadings = list(section.subheadings)
    texts: list[list[str]] = [[]]
    for block in section.blocks:
        if block["kind"] == "heading" and len(texts) <= len(subheadings):
            texts.append([])
        else:
            texts[-1].append(block["text"])
    if not section.blocks:  # stored before there were blocks
        texts, subheadings = [[section.plain_text]], []
    bodies = ["\n".join(lines) for lines in texts]
    if section.position == 0:
        yield Part(edition.title, f"{edition.summary}\n{bodies[0]}")
    else:
        others = " ".join([section.label, *(one["text"] for one in subheadings)])
        yield Part(section.heading, bodies[0], section.anchor, edition.title, others=others)
    for subheading, body in zip(subheadings, bodies[1:], strict=False):
        yield Part(subheading["text"], body, subheading["anchor"], edition.title, section.heading)


class Provisions(Kind):
    """The law's own words: of each number the version in force, or else the newest one."""

    name = "provision"
    weight = 0.6

    def keys(self) -> dict[str, int]:
        in_force = set(SourceVersion.objects.in_force().values_list("pk", flat=True))
        provisions = (
            provisions_with_a_page()
            .select_related("version__source")
            .only("number", "heading", "text", "version__source__title")
            .order_by("version__in_force_from")
        )
        # Those in force last: of two with one number, the last one stays.
        chosen = {
            (provision.version.source_id, provision.number): provision
            for provision in sorted(provisions, key=lambda one: one.version_id in in_force)
        }
        return {
            f"provision {one.pk} {hash((one.heading, one.text, one.version.source.title))}": one.pk
            for one in chosen.values()
            if one.heading or one.text  # else there is only a number, which needs no index
        }

    def read(self, keys: Mapping[str, int]) -> Iterator[Document]:
        provisions = Provision.objects.select_related("version__source").in_bulk(list(keys.values()))
        for key, pk in keys.items():
            if pk in provisions:
                provision = provisions[pk]
                text = html_to_text(provision.text_html)
                part = Part(provision.heading, text, title=provision.version.source.title)
                yield Document(key, self.name, pk, (part,), table="law")

    def places(self, pks: Collection[int]) -> dict[int, Place]:
        live = provisions_with_a_page().filter(pk__in=pks).select_related("version__source")
        return {one.pk: place_of_provision(one) for one in live}


def html_to_text(html: str) -> str:
    """Return the words of stored HTML, each block in a line of its own."""
    return unescape(strip_tags(_END_OF_BLOCK.sub("\n", html)))


def place_of_provision(provision: Provision) -> Place:
    return Place(provision.get_absolute_url(), f"The law: {provision.version.source.title}", str(provision))


class Sources(Kind):
    """The laws and guidances themselves, by their names: a page here says where each is published."""

    name = "source"
    weight = 0.6

    def keys(self) -> dict[str, int]:
        sources = Source.objects.filter(versions__isnull=False).distinct()
        rows = sources.values_list("pk", "title", "full_title", "names")
        return {f"source {pk} {hash((title, full, *names))}": pk for pk, title, full, names in rows}

    def read(self, keys: Mapping[str, int]) -> Iterator[Document]:
        sources = Source.objects.in_bulk(list(keys.values()))
        for key, pk in keys.items():
            if pk in sources:
                source = sources[pk]
                part = Part(source.title, source.full_title, others=" ".join(source.names))
                yield Document(key, self.name, pk, (part,), table="law")

    def places(self, pks: Collection[int]) -> dict[int, Place]:
        live = Source.objects.filter(pk__in=pks, versions__isnull=False).distinct()
        return {
            source.pk: Place(source.get_absolute_url(), "The law, and where to read it") for source in live
        }


class ContactPage(Kind):
    """The page that says how to reach the service, by what it says."""

    name = "contact"
    words = "phone number telephone call text e-mail email address where we are opening hours appointment"

    def keys(self) -> dict[str, int]:
        return {
            f"contact {hash(self._lines(service))}": service.pk
            for service in Service.objects.all()
            if service.name
        }

    def read(self, keys: Mapping[str, int]) -> Iterator[Document]:
        services = Service.objects.in_bulk(list(keys.values()))
        for key, pk in keys.items():
            if pk in services:
                part = Part("Contact us", "\n".join(self._lines(services[pk])), others=self.words)
                yield Document(key, self.name, pk, (part,))

    def places(self, pks: Collection[int]) -> dict[int, Place]:
        return {pk: Place(reverse("contact"), "All ways to reach us") for pk in pks}

    def _lines(self, service: Service) -> tuple[str, ...]:
        lines = {
            "Phone": " or ".join(service.phones),
            "E-mail": service.email,
            "Address": ", ".join([*service.address, service.postcode]),
            "We answer the phone": ", ".join(service.opening_hours),
        }
        return tuple(f"{name}: {text}" for name, text in lines.items() if text)


class Words(Kind):
    """The words explained, by all their forms."""

    name = "word"

    def keys(self) -> dict[str, int]:
        rows = Term.objects.values_list("pk", "term", "anchor", "forms", "explanation")
        return {
            f"word {pk} {hash((term, anchor, explanation, *forms))}": pk
            for pk, term, anchor, forms, explanation in rows
        }

    def read(self, keys: Mapping[str, int]) -> Iterator[Document]:
        terms = Term.objects.in_bulk(list(keys.values()))
        for key, pk in keys.items():
            if pk in terms:
                term = terms[pk]
                part = Part(term.term, term.explanation, term.anchor, others=" ".join(term.forms))
                yield Document(key, self.name, pk, (part,))

    def places(self, pks: Collection[int]) -> dict[int, Place]:
        live = Term.objects.filter(pk__in=pks).values_list("pk", flat=True)
        return {pk: Place(reverse("words"), "Words explained") for pk in live}


KINDS: tuple[Kind, ...] = (Editions(), Pages(), Words(), ContactPage(), Provisions(), Sources())


def find_places(hits: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Place]:
    """Return where documents are that were found as (kind, primary key), without those that are not public any more."""
    pks: dict[str, set[int]] = defaultdict(set)
    for kind, pk in hits:
        pks[kind].add(pk)
    return {
        (kind.name, pk): place
        for kind in KINDS
        if pks[kind.name]
        for pk, place in kind.places(pks[kind.name]).items()
    }
