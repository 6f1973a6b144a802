"""The staff's pages about one leaflet: write, look, publish, look back. They stand inside Django's admin."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leaflets.content.comparison import compare
from leaflets.content.leaflet import LeafletSource
from leaflets.models import Edition, Leaflet, Service
from leaflets.publishing import drafts, editions, share_links
from leaflets.publishing.admin_log import log_action
from leaflets.publishing.records import leaflet_source, service_source
from leaflets.quality.hints import find_hints

from .forms import (
    LeafletForm,
    NewLeafletForm,
    PublishForm,
    ReviewForm,
    SectionForm,
    SectionFormSet,
    WithdrawForm,
    typed_source,
)

EDIT, PUBLISH = "leaflets.change_edition", "leaflets.publish_edition"
_P = ParamSpec("_P")
_Page = Callable[Concatenate[HttpRequest, _P], HttpResponse]


def staff_page(permission: str) -> Callable[[_Page[_P]], _Page[_P]]:
    """For staff with a permission only, inside the admin, never kept by anybody."""

    def decorate(view: _Page[_P]) -> _Page[_P]:
        @wraps(view)
        def allowed(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(allowed)

    return decorate


def _page(request: HttpRequest, template: str, leaflet: Leaflet, title: str, **context: Any) -> HttpResponse:
    status = context.pop("status", 200)
    context |= admin.site.each_context(request) | {"leaflet": leaflet, "title": title, "opts": Leaflet._meta}
    return render(request, f"admin/leaflets/leaflet/{template}", context, status=status)


def _to(name: str, leaflet: Leaflet, *rest: int) -> HttpResponse:
    return redirect(f"admin:leaflet-{name}", leaflet.pk, *rest)


# --- Writing ---


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the leaflet's draft. It comes to be with the first save."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    if request.method != "POST":
        editable = drafts.open_for_editing(leaflet)
        facts = LeafletForm(initial=LeafletForm.values(editable.source, editable.version))
        rows = [SectionForm.values(section) for section in editable.source.sections[1:]]
        return _edit_page(request, leaflet, facts, SectionFormSet(initial=rows))
    action = request.POST.get("action", "save")
    if action not in ("save", "preview", "publish"):
        return _rearranged(request, leaflet, action)
    facts, sections = LeafletForm(request.POST), SectionFormSet(request.POST)
    # Both are asked, so that every mistake is shown at once.
    if not all([facts.is_valid(), sections.is_valid()]):
        return _edit_page(request, leaflet, facts, sections, status=422)
    kept = [form.cleaned_data for form in sections.forms if not form.cleaned_data.get("DELETE")]
    source = typed_source(leaflet, facts.cleaned_data, kept)
    try:
        drafts.save_draft(leaflet, source, version=facts.cleaned_data["version"], by=request.user)
    except drafts.DraftChangedError as error:
        return _collision(request, leaflet, source, error.draft)
    messages.success(request, "The draft is saved. Readers do not see it until it is published.")
    return _to("edit" if action == "save" else action, leaflet)


def _edit_page(
    request: HttpRequest, leaflet: Leaflet, facts: LeafletForm, sections: Any, **context: Any
) -> HttpResponse:
    editable = drafts.open_for_editing(leaflet)
    _checked, problems = drafts.check_draft(editable.source)
    return _page(
        request,
        "edit.html",
        leaflet,
        f"Edit: {editable.source.title or leaflet.slug}",
        facts=facts,
        sections=sections,
        editable=editable,
        problems=problems,
        colleague=_colleague(request, editable.draft),
        media=facts.media + sections.media,
        **context,
    )


def _colleague(request: HttpRequest, draft: Edition | None) -> str:
    """The colleague who saved the draft within the last hour, if it was not this person."""
    if draft is None or draft.edited_by is None or draft.edited_by == request.user:
        return ""
    recent = timezone.now() - draft.edited_at < dt.timedelta(hours=1)
    return str(draft.edited_by.get_full_name() or draft.edited_by) if recent else ""


def _rearranged(request: HttpRequest, leaflet: Leaflet, action: str) -> HttpResponse:
    """Add or move a section in what is typed so far. Nothing is saved by that, and nothing is lost."""
    facts = LeafletForm(initial={name: request.POST.get(name, "") for name in LeafletForm.base_fields})
    rows = _typed_rows(request)
    verb, _, number = action.partition("-")
    place = int(number) if number.isdecimal() else len(rows)
    if verb == "add":
        rows.insert(min(place, len(rows)), {})
    elif verb == "up" and 0 < place < len(rows):
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
    elif verb == "down" and place + 1 < len(rows):
        rows[place], rows[place + 1] = rows[place + 1], rows[place]
    sections = SectionFormSet(initial=rows)
    moved_to = {"add": place, "up": place - 1, "down": place + 1}.get(verb, -1)
    if 0 <= moved_to < len(rows):
        # The page is long: people go on where they were.
        sections.forms[moved_to].fields["heading"].widget.attrs["autofocus"] = True
    return _edit_page(request, leaflet, facts, sections, unsaved=True)


def _typed_rows(request: HttpRequest) -> list[dict[str, str]]:
    total = request.POST.get("form-TOTAL_FORMS", "0")
    count = min(int(total), SectionFormSet.max_num) if total.isdecimal() else 0
    names = (*SectionForm.base_fields, "DELETE")
    return [{name: request.POST.get(f"form-{row}-{name}", "") for name in names} for row in range(count)]


def _collision(request: HttpRequest, leaflet: Leaflet, typed: LeafletSource, theirs: Edition) -> HttpResponse:
    """Somebody else saved first. Show both texts; keep what was typed; let a person decide."""
    data = request.POST.copy()
    data["version"] = str(theirs.version)
    return _edit_page(
        request,
        leaflet,
        LeafletForm(data),
        SectionFormSet(data),
        status=409,
        theirs=theirs,
        differences=compare(leaflet_source(theirs), drafts.add_missing_anchors(typed)),
        unsaved=True,
    )


@staff_page("leaflets.add_leaflet")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Begin a new leaflet: its address first, then its words."""
    form = NewLeafletForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        leaflet = form.save()
        log_action(request.user, leaflet, ADDITION, "Began a new leaflet")
        return _to("edit", leaflet)
    status = 422 if form.errors else 200
    return _page(request, "add.html", Leaflet(), "Add a leaflet", form=form, status=status)


