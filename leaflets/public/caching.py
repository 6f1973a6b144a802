"""Which pages are public: the same for everybody, and so worth keeping by browsers, proxies and this site itself.

A view says so with `public_page`. What it does not say is never kept.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from .display import COOKIE as DISPLAY

# A minute in a browser; five in a proxy, which may show the last good page while it asks for a newer one,
# for a day, or while this site does not answer, for a week (RFC 9111, RFC 5861).
CACHE_CONTROL = "public, max-age=60, s-maxage=300, stale-while-revalidate=86400, stale-if-error=604800"
KEPT = (200, 301)
# Where a request carries the site version under which its page is rendered; without one, no page is cached.
ENVIRON_KEY = "leaflets.site_version"

View = Callable[..., HttpResponseBase]


def public_page(*, reads: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Mark a view whose pages are the same for everybody who has the same display.

    `reads` names the parameters of its address that it reads. The view meets no others, so that nothing
    else in an address can change a page, nor fill a cache with copies of it. The view's attribute `reads`
    tells a cache in front of Django. A view that wants one answer not to be kept says so in its
    `Cache-Control`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def public(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.GET:
                request.GET = only_read(request.GET, reads)  # type: ignore[assignment]
            response = view(request, *args, **kwargs)
            # Whoever signed in to publish wants to see at once what was published.
            is_staff = settings.SESSION_COOKIE_NAME in request.COOKIES
            may_be_kept = response.status_code in KEPT and not is_staff
            response.headers.setdefault(
                "Cache-Control", CACHE_CONTROL if may_be_kept else "private, no-cache"
            )
            vary_by_display(response)
            return response

        public.reads = reads  # type: ignore[attr-defined]
        return public

    return decorate


def vary_by_display(response: HttpResponseBase) -> None:
    """Say that a page, of whatever status, is another one for readers who have chosen large print."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        patch_vary_headers(response, ["Cookie"])


def only_read(query: QueryDict, reads: tuple[str, ...]) -> QueryDict:
    """An address's parameters without those that no view reads: of each, the last value, in one order."""
    kept = QueryDict(mutable=True)
    for name in (*reads, DISPLAY):
        if name in query:
            kept.setlist(name, query.getlist(name)[-1:])
    return kept
