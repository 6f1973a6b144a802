"""Sign-in: password and second step, rate limits, sessions and the security log."""

import json
import logging
import re
import time

import pytest
import qrcode
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from qrcode.image.svg import SvgPathImage

from leaflets.staff import mfa, sessions
from tests.accounts import (
    ADMIN,
    PASSWORD,
    SECOND_STEP,
    SIGN_IN,
    can_open_admin,
    code_of_step,
    create_staff_user,
    path_of_link,
    post_password,
    recovery_codes,
    sign_in,
    totp_code,
    with_totp,
)
from tests.conftest import HttpsClient
from tests.pages import Page, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def _no_rate_limits_consumed(db) -> None:
    cache.clear()


@pytest.fixture
def rose() -> User:
    """A publisher with a password and an authenticator app."""
    return with_totp(create_staff_user("rose", "Publishers"))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture):
    """Returns the lines of the security log."""
    caplog.set_level(logging.INFO, logger="leaflets.staff")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "leaflets.staff"]


def rewind(client: Client, minutes: float, key: str = "used_at") -> None:
    """Set a timestamp in the session back, as if this time had passed."""
    session = client.session
    session[key] -= int(minutes * 60)
    session.save()


# Two steps


def test_a_password_and_a_code_open_the_admin(client, rose):
    sign_in(client, rose)

    assert can_open_admin(client)


def test_a_password_alone_opens_nothing(client, rose):
    page = post_password(client)

    assert page.response["Location"] == SECOND_STEP
    assert client.get(ADMIN).status_code == 302


@pytest.mark.each_database
def test_a_wrong_code_opens_nothing(client, rose):
    post_password(client)
    wrong = f"{(int(totp_code()) + 1) % 1_000_000:06}"

    page = Page(SECOND_STEP, client.post(SECOND_STEP, {"code": wrong}))

    assert "This code is wrong" in page.text("main")
    assert not can_open_admin(client)


@pytest.mark.each_database
def test_a_code_works_once(client, rose):
    shown = totp_code()
    post_password(client)
    client.post(SECOND_STEP, {"code": shown})
    onlooker = HttpsClient()
    post_password(onlooker)

    onlooker.post(SECOND_STEP, {"code": shown})

    assert can_open_admin(client)
    assert not can_open_admin(onlooker)


def test_a_recovery_code_replaces_the_app_once(rose):
    codes = recovery_codes(rose)
    first, second = HttpsClient(), HttpsClient()

    for visitor in (first, second):
        post_password(visitor)
        visitor.post(SECOND_STEP, {"code": codes[0]})

    assert (can_open_admin(first), can_open_admin(second)) == (True, False)
    assert recovery_codes(rose) == codes[1:]


def test_a_code_with_spaces_as_pasted_is_understood(client, rose):
    post_password(client)
    shown = totp_code()

    client.post(SECOND_STEP, {"code": f" {shown[:3]} {shown[3:]} "})

    assert can_open_admin(client)


@pytest.mark.each_database
def test_a_user_without_a_second_step_is_redirected_to_set_one_up(client):
    create_staff_user("rose", "Publishers")
    post_password(client)

    response = client.get(ADMIN)

    assert response["Location"] == "/staff/"
    assert "One thing is missing" in visit(client, "/staff/").text("main")


@pytest.mark.parametrize("path", ["/admin/editor/preview/", "/admin/editor/upload/"])
def test_nothing_is_previewed_or_uploaded_without_the_second_step(client, path):
    create_staff_user("rose", "Publishers")
    post_password(client)

    response = client.post(path, {"content": "Words of a draft."})

    assert response.status_code == 403
    assert "Words of a draft" not in response.content.decode()


def test_nothing_is_changed_in_the_admin_without_the_second_step(client):
    create_staff_user("head", is_superuser=True)
    post_password(client, "head")

    response = client.post("/admin/auth/user/add/", {"email": "friend@evil.example"})

    assert response.status_code == 403
    assert User.objects.count() == 1


@pytest.mark.each_database
@pytest.mark.usefixtures("committed_db")
def test_setting_up_an_app_opens_the_admin_and_shows_the_recovery_codes_once(client):
    rose = create_staff_user("rose", "Publishers")
    post_password(client)
    key = visit(client, "/staff/second-step/app/").text("*[@class='key-to-type']")

    client.post("/staff/second-step/app/", {"code": totp_code(key)})
    first, second = (visit(client, "/staff/second-step/codes/") for _ in range(2))

    assert can_open_admin(client)
    assert first.texts("*[@class='codes']/li") == recovery_codes(rose)
    assert second.all("*[@class='codes']/li") == []


