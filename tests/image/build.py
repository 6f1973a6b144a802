"""Build the Dockerfile without a Docker engine, into a folder: `python -m tests.image.build FOLDER [RELEASE]`.

The base image is made with debootstrap: a release of Debian with its Python, that of the Dockerfile's base unless
another one is named. Where its packages cannot be had, the one before it is used. `BASE_IMAGE` in the environment names
another base image, if a registry can be reached. The result is `FOLDER/image.json`, the output of `buildah inspect`, and
`FOLDER/root`, the path of the mounted image.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
# Of Debian 13, with Python 3.13, and of Debian 12, with Python 3.11.
RELEASES = ("trixie", "bookworm")


class BuildError(Exception):
    """A command failed. The message has the end of its output."""


def main(folder: Path, release: str = "") -> None:
    """Build the base image, unless one is named, and the image."""
    base = os.environ.get("BASE_IMAGE") or _build_first_base(folder, [release] if release else RELEASES)
    _print_step(f"build the image on {base}")
    volumes = [argument for volume in _pip_volumes(folder) for argument in ("--volume", f"{volume}:ro")]
    # Docker's format: that of OCI has no health checks.
    _buildah(
        folder,
        "build",
        "--quiet",
        "--format=docker",
        f"--build-arg=BASE_IMAGE={base}",
        "--tag=site",
        *volumes,
        ROOT,
    )
    (folder / "image.json").write_text(_buildah(folder, "inspect", "--type=image", "localhost/site"))
    container = _buildah(folder, "from", "localhost/site")
    (folder / "root").write_text(_buildah(folder, "mount", container))


def _build_first_base(folder: Path, releases: Sequence[str]) -> str:
    """Build a base image of the first of some releases of Debian that can be had, and return its name."""
    *others, last = releases
    for release in others:
        try:
            return _build_base(folder, release)
        except BuildError as error:
            print(f"  {release} cannot be had: {str(error).splitlines()[-1]}", flush=True)
    return _build_base(folder, last)


def _build_base(folder: Path, release: str) -> str:
    _print_step(f"build a base image from the packages of Debian {release}")
    container = _buildah(folder, "from", "scratch")
    root = Path(_buildah(folder, "mount", container))
    # Packages from the mirror and the proxy that this machine uses.
    targets = _run("apt-get", "indextargets", "--format=$(REPO_URI)", "Origin: Debian", "Label: Debian")
    mirror = next(iter(targets.splitlines()), "http://deb.debian.org/debian")
    _run("debootstrap", "--variant=minbase", "--include=python3,python3-venv", release, root, mirror)
    settings = [line for line in _run("apt-config", "dump").splitlines() if "::proxy" in line.lower()]
    (root / "etc/apt/apt.conf.d/80this-machine").write_text("\n".join([*settings, ""]))
    # As in the official base images: no fsync during the build.
    (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
    for leftover in [*root.glob("var/cache/apt/archives/*.deb"), *root.glob("var/lib/apt/lists/*_*")]:
        leftover.unlink()
    _buildah(folder, "commit", "--quiet", "--format=docker", "--rm", container, release)
    return f"localhost/{release}"


def _pip_volumes(folder: Path) -> list[str]:
    """Return the volumes with this machine's pip settings and the files that they name, as `source:target`."""
    settings = {}
    for line in _run(sys.executable, "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.partition(".")
        # Variables of the environment apply to every command, as [global] does.
        settings[option, "global" if section == ":env:" else section] = ast.literal_eval(value)
    if not settings:
        return []
    sections: dict[str, list[str]] = {}
    for (option, section), value in settings.items():
        sections.setdefault(section, []).append(f"{option} = " + value.replace("\n", "\n    "))
    file = folder / "pip.conf"
    file.write_text("".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in sections.items()))
    words = {word for value in settings.values() for word in value.split()}
    paths = {Path(urlsplit(word).path) for word in words if word.startswith(("/", "file:"))}
    # The files of a package index in a folder are beside its pages.
    paths = {path.parent if path.name == "simple" else path for path in paths}
    return [f"{file}:/etc/pip.conf", *(f"{path}:{path}" for path in sorted(paths) if path.exists())]


def _buildah(folder: Path, command: str, *arguments: object) -> str:
    # Storage in the folder. The vfs driver works on every file system.
    storage = (f"--root={folder}/storage", f"--runroot={folder}/run", "--storage-driver=vfs")
    return _run("buildah", *storage, command, *arguments, BUILDAH_ISOLATION="chroot")


def _run(*command: object, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if command[0] == "debootstrap" else None,
        text=True,
    )
    if done.returncode != 0:
        raise BuildError(f"{command[0]} failed:\n{done.stdout[-3000:]}".strip())
    return done.stdout.strip()


def _print_step(step: str) -> None:
    print(f"· {step}", flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), *sys.argv[2:])
    except BuildError as failed:
        sys.exit(str(failed))
