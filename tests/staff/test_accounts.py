"""Accounts: invitations, the admin's actions, and the break-glass sign-in."""

import datetime as dt
import logging
import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core import mail, signing
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import ProtectedError

from leaflets.staff import signed_links
from tests.accounts import (
    PASSWORD,
    can_open_admin,
    create_staff_user,
    path_of_link,
    post_password,
    sign_in,
    totp_code,
    with_totp,
)
from tests.conftest import HttpsClient
from tests.factories import edit_as_staff, get_officer, load, published_edition
from tests.pages import Page, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NEW_PASSWORD = "four other words entirely"  # noqa: S105 - of users in tests


@pytest.fixture
def head() -> HttpsClient:
    """An administrator, signed in with both steps."""
    visitor = HttpsClient()
    visitor.force_login(User.objects.create_superuser("head"))
    return visitor


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="leaflets.staff")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "leaflets.staff"]


def invite(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run `invite_staff`; return what it printed."""
    call_command("invite_staff", *arguments)
    return capsys.readouterr().out


def set_password(client: HttpsClient, path: str, word: str = NEW_PASSWORD) -> Page:
    return Page(path, client.post(path, {"password1": word, "password2": word}))


def run_action(head: HttpsClient, action: str, user: User, **fields: str) -> Page:
    """Run an action of the admin's list of users on one user."""
    data = {"action": action, "_selected_action": [user.pk]} | fields
    return Page("", head.post("/admin/auth/user/", data, follow=True))


# Invitations


@pytest.mark.each_database
@pytest.mark.usefixtures("committed_db")
def test_an_invited_person_sets_a_password_and_a_second_step_and_is_let_in(client, capsys):
    path = path_of_link(invite(capsys, "Rose@Council.gov.uk", "--group", "Publishers", "--name", "Rose Gray"))

    page = set_password(client, path)
    key = visit(client, "/staff/second-step/app/").text("*[@class='key-to-type']")
    client.post("/staff/second-step/app/", {"code": totp_code(key)})

    rose = User.objects.get(username="rose@council.gov.uk")
    assert page.response["Location"] == "/staff/"
    assert (rose.get_full_name(), [group.name for group in rose.groups.all()]) == (
        "Rose Gray",
        ["Publishers"],
    )
    assert can_open_admin(client)


def test_an_invitation_is_mailed_where_mail_is_sent_and_printed_nowhere(capsys, settings):
    settings.HAS_MAIL = True

    printed = invite(capsys, "rose@council.gov.uk", "--group", "Editors")

    (email,) = mail.outbox
    assert email.to == ["rose@council.gov.uk"]
    assert "/staff/invitation/" in email.body
    assert "/staff/invitation/" not in printed


def test_an_invitation_works_once(client, capsys):
    path = path_of_link(invite(capsys, "rose@council.gov.uk", "--group", "Editors"))
    set_password(client, path)

    page = set_password(HttpsClient(), path, "words of somebody else entirely")

    assert page.status == 410
    assert User.objects.get().check_password(NEW_PASSWORD)


def test_an_invitation_without_a_group_is_refused(capsys):
    with pytest.raises(CommandError, match=r"Say what rose@council\.gov\.uk may do here"):
        invite(capsys, "rose@council.gov.uk")

    assert not User.objects.exists()


@pytest.mark.parametrize(("minutes_left", "status"), [(1, 200), (-1, 410)])
def test_an_invitation_ends_after_seven_days(client, capsys, monkeypatch, minutes_left, status):
    printed = invite(capsys, "rose@council.gov.uk", "--group", "Editors")
    real = signing.time.time
    later = dt.timedelta(days=7, minutes=-minutes_left).total_seconds()

    monkeypatch.setattr(signing.time, "time", lambda: real() + later)

    assert "works once, within 7 days" in printed
    assert client.get(path_of_link(printed)).status_code == status


@pytest.mark.parametrize(
    "change",
    [lambda path: path[:-2] + "/", lambda path: path.replace("invitation", "break-glass")],
    ids=["changed", "for another purpose"],
)
def test_a_link_that_was_changed_or_is_for_another_purpose_is_invalid(client, capsys, change):
    path = path_of_link(invite(capsys, "rose@council.gov.uk", "--group", "Editors"))

    assert client.get(change(path)).status_code == 410


def test_an_invitation_of_a_closed_account_is_invalid(client, capsys):
    path = path_of_link(invite(capsys, "rose@council.gov.uk", "--group", "Editors"))
    User.objects.update(is_active=False)

    assert set_password(client, path).status == 410


def test_an_invited_user_with_a_second_step_is_asked_for_it(client, capsys):
    rose = with_totp(create_staff_user("rose"))

    page = set_password(client, path_of_link(invite(capsys, rose.email)))

    assert page.response["Location"] == "/staff/second-step/"


def test_a_bad_password_is_refused_and_the_link_goes_on_working(client, capsys):
    path = path_of_link(invite(capsys, "rose@council.gov.uk", "--group", "Editors"))

    refused = set_password(client, path, "password1234")

    assert refused.all("*[@class='error']") != []
    assert set_password(client, path).status == 302


def test_two_passwords_that_differ_are_pointed_out(client, capsys):
    path = path_of_link(invite(capsys, "rose@council.gov.uk", "--group", "Editors"))

    page = Page(path, client.post(path, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD + "!"}))

    assert page.status == 200
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rose"], "rose is no e-mail address."),
        (["rose@council.gov.uk", "--group", "Editor"], "There is no group Editor. There are: "),
        (["ben@council.gov.uk", "--group", "Editors"], "has an account already"),
        (["gone@council.gov.uk"], "is closed"),
    ],
)
def test_a_wrong_invitation_is_refused_with_a_sentence(arguments, sentence):
    create_staff_user("ben")
    create_staff_user("gone", is_active=False)

    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("invite_staff", *arguments)

    assert User.objects.count() == 2