def test_the_qr_code_is_part_of_the_page_and_says_what_the_key_says(client):
    create_staff_user("rose")
    post_password(client)

    page = visit(client, "/staff/second-step/app/")

    key = page.text("*[@class='key-to-type']")
    says = f"otpauth://totp/rose%40council.gov.uk?secret={key}&issuer=testserver"
    drawn = qrcode.make(says, image_factory=SvgPathImage).to_string().decode()
    assert (
        re.search(r' d="([^"]+)"', page.html.partition('class="qr"')[2])[1]
        == re.search(r' d="([^"]+)"', drawn)[1]
    )
    assert "data:image" not in page.html


def test_with_require_mfa_off_a_password_is_enough(client, settings):
    settings.REQUIRE_MFA = False
    create_staff_user("rose", "Publishers")

    post_password(client)

    assert can_open_admin(client)


def test_with_require_mfa_off_an_existing_second_step_is_still_asked_for(client, rose, settings):
    settings.REQUIRE_MFA = False

    post_password(client)

    assert not can_open_admin(client)


def test_a_second_step_in_the_same_browser_does_not_count_for_another_user(client, rose):
    sign_in(client, rose)
    create_staff_user("ben", "Publishers")
    client.post("/staff/sign-out/")

    post_password(client, "ben")

    assert not can_open_admin(client)


# Attacks


def test_signing_in_changes_the_session_key(client, rose):
    client.get("/staff/sign-in/?next=/admin/")
    post_password(client)
    planted = client.session.session_key

    client.post(SECOND_STEP, {"code": totp_code()})

    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.parametrize("address", ["https://evil.example/", "/\\evil.example/"])
def test_the_second_step_does_not_redirect_to_another_site(client, rose, address):
    page = sign_in(client, rose, next=address)

    assert page.response["Location"] == ADMIN


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        "https://testserver@evil.example/",
        "http://localhost/",
        " //evil.example/",
    ],
)
def test_sign_in_does_not_redirect_to_another_site(client, settings, address):
    settings.REQUIRE_MFA = False
    create_staff_user("rose", "Publishers")

    page = post_password(client, next=address)

    assert page.response["Location"] == ADMIN


def test_sign_in_redirects_to_the_requested_page(client, rose):
    page = sign_in(client, rose, next="/admin/leaflets/leaflet/?draft=open")

    assert page.response["Location"] == "/admin/leaflets/leaflet/?draft=open"


def test_sign_out_does_not_redirect_to_another_site(client, rose):
    sign_in(client, rose)

    response = client.post("/staff/sign-out/", {"next": "https://evil.example/"})

    assert response["Location"] == SIGN_IN


@pytest.mark.each_database
def test_too_many_wrong_passwords_block_the_right_one_too(client, rose):
    for guess in range(5):
        post_password(client, password=f"guess {guess}")

    page = post_password(client)

    assert "tried too often" in page.text("main")
    assert page.status == 200


def test_wrong_passwords_from_one_address_do_not_block_the_owner(client, rose):
    guesser = HttpsClient(REMOTE_ADDR="203.0.113.9")
    for guess in range(45):
        post_password(guesser, password=f"guess {guess}")

    assert "tried too often" in post_password(guesser).text("main")
    assert post_password(client).response["Location"] == SECOND_STEP


