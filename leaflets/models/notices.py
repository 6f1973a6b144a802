"""Notices: short texts at the top of pages for some hours or days."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format

from leaflets.content.clock import say_time
from leaflets.content.home_links import HomeLink
from leaflets.content.notices import (
    LEVELS,
    MAX_AT_ONCE,
    MAX_LINK,
    MAX_LINK_WORDS,
    MAX_TEXT,
    NoticeSource,
    describe_overlap,
    find_mistakes,
    find_overlaps,
)

from .base import DIGEST_LENGTH
from .home_links import ResolvedLink, resolve_links


class NoticeQuerySet(models.QuerySet["Notice"]):
    def shown_at(self, time: dt.datetime) -> "NoticeQuerySet":
        """Those that some page shows at this time, the important ones first, then those that began last."""
        shown = self.filter(starts__lte=time, ends__gt=time)
        # "important" is before "information" in the alphabet.
        return shown.order_by("level", "-starts", "pk")


class Notice(models.Model):
    """A text at the top of pages from a time until another one. `pages` are their paths; empty for every page.

    At most `MAX_AT_ONCE` are shown on one page at a time.
    """

    class Level(models.TextChoices):
        INFORMATION = LEVELS[0], "Information"
        IMPORTANT = LEVELS[1], "Important"

    text = models.CharField(
        max_length=MAX_TEXT,
        help_text="One or two short sentences, such as: Our phone line is closed on Friday. Marks such as * or # are shown "
        "as they are.",
    )
    level = models.CharField(
        "how it is shown",
        max_length=20,
        choices=Level,
        default=Level.INFORMATION,
        help_text="“Important” has a thicker border and the word “Important”. Keep it for what a parent must not miss.",
    )
    link_words = models.CharField(
        "words of the link",
        max_length=MAX_LINK_WORDS,
        blank=True,
        help_text="Such as: See our opening hours. Leave it empty where the notice needs no link.",
    )
    link = models.CharField(
        "address of the link",
        max_length=MAX_LINK,
        blank=True,
        help_text="A page of this site, such as /contact/, another one that starts with https://, a phone number, such as "
        "tel:01632960000, or an e-mail address, such as mailto:send@example.org.",
    )
    starts = models.DateTimeField("from", help_text="The day and time from which readers see it.")
    ends = models.DateTimeField(
        "until",
        help_text="The day and time at which it goes by itself. Readers see “Until …” behind the text. Midnight is the "
        "beginning of a day: to show it for the whole of Friday, choose Saturday, 00:00.",
    )
    pages = models.JSONField(
        "only on these pages",
        default=list,
        blank=True,
        help_text="One address per line, such as /contact/ or /leaflets/sen-in-mainstream-schools/. Leave it empty to show "
        "the notice on every page.",
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-ends", "-starts", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="notice_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def source(self) -> NoticeSource:
        """The notice as in its file."""
        return NoticeSource(
            text=self.text,
            starts=timezone.make_naive(self.starts),
            ends=timezone.make_naive(self.ends),
            level=self.level,
            link_words=self.link_words,
            link=self.link,
            pages=tuple(self.pages),
        )

    def clean(self) -> None:
        """Refuse what a file must not have either, and a notice that would be too many on a page."""
        if not (self.starts and self.ends and isinstance(self.pages, list)):
            return  # What is missing was named.
        errors: dict[str, list[str]] = {}
        for name, message in find_mistakes(self.source):
            errors.setdefault(name, []).append(message)
        if errors:
            raise ValidationError(errors)
        others = list(Notice.objects.exclude(pk=self.pk).filter(starts__lt=self.ends, ends__gt=self.starts))
        for overlapping in find_overlaps([*others, self]):
            if any(one is self for one in overlapping):
                raise ValidationError(describe_overlap(one for one in overlapping if one is not self))

    @property
    def is_over(self) -> bool:
        return self.ends <= timezone.now()

    @property
    def is_shown_now(self) -> bool:
        return self.starts <= timezone.now() < self.ends

    @property
    def until(self) -> str:
        """When it ends, in words: "4 January 2027, 9:30am", or "the end of 3 January 2027"."""
        ends = timezone.localtime(self.ends)
        if (ends.hour, ends.minute) == (0, 0):
            return f"the end of {date_format(ends.date() - dt.timedelta(days=1), 'j F Y')}"
        return f"{date_format(ends, 'j F Y')}, {say_time(ends.time())}"


class LoadedNotices(models.Model):
    """The digest of the file of notices that was loaded last, as `LoadedTopics`. At most one row, pk 1."""

    digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="loaded_notices_are_one")]

    def __str__(self) -> str:
        return self.digest


@dataclass(frozen=True)
class ShownNotice:
    """A notice as a page shows it. `href` is "" where there is no link or it leads nowhere; `pages` are empty for all."""

    text: str
    is_important: bool
    link_words: str
    href: str
    until: str
    pages: frozenset[str]


def link_pages(notice: Notice | NoticeSource) -> list[ResolvedLink]:
    """Return the pages on which a notice is shown, with their addresses, and with what is wrong with them for staff."""
    return resolve_links(HomeLink(page[:MAX_LINK_WORDS], page) for page in notice.pages)


def link_target(notice: Notice | NoticeSource) -> ResolvedLink | None:
    """Return the link of a notice, with its address or with what is wrong with it; None without a link.

    The addresses of other sites are not looked up.
    """
    if not notice.link:
        return None
    if notice.link.startswith(("/", "tel:")):
        return resolve_links([HomeLink(notice.link_words[:MAX_LINK_WORDS], notice.link)])[0]
    return ResolvedLink(notice.link_words, "", "", notice.link)


def find_shown_notices(time: dt.datetime) -> list[ShownNotice]:
    """Return the notices that pages show at a time, the important ones first, with the pages as they are named now."""
    found = []
    for notice in Notice.objects.shown_at(time):
        pages = link_pages(notice)
        # A page that was withdrawn still answers at its address.
        paths = frozenset(unquote(link.href or path) for link, path in zip(pages, notice.pages, strict=True))
        target = link_target(notice)
        href = target.href if target else ""
        important = notice.level == Notice.Level.IMPORTANT
        # "Until …" follows it.
        text = notice.text if notice.text.endswith((".", "!", "?", "…")) else f"{notice.text}."
        found.append(ShownNotice(text, important, notice.link_words, href, notice.until, paths))
    return found


def select_notices(notices: list[ShownNotice], path: str) -> list[ShownNotice]:
    """Return the notices of one page, `MAX_AT_ONCE` at most: two users may have saved one each at the same moment."""
    return [one for one in notices if not one.pages or path in one.pages][:MAX_AT_ONCE]


def last_change_before(time: dt.datetime) -> "tuple[models.QuerySet, models.QuerySet]":
    """Return subqueries for when a notice last began and last ended, as of a time: pages change at these moments."""
    began = Notice.objects.filter(starts__lte=time).order_by("-starts").values("starts")[:1]
    ended = Notice.objects.filter(ends__lte=time).order_by("-ends").values("ends")[:1]
    return began, ended
