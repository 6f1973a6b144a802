"""E-mails to staff about what waits for them: leaflets to check, drafts that were handed over or returned, scheduled changes
that will not happen, and what other packages add with `register_reminder_source`.

Each person gets at most one e-mail a day, with all that waits for them, and only if something in it is due or new: a
leaflet 30 days before its check, on the day, and then each week; a draft or a scheduled change once. A leaflet without an owner waits for all
publishers. The e-mail has numbers, titles, days and usernames of staff, and nothing that a person typed about somebody.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from .models import DraftNote, Leaflet, Reminder, ReminderRun, ScheduledChange, Service, staff_with_permission

# Reminders start this long before the check of a leaflet is due.
CHECK_AHEAD = dt.timedelta(days=30)
_WEEK = dt.timedelta(days=7)
MAX_NAMED = 20  # of one kind in an e-mail
# A mail server that does not answer is not asked again for each person, which would take minutes.
_MAX_FAILURES = 3
EDIT, PUBLISH = "leaflets.change_edition", "leaflets.publish_edition"
_CHECKS, _DRAFTS = ("leaflet to check", "leaflets to check"), ("draft", "drafts")


@dataclass(frozen=True)
class ReminderItem:
    """Something that waits for a person: its key in `Reminder.told`, and what the e-mail says about it."""

    key: str
    heading: str
    text: str
    path: str  # of the page where it is done
    counted_as: tuple[str, str]  # in the subject: the singular and the plural
    due: dt.date | None = None
    number: int = 1  # of the things that the text is about
    advice: str = ""  # stands once below the heading

    def needs_email(self, last_sent: dict[str, str] | None, today: dt.date) -> bool:
        """Return whether to send an e-mail for it. `last_sent` is its entry in `Reminder.told`.

        Everything that waits is in each e-mail, so the weeks count from the last one, and leaflets that are late on
        different days cause one e-mail a week together. After days without e-mails, one is sent.
        """
        if last_sent is None or (self.due and last_sent.get("due") != self.due.isoformat()):
            return True
        if self.due is None or today < self.due:
            return False
        last_day = dt.date.fromisoformat(last_sent["on"])
        return last_day < self.due or today - last_day >= _WEEK

    def as_sent(self, today: dt.date) -> dict[str, str]:
        """Return its entry in `Reminder.told` after an e-mail of today."""
        return {"on": today.isoformat()} | ({"due": self.due.isoformat()} if self.due else {})


ReminderSource = Callable[[dt.date], Iterable[ReminderItem]]
_sources: dict[ReminderSource, str] = {}


def register_reminder_source(permission: str) -> Callable[[ReminderSource], ReminderSource]:
    """Decorate a function that yields what waits on a day for everybody who has a permission, such as "app.view_thing".

    It stands in the e-mail before leaflets and drafts. Packages that this module cannot import use it too.
    """

    def register(source: ReminderSource) -> ReminderSource:
        _sources[source] = permission
        return source

    return register


@register_reminder_source(PUBLISH)
def find_changes_that_fail(today: dt.date) -> Iterator[ReminderItem]:
    """Yield the scheduled changes that will not happen, the earliest first: who scheduled them has left or may not publish.

    What was stopped has an e-mail of its own.
    """
    scheduled = ScheduledChange.objects.waiting().select_related("leaflet", "scheduled_by")
    for change in scheduled.order_by("due_at", "pk"):
        if problem := change.problem_of_person:
            yield ReminderItem(
                f"schedule-{change.pk}",
                "What was scheduled and will not happen",
                f"{' '.join(change.leaflet.newest_title.split())} {change.past_description}. {problem}",
                reverse("admin:leaflet-history", args=[change.leaflet_id]),
                ("scheduled change that will not happen", "scheduled changes that will not happen"),
                advice="If it should still happen, schedule it again.",
            )


def publishers() -> list[User]:
    """Return who is told of what waits for publishers."""
    return recipients_with_permission(PUBLISH)


def recipients_with_permission(permission: str) -> list[User]:
    """Return who is told of what needs a permission: administrators only where there is nobody else."""
    return list(staff_with_permission(permission, administrators=False)) or list(
        staff_with_permission(permission)
    )


def _find_registered(today: dt.date) -> Iterator[tuple[list[User], ReminderItem]]:
    for source, permission in _sources.items():
        if found := list(source(today)):
            people = recipients_with_permission(permission)
            yield from ((people, item) for item in found)


def find_reminder_items(today: dt.date) -> dict[User, list[ReminderItem]]:
    """Return what waits for each person, in the order of the e-mail. People for whom nothing waits are left out."""
    items: dict[User, list[ReminderItem]] = {}
    all_publishers = publishers()
    by_name = {user.get_username(): user for user in [*staff_with_permission(EDIT), *all_publishers]}

    def add(people: Iterable[User], item: ReminderItem) -> None:
        for person in people:
            items.setdefault(person, []).append(item)

    for people, item in _find_registered(today):
        add(people, item)
    leaflets: Iterable[Any] = Leaflet.objects.for_staff().filter(
        Q(review_due__lte=today + CHECK_AHEAD) | Q(draft_state__isnull=False, is_scheduled=False)
    )
    for leaflet in sorted(leaflets, key=lambda one: (one.review_due or dt.date.max, one.slug)):
        if leaflet.review_due and leaflet.review_due <= today + CHECK_AHEAD:
            owner = by_name.get(leaflet.owner_name or "")
            add([owner] if owner else all_publishers, _check_item(leaflet, today, has_owner=bool(owner)))
        if leaflet.is_scheduled:
            continue  # A publisher has looked at the draft.
        if leaflet.draft_state == DraftNote.Kind.READY:
            others = [one for one in all_publishers if one.get_username() != leaflet.draft_state_by]
            add(others, _draft_item(leaflet, "Drafts that are ready to publish", "leaflet-publish"))
        elif leaflet.draft_state == DraftNote.Kind.RETURNED:
            assignee = find_assignee(leaflet, by_name)
            if assignee:
                add([by_name[assignee]], _draft_item(leaflet, "Drafts that came back to you", "leaflet-edit"))
            else:
                add(all_publishers, _orphaned_draft_item(leaflet))
    return items


def find_assignee(leaflet: Any, editors: Container[str]) -> str | None:
    """Return the username of who gets a returned draft; None where they have left, so that it waits for publishers.

    `editors` are the usernames of all who may edit now. It is who handed the draft over. In their place it is who saved it
    last, but not who returned it, unless that person saved it after returning it.
    """
    if leaflet.draft_handed_over_by in editors:
        return str(leaflet.draft_handed_over_by)
    is_saved_since = leaflet.draft_version != leaflet.draft_state_version
    if leaflet.draft_editor in editors and (is_saved_since or leaflet.draft_editor != leaflet.draft_state_by):
        return str(leaflet.draft_editor)
    return None


def _check_item(leaflet: Any, today: dt.date, *, has_owner: bool) -> ReminderItem:
    heading, advice = (
        "Leaflets to check",
        "Read each one. If nothing has to change, say so at its address below.",
    )
    if not has_owner:
        heading += " that have no owner"
        advice = f"Every publisher gets this, because nobody is named to check them.\n{advice}"
    due = leaflet.review_due
    text = f"{_title(leaflet)}, {say_when(due, today)}"
    path = reverse("admin:leaflet-checked", args=[leaflet.pk])
    return ReminderItem(f"leaflet-{leaflet.pk}", heading, text, path, _CHECKS, due, advice=advice)


def say_when(due: dt.date, today: dt.date) -> str:
    """Return "by 1 June 2026", "today" or "late since 1 June 2026"."""
    if due == today:
        return "today"
    return f"{'late since' if due < today else 'by'} {date_format(due, 'j F Y')}"


def _draft_item(leaflet: Any, heading: str, url_name: str) -> ReminderItem:
    day = date_format(timezone.localtime(leaflet.draft_state_at), "j F Y")
    by = leaflet.draft_state_by or "somebody who has left"
    text = f"{_title(leaflet)}, from {by} on {day}"
    path = reverse(f"admin:{url_name}", args=[leaflet.pk])
    return ReminderItem(f"note-{leaflet.draft_state_note_pk}", heading, text, path, _DRAFTS)


def _orphaned_draft_item(leaflet: Any) -> ReminderItem:
    """Return what is said of a draft that was returned to somebody who has left."""
    day = date_format(timezone.localtime(leaflet.draft_state_at), "j F Y")
    return ReminderItem(
        f"note-{leaflet.draft_state_note_pk}",
        "Drafts that went back to somebody who has left",
        f"{_title(leaflet)}, back to {leaflet.draft_handed_over_by or 'its editor'} on {day}",
        reverse("admin:leaflet-edit", args=[leaflet.pk]),
        _DRAFTS,
        advice="Somebody has to take each one over: edit it, or publish it.",
    )


def _title(leaflet: Any) -> str:
    return " ".join(str(leaflet.shown_title or leaflet.slug).split())


class NotSentError(Exception):
    """Some e-mails could not be sent: `names` has the usernames, each with the type of the error."""

    def __init__(self, sent: int, names: list[str]) -> None:
        self.sent, self.names = sent, names
        super().__init__(", ".join(names))


def send_due() -> int:
    """Send each person the e-mail that is due today. Returns how many were sent: 0 without a mail server.

    What the mail server refuses stays due. Raises `NotSentError`, after trying all others that can be tried.
    """
    if not settings.HAS_MAIL:
        return 0
    today, sent, failures = timezone.localdate(), 0, 0
    failed: list[str] = []
    for user, items in find_reminder_items(today).items():
        try:
            if user.email:
                sent += _send_to(user, items, today)
        except (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError, ValueError) as error:
            # About this e-mail or this address, which may have a line break; the others may pass.
            failed.append(f"{user.get_username()} ({type(error).__name__})")
        except OSError as error:
            failed.append(f"{user.get_username()} ({type(error).__name__})")
            failures += 1
            if failures == _MAX_FAILURES:
                failed.append("perhaps others")
                break
    if failed:
        raise NotSentError(sent, failed)
    ReminderRun.objects.update_or_create(pk=1, defaults={"at": timezone.now()})
    return sent


def _send_to(user: User, items: list[ReminderItem], today: dt.date) -> bool:
    """Send a person their e-mail of today, if it is due. Returns whether it was sent."""
    last = Reminder.objects.filter(user=user).first()
    if not _needs_email(items, last.told if last else {}, today):
        return False
    claimed = Reminder.objects.claim(user)
    if claimed is None:
        return False
    claim = Reminder.objects.filter(pk=claimed.pk, claimed_at=claimed.claimed_at)
    try:
        _build_email(user, items, today).send()
    except Exception:
        claim.update(claimed_at=None)
        raise
    claim.update(sent_on=today, claimed_at=None, told={item.key: item.as_sent(today) for item in items})
    return True


def _needs_email(items: Iterable[ReminderItem], last_sent: dict[str, Any], today: dt.date) -> bool:
    return any(item.needs_email(last_sent.get(item.key), today) for item in items)


def _build_email(user: User, items: list[ReminderItem], today: dt.date) -> EmailMessage:
    service = Service.objects.first()
    groups: dict[str, list[ReminderItem]] = {}
    for item in items:
        groups.setdefault(item.heading, []).append(item)
    counted = _count(items, today)
    return EmailMessage(
        subject=f"For you on the website: {counted}",
        body="\n\n".join([*(_format_group(heading, group) for heading, group in groups.items()), _footer()])
        + (service.signature if service else ""),
        to=[user.email],
    )


def _count(items: list[ReminderItem], today: dt.date) -> str:
    """Say for the subject how much waits, and how much of it is late: "2 messages to answer, 1 late; 1 draft"."""
    numbers: Counter[tuple[str, str]] = Counter()
    late: Counter[tuple[str, str]] = Counter()
    for item in items:
        numbers[item.counted_as] += item.number
        late[item.counted_as] += item.number if item.due and item.due < today else 0
    counted = []
    for nouns, number in numbers.items():
        of_these = f"{late[nouns]} " if number > 1 else ""
        counted.append(f"{number} {nouns[number != 1]}" + (f", {of_these}late" if late[nouns] else ""))
    if any(late.values()):
        return "; ".join(counted)
    return " and ".join(filter(None, [", ".join(counted[:-1]), counted[-1]]))


def _format_group(heading: str, items: list[ReminderItem]) -> str:
    lines = [f"{heading}:", *filter(None, [items[0].advice])]
    named = items[:MAX_NAMED]
    for item, following in zip(named, [*named[1:], None], strict=True):
        lines.append(f"- {item.text}")
        if following is None or following.path != item.path:
            lines.append(f"  {settings.SITE_URL}{item.path}")
    if more := sum(item.number for item in items[MAX_NAMED:]):
        lines.append(f"- and {more} more")
    return "\n".join(lines)


def _footer() -> str:
    return f"All that waits for you: {settings.SITE_URL}{reverse('admin:index')}\n"


def staff_without_email(today: dt.date) -> list[str]:
    """Return the usernames of those who are to be reminded now or later, and have no e-mail address."""
    owners = set(Leaflet.objects.exclude(owner=None).values_list("owner", flat=True))
    recipients = (user for permission in _sources.values() for user in recipients_with_permission(permission))
    people = {
        *publishers(),
        *recipients,
        *staff_with_permission(EDIT).filter(pk__in=owners),
        *find_reminder_items(today),
    }
    return sorted(user.get_username() for user in people if not user.email)
