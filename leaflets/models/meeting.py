"""What meeting sheets have besides the words of leaflets."""

from django.db import models
from django.db.models import Q

from .base import DIGEST_LENGTH, validate_lines


class MeetingSheet(models.Model):
    """The service's own questions, and what to bring. There is one row, with primary key 1, or none."""

    questions = models.JSONField(
        "questions to ask", default=list, blank=True, validators=[validate_lines],
        help_text="One question per line. The questions of a leaflet itself come first on its sheet.",
    )  # fmt: skip
    bring = models.JSONField(
        "what to bring",
        default=list,
        blank=True,
        validators=[validate_lines],
        help_text="One thing per line.",
    )
    unapproved = models.BooleanField(
        "draft for the service to approve", default=False, help_text="While it is ticked, readers are told."
    )
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    class Meta:
        verbose_name_plural = "meeting sheet"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="meeting_sheet_is_one")]

    def __str__(self) -> str:
        return "Questions to ask, and what to bring"
