"""Site version: a token that changes with every change to a public page. Caches compare it to find stale pages.

Call `bump_site_version()` in the transaction that changes public content. A cached page stores the version read
*before* it was rendered. No process has to be told of another's edit, and nothing runs beside the database.

Editions, sections, citations and slugs are written by `leaflets.publishing` alone, which bumps the version: saving a
draft does not. The records that staff edit in the admin have many writers, so signals bump it for them.
"""

import uuid
from typing import Any

from django.db import models, transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from .law import CodeChapter, CodeEdition, CodeParagraph
from .service import Service

RECORDS: tuple[type[Model], ...] = (Service, CodeEdition, CodeChapter, CodeParagraph)

Version = tuple[str, ...]


class SiteVersion(models.Model):
    """One row of the site version; the set of all rows is the version.

    Keys are random, so that the key of a transaction that was rolled back is never used again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        db_table = "leaflets_sitestamp"  # its first name: old and new code share a database during an upgrade

    def __str__(self) -> str:
        return str(self.pk)


def read_site_version() -> Version:
    """Return the site version. One narrow query. Raises `django.db.Error`."""
    return tuple(sorted(str(pk) for pk in SiteVersion.objects.values_list("pk", flat=True)))


def bump_site_version() -> None:
    """Change the site version with the current transaction.

    Inserts a row and deletes the rows that it can see and lock. Concurrent transactions skip each other's locks, so
    they never wait for each other here; both rows then stay until the next change.
    """
    with transaction.atomic():
        version = SiteVersion.objects.create()
        older = SiteVersion.objects.exclude(pk=version.pk).select_for_update(skip_locked=True)
        SiteVersion.objects.filter(pk__in=[row.pk for row in older]).delete()


def connect_signals() -> None:
    """Bump the site version with every change of a record, whatever code makes it."""
    for record in RECORDS:
        post_save.connect(_record_changed, sender=record)
        post_delete.connect(_record_changed, sender=record)


def _record_changed(**_: Any) -> None:
    bump_site_version()
