"""Settings: defaults are safe for production, and an invalid value is refused with a helpful message."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.test import Client

from sendiass_site.web.proxies import parse_networks
from tests.documentation import documented_variables
from tests.factories import SLUG
from tests.pages import load_site
from tests.running_site import TIMEOUT, loaded_sqlite

ROOT = site_settings.BASE_DIR


def run(*arguments: str, data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with only these environment variables."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir)} | environment
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def settings_with(data_dir: Path, **environment: str) -> dict[str, Any]:
    """Execute the settings module with only these environment variables and return what it sets."""
    module = module_from_spec(find_spec("sendiass_site.settings"))
    with mock.patch.dict(os.environ, {"DATA_DIR": str(data_dir)} | environment, clear=True):
        module.__spec__.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if name.isupper()}


# Defaults


def test_no_variable_is_required(tmp_path):
    done = run("manage.py", "check", data_dir=tmp_path)

    assert done.returncode == 0, done.stderr


def test_debugging_is_off(tmp_path):
    assert settings_with(tmp_path)["DEBUG"] is False


def test_everything_is_for_https(tmp_path):
    found = settings_with(tmp_path)

    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] == 24 * 3600
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True


def test_only_this_host_is_allowed(tmp_path):
    assert settings_with(tmp_path)["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]


def test_all_data_is_in_one_folder(tmp_path):
    found = settings_with(tmp_path)

    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "db.sqlite3")
    assert found["MEDIA_ROOT"] == tmp_path / "media"


def test_the_secret_key_is_generated_once(tmp_path):
    assert settings_with(tmp_path)["SECRET_KEY"] == settings_with(tmp_path)["SECRET_KEY"]


def test_the_deployment_checks_find_nothing(tmp_path):
    done = run(
        "manage.py",
        "check",
        "--deploy",
        "--fail-level=WARNING",
        data_dir=tmp_path,
        ALLOWED_HOSTS="www.example.org",
    )

    assert done.returncode == 0, done.stderr


# Variables


def test_https_can_be_turned_off(tmp_path):
    found = settings_with(tmp_path, HTTPS="off")

    assert found["SECURE_SSL_REDIRECT"] is False
    assert found["SECURE_HSTS_SECONDS"] == 0
    assert (found["SESSION_COOKIE_NAME"], found["SESSION_COOKIE_SECURE"]) == ("session", False)


@pytest.mark.parametrize(
    ("hsts", "days", "for_names_below"),
    [("", 1, False), ("1day", 1, False), ("2years", 730, False), ("preload", 730, True)],
)
def test_hsts_comes_in_steps_and_is_for_names_below_only_where_asked(tmp_path, hsts, days, for_names_below):
    found = settings_with(tmp_path, HSTS=hsts)

    assert found["SECURE_HSTS_SECONDS"] == days * 24 * 3600
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is found["SECURE_HSTS_PRELOAD"] is for_names_below


def test_without_https_there_is_no_hsts(tmp_path):
    found = settings_with(tmp_path, HTTPS="off", HSTS="preload")

    assert (found["SECURE_HSTS_SECONDS"], found["SECURE_HSTS_PRELOAD"]) == (0, False)


def test_debugging_turns_https_off(tmp_path):
    found = settings_with(tmp_path, DEBUG="on")

    assert (found["DEBUG"], found["HTTPS"]) == (True, False)


def test_debugging_turns_the_page_cache_off(tmp_path):
    assert settings_with(tmp_path)["PAGE_CACHE_BYTES"] == 32 * 2**20
    assert settings_with(tmp_path, DEBUG="on")["PAGE_CACHE_BYTES"] == 0
    assert settings_with(tmp_path, DEBUG="on", PAGE_CACHE_MB="4")["PAGE_CACHE_BYTES"] == 4 * 2**20


def test_allowed_hosts_are_a_list(tmp_path):
    found = settings_with(tmp_path, ALLOWED_HOSTS="www.example.org,example.org")

    assert found["ALLOWED_HOSTS"] == ["www.example.org", "example.org"]


def test_spaces_between_allowed_hosts_are_ignored(tmp_path):
    found = settings_with(tmp_path, ALLOWED_HOSTS="www.example.org, example.org")

    assert found["ALLOWED_HOSTS"] == ["www.example.org", "example.org"]


@pytest.mark.parametrize("first", ["$", "$HOME", "\\$", "#", "'", " "])
def test_a_secret_is_used_unchanged_with_any_first_character(tmp_path, first):
    secret = first + "0123456789" * 5

    assert settings_with(tmp_path, SECRET_KEY=secret)["SECRET_KEY"] == secret


def test_an_empty_variable_counts_as_not_set(tmp_path):
    without = settings_with(tmp_path)

    empty = dict.fromkeys(set(documented_variables()) - {"DATA_DIR"}, "")

    assert settings_with(tmp_path, **empty) == without


def test_the_database_can_be_postgresql(tmp_path):
    found = settings_with(tmp_path, DATABASE_URL="postgres://user:password@db.example.org:5432/site")

    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["NAME"], database["USER"]) == ("db.example.org", "site", "user")


def test_a_given_secret_key_is_used_and_none_is_generated(tmp_path):
    found = settings_with(tmp_path, SECRET_KEY="given by the web team " * 3)

    assert found["SECRET_KEY"].startswith("given by the web team")
    assert list(tmp_path.iterdir()) == []


def test_the_mail_server_is_set_by_its_url(tmp_path):
    found = settings_with(tmp_path, EMAIL_URL="smtp+tls://site:word@mail.example.org:587")

    assert (found["HAS_MAIL"], found["EMAIL_USE_TLS"]) == (True, True)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("site", "word")


@pytest.mark.parametrize(("scheme", "port"), [("smtp+tls", 587), ("smtp+ssl", 465), ("smtp", 25)])
def test_the_port_of_the_mail_server_has_a_default_by_scheme(tmp_path, scheme, port):
    assert settings_with(tmp_path, EMAIL_URL=f"{scheme}://mail.example.org")["EMAIL_PORT"] == port


def test_a_site_without_a_mail_server_sends_no_mail(tmp_path):
    assert settings_with(tmp_path)["HAS_MAIL"] is False


def test_links_in_emails_use_the_first_allowed_host(tmp_path):
    found = settings_with(tmp_path, ALLOWED_HOSTS="www.example.org,example.org")

    assert found["SITE_URL"] == "https://www.example.org"
    assert found["DEFAULT_FROM_EMAIL"] == "noreply@www.example.org"


def test_the_password_in_an_invalid_email_url_is_not_shown(tmp_path):
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


def test_single_sign_on_without_groups_is_refused(tmp_path):
    done = run("manage.py", "check", data_dir=tmp_path, **DIRECTORY)

    assert done.returncode != 0
    assert "for example OIDC_PUBLISHERS=send-publishers." in done.stderr


def test_contact_details_are_not_kept_for_longer_than_comments_by_default(tmp_path):
    found = settings_with(tmp_path, FEEDBACK_DAYS="30")

    assert found["FEEDBACK_CONTACT_DAYS"] == 30


# Values as people write them

HOSTS = ["www.example.org", "example.org"]


@pytest.mark.parametrize(
    ("name", "value", "setting", "expected"),
    [
        ("ALLOWED_HOSTS", '"www.example.org,example.org"', "ALLOWED_HOSTS", HOSTS),
        ("ALLOWED_HOSTS", "'www.example.org', 'example.org'", "ALLOWED_HOSTS", HOSTS),
        ("ALLOWED_HOSTS", "WWW.Example.org, EXAMPLE.ORG ", "ALLOWED_HOSTS", HOSTS),
        ("ALLOWED_HOSTS", "www.example.org,example.org,", "ALLOWED_HOSTS", HOSTS),
        ("ALLOWED_HOSTS", "[2001:DB8::A]", "ALLOWED_HOSTS", ["[2001:db8::a]"]),
        ("ALLOWED_HOSTS", "[2001:DB8::A]", "SITE_URL", "https://[2001:db8::a]"),
        ("ALLOWED_HOSTS", ".example.org,www.example.org", "SITE_URL", "https://www.example.org"),
        ("ALLOWED_HOSTS", "*,www.example.org", "SITE_URL", "https://www.example.org"),
        ("SITE_URL", '"https://www.example.org"', "SITE_URL", "https://www.example.org"),
        ("SITE_URL", "https://www.example.org/", "SITE_URL", "https://www.example.org"),
        ("SITE_URL", "HTTPS://WWW.Example.org", "SITE_URL", "https://www.example.org"),
        ("SITE_URL", "https://[2001:DB8::A]:8443", "SITE_URL", "https://[2001:db8::a]:8443"),
        ("SITE_URL", " https://www.example.org ", "SITE_URL", "https://www.example.org"),
        ("HTTPS", '"off"', "HTTPS", False),
        ("DATA_DIR", '"/data"', "DATA_DIR", Path("/data")),
        ("LOG_FORMAT", "'json'", "LOG_FORMAT", "json"),
        ("FEEDBACK_DAYS", '"30"', "FEEDBACK_DAYS", 30),
        ("EMAIL_FROM", '"site@example.org"', "DEFAULT_FROM_EMAIL", "site@example.org"),
        ("EMAIL_FROM", "o'brien@example.org", "DEFAULT_FROM_EMAIL", "o'brien@example.org"),
        ("EMAIL_URL", '"smtp://mail.example.org"', "EMAIL_HOST", "mail.example.org"),
        ("EMAIL_URL", "smtp://u:a%2Fb%23c@mail.example.org", "EMAIL_HOST_PASSWORD", "a/b#c"),
        ("SECURITY_CONTACT", '"mailto:a@example.org"', "SECURITY_CONTACT", "mailto:a@example.org"),
        ("TRUSTED_PROXIES", '"10.0.0.5"', "TRUSTED_PROXIES", parse_networks(["10.0.0.5"])),
        ("TRUSTED_PROXIES", "10.0.0.5,", "TRUSTED_PROXIES", parse_networks(["10.0.0.5"])),
        ("SENTRY_DSN", "https://0a@o1.ingest.de.sentry.io/7", "ERROR_REPORTS_HOST", "o1.ingest.de.sentry.io"),
        ("SENTRY_DSN", '"https://0a@[2001:db8::1]:8443/errors/7"', "ERROR_REPORTS_HOST", "[2001:db8::1]"),
        ("SENTRY_DSN", "http://0a@localhost:9000/7", "ERROR_REPORTS_HOST", "localhost"),
        ("SENTRY_DSN", "", "ERROR_REPORTS_HOST", ""),
        ("TRUSTED_PROXIES", "2001:DB8::A", "TRUSTED_PROXIES", parse_networks(["2001:db8::a"])),
        (
            "METRICS_ALLOW",
            '"10.0.0.9", 10.1.0.0/16,',
            "METRICS_ALLOW",
            parse_networks(["10.0.0.9", "10.1.0.0/16"]),
        ),
    ],
)
def test_a_value_is_taken_as_people_write_it(tmp_path, name, value, setting, expected):
    given = {"SECRET_KEY": "0123456789" * 5, name: value}

    assert settings_with(tmp_path, **given)[setting] == expected


def test_each_address_of_a_list_may_be_in_quotes(tmp_path):
    found = settings_with(
        tmp_path, EMAIL_URL="smtp://mail.example.org", FEEDBACK_NOTIFY='"a@example.org", "b@example.org",'
    )

    assert found["FEEDBACK_NOTIFY"] == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize("name", ["SECRET_KEY", "OIDC_CLIENT_SECRET"])
def test_quotes_and_commas_of_a_secret_belong_to_it(tmp_path, name):
    secret = '"' + "0123456789" * 5 + ',"'
    given = DIRECTORY | {"OIDC_PUBLISHERS": "send", "SECRET_KEY": "0123456789" * 5, name: secret}

    found = settings_with(tmp_path, **given)

    (app,) = found["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"]
    assert {"SECRET_KEY": found["SECRET_KEY"], "OIDC_CLIENT_SECRET": app["secret"]}[name] == secret


@pytest.mark.parametrize(
    ("encoded", "password"),
    [("a%2Fb", "a/b"), ("a%23b", "a#b"), ("a%3Fb", "a?b"), ("a%40b", "a@b"), ("a@b", "a@b"), ("a%25b", "a%b"),
     ("a%3Ab", "a:b"), ("a+b", "a+b"), ("%22a%22", '"a"')],
)  # fmt: skip
def test_the_password_of_the_database_is_percent_encoded(tmp_path, encoded, password):
    found = settings_with(tmp_path, DATABASE_URL=f'"postgres://user:{encoded}@db.example.org:5432/site"')

    database = found["DATABASES"]["default"]
    assert (database["PASSWORD"], database["HOST"], database["NAME"]) == (password, "db.example.org", "site")


@pytest.mark.parametrize("name", ["DATABASE_URL", "EMAIL_URL"])
@pytest.mark.parametrize("password", ["12/34", "pass/word", "pass#word", "12?34", "a/b@c"])
def test_signs_of_a_password_that_cut_the_address_are_refused_and_not_shown(tmp_path, name, password):
    scheme, path = ("postgres", "/site") if name == "DATABASE_URL" else ("smtp", "")

    with pytest.raises(ImproperlyConfigured) as refused:
        settings_with(tmp_path, **{name: f"{scheme}://user:{password}@host.example.org{path}"})

    assert str(refused.value).startswith(
        f"{name} is not understood. In a user name or password write / as %2F"
    )
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"ALLOWED_HOSTS": "localhost", "HOST": "0.0.0.0", "PORT": "8000"}, "http://localhost:8000"),  # noqa: S104
        ({"ALLOWED_HOSTS": '"localhost"', "HOST": '"::"', "PORT": '"9000"'}, "http://localhost:9000"),
        ({"ALLOWED_HOSTS": "*", "HOST": "0.0.0.0"}, "http://127.0.0.1:8000"),  # noqa: S104
        ({"ALLOWED_HOSTS": "www.example.org", "PORT": "80"}, "http://www.example.org"),
        ({"ALLOWED_HOSTS": "localhost,127.0.0.2", "HOST": "127.0.0.2"}, "http://127.0.0.2:8000"),
        ({"ALLOWED_HOSTS": "localhost,[::1]", "HOST": "::1"}, "http://[::1]:8000"),
        ({"ALLOWED_HOSTS": "*", "HOST": "127.0.0.2"}, "http://127.0.0.2:8000"),
        # Under the address on which it listens it would answer 400.
        ({"ALLOWED_HOSTS": "www.example.org", "HOST": "127.0.0.1"}, "http://www.example.org:8000"),
        ({"ALLOWED_HOSTS": "localhost", "HOST": "::1"}, "http://localhost:8000"),
        ({"ALLOWED_HOSTS": "localhost", "SITE_URL": "http://localhost:9000"}, "http://localhost:9000"),
        ({}, "http://127.0.0.1:8000"),
    ],
)  # fmt: skip
def test_links_of_a_site_without_https_have_the_port_on_which_it_listens(tmp_path, given, url):
    assert settings_with(tmp_path, HTTPS="off", **given)["SITE_URL"] == url


@pytest.mark.server
def test_an_invitation_from_inside_a_container_has_the_address_of_the_site(tmp_path):
    loaded_sqlite(tmp_path)
    container = {"HTTPS": "off", "ALLOWED_HOSTS": "localhost", "HOST": "0.0.0.0", "PORT": "8000"}  # noqa: S104

    done = run(
        "manage.py", "invite_staff", "rose@example.org", "--administrator", data_dir=tmp_path, **container
    )

    assert "\nhttp://localhost:8000/staff/invitation/" in done.stdout


# Invalid values


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", "yes", "DEBUG is 'yes'. Set it to on or off, for example DEBUG=off."),
        ("DEBUG", "True", "DEBUG is 'True'. Set it to on or off, for example DEBUG=off."),
        ("HTTPS", "1", "HTTPS is '1'. Set it to on or off, for example HTTPS=off."),
        ("HSTS", "2 years", "HSTS is '2 years'. Set it to 1day, 2years or preload, for example HSTS=1day."),
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
        (
            "OIDC_ISSUER",
            "https://login.example.org/a/v2.0/.well-known/openid-configuration",
            "OIDC_ISSUER ends with /.well-known/openid-configuration, which the site adds itself. Set "
            "OIDC_ISSUER=https://login.example.org/a/v2.0.",
        ),
        (
            "OIDC_ISSUER",
            "https://login.example.org/.well-known/openid-configuration/",
            "Set OIDC_ISSUER=https://login.example.org.",
        ),
        ("PAGE_CACHE_MB", "100000", "from 0 to 99999"),
        ("OIDC_ISSUER", "https://login.example.org", "OIDC_CLIENT_SECRET, all three or none"),
        ("TRUSTED_PROXIES", "my-proxy", "TRUSTED_PROXIES=10.0.0.5,192.168.0.0/24"),
        ("METRICS_ALLOW", "10.0.0.9/8", "METRICS_ALLOW is not understood: 10.0.0.9/8 has host bits set."),
        ("SENTRY_DSN", "errors.example.org", "for example SENTRY_DSN=https://key@errors.example.org/1."),
        ("SENTRY_DSN", "https://errors.example.org/1", "SENTRY_DSN is not understood."),
        ("SENTRY_DSN", "https://key@errors.example.org/", "SENTRY_DSN is not understood."),
        ("SENTRY_DSN", "http://key@errors.example.org/1", "SENTRY_DSN is not understood."),
        ("METRICS_ALLOW", "prometheus", "for example METRICS_ALLOW=10.0.0.9,192.168.0.0/24"),
        ("SITE_URL", "www.example.org", "SITE_URL=https://www.example.org"),
        ("SITE_URL", "https://www.example.org/site/", "SITE_URL=https://www.example.org"),
        ("SITE_URL", "https://*", "SITE_URL=https://www.example.org"),
        (
            "SITE_URL",
            "http://www.example.org",
            "without HTTPS. Set SITE_URL=https://www.example.org, or HTTPS=off",
        ),
        (
            "SITE_URL",
            "HTTP://www.example.org:80",
            "without HTTPS. Set SITE_URL=https://www.example.org, or HTTPS=off",
        ),
        ("SITE_URL", "https://council.gov.uk/send", "The site needs a host name of its own"),
        ("SITE_URL", "https://council.gov.uk/send/", "with a path"),
        ("SITE_URL", "https://www.example.org,", "SITE_URL ends with a comma. Take the comma away."),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS=* names no single address"),
        ("ALLOWED_HOSTS", ".Example.org,", "ALLOWED_HOSTS=.example.org names no single address"),
        ("ALLOWED_HOSTS", '"www.example.org', "for example ALLOWED_HOSTS=www.example.org,example.org"),
        ("ALLOWED_HOSTS", "2001:db8::a", "IPv6 addresses in brackets"),
        ("ALLOWED_HOSTS", "bücher.example", "for example ALLOWED_HOSTS="),
        ("EMAIL_FROM", "a@example.org,", "EMAIL_FROM ends with a comma. Take the comma away."),
        ("EMAIL_FROM", '"a@example.org', "EMAIL_FROM=website@example.org"),
        ("EMAIL_FROM", "a@example.org,b@example.org", "EMAIL_FROM=website@example.org"),
        ("EMAIL_FROM", "SENDIASS <a@example.org>", "EMAIL_FROM=website@example.org"),
        ("DATABASE_URL", "postgres://user:word@localhost/site,", "DATABASE_URL ends with a comma."),
        ("SECURITY_CONTACT", "mailto:a@example.org,", "SECURITY_CONTACT ends with a comma."),
        ("HTTPS", '"off', "HTTPS=off"),
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
def test_an_invalid_value_is_refused_with_a_helpful_message(tmp_path, name, value, sentence):
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_with(tmp_path, **{name: value})

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_reports_of_errors_are_refused_where_their_package_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)

    with pytest.raises(
        ImproperlyConfigured, match="SENTRY_DSN needs the package sentry-sdk, which is not installed"
    ):
        settings_with(tmp_path, SENTRY_DSN="https://key@errors.example.org/1")
    assert settings_with(tmp_path)["SENTRY_DSN"] == ""


def test_a_wrong_address_for_reports_of_errors_is_not_shown(tmp_path):
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_with(tmp_path, SENTRY_DSN="https://0a1b2c3d@errors.example.org/project")

    assert "0a1b2c3d" not in str(refused.value)


# What commands, staff's work, a setting or PostgreSQL need: each megabyte of it would be one of every server.
NOT_FOR_READERS = {
    "PIL", "holidays", "mammoth", "nh3", "prometheus_client", "psycopg", "pyrage", "sentry_sdk", "stdnum", "weasyprint",
}  # fmt: skip


def test_a_server_with_sqlite_starts_without_the_libraries_that_only_others_need(tmp_path):
    program = f"import sys, sendiass_site.wsgi; print({NOT_FOR_READERS} & set(sys.modules))"
    done = run(
        "-W", "ignore", "-c", program, data_dir=tmp_path, DJANGO_SETTINGS_MODULE="sendiass_site.settings"
    )

    assert done.stdout.strip() == "set()", done.stderr


def test_commands_print_the_message_as_one_line(tmp_path):
    done = run("manage.py", "check", data_dir=tmp_path, DEBUG="yes")

    (line,) = done.stderr.splitlines()
    assert done.returncode != 0
    assert line.startswith("A setting is wrong: DEBUG is 'yes'. Set it to on or off")


# Effects of settings


@pytest.fixture
def _site(db, tmp_path) -> None:
    load_site(tmp_path)


@pytest.mark.any_database
@pytest.mark.usefixtures("_site")
def test_a_request_without_https_is_redirected_to_the_same_page():
    response = Client().get("/leaflets/?page=2")

    assert response.status_code == 301
    assert response["Location"] == "https://testserver/leaflets/?page=2"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.any_database
@pytest.mark.usefixtures("_site")
def test_the_health_checks_of_a_container_need_no_https(path):
    assert Client().get(path).status_code == 200


@pytest.mark.any_database
@pytest.mark.usefixtures("_site")
def test_the_hsts_header_holds_for_a_day_and_this_name_alone(client):
    header = client.get("/")["Strict-Transport-Security"]

    assert header == "max-age=86400"


@pytest.mark.django_db
def test_cookies_of_staff_are_bound_to_the_host_and_not_readable_by_scripts(client):
    password = "a long enough password"  # noqa: S105
    User.objects.create_superuser("head", password=password)

    client.post("/staff/sign-in/", {"login": "head", "password": password})

    assert set(client.cookies) <= {"__Host-session", "__Host-csrf"}
    assert "__Host-session" in client.cookies
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


ADDRESSES = [
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


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.any_database
@pytest.mark.usefixtures("_site")
def test_the_csp_allows_only_resources_of_this_site_and_no_inline_code(client, path):
    response = client.get(path)
    response.close()
    policy = response["Content-Security-Policy"]

    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert {value for name, value in directives.items() if name.endswith("-src")} <= {"'none'", "'self'"}


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.any_database
@pytest.mark.usefixtures("_site")
def test_every_response_has_the_security_headers(client, path):
    response = client.get(path)
    response.close()

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.any_database
@pytest.mark.usefixtures("_site")
def test_a_body_that_is_too_long_is_refused(client):
    response = client.post(
        "/display/", {"display": "large", "file": ContentFile(b"x" * 7_000_000, "film.mp4")}
    )

    assert response.status_code == 400


@pytest.mark.any_database
@pytest.mark.usefixtures("_site")
def test_the_error_page_of_a_disallowed_host_has_a_csp(client):
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "default-src 'none'" in response["Content-Security-Policy"]


# The table of docs/operating.md


def test_the_table_has_each_environment_variable_that_is_read():
    code = "".join((ROOT / "sendiass_site" / name).read_text() for name in ("settings.py", "ops/serve.py"))
    read = re.findall(
        r'(?:_env|_env_bool|_env_days|_env_list|_env_secret|environ\.get)\(\s*"([A-Z_]+)"', code
    )

    assert sorted(documented_variables()) == sorted(set(read))


def test_only_settings_and_what_starts_processes_read_the_environment():
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("sendiass_site", "leaflets")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\bos\.environ\b|getenv|environ\.Env\(", path.read_text())
    ]

    assert sorted(readers) == [
        "leaflets/formats/pdf.py",  # It gives its environment to its worker, without the programs.
        "sendiass_site/management/commands/move_database.py",  # The variable that its argument names.
        "sendiass_site/ops/drills.py",  # It gives its environment to a process of another database.
        "sendiass_site/ops/jobs.py",  # It names the settings, as manage.py does.
        "sendiass_site/ops/serve.py",
        "sendiass_site/settings.py",
        "sendiass_site/wsgi.py",
    ]
