"""Each act of staff adds one entry to the history, in the same transaction: a table with a row for each URL that accepts POST.

A URL that accepts POST and has no row fails, and so does an action of a list in the admin.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import override_settings
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoDbBlocker

from leaflets.content.convert import convert_docx
from leaflets.feedback.models import Feedback
from leaflets.models import (
    Citation,
    EarlierFact,
    HistoryEntry,
    Leaflet,
    ScheduledChange,
    SourceVersion,
    Topic,
)
from leaflets.publishing import drafts
from leaflets.publishing.documents import replace_by_document
from leaflets.publishing.topic_order import basis_of_topics
from leaflets.staff import signed_links
from tests.accounts import PASSWORD, create_staff_user
from tests.conftest import HttpsClient
from tests.documents import word_document
from tests.factories import create_feedback, get_officer
from tests.html import parse
from tests.routes import ROUTES
from tests.test_who_reaches_what import make_site, path_of
from tests.word_documents import docx, paragraph

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "quite another battery"  # noqa: S105 - of users in tests
UPLOAD = f"pictures/{'b' * 64}.png"
# What accepts POST and changes nothing, or is no act of staff.
NO_ACT = {
    "admin/editor/paste/": "shows a text",
    "admin/editor/preview/": "shows a text",
    "admin/editor/token/": "gives a token",
    "admin/leaflets/leaflet/<int:pk>/paste/": "shows a text that is not saved",
    "admin/login/": "signing in is in the log",
    "admin/logout/": "signing out is in the log",
    "admin/password_change/": "redirects",
    "staff/": "shows the account",
    "staff/sign-in/": "signing in is in the log",
    "staff/sign-out/": "signing out is in the log",
    "staff/again/": "asks for the password again",
    "staff/second-step/": "signing in is in the log",
    "staff/second-step/again/": "asks for the second step again",
    "staff/second-step/passkey/again/": "asks for the second step again",
    "staff/second-step/passkeys/": "redirects",
    "staff/second-step/passkey/": "needs a passkey: allauth sends the same signal as for an app",
    "staff/password/forgotten/": "sends an e-mail",
    "staff/password/forgotten/sent/": "shows a page",
    "staff/closed/": "shows a page",
    "staff/council/": "tests/staff/test_single_sign_on.py has a council that answers",
    "staff/council/back/": "tests/staff/test_single_sign_on.py has a council that answers",
    "staff/second-step/app/": "tests/staff/test_history.py has a test",
    "staff/^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "tests/staff/test_history.py has a test",
    "admin/feedback/feedback/summary/": "shows figures",
    "admin/leaflets/leaflet/<path:object_id>/change/": "redirects",
}
# Pages of the admin's lists accept POST for their actions, and redirects of Django's admin.
_LIST = re.compile(r"admin/(auth|feedback|leaflets)/\w+/")
_ADMIN_PAGES = ("<path:object_id>/", "/history/", "<app_label>/", "admin/", "(?P<url>.*)$")


@dataclass(frozen=True)
class Act:
    """A POST: the fields of the page's own form with these changes; without a form, the changes alone."""

    changes: dict[str, Any] = field(default_factory=dict)
    has_form: bool = True
    prepare: Callable[[], str | None] | None = None  # may return another path
    who: str = "administrator"


def _leaflet() -> Leaflet:
    return Leaflet.objects.get(slug="sen-support")


def _never_public() -> str:
    leaflet = Leaflet.objects.create(slug="begun", placement="leaflet")
    return f"/admin/leaflets/leaflet/{leaflet.pk}/remove/"


def _without_draft() -> str:
    leaflet = _leaflet()
    leaflet.editions.filter(status="draft").delete()
    return f"/admin/leaflets/leaflet/{leaflet.pk}/editions/1/draft/"


def _with_document() -> None:
    leaflet = _leaflet()
    document = convert_docx(docx(paragraph("Words of a document.")))
    replace_by_document(leaflet, document, basis=drafts.get_edit_state(leaflet).basis, by=get_officer())


def _picture() -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    return SimpleUploadedFile("a.png", file.getvalue(), "image/png")


def _word_file() -> SimpleUploadedFile:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return SimpleUploadedFile("a.docx", word_document(), kind)


def _unused_upload() -> None:
    from django.conf import settings

    path = Path(settings.MEDIA_ROOT) / UPLOAD
    path.write_bytes(b"A picture.")
    import os

    os.utime(path, (time.time() - 200_000,) * 2)


