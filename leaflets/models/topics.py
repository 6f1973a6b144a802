"""Topics: the headings under which leaflets are listed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from django.db import models
from django.db.models import Q, QuerySet

from .base import DIGEST_LENGTH, slug_validator, validate_slugs

if TYPE_CHECKING:
    from .leaflets import Edition

_Item = TypeVar("_Item")


class Topic(models.Model):
    """A heading under which leaflets are listed. An edition names its topic by `slug`.

    `leaflets` are slugs of leaflets in the order in which they are shown; leaflets of the topic that are not named
    follow by title.
    """

    slug = models.CharField(max_length=80, unique=True, validators=[slug_validator])
    title = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Topics are shown in the order of these numbers, the smallest first."
    )
    leaflets = models.JSONField(
        "order of leaflets",
        default=list,
        blank=True,
        validators=[validate_slugs],
        help_text="The addresses of its leaflets in the order to be shown, one per line: "
        "sen-in-mainstream-schools. Those that you leave out follow by title.",
    )

    class Meta:
        ordering = ("position", "title", "pk")

    def __str__(self) -> str:
        return self.title

    @property
    def editions(self) -> "QuerySet[Edition]":
        """The live editions and drafts that name it, by title."""
        from .leaflets import Edition

        statuses = (Edition.Status.PUBLISHED, Edition.Status.DRAFT)
        named = Edition.objects.filter(topic=self.slug, status__in=statuses)
        return named.exclude(topic="").select_related("leaflet").order_by("title", "pk")

    @property
    def is_used(self) -> bool:
        """Whether a live edition or a draft names it."""
        return self.editions.exists()


class LoadedTopics(models.Model):
    """The digest of the file of topics that was loaded last, as `Leaflet.loaded_digest`. At most one row, pk 1."""

    digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="loaded_topics_are_one")]

    def __str__(self) -> str:
        return self.digest


def group_by_topic(
    topics: Iterable[Topic], leaflets: Iterable[tuple[str, str, _Item]]
) -> list[tuple[Topic | None, list[_Item]]]:
    """Return leaflets under their topics, in the order to be shown; those without a topic come last, under None.

    `leaflets` are (slug, topic, item), by title. Topics without leaflets are left out.
    """
    topics = list(topics)
    known = {topic.slug for topic in topics}
    found: dict[str, list[tuple[str, _Item]]] = {}
    for slug, topic_slug, item in leaflets:
        found.setdefault(topic_slug if topic_slug in known else "", []).append((slug, item))
    groups: list[tuple[Topic | None, list[_Item]]] = []
    for topic in topics:
        places = {slug: place for place, slug in enumerate(topic.leaflets)}
        # Sorting is stable: what is not named stays in the order of titles.
        members = sorted(found.get(topic.slug, ()), key=lambda pair: places.get(pair[0], len(places)))
        groups.append((topic, [item for _, item in members]))
    groups.append((None, [item for _, item in found.get("", ())]))
    return [(topic, members) for topic, members in groups if members]
