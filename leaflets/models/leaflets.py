"""Leaflets, their editions and sections.

Public pages get the live text through `Edition.objects.published()` only. Only `leaflets.publishing` writes editions,
sections and citations.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst

from leaflets.content.leaflet import PLACEMENTS, SECTION_KINDS

from .base import DIGEST_LENGTH, slug_validator
from .law import SourceVersion
from .people import staff_with_permission
from .times import describe_time
from .topics import Topic, group_by_topic


class LeafletQuerySet(models.QuerySet["Leaflet"]):
    def for_staff(self) -> "LeafletQuerySet":
        """Annotate what the admin's list shows: the live edition, the draft, the last check, and when the next is due.

        `owner_name` is the username of the owner, None where there is none or their account may not edit leaflets now.
        `draft_state` is the `DraftNote.Kind` of the last note that handed the draft over or returned it; the other
        `draft_state_…` are values of that note.
        """
        editions = Edition.objects.filter(leaflet=OuterRef("pk"))
        live = editions.filter(status=Edition.Status.PUBLISHED)
        draft = editions.filter(status=Edition.Status.DRAFT)
        state_notes = (
            apps.get_model("leaflets", "DraftNote")
            .objects.changing_state()
            .filter(edition__leaflet=OuterRef("pk"), edition__status=Edition.Status.DRAFT)
            .order_by("-pk")
        )
        ready = state_notes.filter(kind="ready")
        owner = staff_with_permission("leaflets.change_edition").filter(pk=OuterRef("owner"))
        withdrawn = editions.filter(status=Edition.Status.WITHDRAWN).order_by("-number")
        return (
            self.select_related("scheduled_change__scheduled_by")
            .with_review_due()
            .with_words_published()
            .annotate(
                shown_title=Subquery(editions.order_by("-number").values("title")[:1]),
                hints_open=Subquery(editions.order_by("-number").values("open_hints")[:1]),
                withdrawn_pk=Subquery(withdrawn.values("pk")[:1]),
                withdrawn_version=Subquery(withdrawn.values("version")[:1]),
                last_withdrawn_at=Subquery(withdrawn.values("withdrawn_at")[:1]),
                live_number=Subquery(live.values("number")[:1]),
                live_since=Subquery(live.values("published_at")[:1]),
                live_by=Subquery(live.values("published_by__username")[:1]),
                is_scheduled=Exists(
                    apps.get_model("leaflets", "ScheduledChange")
                    .objects.waiting()
                    .filter(leaflet=OuterRef("pk"), action="publish")
                ),
                draft_saved=Subquery(draft.values("edited_at")[:1]),
                draft_editor=Subquery(draft.values("edited_by__username")[:1]),
                owner_name=Subquery(owner.values("username")[:1]),
                draft_version=Subquery(draft.values("version")[:1]),
                draft_state=Subquery(state_notes.values("kind")[:1]),
                draft_state_note_pk=Subquery(state_notes.values("pk")[:1]),
                draft_state_at=Subquery(state_notes.values("at")[:1]),
                draft_state_by=Subquery(state_notes.values("by__username")[:1]),
                draft_state_version=Subquery(state_notes.values("version")[:1]),
                draft_handed_over_by=Subquery(ready.values("by__username")[:1]),
            )
        )

    def with_review_due(self) -> "LeafletQuerySet":
        """Annotate `review_due`, when to check the live text again, and `live_review`, the live edition's own date.

        The date that was set last counts, by a check that found nothing to change or by an edition. An edition that has
        no date, or the date of the edition that was checked, does not set one. A leaflet that is not live is not due.
        """
        editions = Edition.objects.filter(leaflet=OuterRef("pk"))
        newest_check = Review.objects.filter(leaflet=OuterRef("pk")).order_by("-reviewed_at")
        checked = editions.filter(published_at__lte=OuterRef("checked_at")).order_by("-published_at")
        live = editions.filter(status=Edition.Status.PUBLISHED)
        is_set_by_edition = Q(live_published__gt=F("checked_at"), live_review__isnull=False) & (
            Q(checked_review__isnull=True) | ~Q(live_review=F("checked_review"))
        )
        return (
            self.annotate(
                live_published=Subquery(live.values("published_at")[:1]),
                live_review=Subquery(live.values("review_on")[:1]),
                checked_at=Subquery(newest_check.values("reviewed_at")[:1]),
                checked_until=Subquery(newest_check.values("next_on")[:1]),
            )
            .annotate(
                checked_review=Subquery(checked.values("review_on")[:1]),
            )
            .annotate(
                review_due=Case(
                    When(live_published__isnull=True, then=Value(None)),
                    When(is_set_by_edition, then="live_review"),
                    default=Coalesce("checked_until", "live_review"),
                )
            )
        )

    def with_words_published(self) -> "LeafletQuerySet":
        """Annotate `words_published`, when the live words were published; None where the words never changed here.

        An edition with the same words that was published on the day of the change counts as part of it: only the day of
        the change is stored. An edition without dates counts as a change.
        """
        editions = Edition.objects.shown_to_public().filter(leaflet=OuterRef("pk"))
        live = editions.filter(status=Edition.Status.PUBLISHED)
        changed = editions.filter(
            words_changed_on=OuterRef("live_changed_on"), published_at__date=F("words_changed_on")
        )
        return self.annotate(live_changed_on=Subquery(live.values("words_changed_on")[:1])).annotate(
            words_published=Coalesce(
                Subquery(changed.order_by("-published_at").values("published_at")[:1]),
                Subquery(live.filter(on_site_since=None).values("published_at")[:1]),
            )
        )


@cache
def _leaflets_with_checks() -> LeafletQuerySet:
    """Return all leaflets with what `Checks.of` needs. Only filtered, never evaluated: to build it takes half of the time."""
    return Leaflet.objects.only("pk").with_review_due().with_words_published()


class Leaflet(models.Model):
    """A leaflet or footer page with its address. Its text is in its editions.

    `loaded_digest` is the digest of the file's text that was loaded last: a later load uses it to tell an edit of the
    file from an edit by staff. It is empty for a leaflet that never had a file.
    """

    slug = models.CharField(max_length=80, unique=True, validators=[slug_validator])
    placement = models.CharField(max_length=10, choices=[(name, name.capitalize()) for name in PLACEMENTS])
    read_instead = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Shown to people who come for this leaflet after it was withdrawn.",
    )  # fmt: skip
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False, blank=True)
    # Who checks it again in time. An account that is closed, or may not edit, does not count: see `for_staff`.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = LeafletQuerySet.as_manager()

    def __str__(self) -> str:
        return self.slug

    @property
    def newest_title(self) -> str:
        """The title of the newest edition, a draft too; the slug where there is none. One query."""
        titles = self.editions.order_by("-number").values_list("title", flat=True)
        return titles.first() or self.slug

    def get_absolute_url(self) -> str:
        if self.placement == "footer":
            return reverse("footer-page", args=[self.slug])
        return reverse("leaflet", args=[self.slug])


class OldSlug(models.Model):
    """An earlier slug of a leaflet, which redirects to it. Addresses are printed on paper and must keep working."""

    slug = models.CharField(max_length=80, unique=True, validators=[slug_validator])
    leaflet = models.ForeignKey(Leaflet, models.CASCADE, related_name="old_slugs")

    class Meta:
        verbose_name = "old address"
        verbose_name_plural = "old addresses"

    def __str__(self) -> str:
        return self.slug


class EditionQuerySet(models.QuerySet["Edition"]):
    def published(self) -> "EditionQuerySet":
        """Return the live editions: at most one per leaflet."""
        return self.filter(status=Edition.Status.PUBLISHED)

    def leaflets(self) -> "EditionQuerySet":
        """Return the editions of leaflets, without the pages linked from the footer."""
        return self.filter(placement="leaflet")

    def footer_pages(self) -> "EditionQuerySet":
        return self.filter(placement="footer")

    def for_lists(self, *more: str) -> "EditionQuerySet":
        """Load only the fields that a list shows, and `more`, sorted by title."""
        return self.select_related("leaflet").only(*LIST_FIELDS, *more).order_by("title", "pk")

    def in_topics(self) -> list[tuple[Topic | None, list[int]]]:
        """Return the primary keys of editions under the topics of their leaflets, in the order to be shown.

        In two queries, which read no text. Those without a topic come last, under None.
        """
        rows = self.order_by("title", "pk").values_list("leaflet__slug", "topic", "pk")
        return group_by_topic(Topic.objects.all(), rows)

    def with_headings(self) -> "EditionQuerySet":
        """Prefetch the sections' headings."""
        return self.prefetch_related(Prefetch("sections", Section.objects.with_headings_only()))

    def with_page_content(self) -> "EditionQuerySet":
        """Load only the fields that a leaflet's page shows, whether it `was_checked`, and prefetch its sections."""
        return (
            self.select_related("leaflet")
            .only(*PAGE_FIELDS)
            .annotate(was_checked=Exists(Review.objects.filter(leaflet=OuterRef("leaflet"))))
            .prefetch_related(Prefetch("sections", Section.objects.only(*SECTION_FIELDS).in_reading_order()))
        )

    def get_live(self, slug: str, placement: str) -> "Edition | None":
        """Return the published edition at a leaflet's address, or None."""
        live = self.filter(status=Edition.Status.PUBLISHED, leaflet__slug=slug, placement=placement)
        return next(iter(live), None)

    def get_live_with_headings(self, slug: str) -> "Edition | None":
        """Return the published edition of a leaflet, and the headings of its sections, or None."""
        live = self.published().leaflets().filter(leaflet__slug=slug).for_lists()
        sections = Section.objects.only(*HEADING_FIELDS, "subheadings").in_reading_order()
        return next(iter(live.prefetch_related(Prefetch("sections", sections))), None)

    def get_live_with_duties(self, slug: str) -> "Edition | None":
        """Return the published edition of a leaflet, and of its sections what the pages of its duties show, or None."""
        live = self.published().leaflets().filter(leaflet__slug=slug)
        return next(iter(live.with_duties()), None)

    def with_duties(self) -> "EditionQuerySet":
        """Load only the fields that lists of duties show, and prefetch the sections without their text."""
        sections = Section.objects.only(*DUTY_FIELDS).in_reading_order()
        return (
            self.select_related("leaflet")
            .only(*LIST_FIELDS, "unapproved")
            .prefetch_related(Prefetch("sections", sections))
        )

    def that_mark_duties(self) -> "EditionQuerySet":
        """Return the editions with a marked *must* or *should*, but in letters."""
        marked = Section.objects.filter(edition=OuterRef("pk")).exclude(duties=[]).exclude(kind="letter")
        return self.filter(Exists(marked))

    def get_live_leaflet(self, slug: str) -> "Edition | None":
        """Return the published edition of a leaflet, without its text, or None."""
        return self.published().leaflets().filter(leaflet__slug=slug).select_related("leaflet").first()

    def for_editing(self) -> "EditionQuerySet":
        """Load all that the admin's pages about a draft need."""
        return self.select_related("leaflet", "code_version").prefetch_related(
            Prefetch("sections", Section.objects.in_reading_order())
        )

    def news(self) -> "EditionQuerySet":
        """Return the editions of live leaflets that are or were public, the newest first, for the news."""
        live = Edition.objects.published().filter(leaflet=OuterRef("leaflet"))
        return (
            self.shown_to_public()
            .leaflets()
            .filter(Exists(live))
            .select_related("leaflet")
            .only(*LIST_FIELDS, "change_note")
            .order_by("-published_at", "-pk")
        )

    def for_history(self) -> "EditionQuerySet":
        return self.select_related("leaflet").order_by("-number")

    def with_public_until(self) -> "EditionQuerySet":
        """Annotate `public_until`, when the next edition replaced each; None for the newest one."""
        later = Edition.objects.shown_to_public().filter(
            leaflet=OuterRef("leaflet"), published_at__gt=OuterRef("published_at")
        )
        return self.annotate(public_until=Subquery(later.order_by("published_at").values("published_at")[:1]))

    def shown_to_public(self) -> "EditionQuerySet":
        """Return every edition that is or was public."""
        return self.exclude(status=Edition.Status.DRAFT)


