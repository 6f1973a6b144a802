"""Compare the locked packages with the weaknesses that are known: script/audit [LOCK...]

Asks OSV (https://osv.dev), where the advisories about packages of PyPI and of GitHub are, with pip-audit. Every line of the lock
is asked about, also one that is for another system or another Python than this one. The exit status is 0 where no weakness is
known, 1 where one is, and 2 where that could not be found out, so that no silence is taken for an all-clear.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CLEAN, WEAK, UNKNOWN = 0, 1, 2
OSV_URL = "https://api.osv.dev/v1/query"
# As `uv pip compile` writes it: name, version, and for some a condition.
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
# Seconds for all packages of a lock together.
TOTAL_TIMEOUT = 900


class AuditError(Exception):
    """It could not be found out which weaknesses are known. The message says why."""


@dataclass(frozen=True)
class Weakness:
    """A weakness of a locked package: its names in the lists, and the versions without it."""

    package: str
    version: str
    names: tuple[str, ...]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        fixed = (
            f"corrected in {', '.join(self.fixed_in)}"
            if self.fixed_in
            else "not corrected in any version yet"
        )
        return f"{self.package} {self.version}: {', '.join(self.names)}; {fixed}."


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="script/audit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "locks", nargs="*", type=Path, metavar="LOCK", default=[Path("requirements.txt")],
        help="requirements.txt, what the site runs on, unless others are named",
    )  # fmt: skip
    parser.add_argument(
        "--osv-url", default=OSV_URL, metavar="URL", help="a copy of OSV, by the address of its query"
    )
    parser.add_argument(
        "--timeout", type=int, default=15, metavar="SECONDS", help="how long to wait for an answer"
    )
    arguments = parser.parse_args()
    try:
        locked = {package for lock in arguments.locks for package in read_lock(lock)}
        weaknesses = find_weaknesses(locked, arguments.osv_url, arguments.timeout)
    except AuditError as error:
        print(f"Could not be checked: {error} Nothing is known about weaknesses.", file=sys.stderr)
        return UNKNOWN
    for weakness in weaknesses:
        print(weakness)
    print(f"{len(locked)} packages were checked. Known weaknesses: {len(weaknesses) or 'none'}.")
    return WEAK if weaknesses else CLEAN


def read_lock(lock: Path) -> list[tuple[str, str]]:
    """Return the names and versions of the packages in a lock. Raises `AuditError`."""
    try:
        found = LOCKED.findall(lock.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError(f"{lock} cannot be read ({error}).") from error
    if not found:
        raise AuditError(f"there is no package in {lock}.")
    return found


def find_weaknesses(locked: set[tuple[str, str]], url: str, timeout: int) -> list[Weakness]:
    """Ask about each package. Raises `AuditError` where one answer is missing."""
    with tempfile.TemporaryDirectory() as folder:
        lines = "".join(f"{name}=={version}\n" for name, version in sorted(locked))
        asked, answer = Path(folder, "asked.txt"), Path(folder, "answer.json")
        asked.write_text(lines)
        command = [
            *(sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", f"--requirement={asked}"),
            *(
                "--vulnerability-service=osv",
                f"--osv-url={url}",
                f"--timeout={timeout}",
                f"--cache-dir={folder}/cache",
            ),
            *("--format=json", "--aliases=on", "--desc=off", "--progress-spinner=off", f"--output={answer}"),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TOTAL_TIMEOUT)
            answers = json.loads(answer.read_text())["dependencies"]
        except subprocess.TimeoutExpired as error:
            raise AuditError(f"{url} did not answer within {TOTAL_TIMEOUT} seconds.") from error
        except (OSError, ValueError) as error:
            raise AuditError(
                f"{url} cannot be reached or gives no answer ({reason(done.stderr)})."
            ) from error
    # A package that pip-audit left out has no list of weaknesses.
    if {(one["name"], one.get("version")) for one in answers if "vulns" in one} != locked:
        raise AuditError(f"there is not an answer for every package ({reason(done.stderr)}).")
    found = [
        Weakness(one["name"], one["version"], (known["id"], *known["aliases"]), tuple(known["fix_versions"]))
        for one in answers
        for known in one["vulns"]
    ]
    # pip-audit leaves out an entry that it does not understand, with a warning.
    if not found and (
        left_out := re.findall(r"^WARNING:pip_audit\._service[.\w]*:(.*)", done.stderr, re.MULTILINE)
    ):
        raise AuditError(f"an answer was not understood ({left_out[0]}).")
    return found


def reason(errors: str) -> str:
    """Return the cause in what pip-audit printed: the last line that names an error in words."""
    named = [line for line in errors.splitlines() if re.match(r"[\w.]*(Error|Timeout|Exception)\w*: .", line)]
    return (named or errors.splitlines() or ["no reason was given"])[-1].strip()


if __name__ == "__main__":
    sys.exit(main())
