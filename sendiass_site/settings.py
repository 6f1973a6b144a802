"""Django settings, read from environment variables, with defaults that are safe for production.

Each variable is described in the table of docs/operating.md, which a test compares with this file.
"""

import importlib.util
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from . import databases, environment, secret_key, version
from .web import logs, proxies

BASE_DIR = Path(__file__).resolve().parent.parent


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ImproperlyConfigured(message)


def _env(name: str, default: str = "") -> str:
    """Return a variable without spaces and quotes around it. An empty one counts as not set."""
    value = environment.strip_quotes(os.environ.get(name) or "") or default
    _require(not value.endswith(","), f"{name} ends with a comma. Take the comma away.")
    return value


def _env_secret(name: str) -> str:
    """Return a variable unchanged, also a secret that begins with `$` or `#`, or is in quotes."""
    return os.environ.get(name) or ""


def _env_list(name: str, default: str = "") -> list[str]:
    """Return the parts of a list. A comma too many, also at its end, does not matter."""
    return environment.split_list(os.environ.get(name) or default)


def _env_bool(name: str, *, default: bool) -> bool:
    value = _env(name, "on" if default else "off")
    _require(value in ("on", "off"), f"{name} is {value!r}. Set it to on or off, for example {name}=off.")
    return value == "on"


# --- Core ---

VERSION = version.VERSION

DEBUG = _env_bool("DEBUG", default=False)
# Off only for a trial on one's own machine, without a certificate: no redirect to HTTPS, no secure cookies.
HTTPS = _env_bool("HTTPS", default=not DEBUG)

# On in the image of the Dockerfile, where nothing can be installed: what to do about a problem is another thing there.
IN_IMAGE = _env_bool("IN_IMAGE", default=False)

DATA_DIR = Path(_env("DATA_DIR") or BASE_DIR / "var").absolute()
CONTENT_DIR = BASE_DIR / "content"
SECRET_KEY = _env_secret("SECRET_KEY") or secret_key.read_or_create(DATA_DIR / "secret_key")
_require(
    len(SECRET_KEY) >= 50,
    "SECRET_KEY is too short. Give it 50 letters and digits or more that nobody can guess, "
    "or leave it out and one is made.",
)

