"""What people leave whose accounts are closed: leaflets, drafts, scheduled changes, and what nobody else may do."""

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

# What only administrators can do if the last person who may do it leaves.
_DUTIES = {
    "leaflets.change_edition": "edit leaflets",
    "leaflets.publish_edition": "publish leaflets",
    "feedback.view_feedback": "read what people send",
}


MAX_NAMED = 10  # of one kind on the page that asks


@dataclass(frozen=True)
class Thing:
    """One thing that a person leaves: its title, the admin page where a colleague takes it over, and a day in words."""

    title: str
    url: str
    when: str


@dataclass(frozen=True)
class Things:
    """What a person leaves of one kind: a line with their number, the first of them, and how many more there are."""

    line: str
    named: list[Thing]
    more: int


@dataclass(frozen=True)
class Leaving:
    """The numbers of what waits for one person."""

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


def find_leaving(user: User) -> Leaving:
    """Return what a person leaves. The leaflets of one who may not edit have no owner now, and do not count."""
    is_owner = staff_with_permission("leaflets.change_edition").filter(pk=user.pk).exists()
    return Leaving(
        user,
        leaflets=Leaflet.objects.filter(owner=user).count() if is_owner else 0,
        drafts=_drafts_of(user).count(),
        changes=_changes_of(user).count(),
    )


def find_things(left: Leaving) -> list[Things]:
    """Return what a person leaves by kind, with titles, in the order of `Leaving.lines`."""
    user = left.user
    leaflets: Any = Leaflet.objects.for_staff().filter(owner=user)
    leaflets = leaflets.order_by(F("review_due").asc(nulls_last=True), "slug")[:MAX_NAMED]
    drafts = _drafts_of(user).order_by("edited_at", "pk")[:MAX_NAMED]
    changes = _changes_of(user).select_related("leaflet").order_by("due_at", "pk")[:MAX_NAMED]
    named = [
        (left.leaflets, [
            Thing(one.shown_title or one.slug, _page("history", one.pk), _say_check(one.review_due)) for one in leaflets
        ]),
        (left.drafts, [
            Thing(one.title or one.leaflet.slug, _page("edit", one.leaflet_id), f"saved on {_day(localtime(one.edited_at))}")
            for one in drafts
        ]),
        (left.changes, [
            Thing(one.leaflet.newest_title, _page("history", one.leaflet_id), one.past_description) for one in changes
        ]),
    ]  # fmt: skip
    counted = [(number, things) for number, things in named if number]
    return [
        Things(line, things, number - len(things))
        for line, (number, things) in zip(left.lines, counted, strict=True)
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


def find_last_of(users: Collection[User]) -> list[str]:
    """Return sentences on what only administrators can do after these accounts were closed, and on the last of these."""
    leaving = {user.pk for user in users}
    found = []
    for permission, words in _DUTIES.items():
        people = set(staff_with_permission(permission, administrators=False).values_list("pk", flat=True))
        if people & leaving and not people - leaving:
            found.append(f"After this, only administrators can {words}.")
    administrators = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    left = [user for user in administrators if user.pk not in leaving]
    if len(left) == 1 and len(left) < len(administrators):
        found.append(f"After this, {left[0].get_username()} is the only administrator.")
    return found
