"""Settings: safe for the public by default, and a wrong one is refused with a sentence that helps."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client

from tests.documentation import documented_variables
from tests.factories import SLUG
from tests.pages import load_site

ROOT = site_settings.BASE_DIR


def run(*arguments: str, data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these environment variables and no other of ours."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir)} | environment
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def settings_with(data_dir: Path, **environment: str) -> dict[str, Any]:
    """The site's settings under these environment variables."""
    code = (
        "import json, pathlib; from sendiass_site import settings;"
        "found = {name: value for name, value in vars(settings).items() if name.isupper()};"
        "plain = lambda value: str(value) if isinstance(value, (pathlib.Path, tuple)) else None;"
        "print(json.dumps(found, default=plain))"
    )
    done = run("-c", code, data_dir=data_dir, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# What is so unless somebody says otherwise


def test_nobody_has_to_set_anything(tmp_path):
    done = run("manage.py", "check", data_dir=tmp_path)

    assert done.returncode == 0, done.stderr


def test_debugging_is_off(tmp_path):
    assert settings_with(tmp_path)["DEBUG"] is False


def test_everything_is_for_https(tmp_path):
    found = settings_with(tmp_path)

    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True


def test_only_this_machine_is_answered(tmp_path):
    assert settings_with(tmp_path)["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]


def test_data_are_kept_in_one_folder(tmp_path):
    found = settings_with(tmp_path)

    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "db.sqlite3")
    assert found["MEDIA_ROOT"] == str(tmp_path / "media")


def test_the_secret_key_is_made_and_kept(tmp_path):
    assert settings_with(tmp_path)["SECRET_KEY"] == settings_with(tmp_path)["SECRET_KEY"]


def test_whoever_deploys_it_as_it_is_gets_no_warning(tmp_path):
    done = run(
        "manage.py",
        "check",
        "--deploy",
        "--fail-level=WARNING",
        data_dir=tmp_path,
        ALLOWED_HOSTS="www.example.org",
    )

    assert done.returncode == 0, done.stderr


# What somebody may say otherwise


def test_https_can_be_off_for_a_first_look(tmp_path):
    found = settings_with(tmp_path, HTTPS="off")

    assert found["SECURE_SSL_REDIRECT"] is False
    assert found["SECURE_HSTS_SECONDS"] == 0
    assert (found["SESSION_COOKIE_NAME"], found["SESSION_COOKIE_SECURE"]) == ("session", False)


def test_debugging_needs_no_https(tmp_path):
    found = settings_with(tmp_path, DEBUG="on")

    assert (found["DEBUG"], found["HTTPS"]) == (True, False)


def test_whoever_works_on_the_code_sees_each_change_at_once(tmp_path):
    assert settings_with(tmp_path)["PAGE_CACHE_BYTES"] == 32 * 2**20
    assert settings_with(tmp_path, DEBUG="on")["PAGE_CACHE_BYTES"] == 0
    assert settings_with(tmp_path, DEBUG="on", PAGE_CACHE_MB="4")["PAGE_CACHE_BYTES"] == 4 * 2**20


def test_the_site_answers_under_the_names_that_are_given(tmp_path):
    found = settings_with(tmp_path, ALLOWED_HOSTS="www.example.org,example.org")

    assert found["ALLOWED_HOSTS"] == ["www.example.org", "example.org"]


def test_spaces_between_the_names_do_no_harm(tmp_path):
    found = settings_with(tmp_path, ALLOWED_HOSTS="www.example.org, example.org")

    assert found["ALLOWED_HOSTS"] == ["www.example.org", "example.org"]


@pytest.mark.parametrize("beginning", ["$", "$HOME", "\\$", "#", "'", " "])
def test_a_secret_is_taken_to_the_letter_whatever_it_begins_with(tmp_path, beginning):
    secret = beginning + "0123456789" * 5

    assert settings_with(tmp_path, SECRET_KEY=secret)["SECRET_KEY"] == secret


def test_a_variable_that_is_empty_is_as_good_as_none(tmp_path):
    without = settings_with(tmp_path)

    empty = dict.fromkeys(set(documented_variables()) - {"DATA_DIR"}, "")

    assert settings_with(tmp_path, **empty) == without


def test_the_database_can_be_another(tmp_path):
    found = settings_with(tmp_path, DATABASE_URL="postgres://user:password@db.example.org:5432/site")

    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["NAME"], database["USER"]) == ("db.example.org", "site", "user")


def test_a_secret_key_that_is_given_is_used_and_none_is_made(tmp_path):
    found = settings_with(tmp_path, SECRET_KEY="given by the web team " * 3)

    assert found["SECRET_KEY"].startswith("given by the web team")
    assert list(tmp_path.iterdir()) == []


def test_mail_goes_through_the_server_that_is_given(tmp_path):
    found = settings_with(tmp_path, EMAIL_URL="smtp+tls://site:word@mail.example.org:587")

    assert (found["HAS_MAIL"], found["EMAIL_USE_TLS"]) == (True, True)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("site", "word")