# Browsers send a host in small letters, and pages are cached for exactly these.
ALLOWED_HOSTS = [host.lower() for host in _env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")]
_require(
    ALLOWED_HOSTS != []
    and all(
        re.fullmatch(r"\.?[\w-]+(\.[\w-]+)*|\[[\da-f:.]+\]|\*", host, re.ASCII) for host in ALLOWED_HOSTS
    ),
    f"ALLOWED_HOSTS is {os.environ.get('ALLOWED_HOSTS', '')!r}. Give host names alone, with commas between them and IPv6 addresses "
    "in brackets, for example ALLOWED_HOSTS=www.example.org,example.org.",
)


def _default_site_url() -> str:
    if not HTTPS:
        return environment.url_without_https(_env("HOST"), _env("PORT", "8000"), ALLOWED_HOSTS)
    hosts = environment.exact_hosts(ALLOWED_HOSTS)
    _require(
        bool(hosts),
        f"ALLOWED_HOSTS={','.join(ALLOWED_HOSTS)} names no single address, which links in e-mails need. Set SITE_URL "
        "too, for example SITE_URL=https://www.example.org.",
    )
    return f"https://{hosts[0]}"


# The base URL of links in e-mails, which are sent without a request.
SITE_URL = _env("SITE_URL").removesuffix("/") or _default_site_url()
_site = re.fullmatch(
    r"(https?://(?:[\w-]+(?:\.[\w-]+)*|\[[\da-f:.]+\])(?::\d{1,5})?)(/.*)?",
    SITE_URL,
    re.ASCII | re.IGNORECASE,
)
_require(
    _site is not None,
    f"SITE_URL is {SITE_URL!r}. Give the site's one address, without a path, "
    "for example SITE_URL=https://www.example.org.",
)
_require(
    _site is not None and _site[2] is None,
    f"SITE_URL is {SITE_URL!r}, with a path. The site needs a host name of its own, such as send.example.org, and cannot "
    "be a part of another site. Give it without a path, for example SITE_URL=https://www.example.org.",
)
SITE_URL = SITE_URL.lower()
_require(
    not HTTPS or SITE_URL.startswith("https:"),
    f"SITE_URL is {SITE_URL!r}, without HTTPS. Set SITE_URL={SITE_URL.replace('http:', 'https:').removesuffix(':80')}, or HTTPS=off "
    "for a first look.",
)
try:
    TRUSTED_PROXIES = proxies.parse_networks(_env_list("TRUSTED_PROXIES", "127.0.0.1,::1"))
except ValueError as error:
    raise ImproperlyConfigured(
        f"TRUSTED_PROXIES is not understood: {error}. Give addresses or networks with commas between them, "
        "for example TRUSTED_PROXIES=10.0.0.5,192.168.0.0/24."
    ) from error
try:
    # Who may read /metrics. Empty: nobody, and nothing is counted for it.
    METRICS_ALLOW = proxies.parse_networks(_env_list("METRICS_ALLOW"))
except ValueError as error:
    raise ImproperlyConfigured(
        f"METRICS_ALLOW is not understood: {error}. Give addresses or networks with commas between them, "
        "for example METRICS_ALLOW=10.0.0.9,192.168.0.0/24."
    ) from error
ROOT_URLCONF = "sendiass_site.urls"
WSGI_APPLICATION = "sendiass_site.wsgi.application"

INSTALLED_APPS = [
    "leaflets.admin_site.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "markdownx",
    "leaflets.apps.LeafletsConfig",
    "leaflets.feedback.apps.FeedbackConfig",
    "leaflets.staff.apps.StaffConfig",
    "sendiass_site.apps.SiteConfig",
]

# Of one request. The editor's form has up to six fields for each of 200 sections, and some for the leaflet.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_500
MIDDLEWARE = [
    "sendiass_site.web.middleware.cross_origin_headers",
    "sendiass_site.web.request_counts.count_requests",
    "sendiass_site.web.middleware.probes_for_any_host",
    "sendiass_site.web.middleware.reject_oversized_requests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "sendiass_site.web.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # After the one that measures the length of pages.
    "leaflets.public.display.keep_large_print",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Both apply to the addresses of staff only: other visitors have no session.
    "leaflets.staff.sessions.SessionTimeoutMiddleware",
    "leaflets.staff.mfa.RequireMFAMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "leaflets.public.context_processors.site",
                "leaflets.feedback.context_processors.retention",
            ],
        },
    },
]
# All form fields use templates/django/forms/field.html.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database, cache and files ---

try:
    DATABASES = {
        "default": databases.parse(
            _env("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}", "DATABASE_URL", DATA_DIR
        )
    }
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Per process. Off with DEBUG, so that changes of the code are visible at once.
_PAGE_CACHE_MB = _env("PAGE_CACHE_MB", "0" if DEBUG else "32")
_require(
    re.fullmatch(r"[0-9]{1,5}", _PAGE_CACHE_MB) is not None,
    f"PAGE_CACHE_MB is {_PAGE_CACHE_MB!r}. Set it to a number of megabytes from 0 to 99999, for example PAGE_CACHE_MB=32; "
    "with 0 no page is cached.",
)
PAGE_CACHE_BYTES = int(_PAGE_CACHE_MB) * 2**20

# How often each leaflet, PDF and provision is read: see sendiass_site/web/view_counter.py.
COUNT_VIEWS = _env_bool("COUNT_VIEWS", default=True)

PDF_TIMEOUT = 60  # seconds; a leaflet takes two or three

MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
# URLs of this site, in place of those of django-markdownx, which are not included.
MARKDOWNX_URLS_PATH = reverse_lazy("editor-preview")
MARKDOWNX_UPLOAD_URLS_PATH = reverse_lazy("editor-upload")
STATIC_ROOT = BASE_DIR / "staticfiles"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "sendiass_site.web.static_storage.StaticFilesStorage"
    },
}

# Not also under their own names: compressing them takes as long again. `serve_current_version` serves those.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Without a cookie of its own: the page about cookies lists every cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- E-mail ---

