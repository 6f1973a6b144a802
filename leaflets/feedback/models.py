"""What people sent through Have Your Say."""

import secrets

from django.db import models

from leaflets.models import Leaflet

# No 0 O 1 I L 5 S 2 Z 8 B: a reference is read out on the phone.
_LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"
_REFERENCE_LENGTH = 8


def make_reference() -> str:
    """A reference that cannot be guessed or counted: 8 of 25 letters, in two groups of four."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_REFERENCE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def newest_first(self) -> "FeedbackQuerySet":
        return self.order_by("-sent_at", "-pk")


class Feedback(models.Model):
    """One message. Name and contact are empty unless the sender wants an answer."""

    reference = models.CharField(max_length=9, unique=True, default=make_reference, editable=False)
    sent_at = models.DateTimeField(auto_now_add=True, db_index=True)
    comments = models.TextField(max_length=4000)
    leaflet = models.ForeignKey(Leaflet, models.PROTECT, null=True, blank=True, related_name="+")
    section = models.CharField("section's anchor", max_length=80, blank=True)
    name = models.CharField(max_length=100, blank=True)
    contact = models.CharField("e-mail or phone", max_length=200, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return self.reference