LIST_FIELDS = (
    "number",
    "status",
    "placement",
    "title",
    "summary",
    "printed_on",
    "published_at",
    "on_site_since",
    "words_changed_on",
    "leaflet__slug",
    "leaflet__placement",
)
PAGE_FIELDS = (
    *LIST_FIELDS,
    "topic",
    "in_short_html",
    "in_short_unapproved",
    "unapproved",
    "review_on",
    "published_by",
    "code_version",
    "digest",
    "edited_at",
)
# Of the headings inside a section that contents lists show.
SUBHEADING_LEVEL = 3
HEADING_FIELDS = ("edition", "position", "anchor", "heading", "label", "kind")
SECTION_FIELDS = ("edition", "position", "anchor", "heading", "label", "kind", "body_html", "subheadings")
DUTY_FIELDS = ("edition", "position", "anchor", "heading", "kind", "blocks", "duties")

# The words that are marked where they have their meaning in law; the one that binds more comes first.
STATUTORY_WORDS = ("must", "should")


class Edition(models.Model):
    """One version of a leaflet's text. Only the text of a draft may change."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        SUPERSEDED = "superseded"
        WITHDRAWN = "withdrawn"

    leaflet = models.ForeignKey(Leaflet, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    # A copy of the leaflet's placement: lists then need one index, and footer links one query.
    placement = models.CharField(max_length=10, editable=False)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=500)
    printed_on = models.DateField("printed date", null=True, blank=True, help_text="The first of the month.")
    review_on = models.DateField("review by", null=True, blank=True)
    # The slug of a `Topic`. Not a reference: an older edition keeps the topic that it had. Staff change that of a live
    # edition too (`publishing.topic_order`): it is no part of the words.
    topic = models.CharField(
        max_length=80, blank=True, default="", db_default="", validators=[slug_validator]
    )
    # The service has not approved the text yet, and readers are told so. The column has the field's first name.
    unapproved = models.BooleanField(
        "draft for the service to approve", default=False, db_column="awaiting_approval"
    )
    # A summary in the service's own words: lines of inline Markdown, and the HTML that `content.in_short` made of them.
    in_short = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))
    in_short_html = models.TextField(blank=True, default="", db_default="", editable=False)
    in_short_unapproved = models.BooleanField(
        "“In short” is a draft for the service to approve", default=False, db_default=False
    )
    code_version = models.ForeignKey(SourceVersion, models.PROTECT, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)
    # The number of hints when the text was saved, so that the admin's list does not render every text.
    open_hints = models.PositiveSmallIntegerField(default=0, editable=False)
    # The version of the renderer and the digest of the Code that the stored HTML was made with.
    rendered_by = models.CharField(max_length=80, editable=False)
    change_note = models.CharField(max_length=500, blank=True)
    # Of a draft that comes from a document: questions as of `content.convert`, and the text that it replaced.
    questions = models.JSONField(null=True, blank=True, editable=False)
    replaced_text = models.JSONField(null=True, blank=True, editable=False)
    # Optimistic locking of drafts: the number of saves.
    version = models.PositiveIntegerField(default=1, editable=False)
    # The number of the edition that was live when the draft was started.
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
    # The time for which it was scheduled, where the website published it: later than that after a stop of the site.
    # `published_by` is then the person who scheduled it.
    scheduled_for = models.DateTimeField(null=True, editable=False)
    # Of an edition that was withdrawn. The time is missing where a release without this field withdrew it.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawal_scheduled_for = models.DateTimeField(null=True, editable=False)
    withdrawal_reason = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="Readers see it at its address."
    )
    # As of `content.edition_dates`. Both are empty in a draft, and in an edition that a release without these fields
    # published: the next load fills them in.
    on_site_since = models.DateField(null=True, editable=False)
    words_changed_on = models.DateField(null=True, editable=False)

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
            # For `published().leaflets().for_lists()`: a page of a list reads only its own rows.
            models.Index(fields=["status", "placement", "title", "id"], name="editions_by_title"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, edition {self.number}"

    @property
    def has_statutory_words(self) -> bool:
        """Whether a *must* or *should* is marked in its text, whose meaning a key then says."""
        return bool(self.marked_words)

    @cached_property
    def marked_words(self) -> list[str]:
        """Which of *must* and *should* are marked in its text or its summary. Needs the sections' HTML."""
        html = [self.in_short_html, *(section.body_html for section in self.shown_sections)]
        return [word for word in STATUTORY_WORDS if any(f'class="{word}"' in one for one in html)]

    @property
    def is_first(self) -> bool:
        """Whether no other edition was public before it, so that there is nothing that it changed."""
        return self.number == 1

    @property
    def note_words(self) -> str:
        """What its editor wrote about what changed; for the first edition, that it is the first."""
        return self.change_note or ("First published on this website." if self.is_first else "")

    @property
    def scheduled_time_words(self) -> str:
        """For when its publication was scheduled, in words; "" where the website did not publish it."""
        return describe_time(self.scheduled_for) if self.scheduled_for else ""

    @property
    def withdrawal_time_words(self) -> str:
        """For when its withdrawal was scheduled, in words; "" where the website did not withdraw it."""
        return describe_time(self.withdrawal_scheduled_for) if self.withdrawal_scheduled_for else ""

    @property
    def in_short_on_other_pages(self) -> str:
        """The HTML of "In short", whose links lead to parts of the leaflet, for another page than the leaflet's own."""
        return self.in_short_html.replace('href="#', f'href="{self.get_absolute_url()}#')

    @property
    def published_on(self) -> dt.date:
        """The day on which it was published. Not for drafts."""
        return timezone.localdate(self.published_at)

    @property
    def date_words(self) -> str:
        """Its dates in a few words, for lists and below its title: "First printed March 2020".

        When it was published is no date of its words: a leaflet of 2020 may be loaded today.
        """
        changed = f"words last changed {_day(self.words_changed_on)}" if self.words_changed_on else ""
        if self.printed_on:
            printed = f"First printed {_month(self.printed_on)}"
            return f"{printed}, {changed}" if changed else printed
        if changed:
            return capfirst(changed)
        if self.on_site_since:
            first = "First published on this website" if self.is_first else "On this website since"
            return f"{first} {_day(self.on_site_since)}"
        return f"Public in this form since {_day(self.published_on)}"

    @property
    def date_of_first_publication(self) -> str:
        """When it was printed or else put here first, for programs: "2020-03" or "2026-03-01"; "" where that is unknown.

        Of printing only the month is known.
        """
        if self.printed_on:
            return f"{self.printed_on:%Y-%m}"
        return self.on_site_since.isoformat() if self.on_site_since else ""

    @property
    def public_words(self) -> str:
        """From when to when it was public: "from 1 March 2026 to 3 May 2026", or "on 1 March 2026" where that is one day.

        Needs `with_public_until` for its end.
        """
        until = getattr(self, "public_until", None)
        if self.status == self.Status.WITHDRAWN:
            return f"from {_day(self.published_on)}, then withdrawn"
        if until is None or self.status != self.Status.SUPERSEDED:
            return f"from {_day(self.published_on)}"
        if timezone.localdate(until) == self.published_on:
            return f"on {_day(self.published_on)}"
        return f"from {_day(self.published_on)} to {_day(timezone.localdate(until))}"

    @cached_property
    def checks(self) -> "Checks":
        """When it was and will be checked, for the live edition `with_page_content`. One query where it was checked."""
        if not getattr(self, "was_checked", True):
            return Checks(None, self.review_on)
        return Checks.of(_leaflets_with_checks().get(pk=self.leaflet_id))

    @property
    def last_checked_words(self) -> str:
        """When it was checked, for the live edition: a day, or that its words were not. "" for a footer page then."""
        checks = self.checks
        if not self.unapproved and checks.last_on:
            return _day(checks.last_on)
        if not self.unapproved and checks.is_outdated:
            return f"Not since we published edition {self.number}"
        return "Not yet by the service" if self.placement == "leaflet" else ""

    @property
    def pdf_names(self) -> dict[str, str]:
        """The names of its PDFs without their extension, by display ("standard", "large")."""
        slug = self.leaflet.slug
        return {"standard": slug, "large": f"{slug}-large-print"}

    @property
    def pdf_urls(self) -> dict[str, str]:
        """The paths of its PDFs, by display ("standard", "large")."""
        slug = self.leaflet.slug
        return {
            display: reverse("leaflet-pdf", args=[slug, name]) for display, name in self.pdf_names.items()
        }

    @cached_property
    def shown_sections(self) -> list["Section"]:
        """The sections in reading order, as prefetched by `with_page_content` or `with_headings`."""
        return list(self.sections.all())

    @property
    def duties(self) -> list["Duty"]:
        """What its sections mark as *must* or *should*, in reading order. Letters are the words of parents."""
        return [
            Duty(section, **fields)
            for section in self.shown_sections
            if section.kind != "letter"
            for fields in section.duties
        ]

    def find_parts(self, anchor: str) -> list[dict[str, str]]:
        """Return the anchor and the words of the heading with this anchor; after that of a section, of those inside it too.

        `[{"anchor": "review", "text": "Review"}]`; empty where there is no such heading.
        """
        for section in self.shown_sections:
            inside = [
                {"anchor": heading["anchor"], "text": heading["text"]}
                for heading in section.subheadings
                if heading["anchor"]
            ]
            if section.heading and section.anchor == anchor:
                return [{"anchor": anchor, "text": section.heading}, *inside]
            found = [heading for heading in inside if heading["anchor"] == anchor]
            if found:
                return found
        return []

    @cached_property
    def parts_url(self) -> str:
        """The path below which each of its parts has a page, at the anchor of its heading. One `reverse` for all parts."""
        return reverse("leaflet-part", args=[self.leaflet.slug, "-"]).removesuffix("-/")

    @property
    def meeting_questions(self) -> list[str]:
        """The questions of its sections of kind "questions", in reading order."""
        return [question for section in self.shown_sections for question in section.questions]

    @property
    def subject_sections(self) -> list["Section"]:
        """The sections about the leaflet's subject, without the introduction: the home page and the contents link to them first."""
        return [
            section for section in self.shown_sections if section.heading and not section.is_about_service
        ]

    @property
    def service_sections(self) -> list["Section"]:
        """The sections about the service, such as privacy and the address: the contents link to them last."""
        return [section for section in self.shown_sections if section.heading and section.is_about_service]

    @property
    def marks_duties(self) -> bool:
        """Whether a *must* or *should* is marked in its text, but in letters. Needs the sections' HTML."""
        html = [section.body_html for section in self.shown_sections if section.kind != "letter"]
        return any(f'class="{word}"' in one for word in STATUTORY_WORDS for one in html)

    @property
    def has_section_footers(self) -> bool:
        """Whether its sections end with links to the contents and to us. A short page from the footer needs none."""
        return self.placement == "leaflet" or sum(bool(one.heading) for one in self.shown_sections) >= 4

    @property
    def letters(self) -> list["Section"]:
        """Its sections that are letters to copy."""
        return [section for section in self.shown_sections if section.kind == "letter"]

    def get_absolute_url(self) -> str:
        """Return the edition's own path; that of the leaflet while this is the published edition."""
        if self.status == self.Status.PUBLISHED:
            return self.leaflet.get_absolute_url()
        return reverse("edition", args=[self.leaflet.slug, self.number])

    @property
    def history_url(self) -> str:
        """The path of the public list of the leaflet's editions."""
        return reverse("editions", args=[self.leaflet.slug])


