"""The meeting sheet of a leaflet: what to take to a meeting with the school, chosen by ticks and printed.

Nothing about the reader is stored. The choice is in the address: `?without=` names what was unticked, so that everything is
on the sheet at first, and what a later edition adds too. What is typed on the sheet stays in the browser: its fields have no
names and stand in no form.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from leaflets.models import Duty, Edition, MeetingSheet

from . import ics
from .caching import cacheable_page, vary_by_display
from .display import COOKIE as DISPLAY, LARGE
from .duties import number_duties
from .layout import get_layout
from .views import redirect_or_gone

BLANKS = {
    "actions": "Who will do what, and by when",
    "dates": "Dates of the last three meetings, and of the next",
}
_SEPARATOR = "-"
_KEY_LENGTH = 4
_DIGITS = "abcdefghijkmnpqrstuvwxyz23456789"
# The paragraph that says how often schools should meet parents.
_THREE_TIMES_A_YEAR = "/law/code-of-practice/6.65/"


@dataclass(frozen=True)
class Choice:
    """One thing that can be on the sheet. `key` names it in addresses, by its words: it changes when they do."""

    key: str
    text: str
    is_on: bool


@dataclass(frozen=True)
class DutyChoices:
    """A duty, and each of its points as a choice with its HTML."""

    duty: Duty
    items: list[tuple[Choice, Mapping[str, str]]]

    @property
    def chosen(self) -> list[tuple[Choice, Mapping[str, str]]]:
        return [item for item in self.items if item[0].is_on]


class Sheet:
    """What can be on the sheet of a leaflet, and what of it is. `without` are the keys of what is not."""

    def __init__(self, edition: Edition, record: MeetingSheet | None, without: Iterable[str]) -> None:
        self.edition = edition
        self.record = record
        self._without = frozenset(without)
        self._keys: set[str] = set()
        self.duties = list(self._duty_choices())
        questions = [*edition.meeting_questions, *(record.questions if record else [])]
        self.questions = self._choices("q", dict.fromkeys(questions))
        self.bring = self._choices("b", record.bring if record else [])
        self.blanks = {name: self._choice("r", label) for name, label in BLANKS.items()}

    def _duty_choices(self) -> Iterator[DutyChoices]:
        for duty in self.edition.duties:
            items = [
                (self._choice("d", item["text"], f"{duty.word} {duty.lead_text}"), item)
                for item in duty.items
            ]
            yield DutyChoices(duty, items)

    def _choices(self, prefix: str, texts: Iterable[str]) -> list[Choice]:
        return [self._choice(prefix, text) for text in texts]

    def _choice(self, prefix: str, text: str, context: str = "") -> Choice:
        digest = hashlib.sha256(f"{context} {text}".encode()).digest()
        key = prefix + "".join(_DIGITS[octet % len(_DIGITS)] for octet in digest[:_KEY_LENGTH])
        while key in self._keys:  # The same words twice.
            key += "2"
        self._keys.add(key)
        return Choice(key, text, key not in self._without)

    @property
    def musts(self) -> list[DutyChoices]:
        return [one for one in self.duties if one.duty.word == "must"]

    @property
    def shoulds(self) -> list[DutyChoices]:
        return [one for one in self.duties if one.duty.word == "should"]

    @property
    def chosen_duties(self) -> list[DutyChoices]:
        return [one for one in [*self.musts, *self.shoulds] if one.chosen]

    @property
    def chosen_questions(self) -> list[Choice]:
        return [one for one in self.questions if one.is_on]

    @property
    def chosen_bring(self) -> list[Choice]:
        return [one for one in self.bring if one.is_on]

    @cached_property
    def three_times_a_year(self) -> Duty | None:
        """What the leaflet quotes of how often schools should meet parents."""
        found = (
            duty for duty in self.edition.duties if any(s["url"] == _THREE_TIMES_A_YEAR for s in duty.sources)
        )
        return next(found, None)

    @cached_property
    def is_about_schools(self) -> bool:
        return number_duties(self.edition.duties).is_about_schools

    @property
    def has_drafts(self) -> bool:
        """Whether the service has not approved yet what it adds to the leaflet's words."""
        return bool(self.record and self.record.unapproved and (self.record.questions or self.record.bring))

    def off(self, on: Iterable[str]) -> list[str]:
        """Return the keys of everything that is not among the keys `on`, in the order of the sheet."""
        ticked = frozenset(on)
        choices = [choice for duty in self.duties for choice, _item in duty.items]
        choices += [*self.questions, *self.bring, *self.blanks.values()]
        return [choice.key for choice in choices if choice.key not in ticked]


