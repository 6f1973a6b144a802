"""Have Your Say: one form, one thank-you."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from leaflets.models import Leaflet

from .forms import FeedbackForm
from .models import Feedback


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@csrf_exempt  # Nobody is signed in here, so there is no session to misuse; a token would need a cookie.
def have_your_say(request: HttpRequest) -> HttpResponse:
    """Ask for comments, about one leaflet or section where a link named it, and store them."""
    if request.method == "POST":
        form = FeedbackForm(request.POST)
        if form.is_valid():
            feedback = form.save()
            return _see_other(f"{reverse('thank-you')}?reference={feedback.reference}")
        about, status = request.POST, 422
    else:
        about, status = request.GET, 200
        form = FeedbackForm(initial={"leaflet": about.get("leaflet"), "section": about.get("section")})
    leaflet = Leaflet.objects.filter(slug=_known_text(about, "leaflet")).first()
    edition, section = form.about(leaflet, _known_text(about, "section"))
    context = {"form": form, "about_edition": edition, "about_section": section}
    return render(request, "feedback/form.html", context, status=status)


@require_safe
@never_cache
def thank_you(request: HttpRequest) -> HttpResponse:
    """Say what was received, with its reference, and what happens next."""
    reference = _known_text(request.GET, "reference")
    received = Feedback.objects.filter(reference=reference).exists()
    return render(request, "feedback/thank_you.html", {"reference": reference if received else ""})


def _known_text(query: QueryDict, name: str) -> str:
    """A value out of an address that may stand in the database: PostgreSQL does not take every character."""
    return query.get(name, "").replace("\0", "")


def _see_other(url: str) -> HttpResponse:
    response = redirect(url)
    response.status_code = 303
    return response
