"""What gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from .logs import RequestLog
from .middleware import in_utf8
from .proxies import TrustedProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")

application = TrustedProxies(RequestLog(in_utf8(get_wsgi_application())), settings.TRUSTED_PROXIES)