def _read_sheet(request: HttpRequest, edition: Edition) -> Sheet:
    without = request.GET.get("without", "").split(_SEPARATOR)
    return Sheet(edition, MeetingSheet.objects.first(), without)


@require_safe
@cacheable_page(vary_on_params=("without",))
def meeting(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The form with which a parent chooses what is on the sheet."""
    edition = Edition.objects.get_live_with_duties(slug)
    if edition is None:
        return redirect_or_gone(request, slug, "meeting")
    context = {"edition": edition, "sheet": _read_sheet(request, edition)}
    response = render(request, "meeting/choose.html", context)
    if "without" in request.GET:
        # Every value is answered: do not let them fill the caches.
        response["Cache-Control"] = "no-cache"
    return response


@require_safe
@cache_control(private=True, no_cache=True)
def meeting_sheet(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The sheet to print, or to fill in on the screen.

    The form's address names each tick; it redirects to a shorter one, which names what is not ticked.
    """
    edition = Edition.objects.get_live_with_duties(slug)
    if edition is None:
        return redirect_or_gone(request, slug, "meeting-sheet")
    sheet = _read_sheet(request, edition)
    if "chosen" in request.GET:
        off = _SEPARATOR.join(sheet.off(request.GET.getlist("on")))
        display = LARGE if request.GET.get(DISPLAY) == LARGE else ""
        return HttpResponseRedirect(_with_query(request.path, {"without": off, DISPLAY: display}))
    context = {
        "edition": edition,
        "sheet": sheet,
        "change_url": _with_query(
            reverse("meeting", args=[slug]), {"without": request.GET.get("without", "")}
        ),
        "newer_law": get_layout(request).find_newer_law(edition),
        "today": timezone.localdate().isoformat(),
    }
    response = render(request, "meeting/sheet.html", context)
    vary_by_display(response)
    return response


def _with_query(path: str, params: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in params.items() if value})
    return f"{path}?{query}" if query else path


@require_safe
@cache_control(private=True, no_store=True)
def meeting_ics(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The next meeting as a file for a calendar: `?date=2027-01-31&time=14:30`. Nothing is stored."""
    edition = Edition.objects.get_live_leaflet(slug)
    if edition is None:
        return redirect_or_gone(request, slug, "meeting")
    service = get_layout(request).service
    try:
        day = ics.read_day(request.GET.get("date", "").strip(), timezone.localdate())
        time = ics.read_time(request.GET.get("time", "").strip())
    except ics.RefusedError as error:
        context = {"edition": edition, "error": str(error), "today": timezone.localdate().isoformat()}
        response = render(request, "meeting/refused.html", context, status=400)
        vary_by_display(response)
        return response
    sheet_url = request.build_absolute_uri(reverse("meeting", args=[slug]))
    help_line = (
        f"Need help? Phone {service.name}: {service.phones[0]}\n" if service and service.phones else ""
    )
    event = ics.write_event(
        day,
        time,
        summary="Meeting with the school",
        description=f"{help_line}Your meeting sheet: {sheet_url}",
        url=sheet_url,
        now=timezone.now(),
    )
    response = HttpResponse(event, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    return response


@require_safe
@cacheable_page()
def letter(request: HttpRequest, slug: str, anchor: str) -> HttpResponseBase:
    """A section of kind "letter" on a page of its own, to copy or to print."""
    edition = Edition.objects.with_page_content().get_live(slug, "leaflet")
    if edition is None:
        return redirect_or_gone(request, slug)
    section = next((one for one in edition.letters if one.anchor == anchor), None)
    if section is None:
        raise Http404
    newer_law = get_layout(request).find_newer_law(edition)
    context = {"edition": edition, "section": section, "newer_law": newer_law}
    return render(request, "leaflets/letter.html", context)