def _day(day: dt.date) -> str:
    return date_format(day, "j F Y")


def _month(day: dt.date) -> str:
    return date_format(day, "F Y")


# The kinds of sections that are not about the leaflet's subject.
SERVICE_KINDS = ("privacy", "retention", "contact", "feedback")

_TOP_OF_STEP = re.compile(r"(<h3 [^>]*>)")
_STEP = re.compile(r"<h3[ >]")
# Headings in such blocks do not begin a step.
_BLOCKS = ("blockquote", "li", "td")


@dataclass(frozen=True)
class Step:
    """The HTML of a step with its heading, and the words and the anchor of that."""

    html: str
    heading: str
    anchor: str


@dataclass(frozen=True)
class PartsOfSteps:
    """The HTML of a section of kind "steps" around its drawing: before it, the paragraph beside it, and each step."""

    before: str
    beside: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Duty:
    """What a section marks as *must* or *should*, as stored in `Section.duties`: see `content.rendered.RenderedDuty`."""

    section: "Section"
    word: str
    items: Sequence[Mapping[str, str]]
    line: int
    lead: str
    lead_text: str
    who: str
    sources: Sequence[Mapping[str, str]]
    match: str
    anchor: str
    heading: str

    @property
    def place(self) -> str:
        """The anchor of the nearest heading above it."""
        return self.anchor or self.section.anchor

    @property
    def place_heading(self) -> str:
        """The words of that heading; "" in the introduction."""
        return self.heading or self.section.heading


