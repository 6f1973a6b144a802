"""Checks of an installation, with what to do about each problem: what `manage.py doctor` prints."""

import datetime as dt
import enum
import http.client
import platform
import shutil
import smtplib
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import Error, connection
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from leaflets import fonts, reminders
from leaflets.checks import check_published_leaflets
from leaflets.feedback import retention
from leaflets.feedback.models import Feedback, PurgeRun
from leaflets.files.problems import ContentError
from leaflets.formats import pdf
from leaflets.models import (
    Edition,
    ReminderRun,
    ScheduledChange,
    Service,
    provisions_never_checked,
    resolve_links,
)
from leaflets.models.history import is_history_overdue
from leaflets.public.leaflet_pdfs import find_missing_characters
from leaflets.public.search.index import Index
from leaflets.publishing import loading
from leaflets.quality.old_facts import find_old_facts

from . import backups, drills, postgresql
from .disks import find_disk_problem
from .readiness import find_database_problem, find_write_problem

_MAX_BACKUP_AGE = dt.timedelta(days=2)
_MAX_DRILL_AGE = dt.timedelta(days=100)  # A trial every quarter, and some days.
_MAX_REMINDER_AGE = dt.timedelta(days=2)
_MAX_NOTIFICATION_DELAY = dt.timedelta(hours=1)
_MAX_CHANGE_DELAY = dt.timedelta(hours=1)
_MIN_FREE_SPACE = 500 * 1024 * 1024  # bytes
_REQUEST_TIMEOUT = 5  # seconds
_MAX_CLOCK_DIFFERENCE = dt.timedelta(minutes=5)  # between the machines of one site
_SET_CLOCK = "Set the clock of this machine; a container has that of the machine that it runs on."


class Status(enum.IntEnum):
    """The result of a check. The numbers are the exit status that monitoring programs expect."""

    OK = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """A result. `check` is the printed name of the check; `remedy` says what to do unless the status is OK."""

    check: str
    status: Status
    message: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]
# The names of checks that are not those of their functions.
_PRINTED_NAMES = {"retention": "deleting on time", "security txt": "security.txt", "pdf": "PDF"}


def run_checks(*, request_site: bool = True) -> list[Finding]:
    """Run all checks. None of them writes to the database.

    With `request_site`, the site is requested by its public address; otherwise only the database and the mail server
    are contacted over the network.
    """
    all_checks: list[Check] = [
        _check_version,
        _check_settings,
        _check_database,
        _check_content,
        _check_published,
        _check_law,
        _check_old_facts,
        _check_retention,
        _check_schedule,
        _check_backup,
        _check_mail,
        _check_reminders,
        _check_security_txt,
        _check_metrics,
        _check_error_reports,
    ]
    all_checks += [_check_disk, _check_search, _check_pdf, *([_check_address] if request_site else [])]
    return [finding for check in all_checks for finding in _run(check)]


def run_daily_checks() -> list[Finding]:
    """Run the checks of what becomes wrong though nobody changes a setting. They use no network, and take milliseconds."""
    daily: list[Check] = [
        _check_retention, _check_schedule, _check_backup, _check_reminders, _check_security_txt, _check_disk,
    ]  # fmt: skip
    return [finding for check in daily for finding in _run(check)]


