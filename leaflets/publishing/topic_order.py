"""The order of topics and of the leaflets under them, and the topic of each leaflet, which staff change step by step.

A step is made from the order that its user saw (`basis`). Where that order changed since, nothing is written and
`OrderChangedError` is raised. Each step returns a `Step`, with which it can be undone.

Locks are taken in this order: the leaflet, then all topics by primary key.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.db import transaction

from leaflets.content.topics import MAX_LEAFLETS
from leaflets.files.digests import digest
from leaflets.models import Edition, Leaflet, Topic, group_by_topic
from leaflets.models.site_version import bump_site_version

from .admin_log import log_action
from .records import leaflet_source


class OrderChangedError(Exception):
    """The order, or what was to be moved, changed since the user saw it. Nothing was written."""


class TooManyLeafletsError(Exception):
    """A topic cannot have an order of so many leaflets."""


@dataclass(frozen=True)
class Entry:
    """A leaflet under a topic. One that is not live is listed by its draft, which readers do not see.

    `is_moved_by_draft` says that the draft of a live leaflet names another topic.
    """

    leaflet_pk: int
    slug: str
    title: str
    topic: str
    is_live: bool
    is_moved_by_draft: bool = False


@dataclass(frozen=True)
class Group:
    """A topic, None for leaflets without one, and its leaflets in the order in which readers see them."""

    topic: Topic | None
    entries: list[Entry]

    @property
    def basis(self) -> str:
        """What a form says about the order that it shows."""
        return digest(",".join(str(entry.leaflet_pk) for entry in self.entries))[:16]

    @property
    def is_public(self) -> bool:
        return any(entry.is_live for entry in self.entries)


@dataclass
class State:
    """Parts of what is stored: positions and orders by the topic's primary key, topics by the edition's."""

    positions: dict[int, int] = field(default_factory=dict)
    orders: dict[int, list[str]] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What a step did, in words, and the parts that it changed, as they were and as they are."""

    words: str
    before: State
    after: State

    def to_json(self) -> dict[str, Any]:
        """Return it for a session."""
        states = (self.before, self.after)
        parts = [
            [list(part.items()) for part in (state.positions, state.orders, state.topics)] for state in states
        ]
        return {"words": self.words, "states": parts}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Step":
        before, after = (
            State(dict(positions), dict(orders), dict(topics))
            for positions, orders, topics in value["states"]
        )
        return cls(value["words"], before, after)


def read_groups(topics: Iterable[Topic] | None = None) -> list[Group]:
    """Return all topics, also those without leaflets, with their leaflets; then, if there are any, those without topic."""
    topics = list(Topic.objects.all() if topics is None else topics)
    known = {topic.slug for topic in topics}
    editions = Edition.objects.leaflets().filter(status__in=[Edition.Status.PUBLISHED, Edition.Status.DRAFT])
    rows = list(
        editions.order_by("title", "pk").values_list("leaflet", "leaflet__slug", "title", "topic", "status")
    )
    live = {row[0] for row in rows if row[4] == Edition.Status.PUBLISHED}
    drafts = {row[0]: row[3] for row in rows if row[4] == Edition.Status.DRAFT}
    entries = [
        Entry(pk, slug, title or slug, topic, pk in live, drafts.get(pk, topic) != topic)
        for pk, slug, title, topic, status in rows
        if status == Edition.Status.PUBLISHED or pk not in live
    ]
    found = {
        topic.slug if topic else "": members
        for topic, members in group_by_topic(topics, ((one.slug, one.topic, one) for one in entries))
    }
    groups = [Group(topic, found.get(topic.slug, [])) for topic in topics]
    without = [one for one in entries if one.topic not in known]
    return [*groups, Group(None, without)] if without else groups


def basis_of_topics(topics: Iterable[Topic]) -> str:
    """Return what a form says about the order of topics that it shows."""
    return digest(",".join(str(topic.pk) for topic in topics))[:16]


