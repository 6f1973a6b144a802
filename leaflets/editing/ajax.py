"""Endpoints of the Markdown editor, CSRF token, preview, paste and uploads, and the public views of pictures and files.

Every refusal is one sentence in JSON, `{"error": "…"}`, which the editor shows.
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
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from leaflets.content.characters import clean_characters
from leaflets.content.convert import ConversionError
from leaflets.content.limits import MAX_CHARACTERS, TOO_MANY_CHARACTERS
from leaflets.content.markdown import render
from leaflets.models import SourceVersion
from leaflets.publishing.admin_log import log_upload
from leaflets.publishing.law import citable_law

from . import attachments, pasting, pictures
from .upload_storage import MAX_BYTES

MAX_PREVIEW_BYTES = 1024 * 1024
MAX_PASTE_BYTES = 2_500_000  # what Django reads of a form's fields: DATA_UPLOAD_MAX_MEMORY_SIZE
MAX_ALTERNATIVE_TEXT = 500  # characters
MAX_LINK_WORDS = 100  # characters
_FORM_OVERHEAD = 64 * 1024  # bytes of a form's other fields and of its multipart encoding
_ONE_YEAR = 365 * 24 * 3600  # seconds

_SIGNED_OUT = "Your session has ended. Sign in again in another tab, then come back to this page."
_NOT_AN_EDITOR = "Your account cannot change leaflets. Ask the person who looks after the accounts."
_CSRF_FAILED = (
    "Nothing can be sent from this page any more. Copy your words, reload the page, and paste them."
)
_FILE_NOT_SAVED = "The file could not be kept. Try again later, or ask the person who looks after the site."
_UNREADABLE = "What was sent did not arrive whole. Try again."
_NOT_SAVED = "The picture could not be kept. Try again later, or ask the person who looks after the site."

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]


def _refuse(message: str, status: int = 400) -> HttpResponse:
    return JsonResponse({"error": message}, status=status)


class _JsonCsrfCheck(CsrfViewMiddleware):
    """Django's CSRF check with a refusal in JSON."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return _refuse(_CSRF_FAILED, status=403)


_CSRF_CHECK = _JsonCsrfCheck(lambda _request: HttpResponse())


def _editors_only(*, max_bytes: int, too_large: str) -> Callable[[View], View]:
    """Decorate a POST view for staff who may change leaflets. Checks user and size before the body is parsed.

    `too_large` is the refusal of requests of more than `max_bytes`.
    """

    def decorate(view: View) -> View:
        @require_POST
        @never_cache
        @csrf_exempt  # Checked below: Django's own check would read the whole request first.
        @wraps(view)
        def wrapper(request: HttpRequest) -> HttpResponse:
            if not request.user.is_authenticated:
                return _refuse(_SIGNED_OUT, status=403)
            if not _may_edit(request.user):
                return _refuse(_NOT_AN_EDITOR, status=403)
            if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes:
                while request.read(_FORM_OVERHEAD):
                    pass  # A client reads the response only after it has sent the whole request.
                return _refuse(too_large)
            try:
                return _CSRF_CHECK.process_view(request, view, (), {}) or view(request)
            except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
                return _refuse(_UNREADABLE)

        return wrapper

    return decorate


def _may_edit(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, PermissionsMixin) and user.is_staff and user.has_perm("leaflets.change_edition")


@require_safe
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """Return a CSRF token as `{"token": "…"}`: signing in, even in another tab, makes those of open pages useless."""
    if not request.user.is_authenticated:
        return _refuse(_SIGNED_OUT, status=403)
    if not _may_edit(request.user):
        return _refuse(_NOT_AN_EDITOR, status=403)
    return JsonResponse({"token": get_token(request)})


@_editors_only(max_bytes=MAX_PREVIEW_BYTES, too_large=TOO_MANY_CHARACTERS)
def preview(request: HttpRequest) -> HttpResponse:
    """Render a section's Markdown as HTML, below its problems and what may be read otherwise than meant.

    POST `content` is the Markdown; `code`, in POST or the query string, the slug of the Code that it may cite.
    """
    content = request.POST.get("content")
    if content is None:
        return _refuse(_UNREADABLE)
    if len(content) > MAX_CHARACTERS:
        return _refuse(TOO_MANY_CHARACTERS)
    slug = request.POST.get("code") or request.GET.get("code")
    if slug and not SourceVersion.objects.of_codes().filter(slug=slug).exists():
        return _refuse("The site does not have this edition of the Code. Choose another one.")
    # As it will be saved.
    rendered = render(clean_characters(content), citable_law(slug or ""))
    context = {
        "problems": sorted([*rendered.problems, *rendered.misread]),
        "hints": rendered.hints,
        "html": rendered.html,
        "may_add_provision": request.user.has_perm("leaflets.add_provision"),
    }
    return HttpResponse(render_to_string("editor/preview.html", context))


