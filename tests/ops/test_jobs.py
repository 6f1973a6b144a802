"""The scheduled jobs without cron."""

import datetime as dt
import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from sendiass_site.ops.jobs import JOBS, Job, run_due_jobs

DAILY = Job("purge_feedback", dt.time(3, 17))
OFTEN = Job("send_notifications")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("job", "last_run", "now", "is_due"),
    [
        (DAILY, None, "2026-11-27 12:00", True),
        (DAILY, "2026-11-27 03:17", "2026-11-27 23:59", False),
        (DAILY, "2026-11-27 03:17", "2026-11-28 03:16", False),
        (DAILY, "2026-11-27 03:17", "2026-11-28 03:17", True),
        pytest.param(DAILY, "2026-11-25 03:17", "2026-11-27 01:00", True, id="missed"),
        pytest.param(DAILY, "2029-01-01 00:00", "2026-11-27 12:00", True, id="the clock was wrong"),
        (OFTEN, "2026-11-27 12:00", "2026-11-27 12:04:59", False),
        (OFTEN, "2026-11-27 12:04:59", "2026-11-27 12:05", True),
    ],
)
def test_a_job_is_due_once_at_each_of_its_times(job, last_run, now, is_due):
    assert job.is_due(last_run and at(last_run), at(now)) is is_due


def test_the_jobs_are_those_that_the_documentation_gives_to_cron():
    text = (settings.BASE_DIR / "docs" / "operating.md").read_text()

    lines = [line.split() for line in text.splitlines() if "docker exec sendiass python manage.py" in line]
    documented = {
        line[line.index("manage.py") + 1]: line[:2]
        for line in lines
        if line[0].startswith("*/") or line[0].isdecimal()
    }
    assert documented == {
        job.command: [str(job.daily_at.minute), str(job.daily_at.hour)] if job.daily_at else ["*/5", "*"]
        for job in JOBS
    }


def run_once(site, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sendiass_site.ops.jobs", "--once", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=os.environ | site.environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.server
def test_jobs_that_never_ran_run_at_once_and_then_not_again(on_sqlite):
    first = run_once(on_sqlite)
    [backup] = (on_sqlite.data_dir / "backups").iterdir()
    last_runs = json.loads((on_sqlite.data_dir / "jobs.json").read_text())
    # In the same five minutes.
    again = dt.datetime.fromisoformat(last_runs["send_notifications"])
    with on_sqlite.selected():
        assert run_due_jobs(on_sqlite.data_dir, again)

    assert first.returncode == 0, first.stdout + first.stderr
    assert set(last_runs) == {job.command for job in JOBS}
    assert list((on_sqlite.data_dir / "backups").iterdir()) == [backup]


@pytest.mark.server
def test_a_job_that_fails_is_logged_and_the_others_run(on_sqlite, tmp_path):
    finished = run_once(on_sqlite, "--backups", tmp_path / "not-mounted")

    assert finished.returncode == 1
    assert "backup: CommandError: No backup was made." in finished.stdout + finished.stderr
    assert set(json.loads((on_sqlite.data_dir / "jobs.json").read_text())) == {job.command for job in JOBS}


@pytest.mark.parametrize("text", ["", "[]", '{"backup": 3}', '{"backup": "yesterday"}', "\0"])
def test_a_damaged_record_of_the_last_runs_counts_as_none(tmp_path, text):
    from sendiass_site.ops.jobs import _read

    (tmp_path / "jobs.json").write_text(text)

    assert _read(tmp_path / "jobs.json") == {}