def test_wrong_passwords_from_many_addresses_are_limited_too(client, rose, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_tried_anywhere": "8/h/key"}
    for number in range(8):
        post_password(HttpsClient(REMOTE_ADDR=f"203.0.113.{number}"), password=f"guess {number}")

    page = post_password(client)

    assert "tried too often" in page.text("main")


@pytest.mark.parametrize(
    ("address", "later_address"),
    [("192.0.2.5", "192.0.2.5"), ("2001:db8::5", "2001:db8::5"), ("2001:db8::5", "2001:db8::77")],
    ids=["IPv4", "IPv6", "another IPv6 address of the same network"],
)
def test_wrong_passwords_from_many_addresses_do_not_block_a_known_network(
    rose, settings, address, later_address
):
    sign_in(HttpsClient(REMOTE_ADDR=address), rose)
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_tried_anywhere": "8/h/key"}
    for number in range(9):
        post_password(HttpsClient(REMOTE_ADDR=f"203.0.113.{number}"), password=f"guess {number}")

    page = post_password(HttpsClient(REMOTE_ADDR=later_address))

    assert page.response["Location"] == SECOND_STEP


def test_wrong_passwords_from_many_ipv6_addresses_of_one_network_are_limited(rose):
    for number in range(5):
        post_password(HttpsClient(REMOTE_ADDR=f"2001:db8::{number}"), password=f"guess {number}")

    page = post_password(HttpsClient(REMOTE_ADDR="2001:db8::9"))

    assert "tried too often" in page.text("main")


@pytest.mark.parametrize("network", ["2001:db8:0:{}::1", "2001:db8:0:{}00::1"], ids=["/56", "/48"])
def test_attempts_from_many_ipv6_networks_of_one_home_or_office_are_limited(rose, settings, network):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_tried_network": "6/h/key"}
    for number in range(6):
        post_password(HttpsClient(REMOTE_ADDR=network.format(number)), name=f"name-{number}")

    page = post_password(HttpsClient(REMOTE_ADDR=network.format(9)))
    elsewhere = post_password(HttpsClient(REMOTE_ADDR="2001:db8:1::1"))

    assert "tried too often" in page.text("main")
    assert elsewhere.response["Location"] == SECOND_STEP


@pytest.mark.each_database
def test_each_network_has_limits_and_a_wide_one_more(settings):
    for action in ("login_tried", "reset_password"):
        narrow, wide = settings.ACCOUNT_RATE_LIMITS[action], settings.ACCOUNT_RATE_LIMITS[f"{action}_network"]
        assert rate_per_hour(narrow, "ip") < rate_per_hour(wide, "key") <= 2 * rate_per_hour(narrow, "ip")


def rate_per_hour(limits: str, per: str) -> int:
    return int(re.search(rf"(\d+)/h/{per}", limits)[1])


def test_own_sign_ins_do_not_allow_more_guesses_at_other_accounts(rose, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_tried": "12/h/ip"}
    for number in range(4):
        for name in ("ann", "ben"):
            post_password(HttpsClient(), name=name, password=f"guess {number}")
        own = HttpsClient()
        post_password(own)
        own.post(SECOND_STEP, {"code": recovery_codes(rose)[0]})

    page = post_password(HttpsClient(), name="ann")

    assert "tried too often" in page.text("main")


@pytest.mark.each_database
def test_a_password_reset_works_while_the_account_is_attacked(client, rose, settings):
    settings.HAS_MAIL = True
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_tried_anywhere": "0/h/key"}
    client.post("/staff/password/forgotten/", {"email": rose.email})
    link = client.get(path_of_link(mail.outbox[-1].body))["Location"]

    response = client.post(
        link, {"password1": "four other words entirely", "password2": "four other words entirely"}
    )

    assert response["Location"] == SECOND_STEP


def test_failures_with_different_usernames_count_for_the_address(rose):
    guesser = HttpsClient(REMOTE_ADDR="203.0.113.9")
    for number in range(10):
        post_password(guesser, name=f"name-{number}")

    page = post_password(guesser)

    assert "tried too often" in page.text("main")


def test_an_address_has_an_hourly_limit_too(rose, settings):
    limits = settings.ACCOUNT_RATE_LIMITS["login_failed"]
    assert "40/h/ip" in limits
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {
        "login_failed": limits.replace("10/m/ip", "99/m/ip").replace("40/h/ip", "8/h/ip")
    }
    guesser = HttpsClient(REMOTE_ADDR="203.0.113.9")
    for number in range(8):
        post_password(guesser, name=f"name-{number}")

    assert "tried too often" in post_password(guesser, name="another").text("main")


def test_password_resets_are_limited_per_address(client, rose, settings):
    settings.HAS_MAIL = True

    answers = [client.post("/staff/password/forgotten/", {"email": rose.email}).status_code for _ in range(4)]

    assert answers == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_password_resets_from_many_ipv6_networks_of_one_home_are_limited(settings):
    settings.HAS_MAIL = True
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"reset_password_network": "2/h/key"}

    answers = [
        HttpsClient(REMOTE_ADDR=f"2001:db8:0:{number}::1")
        .post("/staff/password/forgotten/", {"email": f"name-{number}@example.org"})
        .status_code
        for number in range(3)
    ]

    assert answers == [302, 302, 429]
    assert len(mail.outbox) == 2


def test_a_forged_x_forwarded_for_does_not_avoid_the_limit(rose):
    for guess in range(5):
        headers = {"x-forwarded-for": f"198.51.100.{guess}"}
        HttpsClient().post(SIGN_IN, {"login": "rose", "password": f"guess {guess}"}, headers=headers)

    response = HttpsClient().post(
        SIGN_IN, {"login": "rose", "password": PASSWORD}, headers={"x-forwarded-for": "198.51.100.99"}
    )

    assert "tried too often" in response.content.decode()


def test_a_rate_limit_expires(client, rose, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "1/2s/key"}
    post_password(client, password="a guess")  # noqa: S106

    paused = post_password(client)
    time.sleep(2.1)

    assert "tried too often" in paused.text("main")
    assert post_password(client).response["Location"] == SECOND_STEP


def post_code(client: Client, code: str) -> Page:
    return Page(SECOND_STEP, client.post(SECOND_STEP, {"code": code}))


def guess_codes(address: str, times: int) -> Page:
    """Type wrong codes as somebody who knows rose's password; return the last response."""
    guesser = HttpsClient(REMOTE_ADDR=address)
    post_password(guesser)
    for number in range(times):
        page = post_code(guesser, f"guess {number}")
    return page


@pytest.mark.each_database
def test_too_many_wrong_codes_block_the_right_one_too(client, rose):
    post_password(client)
    for guess in range(5):
        post_code(client, f"guess {guess}")

    page = post_code(client, totp_code())

    assert "tried too often" in page.text("main")


@pytest.mark.parametrize("owner", ["192.0.2.5", "2001:db8::5"])
def test_wrong_codes_from_one_address_do_not_block_the_owner_at_another(rose, owner):
    paused = guess_codes("203.0.113.9", 6)
    client = HttpsClient(REMOTE_ADDR=owner)
    post_password(client)

    post_code(client, totp_code())

    assert "tried too often" in paused.text("main")
    assert can_open_admin(client)


def test_wrong_codes_from_one_address_do_not_block_the_owner_who_has_to_confirm_a_change(client, rose):
    sign_in(client, rose)
    rewind(client, 10, "signed_in_at")
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    guess_codes("203.0.113.9", 6)

    page = Page("", client.post("/staff/second-step/again/", {"code": recovery_codes(rose)[0]}))

    assert page.status == 302


def test_wrong_codes_from_many_ipv6_addresses_of_one_network_are_limited(rose):
    for number in range(5):
        guess_codes(f"2001:db8::{number}", 1)

    assert "tried too often" in guess_codes("2001:db8::9", 1).text("main")


def test_wrong_codes_from_many_addresses_are_limited_too(client, rose, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"second_step_tried_anywhere": "8/h/key"}
    for number in range(8):
        guess_codes(f"203.0.113.{number}", 1)
    post_password(client)

    assert "tried too often" in post_code(client, totp_code()).text("main")


def test_wrong_codes_from_many_addresses_do_not_block_a_known_network(rose, settings):
    sign_in(HttpsClient(REMOTE_ADDR="2001:db8::5"), rose)
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"second_step_tried_anywhere": "8/h/key"}
    for number in range(9):
        guess_codes(f"203.0.113.{number}", 1)
    client = HttpsClient(REMOTE_ADDR="2001:db8::6")
    post_password(client)

    post_code(client, recovery_codes(rose)[0])

    assert can_open_admin(client)


