"""The display of pages, `standard` or `large` print, as chosen by the user. Only `large` is stored, in a cookie."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

COOKIE = "display"
STANDARD, LARGE = "standard", "large"
DISPLAYS = (STANDARD, LARGE)
_ONE_YEAR = 365 * 24 * 3600  # seconds


def get_display(request: HttpRequest) -> str:
    """Return the display for a request: from its query string, else from the cookie."""
    return choose_display(_query(request), request.COOKIES)


def _query(request: HttpRequest) -> QueryDict:
    try:
        return request.GET
    except SuspiciousOperation:
        return QueryDict()  # Too many parameters: the error page is rendered with this request too.


def choose_display(query: Mapping[str, Any], cookies: Mapping[str, str]) -> str:
    """Return the display that the query parameters or else the cookies name; standard by default."""
    asked = query.get(COOKIE)
    if asked not in DISPLAYS:
        asked = cookies.get(COOKIE)
    return LARGE if asked == LARGE else STANDARD


def path_without_display(request: HttpRequest) -> str:
    """Return the path and query string of the request without the display, to return to after changing it."""
    query = _query(request)
    if not query:
        return request.path
    query = query.copy()
    query.pop(COOKIE, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def set_display_cookie(response: HttpResponse, display: str, *, secure: bool) -> None:
    """Store the display in the cookie. For the standard display the cookie is deleted."""
    if display == LARGE:
        response.set_cookie(COOKIE, LARGE, max_age=_ONE_YEAR, secure=secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, samesite="Lax")


def safe_redirect_path(path: str) -> str:
    """Return `path` if it is one of this site, else "/". Prevents open redirects."""
    # Browsers treat // and /\ as the beginning of another host's URL.
    is_own = (
        path.startswith("/")
        and path[1:2] not in ("/", "\\")
        and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    )
    return path if is_own else "/"
