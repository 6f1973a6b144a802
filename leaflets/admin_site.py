"""The admin site of staff: Django's, with what there is to do on its start page.

A form that is sent after the session ended, or after another sign-in, is not carried out. Its words are shown, to be copied.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from .admin_navigation import NAVIGATION, group_lists

# Under this heading the start page shows what concerns the website itself.
WEBSITE = "The website"
# People who wait come first.
HEADINGS = ("Messages", *(group for group in NAVIGATION if group != "Messages"), WEBSITE)
MAX_READERS_NAMED = 20

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])
# Fields of forms that nobody typed: Django's own, and what a page was opened with. Passwords are never shown.
_NOT_TYPED = re.compile(
    r"_.*|csrfmiddlewaretoken|action|index|select_across|post|basis|read|seen|newest|initial-.*"
    r"|.*-(?:TOTAL_FORMS|INITIAL_FORMS|MIN_NUM_FORMS|MAX_NUM_FORMS|initial-.*)|.*password.*",
    re.IGNORECASE,
)


def _typed_words(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the name and text of each field that was filled in, of a form that this site's own page sent.

    What another site sent is not shown: its words would look like ours.
    """
    sender = request.headers.get("Origin") or request.headers.get("Referer", "")
    own = f"{request.scheme}://{request.get_host()}"
    if not request.path.startswith(resolve_url("admin:index")) or f"{sender}/".split("/")[:3] != own.split(
        "/"
    ):
        return []
    fields = ((name, "\n".join(values).strip()) for name, values in request.POST.lists())
    return [(_in_words(name), text) for name, text in fields if text and not _NOT_TYPED.fullmatch(name)]


def _in_words(name: str) -> str:
    row = re.fullmatch(r"form-(\d{1,4})-(.*)", name)
    words = f"Section {int(row[1]) + 1}: {row[2]}" if row else name
    return words.replace("_", " ")[:1].upper() + words.replace("_", " ")[1:]


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form whose token is not valid, which happens after another sign-in."""
    return render(request, "403_csrf.html", {"typed": _typed_words(request)}, status=403)


def _feedback_readers() -> list[str]:
    """Return the names of the staff, apart from administrators, who may read what people send."""
    # Imported here: Django imports this module before it has models.
    from django.contrib.auth.models import User

    from .models import name_of

    backend = "django.contrib.auth.backends.ModelBackend"
    readers = User.objects.with_perm("feedback.view_feedback", include_superusers=False, backend=backend)
    named = readers.filter(is_staff=True).order_by("pk")[:MAX_READERS_NAMED]
    return [name_of(user) for user in named]


@dataclass(frozen=True)
class Task:
    """What waits for a user: a sentence, and the address of the page where it is done, if there is one.

    `is_late` is shown in words. `action` is a second link, (words, address), such as the page to note that nothing has
    to change.
    """

    words: str
    url: str = ""
    is_late: bool = False
    action: tuple[str, str] | None = None


TaskSource = Callable[[HttpRequest], Iterable[Task]]
_task_sources: dict[str, list[TaskSource]] = {heading: [] for heading in HEADINGS}


def shown_on_start_page(heading: str) -> Callable[[TaskSource], TaskSource]:
    """Decorate a function that yields what waits for the user of a request: only what the user may do.

    The start page shows its tasks under the heading, which is one of `HEADINGS`, in their order.
    """

    def register(source: TaskSource) -> TaskSource:
        _task_sources[heading].append(source)
        return source

    return register


class StaffAdminConfig(AdminConfig):
    default_site = "leaflets.admin_site.StaffAdminSite"


class StaffAdminSite(admin.AdminSite):
    """Opens on what waits for the user, and lists its pages in the order of the work."""

    index_template = "admin/start.html"
    index_title = "Start"
    site_title = "Staff"

    def admin_view(self, view: _View, cacheable: bool = False) -> _View:
        """As Django's, but words that were sent after the session ended are shown instead of being lost at the sign-in."""
        checked = super().admin_view(view, cacheable)

        def with_words(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            typed = []
            if request.method == "POST" and not request.user.is_authenticated:
                typed = _typed_words(request)
            if not typed:
                return checked(request, *args, **kwargs)
            address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}"
            context = {"typed": typed, "sign_in": address}
            return never_cache(render)(request, "admin/session_ended.html", context, status=403)

        return cast(_View, update_wrapper(with_words, checked))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"software_version": settings.VERSION}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        return group_lists(super().get_app_list(request, app_label), request)

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The page of one app, to which Django's breadcrumbs lead: the start page, which has the models of all apps."""
        return self.index(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        found = {
            heading: [task for source in sources for task in source(request)]
            for heading, sources in _task_sources.items()
        }
        tasks = {heading: tasks for heading, tasks in found.items() if tasks}
        return super().index(
            request, {"tasks": tasks, "feedback_readers": _feedback_readers()} | (extra_context or {})
        )