def test_right_codes_do_not_count_towards_the_limits(rose, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"second_step_tried_anywhere": "3/h/key"}
    for code in recovery_codes(rose)[:6]:
        client = HttpsClient(REMOTE_ADDR="192.0.2.5")
        post_password(client)
        post_code(client, code)

        assert can_open_admin(client)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_works_one_step_early_or_late_and_once(rose, steps):
    code = code_of_step(steps)
    first, second = HttpsClient(), HttpsClient()
    for visitor in (first, second):
        post_password(visitor)
        post_code(visitor, code)

    assert (can_open_admin(first), can_open_admin(second)) == (True, False)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_does_not_work_two_steps_early_or_late(client, rose, steps):
    post_password(client)

    post_code(client, code_of_step(steps))

    assert not can_open_admin(client)


@pytest.mark.each_database
def test_a_code_is_used_up_in_any_spelling_for_as_long_as_it_is_valid(client, rose, monkeypatch):
    code = code_of_step(-1)
    real = time.time
    with monkeypatch.context() as a_minute_ago:
        a_minute_ago.setattr(time, "time", lambda: real() - 60)
        post_password(client)
        post_code(client, code)
    onlooker = HttpsClient()
    post_password(onlooker)

    for spelling in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", f"+{code}", f"{code}."):
        post_code(onlooker, spelling)

    assert can_open_admin(client)
    assert not can_open_admin(onlooker)


@pytest.mark.each_database
def test_limits_are_counted_in_the_database_under_digests(client, rose):
    post_password(client, password="a guess")  # noqa: S106

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM staff_cache")
        keys = [key for (key,) in cursor.fetchall()]

    assert type(cache._connections[cache._alias]).__name__ == "DatabaseCache"
    assert keys != []
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)


