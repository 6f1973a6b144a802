"""The state of the public site."""

import uuid

from django.db import models


class SiteStamp(models.Model):
    """The state of the public site: any other set of rows is another state. See `freshness`.

    The keys are random: a key of a transaction that was undone never comes back with another meaning.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return str(self.pk)