class SectionQuerySet(models.QuerySet["Section"]):
    def in_reading_order(self) -> "SectionQuerySet":
        return self.order_by("position")

    def with_headings_only(self) -> "SectionQuerySet":
        """Return the sections that have a heading, without their text, for contents lists."""
        return self.filter(position__gt=0).only(*HEADING_FIELDS).in_reading_order()


class Section(models.Model):
    """A heading of an edition and the text below it. Position 0 is the introduction, which has no heading.

    `subheadings` are the headings inside the text, as `[{"level": 3, "text": "Assess", "anchor": "assess"}]`.
    `blocks` are the fields of each `content.rendered.RenderedBlock`, as
    `[{"kind": "item", "text": "…", "line": 4, "quotes": "6.17", "has_must": true}]`. `plain_text` is the text of all
    blocks, one per line. `duties` are the fields of each `content.rendered.RenderedDuty`. All are stored together with the
    HTML, for search, for other pages and for other formats.
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
    # `db_default`: old code, without these fields, still inserts sections during a rolling upgrade.
    blocks = models.JSONField(default=list, db_default=Value([], models.JSONField()), editable=False)
    plain_text = models.TextField(blank=True, default="", db_default="", editable=False)
    duties = models.JSONField(default=list, db_default=Value([], models.JSONField()), editable=False)

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
    def is_about_service(self) -> bool:
        """Whether it is not about the leaflet's subject, but about the service."""
        return self.kind in SERVICE_KINDS

    @cached_property
    def cycle(self) -> list[str]:
        """The headings of the four steps that are drawn as a cycle and numbered; empty for any other section."""
        if self.kind != "steps":
            return []
        steps = [heading["text"] for heading in self.subheadings if heading["level"] == 3]
        parts = self._introduction_and_steps
        are_whole = all(part.count(f"<{tag}") == part.count(f"</{tag}") for part in parts for tag in _BLOCKS)
        return steps if len(steps) == 4 and len(parts) == 5 and are_whole else []

    @cached_property
    def _introduction_and_steps(self) -> list[str]:
        """Its HTML before the first heading of a step, and from each of them to the next."""
        starts = [match.start() for match in _STEP.finditer(self.body_html)]
        return [self.body_html[start:end] for start, end in pairwise([0, *starts, len(self.body_html)])]

    @property
    def parts_of_steps(self) -> PartsOfSteps:
        """The HTML of a section that has a `cycle`. The headings of the steps begin with their numbers."""
        introduction, *steps = self._introduction_and_steps
        # A paragraph at the end is never in a list or quotation, which would close behind it.
        start = introduction.rfind("<p") if introduction.endswith("</p>\n") else len(introduction)
        numbered = (
            _TOP_OF_STEP.sub(rf"\1<i>{number}</i> ", step, count=1) for number, step in enumerate(steps, 1)
        )
        named = tuple(
            Step(html, heading["text"], heading["anchor"])
            for html, heading in zip(numbered, self.parts, strict=True)
        )
        return PartsOfSteps(introduction[:start], introduction[start:], named)

    @property
    def first_paragraph_and_rest(self) -> tuple[str, str]:
        """The HTML in two: its first paragraph, or all of it where it begins with something else, and the rest."""
        first, end, rest = self.body_html.partition("</p>\n")
        return (first + end, rest) if first.startswith("<p") else (self.body_html, "")

    @property
    def parts(self) -> list[dict[str, str]]:
        """The level-3 headings inside it, for contents lists, as in `subheadings`."""
        return [heading for heading in self.subheadings if heading["level"] == SUBHEADING_LEVEL]

    @property
    def question(self) -> str:
        """Its label, where that stands above the heading because it says more; else ""."""
        return (
            self.label
            if not self.is_about_service and self.label.casefold() != self.heading.casefold()
            else ""
        )

    @property
    def questions(self) -> list[str]:
        """The questions of a section of this kind: the points of its lists, and its paragraphs that end with "?"."""
        if self.kind != "questions":
            return []
        return [
            block["text"]
            for block in self.blocks
            if block["kind"] == "item" or (block["kind"] == "paragraph" and block["text"].endswith("?"))
        ]

    @property
    def link_text(self) -> str:
        """The text of links to this section."""
        return self.label or self.heading