def without_token(page: Page) -> str:
    """The HTML without CSRF tokens, which differ each time."""
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", page.html)


@pytest.mark.parametrize("name", ["nobody", "rose@council.gov.uk", "ROSE", "disabled"])
def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(client, rose, name):
    create_staff_user("disabled", is_active=False)

    known = post_password(HttpsClient(), "rose", "a wrong password")
    other = post_password(HttpsClient(), name, "a wrong password")

    assert "is wrong" in known.text("main")
    assert without_token(other).replace(name.strip(), "") == without_token(known).replace("rose", "")


def record_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record each hashed password: hashing takes nearly all of the response time."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    real = MD5PasswordHasher.encode

    def encode(self, password, *args, **kwargs):
        hashed.append(password)
        return real(self, password, *args, **kwargs)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return hashed


@pytest.mark.parametrize("name", ["rose", "nobody", "disabled", "invited"])
def test_a_password_is_hashed_once_whether_or_not_there_is_such_an_account(client, rose, name, monkeypatch):
    create_staff_user("disabled", is_active=False)
    invited = create_staff_user("invited")
    invited.set_unusable_password()
    invited.save()
    hashed = record_hashes(monkeypatch)

    post_password(client, name, "a wrong password")

    assert len(hashed) == 1


def test_a_rate_limit_looks_the_same_whether_or_not_the_account_exists(rose):
    answers = set()
    for number, name in enumerate(["rose", "nobody"]):
        visitor = HttpsClient(REMOTE_ADDR=f"203.0.113.{number}")
        for guess in range(6):
            page = post_password(visitor, name, f"guess {guess}")
        assert "tried too often" in page.text("main")
        answers.add(without_token(page).replace(name, ""))

    assert len(answers) == 1


def test_a_forgotten_password_gets_the_same_answer_whether_or_not_there_is_such_an_account(rose, settings):
    settings.HAS_MAIL = True

    answers = [
        HttpsClient().post("/staff/password/forgotten/", {"email": address}, follow=True)
        for address in (rose.email, "nobody@council.gov.uk")
    ]

    known, unknown = (without_token(Page("", answer)) for answer in answers)
    assert known == unknown
    # One e-mail each: rendering and sending take the same time.
    assert [email.to for email in mail.outbox] == [[rose.email], ["nobody@council.gov.uk"]]
    assert "/staff/password/new/" in mail.outbox[0].body
    assert "/staff/password/new/" not in mail.outbox[1].body


def test_there_is_no_sign_up(client):
    for path in ("/staff/signup/", "/staff/sign-up/", "/accounts/signup/", "/staff/email/"):
        assert client.get(path).status_code == 404


def test_sign_in_needs_a_csrf_token(rose):
    visitor = HttpsClient(enforce_csrf_checks=True)

    assert visitor.post(SIGN_IN, {"login": "rose", "password": PASSWORD}).status_code == 403


# Passwords


@pytest.mark.parametrize(
    "word",
    ["short words", "password1234", "123456789012345", "qwertyuiopasdf", "rose@council.gov.uk"],
    ids=["11 characters", "a common one", "digits in a row", "keys in a row", "the person's own name"],
)
def test_a_bad_password_is_refused(client, rose, word):
    sign_in(client, rose)

    page = Page(
        "", client.post("/staff/password/", {"oldpassword": PASSWORD, "password1": word, "password2": word})
    )

    assert page.status == 200
    assert page.all("*[@class='error']") != []


@pytest.mark.parametrize(
    "word",
    [
        "twelve chars",
        "ünïcödé und Leerzeichen 🦉",
        "and so on and on and on, as long as somebody likes to type " * 2,
        "nurkleinebuchstaben",
    ],
    ids=["12 characters", "any characters", "120 characters", "no digit, no capital"],
)
def test_a_good_password_is_taken_as_it_is(client, rose, word):
    sign_in(client, rose)

    client.post("/staff/password/", {"oldpassword": PASSWORD, "password1": word, "password2": word})

    assert User.objects.get(username="rose").check_password(word)


def test_fields_help_password_managers_and_take_pasted_codes(client, rose):
    page = visit(client, SIGN_IN)
    post_password(client)
    second = visit(client, SECOND_STEP)

    fields = [field for one in (page, second) for field in one.all("main//input")]
    known = {field.get("name"): field.get("autocomplete") for field in fields}
    assert (known["login"], known["password"], known["code"]) == (
        "username",
        "current-password",
        "one-time-code",
    )
    assert not any(field.get("maxlength") for field in fields if field.get("name") != "login")