@_editors_only(max_bytes=MAX_PASTE_BYTES, too_large=pasting.TOO_LONG)
def paste(request: HttpRequest) -> HttpResponse:
    """Convert what was pasted, `html` or else `text`, to the Markdown of one section.

    Returns `markdown`; in `sections`, how many sections it would be as a leaflet, 0 if it is none; and `questions` with
    `text`, `excerpt` and `replacement` as in `leaflets.content.convert.Question`.
    """
    html, text = request.POST.get("html", ""), request.POST.get("text", "")
    try:
        converted = pasting.convert(html, text, whole=False)
        headings = converted.introduction.count("\n### ") + converted.introduction.startswith("### ")
        whole = pasting.convert(html, text, whole=True) if headings else None
    except (pasting.PasteRefusedError, ConversionError) as refused:
        return _refuse(str(refused))
    questions = [
        {"text": one.text, "excerpt": one.excerpt, "replacement": one.replacement}
        for one in converted.questions
    ]
    sections = len(whole.sections) if whole else 0
    return JsonResponse(
        {
            "markdown": converted.introduction,
            "sections": sections if sections > 1 else 0,
            "questions": questions,
        }
    )


@_editors_only(max_bytes=MAX_BYTES + _FORM_OVERHEAD, too_large=pictures.TOO_LARGE)
def upload(request: HttpRequest) -> HttpResponse:
    """Store the picture `image` and return, as `image_code`, the Markdown that shows it with the text `alt`."""
    file, alternative = request.FILES.get("image"), " ".join(request.POST.get("alt", "").split())
    if file is None:
        return _refuse("Choose a picture first.")
    if not alternative:
        return _refuse("Say what the picture shows, for people who cannot see it.")
    if len(alternative) > MAX_ALTERNATIVE_TEXT:
        return _refuse(
            f"Say what the picture shows in fewer words: at most {MAX_ALTERNATIVE_TEXT} characters."
        )
    if (file.size or 0) > MAX_BYTES:
        return _refuse(pictures.TOO_LARGE)
    try:
        name = pictures.save_picture(file)
    except pictures.PictureRefusedError as refused:
        return _refuse(str(refused))
    except OSError:
        logger.exception("Could not store a picture")
        return _refuse(_NOT_SAVED, status=503)
    log_upload(request.user, f"pictures/{name}")
    return JsonResponse({"image_code": pictures.picture_markdown(alternative, reverse("media", args=[name]))})


@_editors_only(max_bytes=MAX_BYTES + _FORM_OVERHEAD, too_large=attachments.TOO_LARGE)
def upload_file(request: HttpRequest) -> HttpResponse:
    """Store the Word document or PDF `file` and return, as `file_code`, the Markdown of a link named `words` to it."""
    file, words = request.FILES.get("file"), " ".join(request.POST.get("words", "").split())
    if file is None:
        return _refuse("Choose a file first.")
    if not words:
        return _refuse("Give the file a name for readers, such as: Form to ask for an assessment.")
    if len(words) > MAX_LINK_WORDS:
        return _refuse(f"Give the file a shorter name: at most {MAX_LINK_WORDS} characters.")
    if (file.size or 0) > MAX_BYTES:
        return _refuse(attachments.TOO_LARGE)
    try:
        name = attachments.save_file(file, words)
    except attachments.FileRefusedError as refused:
        return _refuse(str(refused))
    except OSError:
        logger.exception("Could not store a file")
        return _refuse(_FILE_NOT_SAVED, status=503)
    log_upload(request.user, f"files/{name}")
    return JsonResponse({"file_code": attachments.link_markdown(words, name)})


@require_safe
@cache_control(public=True, max_age=_ONE_YEAR, immutable=True)
# Defence in depth: if a file that is no picture were served, a browser could not run anything in it.
@csp({"default-src": [NONE], "sandbox": [True]})
def media(_request: HttpRequest, name: str) -> HttpResponse:
    """Serve a picture. Its name is the digest of its bytes, so it may be cached as immutable."""
    path = pictures.picture_path(name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(content, content_type=pictures.CONTENT_TYPES[path.suffix[1:]])


@require_safe
@cache_control(public=True, max_age=_ONE_YEAR, immutable=True)
@csp({"default-src": [NONE], "sandbox": [True]})
def attachment(_request: HttpRequest, name: str) -> HttpResponse:
    """Serve a file to be downloaded: no browser opens it as a page of this site.

    Its name has the digest of its bytes, so it may be cached as immutable.
    """
    path = attachments.attachment_path(name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    response = HttpResponse(content, content_type=attachments.CONTENT_TYPES[path.suffix[1:]])
    response["Content-Disposition"] = f'attachment; filename="{attachments.download_name(name)}"'
    return response
