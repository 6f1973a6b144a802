"""Check this installation and print the results."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sendiass_site.ops.doctor import Status, run_checks

LABELS = {Status.OK: "right", Status.WARNING: "LOOK ", Status.ERROR: "WRONG"}


class Command(BaseCommand):
    help = "Say what is right and wrong here. Exit status 0: all is right; 1: have a look; 2: something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offline", action="store_true", help="do not visit the site by its own address")

    def handle(self, *, offline: bool, **_: Any) -> None:
        findings = run_checks(request_site=not offline)
        for finding in findings:
            self.stdout.write(f"{LABELS[finding.status]}  {finding.check}: {finding.message}")
            if finding.remedy:
                self.stdout.write(f"       → {finding.remedy}")
        worst = max(finding.status for finding in findings)
        if worst:
            sys.exit(worst)
