"""The law that leaflets cite: sources, their versions, chapters and provisions."""

import datetime as dt
import re

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from leaflets.content.citations import subdivision_anchor
from leaflets.law.sources import KINDS

from .base import DIGEST_LENGTH, slug_validator

# What `publishing.law` writes before the number of a subdivision.
_ANCHOR = re.compile(r' id="part-[a-zA-Z0-9-]+"')


class Source(models.Model):
    """A law or statutory guidance, such as the SEND Code of Practice. `kind` is a key of `law.sources.KINDS`."""

    slug = models.CharField(max_length=120, unique=True, validators=[slug_validator])
    kind = models.CharField(max_length=20, choices=[(kind, kind.capitalize()) for kind in KINDS])
    title = models.CharField(max_length=200, help_text="What our leaflets call it.")
    full_title = models.CharField(max_length=300)
    names = models.JSONField(
        default=list, blank=True, help_text="Other names by which people cite it, one per line: CFA 2014."
    )
    url = models.URLField("where it is published")
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    class Meta:
        verbose_name = "law or code"
        verbose_name_plural = "laws and codes"

    def __str__(self) -> str:
        return self.title

    @property
    def unit(self) -> str:
        """What a provision is called: paragraph, section or regulation."""
        return KINDS[self.kind].unit

    def get_absolute_url(self) -> str:
        return reverse("law-source", args=[self.slug])


class SourceVersionQuerySet(models.QuerySet["SourceVersion"]):
    def newest_first(self) -> "SourceVersionQuerySet":
        return self.order_by("-in_force_from", "-pk")

    def begun(self, by: dt.date | None = None) -> "SourceVersionQuerySet":
        """Return the versions that came into force by a day, by default today. Some may have ended."""
        return self.filter(in_force_from__lte=by or timezone.localdate())

    def in_force(self, on: dt.date | None = None) -> "SourceVersionQuerySet":
        """Return the versions in force on a day, by default today: of each source the newest is meant."""
        day = on or timezone.localdate()
        return self.begun(day).filter(Q(in_force_until=None) | Q(in_force_until__gte=day))

    def newer_than_cited(self, edition_pk: int | None = None) -> "SourceVersionQuerySet":
        """Return the versions in force that are newer than those that an edition cites, or any live edition."""
        edition = "provisions__citations__section__edition"
        cited = SourceVersion.objects.filter(
            source=OuterRef("source"),
            in_force_from__lt=OuterRef("in_force_from"),
            **({f"{edition}__status": "published"} if edition_pk is None else {edition: edition_pk}),
        )
        return self.in_force().filter(Exists(cited)).select_related("source").order_by("source__title")

    def of_codes(self) -> "SourceVersionQuerySet":
        """Return the versions of the Code of Practice, which a leaflet can be pinned to."""
        return self.filter(source__kind="code").select_related("source")


class SourceVersion(models.Model):
    """One version of a source, such as January 2015."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="versions")
    slug = models.CharField(max_length=60, validators=[slug_validator])
    label = models.CharField(max_length=60, help_text="What tells it from other versions: January 2015.")
    in_force_from = models.DateField()
    in_force_until = models.DateField(null=True, blank=True)
    url = models.URLField("where it is published")
    has_unapplied_changes = models.BooleanField(
        "changes not yet in the text",
        default=False,
        help_text="The publisher has not put all changes in force into the text yet. Readers are told.",
    )
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    objects = SourceVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "version of the law"
        verbose_name_plural = "versions of the law"
        constraints = [
            models.UniqueConstraint(fields=["source", "slug"], name="version_once_per_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.label})"


class Chapter(models.Model):
    """A chapter or part of a version. `position` is its place in the version, for sorting."""

    version = models.ForeignKey(SourceVersion, models.PROTECT, related_name="chapters")
    number = models.CharField(max_length=4)
    position = models.PositiveSmallIntegerField(editable=False)
    title = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="chapter_once_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.division} {self.number}: {self.title}"

    @property
    def division(self) -> str:
        """What the source calls it."""
        return "Chapter" if self.version.source.unit == "paragraph" else "Part"


class ProvisionQuerySet(models.QuerySet["Provision"]):
    def with_number(self, source: str, number: str) -> "ProvisionQuerySet":
        """Return a source's provisions with this number, at most one per version, newest version first."""
        provisions = self.filter(version__source__slug=source, number=number)
        return provisions.select_related("version__source", "chapter__version__source").order_by(
            "-version__in_force_from"
        )

    def in_order(self) -> "ProvisionQuerySet":
        return self.order_by("position")


class Provision(models.Model):
    """A numbered piece of a version, such as paragraph 6.17 or section 36.

    `position` is its place in the version, for sorting. `text` is the law's own words in Markdown, "" until they are
    imported or pasted. `checked_on` is the day on which staff compared it with the published law.
    """

    version = models.ForeignKey(SourceVersion, models.PROTECT, related_name="provisions")
    chapter = models.ForeignKey(Chapter, models.PROTECT, null=True, blank=True, related_name="provisions")
    number = models.CharField(max_length=12, db_index=True)
    position = models.PositiveIntegerField(default=0, editable=False)
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField(
        blank=True, help_text="Paste it from the published law, word for word. Readers see it at once."
    )
    text_html = models.TextField(editable=False, blank=True)
    url = models.URLField("where you looked it up", blank=True)
    checked_on = models.DateField(null=True, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = ProvisionQuerySet.as_manager()

    class Meta:
        verbose_name = "paragraph or section"
        verbose_name_plural = "paragraphs and sections"
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="provision_once_per_version"),
        ]
        indexes = [models.Index(fields=["version", "position"], name="provisions_in_order")]

    def __str__(self) -> str:
        return f"{self.version.source.unit.capitalize()} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("law-provision", args=[self.version.source.slug, self.number])

    def anchor_of(self, sub: str) -> str:
        """Return the anchor of a subdivision such as "(8)" on its page; "" where its text has none."""
        anchor = subdivision_anchor(sub)
        return anchor if anchor and f' id="{anchor}"' in self.text_html else ""

    @property
    def text_html_without_anchors(self) -> str:
        """The HTML of its text for a page that has the anchors in another version's text already."""
        return _ANCHOR.sub("", self.text_html)

    def neighbours(self) -> tuple["Provision | None", "Provision | None"]:
        """Return the provisions with text before and after this one in its version."""
        others = self.version.provisions.exclude(text="").only("version", "number")
        before = others.filter(position__lt=self.position).order_by("-position").first()
        return before, others.filter(position__gt=self.position).order_by("position").first()
