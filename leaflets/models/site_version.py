"""Site version: a token that changes with every change to a public page. Caches compare it to find stale pages.

Call `bump_site_version()` in the transaction that changes public content. A cached page stores the version read
*before* it was rendered. The database is the only channel: processes do not notify each other.

Editions, sections, citations and slugs are written by `leaflets.publishing` alone, which bumps the version, except
when it saves a draft. `TRACKED_MODELS` are edited in the admin too, so signals bump the version for them.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import Model, Subquery
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from leaflets.content.closed_days import last_change_within_day

from .glossary import Term
from .law import Chapter, Provision, Source, SourceVersion
from .meeting import MeetingSheet
from .notices import Notice, last_change_before
from .scheduled_changes import ScheduledChange
from .search import SearchWords
from .service import Service, read_closed
from .topics import Topic

TRACKED_MODELS: tuple[type[Model], ...] = (
    Service, Source, SourceVersion, Chapter, Provision, Topic, Term, Notice, MeetingSheet, SearchWords,
)  # fmt: skip

Version = tuple[str, ...]


class SiteVersion(models.Model):
    """One row of the site version; the set of all rows is the version.

    Keys are random, so that the key of a transaction that was rolled back is never used again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        db_table = "leaflets_sitestamp"  # the model's first name: old and new code share it during an upgrade

    def __str__(self) -> str:
        return str(self.pk)


@dataclass(frozen=True)
class SiteState:
    """The site version, and when the next scheduled change of a leaflet is due, None where there is none."""

    version: Version
    next_change: dt.datetime | None


def read_site_version() -> Version:
    """Return the site version, in one query. Raises `django.db.Error`."""
    return read_site_state().version


def read_site_state() -> SiteState:
    """Return the state of the site, in one query. Raises `django.db.Error`.

    The date is part of the version, because a version of the law comes into force by its date, without any change. So is
    when a notice last began and ended, and when the office last closed or opened within a day. A scheduled change is not: it
    changes the version when it is applied.
    """
    now = timezone.now()
    began, ended = last_change_before(now)
    waiting = ScheduledChange.objects.waiting().order_by("due_at").values("due_at")[:1]
    closed = Service.objects.values("closed")[:1]
    found = list(
        SiteVersion.objects.values_list(
            "pk", Subquery(began), Subquery(ended), Subquery(closed), Subquery(waiting)
        )
    )
    rows = sorted({str(part) for *parts, _, _ in found for part in parts})
    version = (timezone.localdate(now).isoformat(), *rows)
    if not found:
        return SiteState(version, None)
    *_, lines, next_change = found[0]
    within_day = last_change_within_day(read_closed(lines or ()), timezone.make_naive(now))
    if within_day:
        version = (*version, f"closed days {within_day.isoformat()}")
    return SiteState(version, next_change)


def bump_site_version() -> None:
    """Change the site version as part of the current transaction.

    Inserts a row and deletes the older rows that are not locked. Concurrent transactions skip each other's rows
    instead of waiting; both new rows then stay until the next change.
    """
    with transaction.atomic():
        version = SiteVersion.objects.create()
        older = SiteVersion.objects.exclude(pk=version.pk).select_for_update(skip_locked=True)
        SiteVersion.objects.filter(pk__in=[row.pk for row in older]).delete()


def connect_signals() -> None:
    """Bump the site version whenever a row of `TRACKED_MODELS` is saved or deleted."""
    for model in TRACKED_MODELS:
        post_save.connect(_bump_after_change, sender=model)
        post_delete.connect(_bump_after_change, sender=model)


def _bump_after_change(**_: Any) -> None:
    bump_site_version()
