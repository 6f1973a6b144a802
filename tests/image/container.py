"""Run an image without a container engine: in Linux namespaces, read-only, as its user and with its command."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.running_site import TIMEOUT, get

STOP_LIMIT = 30  # seconds: what compose.yaml gives it

# Run as root in namespaces of its own: $1 is the image's root folder, $2 the volume, $3 the user,
# $4 a folder for /mnt.
_ENTER = """
root=$1 volume=$2 user=$3 shared=$4
shift 4
mount --bind "$root" "$root"
mount --bind "$volume" "$root/data"
mount --bind "$shared" "$root/mnt"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$root/dev"
for device in null zero random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/dev/shm"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" "$@"
"""


class Image:
    """The built image: its files and its configuration."""

    def __init__(self, folder: Path) -> None:
        self.root = Path((folder / "root").read_text())
        self._description = json.loads((folder / "image.json").read_text())["Docker"]

    @property
    def config(self) -> dict[str, Any]:
        return self._description["config"]

    @cached_property
    def files(self) -> list[Path]:
        """Every file and folder, relative to the root."""
        return [
            Path(folder, name).relative_to(self.root)
            for folder, folders, files in os.walk(self.root)
            for name in folders + files
        ]

    def bytes_in(self, *folders: str) -> int:
        """Return the size of all files, or of those in some top-level folders."""
        paths = [path for path in self.files if not folders or path.parts[0] in folders]
        return sum((self.root / path).lstat().st_size for path in paths)


class Container:
    """A container of the image with a volume: a folder that belongs to the image's user.

    The folder `shared`, if there is one, is mounted at /mnt.
    """

    first_process: int
    shared: Path | None = None

    def __init__(self, image: Image, volume: Path, port: int = 8000, **environment: str) -> None:
        self.image = image
        self.volume = volume
        self.base = f"http://127.0.0.1:{port}"
        self._environment = environment if port == 8000 else environment | {"PORT": str(port)}
        self._log = volume.with_name(volume.name + ".log")

    def start_command(self, *command: str, output: int | Any = subprocess.PIPE) -> subprocess.Popen[str]:
        """Start a command as process 1 of a new container with this volume."""
        config = self.image.config
        environment = [*config["Env"], *(f"{name}={value}" for name, value in self._environment.items())]
        in_folder = ("sh", "-c", 'cd "$0" && exec "$@"', config["WorkingDir"])
        folders = [self.image.root, self.volume, config["User"], self.shared or self.image.root / "mnt"]
        return subprocess.Popen(
            [
                *("unshare", "--mount", "--pid", "--fork"),
                *("sh", "-ec", _ENTER, "enter", *map(str, folders)),
                *("env", "-i", *environment, *in_folder, *command),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command in a new container; return its exit status and output."""
        process = self.start_command(*command)
        output, _ = process.communicate(timeout=TIMEOUT)
        return process.returncode, output

    @property
    def log(self) -> str:
        """Its output since the last start."""
        return self._log.read_text()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run the image's command; kill it at the end unless it was stopped."""
        with self._log.open("w") as output:
            self._process = self.start_command(*self.image.config["Cmd"], output=output)
        try:
            self._wait_until_ready()
            [self.first_process] = children(self._process.pid)
            yield
        finally:
            if self._process.poll() is None:
                # Process 1 of the container: it outlives `unshare`, and the others end with it.
                for process in children(self._process.pid):
                    os.kill(process, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """Stop it, as a container engine does; return its exit status."""
        os.kill(self.first_process, signal.Signals[self.image.config["StopSignal"]])
        return self._process.wait(timeout=STOP_LIMIT)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                if get(f"{self.base}/readyz")[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"The container did not start:\n{self.log}")


def children(process: int) -> list[int]:
    """Return the ids of the child processes of a process."""
    return list(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))
