"""Admin views of one leaflet: edit, preview, share, publish, withdraw, history, comparison."""

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
    build_source,
)

EDIT, PUBLISH = "leaflets.change_edition", "leaflets.publish_edition"
_P = ParamSpec("_P")
_Page = Callable[Concatenate[HttpRequest, _P], HttpResponse]


def staff_page(permission: str) -> Callable[[_Page[_P]], _Page[_P]]:
    """Decorate an admin view that needs a permission. Its responses are not cached."""

    def decorate(view: _Page[_P]) -> _Page[_P]:
        @wraps(view)
        def allowed(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(allowed)

    return decorate


def _render_page(
    request: HttpRequest, template: str, leaflet: Leaflet, title: str, **context: Any
) -> HttpResponse:
    status = context.pop("status", 200)
    context |= admin.site.each_context(request) | {"leaflet": leaflet, "title": title, "opts": Leaflet._meta}
    return render(request, f"admin/leaflets/leaflet/{template}", context, status=status)


def _redirect_to(name: str, leaflet: Leaflet, *rest: int) -> HttpResponse:
    return redirect(f"admin:leaflet-{name}", leaflet.pk, *rest)


# --- Editing ---


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit the leaflet's draft, which the first save creates.

    POST `action`: "save", "preview" or "publish" save the draft, see `_rearrange_sections` for others.
    """
    leaflet = get_object_or_404(Leaflet, pk=pk)
    if request.method != "POST":
        editable = drafts.open_for_editing(leaflet)
        leaflet_form = LeafletForm(initial=LeafletForm.values(editable.source, editable.version))
        rows = [SectionForm.values(section) for section in editable.source.sections[1:]]
        return _render_edit_page(request, leaflet, leaflet_form, SectionFormSet(initial=rows))
    action = request.POST.get("action", "save")
    if action not in ("save", "preview", "publish"):
        return _rearrange_sections(request, leaflet, action)
    leaflet_form, sections = LeafletForm(request.POST), SectionFormSet(request.POST)
    # Validate both, so that all mistakes are shown at once.
    if not all([leaflet_form.is_valid(), sections.is_valid()]):
        return _render_edit_page(request, leaflet, leaflet_form, sections, status=422)
    rows = [form.cleaned_data for form in sections.forms if not form.cleaned_data.get("DELETE")]
    source = build_source(leaflet, leaflet_form.cleaned_data, rows)
    try:
        drafts.save_draft(leaflet, source, version=leaflet_form.cleaned_data["version"], by=request.user)
    except drafts.DraftChangedError as error:
        return _show_conflict(request, leaflet, source, error.draft)
    messages.success(request, "The draft is saved. Readers do not see it until it is published.")
    return _redirect_to("edit" if action == "save" else action, leaflet)


def _render_edit_page(
    request: HttpRequest, leaflet: Leaflet, leaflet_form: LeafletForm, sections: Any, **context: Any
) -> HttpResponse:
    editable = drafts.open_for_editing(leaflet)
    _checked, problems = drafts.check_draft(editable.source)
    return _render_page(
        request,
        "edit.html",
        leaflet,
        f"Edit: {editable.source.title or leaflet.slug}",
        leaflet_form=leaflet_form,
        sections=sections,
        editable=editable,
        problems=problems,
        recent_editor=_recent_editor(request, editable.draft),
        media=leaflet_form.media + sections.media,
        **context,
    )


def _recent_editor(request: HttpRequest, draft: Edition | None) -> str:
    """Return the name of another user who saved the draft within the last hour, or ""."""
    if draft is None or draft.edited_by is None or draft.edited_by == request.user:
        return ""
    recent = timezone.now() - draft.edited_at < dt.timedelta(hours=1)
    return str(draft.edited_by.get_full_name() or draft.edited_by) if recent else ""


def _rearrange_sections(request: HttpRequest, leaflet: Leaflet, action: str) -> HttpResponse:
    """Show the posted text again with a section added or moved. Nothing is saved.

    `action` is "add-N" (at index N), "up-N" or "down-N". Any other shows the text unchanged: drafts.js posts "restore".
    """
    leaflet_form = LeafletForm(initial={name: request.POST.get(name, "") for name in LeafletForm.base_fields})
    rows = _posted_sections(request)
    verb, _, number = action.partition("-")
    index = int(number) if number.isdecimal() else len(rows)
    if verb == "add":
        rows.insert(min(index, len(rows)), {})
    elif verb == "up" and 0 < index < len(rows):
        rows[index - 1], rows[index] = rows[index], rows[index - 1]
    elif verb == "down" and index + 1 < len(rows):
        rows[index], rows[index + 1] = rows[index + 1], rows[index]
    sections = SectionFormSet(initial=rows)
    moved_to = {"add": index, "up": index - 1, "down": index + 1}.get(verb, -1)
    if 0 <= moved_to < len(rows):
        # The page is long: keep the focus on the section.
        sections.forms[moved_to].fields["heading"].widget.attrs["autofocus"] = True
    return _render_edit_page(request, leaflet, leaflet_form, sections, unsaved=True)


def _posted_sections(request: HttpRequest) -> list[dict[str, str]]:
    total = request.POST.get("form-TOTAL_FORMS", "0")
    count = min(int(total), SectionFormSet.max_num) if total.isdecimal() else 0
    names = (*SectionForm.base_fields, "DELETE")
    return [{name: request.POST.get(f"form-{row}-{name}", "") for name in names} for row in range(count)]


def _show_conflict(
    request: HttpRequest, leaflet: Leaflet, source: LeafletSource, stored_draft: Edition
) -> HttpResponse:
    """Show the submitted text with its differences from the draft that a colleague saved meanwhile.

    The form gets the stored draft's version: saving again overwrites it.
    """
    data = request.POST.copy()
    data["version"] = str(stored_draft.version)
    return _render_edit_page(
        request,
        leaflet,
        LeafletForm(data),
        SectionFormSet(data),
        status=409,
        stored_draft=stored_draft,
        differences=compare(leaflet_source(stored_draft), drafts.add_missing_anchors(source)),
        unsaved=True,
    )


@staff_page("leaflets.add_leaflet")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Create a leaflet without a text, then go on to the edit page."""
    form = NewLeafletForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        leaflet = form.save()
        log_action(request.user, leaflet, ADDITION, "Began a new leaflet")
        return _redirect_to("edit", leaflet)
    status = 422 if form.errors else 200
    return _render_page(request, "add.html", Leaflet(), "Add a leaflet", form=form, status=status)


# --- Preview and sharing ---


@staff_page(EDIT)
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the draft as the public page."""
    draft = _get_draft(pk)
    return _render_draft(request, draft, from_admin=True)


@never_cache
@require_GET
def shared_draft(request: HttpRequest, token: str) -> HttpResponse:
    """Show a draft to everybody who has a valid link. Public."""
    draft = share_links.get_shared_draft(token)
    if draft is None:
        return render(request, "leaflets/link_ended.html", status=404)
    return _render_draft(request, draft)


def _render_draft(request: HttpRequest, draft: Edition, *, from_admin: bool = False) -> HttpResponse:
    context = {"edition": draft, "is_draft": True, "show_edit_link": from_admin}
    response = render(request, "leaflets/detail.html", context)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _get_draft(pk: int) -> Edition:
    draft = Edition.objects.filter(leaflet=pk, status=Edition.Status.DRAFT).for_editing().first()
    if draft is None:
        raise Http404("This leaflet has no draft.")
    return draft


@staff_page(EDIT)
@require_POST
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Create a link to the draft or, with POST `action` "revoke", revoke all of them."""
    draft = _get_draft(pk)
    if request.POST.get("action") == "revoke":
        share_links.revoke_share_links(draft)
        messages.success(request, "The links do not work any more.")
    else:
        share_links.create_share_link(draft, by=request.user)
        messages.success(request, "A link was made. You find it below.")
    return _redirect_to("history", draft.leaflet)


# --- Publishing ---


@staff_page(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the draft's problems, hints and differences from the live edition, and publish it."""
    draft = _get_draft(pk)
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
                return _redirect_to("publish", draft.leaflet)
            messages.success(request, f"Edition {draft.number} is published. Readers see it now.")
            return _redirect_to("history", draft.leaflet)
    live = draft.leaflet.editions.published().first()
    service = Service.objects.get()
    return _render_page(
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
        live_changed=bool(live and draft.based_on and live.number != draft.based_on),
        status=status,
    )


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def record_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the live text was checked and nothing has to change."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    next_year = timezone.localdate() + dt.timedelta(days=365)
    form = ReviewForm(request.POST or None, initial={"next_on": next_year})
    if request.method == "POST" and form.is_valid():
        drafts.record_review(leaflet, by=request.user, **form.cleaned_data)
        messages.success(request, "Thank you. It is noted that the leaflet was checked today.")
        return _redirect_to("history", leaflet)
    return _render_page(request, "checked.html", leaflet, "Checked, nothing to change", form=form)


@staff_page(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the draft, after a confirmation."""
    draft = _get_draft(pk)
    if request.method == "POST":
        try:
            drafts.discard_draft(
                draft.leaflet, version=int(request.POST.get("version") or 0), by=request.user
            )
        except (drafts.DraftChangedError, ValueError):
            messages.error(request, "A colleague saved the draft just now. It was not discarded.")
        else:
            messages.success(request, "The draft is gone. What readers see is unchanged.")
        return _redirect_to("history", draft.leaflet)
    return _render_page(request, "discard.html", draft.leaflet, "Discard the draft?", draft=draft)


@staff_page(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw the leaflet, after a confirmation."""
    leaflet = get_object_or_404(Leaflet, pk=pk, editions__status=Edition.Status.PUBLISHED)
    form = WithdrawForm(request.POST if request.method == "POST" else None, leaflet=leaflet)
    if request.method == "POST" and form.is_valid():
        editions.withdraw(leaflet, by=request.user, **form.cleaned_data)
        messages.success(request, "The leaflet is withdrawn. Its address goes on answering, and says so.")
        return _redirect_to("history", leaflet)
    return _render_page(request, "withdraw.html", leaflet, "Withdraw this leaflet?", form=form)


# --- History ---


@staff_page("leaflets.view_edition")
@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """List the leaflet's editions, its reviews, and the links to its draft."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    editions = leaflet.editions.select_related("edited_by", "published_by", "leaflet").order_by("-number")
    draft = next((edition for edition in editions if edition.status == Edition.Status.DRAFT), None)
    links = [
        request.build_absolute_uri(reverse("shared-draft", args=[share_links.make_token(link)]))
        for link in (share_links.active_links(draft) if draft else [])
    ]
    return _render_page(
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
    """Show the differences between two editions, given by number in the query string as `from` and `to`."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    old, new = (_get_edition(leaflet, request.GET.get(name, "")) for name in ("from", "to"))
    return _render_page(
        request,
        "compare.html",
        leaflet,
        f"From edition {old.number} to edition {new.number}",
        old=old,
        new=new,
        differences=compare(leaflet_source(old), leaflet_source(new)),
    )


def _get_edition(leaflet: Leaflet, number: str) -> Edition:
    editions = leaflet.editions.select_related("leaflet", "code_edition")
    return get_object_or_404(editions, number=int(number) if number.isdecimal() else 0)


@staff_page(PUBLISH)
@require_POST
def draft_from(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Start a draft with the text of an older edition."""
    leaflet = get_object_or_404(Leaflet, pk=pk)
    try:
        drafts.draft_from(_get_edition(leaflet, str(number)), by=request.user)
    except drafts.DraftChangedError:
        messages.error(request, "There is a draft already. Publish or discard it first.")
        return _redirect_to("history", leaflet)
    messages.success(request, f"A draft was started with the text of edition {number}.")
    return _redirect_to("edit", leaflet)


urlpatterns = [
    path("<int:pk>/edit/", edit, name="leaflet-edit"),
    path("<int:pk>/preview/", preview, name="leaflet-preview"),
    path("<int:pk>/share/", share, name="leaflet-share"),
    path("<int:pk>/publish/", publish, name="leaflet-publish"),
    path("<int:pk>/checked/", record_review, name="leaflet-checked"),
    path("<int:pk>/discard/", discard, name="leaflet-discard"),
    path("<int:pk>/withdraw/", withdraw, name="leaflet-withdraw"),
    path("<int:pk>/editions/", history, name="leaflet-history"),
    path("<int:pk>/compare/", compare_editions, name="leaflet-compare"),
    path("<int:pk>/editions/<int:number>/draft/", draft_from, name="leaflet-draft-from"),
]