_EMAIL_URL = _env("EMAIL_URL")
_require(
    not databases.has_unencoded_characters(_EMAIL_URL),
    f"EMAIL_URL is not understood. {databases.PERCENT_ENCODING_HINT} For example EMAIL_URL=smtp+tls://site:pass%2Fword@mail.example.org:587.",
)
try:
    _mail = environ.Env.email_url_config(_EMAIL_URL or "dummymail://")
except (ImproperlyConfigured, ValueError):
    _mail = {}
_require(
    _EMAIL_URL == "" or ("smtp" in _mail.get("EMAIL_BACKEND", "") and bool(_mail["EMAIL_HOST"])),
    # The value may include a password, so it is not shown.
    "EMAIL_URL is not understood. Write smtp+tls:// for port 587, smtp+ssl:// for port 465 or smtp:// for port 25, "
    "for example EMAIL_URL=smtp+tls://site:password@mail.example.org:587.",
)
HAS_MAIL = _EMAIL_URL != ""
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"] or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = _env("EMAIL_FROM") or f"noreply@{urlsplit(SITE_URL).hostname}"
# Without the signs of a list, of a name beside the address, and of quotes.
_ADDRESS = re.compile(r"[^@\s\",;<>]+@[^@\s\"',;<>]+")
_require(
    _ADDRESS.fullmatch(DEFAULT_FROM_EMAIL) is not None,
    f"EMAIL_FROM is {DEFAULT_FROM_EMAIL!r}. Give one e-mail address, for example EMAIL_FROM=website@example.org.",
)

# --- Feedback ---


def _env_days(name: str, *, default: int) -> int:
    value = _env(name, str(default))
    _require(
        re.fullmatch(r"[1-9]\d{0,3}", value) is not None,
        f"{name} is {value!r}. Set it to a number of days, for example {name}={default}.",
    )
    return int(value)


# Days until comments are deleted after they were sent, and contact details after the message was closed.
FEEDBACK_DAYS = _env_days("FEEDBACK_DAYS", default=365)
FEEDBACK_CONTACT_DAYS = _env_days("FEEDBACK_CONTACT_DAYS", default=min(90, FEEDBACK_DAYS))
_require(
    FEEDBACK_CONTACT_DAYS <= FEEDBACK_DAYS,
    f"FEEDBACK_CONTACT_DAYS is {FEEDBACK_CONTACT_DAYS}, and everything goes after FEEDBACK_DAYS={FEEDBACK_DAYS}. "
    f"Set it to no more, for example FEEDBACK_CONTACT_DAYS={FEEDBACK_DAYS}.",
)
# Working days within which staff should reply to a message.
FEEDBACK_REPLY_DAYS = _env_days("FEEDBACK_REPLY_DAYS", default=10)
FEEDBACK_NOTIFY = _env_list("FEEDBACK_NOTIFY")
_require(
    all(_ADDRESS.fullmatch(address) for address in FEEDBACK_NOTIFY),
    "FEEDBACK_NOTIFY is not understood. Give e-mail addresses with commas between them, "
    "for example FEEDBACK_NOTIFY=office@example.org.",
)
_require(
    HAS_MAIL or not FEEDBACK_NOTIFY,
    "FEEDBACK_NOTIFY needs a mail server. Name it, for example "
    "EMAIL_URL=smtp+tls://site:password@mail.example.org:587.",
)
# Messages per hour: by IP address (with IPv6 by each of the networks /64, /56 and /48), in all, and by one opened form.
# Many parents may share one address, such as at a school.
FEEDBACK_SENDER_LIMIT = 60
FEEDBACK_SITE_LIMIT = 500
FEEDBACK_FORM_LIMIT = 5

# --- Internationalisation ---

LANGUAGE_CODE = "en-gb"
# Words of Django's admin, in the words of the service.
LOCALE_PATHS = [BASE_DIR / "leaflets" / "locale"]
TIME_ZONE = "Europe/London"
USE_I18N = True

# --- Authentication ---

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "leaflets.staff.password_validation.ZxcvbnValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = LOGOUT_REDIRECT_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_RESET_TIMEOUT = 3600  # seconds

