"""Views of the public pages. Queries are methods of the models' query sets."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from csp.constants import NONE
from csp.decorators import csp
from django.conf import settings
from django.db import Error
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from leaflets.formats import pdf
from leaflets.law.sources import sort_key
from leaflets.models import (
    Citation,
    Edition,
    Leaflet,
    OldSlug,
    Provision,
    Service,
    Source,
    compare_with_law,
    provisions_cited_in_public,
    provisions_with_a_page,
)

from .caching import cache_control, cacheable_page, vary_by_display
from .context_processors import for_edition, without_database
from .display import DISPLAYS, safe_redirect_path, set_display_cookie
from .layout import get_layout
from .leaflet_pdfs import FontMissingError, get_leaflet_pdf, is_offered
from .news import LeafletNews
from .pagination import get_page, read_editions, render_page
from .words import find_provisions, group_by_letter

# Leaflets that the home page shows with what they are about. More are titles under their topics.
MAX_CARDS = 6
CITATIONS_PER_PAGE = 100
# Only filtered, never evaluated: to build them again takes a quarter of the time of a page.
_PAGES = Edition.objects.with_page_content()
_PROVISIONS = provisions_with_a_page()


@require_safe
@cacheable_page()
def home(request: HttpRequest) -> HttpResponse:
    """Home page: links by situation, the phone, and the leaflets. The only leaflet has links to its sections."""
    return render_home(request)


def render_home(request: HttpRequest, template: str = "home.html", **context: object) -> HttpResponse:
    """Render the home page, also with a template that extends its own and takes more context."""
    return render(request, template, {"max_cards": MAX_CARDS} | context)


@require_safe
@cacheable_page(vary_on_params=("page",))
def leaflet_list(request: HttpRequest) -> HttpResponse:
    """List of all leaflets under their topics, in pages."""
    listed = get_layout(request).listed
    page = get_page(request, listed)
    is_only_one = len(listed) == 1
    more = ("in_short_html", "in_short_unapproved") if is_only_one else ()
    groups = read_editions(page, Edition.objects.for_lists(*more))
    return render_page(request, "leaflets/list.html", page, {"groups": groups, "is_only_one": is_only_one})


@require_safe
@cacheable_page()
def leaflet(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A published leaflet."""
    return _edition_page(request, slug, "leaflet")


@require_safe
@cacheable_page()
def leaflet_part(request: HttpRequest, slug: str, anchor: str) -> HttpResponseBase:
    """How to send one part of a leaflet: a section and each heading in it, or one of these headings.

    The page has the addresses in words, for e-mail and for a text message, and nobody needs a script.
    """
    edition = Edition.objects.get_live_with_headings(slug)
    if edition is None:
        return redirect_or_gone(request, slug)
    parts = edition.find_parts(anchor)
    if not parts:
        raise Http404
    return render(request, "leaflets/part.html", {"edition": edition, "part": parts[0], "parts": parts})


@require_safe
@cacheable_page()
def footer_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A page linked from the footer, such as privacy, accessibility or cookies."""
    return _edition_page(request, slug, "footer")


def _edition_page(request: HttpRequest, slug: str, placement: str) -> HttpResponseBase:
    edition = _PAGES.get_live(slug, placement)
    if edition is None:
        return redirect_or_gone(request, slug)
    layout = get_layout(request)
    context = for_edition(
        edition,
        has_pdf=placement == "leaflet" and is_offered(edition, layout.service),
        newer_law=layout.find_newer_law(edition),
    )
    return render(request, "leaflets/detail.html", context)


def redirect_or_gone(request: HttpRequest, slug: str, name: str = "leaflet") -> HttpResponseBase:
    """Redirect an old slug to the leaflet, or to its page of this name; answer 410 for a withdrawn leaflet.

    Raises `Http404` for other slugs.
    """
    old = OldSlug.objects.select_related("leaflet").filter(slug=slug).first()
    moved = old.leaflet if old else Leaflet.objects.filter(slug=slug).first()
    if moved is None:
        raise Http404
    if moved.editions.published().exists():
        is_here = moved.placement == "footer" or moved.slug == slug
        url = moved.get_absolute_url() if is_here else reverse(name, args=[moved.slug])
        return HttpResponsePermanentRedirect(url)
    withdrawn = moved.editions.filter(status=Edition.Status.WITHDRAWN).order_by("-number").first()
    if withdrawn is None:
        raise Http404
    instead = Edition.objects.published().filter(leaflet=moved.read_instead_id).for_lists().first()
    return render(request, "410.html", {"edition": withdrawn, "instead": instead}, status=410)


@require_safe
def leaflet_pdf(request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
    """A leaflet as PDF, made from its page's HTML: SLUG.pdf, or SLUG-large-print.pdf."""
    edition = Edition.objects.get_live_leaflet(slug)
    if edition is None:
        return redirect_or_gone(request, slug)
    if not pdf.is_available() or name not in edition.pdf_names.values():
        raise Http404
    chosen = next(display for display, pdf_name in edition.pdf_names.items() if pdf_name == name)
    try:
        path = get_leaflet_pdf(request, edition, chosen)
    except FontMissingError:
        return render(request, "leaflets/no_pdf.html", {"edition": edition, "never": True}, status=404)
    except pdf.PdfUnavailableError as error:
        unavailable = render(request, "leaflets/no_pdf.html", {"edition": edition}, status=503)
        unavailable["Retry-After"] = str(error.retry_after)
        return unavailable
    # A weak ETag, because each replica makes its own file: the same content in different bytes.
    etag = f'W/"{path.stem}"'
    response: HttpResponseBase = get_conditional_response(request, etag=etag) or FileResponse(
        path.open("rb"), filename=f"{name}.pdf", content_type="application/pdf"
    )
    response["Cache-Control"] = cache_control(request)
    response["ETag"] = etag
    return response


