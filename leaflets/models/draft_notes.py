"""What staff say to each other about a draft: handing it over to publishers, returning it to editors, answers."""

from django.conf import settings
from django.db import models

from .leaflets import Edition


class DraftNoteQuerySet(models.QuerySet["DraftNote"]):
    def in_order(self) -> "DraftNoteQuerySet":
        return self.select_related("by").order_by("pk")

    def changing_state(self) -> "DraftNoteQuerySet":
        """Return the notes that hand a draft over or return it: the kind of the last one is the state of the draft."""
        return self.exclude(kind=DraftNote.Kind.ANSWER)


class DraftNoteManager(models.Manager.from_queryset(DraftNoteQuerySet)):  # type: ignore[misc]
    """Leaves the texts out: only one page compares them."""

    def get_queryset(self) -> DraftNoteQuerySet:
        return super().get_queryset().defer("draft_text")


class DraftNote(models.Model):
    """One note about a draft, which staff read and readers never. It stays with the edition after publishing.

    `version` is the save of the draft that was there, `draft_text` its text as JSON (`publishing.stored_texts`): of the last
    few notes that hand it over or return it, until it is published. `anchor` and `heading` are those of the section that the note is
    about, as they were; both are empty where it is about the whole draft, and the introduction has no heading.
    """

    class Kind(models.TextChoices):
        READY = "ready", "handed over to publishers"
        RETURNED = "returned", "returned to the editor"
        ANSWER = "answer", "answered"

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.CharField(max_length=500)
    anchor = models.CharField(max_length=80, blank=True)
    heading = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    draft_text = models.JSONField(null=True, editable=False)

    objects = DraftNoteManager()

    class Meta:
        # Who may edit leaflets may read and write them.
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.edition}: {self.get_kind_display()}"

    @property
    def about(self) -> str:
        """The section that it is about, in words: "“Plan”", "the introduction"; "" for the whole draft."""
        if not self.anchor:
            return ""
        return f"“{self.heading}”" if self.heading else "the introduction"
