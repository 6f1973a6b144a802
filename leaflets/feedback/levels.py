"""The four intervention levels of the services for information, advice and support, as numbers of a year that staff type in.

The levels are those of the guidance "Intervention Levels" of the Information, Advice and Support Services Network, which says
what counts where. It could not be read for this site. What is said of levels 1 and 2 is from the published levels of SEND Advice
Surrey, which follow it, and of level 4 from the Network's page about the guidance, which names tribunals and equally complex
legal casework. No source was found for level 3, so nothing is said of it.

The site knows none of these numbers: they come from the service's own case records.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from leaflets.admin_site import Task, shown_on_start_page
from leaflets.periods import YEARS, Period, year_from, year_of, years_since
from leaflets.record_forms import RecordAdmin, RecordForm

from .models import InterventionLevels

# The services have this task since the Children and Families Act 2014 came into force.
_FIRST_DAY = dt.date(2014, 9, 1)
FIELDS = ("level_1", "level_2", "level_3", "level_4")


def find(period: Period) -> InterventionLevels | None:
    """Return the numbers of a year; None where nothing was typed in."""
    return InterventionLevels.objects.filter(first=period.first).first()


def describe(levels: InterventionLevels | None) -> list[tuple[str, str]]:
    """Return each level in words with its number, and their sum where all four are there."""
    numbers = [getattr(levels, name) if levels else None for name in FIELDS]
    labels = [str(InterventionLevels._meta.get_field(name).verbose_name) for name in FIELDS]  # type: ignore[union-attr]
    rows = [(label, _in_words(number)) for label, number in zip(labels, numbers, strict=True)]
    known = [number for number in numbers if number is not None]
    return [*rows, ("All four levels", str(sum(known)))] if len(known) == len(FIELDS) else rows


def _in_words(number: int | None) -> str:
    return "not typed in" if number is None else str(number)


def find_link(request: HttpRequest, levels: InterventionLevels | None, period: Period) -> str:
    """Return the address of the form for a year; "" for users who may not change the numbers."""
    action = "change" if levels else "add"
    if not request.user.has_perm(f"feedback.{action}_interventionlevels"):
        return ""
    if levels:
        return reverse("admin:feedback_interventionlevels_change", args=[levels.pk])
    return f"{reverse('admin:feedback_interventionlevels_add')}?first={period.first}"


def _offered_years() -> list[tuple[str, list[tuple[str, str]]]]:
    groups = years_since(_FIRST_DAY, timezone.localdate())
    return [(heading, [(str(year.first), str(year)) for year in years]) for heading, years in groups]


class InterventionLevelsForm(RecordForm):
    """The numbers of one year. The year is chosen once, from the years in which services report."""

    first = forms.TypedChoiceField(label="Year", coerce=dt.date.fromisoformat, choices=_offered_years)

    def clean_first(self) -> dt.date:
        first: dt.date = self.cleaned_data["first"]
        if InterventionLevels.objects.filter(first=first).exists():
            raise forms.ValidationError(
                f"There are numbers for {year_from(first)} already. Open them in the list, and change them there."
            )
        return first


@admin.register(InterventionLevels)
class InterventionLevelsAdmin(RecordAdmin):
    form = InterventionLevelsForm
    list_display = ("__str__", *FIELDS)
    ordering = ("-first", "pk")
    fieldsets = (
        (
            None,
            {
                "fields": ("first", *FIELDS, "note"),
                "description": "How many cases of each level your service had. The numbers stand in the figures of the year. "
                "Leave empty what you do not count: 0 means that there was none. The guidance of your network says "
                "what counts as which level.",
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("year",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The year that was over last: the running one has no numbers yet."""
        return {"first": year_of(timezone.localdate(), 4).before.first} | super().get_changeform_initial_data(
            request
        )

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        [(heading, options)] = self.fieldsets
        shown = {**options, "fields": ("year", *FIELDS, "note")}
        return [(heading, shown)]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None:
            form.base_fields.pop("first", None)
        return form

    @admin.display(description="year")
    def year(self, levels: InterventionLevels) -> str:
        return str(levels)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As Django's. Where a colleague added the same year at the same moment, the form says so, and keeps what was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            return super().changeform_view(request, object_id, form_url, extra_context)


@shown_on_start_page("Figures")
def find_missing_levels(request: HttpRequest) -> Iterator[Task]:
    """The years that are over and have no numbers, of the kinds of years for which the service typed some in before."""
    if not request.user.has_perm("feedback.add_interventionlevels"):
        return
    typed_in = set(InterventionLevels.objects.values_list("first", flat=True))
    for month in YEARS:
        over = year_of(timezone.localdate(), month).before
        is_used = any(first.month == month and first < over.first for first in typed_in)
        if is_used and over.first not in typed_in:
            yield Task(f"The intervention levels of {over} are not typed in", find_link(request, None, over))
