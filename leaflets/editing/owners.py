"""The page on which publishers choose who checks leaflets: one, or several that were ticked in the list."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from leaflets.models import Leaflet, name_of, staff_with_permission
from leaflets.publishing.owners import OwnerChangedError, set_owner

from .views import EDIT, PUBLISH, staff_page

MAX_LEAFLETS = 1_000
_SEEN = re.compile(r"\d{1,18}:\d{1,18}(,\d{1,18}:\d{1,18})*", re.ASCII)


class SeenField(forms.Field):
    """The owners that the page showed, as "12:3,13:0": each leaflet's primary key, and its owner's or 0."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> dict[int, int]:
        text = str(value or "")
        if not _SEEN.fullmatch(text) or text.count(",") >= MAX_LEAFLETS:
            return {}
        return {int(one): int(owner) for one, owner in (pair.split(":") for pair in text.split(","))}

    @staticmethod
    def write(leaflets: QuerySet[Leaflet]) -> str:
        return ",".join(f"{pk}:{owner or 0}" for pk, owner in leaflets.values_list("pk", "owner"))


class OwnerForm(forms.Form):
    """Who checks the leaflets."""

    seen = SeenField(required=False)
    owner = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        empty_label="Nobody: all publishers are reminded",
        help_text="They get an e-mail 30 days before a check is due, on the day, and each week after it.",
        error_messages={"invalid_choice": "This person cannot edit leaflets any more. Choose another one."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = staff_with_permission(EDIT)
        self.fields["owner"].label_from_instance = _full_name

    def clean_owner(self) -> User | None:
        owner: User | None = self.cleaned_data["owner"]
        return owner


def _full_name(user: User) -> str:
    name = user.get_full_name()
    return f"{name} ({user.get_username()})" if name else user.get_username()


@staff_page(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the owner of leaflets: of `?leaflet=`, or of those that were ticked in the list."""
    if request.method != "POST":
        text = request.GET.get("leaflet", "")
        pk = int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0
        return show(request, Leaflet.objects.filter(pk=pk))
    form = OwnerForm(request.POST)
    valid, seen = form.is_valid(), form.cleaned_data.get("seen", {})
    leaflets = Leaflet.objects.filter(pk__in=seen)
    if not leaflets.exists():
        raise Http404
    if not valid:
        return show(request, leaflets, form, status=422)
    owner = form.cleaned_data["owner"]
    try:
        count = set_owner(seen, owner, by=request.user)
    except OwnerChangedError:
        return show(request, leaflets, form, status=409)
    what = f"{count} leaflet" if count == 1 else f"{count} leaflets"
    now = f"The owner of {what} is {name_of(owner)} now." if owner else f"No owner now: {what}."
    messages.success(request, f"{now}{'' if owner else ' All publishers are reminded.'}")
    return redirect("admin:leaflets_leaflet_changelist")


def show(
    request: HttpRequest, leaflets: QuerySet[Leaflet], form: OwnerForm | None = None, status: int = 200
) -> HttpResponse:
    """Show the form for these leaflets, with the owners that they have now."""
    chosen = Leaflet.objects.filter(pk__in=list(leaflets.values_list("pk", flat=True)[:MAX_LEAFLETS]))
    shown = list(chosen.for_staff().select_related("owner").order_by("shown_title", "slug"))
    if not shown:
        raise Http404
    if form is None:
        owners = {leaflet.owner_id for leaflet in shown}
        form = OwnerForm(initial={"owner": owners.pop() if len(owners) == 1 else None})
    title = "Who looks after this leaflet?" if len(shown) == 1 else "Who looks after these leaflets?"
    context = admin.site.each_context(request) | {
        "title": title,
        "opts": Leaflet._meta,
        "leaflet": shown[0] if len(shown) == 1 else None,
        "leaflets": shown,
        "form": form,
        "seen": SeenField.write(chosen) if status != 422 else form["seen"].value(),
        "changed": status == 409,
    }
    return render(request, "admin/leaflets/leaflet/owner.html", context, status=status)


urlpatterns = [path("owner/", choose, name="leaflet-owner")]
