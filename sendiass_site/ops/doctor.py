"""What is right and what is wrong with this installation, and how to mend it: what `manage.py doctor` prints."""

import datetime as dt
import enum
import http.client
import shutil
import smtplib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import Error, connection
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from leaflets.checks import check_published_leaflets
from leaflets.feedback import retention
from leaflets.feedback.models import Feedback, Purge
from leaflets.files.problems import ContentError
from leaflets.formats import pdf
from leaflets.models import Edition, Service
from leaflets.publishing import loading

from . import backups, postgresql
from .readiness import database_trouble

_BACKUP_EVERY = dt.timedelta(days=2)
_NOTICE_WITHIN = dt.timedelta(hours=1)
_FREE_NEEDED = 500 * 1024 * 1024  # bytes
_ANSWER_WITHIN = 5  # seconds


class Verdict(enum.IntEnum):
    """How things are. The numbers are the exit status that monitoring programs expect."""

    RIGHT = 0
    LOOK = 1
    WRONG = 2


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do where it is not right."""

    about: str
    verdict: Verdict
    words: str
    remedy: str = ""


Examination = Callable[[], Iterator[Finding]]


def examine(*, visit: bool = True) -> list[Finding]:
    """Look at everything. Without `visit` nothing is asked over the network but database and mail server."""
    examinations: list[Examination] = [
        _settings,
        _database,
        _content,
        _published,
        _purging,
        _backup,
        _mail,
        _security_txt,
    ]
    examinations += [_disk, _pdf, *([_address] if visit else [])]
    return [finding for examination in examinations for finding in _findings(examination)]


def _findings(examination: Examination) -> Iterator[Finding]:
    about = examination.__name__.strip("_").replace("_", " ")
    try:
        yield from examination()
    except Error as error:
        yield Finding(
            about, Verdict.WRONG, f"The database has no answer ({type(error).__name__}).",
            "See “database”.",
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - a doctor who breaks down over one thing still tells of the others
        yield Finding(
            about, Verdict.WRONG, f"This could not be looked at ({type(error).__name__}: {error}).",
            "Check the settings that it needs; see docs/operating.md, “Settings”.",
        )  # fmt: skip


def _settings() -> Iterator[Finding]:
    named = ", ".join(settings.ALLOWED_HOSTS)
    yield from list(_wrong_settings()) or [
        Finding("settings", Verdict.RIGHT, f"For the public, under {named}.")
    ]


def _wrong_settings() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=True)
    serious = [message for message in found if message.level >= checks.WARNING]
    if not settings.HTTPS:
        yield Finding(
            "settings", Verdict.LOOK, "HTTPS is off: what people write and staff's passwords can be read on the way.",
            "Put a proxy with a certificate in front, and set HTTPS=on.",
        )  # fmt: skip
        # All that Django's own checks of a deployment have to say then follows from it.
        serious = [message for message in serious if not str(message.id).startswith("security.")]
    for message in serious:
        yield Finding(
            "settings", Verdict.LOOK, message.msg, message.hint or "See `manage.py check --deploy`."
        )
    name, _ = split_domain_port(urlsplit(settings.SITE_URL).netloc)
    if not validate_host(name, settings.ALLOWED_HOSTS):
        yield Finding(
            "settings", Verdict.WRONG, f"SITE_URL is {settings.SITE_URL}, and ALLOWED_HOSTS does not have that name.",
            f"Add it: ALLOWED_HOSTS={','.join([*settings.ALLOWED_HOSTS, name])}.",
        )  # fmt: skip
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding(
            "settings", Verdict.WRONG, "The site answers under any name.",
            "Set ALLOWED_HOSTS to the site's own names, for example ALLOWED_HOSTS=www.example.org.",
        )  # fmt: skip
    if any(network.prefixlen == 0 for network in settings.TRUSTED_PROXIES):
        yield Finding(
            "settings", Verdict.WRONG, "TRUSTED_PROXIES trusts everybody: anybody may say who they are.",
            "Name only the proxies in front of the site, for example TRUSTED_PROXIES=172.17.0.1.",
        )  # fmt: skip


def _database() -> Iterator[Finding]:
    if trouble := database_trouble():
        yield Finding("database", Verdict.WRONG, trouble.words, trouble.remedy)
        return
    if connection.vendor != "sqlite":
        yield Finding("database", Verdict.RIGHT, f"{connection.display_name} answers.")
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            answer = str(cursor.fetchone()[0])
    except Error as error:
        answer = str(error)
    if answer == "ok":
        yield Finding("database", Verdict.RIGHT, f"{connection.display_name} answers, and is whole.")
    else:
        yield Finding(
            "database", Verdict.WRONG, f"It is damaged: {answer}", "Restore the last backup: `manage.py restore`."
        )  # fmt: skip


def _content() -> Iterator[Finding]:
    try:
        conflicts = loading.find_conflicts(settings.CONTENT_DIR)
    except ContentError as error:
        yield Finding(
            "content", Verdict.WRONG, f"{len(error.problems)} things in the files are wrong.",
            "Run `manage.py load_leaflets --check`.",
        )  # fmt: skip
        return
    if conflicts:
        yield Finding(
            "content", Verdict.LOOK, f"Both the file and the site changed: {', '.join(map(str, conflicts))}.",
            "Compare the two, then run `manage.py load_leaflets` with `--take file` or `--take site`.",
        )  # fmt: skip
    else:
        yield Finding("content", Verdict.RIGHT, "Files and site agree, or staff changed the site only.")


def _published() -> Iterator[Finding]:
    yield from list(_doubtful_pages()) or [
        Finding("published", Verdict.RIGHT, "No page is a draft, and all agree with the service's record.")
    ]


def _doubtful_pages() -> Iterator[Finding]:
    drafts = Edition.objects.published().filter(unapproved=True).order_by("leaflet__slug")
    if slugs := list(drafts.values_list("leaflet__slug", flat=True)):
        yield Finding(
            "published", Verdict.LOOK, f"Readers are told that these are drafts: {', '.join(slugs)}.",
            "Let the service read them, and take the mark away in the editor, or the line `approval` out of the file.",
        )  # fmt: skip
    for message in check_published_leaflets(None, ["default"]):
        yield Finding("published", Verdict.LOOK, f"{message.obj}: {message.msg}", str(message.hint))


def _purging() -> Iterator[Finding]:
    last = Purge.objects.order_by("-at").first()
    when = f"Last on {timezone.localtime(last.at):%-d %B %Y}." if last else "Never yet."
    if retention.is_overdue():
        yield Finding(
            "deleting on time", Verdict.WRONG, f"{when} Messages may be kept for longer than people were told.",
            "Run `manage.py purge_feedback` every day.",
        )  # fmt: skip
    else:
        yield Finding("deleting on time", Verdict.RIGHT, when)


def _backup() -> Iterator[Finding]:
    if old := backups.kept_for_going_back():
        yield Finding(
            "backup", Verdict.LOOK, f"{old[0].name} is of a site that was replaced, and holds personal data.",
            f"Delete it once nobody wants to go back: {old[0]}.",
        )  # fmt: skip
    if connection.vendor == "postgresql":
        try:
            postgresql.refuse_older_program()
        except postgresql.ProgramError as error:
            yield Finding("backup", Verdict.WRONG, "None can be made here.", str(error))
    last = backups.last_made()
    if last is None:
        yield Finding("backup", Verdict.LOOK, "None was made yet.", "Run `manage.py backup FILE` every day.")
        return
    made = dt.datetime.fromisoformat(last.at)
    when = f"Last on {timezone.localtime(made):%-d %B %Y, %H:%M}."
    if timezone.now() - made > _BACKUP_EVERY:
        yield Finding("backup", Verdict.LOOK, when, "Run `manage.py backup FILE` every day.")
    else:
        yield Finding("backup", Verdict.RIGHT, when)


def _mail() -> Iterator[Finding]:
    if not settings.HAS_MAIL:
        yield Finding(
            "mail", Verdict.LOOK, "No mail server is set: nobody is told of new messages.",
            "Set EMAIL_URL and FEEDBACK_NOTIFY, for example EMAIL_URL=smtp+tls://site:password@mail.example.org:587.",
        )  # fmt: skip
        return
    try:
        with get_connection():
            yield Finding("mail", Verdict.RIGHT, f"{settings.EMAIL_HOST} takes mail.")
    except (OSError, smtplib.SMTPException) as error:
        yield Finding(
            "mail",
            Verdict.WRONG,
            f"{settings.EMAIL_HOST} does not take mail ({type(error).__name__}).",
            "Check EMAIL_URL.",
        )
    if not settings.FEEDBACK_NOTIFY:
        yield Finding(
            "mail", Verdict.LOOK, "Nobody is told of new messages.",
            "Set FEEDBACK_NOTIFY, for example FEEDBACK_NOTIFY=sendiass@example.org.",
        )  # fmt: skip
        return
    late = Feedback.objects.waiting_for_notice().filter(sent_at__lt=timezone.now() - _NOTICE_WITHIN)
    if waiting := late.count():
        yield Finding(
            "mail", Verdict.LOOK, f"Staff were not told of {waiting} messages.",
            "Run `manage.py send_notifications` every few minutes.",
        )  # fmt: skip


def _security_txt() -> Iterator[Finding]:
    if settings.SECURITY_CONTACT or Service.objects.exists():
        yield Finding("security.txt", Verdict.RIGHT, "Names a contact, and is dated anew each day.")
    else:
        yield Finding(
            "security.txt", Verdict.LOOK, "Names nobody.", "Set SECURITY_CONTACT, or load the content."
        )


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    words = f"{free // 1024**2:,} MB are free in {settings.DATA_DIR}."
    if free < _FREE_NEEDED:
        yield Finding("disk", Verdict.WRONG, words, "Make room: without it no message can be stored.")
    else:
        yield Finding("disk", Verdict.RIGHT, words)


def _pdf() -> Iterator[Finding]:
    if pdf.is_available():
        yield Finding("PDF", Verdict.RIGHT, "Leaflets are offered as PDF.")
    else:
        yield Finding("PDF", Verdict.LOOK, "Leaflets are not offered as PDF.", "See `manage.py check`.")


def _address() -> Iterator[Finding]:
    """The site as the public reaches it: by its own address, through whatever proxies there are."""
    try:
        # A page and not /readyz, which needs no HTTPS: where the proxy does not say that it speaks it, pages lead in circles.
        with urllib.request.urlopen(f"{settings.SITE_URL}/", timeout=_ANSWER_WITHIN) as answer:  # noqa: S310
            headers, url = answer.headers, answer.url
    except urllib.error.HTTPError as error:
        yield Finding(
            "address", Verdict.WRONG, f"{settings.SITE_URL} answers {error.code}.",
            "See the site's log, and ALLOWED_HOSTS. Behind a proxy see TRUSTED_PROXIES and X-Forwarded-Proto.",
        )  # fmt: skip
        return
    except (OSError, http.client.HTTPException) as error:
        yield Finding(
            "address", Verdict.LOOK, f"{settings.SITE_URL} cannot be reached from here ({type(error).__name__}).",
            "Start the site, and check SITE_URL, the name's address and the certificate.",
        )  # fmt: skip
        return
    if settings.HTTPS and not (url.startswith("https://") and headers.get("Strict-Transport-Security")):
        yield Finding(
            "address", Verdict.WRONG, f"{settings.SITE_URL} is not answered as HTTPS.",
            "The proxy has to send X-Forwarded-Proto: https, and TRUSTED_PROXIES has to name it.",
        )  # fmt: skip
    else:
        yield Finding("address", Verdict.RIGHT, f"{settings.SITE_URL} answers.")
