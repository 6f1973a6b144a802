"""Two members of staff change one record in the admin at the same time."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from leaflets.feedback import retention
from leaflets.models import Provision, Service, SourceVersion
from leaflets.record_forms import RecordAdmin, RecordForm
from tests.conftest import HttpsClient
from tests.factories import create_feedback, load
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Fields = dict[str, list[str]]


@pytest.fixture
def head() -> HttpsClient:
    """A superuser."""
    visitor = HttpsClient()
    visitor.force_login(User.objects.create_superuser("head"))
    return visitor


@pytest.fixture(scope="module", autouse=True)
def _content(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"))


@pytest.fixture
def service(db: None) -> Service:
    return Service.objects.get()


def address(record: Model) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])


def fields_of(page: Page) -> Fields:
    """What a browser would send of the page's form, by name."""
    fields: Fields = {}
    form = page.one("*[@id='content-main']/form")
    for element in form.iter():
        if element.tag not in ("input", "textarea", "select"):
            continue
        kind, name = element.get("type", ""), element.get("name")
        if element.tag == "select":
            values = [
                one.get("value", "") for one in element.iter("option") if one.get("selected") is not None
            ]
        elif element.tag == "textarea":
            # The parser of browsers drops the first line break. Line breaks are sent as CR LF.
            values = [(element.text or "").replace("\n", "\r\n")]
        else:
            values = [element.get("value", "on" if kind == "checkbox" else "").replace("\n", "\r\n")]
        is_sent = kind not in ("submit", "checkbox") or element.get("checked") is not None
        if name and is_sent:
            fields.setdefault(name, []).extend(values)
    return fields


def opened(visitor: HttpsClient, record: Model) -> Fields:
    url = address(record)
    return fields_of(Page(url, visitor.get(url)))


def send(visitor: HttpsClient, record: Model, fields: Fields, **changes: str | list[str]) -> Page:
    """Send a form with these changes."""
    url = address(record)
    return Page(url, visitor.post(url, fields | changes))


# --- Changes of different fields ---


def test_no_field_cuts_off_what_is_pasted_and_too_much_is_refused(head, service):
    page = Page(address(service), head.get(address(service)))
    fields = page.all("form//input") + page.all("form//textarea")
    assert [
        one.get("name") for one in fields if one.get("maxlength") and "ways_in-" not in one.get("name")
    ] == []

    answer = head.post(address(service), fields_of(page) | {"name": ["x" * 300]})

    assert b"Ensure this value has at most" in answer.content
    service.refresh_from_db()
    assert service.name != "x" * 300


def test_a_note_by_a_colleague_stays_when_the_status_is_changed(head):
    one = create_feedback("Very clear.")
    fields = opened(head, one)

    send(head, one, fields, note="Rang her on Monday.")
    send(head, one, fields, status="replied")

    one.refresh_from_db()
    assert (one.note, one.status) == ("Rang her on Monday.", "replied")


def test_a_text_that_a_colleague_took_from_the_public_stays_hidden(head):
    one = create_feedback("Very clear.", you_said="Too small.", we_did="We made it larger.", is_public=True)
    fields = opened(head, one)

    send(head, one, {name: values for name, values in fields.items() if name != "is_public"})
    send(head, one, fields, status="closed")

    one.refresh_from_db()
    assert (one.is_public, one.status) == (False, "closed")


def test_a_phone_number_that_a_colleague_corrected_stays(head, service):
    fields = opened(head, service)

    send(head, service, fields, phones="01632 960999")
    send(head, service, fields, name="Another name")

    service.refresh_from_db()
    assert (service.phones, service.name) == (["01632 960999"], "Another name")


def test_a_group_that_a_colleague_gave_stays(head):
    user = User.objects.create(username="rose", is_staff=True)
    editors = Group.objects.get(name="Editors")
    fields = opened(head, user)

    send(head, user, fields, groups=[str(editors.pk)])
    send(head, user, fields, first_name="Rose")

    user.refresh_from_db()
    assert (list(user.groups.all()), user.first_name) == ([editors], "Rose")


def test_an_account_that_a_colleague_closed_stays_closed(head):
    user = User.objects.create(username="rose", is_staff=True)
    fields = opened(head, user)

    send(head, user, {name: values for name, values in fields.items() if name != "is_active"})
    send(head, user, fields, first_name="Rose")

    user.refresh_from_db()
    assert (user.is_active, user.first_name) == (False, "Rose")


# --- Changes of the same field ---


