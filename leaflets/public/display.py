"""The display of pages, `standard` or `large` print, as chosen by the user. Only `large` is stored, in a cookie.

An address with `?display=large` can be shared. Who opens it sets no cookie, so the links of its page carry the parameter on.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

COOKIE = "display"
STANDARD, LARGE = "standard", "large"
DISPLAYS = (STANDARD, LARGE)
# What the page cache calls pages in large print because of their address: their links differ.
LARGE_BY_ADDRESS = "large by address"
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


def cache_variant(query: Mapping[str, Any], cookies: Mapping[str, str]) -> str:
    """Return which variant of a page is shown: caches answer requests for the same variant with the same copy."""
    chosen = choose_display(query, cookies)
    return LARGE_BY_ADDRESS if chosen == LARGE and cookies.get(COOKIE) != LARGE else chosen


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


# --- Large print by address ---

_LINK = re.compile(r'(<a\b[^<>]*?\shref=")([/?][^"<>]*)"')
_FORM = re.compile(r"<form\b[^<>]*>")
_ACTION = re.compile(r'(\saction=")([/?][^"<>]*)"')
_POST = re.compile(r'\smethod="post"', re.IGNORECASE)
_FIELD = f'<input type="hidden" name="{COOKIE}" value="{LARGE}">'
# Not pages for readers, and the page that changes the display.
_OTHERS = ("//", "/\\", "/admin/", "/staff/", "/static/", "/media/", "/display/")


def keep_large_print(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: links, forms and redirects of a page in large print by its address lead to pages in large print.

    Not where the cookie says large print: then the addresses stay as they are.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        keeps = COOKIE in request.META.get("QUERY_STRING", "") and not request.path.startswith(_OTHERS)
        if keeps:
            keeps = cache_variant(_query(request), request.COOKIES) == LARGE_BY_ADDRESS
        response = get_response(request)
        if keeps:
            _keep_large_print(response)
        return response

    return middleware


def _keep_large_print(response: HttpResponseBase) -> None:
    location = response.headers.get("Location", "")
    if location.startswith("/"):
        response.headers["Location"] = _with_large_print(location, "&")
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    if isinstance(response, HttpResponse) and is_html:
        html = response.content.decode(response.charset)
        html = _FORM.sub(lambda match: _form_with_large_print(match[0]), _LINK.sub(_replace_address, html))
        response.content = html.encode(response.charset)


def _replace_address(match: re.Match[str]) -> str:
    return f'{match[1]}{_with_large_print(match[2], "&amp;")}"'


def _form_with_large_print(form: str) -> str:
    """Add the parameter to the address of a form that is posted, and as a field to another: a browser replaces its query."""
    if _POST.search(form):
        return _ACTION.sub(_replace_address, form)
    return form + _FIELD


def _with_large_print(address: str, ampersand: str) -> str:
    """Return a path or query of this site with the parameter; unchanged where it has one, or leads to no page for readers."""
    path_and_query, hash_sign, fragment = address.partition("#")
    path, _, query = path_and_query.partition("?")
    is_page = path.endswith("/") and not path.startswith(_OTHERS)
    if (path and not is_page) or f"{COOKIE}=" in query:
        return address
    query = f"{query}{ampersand}" if query else ""
    return f"{path}?{query}{COOKIE}={LARGE}{hash_sign}{fragment}"
