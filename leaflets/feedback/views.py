"""The pages of Have Your Say: the form, the thank-you page and the list of changes made."""

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

from leaflets import database_writes
from leaflets.models import Service
from leaflets.public.caching import cacheable_page
from leaflets.public.context_processors import without_database
from leaflets.public.display import DISPLAYS, set_display_cookie

from . import notifications, rate_limits, submissions
from .context_processors import retention
from .forms import FeedbackForm, clean_text, find_subject
from .models import Feedback

logger = logging.getLogger(__name__)

# Far more than the longest message that is stored. A longer body is not read.
MAX_BODY_SIZE = 1024 * 1024  # bytes

RETRY_AFTER = 120  # seconds, where the database fails


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # There is no session to protect, and a CSRF token would need a cookie.
def have_your_say(request: HttpRequest) -> HttpResponse:
    """Show the form, about a leaflet or section where the query string names one, and store a submission."""
    if request.method != "POST":
        subject = {name: clean_text(request.GET.get(name, "")) for name in ("leaflet", "section")}
        form = FeedbackForm(initial=subject | {"opened": submissions.issue_token().sign()})
        return _render_form(request, form, subject)
    try:
        form = FeedbackForm.from_post(_read_post(request))
    except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError):
        return _render_rejected(request, FeedbackForm.from_post(QueryDict()), "unreadable", 400)
    try:
        if request.POST.get("display") in DISPLAYS:
            return _render_in_display(request, form, request.POST["display"])
        if request.POST.get("about") == "nothing":
            return _render_form(
                request, FeedbackForm(initial={**form.data, "leaflet": "", "section": ""}), {}
            )
        return _handle_submission(request, form)
    except DBError as error:
        database_writes.note_failure()
        logger.error("A message could not be stored (%s).", database_writes.describe(error))
        return _render_without_database(request, form)


def _read_post(request: HttpRequest) -> QueryDict:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()) or int(length) > MAX_BODY_SIZE:
        raise SuspiciousOperation("too long to be read")
    return request.POST


def _handle_submission(request: HttpRequest, form: FeedbackForm) -> HttpResponse:
    """Store a submission, or show the form again with the reason why not."""
    if not form.is_valid():
        return _render_form(request, form, form.data, status=422)
    if form.cleaned_data["homepage"]:
        return _render_rejected(request, form, "trap", 400)
    try:
        token = submissions.read_token(form.cleaned_data["opened"])
        if not form.cleaned_data["asked"]:
            details = form.personal_details(Service.objects.first())
            if details:
                confirm = form.with_data(asked="true")
                return _render_form(request, confirm, form.data, personal_details=details)
        sender = rate_limits.identify_sender(request.META["REMOTE_ADDR"])
        browser = request.headers.get("User-Agent", "")
        feedback = submissions.store(form.feedback_fields(), token, sender, browser)
    except submissions.SubmissionRejected as rejected:
        return _render_rejected(request, form, rejected.reason, 400)
    except rate_limits.RateLimitError as error:
        response = _render_rejected(request, form, error.scope, 429)
        response["Retry-After"] = str(int(rate_limits.WINDOW.total_seconds()))
        return response
    database_writes.note_success()
    notifications.send_in_background()
    return _redirect_to_thank_you(request, feedback)


def _redirect_to_thank_you(request: HttpRequest, feedback: Feedback) -> HttpResponse:
    query = {"reference": feedback.reference or ""}
    if request.GET.get("display") in DISPLAYS:
        query["display"] = request.GET["display"]
    response = redirect(f"{reverse('thank-you')}?{urlencode(query)}")
    response.status_code = 303
    return response


def _render_form(
    request: HttpRequest,
    form: FeedbackForm,
    subject: Mapping[str, Any],
    status: int = 200,
    **context: object,
) -> HttpResponse:
    context = {
        "form": form,
        "about": find_subject(subject.get("leaflet", ""), subject.get("section", "")),
        "writing": reverse("have-your-say"),
        **context,
    }
    return render(request, "feedback/form.html", context, status=status)


def _render_in_display(request: HttpRequest, form: FeedbackForm, chosen: str) -> HttpResponse:
    """Switch the display while the form is being filled in, and keep its contents without validating them."""
    unchecked = FeedbackForm(initial=form.data)
    response = _render_form(request, unchecked, form.data, display=chosen)
    set_display_cookie(response, chosen, secure=request.is_secure())
    return response


def _render_rejected(request: HttpRequest, form: FeedbackForm, reason: str, status: int) -> HttpResponse:
    """Show the form again with its contents, a new token and the reason of the rejection (see `_rejected.html`)."""
    fresh = form.with_data(opened=submissions.issue_aged_token().sign(), homepage="")
    return _render_form(request, fresh, fresh.data, status=status, rejected=reason)


def _render_without_database(request: HttpRequest, form: FeedbackForm) -> HttpResponse:
    context = without_database(request) | retention(request)
    context |= {"form": form, "rejected": "broken", "writing": reverse("have-your-say")}
    response = render(None, "feedback/form.html", context, status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


@never_cache
@require_safe
def thank_you(request: HttpRequest) -> HttpResponse:
    """Show the reference of a message and what happens next."""
    reference = clean_text(request.GET.get("reference", ""))
    fields = ("reference", "wants_reply", "section", "leaflet__slug")
    received = Feedback.objects.filter(reference=reference).select_related("leaflet").only(*fields).first()
    context = {
        "feedback": received,
        "about": find_subject(received.leaflet.slug, received.section)
        if received and received.leaflet
        else None,
        "reply_days": settings.FEEDBACK_REPLY_DAYS,
    }
    return render(request, "feedback/thank_you.html", context, status=200 if received else 404)


@require_safe
@cacheable_page()
def you_said_we_did(request: HttpRequest) -> HttpResponse:
    """List what the service changed because of messages, in its own words."""
    shown = Feedback.objects.shown_to_public()[:100]
    return render(request, "feedback/you_said_we_did.html", {"changes": shown})