def lock_topics() -> list[Topic]:
    """Lock all topics until the transaction ends; return them in their order."""
    list(Topic.objects.select_for_update().order_by("pk"))
    # In the order of their model, which only the database can sort.
    return list(Topic.objects.all())


@transaction.atomic
def move_topic(pk: int, *, up: bool, basis: str, by: User) -> Step:
    """Move a topic up or down by one. Raises `OrderChangedError`."""
    topics = lock_topics()
    place = next((number for number, topic in enumerate(topics) if topic.pk == pk), None)
    if basis != basis_of_topics(topics) or place is None:
        raise OrderChangedError
    other = place - 1 if up else place + 1
    if not 0 <= other < len(topics):
        raise OrderChangedError
    before = State(positions={topic.pk: topic.position for topic in topics})
    topics[place], topics[other] = topics[other], topics[place]
    after = State(positions={topic.pk: number for number, topic in enumerate(topics, 1)})
    words = (
        f"“{topics[other]}” moved {'up' if up else 'down'}. It is now {other + 1} of {len(topics)} topics."
    )
    _write(before, after)
    log_action(by, topics[other], CHANGE, f"Moved {'up' if up else 'down'} to place {other + 1}")
    return Step(words, before, after)


@transaction.atomic
def move_leaflet(pk: int, *, up: bool, basis: str, by: User) -> Step:
    """Move a leaflet up or down by one under its topic. Raises `OrderChangedError` and `TooManyLeafletsError`."""
    topics = lock_topics()
    found = _find(pk, topics)
    if found is None or found[0].topic is None or found[0].basis != basis:
        raise OrderChangedError
    group, entry = found
    topic = found[0].topic
    place = group.entries.index(entry)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(group.entries):
        raise OrderChangedError
    orders = _with_order(topics, topic, _moved(topic.leaflets, group.entries, place, other))
    words = (
        f"“{entry.title}” moved {'up' if up else 'down'}. It is now {other + 1} of {len(group.entries)} "
        f"under “{topic}”."
    )
    before = State(orders={one.pk: one.leaflets for one in topics if one.pk in orders})
    after = State(orders=orders)
    _write(before, after)
    log_action(by, topic, CHANGE, f"Moved the leaflet {entry.slug} to place {other + 1}")
    return Step(words, before, after)


def _moved(named: list[str], entries: list[Entry], place: int, other: int) -> list[str]:
    """Return the order of a topic with the leaflet at one place moved to another, next to it.

    Names no more leaflets than it has to: those that are left out follow by title. Names that the topic does not show,
    such as that of a withdrawn leaflet, keep their place.
    """
    shown = [entry.slug for entry in entries]
    order = [*named, *(slug for slug in shown if slug not in set(named))]
    moved, neighbour = shown[place], shown[other]
    order.remove(moved)
    order.insert(order.index(neighbour) + (other > place), moved)
    return order[: max(len(named), order.index(moved) + 1, order.index(neighbour) + 1)]


def _with_order(topics: list[Topic], topic: Topic, order: list[str]) -> dict[int, list[str]]:
    """Return the orders that change where a topic gets this one: the file of topics names a leaflet once."""
    if len(order) > MAX_LEAFLETS:
        raise TooManyLeafletsError
    return _without(topics, set(order), but=topic) | {topic.pk: order}


def _without(topics: list[Topic], slugs: set[str], *, but: Topic | None = None) -> dict[int, list[str]]:
    return {
        topic.pk: [slug for slug in topic.leaflets if slug not in slugs]
        for topic in topics
        if topic != but and slugs.intersection(topic.leaflets)
    }


