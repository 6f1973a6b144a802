"""Permissions of a renamed model, for migrations: Django names them after the model."""

from collections.abc import Callable
from typing import Any

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
