"""What gunicorn serves."""

import os
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import Error, connections
from django.urls import get_resolver, reverse

from .web.logs import RequestLog
from .web.middleware import in_utf8
from .web.proxies import TrustedProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")

_django = get_wsgi_application()
# Loads the views now and not with the first page: the workers share what was loaded before they part.
get_resolver().url_patterns  # noqa: B018 - asking for them loads them

# They ask the models, which want Django to be set up.
from leaflets.models import Edition  # noqa: E402

from .web.page_cache import PageCache  # noqa: E402

application = TrustedProxies(
    PageCache(RequestLog(in_utf8(_django)), settings.PAGE_CACHE_BYTES), settings.TRUSTED_PROXIES
)


def warm_up() -> None:
    """Answer what readers ask for most, before the workers part: they share what it took, and the pages.

    What goes wrong here goes wrong again for the first reader, and is written down then.
    """
    try:
        leaflets = Edition.objects.published().leaflets().for_lists()[:1]
        for path in [
            reverse("home"),
            reverse("leaflets"),
            *(leaflet.get_absolute_url() for leaflet in leaflets),
        ]:
            _ask(path)
    except Error:
        pass
    finally:
        # No two processes may use one connection.
        connections.close_all()


def _ask(path: str) -> None:
    site = urlsplit(settings.SITE_URL)
    environ = {"PATH_INFO": path, "HTTP_HOST": site.netloc, "wsgi.url_scheme": site.scheme}
    setup_testing_defaults(environ)
    answer = application(environ, lambda *_: None)
    getattr(answer, "close", lambda: None)()
