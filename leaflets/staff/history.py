"""The history of what staff did: a list for administrators that can be searched, and its export. Nothing changes it here."""

import csv
import io
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate, localtime
from django.views.decorators.http import require_POST, require_safe

from leaflets.admin_limits import MAX_SEARCH
from leaflets.content.spreadsheets import escape_cell
from leaflets.models import HistoryEntry
from leaflets.models.history import YEARS_KEPT, HistoryQuerySet, find_links, record

PER_PAGE = 50
_COLUMNS = ("day and time", "who", "kind", "what", "thing")


class SearchForm(forms.Form):
    """What to look for. Each field may be empty."""

    q = forms.CharField(
        label="Words", required=False, max_length=MAX_SEARCH, widget=forms.TextInput(attrs={"type": "search"})
    )
    who = forms.ChoiceField(label="Who", required=False)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All"), *HistoryEntry.Kind.choices])
    first = forms.DateField(
        label="From", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    last = forms.DateField(
        label="Until", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = HistoryEntry.objects.order_by("who").values_list("who", flat=True).distinct()
        self.fields["who"].choices = [("", "All"), *((name, name) for name in names)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("first") and values.get("last") and values["last"] < values["first"]:
            self.add_error("last", "This day is before the first one.")
        return values

    def find(self) -> HistoryQuerySet:
        """The entries that are looked for, the newest first; none where the form has mistakes."""
        if not self.is_valid():
            return HistoryEntry.objects.none()
        values = self.cleaned_data
        found = HistoryEntry.objects.newest_first().on_days(values["first"], values["last"])
        found = found.search(values["q"])
        exact = {name: values[name] for name in ("who", "kind") if values[name]}
        return found.filter(**exact)


def _administrators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def allowed(request: HttpRequest) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return view(request)

    return admin.site.admin_view(allowed)


@_administrators_only
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """A page of the entries that the query string asks for."""
    form = SearchForm(request.GET)
    shown = Paginator(form.find(), PER_PAGE).get_page(request.GET.get("page"))
    entries = list(shown.object_list)
    links = find_links(entries)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        **admin.site.each_context(request),
        "title": "History of everything",
        "form": form,
        "page": shown,
        "entries": [(entry, links.get(entry.pk, "")) for entry in entries],
        "query": query.urlencode(),
        "years_kept": YEARS_KEPT,
    }
    return render(request, "admin/history.html", context)


@_administrators_only
@require_POST
@transaction.atomic
def export(request: HttpRequest) -> HttpResponse:
    """The entries that the form asks for, as CSV. The export is an entry itself."""
    entries = list(SearchForm(request.POST).find())
    number = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    record(request.user.get_username(), HistoryEntry.Kind.EXPORTS, f"Exported {number} of the history.")
    name = f"history-{localdate()}.csv"
    return HttpResponse(
        write_csv(entries),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def write_csv(entries: Iterable[HistoryEntry]) -> bytes:
    """Return entries as CSV: UTF-8 with a BOM, without which Excel assumes another encoding."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for entry in entries:
        cells = [
            f"{localtime(entry.at):%Y-%m-%d %H:%M:%S}",
            entry.who,
            HistoryEntry.Kind(entry.kind).label,
            entry.words,
            entry.subject,
        ]
        writer.writerow(map(escape_cell, cells))
    return file.getvalue().encode("utf-8-sig")