def _run(check: Check) -> Iterator[Finding]:
    of_function = check.__name__.removeprefix("_check_").replace("_", " ")
    name = _PRINTED_NAMES.get(of_function, of_function)
    try:
        yield from check()
    except Error as error:
        yield Finding(
            name, Status.ERROR, f"The database has no answer ({type(error).__name__}).",
            "See “database”.",
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - a check that fails must not hide the results of the others
        yield Finding(
            name, Status.ERROR, f"This could not be looked at ({type(error).__name__}: {error}).",
            "Check the settings that it needs; see docs/operating.md, “Settings”.",
        )  # fmt: skip


def _describe_future_time(time: dt.datetime) -> str:
    """Say that a time is later than now, which a clock that was wrong stored, or return ""."""
    return (
        "By the clock of this machine that is in the future."
        if time > timezone.now() + _MAX_CLOCK_DIFFERENCE
        else ""
    )


def _check_version() -> Iterator[Finding]:
    yield Finding(
        "version", Status.OK,
        f"{settings.VERSION}, with Python {platform.python_version()} and Django {django.get_version()}.",
    )  # fmt: skip


def _check_settings() -> Iterator[Finding]:
    named = ", ".join(settings.ALLOWED_HOSTS)
    yield from list(_find_settings_problems()) or [
        Finding("settings", Status.OK, f"For the public, under {named}.")
    ]


def _find_settings_problems() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=True)
    serious = [one for one in found if one.level >= checks.WARNING and not one.is_silenced()]
    if not settings.HTTPS:
        yield Finding(
            "settings", Status.WARNING, "HTTPS is off: what people write and staff's passwords can be read on the way.",
            "Put a proxy with a certificate in front, and set HTTPS=on.",
        )  # fmt: skip
        # Without HTTPS, Django's deployment checks report its consequences.
        serious = [message for message in serious if not str(message.id).startswith("security.")]
    for message in serious:
        yield Finding(
            "settings", Status.WARNING, message.msg, message.hint or "See `manage.py check --deploy`."
        )
    host, _ = split_domain_port(urlsplit(settings.SITE_URL).netloc)
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Finding(
            "settings", Status.ERROR, f"SITE_URL is {settings.SITE_URL}, and ALLOWED_HOSTS does not have that name.",
            f"Add it: ALLOWED_HOSTS={','.join([*settings.ALLOWED_HOSTS, host])}.",
        )  # fmt: skip
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding(
            "settings", Status.ERROR, "The site answers under any name.",
            "Set ALLOWED_HOSTS to the site's own names, for example ALLOWED_HOSTS=www.example.org.",
        )  # fmt: skip
    if any(network.prefixlen == 0 for network in settings.TRUSTED_PROXIES):
        yield Finding(
            "settings", Status.ERROR, "TRUSTED_PROXIES trusts everybody: anybody may say who they are.",
            "Name only the proxies in front of the site, for example TRUSTED_PROXIES=172.17.0.1.",
        )  # fmt: skip


def _check_database() -> Iterator[Finding]:
    if problem := find_database_problem():
        yield Finding("database", Status.ERROR, problem.message, problem.remedy)
        return
    if problem := find_write_problem():
        yield Finding("database", Status.ERROR, problem.message, problem.remedy)
        return
    if connection.vendor != "sqlite":
        yield Finding("database", Status.OK, f"{connection.display_name} answers.")
        return
    if unsuitable := find_disk_problem(Path(connection.settings_dict["NAME"])):
        yield Finding(
            "database", Status.ERROR, unsuitable,
            "Mount a volume of a disk of this machine beside that of /data, and name it in DATABASE_URL. Stop the site, move the "
            "database's three files there, or use `manage.py move_database`; see docs/operating.md."
            if settings.IN_IMAGE
            else "Stop the site, move the database's three files, or use `manage.py move_database`; see docs/operating.md.",
        )  # fmt: skip
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            result = str(cursor.fetchone()[0])
    except Error as error:
        result = str(error)
    if result == "ok":
        yield Finding("database", Status.OK, f"{connection.display_name} answers, and is intact.")
    else:
        yield Finding(
            "database", Status.ERROR, f"It is damaged: {result}", "Restore the last backup: `manage.py restore`."
        )  # fmt: skip


def _check_content() -> Iterator[Finding]:
    try:
        conflicts = loading.find_conflicts(settings.CONTENT_DIR)
    except ContentError as error:
        yield Finding(
            "content", Status.ERROR, f"{len(error.problems)} things in the files are wrong.",
            "Run `manage.py load_leaflets --check`, which names them."
            + (" Correct them where the image is built, and build it again." if settings.IN_IMAGE else ""),
        )  # fmt: skip
        return
    if conflicts:
        yield Finding(
            "content", Status.WARNING, f"Both the file and the site changed: {', '.join(map(str, conflicts))}.",
            "Compare the two, then run `manage.py load_leaflets` with `--take file` or `--take site`.",
        )  # fmt: skip
    else:
        yield Finding("content", Status.OK, "Files and site agree, or staff changed the site only.")


def _check_published() -> Iterator[Finding]:
    yield from list(_find_page_problems()) or [
        Finding("published", Status.OK, "No page is a draft, and all agree with the service's record.")
    ]


def _find_page_problems() -> Iterator[Finding]:
    drafts = Edition.objects.published().filter(unapproved=True).order_by("leaflet__slug")
    if slugs := list(drafts.values_list("leaflet__slug", flat=True)):
        yield Finding(
            "published", Status.WARNING, f"Readers are told that these are drafts: {', '.join(slugs)}.",
            "Let the service read them, and take the mark away in the editor, or the line `approval` out of the file."
            + (" A file counts when the image is built again." if settings.IN_IMAGE else ""),
        )  # fmt: skip
    service = Service.objects.first()
    for link in resolve_links(service.home_links) if service else ():
        if link.problem:
            yield Finding(
                "published", Status.WARNING, link.problem,
                "Correct it under Service in the admin, or publish what it leads to.",
            )  # fmt: skip
    for message in check_published_leaflets(None, ["default"]):
        yield Finding("published", Status.WARNING, f"{message.obj}: {message.msg}", str(message.hint))


