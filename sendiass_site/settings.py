"""Settings: one file, safe for the public by default. The only place that reads the environment.

Each variable is described in the table of docs/operating.md, which a test compares with this file.
"""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from . import secret_key
from .web import logs, proxies

BASE_DIR = Path(__file__).resolve().parent.parent


def _refuse_unless(condition: bool, sentence: str) -> None:
    if not condition:
        raise ImproperlyConfigured(sentence)


def _text(name: str, default: str = "") -> str:
    """What the environment says, to the letter: a secret may begin with any sign. Empty is as good as not set."""
    return os.environ.get(name) or default


def _listed(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


def _switch(name: str, *, default: bool) -> bool:
    value = _text(name, "on" if default else "off")
    _refuse_unless(
        value in ("on", "off"), f"{name} is {value!r}. Set it to on or off, for example {name}=off."
    )
    return value == "on"


# --- Where and how it runs ---

DEBUG = _switch("DEBUG", default=False)
# Off only for a first look on one's own machine: no certificate, so no redirect and no secure cookies.
HTTPS = _switch("HTTPS", default=not DEBUG)

DATA_DIR = Path(_text("DATA_DIR") or BASE_DIR / "var").absolute()
CONTENT_DIR = BASE_DIR / "content"
SECRET_KEY = _text("SECRET_KEY") or secret_key.read_or_make(DATA_DIR / "secret_key")
_refuse_unless(
    len(SECRET_KEY) >= 50,
    "SECRET_KEY is too short. Give it 50 letters and digits or more that nobody can guess, "
    "or leave it out and one is made.",
)

ALLOWED_HOSTS = _listed("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
_refuse_unless(
    ALLOWED_HOSTS != []
    and all(re.fullmatch(r"\.?[\w-]+(\.[\w-]+)*|\[[\da-f:]+\]|\*", host) for host in ALLOWED_HOSTS),
    f"ALLOWED_HOSTS is {_text('ALLOWED_HOSTS')!r}. Give host names alone, with commas between them, "
    "for example ALLOWED_HOSTS=www.example.org,example.org.",
)
# The site's own address, for links in mails. What asks for a page says where it asked; a mail has nobody to ask.
SITE_URL = _text("SITE_URL") or f"{'https' if HTTPS else 'http'}://{ALLOWED_HOSTS[0]}"
_refuse_unless(
    re.fullmatch(r"https?://([\w-]+(\.[\w-]+)*|\[[\da-f:]+\])(:\d+)?", SITE_URL) is not None,
    f"SITE_URL is {SITE_URL!r}. Give the site's one address, without a path, "
    "for example SITE_URL=https://www.example.org.",
)
try:
    TRUSTED_PROXIES = proxies.read_networks(_listed("TRUSTED_PROXIES", "127.0.0.1,::1"))
except ValueError as error:
    raise ImproperlyConfigured(
        f"TRUSTED_PROXIES is not understood: {error}. Give addresses or networks with commas between them, "
        "for example TRUSTED_PROXIES=10.0.0.5,192.168.0.0/24."
    ) from error
ROOT_URLCONF = "sendiass_site.urls"
WSGI_APPLICATION = "sendiass_site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
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

MIDDLEWARE = [
    "sendiass_site.web.middleware.isolation",
    "sendiass_site.web.middleware.readable_requests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Both look at staff's addresses only: a reader has no session.
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
# templates/django/forms/field.html is the one template of every form field.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- What it stores ---

_DATABASE_URL = _text("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
try:
    # With a name: an address without one means a database in memory, or anybody's.
    _is_known = re.match(r"(sqlite:///(?!:memory:)|postgres(ql)?://[^/]*/)[^?]", _DATABASE_URL) is not None
    _database = environ.Env.db_url_config(_DATABASE_URL) if _is_known else {}
except ValueError:  # such as a port that is no number
    _database = {}
_refuse_unless(
    bool(_database),
    # The value may hold a password: it is not repeated.
    "DATABASE_URL is not understood. For PostgreSQL write postgres://user:password@host:5432/name; "
    "without it a SQLite database in DATA_DIR is used.",
)
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A connection a thread, kept: opening one costs more than a page's queries.
DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Readers never wait for a writer; whoever was thanked is on the disk; what was erased is not; a writer
        # waits its turn.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
    # Tests meet the same locks as the site: a database in memory has others.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A server that cannot be reached is given up in seconds: readers get the pages that are kept in memory.
    DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5, "tcp_user_timeout": 10_000} | DATABASES[
        "default"
    ].get("OPTIONS", {})

# Finished pages, kept in memory by each process; whoever works on the code sees each change at once.
_PAGE_CACHE_MB = _text("PAGE_CACHE_MB", "0" if DEBUG else "32")
_refuse_unless(
    re.fullmatch(r"[0-9]{1,5}", _PAGE_CACHE_MB) is not None,
    f"PAGE_CACHE_MB is {_PAGE_CACHE_MB!r}. Set it to a number of megabytes, for example PAGE_CACHE_MB=32; "
    "with 0 no page is kept.",
)
PAGE_CACHE_BYTES = int(_PAGE_CACHE_MB) * 2**20

PDF_TIMEOUT = 60  # seconds: a leaflet takes two or three

MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
# The Markdown editor asks our own addresses; those that django-markdownx brings are never included.
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
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# In the session, not in a cookie of its own: the page about cookies lists them all.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- What it sends ---

_EMAIL_URL = _text("EMAIL_URL")
try:
    _mail = environ.Env.email_url_config(_EMAIL_URL or "dummymail://")
except (ImproperlyConfigured, ValueError):
    _mail = {}
_refuse_unless(
    _EMAIL_URL == "" or ("smtp" in _mail.get("EMAIL_BACKEND", "") and bool(_mail["EMAIL_HOST"])),
    # The value may hold a password: it is not repeated.
    "EMAIL_URL is not understood. Write smtp+tls:// for port 587, smtp+ssl:// for port 465 or smtp:// for port 25, "
    "for example EMAIL_URL=smtp+tls://site:password@mail.example.org:587.",
)
HAS_MAIL = _EMAIL_URL != ""
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"] or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_TIMEOUT = 10  # seconds: nobody waits for a mail server that does not answer
DEFAULT_FROM_EMAIL = _text("EMAIL_FROM") or f"noreply@{urlsplit(SITE_URL).hostname}"
_refuse_unless(
    re.fullmatch(r"[^@\s]+@[^@\s]+", DEFAULT_FROM_EMAIL) is not None,
    f"EMAIL_FROM is {DEFAULT_FROM_EMAIL!r}. Give one e-mail address, for example EMAIL_FROM=website@example.org.",
)

# --- What people send ---


def _days(name: str, *, default: int) -> int:
    value = _text(name, str(default))
    _refuse_unless(
        re.fullmatch(r"[1-9]\d{0,3}", value) is not None,
        f"{name} is {value!r}. Set it to a number of days, for example {name}={default}.",
    )
    return int(value)


# How long comments are kept; how long names and addresses are, after the message was closed.
FEEDBACK_DAYS = _days("FEEDBACK_DAYS", default=365)
FEEDBACK_CONTACT_DAYS = _days("FEEDBACK_CONTACT_DAYS", default=min(90, FEEDBACK_DAYS))
_refuse_unless(
    FEEDBACK_CONTACT_DAYS <= FEEDBACK_DAYS,
    f"FEEDBACK_CONTACT_DAYS is {FEEDBACK_CONTACT_DAYS}, and everything goes after FEEDBACK_DAYS={FEEDBACK_DAYS}. "
    f"Set it to no more, for example FEEDBACK_CONTACT_DAYS={FEEDBACK_DAYS}.",
)
# Within how many working days staff mean to read a message and answer it.
FEEDBACK_REPLY_DAYS = _days("FEEDBACK_REPLY_DAYS", default=10)
FEEDBACK_NOTIFY = _listed("FEEDBACK_NOTIFY")
_refuse_unless(
    all(re.fullmatch(r"[^@\s]+@[^@\s]+", address) for address in FEEDBACK_NOTIFY),
    "FEEDBACK_NOTIFY is not understood. Give e-mail addresses with commas between them, "
    "for example FEEDBACK_NOTIFY=office@example.org.",
)
_refuse_unless(
    HAS_MAIL or not FEEDBACK_NOTIFY,
    "FEEDBACK_NOTIFY needs a mail server. Name it, for example "
    "EMAIL_URL=smtp+tls://site:password@mail.example.org:587.",
)
# Messages in an hour. A whole parents' evening may share one address; nobody reads five hundred.
FEEDBACK_SENDER_LIMIT = 60
FEEDBACK_SITE_LIMIT = 500

# --- Who reads it ---

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True

# --- Who may sign in ---

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

# Off only for a first look: script/server does so, and says it.
REQUIRE_MFA = _switch("REQUIRE_MFA", default=True)
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
# Counted in the database, for all processes and machines together. What "key" is: see leaflets/staff/throttling.py.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,40/h/ip,5/10m/key",
    "login_tried": "30/m/ip,200/h/ip",
    "login_tried_anywhere": "100/h/key",
    "reset_password": "20/h/ip,3/h/key",
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "staff_cache",
        # A key may hold somebody's address: it is stored as a digest.
        "KEY_FUNCTION": "leaflets.staff.throttling.digest_key",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# The council's own sign-in, where it has an OpenID Connect provider such as Entra ID.
OIDC_ISSUER = _text("OIDC_ISSUER")
_OIDC_CLIENT_ID = _text("OIDC_CLIENT_ID")
_OIDC_CLIENT_SECRET = _text("OIDC_CLIENT_SECRET")
_refuse_unless(
    re.fullmatch(r"(https://[^\s?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?)?", OIDC_ISSUER) is not None,
    f"OIDC_ISSUER is {OIDC_ISSUER!r}. Give the issuer's https address, "
    "for example OIDC_ISSUER=https://login.microsoftonline.com/the-tenants-id/v2.0.",
)
_refuse_unless(
    bool(OIDC_ISSUER) == bool(_OIDC_CLIENT_ID) == bool(_OIDC_CLIENT_SECRET),
    "Single sign-on needs OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, all three or none, "
    "for example OIDC_CLIENT_ID=the-name-of-this-site.",
)
OIDC_GROUPS_CLAIM = _text("OIDC_GROUPS_CLAIM", "groups")
# The values of that claim which make somebody a member of each of our groups; nobody is asked about a group without.
OIDC_GROUPS = {
    "Editors": _listed("OIDC_EDITORS"),
    "Publishers": _listed("OIDC_PUBLISHERS"),
    "Feedback readers": _listed("OIDC_FEEDBACK_READERS"),
}
OIDC_ADMINISTRATORS = _listed("OIDC_ADMINISTRATORS")
_refuse_unless(
    not OIDC_ISSUER or any(OIDC_GROUPS.values()) or bool(OIDC_ADMINISTRATORS),
    "With OIDC_ISSUER alone nobody could sign in. Say who may do what in OIDC_EDITORS, OIDC_PUBLISHERS, "
    "OIDC_FEEDBACK_READERS or OIDC_ADMINISTRATORS, for example OIDC_PUBLISHERS=send-publishers.",
)
OIDC_HAS_MFA = _switch("OIDC_HAS_MFA", default=False)
OIDC_OWNS_EMAILS = _switch("OIDC_OWNS_EMAILS", default=False)
PASSWORD_LOGIN = _switch("PASSWORD_LOGIN", default=True)
_refuse_unless(
    PASSWORD_LOGIN or bool(OIDC_ISSUER),
    "PASSWORD_LOGIN=off leaves no way in without OIDC_ISSUER. Set both, or PASSWORD_LOGIN=on.",
)
SOCIALACCOUNT_ADAPTER = "leaflets.staff.single_sign_on.OpenIDSocialAccountAdapter"
# A link, not a form: our policy lets no form lead to another site, and a browser counts redirects too.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "council",
                "name": _text("OIDC_NAME") or "your council account",
                "client_id": _OIDC_CLIENT_ID,
                "secret": _OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

# --- What a browser may do ---

SECURE_SSL_REDIRECT = HTTPS
# The container's own health check speaks plain HTTP to its own process.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The prefix binds a cookie to this very host; browsers accept it over HTTPS only.
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}session"
CSRF_COOKIE_NAME = f"{_PREFIX}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
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

# --- What it says of itself ---

LOG_FORMAT = _text("LOG_FORMAT", "text")
_refuse_unless(
    LOG_FORMAT in ("text", "json"),
    f"LOG_FORMAT is {LOG_FORMAT!r}. Set it to text or json, for example LOG_FORMAT=json.",
)
LOGGING = logs.configuration(LOG_FORMAT)
# Whom to tell of a weakness in the site (security.txt): a web address or a mailto: one.
SECURITY_CONTACT = _text("SECURITY_CONTACT")
_refuse_unless(
    re.fullmatch(r"((https://|mailto:)\S+)?", SECURITY_CONTACT) is not None,
    f"SECURITY_CONTACT is {SECURITY_CONTACT!r}. Start it with https:// or mailto:, "
    "for example SECURITY_CONTACT=mailto:security@example.org.",
)