# --- Looking ---


@staff_page(EDIT)
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft as the public page that it would be."""
    draft = _draft(pk)
    return _draft_page(request, draft, desk=True)


@never_cache
@require_GET
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """A draft, for somebody with a link and no login."""
    draft = share_links.get_shared_draft(token)
    if draft is None:
        return render(request, "leaflets/link_ended.html", status=404)
    return _draft_page(request, draft)


def _draft_page(request: HttpRequest, draft: Edition, *, desk: bool = False) -> HttpResponse:
    context = {"edition": draft, "is_draft": True, "from_desk": desk}
    response = render(request, "leaflets/detail.html", context)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _draft(pk: int) -> Edition:
    draft = Edition.objects.filter(leaflet=pk, status=Edition.Status.DRAFT).for_editing().first()
    if draft is None:
        raise Http404("This leaflet has no draft.")
    return draft


@staff_page(EDIT)
@require_POST
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link to the draft for a colleague, or take all links back."""
    draft = _draft(pk)
    if request.POST.get("action") == "revoke":
        share_links.revoke_share_links(draft)
        messages.success(request, "The links do not work any more.")
    else:
        share_links.create_share_link(draft, by=request.user)
        messages.success(request, "A link was made. You find it below.")
    return _to("history", draft.leaflet)


# --- Publishing ---


