"""Single sign-on against a real OpenID Connect provider, following every redirect."""

import logging
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from tests.accounts import (
    PASSWORD,
    SIGN_IN,
    can_open_admin,
    create_staff_user,
    post_password,
    totp_code,
    with_totp,
)
from tests.conftest import HttpsClient
from tests.openid_provider import running_provider
from tests.pages import Page, visit
from tests.running_site import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.server]


@pytest.fixture(autouse=True)
def _fast_password_hasher(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_provider(tmp_path_factory.mktemp("provider") / "log") as issuer:
        yield issuer


def use_provider(settings, issuer: str) -> None:
    """Set what OIDC_ISSUER and the other variables would set."""
    settings.OIDC_ISSUER = issuer
    settings.OIDC_GROUPS = {
        "Editors": ["send-editors"],
        "Publishers": ["send-publishers"],
        "Feedback readers": ["send-readers"],
    }
    settings.OIDC_ADMINISTRATORS = ["send-admins"]
    app = {
        "provider_id": "council",
        "name": "Council account",
        "client_id": "leaflets",
        "secret": "a secret",
        "settings": {"server_url": issuer},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


@pytest.fixture(autouse=True)
def council(settings, issuer: str) -> None:
    use_provider(settings, issuer)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def authorize(address: str, sub: str) -> str:
    """Fill in the provider's sign-in page as the user `sub`, or cancel if it is empty; return the callback URL."""
    opener = urllib.request.build_opener(_NoRedirect)
    opener.open(address, timeout=30).close()
    answer = {"action": "deny"} if sub == "" else {"sub": sub}
    try:
        opener.open(address, urllib.parse.urlencode(answer).encode(), timeout=30)
    except urllib.error.HTTPError as redirect:
        return redirect.headers["Location"]
    raise AssertionError("The provider did not redirect.")


def sign_in(client: HttpsClient, sub: str, query: str = "") -> Page:
    """Sign in as the provider's user `sub`, or cancel there if it is empty; return the response to the callback."""
    away = client.get(f"/staff/council/{query}")["Location"]
    back = authorize(away, sub)
    return Page("/staff/council/back/", client.get(back.removeprefix("https://testserver")))


def groups_of(name: str) -> list[str]:
    return sorted(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_a_user_in_a_group_gets_an_account_with_the_rights_of_that_group(client):
    page = sign_in(client, "rose")

    rose = User.objects.get()
    assert page.response["Location"] == "/admin/"
    assert (rose.username, rose.get_full_name()) == ("rose@council.gov.uk", "Rose Gray")
    assert (rose.is_staff, rose.is_superuser, groups_of(rose.username)) == (True, False, ["Publishers"])
    assert not rose.has_usable_password()


@pytest.mark.parametrize(
    ("sub", "member_of", "is_administrator"),
    [
        ("ben", ["Editors"], False),
        ("meg", ["Editors", "Feedback readers"], False),
        ("head", [], True),
        ("without-email", ["Editors"], False),
    ],
)
def test_groups_of_the_provider_are_mapped_to_ours(client, sub, member_of, is_administrator):
    sign_in(client, sub)

    user = User.objects.get()
    assert groups_of(user.username) == member_of
    assert user.is_superuser is is_administrator


@pytest.mark.parametrize("sub", ["stranger", "nobody", "odd"])
def test_a_user_in_no_group_is_refused_and_gets_no_account(client, sub):
    page = sign_in(client, sub)

    assert page.status == 403
    assert "not in a group that may use this website" in page.text("main")
    assert not User.objects.exists()


def test_groups_are_synchronised_at_every_sign_in(client):
    sign_in(client, "rose")
    rose = User.objects.get()
    rose.groups.set(Group.objects.filter(name="Editors"))
    rose.is_superuser = True
    rose.save()

    sign_in(HttpsClient(), "rose")

    assert groups_of(rose.username) == ["Publishers"]
    assert not User.objects.get().is_superuser


def test_the_directory_takes_the_role_of_the_last_administrator_and_the_log_says_so(client, settings, caplog):
    sign_in(client, "head")
    settings.OIDC_ADMINISTRATORS = ["others"]

    sign_in(HttpsClient(), "head")

    assert not User.objects.get().is_superuser
    assert "The council's directory has left no administrator here." in caplog.messages


def test_a_user_who_lost_the_last_group_loses_all_rights_at_the_next_sign_in(client, settings):
    sign_in(client, "rose")
    settings.OIDC_GROUPS = settings.OIDC_GROUPS | {"Publishers": ["others"]}

    page = sign_in(HttpsClient(), "rose")

    rose = User.objects.get()
    assert page.status == 403
    assert (rose.is_staff, groups_of(rose.username)) == (False, [])


def test_groups_without_configured_claim_values_are_left_alone(client, settings):
    settings.OIDC_GROUPS = settings.OIDC_GROUPS | {"Feedback readers": []}
    settings.OIDC_ADMINISTRATORS = []
    sign_in(client, "rose")
    rose = User.objects.get()
    rose.groups.add(Group.objects.get(name="Feedback readers"))
    rose.is_superuser = True
    rose.save()

    sign_in(HttpsClient(), "rose")

    assert groups_of(rose.username) == ["Feedback readers", "Publishers"]
    assert User.objects.get().is_superuser


def test_the_name_of_the_groups_claim_is_configurable(client, settings):
    settings.OIDC_GROUPS_CLAIM = "name"
    settings.OIDC_GROUPS = {"Publishers": ["Rose Gray"]}

    sign_in(client, "rose")

    assert groups_of("rose@council.gov.uk") == ["Publishers"]


def test_the_second_step_is_required_after_single_sign_on(client):
    sign_in(client, "rose")

    assert client.get("/admin/")["Location"] == "/staff/"


def test_a_user_with_a_second_step_is_asked_for_it_after_single_sign_on(client):
    sign_in(client, "rose")
    with_totp(User.objects.get())
    visitor = HttpsClient()

    page = sign_in(visitor, "rose")
    visitor.post("/staff/second-step/", {"code": totp_code()})

    assert page.response["Location"] == "/staff/second-step/"
    assert can_open_admin(visitor)


def test_with_oidc_has_mfa_the_providers_second_step_counts(client, settings):
    settings.OIDC_HAS_MFA = True

    sign_in(client, "rose")

    assert can_open_admin(client)


def test_oidc_has_mfa_does_not_apply_to_passwords(client, settings):
    settings.OIDC_HAS_MFA = True
    create_staff_user("amy", "Editors")

    post_password(client, "amy")

    assert not can_open_admin(client)


# Linking accounts


def test_a_verified_address_links_the_existing_account(client):
    head = create_staff_user("chief", email="head@council.gov.uk")

    sign_in(client, "head")

    assert SocialAccount.objects.get().user == head
    assert User.objects.count() == 1


def test_a_linked_account_has_no_password(client):
    create_staff_user("chief", email="head@council.gov.uk")

    sign_in(client, "head")

    assert not User.objects.get().has_usable_password()
    assert post_password(HttpsClient(), "chief").status == 200


def test_a_user_without_a_role_is_refused_and_an_existing_account_is_left_alone(client, settings):
    settings.OIDC_ADMINISTRATORS = ["misspelt"]
    create_staff_user("chief", email="head@council.gov.uk", is_superuser=True)

    page = sign_in(client, "head")

    chief = User.objects.get()
    assert page.status == 403
    assert chief.is_superuser
    assert chief.check_password(PASSWORD)
    assert not SocialAccount.objects.exists()


def test_the_log_names_only_groups_that_changed(client, caplog):
    caplog.set_level(logging.INFO, logger="leaflets.staff")
    sign_in(client, "rose")
    sign_in(HttpsClient(), "rose")

    said = [record.getMessage() for record in caplog.records if "Publishers" in record.getMessage()]
    assert said == ["rose@council.gov.uk: given Publishers by the council's directory."]


@pytest.mark.parametrize("sub", ["thief", "sly-thief"])
def test_an_unverified_address_links_no_account(client, sub):
    create_staff_user("chief", email="head@council.gov.uk", is_superuser=True)

    page = sign_in(client, sub)

    assert page.status == 403
    assert "not certain that it is yours" in page.text("main")
    assert not SocialAccount.objects.exists()
    assert "_auth_user_id" not in client.session


def test_with_oidc_owns_emails_every_address_counts_as_verified(client, settings):
    settings.OIDC_OWNS_EMAILS = True
    chief = create_staff_user("chief", email="head@council.gov.uk")

    sign_in(client, "thief")

    assert SocialAccount.objects.get().user == chief


def test_a_linked_account_is_not_linked_to_another_user_with_the_same_address(client, settings):
    settings.OIDC_OWNS_EMAILS = True
    sign_in(client, "head")

    page = sign_in(HttpsClient(), "thief")

    assert page.status == 403
    assert SocialAccount.objects.get().uid == "head"


def test_a_closed_account_stays_closed(client):
    sign_in(client, "rose")
    User.objects.update(is_active=False)
    visitor = HttpsClient()

    page = sign_in(visitor, "rose")

    assert page.response["Location"] == "/staff/closed/"
    assert "_auth_user_id" not in visitor.session


def test_no_claims_are_stored(client):
    sign_in(client, "rose")
    sign_in(HttpsClient(), "rose")

    assert SocialAccount.objects.get().extra_data == {}


# Attacks


def test_a_callback_url_from_another_browser_is_refused(client):
    away = client.get("/staff/council/")["Location"]
    back = authorize(away, "rose").removeprefix("https://testserver")
    victim = HttpsClient()

    response = victim.get(back)

    assert response.status_code == 403
    assert "_auth_user_id" not in victim.session


def test_a_callback_url_works_once(client):
    away = client.get("/staff/council/")["Location"]
    back = authorize(away, "rose").removeprefix("https://testserver")
    client.get(back)
    client.post("/staff/sign-out/")

    assert client.get(back).status_code == 403


def test_the_authorization_request_has_state_and_pkce(client):
    asked = parse_qs(urlsplit(client.get("/staff/council/")["Location"]).query)

    assert asked["redirect_uri"] == ["https://testserver/staff/council/back/"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 16


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/"])
def test_single_sign_on_does_not_redirect_to_another_site(client, address):
    page = sign_in(client, "rose", f"?next={address}")

    assert page.response["Location"] == "/admin/"


@pytest.mark.parametrize("process", ["connect", "redirect"])
def test_a_signed_in_user_cannot_link_another_account(client, process):
    amy = with_totp(create_staff_user("amy", "Editors"))
    client.force_login(amy)

    page = sign_in(client, "rose", f"?process={process}&next=/admin/")

    assert page.status == 400
    assert not SocialAccount.objects.exists()


# Failures


def test_a_sign_in_cancelled_at_the_provider_shows_an_error_page(client):
    page = sign_in(client, "")

    assert page.status == 403
    assert "did not let you in" in page.text("main")


def test_an_unreachable_provider_is_a_503(client, settings):
    use_provider(settings, f"http://127.0.0.1:{free_port()}")

    page = visit(client, "/staff/council/")

    assert page.status == 503
    assert "does not answer" in page.text("main")


def test_a_provider_that_goes_down_before_the_callback_is_no_500(client, settings, issuer):
    away = client.get("/staff/council/")["Location"]
    back = authorize(away, "rose").removeprefix("https://testserver")
    use_provider(settings, f"http://127.0.0.1:{free_port()}")

    page = visit(client, back)

    assert page.status in (403, 503)
    assert "Back to sign-in" in page.text("main")


def test_the_log_does_not_name_a_refused_user(client, caplog):
    caplog.set_level(logging.INFO, logger="leaflets.staff")

    sign_in(client, "stranger")

    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "a user without a role" in said
    assert "stranger" not in said


# Settings


def test_the_sign_in_page_offers_single_sign_on_and_password(client):
    page = visit(client, f"{SIGN_IN}?next=/admin/leaflets/leaflet/")

    links = page.links("main")
    assert links["Sign in with Council account"].startswith("/staff/council/?")
    assert "leaflets%2Fleaflet" in links["Sign in with Council account"]
    assert len(page.all("main//input[@type='password']")) == 1


def test_with_password_login_off_only_single_sign_on_works(client, settings):
    settings.PASSWORD_LOGIN = False
    with_totp(create_staff_user("amy", "Editors"))

    page = visit(client, SIGN_IN)

    assert page.all("main//input[@type='password']") == []
    assert client.post(SIGN_IN, {"login": "amy", "password": PASSWORD}).status_code == 403
    assert client.get("/staff/password/forgotten/").status_code == 404
    assert client.get("/staff/password/").status_code == 404
    with pytest.raises(CommandError, match="directory"):
        call_command("invite_staff", "amy@council.gov.uk")


def test_without_a_provider_its_urls_are_404(client, settings):
    settings.OIDC_ISSUER = ""
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}

    assert client.get("/staff/council/").status_code == 404
    assert client.get("/staff/council/back/").status_code == 404
    assert "Sign in with" not in visit(client, SIGN_IN).text("main")


def test_a_user_without_a_password_gets_no_reset_link(client, settings, mailoutbox):
    settings.HAS_MAIL = True
    sign_in(client, "rose")

    HttpsClient().post("/staff/password/forgotten/", {"email": "rose@council.gov.uk"})

    assert "/staff/password/new/" not in mailoutbox[-1].body
