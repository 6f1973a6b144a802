"""`script/sbom`: the list of what is installed, with licences and what needs what."""

import json
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.running_site import ROOT

PACKAGES = ("django", "asgiref", "sqlparse", "nh3", "psycopg", "psycopg-binary")
WHEEL = "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00"
STATUS = """\
Package: shell
Status: install ok installed
Maintainer: Rose <rose@example.org>
Architecture: amd64
Version: 1.2-3+b1
Source: shells (1.2-3)
Depends: lines (>= 2) | other-lines, not-installed
Pre-Depends: awk
Description: reads commands
 and more lines of text.

Package: lines
Status: install ok installed
Architecture: amd64
Version: 2:8.2-1
Description: edits a line

Package: mawk
Status: install ok installed
Provides: awk
Architecture: all
Version: 1.3
Description: a language

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1
Description: only its settings are left
"""
EXTRACTED = "Package: client\nArchitecture: amd64\nVersion: 17.1\nDescription: not installed by dpkg\n"
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 Rose
License: GPL-2+ and Expat

Files: parser/*
Copyright: 2020 Ivy
License: Very-Own

Files: debian/*
Copyright: 2021 Debian
License: Apache-2.0

License: GPL-2+
 See it.
"""


def make_root(folder: Path) -> Path:
    """Make the files of a Debian with five packages, of which one was removed and one was only extracted."""
    files = {
        "etc/os-release": 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian"\n',
        "var/lib/dpkg/status": STATUS,
        "var/lib/dpkg/status.d/client": EXTRACTED,
        "usr/share/doc/shell/copyright": COPYRIGHT,
        "usr/share/doc/lines/copyright": "This is free software.\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def make_python(folder: Path) -> Path:
    """Make a Python with a few of the packages that the tests run with; return its program."""
    venv.create(folder, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for distribution in map(metadata.distribution, PACKAGES):
        for name in {file.parts[0] for file in distribution.files if file.parts[0] != ".."}:
            (packages / name).symlink_to(distribution.locate_file(name))
    return folder / "bin/python"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the script writes about a Python and a Debian with a few packages."""
    folder = tmp_path_factory.mktemp("sbom")
    wheel = {
        "metadata": {"name": "django", "version": metadata.version("django")},
        "download_info": {"url": "file:///wheels/django.whl", "archive_info": {"hashes": {"sha256": WHEEL}}},
    }
    (folder / "report.json").write_text(json.dumps({"install": [wheel]}))
    options = ["--pip-report", folder / "report.json", "--root", make_root(folder / "root")]
    done = subprocess.run(
        [sys.executable, ROOT / "script/sbom", make_python(folder / "venv"), *options],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def components(written) -> dict[str, dict[str, Any]]:
    return {component["name"].lower(): component for component in json.loads(written)["components"]}


def needed(written: str, reference: str) -> set[str]:
    """What a component needs, by the names that its list has for them."""
    [found] = [one for one in json.loads(written)["dependencies"] if one["ref"] == reference]
    return set(found.get("dependsOn", []))


def licences(component: dict[str, Any]) -> set[str]:
    return {one["license"].get("id") or one["license"]["name"] for one in component["licenses"]}


def test_it_is_valid_cyclonedx(written):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None


def test_it_is_about_the_site_in_its_version(written):
    about = json.loads(written)["metadata"]["component"]

    assert (about["name"], about["type"], licences(about)) == ("sendiass-site", "application", {"MIT"})


def test_a_python_package_has_a_version_a_licence_and_the_hash_of_its_wheel(components):
    django = components["django"]

    assert django["purl"] == f"pkg:pypi/django@{metadata.version('django')}"
    assert licences(django) == {"BSD-3-Clause"}
    assert django["hashes"] == [{"alg": "SHA-256", "content": WHEEL}]


def test_a_python_package_says_what_it_needs(written, components):
    wanted = {components[name]["bom-ref"] for name in ("asgiref", "sqlparse")}

    assert wanted <= needed(written, components["django"]["bom-ref"])


def test_what_a_wheel_brings_inside_it_is_part_of_its_package(components):
    """Its own list (PEP 770) names the crates of Rust; the libraries of psycopg are files."""
    crates = {part.get("purl", "").partition("@")[0] for part in components["nh3"]["components"]}
    files = {part["name"].partition("-")[0] for part in components["psycopg-binary"]["components"]}

    assert "pkg:cargo/ammonia" in crates
    assert {"libssl", "libpq"} <= files


def test_every_component_has_a_licence_or_says_that_none_is_known(written):
    listed = json.loads(written)["components"]
    every = [*listed, *(part for one in listed for part in one.get("components", []))]

    assert [one["name"] for one in every if not one.get("licenses")] == []


@pytest.mark.skipif(sys.base_prefix == "/usr", reason="This Python is a Debian package.")
def test_a_python_that_is_no_debian_package_is_listed(components):
    here = ".".join(map(str, sys.version_info[:3]))

    assert components["python"]["purl"] == f"pkg:generic/python@{here}"
    assert components["python"]["cpe"].startswith(f"cpe:2.3:a:python:python:{here}:")


def test_python_packages_are_listed_that_are_installed_and_no_others(components):
    python = {name for name, one in components.items() if one.get("purl", "").startswith("pkg:pypi/")}

    assert python == set(PACKAGES)


def test_debian_packages_are_listed_that_are_installed_and_no_others(components):
    debian = [name for name, one in components.items() if one.get("purl", "").startswith("pkg:deb/")]

    assert sorted(debian) == ["client", "lines", "mawk", "shell"]


def test_a_debian_package_is_named_as_scanners_look_for_it(components):
    assert components["shell"]["version"] == "1.2-3+b1"
    assert components["shell"]["purl"] == (
        "pkg:deb/debian/shell@1.2-3%2Bb1?arch=amd64&distro=debian-13&upstream=shells%401.2-3"
    )
    assert components["lines"]["purl"] == "pkg:deb/debian/lines@2:8.2-1?arch=amd64&distro=debian-13"


def test_the_licences_of_a_debian_package_are_those_of_spdx_where_it_has_them(components):
    assert licences(components["shell"]) == {"GPL-2.0-or-later", "MIT", "Very-Own"}


@pytest.mark.parametrize("name", ["lines", "mawk"])
def test_a_copyright_file_that_is_prose_or_missing_asserts_no_licence(components, name):
    assert licences(components[name]) == {"NOASSERTION"}


def test_a_debian_package_needs_the_packages_that_are_installed_for_it(written, components):
    wanted = {components[name]["bom-ref"] for name in ("lines", "mawk")}

    assert needed(written, components["shell"]["bom-ref"]) == wanted
