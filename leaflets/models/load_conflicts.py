"""Files that were not loaded, because staff changed the same text."""

from django.db import models


class LoadConflict(models.Model):
    """A file of the last load whose text and the stored text were both changed. The next load replaces all rows."""

    name = models.CharField(max_length=200, unique=True)
    found_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