# Off only for a trial: script/server turns it off and prints that.
REQUIRE_MFA = _env_bool("REQUIRE_MFA", default=True)
MFA_ADAPTER = "leaflets.staff.mfa.StaffMFAAdapter"
MFA_FORMS = {
    "authenticate": "leaflets.staff.forms.AuthenticateCodeForm",
    "reauthenticate": "leaflets.staff.forms.ReauthenticateCodeForm",
    "activate_totp": "leaflets.staff.forms.ActivateTOTPForm",
    "add_webauthn": "leaflets.staff.forms.AddPasskeyForm",
    "authenticate_webauthn": "leaflets.staff.forms.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "leaflets.staff.forms.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Codes of the step before and after the current one are valid too: phones are some seconds slow or fast.
MFA_TOTP_TOLERANCE = 1

ACCOUNT_ADAPTER = "leaflets.staff.account_adapter.StaffAccountAdapter"
ACCOUNT_FORMS = {
    "login": "leaflets.staff.forms.LoginForm",
    "reauthenticate": "leaflets.staff.forms.ReauthenticatePasswordForm",
    "change_password": "leaflets.staff.forms.ChangePasswordForm",
    "reset_password": "leaflets.staff.forms.ResetPasswordForm",
    "reset_password_from_key": "leaflets.staff.forms.SetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_SESSION_REMEMBER = False
# Counted in the database, shared by all processes and machines. For "key" see leaflets/staff/throttling.py.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,40/h/ip,5/10m/key",
    "login_tried": "30/m/ip,200/h/ip",
    # Of IPv6, for the /56 and the /48: one home or office may have all their addresses, and a password is slow to check.
    "login_tried_network": "60/m/key,400/h/key",
    "login_tried_anywhere": "100/h/key",
    "second_step_failed": "10/m/ip,40/h/ip,5/10m/key",
    "second_step_tried_anywhere": "30/h/key,100/d/key",
    "reset_password": "20/h/ip,3/h/key",
    "reset_password_network": "40/h/key",
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "staff_cache",
        # Keys may include IP or e-mail addresses, so they are stored as digests.
        "KEY_FUNCTION": "leaflets.staff.throttling.digest_key",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# Single sign-on with the council's OpenID Connect provider, such as Entra ID.
OIDC_ISSUER = _env("OIDC_ISSUER")
_DISCOVERY = "/.well-known/openid-configuration"
_require(
    not OIDC_ISSUER.rstrip("/").endswith(_DISCOVERY),
    f"OIDC_ISSUER ends with {_DISCOVERY}, which the site adds itself. Set "
    f"OIDC_ISSUER={OIDC_ISSUER.rstrip('/').removesuffix(_DISCOVERY)}.",
)
_OIDC_CLIENT_ID = _env("OIDC_CLIENT_ID")
_OIDC_CLIENT_SECRET = _env_secret("OIDC_CLIENT_SECRET")
_require(
    re.fullmatch(r"(https://[^\s?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?)?", OIDC_ISSUER) is not None,
    f"OIDC_ISSUER is {OIDC_ISSUER!r}. Give the issuer's https address, "
    "for example OIDC_ISSUER=https://login.microsoftonline.com/the-tenants-id/v2.0.",
)
_require(
    bool(OIDC_ISSUER) == bool(_OIDC_CLIENT_ID) == bool(_OIDC_CLIENT_SECRET),
    "Single sign-on needs OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, all three or none, "
    "for example OIDC_CLIENT_ID=the-name-of-this-site.",
)
OIDC_GROUPS_CLAIM = _env("OIDC_GROUPS_CLAIM", "groups")
# The values of that claim that grant membership of each group. Membership of a group without values is not changed.
OIDC_GROUPS = {
    "Editors": _env_list("OIDC_EDITORS"),
    "Publishers": _env_list("OIDC_PUBLISHERS"),
    "Feedback readers": _env_list("OIDC_FEEDBACK_READERS"),
}
OIDC_ADMINISTRATORS = _env_list("OIDC_ADMINISTRATORS")
_require(
    not OIDC_ISSUER or any(OIDC_GROUPS.values()) or bool(OIDC_ADMINISTRATORS),
    "With OIDC_ISSUER alone nobody could sign in. Say who may do what in OIDC_EDITORS, OIDC_PUBLISHERS, "
    "OIDC_FEEDBACK_READERS or OIDC_ADMINISTRATORS, for example OIDC_PUBLISHERS=send-publishers.",
)
OIDC_HAS_MFA = _env_bool("OIDC_HAS_MFA", default=False)
OIDC_OWNS_EMAILS = _env_bool("OIDC_OWNS_EMAILS", default=False)
PASSWORD_LOGIN = _env_bool("PASSWORD_LOGIN", default=True)
_require(
    PASSWORD_LOGIN or bool(OIDC_ISSUER),
    "PASSWORD_LOGIN=off leaves no way in without OIDC_ISSUER. Set both, or PASSWORD_LOGIN=on.",
)
SOCIALACCOUNT_ADAPTER = "leaflets.staff.single_sign_on.OpenIDSocialAccountAdapter"
# Sign-in starts with a link: the CSP `form-action 'self'` also blocks redirects of a form to another site.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "council",
                "name": _env("OIDC_NAME") or "your council account",
                "client_id": _OIDC_CLIENT_ID,
                "secret": _OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

# --- Security headers and cookies ---

SECURE_SSL_REDIRECT = HTTPS
# The container's health check uses plain HTTP, and so does a monitoring program beside it.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
# How long browsers use HTTPS alone after a visit. In steps: a browser cannot be told to forget it while HTTPS is broken.
HSTS = _env("HSTS", "1day")
_HSTS_DAYS = {"1day": 1, "2years": 2 * 365, "preload": 2 * 365}
_require(
    HSTS in _HSTS_DAYS,
    f"HSTS is {HSTS!r}. Set it to 1day, 2years or preload, for example HSTS=1day.",
)
SECURE_HSTS_SECONDS = _HSTS_DAYS[HSTS] * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and HSTS == "preload"
# They ask for all names below the site's own, and for browsers' lists. Not every site can have these: see HSTS.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Browsers accept a cookie with this prefix over HTTPS only, and send it to this host only.
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}session"
CSRF_COOKIE_NAME = f"{_PREFIX}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "leaflets.admin_site.csrf_failure"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE = 3600  # seconds
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "script-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen",
        "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment",
        "picture-in-picture", "screen-wake-lock", "usb", "xr-spatial-tracking",
    )
}  # fmt: skip

