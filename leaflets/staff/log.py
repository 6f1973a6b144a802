"""What the log says about accounts: who came in, who did not, and whose rights or second steps changed.

A line names accounts and nothing else: no password, no code, no link, no address of anybody.
"""

import logging
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, password_reset
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

write = logging.getLogger("leaflets.staff").info
warn = logging.getLogger("leaflets.staff").warning


def known_name(name: str) -> str:
    """The name of an account, if it is one: people type passwords and other things into the wrong field."""
    user = User.objects.filter(username__iexact=name).first() if name else None
    return user.get_username() if user else "an unknown account"


def actor() -> str:
    """Who is doing what happens now: a signed-in account, or the command line."""
    request: HttpRequest | None = context.request
    if request is None:
        return "the command line"
    return request.user.get_username() or "somebody not signed in"


# --- Coming in ---


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    steps = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
    write("%s signed in (%s).", user.get_username(), ", ".join(dict.fromkeys(steps)) or "link")


@receiver(user_logged_out)
def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        write("%s was signed out.", user.get_username())


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], **_: Any) -> None:
    warn("A password was wrong for %s.", known_name(credentials.get("username") or ""))


@receiver(authentication_failed)
def _step_failed(user: User, **_: Any) -> None:
    warn("A code was wrong for %s.", user.get_username())


# --- What signs somebody in ---


@receiver(password_changed)
@receiver(password_reset)
def _password_changed(user: User, **_: Any) -> None:
    write("%s has a new password.", user.get_username())


@receiver(authenticator_added)
def _step_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    write("%s set up a second step: %s.", user.get_username(), authenticator.type)


@receiver(authenticator_removed)
def _step_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    write("%s removed a second step: %s.", user.get_username(), authenticator.type)


@receiver(authenticator_reset)
def _codes_renewed(user: User, **_: Any) -> None:
    write("%s made new recovery codes.", user.get_username())


# --- What somebody may do ---

_RIGHTS = ("is_active", "is_staff", "is_superuser")


@receiver(pre_save, sender=User)
def _remember_rights(instance: User, **_: Any) -> None:
    instance._rights_before = User.objects.filter(pk=instance.pk).values(*_RIGHTS).first()


@receiver(post_save, sender=User)
def _rights_changed(instance: User, created: bool, **_: Any) -> None:
    before = getattr(instance, "_rights_before", None)
    if created:
        kind = "an administrator" if instance.is_superuser else "an account"
        write("%s is %s now, made by %s.", instance.get_username(), kind, actor())
    elif before:
        changed = [
            f"{name}={getattr(instance, name)}" for name in _RIGHTS if before[name] != getattr(instance, name)
        ]
        if changed:
            write(
                "The rights of %s were changed by %s: %s.",
                instance.get_username(),
                actor(),
                ", ".join(changed),
            )


@receiver(post_delete, sender=User)
def _deleted(instance: User, **_: Any) -> None:
    write("The account %s was deleted by %s.", instance.get_username(), actor())


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def _members_changed(
    instance: Model, action: str, model: type[Model], pk_set: set[int] | None, **_: Any
) -> None:
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    which = model._default_manager.filter(pk__in=pk_set or ())
    names = "everything" if action == "pre_clear" else ", ".join(sorted(map(str, which)))
    verb = "given" if action == "post_add" else "taken from"
    if names:
        write("%s: %s %s by %s.", instance, verb, names, actor())
