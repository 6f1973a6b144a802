"""Staff's page of the order of topics and leaflets, as readers see it. Each move is stored at once and can be undone.

Nothing waits to be saved on this page: a move is small, is seen in its place, and a colleague's moves stay.
"""

import re
import secrets
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from leaflets.models import Edition, Topic
from leaflets.public.caching import CACHE_DELAY_MESSAGE
from leaflets.public.layout import PageLayout, get_layout
from leaflets.public.views import MAX_CARDS, render_home
from leaflets.publishing import topic_order
from leaflets.publishing.topic_order import OrderChangedError, Step, TooManyLeafletsError

from .views import PUBLISH, staff_page

VIEW, CHANGE = "leaflets.view_topic", "leaflets.change_topic"
# In a session: the steps that can be undone, and the forms that were carried out.
STEPS, DONE = "topic-order-steps", "topic-order-done"
MAX_STEPS, MAX_DONE = 20, 50
_MOVE = re.compile(r"(topic|leaflet)-(up|down)-(\d{1,18})|undo", re.ASCII)
_CHANGED = (
    "The order changed after you opened this page, so nothing was moved. This is the order now. Please look at it, "
    "then move again."
)
_NOT_UNDONE = "Something of this changed since, so it was not put back. This is the order now."
_DONE_ALREADY = "This was done already. It was not done again."


def _is_done(request: HttpRequest, move: str) -> bool:
    """Return whether this form of this user was carried out before: the browser sent it again."""
    return _form_key(request, move) in request.session.get(DONE, [])


def _form_key(request: HttpRequest, move: str) -> str:
    return f"{request.POST.get('form', '')[:32]} {move}"


def _keep(request: HttpRequest, move: str, steps: list[dict[str, Any]]) -> None:
    request.session[STEPS] = steps[-MAX_STEPS:]
    request.session[DONE] = [*request.session.get(DONE, []), _form_key(request, move)][-MAX_DONE:]


@staff_page(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """All topics with their leaflets. POST `move`: "topic-up-PK", "leaflet-down-PK" and so on, or "undo".

    `?at=` names the button that gets the focus.
    """
    if request.method == "POST":
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        move = request.POST.get("move", "")
        found = _MOVE.fullmatch(move)
        if found is None:
            raise Http404
        _carry_out(request, move, found)
        at = "" if move == "undo" else f"?at={move}"
        return redirect(f"{reverse('admin:topic-order')}{at}")
    topics = list(Topic.objects.all())
    steps = request.session.get(STEPS, [])
    context = {
        "groups": topic_order.read_groups(topics),
        "last_number": len(topics),
        "topics_basis": topic_order.basis_of_topics(topics),
        "form": secrets.token_hex(8),
        "at": _button_there(request.GET.get("at", "")),
        "last_step": steps[-1]["words"] if steps else "",
        "cache_delay": CACHE_DELAY_MESSAGE,
    }
    return _render(request, "order.html", "Order and topics", context)


def _button_there(move: str) -> dict[str, str]:
    """Return which button gets the focus: of what was moved, the same direction first. {} for a malformed one."""
    found = _MOVE.fullmatch(move)
    if found is None or not found[1]:
        return {}
    return {"kind": found[1], "pk": str(int(found[3])), "direction": found[2]}


def _render(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], **options: Any
) -> HttpResponse:
    context |= admin.site.each_context(request) | {"title": title, "opts": Topic._meta}
    response = render(request, f"admin/leaflets/topic/{template}", context, **options)
    response["Cache-Control"] = "no-store"
    return response


def _carry_out(request: HttpRequest, move: str, found: re.Match[str]) -> None:
    """Make the move of a form, and say in a message what was done."""
    if _is_done(request, move):
        messages.info(request, _DONE_ALREADY)
        return
    steps = request.session.get(STEPS, [])
    if move == "undo":
        if steps:
            _undo(request, steps)
        return
    basis = request.POST.get("basis", "")
    carry_out = topic_order.move_topic if found[1] == "topic" else topic_order.move_leaflet
    try:
        step = carry_out(int(found[3]), up=found[2] == "up", basis=basis, by=request.user)
    except OrderChangedError:
        messages.warning(request, _CHANGED)
    except TooManyLeafletsError:
        messages.error(
            request, "This topic has too many leaflets to give them an order. Make two topics of it."
        )
    else:
        _keep(request, move, [*steps, step.to_json()])
        messages.success(request, step.words)


