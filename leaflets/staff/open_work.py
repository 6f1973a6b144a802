"""The open work of an account that is closed, which colleagues must take over: leaflets, drafts and scheduled changes."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from leaflets.models import Edition, Leaflet, ScheduledChange, staff_with_permission

# Permissions that somebody besides administrators should have, with what they allow in words.
_SHARED_PERMISSIONS = {
    "leaflets.change_edition": "edit leaflets",
    "leaflets.publish_edition": "publish leaflets",
    "feedback.view_feedback": "read what people send",
}


MAX_NAMED = 10  # of one kind on the page that asks


@dataclass(frozen=True)
class WorkItem:
    """A leaflet, draft or scheduled change: its title, the admin page where a colleague takes it over, and a day in words."""

    title: str
    url: str
    when: str


@dataclass(frozen=True)
class WorkItemGroup:
    """The open work of one kind: a line with their number, the first of them, and how many more there are."""

    line: str
    items: list[WorkItem]
    more: int


@dataclass(frozen=True)
class OpenWork:
    """How much open work a user has, by kind."""

    user: User
    leaflets: int
    drafts: int
    changes: int

    @property
    def lines(self) -> list[str]:
        """What a page says before the account is closed."""
        return self._list("that will have no owner", "they")

    @property
    def summary(self) -> str:
        """What is said of the account after it was closed: a sentence, or ""."""
        lines = self._list("without an owner", "it")
        listed = " and ".join(filter(None, [", ".join(lines[:-1]), *lines[-1:]]))
        return f"It leaves {listed}." if listed else ""

    def _list(self, without_owner: str, who: str) -> list[str]:
        counted = [
            (self.leaflets, "leaflet", without_owner),
            (self.drafts, "draft", f"that {who} saved last"),
            (self.changes, "scheduled change", "that will not happen"),
        ]
        return [
            f"{number} {one}{'' if number == 1 else 's'} {rest}" for number, one, rest in counted if number
        ]


def count_open_work(user: User) -> OpenWork:
    """Return what a person leaves. The leaflets of one who may not edit have no owner now, and do not count."""
    is_owner = staff_with_permission("leaflets.change_edition").filter(pk=user.pk).exists()
    return OpenWork(
        user,
        leaflets=Leaflet.objects.filter(owner=user).count() if is_owner else 0,
        drafts=_drafts_of(user).count(),
        changes=_changes_of(user).count(),
    )


def list_open_work(work: OpenWork) -> list[WorkItemGroup]:
    """Return what a person leaves by kind, with titles, in the order of `OpenWork.lines`."""
    user = work.user
    leaflets: Any = Leaflet.objects.for_staff().filter(owner=user)
    leaflets = leaflets.order_by(F("review_due").asc(nulls_last=True), "slug")[:MAX_NAMED]
    drafts = _drafts_of(user).order_by("edited_at", "pk")[:MAX_NAMED]
    changes = _changes_of(user).select_related("leaflet").order_by("due_at", "pk")[:MAX_NAMED]
    named = [
        (work.leaflets, [
            WorkItem(one.shown_title or one.slug, _page("history", one.pk), _say_check(one.review_due)) for one in leaflets
        ]),
        (work.drafts, [
            WorkItem(one.title or one.leaflet.slug, _page("edit", one.leaflet_id), f"saved on {_day(localtime(one.edited_at))}")
            for one in drafts
        ]),
        (work.changes, [
            WorkItem(one.leaflet.newest_title, _page("history", one.leaflet_id), one.past_description) for one in changes
        ]),
    ]  # fmt: skip
    counted = [(number, items) for number, items in named if number]
    return [
        WorkItemGroup(line, items, number - len(items))
        for line, (number, items) in zip(work.lines, counted, strict=True)
    ]


def _drafts_of(user: User) -> QuerySet[Edition]:
    drafts = Edition.objects.filter(status=Edition.Status.DRAFT, edited_by=user)
    return drafts.select_related("leaflet")


def _changes_of(user: User) -> QuerySet[ScheduledChange]:
    return ScheduledChange.objects.waiting().filter(scheduled_by=user)


def _page(name: str, pk: int) -> str:
    return reverse(f"admin:leaflet-{name}", args=[pk])


def _say_check(due: dt.date | None) -> str:
    return f"check by {_day(due)}" if due else "no day for a check"


def _day(day: dt.date) -> str:
    return date_format(day, "j F Y")


def find_warnings(users: Collection[User]) -> list[str]:
    """Return sentences on what only administrators can do after these accounts were closed, and on the last of these."""
    closing = {user.pk for user in users}
    found = []
    for permission, words in _SHARED_PERMISSIONS.items():
        people = set(staff_with_permission(permission, administrators=False).values_list("pk", flat=True))
        if people & closing and not people - closing:
            found.append(f"After this, only administrators can {words}.")
    administrators = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    remaining = [user for user in administrators if user.pk not in closing]
    if len(remaining) == 1 and len(remaining) < len(administrators):
        found.append(f"After this, {remaining[0].get_username()} is the only administrator.")
    return found
