"""Undocumented parts of django-allauth are imported in one module, which has to be reviewed with each upgrade."""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

from leaflets.staff import allauth_internals

ALLOWED = "leaflets/staff/allauth_internals.py"
MODULES = [
    path
    for package in ("leaflets", "sendiass_site")
    for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py"))
]
# Without "internal" in their names, but not in allauth's documentation either.
UNDOCUMENTED = {
    "allauth.account.app_settings",
    "allauth.account.authentication",
    "allauth.account.utils",
    "allauth.core.context",
    "allauth.core.ratelimit",
    "allauth.decorators",
}


def imported_names(source: str) -> Iterator[str]:
    """Dotted names that a module imports: `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def internals_in(source: str) -> list[str]:
    names = set(imported_names(source))
    return sorted(
        name
        for name in names
        if name in UNDOCUMENTED or (name.startswith("allauth.") and "internal" in name.split("."))
    )


def test_no_other_module_imports_internals_of_allauth():
    found = {
        str(path.relative_to(settings.BASE_DIR)): internals_in(path.read_text(encoding="utf-8"))
        for path in MODULES
    }

    assert found.pop(ALLOWED) != []
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from allauth.account.internal.flows.logout import logout",
        "from allauth.account.internal import flows",
        "from allauth.mfa.totp import internal",
        "import allauth.core.internal.ratelimit",
        "def f():\n    from allauth.core import context",
    ],
)
def test_each_way_of_importing_internals_is_found(source):
    assert internals_in(source) != []


def test_no_other_class_overrides_an_underscore_method_of_allauth():
    found = []
    for path in (Path(settings.BASE_DIR) / "leaflets" / "staff").glob("*.py"):
        module = import_module(f"leaflets.staff.{path.stem}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ != module.__name__ or module is allauth_internals:
                continue
            bases = [base for base in cls.__mro__ if base.__module__.startswith("allauth.")]
            found += [
                f"{cls.__qualname__}.{name}"
                for name in vars(cls)
                if re.match("_[^_]", name) and any(name in vars(base) for base in bases)
            ]

    assert found == []


def test_the_internals_were_compared_with_the_installed_version():
    requirements = (Path(settings.BASE_DIR) / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.search(r"^django-allauth(?:\[.*\])?==(\S+)", requirements, re.MULTILINE)[1]

    assert pinned == allauth_internals.ALLAUTH_VERSION, (
        f"Compare everything that {ALLOWED} lists with django-allauth {pinned}, then set ALLAUTH_VERSION to it."
    )