@staff_page(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is wrong, what to look at and what changes; publish it."""
    draft = _draft(pk)
    source = leaflet_source(draft)
    checked, problems = drafts.check_draft(source)
    form = PublishForm(request.POST or None, initial={"version": draft.version})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and not problems:
            try:
                drafts.publish_draft(draft.leaflet, by=request.user, **form.cleaned_data)
            except drafts.DraftChangedError:
                messages.error(request, "A colleague saved the draft just now. Please look at it again.")
                return _to("publish", draft.leaflet)
            messages.success(request, f"Edition {draft.number} is published. Readers see it now.")
            return _to("history", draft.leaflet)
    live = draft.leaflet.editions.published().first()
    service = Service.objects.get()
    return _page(
        request,
        "publish.html",
        draft.leaflet,
        f"Publish: {draft.title}",
        draft=draft,
        live=live,
        form=form,
        problems=problems,
        hints=find_hints(checked, service_source(service)),
        differences=compare(leaflet_source(live), source) if live else None,
        moved_on=bool(live and draft.based_on and live.number != draft.based_on),
        status=status,
    )


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def checked(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the live text was checked and nothing has to change."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    next_year = timezone.localdate() + dt.timedelta(days=365)
    form = ReviewForm(request.POST or None, initial={"next_on": next_year})
    if request.method == "POST" and form.is_valid():
        drafts.record_review(leaflet, by=request.user, **form.cleaned_data)
        messages.success(request, "Thank you. It is noted that the leaflet was checked today.")
        return _to("history", leaflet)
    return _page(request, "checked.html", leaflet, "Checked, nothing to change", form=form)


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw the draft away, after asking."""
    draft = _draft(pk)
    if request.method == "POST":
        try:
            drafts.discard_draft(
                draft.leaflet, version=int(request.POST.get("version") or 0), by=request.user
            )
        except (drafts.DraftChangedError, ValueError):
            messages.error(request, "A colleague saved the draft just now. It was not discarded.")
        else:
            messages.success(request, "The draft is gone. What readers see is unchanged.")
        return _to("history", draft.leaflet)
    return _page(request, "discard.html", draft.leaflet, "Discard the draft?", draft=draft)


@staff_page(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the leaflet away from the public, saying what to read instead."""
    leaflet = get_object_or_404(Leaflet, pk=pk, editions__status=Edition.Status.PUBLISHED)
    form = WithdrawForm(request.POST if request.method == "POST" else None, leaflet=leaflet)
    if request.method == "POST" and form.is_valid():
        editions.withdraw(leaflet, by=request.user, **form.cleaned_data)
        messages.success(request, "The leaflet is withdrawn. Its address goes on answering, and says so.")
        return _to("history", leaflet)
    return _page(request, "withdraw.html", leaflet, "Withdraw this leaflet?", form=form)


# --- Looking back ---


@staff_page("leaflets.view_edition")
@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every edition: who, when, what changed; reviews; links to the draft."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    editions = leaflet.editions.select_related("edited_by", "published_by", "leaflet").order_by("-number")
    draft = next((edition for edition in editions if edition.status == Edition.Status.DRAFT), None)
    links = [
        request.build_absolute_uri(reverse("shared-draft", args=[share_links.make_token(link)]))
        for link in (share_links.active_links(draft) if draft else [])
    ]
    return _page(
        request,
        "history.html",
        leaflet,
        f"History: {editions[0].title if editions else leaflet.slug}",
        editions=editions,
        draft=draft,
        live=next((edition for edition in editions if edition.status == Edition.Status.PUBLISHED), None),
        links=links,
        reviews=leaflet.reviews.select_related("reviewed_by").order_by("-reviewed_at")[:20],
    )


@staff_page("leaflets.view_edition")
@require_GET
def compare_editions(request: HttpRequest, pk: int) -> HttpResponse:
    """Two editions of the leaflet, with the words that came and went."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    old, new = (_edition(leaflet, request.GET.get(name, "")) for name in ("from", "to"))
    return _page(
        request,
        "compare.html",
        leaflet,
        f"From edition {old.number} to edition {new.number}",
        old=old,
        new=new,
        differences=compare(leaflet_source(old), leaflet_source(new)),
    )


def _edition(leaflet: Leaflet, number: str) -> Edition:
    editions = leaflet.editions.select_related("leaflet", "code_edition")
    return get_object_or_404(editions, number=int(number) if number.isdecimal() else 0)


@staff_page(PUBLISH)
@require_POST
def draft_from(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Start a draft with the text of an older edition."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    try:
        drafts.draft_from(_edition(leaflet, str(number)), by=request.user)
    except drafts.DraftChangedError:
        messages.error(request, "There is a draft already. Publish or discard it first.")
        return _to("history", leaflet)
    messages.success(request, f"A draft was started with the text of edition {number}.")
    return _to("edit", leaflet)


urlpatterns = [
    path("<int:pk>/edit/", edit, name="leaflet-edit"),
    path("<int:pk>/preview/", preview, name="leaflet-preview"),
    path("<int:pk>/share/", share, name="leaflet-share"),
    path("<int:pk>/publish/", publish, name="leaflet-publish"),
    path("<int:pk>/checked/", checked, name="leaflet-checked"),
    path("<int:pk>/discard/", discard, name="leaflet-discard"),
    path("<int:pk>/withdraw/", withdraw, name="leaflet-withdraw"),
    path("<int:pk>/editions/", history, name="leaflet-history"),
    path("<int:pk>/compare/", compare_editions, name="leaflet-compare"),
    path("<int:pk>/editions/<int:number>/draft/", draft_from, name="leaflet-draft-from"),
]
