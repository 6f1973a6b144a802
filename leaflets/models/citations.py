"""Citations of the law in leaflets."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef

from leaflets.law.quotations import MAX_PAIRS, Comparison, compare_quotation, plain_words

from .law import Provision, ProvisionQuerySet, SourceVersion
from .leaflets import STATUTORY_WORDS, Edition, Section


class CitationQuerySet(models.QuerySet["Citation"]):
    def published(self) -> "CitationQuerySet":
        return self.filter(section__edition__status=Edition.Status.PUBLISHED)

    def for_lists(self) -> "CitationQuerySet":
        """Add the provision of each citation, and its place as `with_places`."""
        return self.with_places().select_related("provision__version__source")

    def with_places(self) -> "CitationQuerySet":
        """Add the section and leaflet of each citation, in reading order, without their texts."""
        texts = ("body", "body_html", "blocks", "plain_text", "duties", "subheadings")
        of_edition = ("in_short", "in_short_html", "questions", "replaced_text")
        return (
            self.select_related("section__edition__leaflet")
            .defer(
                *(f"section__{name}" for name in texts), *(f"section__edition__{name}" for name in of_edition)
            )
            .order_by("section__edition__title", "section__edition_id", "section__position", "position")
        )


class Citation(models.Model):
    """A citation of a provision, with the words quoted ("" for a bare reference).

    `position` counts the citations of a section from 0. `subdivision` is what of the provision is cited, such as
    "(8)" of section 36, or "" for the whole. `quoted_html` is the quotation as it stands in the leaflet, with the
    sentence that leads into it. `match` is a value of `law.quotations.Match`, "" for a reference.
    """

    section = models.ForeignKey(Section, models.CASCADE, related_name="citations")
    position = models.PositiveSmallIntegerField()
    provision = models.ForeignKey(Provision, models.PROTECT, related_name="citations")
    subdivision = models.CharField(max_length=20, blank=True)
    heading_anchor = models.CharField(max_length=80, blank=True)
    quoted = models.TextField(blank=True)
    quoted_html = models.TextField(blank=True)
    match = models.CharField(max_length=20, blank=True)

    objects = CitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["section", "position"], name="citation_position_once_per_section"
            ),
        ]

    @property
    def anchor(self) -> str:
        """The anchor of the nearest heading above the citation."""
        return self.heading_anchor or self.section.anchor

    @property
    def duty(self) -> str:
        """ "must" or "should" where that word is marked in the quotation or in what leads into it, else ""."""
        return next((word for word in STATUTORY_WORDS if f'class="{word}"' in self.quoted_html), "")

    def __str__(self) -> str:
        return f"{self.provision}{self.subdivision} in {self.section}"


def compare_with_law(citations: Iterable[Citation], max_pairs: int = MAX_PAIRS) -> Iterator[Comparison]:
    """Compare the words that each citation quotes with the law's own.

    Differences are given until finding them has taken `max_pairs` pairs of words for all citations together.
    """
    for citation in citations:
        comparison = compare_quotation(
            citation.quoted, plain_words(citation.provision.text), max_pairs=max_pairs
        )
        max_pairs -= comparison.pairs
        yield comparison


class CitationCheck(models.Model):
    """That staff found a citation still right when another version of its source came."""

    citation = models.ForeignKey(Citation, models.CASCADE, related_name="checks")
    version = models.ForeignKey(SourceVersion, models.CASCADE, related_name="+")
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    checked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["citation", "version"], name="check_once_per_citation_and_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.citation}, compared with {self.version}"


def provisions_cited_in_public() -> ProvisionQuerySet:
    """Return the provisions that a published leaflet cites, by source, newest version first, in its order."""
    cited = Citation.objects.published().filter(provision=OuterRef("pk"))
    return Provision.objects.filter(Exists(cited)).order_by(
        "version__source__title", "-version__in_force_from", "version", "position"
    )


def provisions_never_checked() -> ProvisionQuerySet:
    """Return the provisions cited in public that staff never compared with the published law."""
    return provisions_cited_in_public().filter(checked_on=None).select_related("version__source")


def provisions_with_a_page() -> ProvisionQuerySet:
    """Return the provisions that have a page.

    These have text, or any edition but a draft cites them: links in older editions must keep working.
    """
    cited = Citation.objects.exclude(section__edition__status=Edition.Status.DRAFT)
    return Provision.objects.filter(~models.Q(text="") | Exists(cited.filter(provision=OuterRef("pk"))))
