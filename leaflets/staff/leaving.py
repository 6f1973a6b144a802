"""What people leave whose accounts are closed: leaflets, drafts, scheduled changes, and what nobody else may do."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User

from leaflets.models import Edition, Leaflet, ScheduledChange, staff_who_may

# What only administrators can do if the last person who may do it leaves.
_DUTIES = {
    "leaflets.change_edition": "edit leaflets",
    "leaflets.publish_edition": "publish leaflets",
    "feedback.view_feedback": "read what people send",
}


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
    is_owner = staff_who_may("leaflets.change_edition").filter(pk=user.pk).exists()
    return Leaving(
        user,
        leaflets=Leaflet.objects.filter(owner=user).count() if is_owner else 0,
        drafts=Edition.objects.filter(status=Edition.Status.DRAFT, edited_by=user).count(),
        changes=ScheduledChange.objects.filter(scheduled_by=user, stopped_at=None).count(),
    )


def find_last_of(users: Collection[User]) -> list[str]:
    """Return sentences on what only administrators can do after these accounts were closed, and on the last of these."""
    leaving = {user.pk for user in users}
    found = []
    for permission, words in _DUTIES.items():
        people = set(staff_who_may(permission, administrators=False).values_list("pk", flat=True))
        if people & leaving and not people - leaving:
            found.append(f"After this, only administrators can {words}.")
    administrators = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    left = [user for user in administrators if user.pk not in leaving]
    if len(left) == 1 and len(left) < len(administrators):
        found.append(f"After this, {left[0].get_username()} is the only administrator.")
    return found
