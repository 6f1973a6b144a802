"""Which texts that readers see still print a fact that the service's record had before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from leaflets.content.earlier_facts import WORDS, FactKind, Printed, find_printed
from leaflets.content.leaflet import INTRODUCTION
from leaflets.models import (
    EarlierFact,
    Edition,
    MeetingSheet,
    Notice,
    SearchWords,
    Section,
    Service,
    Term,
    Topic,
)
from leaflets.models.earlier_facts import current_facts

LEAFLET, OTHER = "leaflet", "other text"


@dataclass(frozen=True)
class Text:
    """A text that staff write: which thing it is of, the part of it, and the address of the page where it is changed.

    `draft` is the same part of the leaflet's draft, None where there is no draft.
    """

    thing: str
    part: str
    text: str
    url: str
    kind: str = OTHER
    anchor: str = ""
    draft: str | None = None


@dataclass(frozen=True)
class Place:
    """Where an old fact is printed. `is_in_draft` is False where the leaflet's draft has it no more: it waits to be published."""

    text: Text
    printed: Printed
    is_in_draft: bool = True

    @property
    def url(self) -> str:
        """The page where it is changed. The editor opens at the part, with the words selected."""
        if self.text.kind != LEAFLET or not self.is_in_draft:
            return self.text.url
        return f"{self.text.url}?{urlencode({'part': self.text.anchor, 'words': self.printed.excerpt})}"


@dataclass
class OldFact:
    """An earlier fact, with the places that still print it."""

    earlier: EarlierFact
    places: list[Place] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What it is, such as "phone number 01632 960000"."""
        return f"{WORDS[FactKind(self.earlier.kind)]} {self.earlier.text}"

    @property
    def sentence(self) -> str:
        """How many leaflets and other texts print it, in a sentence for staff."""
        leaflets = {place.text.url for place in self.places if place.text.kind == LEAFLET}
        others = {place.text.url for place in self.places if place.text.kind != LEAFLET}
        counted = [
            f"{len(things)} {one if len(things) == 1 else many}"
            for things, one, many in (
                (leaflets, "leaflet", "leaflets"),
                (others, "other text", "other texts"),
            )
            if things
        ]
        verb = "prints" if len(leaflets) + len(others) == 1 else "print"
        return f"{' and '.join(counted)} still {verb} the old {self.words}"


def find_old_facts() -> list[OldFact]:
    """Return the earlier facts that a text still prints and that nobody marked as still right, the newest change first."""
    earlier = list(EarlierFact.objects.filter(still_right_by="").order_by("-until", "kind", "text"))
    service = Service.objects.first()
    if not earlier or service is None:
        return []
    found = {(one.kind, one.key): OldFact(one) for one in earlier}
    old, current = [one.fact for one in earlier], current_facts(service)
    for text in _texts(service):
        for printed in find_printed(text.text, old, current):
            in_draft = text.draft is None or any(
                one.fact == printed.fact for one in find_printed(text.draft, [printed.fact], current)
            )
            found[printed.fact.kind.value, printed.fact.key].places.append(Place(text, printed, in_draft))
    return [one for one in found.values() if one.places]


def _texts(service: Service) -> Iterator[Text]:
    yield from _texts_of_leaflets()
    yield from _texts_of_records(service)


def _texts_of_leaflets() -> Iterator[Text]:
    sections = Prefetch("sections", Section.objects.order_by("position"))
    drafts = Edition.objects.filter(status=Edition.Status.DRAFT).prefetch_related(sections)
    by_leaflet = {draft.leaflet_id: draft for draft in drafts}
    for edition in Edition.objects.published().order_by("title", "pk").prefetch_related(sections):
        url = reverse("admin:leaflet-edit", args=[edition.leaflet_id])
        draft = by_leaflet.get(edition.leaflet_id)
        # A section can have another heading in the draft, so the whole of it is searched.
        whole = None if draft is None else "\n\n".join(text for _part, _anchor, text in _parts(draft))
        for part, anchor, text in _parts(edition):
            yield Text(edition.title, part, text, url, LEAFLET, anchor, whole)


def _parts(edition: Edition) -> Iterator[tuple[str, str, str]]:
    """Yield the name, anchor and text of each part of an edition."""
    yield "the title", "title", edition.title
    yield "the summary", "summary", edition.summary
    yield "“In short”", "in_short", "\n".join(edition.in_short)
    for section in edition.sections.all():
        if section.heading:
            yield f"“{section.heading}”", section.anchor, f"{section.heading}\n{section.label}"
        part = f"“{section.heading}”" if section.heading else "the introduction"
        yield part, section.anchor if section.heading else INTRODUCTION, section.body


def _texts_of_records(service: Service) -> Iterator[Text]:
    for notice in Notice.objects.filter(ends__gt=timezone.now()):
        yield _text("Notice", notice, f"{notice.text}\n{notice.link_words}")
    for topic in Topic.objects.all():
        yield _text("Topic", topic, topic.title)
    for term in Term.objects.all():
        yield _text("Explained word", term, f"{term.term}\n{term.explanation}")
    for sheet in MeetingSheet.objects.all():
        yield _text("Meeting sheet", sheet, "\n".join([*sheet.questions, *sheet.bring]))
    for words in SearchWords.objects.all():
        yield _text("Words of the search", words, "\n".join(words.elsewhere))
    ways = [f"{way.words}\n{way.about}" for way in service.all_ways_in]
    texts = (
        service.tagline,
        service.promise,
        service.heading,
        service.lead,
        service.answerphone,
        service.call_cost,
    )
    yield _text("Your service", service, "\n".join([*texts, *ways]))


def _text(kind: str, record: Notice | Topic | Term | MeetingSheet | SearchWords | Service, text: str) -> Text:
    name = kind if record.pk == 1 and not isinstance(record, Notice | Topic | Term) else f"{kind}: {record}"
    url = reverse(f"admin:leaflets_{record._meta.model_name}_change", args=[record.pk])
    return Text(name, "", text, url)