@require_safe
@cacheable_page()
def edition_list(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List of a leaflet's public editions, with what changed."""
    editions = list(
        Edition.objects.shown_to_public().filter(leaflet__slug=slug).for_history().with_public_until()
    )
    if not editions:
        return _moved_or_404("editions", slug)
    is_live = any(one.status == Edition.Status.PUBLISHED for one in editions)
    context = {"editions": editions, "newest": editions[0], "is_live": is_live}
    return render(request, "leaflets/editions.html", context)


@require_safe
@cacheable_page()
def edition(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """One edition of a leaflet, marked where it is not the live one."""
    found = Edition.objects.shown_to_public().filter(leaflet__slug=slug, number=number)
    this = found.with_page_content().with_public_until().first()
    if this is None:
        return _moved_or_404("edition", slug, number=number)
    is_live = this.leaflet.editions.published().exists()
    context = for_edition(this, is_edition_page=True, is_live=is_live)
    return render(request, "leaflets/detail.html", context)


def _moved_or_404(name: str, slug: str, **number: int) -> HttpResponseBase:
    """Redirect an old slug, but only to a page that exists: redirects from all numbers would fill the cache."""
    old = get_object_or_404(OldSlug.objects.select_related("leaflet"), slug=slug)
    if not Edition.objects.shown_to_public().filter(leaflet=old.leaflet, **number).exists():
        raise Http404
    return HttpResponsePermanentRedirect(reverse(name, kwargs={"slug": old.leaflet.slug, **number}))


@require_safe
@cacheable_page()
def law(request: HttpRequest) -> HttpResponse:
    """List of the sources of law that leaflets cite or whose text the site has."""
    sources = Source.objects.filter(versions__provisions__in=_PROVISIONS).distinct()
    cited = provisions_cited_in_public().order_by().values_list("version__source", "number").distinct()
    counts = Counter(source for source, _number in cited)
    listed = [(source, counts[source.pk]) for source in sources.order_by("title")]
    context: dict[str, Any] = {"sources": listed}
    if len(listed) == 1:
        source = listed[0][0]
        # Alone on its page, it has what its own page begins with.
        context |= {
            "source": source,
            "cited": _once_per_number(provisions_cited_in_public().filter(version__source=source)),
        }
    return render(request, "law/index.html", context)


@require_safe
@cacheable_page(vary_on_params=("chapter",))
def law_source(request: HttpRequest, slug: str) -> HttpResponse:
    """One source: its newest version, what leaflets quote from it, and its chapters.

    `?chapter=6` lists the provisions of a chapter.
    """
    source = get_object_or_404(Source, slug=slug)
    versions = source.versions.newest_first()
    version = versions.in_force().first() or versions.first()
    if version is None:
        raise Http404
    chapters = list(version.chapters.select_related("version__source").order_by("position"))
    chapter = next((one for one in chapters if one.number == request.GET.get("chapter")), None)
    provisions = _PROVISIONS.filter(version=version).in_order()
    context = {
        "source": source,
        "version": version,
        "chapters": chapters,
        "chapter": chapter,
        "cited": _once_per_number(provisions_cited_in_public().filter(version__source=source)),
        "provisions": provisions.filter(chapter=chapter) if chapter or not chapters else [],
    }
    response = render(request, "law/source.html", context)
    if "chapter" in request.GET and chapter is None:
        # Every value is answered: do not let them fill the caches.
        response["Cache-Control"] = "no-cache"
    return response


def _once_per_number(provisions: Iterable[Provision]) -> list[Provision]:
    """Return the provisions of the newest version that has each number: all versions of a number have one page."""
    newest: dict[str, Provision] = {}
    for provision in provisions:
        newest.setdefault(provision.number, provision)
    return sorted(newest.values(), key=lambda provision: sort_key(provision.number))


@require_safe
@cacheable_page()
def law_provision(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """One provision: the law's own words, and the leaflets that cite it, with their quotations."""
    provisions = list(_PROVISIONS.with_number(slug, number))
    if not provisions:
        raise Http404
    source = provisions[0].version.source
    today = timezone.localdate()
    current = source.versions.newest_first().in_force(today).first()
    # The law as it is now comes first, then what it will be, then what it was.
    provisions.sort(key=lambda provision: provision.version != current)
    citations = Citation.objects.published().filter(provision__in=provisions).with_places()
    shown = list(citations[:CITATIONS_PER_PAGE])
    by_key = {provision.pk: provision for provision in provisions}
    for citation in shown:
        citation.provision = by_key[citation.provision_id]
    compared = list(zip(shown, compare_with_law(shown), strict=True))
    before, after = provisions[0].neighbours()
    context = {
        "source": source,
        "number": number,
        "current": current,
        "today": today,
        "provisions": [
            (provision, [pair for pair in compared if pair[0].provision_id == provision.pk])
            for provision in provisions
        ],
        "published_at": provisions[0].version.url,
        "before": before,
        "after": after,
        "left_out": citations.count() - len(shown) if len(shown) == CITATIONS_PER_PAGE else 0,
    }
    return render(request, "law/provision.html", context)


@require_safe
@cacheable_page()
def words(request: HttpRequest) -> HttpResponse:
    """The words explained, by their letters."""
    terms = get_layout(request).glossary.terms
    provisions = find_provisions(terms)
    letters = group_by_letter(terms)
    context = {
        "letters": [
            (letter, [(term, provisions.get(term.provision)) for term in terms]) for letter, terms in letters
        ],
        "all_drafts": bool(terms) and all(term.unapproved for term in terms),
    }
    return render(request, "words.html", context)


@require_safe
@cacheable_page()
def contact(request: HttpRequest) -> HttpResponse:
    """Contact details of the service and of the data protection officer."""
    return render(request, "contact.html")


# A logo and a stylesheet never change at their addresses.
IMMUTABLE = "public, max-age=31536000, immutable"


@require_safe
# Nothing in a logo can run, even if it is opened as a page.
@csp({"default-src": [NONE], "sandbox": [True]})
@cacheable_page()
def logo(request: HttpRequest, digest: str, extension: str) -> HttpResponseBase:
    """The service's logo. A page that was cached with an earlier logo is sent to the one of now."""
    service = get_layout(request).service
    if service is None or not service.logo_file:
        raise Http404
    if request.path != service.logo_url:
        return HttpResponseRedirect(service.logo_url)
    return _immutable(service.logo_file, service.logo_type)


@require_safe
@cacheable_page()
def brand_stylesheet(request: HttpRequest, colour: str, digest: str) -> HttpResponseBase:
    """The colours of the service. A page that was cached with earlier colours is sent to those of now."""
    layout = get_layout(request)
    if layout.service is None or not layout.brand_stylesheet:
        raise Http404
    if request.path != layout.brand_stylesheet:
        return HttpResponseRedirect(layout.brand_stylesheet)
    return _immutable(layout.service.brand_css.encode(), "text/css; charset=utf-8")


def _immutable(content: bytes | memoryview, content_type: str) -> HttpResponse:
    # Bytes: PostgreSQL returns a memoryview.
    response = HttpResponse(bytes(content), content_type=content_type)
    response["Cache-Control"] = IMMUTABLE
    return response


@require_POST
@csrf_exempt  # It only sets the display, and a token would set a cookie on every page.
def display(request: HttpRequest) -> HttpResponse:
    """Store the chosen display in a cookie, and redirect back to the page `next`."""
    chosen = request.POST.get("display", "")
    if chosen not in DISPLAYS:
        return render(request, "400.html", status=400)
    response = HttpResponseRedirect(safe_redirect_path(request.POST.get("next", "/")))
    response.status_code = 303
    set_display_cookie(response, chosen, secure=request.is_secure())
    return response


# --- For machines ---


@require_safe
@cacheable_page()
def news(request: HttpRequest) -> HttpResponse:
    """What changed in leaflets, as an Atom feed."""
    return LeafletNews()(request)


@require_safe
@cacheable_page()
def robots_txt(request: HttpRequest) -> HttpResponse:
    """robots.txt: all pages but the admin may be crawled."""
    sitemap = request.build_absolute_uri(reverse("sitemap.xml"))
    return plain_text_response(
        f"User-agent: *\nDisallow: /admin/\nDisallow: /display/\n\nSitemap: {sitemap}\n"
    )


@require_safe
@cacheable_page()
def security_txt(request: HttpRequest) -> HttpResponse:
    """security.txt: where to report a vulnerability (RFC 9116)."""
    service = Service.objects.first()
    contact = settings.SECURITY_CONTACT or (service and f"mailto:{service.email}")
    if not contact:
        raise Http404
    # RFC 9116 recommends less than a year.
    expires = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(
        days=180
    )
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {request.build_absolute_uri(reverse('security.txt'))}",
    ]
    return plain_text_response("\n".join(lines) + "\n")


def plain_text_response(text: str, status: int = 200) -> HttpResponse:
    """Return a response in plain text, for programs."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


# --- Errors ---


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handler of status 404."""
    response = render(request, "404.html", status=404)
    # The page may be published later.
    response["Cache-Control"] = "no-cache"
    vary_by_display(response)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Handler of status 500. Needs no database, because that may be the cause."""
    try:
        return render(request, "500.html", status=500)
    except Error:
        return render(None, "500.html", without_database(request), status=500)