def test_without_mail_a_forgotten_password_is_referred_to_an_administrator(client):
    page = visit(client, "/staff/password/forgotten/")

    assert "Ask the person who looks after the accounts" in page.text("main")
    assert page.all("main//form") == []


def test_a_link_for_a_new_password_leads_to_our_own_address_and_works_once(client, rose, settings):
    settings.HAS_MAIL = True
    settings.SITE_URL = "https://www.example.org"
    client.post("/staff/password/forgotten/", {"email": rose.email}, headers={"host": "localhost"})
    email = mail.outbox[-1].body
    word = "four other words entirely"

    link = client.get(path_of_link(email))["Location"]
    client.post(link, {"password1": word, "password2": word})

    assert "https://www.example.org/staff/password/new/" in email
    assert "This link does not work any more" in visit(HttpsClient(), path_of_link(email)).text("main")


# Sessions


def test_an_hour_without_use_ends_a_session(client, rose):
    sign_in(client, rose)
    rewind(client, 61)

    assert client.get(ADMIN)["Location"].startswith("/admin/login/")
    assert not can_open_admin(client)


def test_each_use_restarts_the_hour(client, rose):
    sign_in(client, rose)

    for _ in range(3):
        rewind(client, 50)
        assert can_open_admin(client)


def test_twelve_hours_end_a_session_that_is_in_use(client, rose):
    sign_in(client, rose)
    rewind(client, 12 * 60 + 1, "signed_in_at")

    assert not can_open_admin(client)


def test_the_time_of_use_is_stored_once_a_minute(client, rose):
    sign_in(client, rose)
    client.get("/staff/")
    before = client.session["used_at"]

    client.get("/staff/")

    assert client.session["used_at"] == before
    rewind(client, 2)
    client.get("/staff/")
    assert client.session["used_at"] >= before


def two_sessions(rose: User) -> tuple[HttpsClient, HttpsClient]:
    """The same user signed in on two machines."""
    here, there = HttpsClient(), HttpsClient()
    sign_in(here, rose)
    post_password(there)
    there.post(SECOND_STEP, {"code": recovery_codes(rose)[0]})
    assert can_open_admin(here)
    assert can_open_admin(there)
    return here, there


def test_a_new_password_ends_the_sessions_elsewhere(rose):
    here, there = two_sessions(rose)
    word = "four other words entirely"

    here.post("/staff/password/", {"oldpassword": PASSWORD, "password1": word, "password2": word})

    assert (can_open_admin(here), can_open_admin(there)) == (True, False)


@pytest.mark.each_database
@pytest.mark.usefixtures("committed_db")
def test_new_recovery_codes_end_the_sessions_elsewhere(rose):
    here, there = two_sessions(rose)

    here.post("/staff/second-step/codes/new/")

    assert (can_open_admin(here), can_open_admin(there)) == (True, False)


def test_removing_the_second_step_ends_the_sessions_elsewhere_and_requires_a_new_one(rose):
    here, there = two_sessions(rose)

    here.post("/staff/second-step/app/remove/")

    assert not Authenticator.objects.filter(user=rose).exists()
    assert here.get(ADMIN)["Location"] == "/staff/"
    assert there.get(ADMIN)["Location"].startswith("/admin/login/")


@pytest.mark.each_database
@pytest.mark.usefixtures("committed_db")
def test_a_session_from_before_the_second_step_ends_when_it_is_set_up():
    create_staff_user("rose", "Publishers")
    thief, rose = HttpsClient(), HttpsClient()
    for visitor in (thief, rose):
        post_password(visitor)
    key = visit(rose, "/staff/second-step/app/").text("*[@class='key-to-type']")

    rose.post("/staff/second-step/app/", {"code": totp_code(key)})

    assert can_open_admin(rose)
    assert thief.get("/staff/")["Location"].startswith(SIGN_IN)


def test_a_disabled_account_is_out_at_once_and_stays_out_when_it_is_enabled_again(client, rose):
    sign_in(client, rose)

    for is_active in (False, True):
        user = User.objects.get(pk=rose.pk)
        user.is_active = is_active
        user.save()
        assert not can_open_admin(client)


def set_a_new_password(rose: User) -> None:
    rose.set_password("four other words entirely")
    rose.save()


def close_the_account(rose: User) -> None:
    for is_active in (False, True):
        rose.is_active = is_active
        rose.save()


def lose_the_phone(rose: User) -> None:
    mfa.reset(rose, by="head")
    with_totp(rose)


