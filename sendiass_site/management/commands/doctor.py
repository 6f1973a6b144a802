"""Say what is right and wrong with this installation, and how to mend it."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sendiass_site.ops.doctor import Verdict, examine

MARKS = {Verdict.RIGHT: "right", Verdict.LOOK: "LOOK ", Verdict.WRONG: "WRONG"}


class Command(BaseCommand):
    help = "Say what is right and wrong here. Exit status 0: all is right; 1: have a look; 2: something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offline", action="store_true", help="do not visit the site by its own address")

    def handle(self, *, offline: bool, **_: Any) -> None:
        findings = examine(visit=not offline)
        for finding in findings:
            self.stdout.write(f"{MARKS[finding.verdict]}  {finding.about}: {finding.words}")
            if finding.remedy:
                self.stdout.write(f"       → {finding.remedy}")
        worst = max(finding.verdict for finding in findings)
        if worst:
            sys.exit(worst)