def _old_fact() -> None:
    EarlierFact.objects.create(kind="phone", text="01632 960777", key="+441632960777")


def _mistyped_account() -> str:
    return f"/admin/auth/user/{create_staff_user('mistyped').pk}/delete/"


def _unused_group() -> str:
    return f"/admin/auth/group/{Group.objects.create(name='Guests').pk}/delete/"


def _unused_topic() -> str:
    return f"/admin/leaflets/topic/{Topic.objects.create(slug='unused', title='Unused').pk}/delete/"


def _provision_without_citations() -> str:
    version = SourceVersion.objects.get()
    provision = version.provisions.create(number="9.99", position=99)
    return f"/admin/leaflets/provision/{provision.pk}/delete/"


def _another_topic() -> str:
    Topic.objects.create(slug="another", title="Another", position=2)
    return f"/admin/leaflets/topic/order/{_leaflet().pk}/"


def _another_topic_in_order() -> str:
    _another_topic()
    return "/admin/leaflets/topic/order/"


def _two_messages() -> str:
    create_feedback("One.")
    create_feedback("Two.")
    return "/admin/feedback/feedback/person/erase/"


def _unused_version() -> str:
    source = SourceVersion.objects.get().source
    version = SourceVersion.objects.create(
        source=source, slug="unused", label="Unused", in_force_from="2030-01-01"
    )
    return f"/admin/leaflets/sourceversion/{version.pk}/delete/"


def _link(link: Any) -> Callable[[], str]:
    return lambda: urlsplit(link.make_url(create_staff_user("invited", "Editors"))).path


_M = "admin/leaflets/"


def _withdrawn() -> str:
    leaflet = _leaflet()
    leaflet.editions.filter(status="draft").delete()
    leaflet.editions.filter(status="published").update(status="withdrawn")
    return f"/admin/leaflets/leaflet/{leaflet.pk}/again/"


def _edition_withdrawn() -> str:
    edition = _leaflet().editions.get(status="withdrawn")
    return f"{edition.pk}-{edition.version}-0"


def _scheduled() -> None:
    live = _leaflet().editions.get(status="published")
    ScheduledChange.objects.create(
        leaflet=_leaflet(),
        action="withdraw",
        due_at=timezone.now() + timedelta(days=1),
        edition_pk=live.pk,
        digest=live.digest,
        live_pk=live.pk,
    )