@pytest.mark.parametrize(
    "change", [set_a_new_password, close_the_account, sessions.end_sessions, lose_the_phone]
)
def test_a_sign_in_that_waits_for_its_second_step_ends_too(client, rose, change):
    post_password(client)

    change(rose)
    response = client.post(SECOND_STEP, {"code": recovery_codes(rose)[0]})

    assert response["Location"] == SIGN_IN
    assert "Please sign in again." in visit(client, SIGN_IN).text("main")
    assert not can_open_admin(client)


def test_a_closed_account_is_not_signed_in_by_its_second_step(client, rose):
    post_password(client)
    User.objects.update(is_active=False)

    client.post(SECOND_STEP, {"code": totp_code()})

    assert "_auth_user_id" not in client.session


def test_signing_out_everywhere_ends_every_session(rose):
    here, there = two_sessions(rose)

    here.post("/staff/sign-out-everywhere/")

    assert (can_open_admin(here), can_open_admin(there)) == (False, False)


def test_signing_out_ends_the_session_on_the_server(client, rose):
    sign_in(client, rose)
    kept = client.cookies["__Host-session"].value

    client.post("/staff/sign-out/")

    copy = HttpsClient()
    copy.cookies["__Host-session"] = kept
    assert not can_open_admin(copy)


def test_changing_the_second_step_needs_reauthentication_after_5_minutes(client, rose):
    sign_in(client, rose)
    rewind(client, 6, "signed_in_at")

    response = client.get("/staff/second-step/app/remove/")

    assert response["Location"].startswith("/staff/second-step/again/?next=")


def test_a_password_is_not_enough_to_change_a_second_step(client, rose):
    sign_in(client, rose)
    rewind(client, 6, "signed_in_at")

    response = client.post("/staff/again/?next=/staff/second-step/app/remove/", {"password": PASSWORD})

    assert response["Location"] == "/staff/second-step/again/?next=%2Fstaff%2Fsecond-step%2Fapp%2Fremove%2F"
    assert client.get("/staff/second-step/app/remove/").status_code == 302


def test_a_user_without_a_second_step_reauthenticates_with_the_password(client, settings):
    settings.REQUIRE_MFA = False
    post_password(client, create_staff_user("ben", "Editors").username)
    rewind(client, 6, "signed_in_at")
    page = "/staff/second-step/app/"

    assert client.get(page)["Location"].startswith("/staff/again/?next=")
    client.post(f"/staff/again/?next={page}", {"password": PASSWORD})
    assert client.get(page).status_code == 200


def test_with_password_login_off_there_is_no_reauthentication_by_password(client, settings):
    settings.REQUIRE_MFA = False
    post_password(client, create_staff_user("ben", "Editors").username)
    settings.PASSWORD_LOGIN = False

    assert client.get("/staff/again/").status_code == 404


def test_public_pages_set_no_cookie(client):
    for path in ("/", "/leaflets/", "/no-such-page/", "/shared/x/"):
        client.get(path)

    assert client.cookies == {}
    assert sessions.STAFF_URL_PREFIXES == ("/admin/", "/staff/")


def test_the_pages_of_sign_in_are_not_cached(client, rose):
    for path in (
        SIGN_IN,
        "/staff/password/forgotten/",
        "/staff/password/forgotten/sent/",
        "/staff/closed/",
        "/admin/login/",
    ):
        assert "no-store" in client.get(path)["Cache-Control"]
    sign_in(client, rose)
    for path in ("/staff/", "/staff/password/", "/staff/second-step/codes/"):
        assert "no-store" in client.get(path)["Cache-Control"], path


# The log


def test_the_log_names_the_user_and_the_steps_of_a_sign_in(client, rose, lines):
    sign_in(client, rose)

    assert "rose signed in (password, totp)." in lines()


def test_the_log_tells_of_wrong_passwords_codes_and_pauses(client, rose, lines):
    post_password(client)
    client.post(SECOND_STEP, {"code": "000 000x"})
    for guess in range(6):
        post_password(HttpsClient(), password=f"guess {guess}")

    assert "A code was wrong for rose." in lines()
    assert "A password was wrong for rose." in lines()
    assert "Signing in is paused for rose." in lines()


def test_the_log_tells_of_paused_codes_and_of_a_wrong_password_in_a_form(client, rose, lines):
    word = "four other words entirely"
    sign_in(client, rose)
    client.post("/staff/password/", {"oldpassword": "a guess", "password1": word, "password2": word})
    waiting = HttpsClient()
    post_password(waiting)
    for guess in range(6):
        waiting.post(SECOND_STEP, {"code": f"guess {guess}"})

    assert "A password was wrong for rose." in lines()
    assert "The second step of rose is paused." in lines()