def test_where_two_change_one_field_the_second_sees_both_and_decides(head, service):
    fields = opened(head, service)
    send(head, service, fields, tagline="Free, and on your side")

    page = send(head, service, fields, tagline="Free advice", name="Another name")

    service.refresh_from_db()
    assert (service.tagline, service.name) == ("Free, and on your side", "Example SENDIASS")
    assert "changed after you opened this page. It is now: Free, and on your side" in page.text()
    assert fields_of(page)["tagline"] == ["Free advice"]

    send(head, service, fields_of(page))

    service.refresh_from_db()
    assert (service.tagline, service.name) == ("Free advice", "Another name")


def test_the_stored_groups_are_named(head):
    user = User.objects.create(username="rose", is_staff=True)
    editors, publishers = (Group.objects.get(name=name) for name in ("Editors", "Publishers"))
    fields = opened(head, user)
    send(head, user, fields, groups=[str(editors.pk)])

    page = send(head, user, fields, groups=[str(publishers.pk)])

    assert "It is now: Editors" in page.text()
    assert list(user.groups.all()) == [editors]
    send(head, user, fields_of(page))
    assert list(user.groups.all()) == [publishers]


def test_an_empty_and_a_ticked_field_are_named(head):
    one = create_feedback(
        "Very clear.", note="Ring her.", you_said="Too small.", we_did="Larger.", is_public=True
    )
    fields = opened(head, one)
    retention.erase_details(one)

    page = send(head, one, fields, note="Ring her on Monday.")

    one.refresh_from_db()
    assert one.note == ""
    assert "It is now: empty" in page.text()


def test_the_same_form_sent_twice_is_no_conflict(head, service):
    fields = opened(head, service)
    statuses = [send(head, service, fields, tagline="Free advice").status for _ in range(2)]

    assert statuses == [302, 302]


@pytest.mark.each_database
def test_line_breaks_and_spaces_of_a_stored_text_are_no_conflict(head, service):
    paragraph = Provision.objects.first()
    Provision.objects.update(text="  One line.\nAnother line.\n")

    page = send(head, paragraph, opened(head, paragraph), text="Other words.")

    paragraph.refresh_from_db()
    assert (page.status, paragraph.text) == (302, "Other words.")


def test_a_form_that_is_sent_without_changes_changes_nothing(head, service):
    records = [
        create_feedback("Very clear.", note="Ring her.\nOr write."),
        service,
        SourceVersion.objects.first(),
        Provision.objects.first(),
        User.objects.get(),
        Group.objects.first(),
    ]
    for record in records:
        record.refresh_from_db()
        head.get(address(record))
        before = type(record).objects.values().get(pk=record.pk)

        assert send(head, record, opened(head, record)).status == 302
        after = type(record).objects.values().get(pk=record.pk)
        assert after | {"status": ""} == before | {"status": ""}


@pytest.mark.each_database
def test_a_record_is_locked_before_it_is_changed(head, service):
    if not connection.features.has_select_for_update:
        pytest.skip("SQLite locks the whole database when a transaction begins.")
    fields = opened(head, service)

    with CaptureQueriesContext(connection) as queries:
        send(head, service, fields, name="Another name")

    of_service = [query["sql"] for query in queries if '"leaflets_service"' in query["sql"]]
    locked = next(index for index, sql in enumerate(of_service) if "FOR UPDATE" in sql)
    changed = next(index for index, sql in enumerate(of_service) if sql.startswith("UPDATE"))
    assert any(sql.startswith("SELECT") for sql in of_service[locked + 1 : changed])


def test_a_stored_text_is_shown_as_text(head, service):
    fields = opened(head, service)
    send(head, service, fields, tagline="<b>Free</b> {} %s")

    page = send(head, service, fields, tagline="Free advice")

    assert "It is now: <b>Free</b> {} %s" in page.text()


def test_a_page_from_before_an_upgrade_can_be_sent(head, service):
    fields = {name: values for name, values in opened(head, service).items() if "initial" not in name}

    send(head, service, fields, name="Another name")

    service.refresh_from_db()
    assert service.name == "Another name"


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_every_form_that_changes_a_record_is_safe(model, head):
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="head")
    model_admin = admin.site._registry[model]
    # Leaflets have pages of their own.
    if not model_admin.has_change_permission(request) or model._meta.label == "leaflets.Leaflet":
        return
    assert issubclass(model_admin.form, RecordForm)
    assert isinstance(model_admin, RecordAdmin)
