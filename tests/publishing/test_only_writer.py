"""Only leaflets.publishing writes editions, sections and citations."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_WRITES = {
    "bulk_create", "bulk_update", "create", "delete", "get_or_create", "save", "update", "update_or_create",
}  # fmt: skip
_WRITTEN_HERE_ONLY = re.compile(
    r"\b(?:Edition|Section|Citation)(?:\.objects|\()|\.(?:editions|sections|citations)\b|\b(?:draft|edition)\."
)


def writes_of_editions(code: str) -> list[str]:
    """The calls in Python code that write editions, sections or citations, recognised by name."""
    calls = [node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    written = [
        ast.unparse(call) for call in calls if isinstance(call, ast.Attribute) and call.attr in _WRITES
    ]
    return [call for call in written if _WRITTEN_HERE_ONLY.search(call)]


def test_no_other_module_writes_editions():
    modules = [
        path
        for folder in ("leaflets", "sendiass_site")
        for path in (ROOT / folder).rglob("*.py")
        if not {"migrations", "publishing"} & set(path.parts)
    ]
    found = {
        path.relative_to(ROOT).as_posix(): writes
        for path in modules
        if (writes := writes_of_editions(path.read_text()))
    }

    assert len(modules) > 80
    assert found == {}


@pytest.mark.parametrize(
    "code",
    [
        "Edition.objects.filter(pk=1).update(status='draft')",
        "Edition(leaflet=leaflet).save()",
        "draft.delete()",
        "leaflet.editions.published().delete()",
        "draft.sections.create(position=1)",
        "Citation.objects.bulk_create([])",
    ],
)
def test_a_write_is_recognised(code):
    assert len(writes_of_editions(code)) == 1
