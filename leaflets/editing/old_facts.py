"""The page of facts that the service's record had before and that texts still print."""

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from leaflets.models import EarlierFact, HistoryEntry
from leaflets.models.history import record
from leaflets.quality.old_facts import find_old_facts

from .views import EDIT, MAX_DIGITS, PUBLISH, staff_page


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """List the old facts with their places. POST `fact` and `right` ("yes" or "no") marks one as still right, or undoes it."""
    if request.method == "POST":
        _mark(request)
        return redirect("old-facts")
    context = admin.site.each_context(request) | {
        "title": "Old phone numbers and addresses",
        "found": find_old_facts(),
        "may_publish": request.user.has_perm(PUBLISH),
        "still_right": EarlierFact.objects.exclude(still_right_by="").order_by("kind", "text"),
    }
    return render(request, "admin/leaflets/old_facts.html", context)


@transaction.atomic
def _mark(request: HttpRequest) -> None:
    """Mark a fact once: a second click changes nothing and adds no entry to the history."""
    key = request.POST.get("fact", "")
    facts = EarlierFact.objects.select_for_update()
    fact = facts.filter(pk=key).first() if key.isdecimal() and len(key) <= MAX_DIGITS else None
    right = request.POST.get("right")
    if fact is None or right not in ("yes", "no"):
        raise Http404
    is_right = right == "yes"
    if is_right != bool(fact.still_right_by):
        username = request.user.get_username()
        fact.still_right_by = username if is_right else ""
        fact.save(update_fields=["still_right_by"])
        words = "is still right where it is printed" if is_right else "is old, and is named again"
        record(username, HistoryEntry.Kind.RECORDS, f"Said that the {fact} {words}.")
    told = "It is not named any more." if is_right else "It is named again where a text prints it."
    messages.success(request, told)
