"""The topics under which leaflets are listed: one YAML file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from leaflets.files.digests import digest
from leaflets.files.fields import Fields, write_fields
from leaflets.files.problems import Kind, Problem

from .leaflet import LeafletSource

MAX_TOPICS = 100
# The max_length of the fields of `models.Topic`.
MAX_SLUG = 80
MAX_TITLE = 100
MAX_LEAFLETS = 2_000


@dataclass(frozen=True)
class TopicSource:
    """A heading under which leaflets are listed.

    `leaflets` are slugs of its leaflets in the order in which they are shown; leaflets of the topic that are not named
    follow by title. `line` is that of the topic in the file.
    """

    slug: str
    title: str
    leaflets: tuple[str, ...] = ()
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class TopicsSource:
    """All topics, in the order in which they are shown."""

    topics: tuple[TopicSource, ...]
    path: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        return digest(write_topics(self))

    @property
    def slugs(self) -> set[str]:
        return {topic.slug for topic in self.topics}


def read_topics(text: str, path: str, _name: str = "") -> tuple[TopicsSource, list[Problem]]:
    """Read the YAML of the topics. They are complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    topics = []
    seen: dict[str, int] = {}
    for line, entry in fields.entries("topics"):
        topic = TopicSource(entry.slug("slug"), entry.text("title"), entry.slugs("leaflets"), line)
        entry.finish()
        if topic.slug and topic.slug in seen:
            message = f"The topic `{topic.slug}` stands in line {seen[topic.slug]} too. Keep one."
            problems.append(Problem(path, line, message, Kind.FIELD_REPEATED))
        seen.setdefault(topic.slug, line)
        topics.append(topic)
    fields.finish()
    if len(topics) > MAX_TOPICS:
        message = f"There are more than {MAX_TOPICS} topics. Readers find nothing in so many: join some."
        problems.append(Problem(path, 1, message, Kind.TOO_LONG))
    for topic in topics:
        problems += [Problem(path, topic.line, message, Kind.TOO_LONG) for message in _find_too_long(topic)]
    placed: dict[str, str] = {}
    for topic in topics:
        for slug in topic.leaflets:
            if slug in placed:
                message = f"The leaflet `{slug}` stands here and under `{placed[slug]}`. Keep one."
                if placed[slug] == topic.slug:
                    message = f"The leaflet `{slug}` stands under `{topic.slug}` twice. Keep one."
                problems.append(Problem(path, topic.line, message, Kind.FIELD_REPEATED))
            placed.setdefault(slug, topic.slug)
    return TopicsSource(tuple(topics), path), problems


def _find_too_long(topic: TopicSource) -> Iterator[str]:
    for text, limit in ((topic.slug, MAX_SLUG), (topic.title, MAX_TITLE)):
        if len(text) > limit:
            yield f"`{text[:40]}…` is longer than {limit} characters. Shorten it."
    if len(topic.leaflets) > MAX_LEAFLETS:
        yield f"There are more than {MAX_LEAFLETS:,} leaflets under `{topic.slug}`. Leave some out."
    for slug in topic.leaflets:
        if len(slug) > MAX_SLUG:
            yield f"The address `{slug[:40]}…` is longer than {MAX_SLUG} characters. Correct it."


def write_topics(source: TopicsSource) -> str:
    """Return the YAML of the topics, in canonical form."""
    entries = [
        {
            name: value
            for name, value in (
                ("slug", topic.slug),
                ("title", topic.title),
                ("leaflets", list(topic.leaflets)),
            )
            if value
        }
        for topic in source.topics
    ]
    return write_fields({"topics": entries})


def find_misplaced_leaflets(source: TopicsSource, leaflets: Iterable[LeafletSource]) -> Iterator[Problem]:
    """Yield a hint for each leaflet that a topic's order names and that is not one of the topic's leaflets."""
    topics = {slug: leaflet.topic for leaflet in leaflets for slug in (leaflet.slug, *leaflet.formerly)}
    for topic in source.topics:
        for slug in topic.leaflets:
            if slug not in topics:
                message = f"There is no leaflet `{slug}`, which the topic `{topic.slug}` names. Take it out."
            elif topics[slug] != topic.slug:
                message = (
                    f"The topic `{topic.slug}` names the leaflet `{slug}`, whose file does not say "
                    f"`topic: {topic.slug}`. Correct one of the two."
                )
            else:
                continue
            yield Problem(source.path, topic.line, message, Kind.LEAFLET_UNKNOWN)