def test_rehashing_a_password_is_not_logged(client, rose, lines, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]

    sign_in(client, rose)

    assert User.objects.get(pk=rose.pk).password.startswith("pbkdf2_sha1")
    assert [line for line in lines() if "password" in line and "signed in" not in line] == []


def test_the_log_contains_no_user_input(client, rose, caplog):
    caplog.set_level(logging.DEBUG)
    key = "my secret typed into the wrong field"

    post_password(client, key, "another secret")
    post_password(client, "rose", "another secret")
    post_password(client)
    client.post(SECOND_STEP, {"code": "987654"})

    said = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (key, "another secret", PASSWORD, "987654", "127.0.0.1", rose.email):
        assert secret not in said
    assert "A password was wrong for an unknown account." in said


def test_the_log_tells_of_a_changed_password_and_second_steps(
    client, rose, lines, django_capture_on_commit_callbacks
):
    sign_in(client, rose)
    word = "four other words entirely"

    with django_capture_on_commit_callbacks(execute=True):
        client.post("/staff/password/", {"oldpassword": PASSWORD, "password1": word, "password2": word})
        client.post("/staff/second-step/codes/new/")
        client.post("/staff/second-step/app/remove/")

    assert {
        "rose has a new password, by rose.",
        "rose made new recovery codes.",
        "rose removed a second step: totp.",
    } <= set(lines())


def test_a_changed_second_step_is_notified_by_e_mail(client, rose, settings):
    settings.HAS_MAIL = True
    sign_in(client, rose)

    client.post("/staff/second-step/app/remove/")

    (email,) = mail.outbox
    assert email.to == [rose.email]
    assert "authenticator app for signing in was removed" in email.body
    assert "127.0.0.1" not in email.body


# Passkeys


@pytest.mark.parametrize(
    ("host", "site_url", "address"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", "https://localhost:8000"),
        ("[::1]:8000", "http://127.0.0.1:8000", "https://localhost:8000"),
        ("127.0.0.1", "https://www.example.org", "https://www.example.org"),
    ],
)
def test_at_an_ip_address_a_page_says_where_passkeys_work(client, settings, host, site_url, address):
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = site_url
    client.force_login(create_staff_user("rose"), second_step=False)
    session = client.session
    session["signed_in_at"] = int(time.time())
    session.save()

    page = Page("", client.get("/staff/second-step/passkey/", headers={"host": host}))

    assert "Passkeys do not work at this address" in page.text("main")
    assert page.links("main")[address] == f"{address}/staff/"
    assert page.all("main//*[@id='passkey']") == []


@pytest.mark.parametrize("host", ["localhost:8000", "www.example.org"])
def test_at_a_name_a_passkey_can_be_added(client, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    client.force_login(create_staff_user("rose"), second_step=False)

    page = Page("", client.get("/staff/second-step/passkey/", headers={"host": host}))

    assert "Passkeys do not work" not in page.text("main")
    assert len(page.all("main//*[@id='passkey']")) == 1


_PASSKEY_ANSWER = {"id": "YQ", "rawId": "YQ", "type": "public-key"}
MALFORMED_PASSKEYS = {
    "number": "1",
    "no object": '["a"]',
    "id alone": '{"id": 1}',
    "no response": json.dumps(_PASSKEY_ANSWER | {"response": {}}),
    "no base64": json.dumps(_PASSKEY_ANSWER | {"rawId": "é", "response": {"clientDataJSON": "é"}}),
    "cut off": json.dumps(
        _PASSKEY_ANSWER | {"response": {"clientDataJSON": "e30", "attestationObject": "oA"}}
    ),
    "no client data": json.dumps(
        _PASSKEY_ANSWER | {"response": {"clientDataJSON": "////", "signature": "AA"}}
    ),
    "nested deeply": "[" * 20_000,
}


@pytest.mark.parametrize("answer", MALFORMED_PASSKEYS.values(), ids=MALFORMED_PASSKEYS)
def test_a_malformed_answer_of_a_passkey_is_refused(client, rose, answer):
    post_password(client)

    page = Page(SECOND_STEP, client.post(SECOND_STEP, {"credential": answer}))

    assert page.status == 200
    assert not can_open_admin(client)


@pytest.mark.parametrize("answer", MALFORMED_PASSKEYS.values(), ids=MALFORMED_PASSKEYS)
def test_a_malformed_passkey_is_not_added(client, rose, answer):
    sign_in(client, rose)
    client.get("/staff/second-step/passkey/")

    page = Page("", client.post("/staff/second-step/passkey/", {"name": "Key", "credential": answer}))

    assert page.status == 200
    assert not Authenticator.objects.filter(user=rose, type="webauthn").exists()
