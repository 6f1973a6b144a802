"""The security log: sign-ins, failures, and changes of accounts, permissions and second steps.

A line names accounts only: no password, code, link, IP address or e-mail address. What changes something is an entry of
the history too.
"""

import contextlib
import contextvars
import logging
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from leaflets.models import HistoryEntry
from leaflets.models.history import COMMAND_LINE, record

from .allauth_internals import get_authentication_records, request_context

# docs/staff.md names it, for log filters.
logger = logging.getLogger("leaflets.staff")

ANONYMOUS = "an anonymous user"

_actor: contextvars.ContextVar[str] = contextvars.ContextVar("actor", default="")


@contextlib.contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Log changes in this context as made by `actor`, such as "the council's directory"."""
    before = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(before)


def username_if_known(name: str) -> str:
    """The username if such an account exists: users type passwords into the wrong field, and those must not be logged."""
    user = User.objects.filter(username__iexact=name).first() if name else None
    return user.get_username() if user else "an unknown account"


def current_actor() -> str:
    """Who makes the current change: the actor of `acting_as`, the signed-in user, or the command line."""
    request: HttpRequest | None = request_context.request
    if _actor.get():
        return _actor.get()
    if request is None:
        return COMMAND_LINE
    return request.user.get_username() or ANONYMOUS


def record_account(
    message: str, subject: Model, *, by: str = "", kind: str = HistoryEntry.Kind.ACCOUNTS
) -> None:
    """Add an entry about an account or a group to the history.

    Without `by`, it is of who makes the current change. Who follows a link of an e-mail is not signed in: then the account
    itself is named.
    """
    actor = by or current_actor()
    who = str(subject) if actor == ANONYMOUS else actor
    record(who, HistoryEntry.Kind(kind), message, subject=subject)


# --- Sign-in ---


@receiver(user_logged_in)
def _log_login(request: HttpRequest, user: User, **_: Any) -> None:
    steps = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
    logger.info("%s signed in (%s).", user.get_username(), ", ".join(dict.fromkeys(steps)) or "link")


@receiver(user_logged_out)
def _log_logout(user: User | None, **_: Any) -> None:
    if user is not None:
        logger.info("%s was signed out.", user.get_username())


@receiver(user_login_failed)
def _log_login_failed(credentials: dict[str, Any], **_: Any) -> None:
    logger.warning("A password was wrong for %s.", username_if_known(credentials.get("username") or ""))


# --- Second steps ---


@receiver(authenticator_added)
def _log_authenticator_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    logger.info("%s set up a second step: %s.", user.get_username(), authenticator.type)


@receiver(authenticator_removed)
def _log_authenticator_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    logger.info("%s removed a second step: %s.", user.get_username(), authenticator.type)


@receiver(authenticator_reset)
def _log_recovery_codes_reset(user: User, **_: Any) -> None:
    logger.info("%s made new recovery codes.", user.get_username())


# allauth sends its signals after the transaction. Entries of the history belong into it.


@receiver(post_save, sender=Authenticator)
def _record_step_added(instance: Authenticator, created: bool, **_: Any) -> None:
    if created:
        _record_step(instance, "Set up")


@receiver(post_delete, sender=Authenticator)
def _record_step_removed(instance: Authenticator, **_: Any) -> None:
    _record_step(instance, "Removed")


def _record_step(authenticator: Authenticator, done: str) -> None:
    is_codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    what = "the recovery codes" if is_codes else f"a second step ({authenticator.get_type_display()})"
    record_account(f"{done} {what}.", authenticator.user, kind=HistoryEntry.Kind.SIGN_IN)


# --- Users, permissions and groups ---

_PERMISSION_FIELDS = ("is_active", "is_staff", "is_superuser")
_RIGHTS = {"is_active": "may sign in", "is_staff": "is staff", "is_superuser": "administrator"}
_LOGGED_FIELDS = (*_PERMISSION_FIELDS, "username", "email", "password")


@receiver(pre_save, sender=User)
def _store_previous_values(instance: User, **_: Any) -> None:
    instance._before = User.objects.filter(pk=instance.pk).values(*_LOGGED_FIELDS).first()
    # Django also saves an unchanged password after rehashing it with other parameters; `_password` is None then.
    instance._is_new_password = instance._password is not None or not instance.has_usable_password()


@receiver(post_save, sender=User)
def _log_user_changed(instance: User, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    name, before = instance.get_username(), getattr(instance, "_before", None)
    if created:
        kind = "an administrator" if instance.is_superuser else "an account"
        logger.info("%s is %s now, made by %s.", name, kind, current_actor())
        record_account(f"Made {kind}.", instance)
    if created or before is None:
        return
    saved = [field for field in _LOGGED_FIELDS if update_fields is None or field in update_fields]
    changed = {field for field in saved if before[field] != getattr(instance, field)}
    if rights := [f"{field}={getattr(instance, field)}" for field in _PERMISSION_FIELDS if field in changed]:
        logger.info("The rights of %s were changed by %s: %s.", name, current_actor(), ", ".join(rights))
        said = [
            f"{words}: {'yes' if getattr(instance, field) else 'no'}"
            for field, words in _RIGHTS.items()
            if field in changed
        ]
        record_account(f"Changed the rights ({', '.join(said)}).", instance)
    if "username" in changed:
        logger.info("%s is called %s now, by %s.", before["username"], name, current_actor())
        record_account(f"Changed the username from {before['username']} to {name}.", instance)
    if "email" in changed:
        logger.info("The e-mail address of %s was changed by %s.", name, current_actor())
        record_account("Changed the e-mail address.", instance)
    if "password" in changed and instance._is_new_password:
        kind = "a new password" if instance.has_usable_password() else "no password any more"
        logger.info("%s has %s, by %s.", name, kind, current_actor())
        words = "Set a new password." if instance.has_usable_password() else "Took the password away."
        record_account(words, instance, kind=HistoryEntry.Kind.SIGN_IN)


@receiver(post_delete, sender=User)
def _log_user_deleted(instance: User, **_: Any) -> None:
    logger.info("The account %s was deleted by %s.", instance.get_username(), current_actor())
    record_account("Deleted the account.", instance)


@receiver(pre_delete, sender=Group)
def _log_group_deleted(instance: Group, **_: Any) -> None:
    members = ", ".join(sorted(instance.user_set.values_list("username", flat=True))) or "nobody"
    logger.info("The group %s was deleted by %s. In it was: %s.", instance, current_actor(), members)
    record_account(f"Deleted the group. In it was: {members}.", instance)


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def _log_relations_changed(
    instance: Model, action: str, model: type[Model], pk_set: set[int] | None, **_: Any
) -> None:
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    related = model._default_manager.filter(pk__in=pk_set or ())
    names = "everything" if action == "pre_clear" else ", ".join(sorted(map(str, related)))
    verb = "given" if action == "post_add" else "taken from"
    if names:
        logger.info("%s: %s %s by %s.", instance, verb, names, current_actor())
        record_account(f"{'Gave' if action == 'post_add' else 'Took away'}: {names}.", instance)