def test_an_administrator_invites_from_the_admin(head):
    editors = Group.objects.get(name="Editors")
    form = {"email": "Rose@council.gov.uk", "name": "Rose", "groups": [editors.pk]}

    page = Page("", head.post("/admin/auth/user/add/", form, follow=True))

    rose = User.objects.get(username="rose@council.gov.uk")
    link = re.search(r"/staff/invitation/[^\s/]+/", page.text("body"))[0]
    assert (rose.is_staff, rose.is_superuser, list(rose.groups.all())) == (True, False, [editors])
    assert set_password(HttpsClient(), link).status == 302


@pytest.mark.each_database
def test_an_administrator_says_what_the_invited_person_may_do(head):
    page = Page("", head.post("/admin/auth/user/add/", {"email": "new@council.gov.uk"}))

    assert "Choose at least one group, or “Administrator”." in page.text("*[@class='errorlist']")
    assert not User.objects.filter(username="new@council.gov.uk").exists()


def test_the_list_of_accounts_has_a_column_for_the_name(head):
    headings = visit(head, "/admin/auth/user/").texts("th")

    assert "Name" in [heading.strip() for heading in headings]


def test_an_address_that_has_an_account_is_not_invited_again(head):
    create_staff_user("rose")

    page = Page("", head.post("/admin/auth/user/add/", {"email": "ROSE@council.gov.uk"}))

    assert "has an account already" in page.text("body")


def test_an_administrator_cannot_set_a_password_for_another_user(head):
    rose = create_staff_user("rose")

    for name in ("password", "change"):
        page = Page(name, head.get(f"/admin/auth/user/{rose.pk}/{name}/", follow=True))
        assert page.all("*[@id='content']//input[@type='password']") == []


def test_a_new_link_leaves_the_old_password_until_it_is_used(head):
    rose = create_staff_user("rose")

    page = run_action(head, "invite", rose)

    assert "/staff/invitation/" in page.text("body")
    assert User.objects.get(pk=rose.pk).check_password(PASSWORD)


# Changes by an administrator


def test_an_administrator_resets_a_second_step_which_is_mailed_and_logged(head, settings, lines):
    settings.HAS_MAIL = True
    rose = with_totp(create_staff_user("rose", "Publishers"))
    phone = HttpsClient()
    sign_in(phone, rose)

    run_action(head, "reset_second_step", rose)

    assert not Authenticator.objects.filter(user=rose).exists()
    assert not can_open_admin(phone)
    assert [email.to for email in mail.outbox] == [[rose.email], [rose.email]]
    assert "reset by head" in mail.outbox[0].body
    assert "The second step of rose was reset by head." in lines()


def test_after_a_reset_the_old_password_cannot_set_up_a_new_second_step(head, client):
    rose = with_totp(create_staff_user("rose", "Publishers"))
    page = run_action(head, "reset_second_step", rose)

    thief = HttpsClient()
    post_password(thief)
    set_password(client, path_of_link(page.text("body")))

    assert "_auth_user_id" not in thief.session
    assert client.get("/admin/")["Location"] == "/staff/"


def test_a_user_of_single_sign_on_gets_no_password_by_a_reset(head, settings):
    settings.OIDC_ISSUER = "https://directory.example"
    rose = with_totp(create_staff_user("rose", "Publishers"))
    rose.set_unusable_password()
    rose.save()
    SocialAccount.objects.create(user=rose, provider="council", uid="rose")

    said = [run_action(head, action, rose).text("body") for action in ("reset_second_step", "invite")]

    assert "/staff/invitation/" not in "".join(said)
    assert "signs in with the council account, and needs no password" in said[1]


