"""Leaflets, their editions and sections.

Everything that a reader may see is asked for through `Edition.objects.published()`. Only
`leaflets.publishing` writes editions, sections and citations.
"""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from leaflets.content.leaflet import PLACEMENTS, SECTION_KINDS

from .base import DIGEST_LENGTH, slug_validator
from .law import CodeEdition


class LeafletQuerySet(models.QuerySet["Leaflet"]):
    def for_staff(self) -> "LeafletQuerySet":
        """With what the staff's list shows: what is live, the draft, and when a check is due."""
        editions = Edition.objects.filter(leaflet=OuterRef("pk"))
        live = editions.filter(status=Edition.Status.PUBLISHED)
        draft = editions.filter(status=Edition.Status.DRAFT)
        newest_review = Review.objects.filter(leaflet=OuterRef("pk")).order_by("-reviewed_at")
        return self.annotate(
            shown_title=Subquery(editions.order_by("-number").values("title")[:1]),
            hints_open=Subquery(editions.order_by("-number").values("open_hints")[:1]),
            live_number=Subquery(live.values("number")[:1]),
            live_since=Subquery(live.values("published_at")[:1]),
            live_by=Subquery(live.values("published_by__username")[:1]),
            draft_saved=Subquery(draft.values("edited_at")[:1]),
            draft_editor=Subquery(draft.values("edited_by__username")[:1]),
            # A check that found nothing to change says when the next one is due.
            review_due=Coalesce(
                Subquery(newest_review.values("next_on")[:1]), Subquery(live.values("review_on")[:1])
            ),
        )


class Leaflet(models.Model):
    """The lasting thing with an address. What it says is in its editions.

    `loaded_digest` says which text of its file was loaded last, so that a later load can tell an edit in
    the file from an edit by staff. It is empty for a leaflet that never had a file.
    """

    slug = models.CharField(max_length=80, unique=True, validators=[slug_validator])
    placement = models.CharField(max_length=10, choices=[(name, name.capitalize()) for name in PLACEMENTS])
    read_instead = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Shown to people who come for this leaflet after it was withdrawn.",
    )  # fmt: skip
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False, blank=True)

    objects = LeafletQuerySet.as_manager()

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        if self.placement == "footer":
            return reverse("footer-page", args=[self.slug])
        return reverse("leaflet", args=[self.slug])


class OldSlug(models.Model):
    """A slug that a leaflet had before. Addresses are printed on paper: they never die."""

    slug = models.CharField(max_length=80, unique=True, validators=[slug_validator])
    leaflet = models.ForeignKey(Leaflet, models.CASCADE, related_name="old_slugs")

    def __str__(self) -> str:
        return self.slug


class EditionQuerySet(models.QuerySet["Edition"]):
    """The named questions that pages ask."""

    def published(self) -> "EditionQuerySet":
        """What the public reads now. Nothing else spells this condition."""
        return self.filter(status=Edition.Status.PUBLISHED)

    def leaflets(self) -> "EditionQuerySet":
        """Leaflets as opposed to the pages linked from the footer."""
        return self.filter(placement="leaflet")

    def footer_pages(self) -> "EditionQuerySet":
        return self.filter(placement="footer")

    def for_lists(self) -> "EditionQuerySet":
        """Only what a list shows, in a list's order."""
        return self.select_related("leaflet").only(*LIST_FIELDS).order_by("title", "pk")

    def with_headings(self) -> "EditionQuerySet":
        """With the contents list of each."""
        return self.prefetch_related(Prefetch("sections", Section.objects.with_headings_only()))

    def with_page_content(self) -> "EditionQuerySet":
        """Only what a leaflet's page shows, and its sections as it shows them."""
        return (
            self.select_related("leaflet")
            .only(*PAGE_FIELDS)
            .prefetch_related(Prefetch("sections", Section.objects.only(*SECTION_FIELDS).in_reading_order()))
        )

    def get_live(self, slug: str, placement: str) -> "Edition | None":
        """The published edition at a leaflet's address, `with_page_content`."""
        live = self.published().filter(leaflet__slug=slug, leaflet__placement=placement)
        return live.with_page_content().first()

    def for_editing(self) -> "EditionQuerySet":
        """With all that staff's pages about it show."""
        return self.select_related("leaflet", "code_edition").prefetch_related(
            Prefetch("sections", Section.objects.in_reading_order())
        )

    def for_history(self) -> "EditionQuerySet":
        return self.select_related("leaflet").order_by("-number")

    def shown_to_public(self) -> "EditionQuerySet":
        """Every edition that has ever been public."""
        return self.exclude(status=Edition.Status.DRAFT)