# --- Logging and security.txt ---

LOG_FORMAT = _env("LOG_FORMAT", "text")
_require(
    LOG_FORMAT in ("text", "json"),
    f"LOG_FORMAT is {LOG_FORMAT!r}. Set it to text or json, for example LOG_FORMAT=json.",
)
LOGGING = logs.logging_config(LOG_FORMAT)
# Where errors are reported to; nowhere without it. See sendiass_site/web/error_reports.py for what is sent.
SENTRY_DSN = _env("SENTRY_DSN")
_dsn = re.fullmatch(
    r"((?:https|http(?=://[^@/]*@(?:127\.0\.0\.1|localhost)[:/]))://\w+@)([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?(/[\w./-]*)?/\d+",
    SENTRY_DSN,
    re.ASCII | re.IGNORECASE,
)
_require(
    SENTRY_DSN == "" or _dsn is not None,
    # The value includes a key, so it is not shown.
    "SENTRY_DSN is not understood. Copy the https address from the settings of the project, under Client Keys, "
    "for example SENTRY_DSN=https://key@errors.example.org/1.",
)
_require(
    SENTRY_DSN == "" or importlib.util.find_spec("sentry_sdk") is not None,
    "SENTRY_DSN needs the package sentry-sdk, which is not installed. Install requirements.txt, which has it, "
    "or take SENTRY_DSN away.",
)
# The host that gets the reports, for the page about privacy.
ERROR_REPORTS_HOST = _dsn[2] if _dsn else ""
# The contact in security.txt (RFC 9116): an https: or mailto: URL.
SECURITY_CONTACT = _env("SECURITY_CONTACT")
_require(
    re.fullmatch(r"((https://|mailto:)[^\s\"<>]+)?", SECURITY_CONTACT) is not None,
    f"SECURITY_CONTACT is {SECURITY_CONTACT!r}. Start it with https:// or mailto:, "
    "for example SECURITY_CONTACT=mailto:security@example.org.",
)