def _undo(request: HttpRequest, steps: list[dict[str, Any]]) -> None:
    step = Step.from_json(steps[-1])
    if step.before.topics and not request.user.has_perm(PUBLISH):
        raise PermissionDenied
    _keep(request, "undo", steps[:-1])
    try:
        topic_order.undo(step, by=request.user)
    except OrderChangedError:
        messages.warning(request, _NOT_UNDONE)
    else:
        messages.success(request, f"Put back as it was before: {step.words}")


@staff_page(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def choose_topic(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a leaflet under another topic, or under none. POST `topic` is a slug, "" for none; `seen` the one that was shown."""
    if not request.user.has_perm(PUBLISH):
        raise PermissionDenied
    topics = list(Topic.objects.all())
    groups = topic_order.read_groups(topics)
    entry = next((one for group in groups for one in group.entries if one.leaflet_pk == pk), None)
    if entry is None:
        raise Http404
    if request.method == "POST":
        chosen = request.POST.get("topic", "")
        if chosen not in {"", *(topic.slug for topic in topics)}:
            messages.warning(request, "That topic is not there any more. Choose another.")
            return redirect("admin:topic-order-leaflet", pk)
        if not _is_done(request, f"topic-{pk}-{chosen}"):
            _put_under(request, pk, chosen)
        else:
            messages.info(request, _DONE_ALREADY)
        return redirect(f"{reverse('admin:topic-order')}?at=leaflet-up-{pk}")
    draft = Edition.objects.filter(leaflet=pk, status=Edition.Status.DRAFT).first()
    context = {
        "entry": entry,
        "topics": topics,
        "form": secrets.token_hex(8),
        "is_topic_known": entry.topic in {topic.slug for topic in topics},
        "draft_topic": next((one for one in topics if draft and one.slug == draft.topic), None),
    }
    return _render(request, "choose.html", f"The topic of “{entry.title}”", context)


def _put_under(request: HttpRequest, pk: int, chosen: str) -> None:
    try:
        step = topic_order.choose_topic(pk, chosen, seen=request.POST.get("seen", ""), by=request.user)
    except OrderChangedError:
        messages.warning(request, _CHANGED)
        return
    if step is None:
        messages.info(request, "It is under this topic already. Nothing changed.")
        return
    _keep(request, f"topic-{pk}-{chosen}", [*request.session.get(STEPS, []), step.to_json()])
    messages.success(request, step.words)


def _say_what_is_shown(layout: PageLayout) -> str:
    """Say why the home page shows the leaflets as it does, where an order or a topic cannot be seen on it; else ""."""
    count = layout.leaflet_count
    if count == 0:
        return "Readers see no leaflet yet, so it has none."
    if count == 1:
        return "The only leaflet is shown with its sections, without its topic."
    if count <= MAX_CARDS:
        return f"Up to {MAX_CARDS} leaflets are shown with what they are about, without their topics."
    public = {topic.pk for topic, _ in layout.listed if topic}
    left_out = [f"“{topic}”" for topic in Topic.objects.all() if topic.pk not in public]
    return f"Topics without a published leaflet are left out: {', '.join(left_out)}." if left_out else ""


@staff_page(VIEW)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The home page as readers get it now, past the copies that browsers and proxies keep for some minutes."""
    why = _say_what_is_shown(get_layout(request))
    response = render_home(request, "admin/leaflets/topic/home.html", why=why)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


urlpatterns = [
    path("order/", show, name="topic-order"),
    path("order/home/", home, name="topic-order-home"),
    path("order/<int:pk>/", choose_topic, name="topic-order-leaflet"),
]
