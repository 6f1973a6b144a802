"""Cacheable pages: those that are the same for every visitor, so that browsers, proxies and this site may cache them.

A view is marked with `cacheable_page`. Responses of all other views are never cached.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from .display import COOKIE as DISPLAY

# One minute in a browser, five in a proxy. A proxy may serve a stale page for a day while it revalidates, and for a
# week while this site does not answer (RFC 9111, RFC 5861).
CACHE_CONTROL = "public, max-age=60, s-maxage=300, stale-while-revalidate=86400, stale-if-error=604800"
# The same in words for staff who changed something.
CACHE_DELAY_MESSAGE = "Readers see this within a minute, or within about five minutes where the council's network keeps copies of pages."
NO_CACHE = "private, no-cache"
CACHEABLE_STATUSES = (200, 301)
# The key of `request.META` with the site version under which a page is rendered; without one, no page is cached.
SITE_VERSION_ENVIRON_KEY = "leaflets.site_version"

View = Callable[..., HttpResponseBase]


def cacheable_page(*, vary_on_params: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Mark a view whose pages depend only on the address and the display.

    `vary_on_params` names the query parameters that the view reads. All others are removed from `request.GET`, so that
    no other parameter can change a page or fill a cache with copies of it. The view's attribute `vary_on_params` marks
    it for the cache in front of Django (`sendiass_site.web.page_cache`). A view sets `Cache-Control` itself on a
    response that must not be cached.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.GET:
                request.GET = select_params(request.GET, vary_on_params)  # type: ignore[assignment]
            response = view(request, *args, **kwargs)
            is_cacheable = response.status_code in CACHEABLE_STATUSES
            response.headers.setdefault("Cache-Control", cache_control(request) if is_cacheable else NO_CACHE)
            vary_by_display(response)
            return response

        wrapped.vary_on_params = vary_on_params  # type: ignore[attr-defined]
        return wrapped

    return decorate


def cache_control(request: HttpRequest) -> str:
    """Return the `Cache-Control` of a page that is the same for every visitor."""
    # Staff see what they have published at once.
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return CACHE_CONTROL if is_known_host(request.META) and not has_session else NO_CACHE


def is_known_host(environ: dict[str, Any]) -> bool:
    """Whether the request's host is exactly one of ALLOWED_HOSTS or SITE_URL's, without a port or with SITE_URL's.

    Django also accepts capitals, a trailing dot, any port and, with `.example.org`, any subdomain. Pages have links
    with the host: under such a name they would fill this site's cache with copies, and a proxy that ignores the port
    would send its links to others.
    """
    site = urlsplit(settings.SITE_URL)
    port = site.port or {"http": 80, "https": 443}[site.scheme]
    host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
    known = {*settings.ALLOWED_HOSTS, site.netloc}
    return host in known or host.removesuffix(f":{port}") in known


def vary_by_display(response: HttpResponseBase) -> None:
    """Add `Vary: Cookie` to an HTML page of any status: the cookie for large print changes it."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        patch_vary_headers(response, ["Cookie"])


def select_params(query: QueryDict, names: tuple[str, ...]) -> QueryDict:
    """Return only these parameters and the display, in this order; of a repeated one, the last value."""
    selected = QueryDict(mutable=True)
    for name in (*names, DISPLAY):
        if name in query:
            selected.setlist(name, query.getlist(name)[-1:])
    return selected