@pytest.mark.parametrize(("scheme", "port"), [("smtp+tls", 587), ("smtp+ssl", 465), ("smtp", 25)])
def test_a_mail_server_is_asked_where_mail_servers_are_if_nobody_says_otherwise(tmp_path, scheme, port):
    assert settings_with(tmp_path, EMAIL_URL=f"{scheme}://mail.example.org")["EMAIL_PORT"] == port


def test_a_site_without_a_mail_server_sends_no_mail(tmp_path):
    assert settings_with(tmp_path)["HAS_MAIL"] is False


def test_links_in_mails_lead_to_the_first_of_the_sites_names(tmp_path):
    found = settings_with(tmp_path, ALLOWED_HOSTS="www.example.org,example.org")

    assert found["SITE_URL"] == "https://www.example.org"
    assert found["DEFAULT_FROM_EMAIL"] == "noreply@www.example.org"


def test_a_password_for_mail_is_not_repeated(tmp_path):
    done = run(
        "manage.py", "check", data_dir=tmp_path, EMAIL_URL="mail://site:word-of-mouth@mail.example.org"
    )

    assert done.returncode != 0
    assert "word-of-mouth" not in done.stderr


DIRECTORY = {
    "OIDC_ISSUER": "https://login.example.org/tenant/v2.0",
    "OIDC_CLIENT_ID": "leaflets",
    "OIDC_CLIENT_SECRET": "a secret",
}


def test_single_sign_on_is_set_up_from_the_environment_alone(tmp_path):
    found = settings_with(
        tmp_path,
        **DIRECTORY,
        OIDC_PUBLISHERS="send,send-leads",
        OIDC_NAME="Council",
        PASSWORD_LOGIN="off",  # noqa: S106
    )

    (app,) = found["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"]
    assert (app["name"], app["client_id"], app["secret"]) == ("Council", "leaflets", "a secret")
    assert app["settings"]["server_url"] == "https://login.example.org/tenant/v2.0"
    assert found["OIDC_GROUPS"] == {
        "Editors": [],
        "Publishers": ["send", "send-leads"],
        "Feedback readers": [],
    }
    assert (found["PASSWORD_LOGIN"], found["REQUIRE_MFA"], found["OIDC_HAS_MFA"]) == (False, True, False)


def test_single_sign_on_that_lets_nobody_in_is_refused(tmp_path):
    done = run("manage.py", "check", data_dir=tmp_path, **DIRECTORY)

    assert done.returncode != 0
    assert "for example OIDC_PUBLISHERS=send-publishers." in done.stderr


def test_details_are_never_promised_for_longer_than_the_comments(tmp_path):
    found = settings_with(tmp_path, FEEDBACK_DAYS="30")

    assert found["FEEDBACK_CONTACT_DAYS"] == 30


