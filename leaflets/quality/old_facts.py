"""Which texts that readers see still print a fact that the service's record had before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from leaflets.content.earlier_facts import WORDS, Fact, FactKind, Printed, find_printed
from leaflets.content.leaflet import INTRODUCTION
from leaflets.models import (
    EarlierFact,
    Edition,
    MeetingSheet,
    Notice,
    ScheduledChange,
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

    `draft` has the anchors and texts of all parts of the leaflet's draft, None where there is no draft.
    `publish_url` is the page where the draft is published, and `goes_live` when it does so by itself, "" if it does not.
    """

    thing: str
    part: str
    text: str
    url: str
    kind: str = OTHER
    anchor: str = ""
    draft: tuple[tuple[str, str], ...] | None = None
    publish_url: str = ""
    goes_live: str = ""


@dataclass(frozen=True)
class Place:
    """Where an old fact is printed.

    `is_in_draft` is False where the leaflet's draft has it no more. `is_draft_right` is True where the draft has none of
    the old facts that the leaflet prints: it only has to be published.
    """

    text: Text
    printed: Printed
    is_in_draft: bool = True
    is_draft_right: bool = False

    @property
    def has_draft(self) -> bool:
        return self.text.draft is not None

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
    for _url, texts in groupby(_texts(service), key=lambda text: text.url):
        printed = [(text, one) for text in texts for one in find_printed(text.text, old, current)]
        left = _left_in_draft(printed, current)
        for number, (text, one) in enumerate(printed):
            place = Place(text, one, is_in_draft=number in left, is_draft_right=not left)
            found[one.fact.kind.value, one.fact.key].places.append(place)
    return [one for one in found.values() if one.places]


def _left_in_draft(printed: list[tuple[Text, Printed]], current: list[Fact]) -> set[int]:
    """Return which places of one leaflet, by their index, its draft still has; all of them where there is no draft.

    Each place of the draft stands for one of the live text: the one in the same line if there is one, then one of the same
    part and form, then any other of that fact.
    """
    draft = printed[0][0].draft if printed else None
    if draft is None:
        return set(range(len(printed)))
    facts = list({one.fact: None for _text, one in printed})
    live = [_describe(text.anchor, text.text, one) for text, one in printed]
    drafted = [
        _describe(anchor, text, one) for anchor, text in draft for one in find_printed(text, facts, current)
    ]
    left: set[int] = set()
    for length in range(len(_Described._fields), 0, -1):
        open_places: dict[tuple[object, ...], list[int]] = {}
        for number, one in enumerate(live):
            if number not in left:
                open_places.setdefault(one[:length], []).append(number)
        unmatched = []
        for one in drafted:
            if numbers := open_places.get(one[:length]):
                left.add(numbers.pop(0))
            else:
                unmatched.append(one)
        drafted = unmatched
    return left


class _Described(NamedTuple):
    """What a place is matched by, the most important first."""

    fact: Fact
    is_dialled: bool
    anchor: str
    line: str


def _describe(anchor: str, text: str, printed: Printed) -> _Described:
    return _Described(printed.fact, printed.is_dialled, anchor, text.split("\n")[printed.line - 1])


def _texts(service: Service) -> Iterator[Text]:
    yield from _texts_of_leaflets()
    yield from _texts_of_records(service)


def _texts_of_leaflets() -> Iterator[Text]:
    sections = Prefetch("sections", Section.objects.order_by("position"))
    drafts = Edition.objects.filter(status=Edition.Status.DRAFT).prefetch_related(sections)
    by_leaflet = {draft.leaflet_id: draft for draft in drafts}
    waiting = ScheduledChange.objects.waiting().select_related("scheduled_by")
    goes_live = {
        change.leaflet_id: change.time_description
        for change in waiting
        if change.is_publication and not change.problem_of_person
    }
    for edition in Edition.objects.published().order_by("title", "pk").prefetch_related(sections):
        pk = edition.leaflet_id
        url, publish_url = (
            reverse(f"admin:{name}", args=[pk]) for name in ("leaflet-edit", "leaflet-publish")
        )
        draft = by_leaflet.get(pk)
        drafted = None if draft is None else tuple((anchor, text) for _part, anchor, text in _parts(draft))
        for part, anchor, text in _parts(edition):
            yield Text(
                edition.title, part, text, url, LEAFLET, anchor, drafted, publish_url, goes_live.get(pk, "")
            )


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
    links = [f"{link.words}\n{link.about}" for link in service.home_links]
    texts = (
        service.tagline,
        service.promise,
        service.heading,
        service.lead,
        service.answerphone,
        service.call_cost,
    )
    yield _text("Your service", service, "\n".join([*texts, *links]))


def _text(kind: str, record: Notice | Topic | Term | MeetingSheet | SearchWords | Service, text: str) -> Text:
    name = kind if record.pk == 1 and not isinstance(record, Notice | Topic | Term) else f"{kind}: {record}"
    url = reverse(f"admin:leaflets_{record._meta.model_name}_change", args=[record.pk])
    return Text(name, "", text, url)
