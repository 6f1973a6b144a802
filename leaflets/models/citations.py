"""Where a leaflet's text cites the law."""

from django.db import models
from django.db.models import Exists, OuterRef

from .law import CodeParagraph, CodeParagraphQuerySet
from .leaflets import Edition, Section


class CitationQuerySet(models.QuerySet["Citation"]):
    def published(self) -> "CitationQuerySet":
        return self.filter(section__edition__status=Edition.Status.PUBLISHED)

    def for_lists(self) -> "CitationQuerySet":
        """With the section and leaflet of each, in reading order."""
        return (
            self.select_related("paragraph", "section__edition__leaflet")
            .defer("section__body", "section__body_html", "section__blocks", "section__plain_text")
            .order_by("section__edition__title", "section__edition_id", "section__position", "position")
        )


class Citation(models.Model):
    """A place that cites a paragraph of the Code, with the words it quotes (none for a bare reference)."""

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
    """The paragraphs that a published leaflet cites, newest edition of the Code first, in the Code's order."""
    cited = Citation.objects.published().filter(paragraph=OuterRef("pk"))
    return CodeParagraph.objects.filter(Exists(cited)).order_by(
        "-chapter__code_edition__in_force_from", "chapter__code_edition", "chapter__number", "place"
    )


def paragraphs_with_a_page() -> CodeParagraphQuerySet:
    """The paragraphs that any public edition ever cited: an older edition's links must still work."""
    cited = Citation.objects.exclude(section__edition__status=Edition.Status.DRAFT)
    return CodeParagraph.objects.filter(Exists(cited.filter(paragraph=OuterRef("pk"))))