def test_a_changed_address_is_notified_to_both_addresses(head, settings, lines):
    settings.HAS_MAIL = True
    rose = create_staff_user("rose", "Editors")

    head.post(
        f"/admin/auth/user/{rose.pk}/change/",
        {"username": "rose", "email": "new@council.gov.uk", "is_staff": "on", "is_active": "on"},
    )

    assert [email.to for email in mail.outbox] == [["rose@council.gov.uk"], ["new@council.gov.uk"]]
    assert "The e-mail address of rose was changed by head." in lines()


def test_an_administrator_ends_all_sessions_of_a_user(head, client):
    rose = with_totp(create_staff_user("rose", "Publishers"))
    sign_in(client, rose)

    run_action(head, "sign_out_everywhere", rose)

    assert not can_open_admin(client)


def test_the_list_shows_which_users_have_a_second_step(head):
    with_totp(create_staff_user("rose"))
    create_staff_user("ben")

    page = visit(head, "/admin/auth/user/?o=1")

    shown = {
        row.find(".//th").find("a").text: row.find("td[@class='field-second_step']/img").get("alt")
        for row in page.all("*[@id='result_list']/tbody/tr")
    }
    assert shown == {"ben": "False", "head": "False", "rose": "True"}


def change_account(head: HttpsClient, user: User, **changes: object) -> Page:
    """Save the form of an account as it is, with these changes; None leaves a field out."""
    data = {"username": user.username, "email": user.email} | {
        name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)
    }
    sent = {name: value for name, value in (data | changes).items() if value is not None}
    return Page("", head.post(f"/admin/auth/user/{user.pk}/change/", sent))


@pytest.mark.each_database
def test_a_username_that_differs_in_case_only_is_refused(head):
    create_staff_user("rose")
    ben = create_staff_user("ben")

    page = change_account(head, ben, username="ROSE")

    assert "There is an account with this username already" in page.text("body")
    assert User.objects.get(pk=ben.pk).username == "ben"


@pytest.mark.each_database
def test_the_case_of_a_users_own_name_can_be_changed(head):
    rose = create_staff_user("rose")

    change_account(head, rose, username="Rose")

    assert User.objects.get(pk=rose.pk).username == "Rose"


@pytest.mark.parametrize("role", ["is_active", "is_staff", "is_superuser"])
def test_the_last_administrator_keeps_the_role(head, role):
    create_staff_user("gone", is_superuser=True, is_active=False)
    chief = User.objects.get(username="head")

    page = change_account(head, chief, **{role: None})

    assert "The only administrator is head." in page.text("body")
    assert getattr(User.objects.get(pk=chief.pk), role)


def test_one_of_two_administrators_can_lose_the_role(head):
    chief = create_staff_user("chief", is_superuser=True)

    change_account(head, chief, is_superuser=None)

    assert not User.objects.get(pk=chief.pk).is_superuser


def test_an_administrator_closes_an_account(head):
    rose = create_staff_user("rose", "Publishers")

    page = run_action(head, "close", rose, sure="yes")

    assert "The account rose is closed." in page.text("body")
    assert not User.objects.get(pk=rose.pk).is_active


def test_the_last_administrator_is_not_closed(head):
    chief = User.objects.get(username="head")

    page = run_action(head, "close", chief, sure="yes")

    assert "The only administrator is head." in page.text("body")
    assert User.objects.get(pk=chief.pk).is_active


def delete_account(head: HttpsClient, user: User) -> int:
    """Confirm the deletion in the admin, and try the list's action for it too; return the status of the first."""
    response = head.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"})
    data = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    head.post("/admin/auth/user/", data)
    return response.status_code


def test_an_account_that_published_something_is_not_deleted(head, tmp_path):
    load(tmp_path)
    edit_as_staff("New words.")

    status = delete_account(head, get_officer())

    assert (status, published_edition().published_by) == (403, get_officer())
    assert "by officer" in visit(head, "/admin/leaflets/leaflet/").text("body")


@pytest.mark.each_database
def test_an_account_in_the_log_of_the_admin_is_not_deleted(head):
    rose = create_staff_user("rose", is_superuser=True)
    LogEntry.objects.log_actions(rose.pk, [rose], CHANGE, single_object=True)

    status = delete_account(head, rose)

    assert (status, LogEntry.objects.filter(user=rose).count()) == (403, 1)


def test_the_last_administrator_is_not_deleted(head):
    chief = User.objects.get(username="head")

    assert delete_account(head, chief) == 403
    assert User.objects.filter(pk=chief.pk).exists()


