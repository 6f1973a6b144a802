"""What the editor asks the site for: a preview, and to keep a picture. And the pictures, for everybody.

The editor shows whatever it is told, so every refusal is one sentence in JSON: `{"error": "…"}`.
"""

import logging
from collections.abc import Callable
from functools import wraps

from csp.constants import NONE
from csp.decorators import csp
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.middleware.csrf import CsrfViewMiddleware
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from leaflets.content.markdown import MAX_CHARACTERS, render
from leaflets.models import CodeEdition
from leaflets.publishing.records import code_source

from . import pictures

MAX_PREVIEW_BYTES = 1024 * 1024
MAX_ALTERNATIVE = 500  # characters
_ENVELOPE = 64 * 1024  # what may travel with a file
_ONE_YEAR = 365 * 24 * 3600  # seconds

_SIGNED_OUT = "Your session has ended. Sign in again in another tab, then come back to this page."
_NOT_AN_EDITOR = "Your account cannot change leaflets. Ask the person who looks after the accounts."
_NO_TOKEN = "Nothing can be sent from this page any more. Copy your words, reload the page, and paste them."  # noqa: S105
_UNREADABLE = "What was sent did not arrive whole. Try again."
_NOT_KEPT = "The picture could not be kept. Try again later, or ask the person who looks after the site."
_TOO_LONG = f"This text is longer than {MAX_CHARACTERS:,} characters. Make two leaflets of it."

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]


def _refuse(message: str, status: int = 400) -> HttpResponse:
    return JsonResponse({"error": message}, status=status)


class _TokenCheck(CsrfViewMiddleware):
    """Django's own check, which says no in words that the editor can show."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return _refuse(_NO_TOKEN, status=403)


_TOKEN_CHECK = _TokenCheck(lambda _request: HttpResponse())


def _for_editors(*, max_bytes: int, too_large: str) -> Callable[[View], View]:
    """Let in staff who may change leaflets. Who asks, and how much it is, is known before anything is kept."""

    def decorate(view: View) -> View:
        @require_POST
        @never_cache
        @csrf_exempt  # Checked below: by itself Django would read the whole request first.
        @wraps(view)
        def let_in(request: HttpRequest) -> HttpResponse:
            if not request.user.is_authenticated:
                return _refuse(_SIGNED_OUT, status=403)
            if not _may_edit(request.user):
                return _refuse(_NOT_AN_EDITOR, status=403)
            if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes:
                while request.read(_ENVELOPE):
                    pass  # Who is cut off while still sending never sees the answer.
                return _refuse(too_large)
            try:
                return _TOKEN_CHECK.process_view(request, view, (), {}) or view(request)
            except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
                return _refuse(_UNREADABLE)

        return let_in

    return decorate


def _may_edit(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, PermissionsMixin) and user.is_staff and user.has_perm("leaflets.change_edition")


@_for_editors(max_bytes=MAX_PREVIEW_BYTES, too_large=_TOO_LONG)
def preview(request: HttpRequest) -> HttpResponse:
    """Show a section's text as parents will see it, below what has to be put right first.

    `content` is its Markdown; `code`, here or in the address, is the slug of the Code that it may cite.
    """
    content = request.POST.get("content")
    if content is None:
        return _refuse(_UNREADABLE)
    if len(content) > MAX_CHARACTERS:
        return _refuse(_TOO_LONG)
    slug = request.POST.get("code") or request.GET.get("code")
    codes = {code.slug: code for code in CodeEdition.objects.all()} if slug else {}
    if slug and slug not in codes:
        return _refuse("The site does not have this edition of the Code. Choose another one.")
    rendered = render(content, code_source(codes[slug]) if slug else None)
    return HttpResponse(render_to_string("editor/preview.html", {"rendered": rendered}))


@_for_editors(max_bytes=pictures.MAX_BYTES + _ENVELOPE, too_large=pictures.TOO_LARGE)
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a picture, and answer with the Markdown that shows it."""
    file, alternative = request.FILES.get("image"), " ".join(request.POST.get("alt", "").split())
    if file is None:
        return _refuse("Choose a picture first.")
    if not alternative:
        return _refuse("Say what the picture shows, for people who cannot see it.")
    if len(alternative) > MAX_ALTERNATIVE:
        return _refuse(f"Say what the picture shows in fewer words: at most {MAX_ALTERNATIVE} characters.")
    if (file.size or 0) > pictures.MAX_BYTES:
        return _refuse(pictures.TOO_LARGE)
    try:
        name = pictures.keep(file)
    except pictures.RefusedError as refused:
        return _refuse(str(refused))
    except OSError:
        logger.exception("A picture could not be kept")
        return _refuse(_NOT_KEPT, status=503)
    return JsonResponse({"image_code": pictures.markdown_for(alternative, reverse("media", args=[name]))})


@require_safe
@cache_control(public=True, max_age=_ONE_YEAR, immutable=True)
# Should anything ever pass for a picture that is none, a browser that opens it may do nothing with it.
@csp({"default-src": [NONE], "sandbox": [True]})
def media(_request: HttpRequest, name: str) -> HttpResponse:
    """A picture. Its name is the digest of its bytes, so it never changes."""
    path = pictures.path_of(name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(content, content_type=pictures.CONTENT_TYPES[path.suffix[1:]])