@transaction.atomic
def choose_topic(pk: int, topic_slug: str, *, seen: str, by: User) -> Step | None:
    """Put a leaflet under a topic, "" for none, without a new edition: its words stay. None if it is there already.

    `seen` is the topic that the user saw. The draft goes with the live edition, unless it names another topic. Both count
    a save, so that a form that was opened before does not put the leaflet back.
    Raises `OrderChangedError`.
    """
    Leaflet.objects.select_for_update().filter(pk=pk).first()
    topics = lock_topics()
    found = _find(pk, topics)
    topic = next((one for one in topics if one.slug == topic_slug), None)
    if found is None or (topic_slug and topic is None):
        raise OrderChangedError
    entry = found[1]
    if entry.topic == topic_slug:
        return None
    if entry.topic != seen:
        raise OrderChangedError
    editions = _current_editions(pk).filter(topic=entry.topic)
    orders = _without(topics, {entry.slug}, but=topic)
    before = State(
        orders={one.pk: one.leaflets for one in topics if one.pk in orders},
        topics={edition.pk: entry.topic for edition in editions},
    )
    after = State(orders=orders, topics=dict.fromkeys(before.topics, topic_slug))
    _write(before, after)
    words = f"“{entry.title}” is now {f'under “{topic}”' if topic else 'under no topic'}."
    log_action(
        by, Leaflet.objects.get(pk=pk), CHANGE, f"Moved to {f'the topic “{topic}”' if topic else 'no topic'}"
    )
    return Step(words, before, after)


@transaction.atomic
def undo(step: Step, *, by: User) -> None:
    """Put back what a step changed. Raises `OrderChangedError` where something of it changed since."""
    leaflets = Leaflet.objects.filter(editions__in=list(step.after.topics))
    list(Leaflet.objects.select_for_update().filter(pk__in=leaflets.values("pk")).order_by("pk"))
    topics = {topic.pk: topic for topic in lock_topics()}
    if not {*step.before.positions, *step.before.orders} <= topics.keys():
        raise OrderChangedError
    if not {slug for slug in step.before.topics.values() if slug} <= {one.slug for one in topics.values()}:
        raise OrderChangedError
    current = State(
        positions={pk: topics[pk].position for pk in step.after.positions},
        orders={pk: topics[pk].leaflets for pk in step.after.orders},
        topics=dict(
            Edition.objects.filter(pk__in=step.after.topics, status__in=_CURRENT).values_list("pk", "topic")
        ),
    )
    if current != step.after:
        raise OrderChangedError
    _write(step.after, step.before)
    subjects: list[Topic | Leaflet] = list(leaflets.distinct())
    if not subjects:
        # A move: its topic stands last among the orders that it changed.
        subjects = [topics[list(step.after.orders or step.after.positions)[-1]]]
    for subject in subjects:
        log_action(by, subject, CHANGE, f"Put back: {step.words}")


def name_once(topic: Topic) -> None:
    """Take the leaflets that a topic's order names out of other orders, where they stayed when they moved. Needs locks."""
    others = {one.pk: one for one in lock_topics()}
    for pk, order in _without(list(others.values()), set(topic.leaflets), but=topic).items():
        others[pk].leaflets = order
        others[pk].save(update_fields=["leaflets"])


_CURRENT = (Edition.Status.PUBLISHED, Edition.Status.DRAFT)


def _current_editions(leaflet_pk: int) -> Any:
    return Edition.objects.filter(leaflet=leaflet_pk, status__in=_CURRENT)


def _find(leaflet_pk: int, topics: list[Topic]) -> tuple[Group, Entry] | None:
    pairs = ((group, entry) for group in read_groups(topics) for entry in group.entries)
    return next((pair for pair in pairs if pair[1].leaflet_pk == leaflet_pk), None)


def _write(before: State, after: State) -> None:
    """Store what differs. Needs the locks."""
    for topic in Topic.objects.filter(pk__in={*after.positions, *after.orders}):
        values = (after.positions.get(topic.pk, topic.position), after.orders.get(topic.pk, topic.leaflets))
        if values != (topic.position, topic.leaflets):
            topic.position, topic.leaflets = values
            topic.save(update_fields=["position", "leaflets"])
    for edition in Edition.objects.for_editing().filter(pk__in=after.topics):
        edition.topic = after.topics[edition.pk]
        Edition.objects.filter(pk=edition.pk).update(
            topic=edition.topic, digest=leaflet_source(edition).digest, version=edition.version + 1
        )
    if before.topics != after.topics:
        bump_site_version()
