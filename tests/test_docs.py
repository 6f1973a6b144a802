"""The documentation names only what exists, and leaves out no package. Needs no Django and no database."""

import importlib.util
import re
import tomllib
from pathlib import Path

import grimp
import pytest

from tests.documentation import (
    DOCUMENTS,
    ROOT,
    anchors,
    code_blocks,
    inline_code,
    listed_paths,
    relative_links,
    table,
)

README_LINES = 130

# Folders that exist only at run time, such as var/ and .venv/.
RUN_TIME_FOLDERS = set(re.findall(r"^/(.+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE))
TOP_FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()} - RUN_TIME_FOLDERS - {".git"}
PACKAGES = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for root in ("leaflets", "sendiass_site")
    for path in (ROOT / root).glob("*/__init__.py")
)

ARCHITECTURE = ROOT / "docs" / "architecture.md"
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for root in ("leaflets", "sendiass_site")
    for path in (ROOT / root).rglob("*.py")
    if path.name != "__init__.py" and "migrations" not in path.parts
)

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix()
)


@pytest.fixture(scope="session", autouse=True)
def _static_files() -> None:
    """No static files are needed here: tests/conftest.py would collect them."""


def commands() -> set[str]:
    """The management commands of this site and of Django."""
    django = Path(importlib.util.find_spec("django").origin).parent
    folders = [folder for root in ("leaflets", "sendiass_site") for folder in (ROOT / root).rglob("commands")]
    folders += [django / "core" / "management" / "commands", *django.glob("contrib/*/management/commands")]
    return {path.stem for folder in folders for path in folder.glob("*.py")}


def named_paths(document: Path) -> list[str]:
    """What is in backticks and looks like a path in this repository: a folder of its top level, and a slash."""
    words = [code.split()[0] for code in inline_code(document) if code.strip()]
    return [word for word in words if "/" in word and word.partition("/")[0] in TOP_FOLDERS]


def exists(document: Path, path: str) -> bool:
    """Whether a path, or a pattern such as `content/leaflets/*.md`, is there, from the root or from the document."""
    return any(any(folder.glob(path.rstrip("/"))) for folder in (ROOT, document.parent))


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= README_LINES


@every_document
def test_a_document_begins_with_a_heading_and_a_paragraph(document):
    heading, empty, paragraph = document.read_text().splitlines()[:3]

    assert heading.startswith("# ")
    assert empty == ""
    assert re.match(r"[A-Z]", paragraph)


@every_document
def test_each_relative_link_leads_to_a_file(document):
    missing = [link.written for link in relative_links(document) if not link.file.exists()]

    assert missing == []


@every_document
def test_each_link_to_a_heading_leads_to_one(document):
    missing = [
        link.written
        for link in relative_links(document)
        if link.anchor and link.file.exists() and link.anchor not in anchors(link.file)
    ]

    assert missing == []


@every_document
def test_each_path_in_backticks_exists(document):
    missing = [path for path in named_paths(document) if not exists(document, path)]

    assert missing == []


@every_document
def test_each_management_command_exists(document):
    named = set(re.findall(r"\bmanage\.py ([a-z_]+)", document.read_text()))

    assert named - commands() == set()


@every_document
def test_each_script_exists(document):
    named = set(re.findall(r"\bscript/([\w-]+)", document.read_text()))

    assert {name for name in named if not (ROOT / "script" / name).is_file()} == set()


@every_document
def test_each_module_that_is_run_exists(document):
    named = re.findall(r"\bpython -m ((?:leaflets|sendiass_site|tests|script)[\w.]*\w)", document.read_text())

    assert [name for name in named if not (ROOT / f"{name.replace('.', '/')}.py").is_file()] == []


def test_each_path_in_the_layout_exists():
    listed = listed_paths(ARCHITECTURE)

    assert [path for path in listed if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_layout_has_each_package(package):
    assert f"{package}/" in listed_paths(ARCHITECTURE)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_named_in_the_architecture(package):
    assert f"`{package}/" in ARCHITECTURE.read_text()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_readme_says_what_to_change_in_each_package(package):
    assert f"`{package}/" in (ROOT / "README.md").read_text()


def test_each_module_is_named_in_the_architecture_or_the_readme():
    named = {*listed_paths(ARCHITECTURE), *inline_code(ARCHITECTURE), *inline_code(ROOT / "README.md")}

    assert [module for module in MODULES if module not in named] == []


def imports_between_packages() -> dict[str, set[str]]:
    """What each package or module directly in `leaflets` imports from others there. Migrations are left out."""
    graph = grimp.build_graph("leaflets", cache_dir=None)
    imports = {
        (importer.split(".")[1], imported.split(".")[1])
        for importer in graph.modules
        if "." in importer and ".migrations" not in importer
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    packages = {module.split(".")[1] for module in graph.modules if "." in module} - {"migrations"}
    return {
        package: {imported for importer, imported in imports if importer == package} - {package}
        for package in packages
    }


def test_the_table_of_imports_is_what_the_code_imports():
    rows = {
        Path(package.strip("`")).stem: set(re.findall("`(.+?)`", imports))
        for package, imports, _ in table(ARCHITECTURE, "package")
        if package.startswith("`leaflets/")
    }

    assert rows == imports_between_packages()


def test_the_layers_are_those_that_are_checked():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == ["leaflets"]]

    assert code_blocks(ARCHITECTURE)[1].splitlines() == layers


def test_each_document_in_docs_is_linked_from_the_readme():
    linked = {link.file for link in relative_links(ROOT / "README.md")}

    assert set((ROOT / "docs").glob("*.md")) - linked == set()
