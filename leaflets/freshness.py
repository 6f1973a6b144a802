"""When what the public sees has changed: how a page that somebody kept is known to be out of date.

Whatever changes a public page calls `mark_changed` in the same transaction; whoever keeps a page keeps the
stamp with it that was read before the page was made, and asks now and then whether it is still the same.
So no process has to be told of another's edit, and there is nothing to run beside the database.

Editions, sections, citations and addresses have one writer, `publishing`, whose verbs mark the change: a
draft that is saved changes no public page. The records that staff edit in the admin have many writers, so
the models themselves are listened to.
"""

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from .models import CodeChapter, CodeEdition, CodeParagraph, Service, SiteStamp

# Where a request carries the stamp under which its page is made; without one, nothing is kept.
ENVIRON_KEY = "leaflets.site_stamp"

RECORDS: tuple[type[Model], ...] = (Service, CodeEdition, CodeChapter, CodeParagraph)

Stamp = tuple[str, ...]


def read_stamp() -> Stamp:
    """What tells this state of the public site from every other. One narrow query. Raises `DatabaseError`."""
    return tuple(sorted(str(pk) for pk in SiteStamp.objects.values_list("pk", flat=True)))


def mark_changed() -> None:
    """Say that public pages change with this transaction.

    Each change is a row of its own that takes the place of the rows it can see. Two people who publish at
    once never wait for each other here, in whatever order their transactions touch what else: both rows
    stay, until the next change.
    """
    with transaction.atomic():
        stamp = SiteStamp.objects.create()
        older = SiteStamp.objects.exclude(pk=stamp.pk).select_for_update(skip_locked=True)
        SiteStamp.objects.filter(pk__in=[row.pk for row in older]).delete()


def listen() -> None:
    """Mark every change of a record, whoever makes it."""
    for record in RECORDS:
        post_save.connect(_record_changed, sender=record)
        post_delete.connect(_record_changed, sender=record)


def _record_changed(**_: Any) -> None:
    mark_changed()
