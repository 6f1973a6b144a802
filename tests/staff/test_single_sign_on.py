"""The council's own sign-in, against a real OpenID Connect provider: every redirect is followed to its end."""

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
from tests.conftest import Visitor
from tests.openid_provider import running_provider
from tests.pages import Page, visit
from tests.running_site import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.server]


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_provider(tmp_path_factory.mktemp("provider") / "log") as issuer:
        yield issuer


def use_directory(settings, issuer: str) -> None:
    """Sign in through this directory, as OIDC_ISSUER and the others would have it."""
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
    use_directory(settings, issuer)


class _Stop(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def at_the_directory(address: str, who: str) -> str:
    """Sign in at the directory as its own page asks for it; return where it sends the browser back to."""
    opener = urllib.request.build_opener(_Stop)
    opener.open(address, timeout=30).close()
    answer = {"action": "deny"} if who == "" else {"sub": who}
    try:
        opener.open(address, urllib.parse.urlencode(answer).encode(), timeout=30)
    except urllib.error.HTTPError as redirect:
        return redirect.headers["Location"]
    raise AssertionError("The directory sent nobody back.")


def come(client: Visitor, who: str, query: str = "") -> Page:
    """Go the whole way: from our page to the directory and back. `who` is empty for somebody who changes their mind."""
    away = client.get(f"/staff/council/{query}")["Location"]
    back = at_the_directory(away, who)
    return Page("/staff/council/back/", client.get(back.removeprefix("https://testserver")))


def groups(name: str) -> list[str]:
    return sorted(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_somebody_in_a_group_gets_an_account_with_just_these_rights(client):
    page = come(client, "rose")

    rose = User.objects.get()
    assert page.response["Location"] == "/admin/"
    assert (rose.username, rose.get_full_name()) == ("rose@council.gov.uk", "Rose Gray")
    assert (rose.is_staff, rose.is_superuser, groups(rose.username)) == (True, False, ["Publishers"])
    assert not rose.has_usable_password()


@pytest.mark.parametrize(
    ("who", "member_of", "is_administrator"),
    [
        ("ben", ["Editors"], False),
        ("meg", ["Editors", "Feedback readers"], False),
        ("head", [], True),
        ("without-email", ["Editors"], False),
    ],
)
def test_the_directorys_groups_become_ours(client, who, member_of, is_administrator):
    come(client, who)

    user = User.objects.get()
    assert groups(user.username) == member_of
    assert user.is_superuser is is_administrator


@pytest.mark.parametrize("who", ["stranger", "nobody", "odd"])
def test_somebody_in_no_group_is_refused_with_a_plain_page_and_gets_no_account(client, who):
    page = come(client, who)

    assert page.status == 403
    assert "not in a group that may use this website" in page.text("main")
    assert not User.objects.exists()


def test_groups_are_taken_and_given_anew_at_every_sign_in(client):
    come(client, "rose")
    rose = User.objects.get()
    rose.groups.set(Group.objects.filter(name="Editors"))
    rose.is_superuser = True
    rose.save()

    come(Visitor(), "rose")

    assert groups(rose.username) == ["Publishers"]
    assert not User.objects.get().is_superuser


def test_who_lost_the_last_group_loses_every_right_here_when_they_come(client, settings):
    come(client, "rose")
    settings.OIDC_GROUPS = settings.OIDC_GROUPS | {"Publishers": ["others"]}

    page = come(Visitor(), "rose")

    rose = User.objects.get()
    assert page.status == 403
    assert (rose.is_staff, groups(rose.username)) == (False, [])


def test_a_group_that_the_directory_is_not_asked_about_is_left_alone(client, settings):
    settings.OIDC_GROUPS = settings.OIDC_GROUPS | {"Feedback readers": []}
    settings.OIDC_ADMINISTRATORS = []
    come(client, "rose")
    rose = User.objects.get()
    rose.groups.add(Group.objects.get(name="Feedback readers"))
    rose.is_superuser = True
    rose.save()

    come(Visitor(), "rose")

    assert groups(rose.username) == ["Feedback readers", "Publishers"]
    assert User.objects.get().is_superuser


def test_the_claim_may_have_another_name(client, settings):
    settings.OIDC_GROUPS_CLAIM = "name"
    settings.OIDC_GROUPS = {"Publishers": ["Rose Gray"]}

    come(client, "rose")

    assert groups("rose@council.gov.uk") == ["Publishers"]


def test_our_own_second_step_is_needed_after_the_councils_sign_in(client):
    come(client, "rose")

    assert client.get("/admin/")["Location"] == "/staff/"


def test_who_has_a_second_step_here_is_asked_for_it(client):
    come(client, "rose")
    with_totp(User.objects.get())
    visitor = Visitor()

    page = come(visitor, "rose")
    visitor.post("/staff/second-step/", {"code": totp_code()})

    assert page.response["Location"] == "/staff/second-step/"
    assert can_open_admin(visitor)


def test_the_councils_own_second_step_counts_where_the_web_team_says_so(client, settings):
    settings.OIDC_HAS_MFA = True

    come(client, "rose")

    assert can_open_admin(client)


def test_a_password_does_not_count_as_the_councils_second_step(client, settings):
    settings.OIDC_HAS_MFA = True
    create_staff_user("amy", "Editors")

    post_password(client, "amy")

    assert not can_open_admin(client)


# Whose account it is


def test_a_verified_address_opens_the_account_that_has_it_and_links_them(client):
    head = create_staff_user("chief", email="head@council.gov.uk")

    come(client, "head")

    assert SocialAccount.objects.get().user == head
    assert User.objects.count() == 1


def test_once_linked_the_directory_is_asked_every_time_and_a_password_opens_nothing(client):
    create_staff_user("chief", email="head@council.gov.uk")

    come(client, "head")

    assert not User.objects.get().has_usable_password()
    assert post_password(Visitor(), "chief").status == 200


def test_somebody_without_a_role_is_refused_and_their_account_here_is_left_alone(client, settings):
    settings.OIDC_ADMINISTRATORS = ["misspelt"]
    create_staff_user("chief", email="head@council.gov.uk", is_superuser=True)

    page = come(client, "head")

    chief = User.objects.get()
    assert page.status == 403
    assert chief.is_superuser
    assert chief.check_password(PASSWORD)
    assert not SocialAccount.objects.exists()


def test_the_log_tells_what_the_directory_gave_and_nothing_that_it_did_not(client, caplog):
    caplog.set_level(logging.INFO, logger="leaflets.staff")
    come(client, "rose")
    come(Visitor(), "rose")

    said = [record.getMessage() for record in caplog.records if "Publishers" in record.getMessage()]
    assert said == ["rose@council.gov.uk: given Publishers by the council's directory."]


@pytest.mark.parametrize("who", ["thief", "sly-thief"])
def test_an_address_that_nobody_verified_opens_no_account(client, who):
    create_staff_user("chief", email="head@council.gov.uk", is_superuser=True)

    page = come(client, who)

    assert page.status == 403
    assert "not certain that it is yours" in page.text("main")
    assert not SocialAccount.objects.exists()
    assert "_auth_user_id" not in client.session


def test_an_address_counts_as_verified_where_the_council_gives_them_out_itself(client, settings):
    settings.OIDC_OWNS_EMAILS = True
    chief = create_staff_user("chief", email="head@council.gov.uk")

    come(client, "thief")

    assert SocialAccount.objects.get().user == chief


def test_an_account_that_is_linked_to_one_person_is_not_opened_by_another_with_the_same_address(
    client, settings
):
    settings.OIDC_OWNS_EMAILS = True
    come(client, "head")

    page = come(Visitor(), "thief")

    assert page.status == 403
    assert SocialAccount.objects.get().uid == "head"


def test_a_closed_account_stays_closed(client):
    come(client, "rose")
    User.objects.update(is_active=False)
    visitor = Visitor()

    page = come(visitor, "rose")

    assert page.response["Location"] == "/staff/closed/"
    assert "_auth_user_id" not in visitor.session


def test_nothing_that_the_directory_said_is_kept_but_who_it_was(client):
    come(client, "rose")
    come(Visitor(), "rose")

    assert SocialAccount.objects.get().extra_data == {}


# What an attacker tries


def test_a_link_back_that_belongs_to_another_browser_signs_nobody_in(client):
    away = client.get("/staff/council/")["Location"]
    back = at_the_directory(away, "rose").removeprefix("https://testserver")
    victim = Visitor()

    response = victim.get(back)

    assert response.status_code == 403
    assert "_auth_user_id" not in victim.session


def test_a_link_back_works_once(client):
    away = client.get("/staff/council/")["Location"]
    back = at_the_directory(away, "rose").removeprefix("https://testserver")
    client.get(back)
    client.post("/staff/sign-out/")

    assert client.get(back).status_code == 403


def test_the_way_to_the_directory_is_guarded_by_state_and_pkce(client):
    asked = parse_qs(urlsplit(client.get("/staff/council/")["Location"]).query)

    assert asked["redirect_uri"] == ["https://testserver/staff/council/back/"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 16


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/"])
def test_after_the_directory_nobody_is_led_to_another_site(client, address):
    page = come(client, "rose", f"?next={address}")

    assert page.response["Location"] == "/admin/"


@pytest.mark.parametrize("process", ["connect", "redirect"])
def test_an_account_is_linked_in_no_other_way(client, process):
    amy = with_totp(create_staff_user("amy", "Editors"))
    client.force_login(amy)

    page = come(client, "rose", f"?process={process}&next=/admin/")

    assert page.status == 400
    assert not SocialAccount.objects.exists()


# When it does not work


def test_who_changes_their_mind_is_told_that_it_did_not_work(client):
    page = come(client, "")

    assert page.status == 403
    assert "did not let you in" in page.text("main")


def test_a_directory_that_is_down_is_no_error_of_ours(client, settings):
    use_directory(settings, f"http://127.0.0.1:{free_port()}")

    page = visit(client, "/staff/council/")

    assert page.status == 503
    assert "does not answer" in page.text("main")


def test_a_directory_that_goes_down_in_between_is_no_error_of_ours(client, settings, issuer):
    away = client.get("/staff/council/")["Location"]
    back = at_the_directory(away, "rose").removeprefix("https://testserver")
    use_directory(settings, f"http://127.0.0.1:{free_port()}")

    page = visit(client, back)

    assert page.status in (403, 503)
    assert "Back to sign-in" in page.text("main")


def test_the_log_tells_who_was_refused_by_no_name_of_theirs(client, caplog):
    caplog.set_level(logging.INFO, logger="leaflets.staff")

    come(client, "stranger")

    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "a user without a role" in said
    assert "stranger" not in said


# With passwords, without passwords, without a directory


def test_the_page_offers_both_ways(client):
    page = visit(client, f"{SIGN_IN}?next=/admin/leaflets/leaflet/")

    links = page.links("main")
    assert links["Sign in with Council account"].startswith("/staff/council/?")
    assert "leaflets%2Fleaflet" in links["Sign in with Council account"]
    assert len(page.all("main//input[@type='password']")) == 1


def test_without_passwords_the_page_offers_one_way_and_takes_no_password(client, settings):
    settings.PASSWORD_LOGIN = False
    with_totp(create_staff_user("amy", "Editors"))

    page = visit(client, SIGN_IN)

    assert page.all("main//input[@type='password']") == []
    assert client.post(SIGN_IN, {"login": "amy", "password": PASSWORD}).status_code == 403
    assert client.get("/staff/password/forgotten/").status_code == 404
    assert client.get("/staff/password/").status_code == 404
    with pytest.raises(CommandError, match="directory"):
        call_command("invite_staff", "amy@council.gov.uk")


def test_without_a_directory_there_is_no_such_page(client, settings):
    settings.OIDC_ISSUER = ""
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}

    assert client.get("/staff/council/").status_code == 404
    assert client.get("/staff/council/back/").status_code == 404
    assert "Sign in with" not in visit(client, SIGN_IN).text("main")


def test_who_comes_through_the_directory_alone_gets_no_second_way_in_by_mail(client, settings, mailoutbox):
    settings.HAS_MAIL = True
    come(client, "rose")

    Visitor().post("/staff/password/forgotten/", {"email": "rose@council.gov.uk"})

    assert "/staff/password/new/" not in mailoutbox[-1].body
