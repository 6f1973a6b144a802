"""The editions of the Code of Practice, their chapters and paragraphs."""

from django.db import models
from django.urls import reverse

from .base import DIGEST_LENGTH, slug_validator


class CodeEdition(models.Model):
    """One edition of the SEND Code of Practice, such as January 2015."""

    slug = models.CharField(max_length=60, unique=True, validators=[slug_validator])
    title = models.CharField(max_length=100)
    full_title = models.CharField(max_length=300)
    label = models.CharField(max_length=60, help_text="What tells it from other editions: January 2015.")
    in_force_from = models.DateField()
    url = models.URLField("where it is published")
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    def __str__(self) -> str:
        return f"{self.title} ({self.label})"


class CodeChapter(models.Model):
    """A chapter of the Code."""

    code_edition = models.ForeignKey(CodeEdition, models.PROTECT, related_name="chapters")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code_edition", "number"], name="chapter_once_per_code_edition"),
        ]

    def __str__(self) -> str:
        return f"Chapter {self.number}: {self.title}"


class CodeParagraphQuerySet(models.QuerySet["CodeParagraph"]):
    def with_number(self, number: str) -> "CodeParagraphQuerySet":
        """Return the paragraphs with this number, at most one per edition of the Code, newest edition first."""
        paragraphs = self.filter(number=number).select_related("chapter__code_edition")
        return paragraphs.order_by("-chapter__code_edition__in_force_from")


class CodeParagraph(models.Model):
    """A paragraph of the Code that leaflets cite. Its text is empty until staff paste it.

    `number` is that of the Code, such as 6.17; `place` is the number within the chapter, 17, for sorting.
    """

    chapter = models.ForeignKey(CodeChapter, models.PROTECT, related_name="paragraphs")
    number = models.CharField(max_length=6, db_index=True)
    place = models.PositiveSmallIntegerField(help_text="Its place in the chapter.")
    text = models.TextField(
        blank=True, help_text="Paste it from the published Code, word for word. Readers see it at once."
    )

    objects = CodeParagraphQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chapter", "place"], name="paragraph_once_per_chapter")
        ]

    def __str__(self) -> str:
        return f"Paragraph {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("code-paragraph", args=[self.number])