# What is refused, with a sentence that helps


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", "yes", "DEBUG is 'yes'. Set it to on or off, for example DEBUG=off."),
        ("DEBUG", "True", "DEBUG is 'True'. Set it to on or off, for example DEBUG=off."),
        ("HTTPS", "1", "HTTPS is '1'. Set it to on or off, for example HTTPS=off."),
        ("DATA_DIR", "/dev/null/data", "/dev/null/data"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT is 'xml'. Set it to text or json, for example LOG_FORMAT=json."),
        ("DATABASE_URL", "nonsense", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://user:word@localhost:x/site", "DATABASE_URL"),
        ("DATABASE_URL", "gopher://example.org/site", "DATABASE_URL"),
        ("DATABASE_URL", "sqlite:///", "DATABASE_URL"),
        ("DATABASE_URL", "sqlite:///:memory:", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://user:word@localhost", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://user:word@localhost/", "DATABASE_URL"),
        ("ALLOWED_HOSTS", "https://www.example.org", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", "www.example.org/", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", "www.example.org example.org", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ",", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ".", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ".example.org", "SITE_URL=https://www.example.org"),
        ("ALLOWED_HOSTS", "*", "SITE_URL=https://www.example.org"),
        ("PAGE_CACHE_MB", "lots", "PAGE_CACHE_MB is 'lots'. Set it to a number of megabytes"),
        ("PAGE_CACHE_MB", "-1", "for example PAGE_CACHE_MB=32"),
        ("SECURITY_CONTACT", "somebody@example.org", "SECURITY_CONTACT"),
        ("SECURITY_CONTACT", "https://example.org/\nExpires: never", "SECURITY_CONTACT"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("REQUIRE_MFA", "no", "REQUIRE_MFA is 'no'. Set it to on or off, for example REQUIRE_MFA=off."),
        ("PASSWORD_LOGIN", "off", "PASSWORD_LOGIN=off leaves no way in without OIDC_ISSUER."),
        ("OIDC_ISSUER", "http://login.example.org", "OIDC_ISSUER=https://"),
        ("OIDC_ISSUER", "https://login.example.org", "OIDC_CLIENT_SECRET, all three or none"),
        ("TRUSTED_PROXIES", "my-proxy", "TRUSTED_PROXIES=10.0.0.5,192.168.0.0/24"),
        ("SITE_URL", "www.example.org", "SITE_URL=https://www.example.org"),
        ("SITE_URL", "https://www.example.org/site/", "SITE_URL=https://www.example.org"),
        ("SITE_URL", "https://*", "SITE_URL=https://www.example.org"),
        ("EMAIL_URL", "mail.example.org", "EMAIL_URL=smtp+tls://"),
        ("EMAIL_URL", "consolemail://", "EMAIL_URL=smtp+tls://"),
        ("EMAIL_URL", "smtp://mail.example.org:many", "EMAIL_URL=smtp+tls://"),
        ("EMAIL_FROM", "the website", "EMAIL_FROM=website@example.org"),
        ("FEEDBACK_DAYS", "a year", "FEEDBACK_DAYS=365"),
        ("FEEDBACK_DAYS", "0", "FEEDBACK_DAYS=365"),
        ("FEEDBACK_CONTACT_DAYS", "-1", "FEEDBACK_CONTACT_DAYS=90"),
        ("FEEDBACK_CONTACT_DAYS", "366", "FEEDBACK_CONTACT_DAYS=365"),
        ("FEEDBACK_REPLY_DAYS", "99999", "FEEDBACK_REPLY_DAYS=10"),
        ("FEEDBACK_NOTIFY", "the office", "FEEDBACK_NOTIFY=office@example.org"),
        ("FEEDBACK_NOTIFY", "office@example.org", "EMAIL_URL=smtp+tls://"),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence_that_helps(tmp_path, name, value, sentence):
    done = run("manage.py", "check", data_dir=tmp_path, **{name: value})

    (line,) = done.stderr.splitlines()
    assert done.returncode != 0
    assert line.startswith("A setting is wrong: ")
    assert sentence in line


# What the settings do


@pytest.fixture
def _site(db, tmp_path) -> None:
    load_site(tmp_path)


@pytest.mark.usefixtures("_site")
def test_whoever_comes_without_encryption_is_sent_to_the_same_page_with_it():
    response = Client().get("/leaflets/?page=2")

    assert response.status_code == 301
    assert response["Location"] == "https://testserver/leaflets/?page=2"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.usefixtures("_site")
def test_the_health_checks_of_a_container_need_no_encryption(path):
    assert Client().get(path).status_code == 200


@pytest.mark.usefixtures("_site")
def test_a_browser_that_came_once_comes_encrypted_for_two_years(client):
    header = client.get("/")["Strict-Transport-Security"]

    assert header == "max-age=63072000; includeSubDomains; preload"


@pytest.mark.django_db
def test_cookies_of_staff_belong_to_this_very_host_and_no_script_reads_them(client):
    word = "a long enough password"
    User.objects.create_superuser("head", password=word)

    client.post("/staff/sign-in/", {"login": "head", "password": word})

    assert set(client.cookies) <= {"__Host-session", "__Host-csrf"}
    assert "__Host-session" in client.cookies
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


SEEN_BY_BROWSERS = [
    "/",
    "/static/site.css",
    "/static/site.0123456789ab.css",
    "/static/no-such.css",
    "/admin/",
    "/admin/no-such-page/",
    f"/leaflets/{SLUG}/",
    "/have-your-say/",
    "/no-such-page/",
    "/staff/sign-in/",
    "/robots.txt",
]


@pytest.mark.parametrize("path", SEEN_BY_BROWSERS)
@pytest.mark.usefixtures("_site")
def test_a_browser_takes_nothing_from_elsewhere_and_runs_nothing_inside_a_page(client, path):
    response = client.get(path)
    response.close()
    policy = response["Content-Security-Policy"]

    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert {value for name, value in directives.items() if name.endswith("-src")} <= {"'none'", "'self'"}


@pytest.mark.parametrize("path", SEEN_BY_BROWSERS)
@pytest.mark.usefixtures("_site")
def test_a_browser_guesses_no_types_and_tells_no_other_site_where_it_was(client, path):
    response = client.get(path)
    response.close()

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.usefixtures("_site")
def test_a_body_that_is_longer_than_any_form_sends_is_not_read(client):
    response = client.post(
        "/display/", {"display": "large", "file": ContentFile(b"x" * 7_000_000, "film.mp4")}
    )

    assert response.status_code == 400


@pytest.mark.usefixtures("_site")
def test_the_error_page_of_a_bad_host_is_as_guarded_as_any(client):
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "default-src 'none'" in response["Content-Security-Policy"]


# The table of docs/operating.md


def test_the_table_has_each_environment_variable_that_is_read():
    code = "".join((ROOT / "sendiass_site" / name).read_text() for name in ("settings.py", "ops/serve.py"))
    read = re.findall(r'(?:_switch|_days|_text|_listed|environ\.get)\(\s*"([A-Z_]+)"', code)

    assert sorted(documented_variables()) == sorted(set(read))


def test_only_the_settings_and_the_start_read_the_environment():
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("sendiass_site", "leaflets")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\bos\.environ\b|getenv|environ\.Env\(", path.read_text())
    ]

    assert sorted(readers) == [
        "sendiass_site/ops/serve.py",
        "sendiass_site/settings.py",
        "sendiass_site/wsgi.py",
    ]