def _check_law() -> Iterator[Finding]:
    numbers = [f"{one.version.source.title} {one.number}" for one in provisions_never_checked()]
    if not numbers:
        yield Finding("law", Status.OK, "Staff compared all that leaflets cite with the published law.")
        return
    shown = ", ".join(numbers[:10]) + (f" and {len(numbers) - 10} more" if len(numbers) > 10 else "")
    yield Finding(
        "law",
        Status.WARNING,
        f"Never compared with the published law: {shown}.",
        "Let staff open each in the admin under Provisions, and paste or check its words.",
    )


def _check_old_facts() -> Iterator[Finding]:
    found = find_old_facts()
    if not found:
        yield Finding("old facts", Status.OK, "No text prints a fact that the service's record had before.")
        return
    more = f", and {len(found) - 5} more" if len(found) > 5 else ""
    yield Finding(
        "old facts",
        Status.WARNING,
        f"{'; '.join(one.sentence for one in found[:5])}{more}.",
        "Let staff open each in the admin, under Old phone numbers and addresses.",
    )


def _check_retention() -> Iterator[Finding]:
    last = PurgeRun.objects.order_by("-at").first()
    when = f"Last on {timezone.localtime(last.at):%-d %B %Y}." if last else "Never yet."
    if problem := retention.find_clock_problem():
        yield Finding(
            "deleting on time", Status.ERROR, problem,
            f"{_SET_CLOCK} If the date is right, run `manage.py purge_feedback --the-date-is-right`.",
        )  # fmt: skip
    elif last and (in_future := _describe_future_time(last.at)):
        yield Finding("deleting on time", Status.ERROR, f"{when} {in_future}", _SET_CLOCK)
    elif retention.is_overdue():
        yield Finding(
            "deleting on time", Status.ERROR, f"{when} Messages may be kept for longer than people were told.",
            "Run `manage.py purge_feedback` every day.",
        )  # fmt: skip
    elif not retention.is_finished():
        yield Finding(
            "deleting on time", Status.WARNING, f"{when} The database's log file may still hold what was erased.",
            "Run `manage.py purge_feedback`. If this stays, stop what reads the database for long, and run it again.",
        )  # fmt: skip
    elif is_history_overdue(timezone.localdate()):
        yield Finding(
            "deleting on time", Status.ERROR, f"{when} The history has entries of more than two years ago.",
            "Run `manage.py purge_feedback` every day.",
        )  # fmt: skip
    else:
        yield Finding("deleting on time", Status.OK, when)


def _check_schedule() -> Iterator[Finding]:
    late = ScheduledChange.objects.due(timezone.now() - _MAX_CHANGE_DELAY)
    if count := late.count():
        yield Finding(
            "schedule", Status.WARNING, f"Changes of leaflets that were due were not carried out: {count}.",
            "Run `manage.py publish_due` every day, and look for “Scheduled changes” in the site's log.",
        )  # fmt: skip
    else:
        yield Finding("schedule", Status.OK, "No change of a leaflet is late.")


def _check_backup() -> Iterator[Finding]:
    if replaced := backups.list_replaced_sites():
        yield Finding(
            "backup", Status.WARNING, f"{replaced[0].name} is of a site that was replaced, and holds personal data.",
            f"Delete it once nobody wants to go back: {replaced[0]}.",
        )  # fmt: skip
    if connection.vendor == "postgresql":
        try:
            postgresql.check_program_version()
        except postgresql.ProgramError as error:
            yield Finding("backup", Status.ERROR, "None can be made here.", str(error))
    last = backups.get_last_backup()
    if last is None:
        yield Finding(
            "backup",
            Status.WARNING,
            "None was made yet.",
            f"Run `manage.py backup FILE` every day.{_data_dir_hint()}",
        )
        return
    made = dt.datetime.fromisoformat(last.at)
    when = f"Last on {timezone.localtime(made):%-d %B %Y, %H:%M}."
    if in_future := _describe_future_time(made):
        yield Finding("backup", Status.WARNING, f"{when} {in_future}", f"{_SET_CLOCK} Then make a backup.")
    elif timezone.now() - made > _MAX_BACKUP_AGE:
        yield Finding(
            "backup", Status.WARNING, when, f"Run `manage.py backup FILE` every day.{_data_dir_hint()}"
        )
    else:
        yield Finding("backup", Status.OK, when)
    yield from _check_drill()