class Review(models.Model):
    """A member of staff checked a leaflet and found nothing to change, so that no new edition was made."""

    leaflet = models.ForeignKey(Leaflet, models.CASCADE, related_name="reviews")
    reviewed_at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    next_on = models.DateField("check again by")

    def __str__(self) -> str:
        return f"{self.leaflet} checked on {self.reviewed_at:%Y-%m-%d}"


@dataclass(frozen=True)
class Checks:
    """When staff checked the live words of a leaflet last, and by when they have to check it next.

    Both are None where there is no such day. `is_outdated` says that the last check was one of earlier words.
    """

    last_on: dt.date | None
    next_on: dt.date | None
    is_outdated: bool = False

    @classmethod
    def of(cls, leaflet: Any) -> "Checks":
        """Return those of a leaflet `with_review_due` and `with_words_published`."""
        checked_at, words_published = leaflet.checked_at, leaflet.words_published
        # Times, not days: words may change on the day of a check.
        is_outdated = bool(checked_at and words_published and checked_at < words_published)
        last_on = timezone.localdate(checked_at) if checked_at and not is_outdated else None
        return cls(last_on, leaflet.review_due, is_outdated)

    @property
    def is_late(self) -> bool:
        return self.next_on is not None and self.next_on < timezone.localdate()


class ShareLink(models.Model):
    """A link with which people without an account can read a draft, until it expires or is revoked."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="share_links")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Share link {self.pk} to {self.edition}"
