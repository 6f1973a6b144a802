"""What gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from .logs import RequestLog
from .middleware import in_utf8
from .proxies import TrustedProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")

_django = get_wsgi_application()
# Loads the views now and not with the first page: the workers share what was loaded before they part.
get_resolver().url_patterns  # noqa: B018 - asking for them loads them

# It asks the models, which want Django to be set up.
from .page_cache import PageCache  # noqa: E402

application = TrustedProxies(
    RequestLog(in_utf8(PageCache(_django, settings.PAGE_CACHE_BYTES))), settings.TRUSTED_PROXIES
)