LIST_FIELDS = (
    "number",
    "status",
    "placement",
    "title",
    "summary",
    "printed_on",
    "published_at",
    "leaflet__slug",
    "leaflet__placement",
)
PAGE_FIELDS = (*LIST_FIELDS, "unapproved", "code_edition", "digest", "edited_at")
HEADING_FIELDS = ("edition", "position", "anchor", "heading", "label", "kind")
SECTION_FIELDS = ("edition", "position", "anchor", "heading", "kind", "body_html", "subheadings")


class Edition(models.Model):
    """One version of a leaflet's whole text. A published edition never changes again."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        SUPERSEDED = "superseded"
        WITHDRAWN = "withdrawn"

    leaflet = models.ForeignKey(Leaflet, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    # The leaflet's own, kept here too so that a list reads one index and a footer link is one query.
    placement = models.CharField(max_length=10, editable=False)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=500)
    printed_on = models.DateField("printed date", null=True, blank=True, help_text="The first of the month.")
    review_on = models.DateField("review by", null=True, blank=True)
    unapproved = models.BooleanField(
        "draft for the service to approve", default=False, db_column="awaiting_approval"
    )
    code_edition = models.ForeignKey(CodeEdition, models.PROTECT, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)
    # How many hints its text gave when it was saved: a list of leaflets does not render them all again.
    open_hints = models.PositiveSmallIntegerField(default=0, editable=False)
    rendered_by = models.CharField(max_length=80, editable=False)
    change_note = models.CharField(max_length=500, blank=True)
    # A draft's own: counts its saves, so that nobody saves over a colleague unawares.
    version = models.PositiveIntegerField(default=1, editable=False)
    based_on = models.PositiveIntegerField(null=True, editable=False)
    edited_at = models.DateTimeField(auto_now=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = EditionQuerySet.as_manager()

    class Meta:
        permissions = [("publish_edition", "Can publish, withdraw and restore leaflets")]
        constraints = [
            models.UniqueConstraint(fields=["leaflet", "number"], name="edition_number_once_per_leaflet"),
            models.UniqueConstraint(
                fields=["leaflet"], condition=Q(status="draft"), name="one_draft_per_leaflet"
            ),
            models.UniqueConstraint(
                fields=["leaflet"], condition=Q(status="published"), name="one_published_edition_per_leaflet"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="editions_count_from_one"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False),
                name="published_editions_have_a_date",
            ),
        ]
        indexes = [
            # A list page reads twenty rows of this, however many there are.
            models.Index(fields=["status", "placement", "title", "id"], name="editions_by_title"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, edition {self.number}"

    @property
    def pdf_names(self) -> dict[str, str]:
        """The names of its PDFs without their ending, by display."""
        slug = self.leaflet.slug
        return {"standard": slug, "large": f"{slug}-large-print"}

    @property
    def pdf_urls(self) -> dict[str, str]:
        """Where its PDFs are, by display."""
        slug = self.leaflet.slug
        return {
            display: reverse("leaflet-pdf", args=[slug, name]) for display, name in self.pdf_names.items()
        }

    @cached_property
    def shown_sections(self) -> list["Section"]:
        """Its sections. Needs them to be at hand, in reading order: `with_page_content`, `with_headings`."""
        return list(self.sections.all())

    @property
    def entry_sections(self) -> list["Section"]:
        """The sections to start reading at, for links from the home page. Needs the sections to be at hand: `with_headings`."""
        return [
            section
            for section in self.shown_sections
            if section.kind not in ("feedback", "privacy", "retention", "contact")
        ]

    def get_absolute_url(self) -> str:
        """Where this very edition can be read: the leaflet's own address while it is the published one."""
        if self.status == self.Status.PUBLISHED:
            return self.leaflet.get_absolute_url()
        return reverse("edition", args=[self.leaflet.slug, self.number])

    @property
    def history_url(self) -> str:
        """Where readers see what changed in the leaflet, and when."""
        return reverse("editions", args=[self.leaflet.slug])


