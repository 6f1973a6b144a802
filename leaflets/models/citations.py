"""Citations of the Code of Practice in leaflets."""

from django.db import models
from django.db.models import Exists, OuterRef

from .law import CodeParagraph, CodeParagraphQuerySet
from .leaflets import Edition, Section


class CitationQuerySet(models.QuerySet["Citation"]):
    def published(self) -> "CitationQuerySet":
        return self.filter(section__edition__status=Edition.Status.PUBLISHED)

    def for_lists(self) -> "CitationQuerySet":
        """Add the section and leaflet of each citation, in reading order, without the sections' text."""
        return (
            self.select_related("paragraph", "section__edition__leaflet")
            .defer("section__body", "section__body_html", "section__blocks", "section__plain_text")
            .order_by("section__edition__title", "section__edition_id", "section__position", "position")
        )


class Citation(models.Model):
    """A citation of a paragraph of the Code, with the words quoted ("" for a bare reference).

    `position` counts the citations of a section from 0.
    """

    section = models.ForeignKey(Section, models.CASCADE, related_name="citations")
    position = models.PositiveSmallIntegerField()
    paragraph = models.ForeignKey(CodeParagraph, models.PROTECT, related_name="citations")
    quoted = models.TextField(blank=True)

    objects = CitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["section", "position"], name="citation_position_once_per_section"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paragraph} in {self.section}"


def paragraphs_cited_in_public() -> CodeParagraphQuerySet:
    """Return the paragraphs that a published leaflet cites, in the Code's order, its newest edition first."""
    cited = Citation.objects.published().filter(paragraph=OuterRef("pk"))
    return CodeParagraph.objects.filter(Exists(cited)).order_by(
        "-chapter__code_edition__in_force_from", "chapter__code_edition", "chapter__number", "place"
    )


def paragraphs_with_a_page() -> CodeParagraphQuerySet:
    """Return the paragraphs that any edition but a draft cites: links in older editions must keep working."""
    cited = Citation.objects.exclude(section__edition__status=Edition.Status.DRAFT)
    return CodeParagraph.objects.filter(Exists(cited.filter(paragraph=OuterRef("pk"))))