def test_an_account_without_records_is_deleted(head):
    rose = with_totp(create_staff_user("rose", "Editors"))

    head.post(f"/admin/auth/user/{rose.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(pk=rose.pk).exists()


def test_no_code_deletes_an_account_that_has_records(tmp_path):
    load(tmp_path)
    edit_as_staff("New words.")

    with pytest.raises(ProtectedError, match="close it"), transaction.atomic():
        User.objects.all().delete()

    assert published_edition().published_by == get_officer()


@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_only_administrators_see_accounts(client, group):
    client.force_login(create_staff_user("rose", group))

    assert client.get("/admin/auth/user/").status_code == 403


@pytest.mark.each_database
@pytest.mark.parametrize("model", ["user", "group"])
def test_permissions_on_accounts_and_groups_are_ignored_for_other_users(client, model):
    rose, chief = create_staff_user("rose", "Editors"), create_staff_user("chief", is_superuser=True)
    rose.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(rose)
    record = chief if model == "user" else Group.objects.get(name="Editors")

    answers = [
        client.get(f"/admin/auth/{model}/{page}").status_code
        for page in ("", "add/", f"{record.pk}/change/", f"{record.pk}/delete/")
    ]
    run_action(client, "reset_second_step", chief)

    assert answers == [403, 403, 403, 403]
    assert chief.check_password(PASSWORD)


@pytest.mark.parametrize(
    "model",
    ["mfa/authenticator", "usersessions/usersession", "account/emailaddress", "socialaccount/socialtoken"],
)
def test_models_with_secrets_are_not_in_the_admin(head, model):
    assert head.get(f"/admin/{model}/").status_code == 404


def test_the_log_names_changed_permissions_and_who_changed_them(head, lines):
    rose = create_staff_user("rose", "Editors")
    publishers = Group.objects.get(name="Publishers")
    form = {
        "username": "rose",
        "email": rose.email,
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [publishers.pk],
    }

    head.post(f"/admin/auth/user/{rose.pk}/change/", form)

    assert "The rights of rose were changed by head: is_superuser=True." in lines()
    assert "rose: given Publishers by head." in lines()
    assert "rose: taken from Editors by head." in lines()


def test_the_log_names_new_passwords_and_deleted_groups(lines):
    rose = create_staff_user("rose", "Editors")
    rose.set_password(NEW_PASSWORD)
    rose.save()

    Group.objects.get(name="Editors").delete()

    assert "rose has a new password, by the command line." in lines()
    assert "The group Editors was deleted by the command line. In it was: rose." in lines()


# break_glass


def break_glass(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("break_glass", *arguments)
    return path_of_link(capsys.readouterr().out)


def test_a_break_glass_link_signs_in_once_and_is_logged(client, capsys, settings, lines):
    settings.PASSWORD_LOGIN = False
    rose = with_totp(create_staff_user("rose", "Publishers"))
    path = break_glass(capsys, "rose")

    client.post(path)
    client.post("/staff/second-step/", {"code": totp_code()})

    assert can_open_admin(client)
    assert HttpsClient().post(path).status_code == 410
    assert "A way in was made from the command line for rose." in lines()
    assert "The way in from the command line was used for rose." in lines()
    assert rose.username not in path


def test_a_get_of_the_break_glass_link_does_not_sign_in(client, capsys):
    create_staff_user("rose", "Publishers")

    client.get(break_glass(capsys, "rose"))

    assert "_auth_user_id" not in client.session


def test_the_break_glass_link_expires_after_15_minutes(client, capsys, monkeypatch):
    create_staff_user("rose")
    path = break_glass(capsys, "rose")
    real = signing.time.time

    monkeypatch.setattr(
        signing.time, "time", lambda: real() + signed_links.BREAK_GLASS.max_age.total_seconds() + 1
    )

    assert client.get(path).status_code == 410


def test_break_glass_can_reset_the_second_step(client, capsys):
    with_totp(create_staff_user("rose", is_superuser=True))

    client.post(break_glass(capsys, "rose", "--reset-second-step"))

    assert client.get("/admin/")["Location"] == "/staff/"


def test_a_break_glass_link_signs_in_one_of_two_users(client, capsys):
    with_totp(create_staff_user("rose", "Publishers"))
    path = break_glass(capsys, "rose")

    assert [visitor.post(path).status_code for visitor in (client, HttpsClient())] == [302, 410]


def test_break_glass_can_restore_administrator_rights(client, capsys):
    create_staff_user("rose", is_staff=False)
    with pytest.raises(CommandError, match="add --administrator"):
        call_command("break_glass", "rose")

    client.post(break_glass(capsys, "rose", "--administrator"))

    assert client.get("/admin/")["Location"] == "/staff/"
    assert User.objects.get().is_superuser


@pytest.mark.parametrize("name", ["nobody", "gone"])
def test_break_glass_refuses_unknown_and_closed_accounts(name):
    create_staff_user("gone", is_active=False)

    with pytest.raises(CommandError, match="no account"):
        call_command("break_glass", name)
