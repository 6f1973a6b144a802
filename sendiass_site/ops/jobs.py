"""The scheduled jobs, for machines without cron: `python -m sendiass_site.ops.jobs`, or `--once` for what is due now.

Each job is a management command in a process of its own. When each was last run is in `DATA_DIR/jobs.json`, so that a daily
job that was missed runs at the next start, and none runs twice. Times are UTC.
"""

import argparse
import datetime as dt
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import django

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent.parent
BACKUPS_KEPT = 7


@dataclass(frozen=True)
class Job:
    """A management command that is run daily at a time, or every five minutes."""

    command: str
    daily_at: dt.time | None = None

    def is_due(self, last_run: dt.datetime | None, now: dt.datetime) -> bool:
        """Whether the job has not run since the last time for which it was planned."""
        return last_run is None or not self._last_planned(now) <= last_run <= now

    def _last_planned(self, now: dt.datetime) -> dt.datetime:
        if self.daily_at is None:
            return now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
        today = dt.datetime.combine(now.date(), self.daily_at, dt.UTC)
        return today if today <= now else today - dt.timedelta(days=1)


JOBS = (
    Job("backup", dt.time(3, 7)),
    Job("purge_feedback", dt.time(3, 17)),
    Job("clearsessions", dt.time(3, 27)),
    Job("publish_due", dt.time(3, 37)),
    Job("send_reminders", dt.time(7, 37)),
    Job("send_notifications"),
)


def run_due_jobs(data_dir: Path, now: dt.datetime, backups: Path | None = None) -> bool:
    """Run the jobs that are due, one after another; return whether none failed.

    A job that fails is logged, and runs again at its next time. Backups go to `backups`, which must exist; without it to
    `data_dir/backups`, which is made.
    """
    if backups is None:
        backups = data_dir / "backups"
        backups.mkdir(mode=0o700, exist_ok=True)
    arguments = {"backup": ["--keep", str(BACKUPS_KEPT), str(backups)]}
    state = data_dir / "jobs.json"
    last_runs = _read(state)
    failed = []
    for job in JOBS:
        if job.is_due(last_runs.get(job.command), now):
            if not _run(job.command, *arguments.get(job.command, [])):
                failed.append(job.command)
            last_runs[job.command] = now
            _write(state, last_runs)
    return not failed


def _run(command: str, *arguments: str) -> bool:
    finished = subprocess.run(  # noqa: S603 - the commands are those above
        [sys.executable, "manage.py", command, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    succeeded = finished.returncode == 0
    level = logging.INFO if succeeded else logging.ERROR
    for line in finished.stdout.splitlines():
        logger.log(level, "%s: %s", command, line)
    if not succeeded:
        logger.error("%s failed (exit status %s).", command, finished.returncode)
    return succeeded


def _read(state: Path) -> dict[str, dt.datetime]:
    """Read when each job was last run; nothing of a file that is missing or damaged: the jobs may run once more."""
    try:
        found = json.loads(state.read_bytes())
        return {
            command: dt.datetime.fromisoformat(value).astimezone(dt.UTC) for command, value in found.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(state: Path, last_runs: Mapping[str, dt.datetime]) -> None:
    new = state.with_suffix(".new")
    new.write_text(json.dumps({command: value.isoformat() for command, value in last_runs.items()}))
    new.replace(state)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sendiass_site.ops.jobs", description="Run the scheduled jobs."
    )
    parser.add_argument(
        "--once", action="store_true", help="run what is due now, and end; status 1 if a job failed"
    )
    parser.add_argument(
        "--backups", type=Path, metavar="FOLDER", help="where backups go, instead of DATA_DIR/backups"
    )
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")
    django.setup()
    from django.conf import settings

    while True:
        now = dt.datetime.now(dt.UTC)
        succeeded = run_due_jobs(settings.DATA_DIR, now, options.backups)
        if options.once:
            sys.exit(0 if succeeded else 1)
        time.sleep(60)


if __name__ == "__main__":
    main()
