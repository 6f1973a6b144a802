"""Check this installation and print the results."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sendiass_site.ops.doctor import Finding, Status, run_checks

LABELS = {Status.OK: "right", Status.WARNING: "LOOK ", Status.ERROR: "WRONG"}


class Command(BaseCommand):
    help = "Say what is right and wrong here. Exit status 0: all is right; 1: have a look; 2: something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offline", action="store_true", help="do not visit the site by its own address")
        parser.add_argument(
            "--json",
            action="store_true",
            dest="as_json",
            help="print one object in JSON, for a monitoring program",
        )

    def handle(self, *, offline: bool, as_json: bool, **_: Any) -> None:
        findings = run_checks(request_site=not offline)
        worst = max(finding.status for finding in findings)
        if as_json:
            self.stdout.write(_describe(findings, worst))
        for finding in [] if as_json else findings:
            self.stdout.write(f"{LABELS[finding.status]}  {finding.check}: {finding.message}")
            if finding.remedy:
                self.stdout.write(f"       → {finding.remedy}")
        if worst:
            sys.exit(worst)


def _describe(findings: list[Finding], worst: Status) -> str:
    """Return the findings in JSON. `status` is "ok", "warning" or "error", of a check and of the worst of them."""
    checks = [
        {
            "check": finding.check,
            "status": finding.status.name.lower(),
            "message": finding.message,
            "remedy": finding.remedy,
        }
        for finding in findings
    ]
    found = {"version": settings.VERSION, "status": worst.name.lower(), "checks": checks}
    return json.dumps(found, ensure_ascii=False, indent=2)
