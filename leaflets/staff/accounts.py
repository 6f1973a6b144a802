"""Rules for accounts: a username is used once, an administrator is left, and an account that has records stays."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.dispatch import receiver

# Their records belong to the account and are deleted with it: second steps, sessions, links to single sign-on.
_ACCOUNT_APPS = {"account", "mfa", "socialaccount", "usersessions"}
# Nothing that the account did: which leaflets it has to check, and that it was reminded of them.
_NOT_DONE = {"leaflets.Leaflet.owner", "leaflets.Reminder.user"}


def is_username_taken(username: str, *, by_other_than: User) -> bool:
    """Ignoring case: with two such accounts neither could sign in."""
    return User.objects.filter(username__iexact=username).exclude(pk=by_other_than.pk).exists()


def is_last_administrator(user: User, *, lock: bool = False) -> bool:
    """Whether this is the only active account that may do everything.

    With `lock`, which needs a transaction, concurrent changes of administrators wait until it ends.
    """
    return _administrators(lock=lock) == [user]


def _administrators(*, lock: bool) -> list[User]:
    found = User.objects.filter(is_active=True, is_staff=True, is_superuser=True).order_by("pk")
    return list(found.select_for_update() if lock else found)


def find_last_administrator(users: Sequence[User], *, lock: bool = False) -> User | None:
    """Return the last of these users who has to stay, because there is no other administrator. `lock` is as above."""
    administrators = _administrators(lock=lock)
    if {one.pk for one in administrators} - {user.pk for user in users}:
        return None
    pks = {one.pk for one in administrators}
    return next((user for user in reversed(users) if user.pk in pks), None)


def has_records(user: User) -> bool:
    """Whether something is stored that this account did: editions, reviews, changes in the admin, read messages."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: user.pk}).exists()
        for relation in User._meta.get_fields(include_hidden=True)
        if (relation.one_to_many or relation.one_to_one)
        and not relation.related_model._meta.auto_created
        and relation.related_model._meta.app_label not in _ACCOUNT_APPS
        and str(relation.field) not in _NOT_DONE
    )


@receiver(pre_delete, sender=User)
def _keep_accounts_with_records(instance: User, **_: Any) -> None:
    # Otherwise editions would no longer say who published them, and the admin's log of the account would be deleted.
    if has_records(instance):
        raise ProtectedError("This account has records: close it (is_active=False) instead.", {instance})
