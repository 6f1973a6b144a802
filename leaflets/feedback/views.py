"""Have Your Say: one form, one thank-you, and what came of it."""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import Error as DBError
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from leaflets.models import Service
from leaflets.public.caching import cacheable_page
from leaflets.public.context_processors import without_database
from leaflets.public.display import DISPLAYS, set_display_cookie

from . import notifications, rate_limits, submissions
from .context_processors import retention
from .forms import FeedbackForm, about, readable
from .models import Feedback

logger = logging.getLogger(__name__)

# A hundred times the longest message that is stored. What is longer is not read at all.
BODY_LIMIT = 1024 * 1024  # bytes

TRY_AGAIN_AFTER = 120  # seconds, where the site itself is in trouble


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # Nobody is signed in here, so there is no session to misuse; a token would need a cookie.
def have_your_say(request: HttpRequest) -> HttpResponse:
    """Ask for comments, about one leaflet or section where a link named it, and store them."""
    if request.method != "POST":
        asked_about = {name: readable(request.GET.get(name, "")) for name in ("leaflet", "section")}
        form = FeedbackForm(initial=asked_about | {"opened": submissions.issue_token().sign()})
        return _show(request, form, asked_about)
    try:
        form = FeedbackForm.sent(_posted(request))
    except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError):
        return _show_again(request, FeedbackForm.sent(QueryDict()), "unreadable", 400)
    try:
        if request.POST.get("display") in DISPLAYS:
            return _show_in_display(request, form, request.POST["display"])
        if request.POST.get("about") == "nothing":
            return _show(request, FeedbackForm(initial={**form.data, "leaflet": "", "section": ""}), {})
        return _receive(request, form)
    except DBError as error:
        # The kind alone: a database's complaint may repeat what somebody wrote.
        logger.error("A message could not be stored (%s).", type(error).__name__)
        return _show_without_database(request, form)


def _posted(request: HttpRequest) -> QueryDict:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()) or int(length) > BODY_LIMIT:
        raise SuspiciousOperation("too long to be read")
    return request.POST


def _receive(request: HttpRequest, form: FeedbackForm) -> HttpResponse:
    """Store what was sent, or show it once more with what is to be done."""
    if not form.is_valid():
        return _show(request, form, form.data, status=422)
    if form.cleaned_data["homepage"]:
        return _show_again(request, form, "trap", 400)
    try:
        token = submissions.read_token(form.cleaned_data["opened"])
        if not form.cleaned_data["asked"]:
            found = form.personal_details(Service.objects.first())
            if found:
                return _show(request, form.again(asked="true"), form.data, found=found)
        sender, browser = (
            rate_limits.hash_address(request.META["REMOTE_ADDR"]),
            request.headers.get("User-Agent", ""),
        )
        feedback = submissions.store(form.message(), token, sender, browser)
    except submissions.SubmissionRejected as rejected:
        return _show_again(request, form, rejected.reason, 400)
    except rate_limits.RateLimitError as error:
        response = _show_again(request, form, error.scope, 429)
        response["Retry-After"] = str(int(rate_limits.WINDOW.total_seconds()))
        return response
    notifications.send_in_background()
    return _to_thank_you(request, feedback)


def _to_thank_you(request: HttpRequest, feedback: Feedback) -> HttpResponse:
    query = {"reference": feedback.reference or ""}
    if request.GET.get("display") in DISPLAYS:
        query["display"] = request.GET["display"]
    response = redirect(f"{reverse('thank-you')}?{urlencode(query)}")
    response.status_code = 303
    return response


def _show(
    request: HttpRequest,
    form: FeedbackForm,
    asked_about: Mapping[str, Any],
    status: int = 200,
    **context: object,
) -> HttpResponse:
    edition, section = about(asked_about.get("leaflet", ""), asked_about.get("section", ""))
    here = reverse("have-your-say")
    context = {"form": form, "about_edition": edition, "about_section": section, "writing": here, **context}
    return render(request, "feedback/form.html", context, status=status)


def _show_in_display(request: HttpRequest, form: FeedbackForm, chosen: str) -> HttpResponse:
    """The same words in the other display: somebody who chooses large print while writing loses nothing."""
    unchecked = FeedbackForm(initial=form.data)
    response = _show(request, unchecked, form.data, display=chosen)
    set_display_cookie(response, chosen, secure=request.is_secure())
    return response


def _show_again(request: HttpRequest, form: FeedbackForm, stopped: str, status: int) -> HttpResponse:
    """The same words in a fresh form, with why it was stopped: pressing Send once more is all there is to do."""
    fresh = form.again(opened=submissions.issue_aged_token().sign(), homepage="")
    return _show(request, fresh, fresh.data, status=status, stopped=stopped)


def _show_without_database(request: HttpRequest, form: FeedbackForm) -> HttpResponse:
    context = without_database(request) | retention(request)
    context |= {"form": form, "stopped": "broken", "writing": reverse("have-your-say")}
    response = render(None, "feedback/form.html", context, status=503)
    response["Retry-After"] = str(TRY_AGAIN_AFTER)
    return response


@never_cache
@require_safe
def thank_you(request: HttpRequest) -> HttpResponse:
    """Say what was received, with its reference, and what happens next and when."""
    reference = readable(request.GET.get("reference", ""))
    received = Feedback.objects.filter(reference=reference).only("reference", "wants_reply").first()
    context = {"feedback": received, "reply_days": settings.FEEDBACK_REPLY_DAYS}
    return render(request, "feedback/thank_you.html", context, status=200 if received else 404)


@require_safe
@cacheable_page()
def you_said_we_did(request: HttpRequest) -> HttpResponse:
    """What the service changed because of what people said, in the service's own words."""
    shown = Feedback.objects.shown_to_public()[:100]
    return render(request, "feedback/you_said_we_did.html", {"changes": shown})
