"""The WSGI application that gunicorn serves."""

import os
import sqlite3
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import Error, connections
from django.urls import get_resolver, reverse

from .web.logs import RequestLog
from .web.middleware import force_utf8
from .web.proxies import TrustedProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")

_django = get_wsgi_application()
# Import the views before gunicorn forks, so that the workers share their memory.
get_resolver().url_patterns  # noqa: B018 - the attribute imports them

# These import models, which need Django to be set up.
from leaflets.models import Edition  # noqa: E402
from leaflets.models.site_version import read_site_version  # noqa: E402
from leaflets.public.search import engine as search  # noqa: E402

from .web.page_cache import PageCache  # noqa: E402
from .web.request_counts import get_counts  # noqa: E402
from .web.scheduled_change_thread import ScheduledChangeThread  # noqa: E402
from .web.view_counter import ViewCounter  # noqa: E402

scheduled_change_thread = ScheduledChangeThread()
# In memory that the workers share, so before gunicorn forks.
request_counts = get_counts() if settings.METRICS_ALLOW else None
_page_cache = PageCache(
    RequestLog(force_utf8(_django)),
    settings.PAGE_CACHE_BYTES,
    set_next_due=scheduled_change_thread.set_next_due,
    counts=request_counts,
)
view_counter = ViewCounter(_page_cache) if settings.COUNT_VIEWS else None
application = TrustedProxies(view_counter or _page_cache, settings.TRUSTED_PROXIES)


def warm_up() -> None:
    """Make ready what the workers share, before gunicorn forks. Scheduled changes wait for a process that serves."""
    with scheduled_change_thread.paused():
        _warm_up()


def _warm_up() -> None:
    """Request the most read pages: the workers share the cached pages and what was imported.

    The index of the search is made here too, so that no reader waits for it. A database error is ignored: the first request
    meets it again, and it is logged then. So is a SQLite that cannot make the index: `manage.py doctor` says it.
    """
    try:
        leaflets = Edition.objects.published().leaflets().for_lists()[:1]
        for path in [
            reverse("home"),
            reverse("leaflets"),
            reverse("search"),
            *(leaflet.get_absolute_url() for leaflet in leaflets),
        ]:
            _request(path)
        search.prepare(read_site_version())
    except (Error, sqlite3.Error):
        pass
    finally:
        # The workers must not inherit a connection.
        connections.close_all()


def _request(path: str) -> None:
    site = urlsplit(settings.SITE_URL)
    environ = {"PATH_INFO": path, "HTTP_HOST": site.netloc, "wsgi.url_scheme": site.scheme}
    setup_testing_defaults(environ)
    response = application(environ, lambda *_: None)
    getattr(response, "close", lambda: None)()