def _data_dir_hint() -> str:
    """Say where a command's FILE can be: the image can write nowhere else."""
    return f" FILE is in {settings.DATA_DIR}." if settings.IN_IMAGE else ""


def _check_drill() -> Iterator[Finding]:
    """Whether a backup was restored on trial, not long ago."""
    drill, remedy = (
        drills.get_last_drill(),
        (f"Run `manage.py restore --check FILE`. It changes nothing here.{_data_dir_hint()}"),
    )
    if drill is None:
        yield Finding("restoring", Status.WARNING, "No backup was tried yet.", remedy)
        return
    tried = dt.datetime.fromisoformat(drill.at)
    when = f"A backup was last tried on {timezone.localtime(tried):%-d %B %Y}, and could be restored."
    if in_future := _describe_future_time(tried):
        yield Finding("restoring", Status.WARNING, f"{when} {in_future}", f"{_SET_CLOCK} Then try a backup.")
    elif timezone.now() - tried > _MAX_DRILL_AGE:
        yield Finding("restoring", Status.WARNING, when, remedy)
    else:
        yield Finding("restoring", Status.OK, when)


def _check_mail() -> Iterator[Finding]:
    if not settings.HAS_MAIL:
        yield Finding(
            "mail", Status.WARNING, "No mail server is set: nobody is told of new messages, or reminded of leaflets to check.",
            "Set EMAIL_URL and FEEDBACK_NOTIFY, for example EMAIL_URL=smtp+tls://site:password@mail.example.org:587.",
        )  # fmt: skip
        return
    try:
        with get_connection():
            yield Finding("mail", Status.OK, f"{settings.EMAIL_HOST} takes mail.")
    except (OSError, smtplib.SMTPException) as error:
        yield Finding(
            "mail",
            Status.ERROR,
            f"{settings.EMAIL_HOST} does not take mail ({type(error).__name__}).",
            "Check EMAIL_URL.",
        )
    if not settings.FEEDBACK_NOTIFY:
        yield Finding(
            "mail", Status.WARNING, "Nobody is told of new messages.",
            "Set FEEDBACK_NOTIFY, for example FEEDBACK_NOTIFY=sendiass@example.org.",
        )  # fmt: skip
        return
    late = Feedback.objects.waiting_for_notice().filter(sent_at__lt=timezone.now() - _MAX_NOTIFICATION_DELAY)
    if waiting := late.count():
        yield Finding(
            "mail", Status.WARNING, f"Staff were not told of {waiting} messages.",
            "Run `manage.py send_notifications` every few minutes.",
        )  # fmt: skip


def _check_reminders() -> Iterator[Finding]:
    if not settings.HAS_MAIL:
        return  # The check of the mail server says so.
    if names := reminders.staff_without_email(timezone.localdate()):
        yield Finding(
            "reminders", Status.WARNING,
            f"These accounts have no e-mail address, and are not reminded: {', '.join(names)}.",
            "Write their addresses in the admin under People.",
        )  # fmt: skip
    last = ReminderRun.objects.first()
    if last and (in_future := _describe_future_time(last.at)):
        yield Finding(
            "reminders", Status.WARNING, f"Last on {timezone.localtime(last.at):%-d %B %Y}. {in_future}", _SET_CLOCK
        )  # fmt: skip
        return
    if last and timezone.now() - last.at <= _MAX_REMINDER_AGE:
        yield Finding("reminders", Status.OK, f"Last on {timezone.localtime(last.at):%-d %B %Y}.")
        return
    when = f"Last all sent on {timezone.localtime(last.at):%-d %B %Y}." if last else "Never yet."
    yield Finding(
        "reminders", Status.WARNING, f"{when} Staff may not know which leaflets they have to check.",
        "Run `manage.py send_reminders` every day, and see what it says.",
    )  # fmt: skip


def _check_security_txt() -> Iterator[Finding]:
    if settings.SECURITY_CONTACT or Service.objects.exists():
        yield Finding("security.txt", Status.OK, "Names a contact, and has a new date each day.")
    else:
        yield Finding(
            "security.txt", Status.WARNING, "Names nobody.", "Set SECURITY_CONTACT, or load the content."
        )


def _check_metrics() -> Iterator[Finding]:
    """Say who may read /metrics."""
    networks = ", ".join(str(network) for network in settings.METRICS_ALLOW)
    if any(network.prefixlen == 0 for network in settings.METRICS_ALLOW):
        yield Finding(
            "metrics", Status.WARNING, f"Everybody may read /metrics: METRICS_ALLOW is {networks}.",
            "Name the monitoring program's address only, for example METRICS_ALLOW=10.0.0.9.",
        )  # fmt: skip
    elif networks:
        yield Finding("metrics", Status.OK, f"/metrics is read from {networks}.")
    else:
        yield Finding("metrics", Status.OK, "Nobody may read /metrics: METRICS_ALLOW is not set.")


