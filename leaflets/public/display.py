"""How a reader wants pages shown: `standard` or `large`. Remembered in a cookie only when they choose."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

COOKIE = "display"
STANDARD, LARGE = "standard", "large"
DISPLAYS = (STANDARD, LARGE)
_ONE_YEAR = 365 * 24 * 3600  # seconds


def display_of(request: HttpRequest) -> str:
    """The display for this page: asked for in its address, or else the one the reader chose before."""
    return chosen(_parameters(request), request.COOKIES)


def _parameters(request: HttpRequest) -> QueryDict:
    try:
        return request.GET
    except SuspiciousOperation:
        return QueryDict()  # There are too many. The page that says so is shown all the same.


def chosen(query: Mapping[str, Any], cookies: Mapping[str, str]) -> str:
    """The display that an address's parameters or, where they name none, the cookies choose."""
    asked = query.get(COOKIE)
    if asked not in DISPLAYS:
        asked = cookies.get(COOKIE)
    return LARGE if asked == LARGE else STANDARD


def path_without_display(request: HttpRequest) -> str:
    """The address of this very page, for coming back to it in the other display."""
    query = _parameters(request)
    if not query:
        return request.path
    query = query.copy()
    query.pop(COOKIE, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def remember(response: HttpResponse, display: str, *, secure: bool) -> None:
    """Keep a reader's choice. Choosing the standard display forgets it: no cookie means standard."""
    if display == LARGE:
        response.set_cookie(COOKIE, LARGE, max_age=_ONE_YEAR, secure=secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, samesite="Lax")


def own_path(path: str) -> str:
    """The path to go back to, if it is one of this site; the home page otherwise."""
    # Browsers read // and /\ as the beginning of another host's address.
    is_own = (
        path.startswith("/")
        and path[1:2] not in ("/", "\\")
        and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    )
    return path if is_own else "/"