class SectionQuerySet(models.QuerySet["Section"]):
    def in_reading_order(self) -> "SectionQuerySet":
        return self.order_by("position")

    def with_headings_only(self) -> "SectionQuerySet":
        """What a contents list needs: the sections with a heading, without their text."""
        return self.filter(position__gt=0).only(*HEADING_FIELDS).in_reading_order()


class Section(models.Model):
    """One heading's worth of an edition. Position 0 is the introduction, which has no heading.

    `subheadings` are the headings inside the text, as `[{"level": 3, "text": "Assess", "anchor": "assess"}]`.
    `blocks` are the words of its paragraphs, list items, cells and headings, as
    `[{"kind": "item", "text": "…", "line": 4, "quotes": "6.17", "has_must": true}]`: the fields of
    `markdown.RenderedBlock`. `plain_text` is all of these words, one block after another. Both are made with the
    HTML, for search and for other formats.
    """

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField()
    anchor = models.CharField(max_length=80, validators=[slug_validator])
    heading = models.CharField(max_length=200, blank=True)
    label = models.CharField("shorter wording for links", max_length=100, blank=True)
    kind = models.CharField(
        max_length=20, blank=True, choices=[(kind, kind.capitalize()) for kind in SECTION_KINDS]
    )
    body = models.TextField()
    body_html = models.TextField(editable=False)
    subheadings = models.JSONField(default=list, editable=False)
    # The defaults in the database are for old code, which still writes sections while replicas are exchanged.
    blocks = models.JSONField(default=list, db_default=Value([], models.JSONField()), editable=False)
    plain_text = models.TextField(blank=True, default="", db_default="", editable=False)

    objects = SectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "position"], name="section_position_once_per_edition"),
            models.UniqueConstraint(fields=["edition", "anchor"], name="section_anchor_once_per_edition"),
            models.CheckConstraint(
                condition=Q(position=0, heading="") | Q(position__gt=0) & ~Q(heading=""),
                name="every_section_but_the_introduction_has_a_heading",
            ),
        ]

    def __str__(self) -> str:
        return self.heading or "Introduction"

    @property
    def cycle(self) -> list[str]:
        """The names of four steps that come round again, where this section is about such; else nothing.

        Names of more than eight letters would not fit the drawing: the headings then say it alone.
        """
        steps = [heading["text"] for heading in self.subheadings if heading["level"] == 3]
        fits = self.kind == "steps" and len(steps) == 4 and all(len(step) <= 8 for step in steps)
        return steps if fits else []

    @property
    def html_before_steps(self) -> str:
        return self.body_html.partition("<h3 ")[0]

    @property
    def html_from_steps(self) -> str:
        return "".join(self.body_html.partition("<h3 ")[1:])

    @property
    def link_text(self) -> str:
        """What a link to this section says."""
        return self.label or self.heading


class Review(models.Model):
    """Somebody checked a leaflet and found nothing to change. A new edition is not needed for that."""

    leaflet = models.ForeignKey(Leaflet, models.CASCADE, related_name="reviews")
    reviewed_at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    next_on = models.DateField("check again by")

    def __str__(self) -> str:
        return f"{self.leaflet} checked on {self.reviewed_at:%Y-%m-%d}"


class ShareLink(models.Model):
    """A way for somebody without a login to read a draft, until it expires or is taken back."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="share_links")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Share link {self.pk} to {self.edition}"
