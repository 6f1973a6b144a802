"""Permissions, for migrations: those of a new model are given to groups, those of a renamed one renamed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions

ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(app_label: str, old: str, new: str) -> Callable[[Any, Any], None]:
    """Return a function for `RunPython` that renames a model's permissions; groups keep what they had.

    `old` and `new` are model names in lower case.
    """

    def rename(apps: Any, schema_editor: Any) -> None:
        permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label=app_label)
        for action in ACTIONS:
            permissions.filter(codename=f"{action}_{old}").update(codename=f"{action}_{new}")

    return rename


def give_permissions(
    groups: Mapping[str, Iterable[str]], app_label: str = "leaflets"
) -> Callable[[Any, Any], None]:
    """Return a function for `RunPython` that gives groups of staff permissions of an app.

    `groups` has code names, such as `view_topic`, by the group's name. A group that was deleted stays deleted.
    """

    def give(apps: Any, schema_editor: Any) -> None:
        # Django makes permissions only after the last migration; the groups need them now.
        config = installed_apps.get_app_config(app_label)
        create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
        permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label=app_label)
        for group in apps.get_model("auth", "Group").objects.filter(name__in=groups):
            group.permissions.add(*permissions.filter(codename__in=groups[group.name]))

    return give
