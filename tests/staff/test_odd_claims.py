"""Single sign-on with a provider that sends malformed claims: a refusal page, no account, and never a 500."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User

from tests.accounts import create_staff_user
from tests.conftest import HttpsClient
from tests.pages import Page

pytestmark = pytest.mark.django_db

ROSE = {
    "sub": "rose",
    "email": "rose@council.gov.uk",
    "email_verified": True,
    "name": "Rose Gray",
    "groups": ["send-admins"],
}
MISSING = object()


class Provider(ThreadingHTTPServer):
    """An OpenID Connect provider that answers with `userinfo`, an ID token of `id_token`, and `tokens` beside it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.userinfo: Any = ROSE
        self.id_token: Any = ROSE
        self.tokens: Any = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str) -> Any:
        if path == "/userinfo":
            return self.userinfo
        if path == "/token":
            tokens = {"access_token": "a", "token_type": "Bearer", "id_token": self._encoded_id_token()}
            return tokens | self.tokens if isinstance(self.tokens, dict) else self.tokens
        return {
            "issuer": self.issuer,
            **{
                f"{name}_endpoint": f"{self.issuer}/{path}"
                for name, path in [
                    ("authorization", "authorize"),
                    ("token", "token"),
                    ("userinfo", "userinfo"),
                ]
            },
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def _encoded_id_token(self) -> str:
        claims = self.id_token
        if isinstance(claims, dict):
            claims = {"iss": self.issuer, "aud": "leaflets", "exp": 2**32, "iat": 1} | claims
        # The signature is not checked: the token comes from the provider itself.
        parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in [*parts, b"none"])


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        body = json.dumps(self.server.answer(urlsplit(self.path).path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        settings.OIDC_ISSUER = server.issuer
        settings.OIDC_GROUPS = {"Editors": ["send-editors"]}
        settings.OIDC_ADMINISTRATORS = ["send-admins"]
        app = {
            "provider_id": "council",
            "name": "Council account",
            "client_id": "leaflets",
            "secret": "a secret",
            "settings": {"server_url": server.issuer},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
        yield server
        server.shutdown()
        thread.join()


def sign_in() -> Page:
    client = HttpsClient()
    # An exception would be raised here: the page of the status 500 is wanted instead.
    client.raise_request_exception = False
    state = parse_qs(urlsplit(client.get("/staff/council/")["Location"]).query)["state"][0]
    return Page("", client.get("/staff/council/back/", {"code": "a", "state": state}))


def changed(**claims: Any) -> dict[str, Any]:
    return {name: value for name, value in (ROSE | claims).items() if value is not MISSING}


def test_well_formed_claims_make_an_account(provider):
    page = sign_in()

    assert page.response["Location"] == "/admin/"
    assert User.objects.get().get_full_name() == "Rose Gray"


ODD_SUBS = {
    "a number": 7,
    "true": True,
    "null": None,
    "empty": "",
    "5,000 long": "x" * 5000,
    "a list": ["rose"],
    "an empty list": [],
    "an object": {"a": "rose"},
    "an empty object": {},
    "with a null character": "ro\0se",
    "missing": MISSING,
}
ODD_TEXTS = {
    "a number": 7,
    "a list": ["rose"],
    "with a null character": "ro\0se",
    "with a line break": "ro\nse",
}


def assert_refused(page: Page) -> None:
    assert page.status == 403
    assert "did not let you in" in page.text("main")
    assert not User.objects.exists()


@pytest.mark.parametrize("sub", ODD_SUBS.values(), ids=ODD_SUBS)
@pytest.mark.parametrize("parts", [["userinfo"], ["id_token"], ["userinfo", "id_token"]], ids=" and ".join)
def test_an_odd_identifier_is_refused(provider, sub, parts):
    for part in parts:
        setattr(provider, part, changed(sub=sub))

    assert_refused(sign_in())


@pytest.mark.parametrize("value", ODD_TEXTS.values(), ids=ODD_TEXTS)
@pytest.mark.parametrize("name", ["email", "name", "given_name", "family_name", "preferred_username"])
def test_an_odd_text_is_refused(provider, name, value):
    provider.userinfo = changed(**{name: value})

    assert_refused(sign_in())


def test_an_address_that_is_too_long_is_refused(provider):
    provider.userinfo = provider.id_token = changed(email="x" * 5000 + "@council.gov.uk")

    assert_refused(sign_in())


@pytest.mark.parametrize("value", [None, [], [ROSE], "rose", "", 7, True, {}], ids=str)
@pytest.mark.parametrize("part", ["userinfo", "id_token"])
def test_a_part_that_is_no_object_is_refused(provider, part, value):
    setattr(provider, part, value)

    assert_refused(sign_in())


@pytest.mark.parametrize(
    "tokens",
    [
        {"access_token": 7},
        {"access_token": None},
        {"id_token": 7},
        {"id_token": ["a"]},
        {"id_token": "a"},
        [],
        None,
        "a",
    ],
    ids=repr,
)
def test_an_odd_answer_with_tokens_is_no_500(provider, tokens):
    provider.tokens = tokens

    page = sign_in()

    assert page.status in (302, 403, 503)


@pytest.mark.parametrize("verified", [None, "true", [], {}, 7], ids=repr)
def test_an_odd_claim_of_verification_verifies_nothing(provider, verified):
    create_staff_user("rose")
    provider.userinfo = provider.id_token = changed(email_verified=verified)

    page = sign_in()

    assert page.status == 403
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "claims", [{"email": None}, {"email": ""}, {"name": None}, {"name": "x" * 5000}], ids=str
)
def test_what_the_account_can_do_without_may_be_missing(provider, claims):
    provider.userinfo = provider.id_token = changed(**claims)

    page = sign_in()

    assert page.response["Location"] == "/admin/"


def test_a_closed_account_is_not_linked_nor_made_administrator(provider):
    rose = create_staff_user("rose", is_active=False)

    page = sign_in()

    rose.refresh_from_db()
    assert page.response["Location"] == "/staff/closed/"
    assert not SocialAccount.objects.exists()
    assert (rose.is_superuser, rose.has_usable_password()) == (False, True)


def test_a_linked_account_that_is_closed_is_not_made_administrator(provider):
    provider.userinfo = provider.id_token = changed(groups=["send-editors"])
    sign_in()
    User.objects.update(is_active=False)
    provider.userinfo = provider.id_token = ROSE

    page = sign_in()

    assert page.response["Location"] == "/staff/closed/"
    assert not User.objects.get().is_superuser