_L = "admin/leaflets/leaflet/<int:pk>/"
ACTS: dict[str, Act] = {
    f"{_L}again/": Act({"basis": _edition_withdrawn}, has_form=False, prepare=_withdrawn),
    f"{_L}schedule/undo/": Act(
        {"seen": lambda: ScheduledChange.objects.get().pk, "action": "undo"}, has_form=False, prepare=_scheduled
    ),
    "admin/auth/group/add/": Act({"name": "Visitors"}),
    "admin/auth/group/<path:object_id>/change/": Act({"permissions": ["1"]}),
    "admin/auth/group/<path:object_id>/delete/": Act(prepare=_unused_group),
    "admin/auth/user/add/": Act({"email": "new@council.gov.uk", "groups": ["1"]}),
    "admin/auth/user/<path:object_id>/change/": Act({"first_name": "Rose", "is_superuser": "on"}),
    "admin/auth/user/<path:object_id>/delete/": Act(prepare=_mistyped_account),
    "admin/editor/upload/": Act({"image": _picture, "alt": "A square"}, has_form=False),
    "admin/editor/upload-file/": Act({"file": _word_file, "words": "A form"}, has_form=False),
    "admin/feedback/feedback/<path:object_id>/change/": Act({"status": "replied"}),
    "admin/feedback/feedback/<int:pk>/erase/": Act({"what": "all"}, has_form=False),
    "admin/feedback/feedback/export/": Act(has_form=False),
    "admin/feedback/feedback/person/": Act({"query": "somebody"}, has_form=False),
    "admin/feedback/feedback/<int:pk>/reply/": Act({"when": "today"}),
    "admin/feedback/feedback/person/erase/": Act({"found": lambda: " ".join(Feedback.objects.values_list("reference", flat=True)), "sure": "yes"}, has_form=False, prepare=_two_messages),
    "admin/feedback/interventionlevels/add/": Act({"first": "2024-04-01", "level_1": "3"}),
    "admin/feedback/interventionlevels/<path:object_id>/change/": Act({"level_2": "4"}),
    "admin/history/export/": Act(has_form=False),
    f"{_M}leaflet/add/": Act({"slug": "quite-new", "placement": "leaflet"}, has_form=False),
    f"{_L}edit/": Act({"introduction": "Other words of the draft."}),
    f"{_L}document/": Act({"document": _word_file}),
    f"{_L}document/undo/": Act({"basis": lambda: str(drafts.get_edit_state(_leaflet()).basis)}, has_form=False, prepare=_with_document),
    f"{_L}checked/": Act({"next_on": "2030-01-01"}),
    f"{_L}discard/": Act(),
    f"{_L}editions/<int:number>/draft/": Act(has_form=False, prepare=_without_draft),
    f"{_L}publish/": Act({"change_note": "Clearer words."}),
    f"{_L}remove/": Act(prepare=_never_public),
    f"{_L}rename/": Act({"slug": "another-address"}),
    f"{_L}share/": Act({"basis": lambda: str(drafts.get_edit_state(_leaflet()).basis)}, has_form=False),
    f"{_L}thread/": Act({"text": "Please look at the second part.", "action": "ready"}),
    f"{_L}withdraw/": Act(),
    f"{_M}leaflet/owner/": Act({"seen": lambda: f"{_leaflet().pk}:0", "owner": lambda: str(User.objects.get(username="editor").pk)}, has_form=False),
    f"{_M}meetingsheet/<path:object_id>/change/": Act({"unapproved": "on"}),
    f"{_M}missedsearch/empty/": Act(has_form=False),
    f"{_M}notice/add/": Act({"text": "Closed.", "starts": "2030-01-01T10:00", "ends": "2030-01-02T10:00"}),
    f"{_M}notice/<path:object_id>/change/": Act({"text": "The office is open."}),
    f"{_M}notice/<path:object_id>/delete/": Act(),
    f"{_M}provision/add/": Act({"version": lambda: str(SourceVersion.objects.get().pk), "number": "9.98"}),
    f"{_M}provision/<path:object_id>/change/": Act({"heading": "Another heading"}),
    f"{_M}provision/<path:object_id>/delete/": Act(prepare=_provision_without_citations),
    f"{_M}searchwords/<path:object_id>/change/": Act({"synonyms": "SENCO = coordinator"}),
    f"{_M}service/<path:object_id>/change/": Act({"promise": "Free."}),
    f"{_M}source/<path:object_id>/change/": Act({"title": "The Code of Practice"}),
    f"{_M}sourceversion/<path:object_id>/change/": Act({"url": "https://www.example.org/"}),
    f"{_M}sourceversion/add/": Act({"source": lambda: str(SourceVersion.objects.get().source_id), "slug": "a-later-one", "label": "A later one", "in_force_from": "2031-01-01", "url": "https://www.example.org/"}),
    f"{_M}sourceversion/<path:object_id>/delete/": Act(prepare=_unused_version),
    f"{_M}sourceversion/<int:pk>/impact/": Act({"citation": lambda: str(Citation.objects.published().first().pk)}, has_form=False),
    f"{_M}term/add/": Act({"term": "Mediation", "explanation": "Talking with a person between you."}),
    f"{_M}term/<path:object_id>/change/": Act({"explanation": "A short text."}),
    f"{_M}term/<path:object_id>/delete/": Act(),
    f"{_M}topic/add/": Act({"title": "Money", "position": "9"}),
    f"{_M}topic/<path:object_id>/change/": Act({"title": "At school"}),
    f"{_M}topic/<path:object_id>/delete/": Act(prepare=_unused_topic),
    f"{_M}topic/order/": Act({"move": lambda: f"topic-up-{Topic.objects.last().pk}", "basis": lambda: basis_of_topics(Topic.objects.all())}, has_form=False, prepare=_another_topic_in_order),
    f"{_M}topic/order/<int:pk>/": Act({"topic": "another"}, prepare=_another_topic),
    "admin/old-facts/": Act({"fact": lambda: str(EarlierFact.objects.get().pk), "right": "yes"}, has_form=False, prepare=_old_fact),
    "admin/uploads/remove/": Act({"path": UPLOAD}, has_form=False, prepare=_unused_upload),
    "staff/sign-out-everywhere/": Act(has_form=False),
    "staff/second-step/app/remove/": Act(has_form=False),
    "staff/second-step/codes/new/": Act(has_form=False),
    "staff/password/": Act({"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}, has_form=False),
    "staff/invitation/<str:token>/": Act({"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}, has_form=False, prepare=_link(signed_links.INVITATION), who="invited"),
    "staff/break-glass/<str:token>/": Act(has_form=False, prepare=_link(signed_links.BREAK_GLASS), who="invited"),
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, module_database: DjangoDbBlocker) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("history")
    with override_settings(MEDIA_ROOT=folder / "media"):
        with module_database.unblock():
            make_site(folder)
        yield


@pytest.fixture
def administrator(site: None) -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(User.objects.get(username="administrator"))
    return visitor


def fields_of(response: HttpResponse) -> dict[str, list[str]]:
    """What a browser would send of the page's longest form."""
    document = parse(response.content.decode())
    forms = [form for form in document.iter("form") if form.get("method", "").lower() == "post"]
    forms = [form for form in forms if form.get("id") != "logout-form"]
    form = max(forms, key=lambda one: len([*one.iter("input"), *one.iter("textarea"), *one.iter("select")]))
    fields: dict[str, list[str]] = {}
    for element in form.iter():
        name, kind = element.get("name"), element.get("type", "")
        if not name or element.tag == "button" or kind == "submit":
            continue
        if element.tag == "textarea":
            fields.setdefault(name, []).append("".join(element.itertext()))
        elif element.tag == "select":
            chosen = [
                one.get("value", "") for one in element.iter("option") if one.get("selected") is not None
            ]
            fields.setdefault(name, []).extend(chosen)
        elif element.tag == "input" and (
            kind not in ("checkbox", "radio") or element.get("checked") is not None
        ):
            fields.setdefault(name, []).append(element.get("value") or ("on" if kind == "checkbox" else ""))
    return fields


def do(visitor: HttpsClient, route: str) -> HttpResponse:
    act = ACTS[route]
    path = act.prepare() if act.prepare else None
    path = path or path_of(route, User.objects.get(username="editor"))
    changes = {name: value() if callable(value) else value for name, value in act.changes.items()}
    fields = fields_of(visitor.get(path)) if act.has_form else {}
    HistoryEntry.objects.all().delete()
    response = visitor.post(
        path, {name: value for name, value in (fields | changes).items() if value is not None}
    )
    assert response.status_code in (200, 302), response.content.decode()
    return response


def stored() -> dict[str, list[Any]]:
    """All rows of what staff can change."""
    models = [
        model
        for label in ("leaflets", "feedback", "auth", "mfa")
        for model in apps.get_app_config(label).get_models()
    ]
    return {
        model.__name__: list(model._base_manager.order_by("pk").values_list())
        for model in models
        if model.__name__ not in ("SiteVersion", "Permission")
    }


@pytest.mark.parametrize("route", ACTS)
def test_an_act_adds_one_entry(administrator, route):
    do(administrator, route)

    entries = list(HistoryEntry.objects.values_list("who", "words"))
    assert len(entries) == 1, entries
    assert entries[0][0] == ACTS[route].who


@pytest.mark.parametrize("route", ACTS)
def test_an_act_whose_entry_cannot_be_stored_is_not_done(administrator, route):
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "leaflets_historyentry"'):
            raise OperationalError("the table is gone")
        return execute(sql, *rest)

    act = ACTS[route]
    path = act.prepare() if act.prepare else None
    path = path or path_of(route, User.objects.get(username="editor"))
    changes = {name: value() if callable(value) else value for name, value in act.changes.items()}
    fields = fields_of(administrator.get(path)) if act.has_form else {}
    before = stored()

    with connection.execute_wrapper(refuse), pytest.raises(OperationalError):
        administrator.post(path, fields | changes)

    assert stored() == before


def test_every_url_that_accepts_a_post_is_in_the_table(administrator):
    paths = [route for route in ROUTES if route.startswith(("admin/", "staff/"))]
    editor = User.objects.get(username="editor")
    accepting = []
    for route in paths:
        if route in ACTS or route in NO_ACT or route.endswith(_ADMIN_PAGES) or _LIST.fullmatch(route):
            continue
        with transaction.atomic():
            response = administrator.post(path_of(route, editor), follow=False)
            transaction.set_rollback(True)
        if response.status_code not in (403, 404, 405, 410):
            accepting.append((route, response.status_code))

    assert " ".join(route for route, _status in accepting) == ""


def test_no_row_of_the_table_is_without_a_url():
    assert [route for route in (*ACTS, *NO_ACT) if route not in ROUTES] == []
