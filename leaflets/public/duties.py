"""Pages that list what leaflets mark as *must* and *should*, in their exact words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leaflets.models import Duty, Edition

from .caching import cacheable_page
from .layout import get_layout
from .pagination import get_page, read_editions, render_page
from .views import redirect_or_gone

_SCHOOL_WORDS = ("school", "teacher", "senco", "governing", "academ")


@dataclass(frozen=True)
class NumberedDuty:
    """A duty whose points are numbered through a list of duties."""

    duty: Duty
    items: list[tuple[int, Mapping[str, str]]]


@dataclass(frozen=True)
class Duties:
    """The duties of one edition, by their word."""

    musts: list[NumberedDuty]
    shoulds: list[NumberedDuty]

    @property
    def must_count(self) -> int:
        return sum(len(one.items) for one in self.musts)

    @property
    def should_count(self) -> int:
        return sum(len(one.items) for one in self.shoulds)

    @property
    def is_about_schools(self) -> bool:
        """Whether all that is known of who must, and who should, are schools and their staff."""
        named = [one.duty.who.lower() for one in [*self.musts, *self.shoulds] if one.duty.who]
        return bool(named) and all(any(word in who for word in _SCHOOL_WORDS) for who in named)


def number_duties(duties: Iterable[Duty]) -> Duties:
    """Number the duties, each word from 1."""
    numbers = {"must": count(1), "should": count(1)}
    numbered = [
        NumberedDuty(duty, [(next(numbers[duty.word]), item) for item in duty.items]) for duty in duties
    ]
    return Duties(
        [one for one in numbered if one.duty.word == "must"],
        [one for one in numbered if one.duty.word == "should"],
    )


@require_safe
@cacheable_page()
def leaflet_duties(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Every duty that a leaflet marks, and apart from these what should be done."""
    edition = Edition.objects.get_live_with_duties(slug)
    if edition is None:
        return redirect_or_gone(request, slug, "leaflet-duties")
    context = {
        "edition": edition,
        "duties": number_duties(edition.duties),
        "newer_law": get_layout(request).find_newer_law(edition),
    }
    return render(request, "duties/leaflet.html", context)


@require_safe
@cacheable_page(vary_on_params=("page",))
def duty_list(request: HttpRequest) -> HttpResponse:
    """The duties of all leaflets that mark some, by leaflet, under their topics, in pages."""
    page = get_page(request, get_layout(request).listed_with_duties)
    groups = [
        (topic, [(edition, number_duties(edition.duties)) for edition in editions])
        for topic, editions in read_editions(page, Edition.objects.with_duties())
    ]
    return render_page(request, "duties/index.html", page, {"groups": groups})