def _check_error_reports() -> Iterator[Finding]:
    """Say who is told of errors."""
    host = settings.ERROR_REPORTS_HOST
    words = (
        f"Errors are reported to {host}." if host else "Errors are in the log only: SENTRY_DSN is not set."
    )
    yield Finding("error reports", Status.OK, words)


def _check_disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    message = f"{free // 1024**2:,} MB are free in {settings.DATA_DIR}."
    if free < _MIN_FREE_SPACE:
        yield Finding(
            "disk", Status.ERROR, message, "Free some disk space: without it no message can be stored."
        )
    else:
        yield Finding("disk", Status.OK, message)


def _check_search() -> Iterator[Finding]:
    try:
        Index()
    except sqlite3.Error as error:
        yield Finding(
            "search", Status.ERROR, f"The search has no index: {error}.",
            "Build the image from a base whose Python has SQLite 3.34 or newer with FTS5, as that of the Dockerfile: docker build."
            if settings.IN_IMAGE
            else "Use a Python whose SQLite is 3.34 or newer and has FTS5, as that of Debian 12 and of the image.",
        )  # fmt: skip
    else:
        yield Finding(
            "search", Status.OK, f"SQLite {sqlite3.sqlite_version} can make the index of the search."
        )


def _check_pdf() -> Iterator[Finding]:
    if not pdf.is_available():
        yield Finding("PDF", Status.WARNING, "Leaflets are not offered as PDF.", "See `manage.py check`.")
        return
    service = Service.objects.first()
    without = [
        f"{edition.leaflet.slug}, no font has {fonts.describe(missing)}"
        for edition in Edition.objects.published().leaflets().with_page_content().order_by("leaflet__slug")
        if (missing := find_missing_characters(edition, service))
    ]
    if without:
        yield Finding(
            "PDF", Status.WARNING, f"Not offered as PDF: {'; '.join(without)}.",
            "Build the image with fonts that have these characters, for example docker build --build-arg PACKAGES=fonts-noto-cjk."
            if settings.IN_IMAGE
            else "Install fonts that have these characters, for example the Debian packages fonts-noto-core, "
            "fonts-droid-fallback and fonts-noto-color-emoji, and start the site again.",
        )  # fmt: skip
    else:
        yield Finding("PDF", Status.OK, "Leaflets are offered as PDF.")


def _check_address() -> Iterator[Finding]:
    """Request the site by its public address, through its proxies."""
    try:
        # Not /readyz, which needs no HTTPS: without X-Forwarded-Proto from the proxy, pages redirect in a loop.
        with urllib.request.urlopen(f"{settings.SITE_URL}/", timeout=_REQUEST_TIMEOUT) as response:  # noqa: S310
            headers, url = response.headers, response.url
    except urllib.error.HTTPError as error:
        yield Finding(
            "address", Status.ERROR, f"{settings.SITE_URL} answers {error.code}.",
            "See the site's log, and ALLOWED_HOSTS. Behind a proxy see TRUSTED_PROXIES and X-Forwarded-Proto.",
        )  # fmt: skip
        return
    except (OSError, http.client.HTTPException) as error:
        yield Finding(
            "address", Status.WARNING, f"{settings.SITE_URL} cannot be reached from here ({type(error).__name__}).",
            "Start the site, and check SITE_URL, the name's address and the certificate.",
        )  # fmt: skip
        return
    if settings.HTTPS and not (url.startswith("https://") and headers.get("Strict-Transport-Security")):
        yield Finding(
            "address", Status.ERROR, f"{settings.SITE_URL} is not answered as HTTPS.",
            "The proxy has to send X-Forwarded-Proto: https, and TRUSTED_PROXIES has to name it.",
        )  # fmt: skip
    else:
        yield Finding("address", Status.OK, f"{settings.SITE_URL} answers.")
        yield from _recommend_hsts()


def _recommend_hsts() -> Iterator[Finding]:
    """Say which step of HSTS comes next. Only for a site that was reached by HTTPS, with a certificate that is right."""
    if settings.HTTPS and settings.HSTS == "1day":
        yield Finding(
            "HSTS", Status.WARNING, "Browsers are told to use HTTPS alone for one day after a visit.",
            "The certificate is right. When it renews by itself, set HSTS=2years.",
        )  # fmt: skip
    elif settings.HTTPS:
        yield Finding("HSTS", Status.OK, "Browsers are told to use HTTPS alone for two years after a visit.")
