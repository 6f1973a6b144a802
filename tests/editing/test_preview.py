"""The preview beside the editor: its HTML, who may request it, and what is refused."""

from importlib import import_module

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from leaflets.content.limits import MAX_CHARACTERS
from leaflets.content.markdown import render
from leaflets.publishing.law import store_source, store_version
from tests.conftest import HttpsClient
from tests.scaling import assert_linear
from tests.texts import code, law, source

# A preview is not stored.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ADDRESS = "/admin/editor/preview/"
UPLOAD = "/admin/editor/upload/"


@pytest.fixture
def editor():
    """A user who may edit leaflets."""
    user = User.objects.create_user("ann", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    return user


@pytest.fixture
def as_editor(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def stored_code():
    """The Code of `tests.texts`, in the database."""
    store_source(source(), overwrite=True)
    store_version(code(), overwrite=True)
    return code()


def error_of(response):
    return response.json()["error"]


# The HTML


def test_a_preview_is_the_html_of_the_public_page(as_editor, stored_code):
    text = "A school **must** help.\n\n> Involve the parents.\n>\n> (6.17)"

    response = as_editor.post(ADDRESS, {"content": text, "code": stored_code.slug})

    assert response.status_code == 200
    assert response.content.decode() == f'<div class="preview">\n{render(text, law()).html}</div>\n'


def test_the_code_may_be_given_in_the_query_string(as_editor, stored_code):
    response = as_editor.post(f"{ADDRESS}?code={stored_code.slug}", {"content": "See (6.17)."})

    assert 'href="/law/code-of-practice/6.17/"' in response.content.decode()


def test_problems_are_listed_above_the_text_with_their_lines(as_editor):
    response = as_editor.post(ADDRESS, {"content": "Words.\n\n#### Too deep {#deep}\n\n[x](ftp://x) & more"})

    html = response.content.decode()
    assert html.index('class="notice problems"') < html.index("<p>Words.</p>")
    assert "<strong>2 things to put right before this can be published:</strong>" in html
    assert "<li>Line 3: This heading jumps a level." in html
    assert "<li>Line 5: The link to <code>ftp://x</code> cannot be used." in html


def test_an_empty_text_has_an_empty_preview(as_editor):
    response = as_editor.post(ADDRESS, {"content": ""})

    assert response.status_code == 200
    assert response.content.decode() == '<div class="preview">\n</div>\n'


def test_a_preview_is_not_cached(as_editor):
    response = as_editor.post(ADDRESS, {"content": "Words."})

    assert "no-store" in response["Cache-Control"]


# Permissions


@pytest.mark.parametrize("address", [ADDRESS, UPLOAD])
def test_a_signed_out_user_is_asked_to_sign_in_again(client, address):
    response = client.post(address, {"content": "Words."})

    assert response.status_code == 403
    assert error_of(response).startswith("Your session has ended. Sign in again in another tab")


@pytest.mark.parametrize("address", [ADDRESS, UPLOAD])
@pytest.mark.parametrize(
    ("is_staff", "groups"),
    [
        pytest.param(False, [], id="not staff"),
        pytest.param(False, ["Editors"], id="an editor who has left the staff"),
        pytest.param(True, [], id="staff of another kind"),
    ],
)
def test_only_staff_who_may_change_leaflets_are_allowed(client, address, is_staff, groups):
    user = User.objects.create_user("ben", is_staff=is_staff)
    user.groups.set(Group.objects.filter(name__in=groups))
    client.force_login(user)

    response = client.post(address, {"content": "Words."})

    assert response.status_code == 403
    assert error_of(response).startswith("Your account cannot change leaflets.")


@pytest.mark.parametrize("address", [ADDRESS, UPLOAD])
def test_a_request_from_another_site_is_refused(editor, address):
    client = HttpsClient(enforce_csrf_checks=True)
    client.force_login(editor)

    response = client.post(
        address, {"content": "Words."}, headers={"referer": "https://evil.example/"}, secure=True
    )

    assert response.status_code == 403
    assert "Copy your words, reload the page" in error_of(response)


def test_a_request_from_the_editors_page_is_accepted(editor):
    client = HttpsClient(enforce_csrf_checks=True)
    client.force_login(editor)
    page = client.get("/admin/", secure=True)
    token = page.context["csrf_token"]

    response = client.post(
        ADDRESS,
        {"content": "Words.", "csrfmiddlewaretoken": str(token)},
        headers={"referer": "https://testserver/admin/"},
        secure=True,
    )

    assert response.status_code == 200


@pytest.mark.parametrize("address", [ADDRESS, UPLOAD])
@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_other_methods_than_post_are_refused(as_editor, address, method):
    assert getattr(as_editor, method)(address).status_code == 405


@pytest.mark.parametrize("path", ["/markdownx/markdownify/", "/markdownx/upload/"])
def test_the_urls_of_django_markdownx_answer_404(as_editor, path):
    assert as_editor.post(path, {"content": "Words."}).status_code == 404


def test_the_urls_are_those_in_the_settings_of_markdownx(settings):
    assert str(settings.MARKDOWNX_URLS_PATH) == reverse("editor-preview") == ADDRESS
    assert str(settings.MARKDOWNX_UPLOAD_URLS_PATH) == reverse("editor-upload") == UPLOAD


# What is refused


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({}, "did not arrive whole", id="nothing"),
        pytest.param({"text": "Words."}, "did not arrive whole", id="another field"),
        pytest.param({"content": "x" * (MAX_CHARACTERS + 1)}, "longer than 60,000 characters", id="too long"),
        pytest.param({"content": "é" * 600_000}, "longer than 60,000 characters", id="over 1 MB"),
        pytest.param({"content": "x" * 20_000_000}, "longer than 60,000 characters", id="20 MB"),
        pytest.param({"content": "x", "code": "2035-may"}, "does not have this edition", id="no such Code"),
        pytest.param({"content": "x", "code": "a\0b"}, "does not have this edition", id="odd Code"),
        pytest.param({str(n): "" for n in range(5_000)}, "did not arrive whole", id="too many fields"),
    ],
)
def test_an_invalid_request_is_refused_with_a_message(as_editor, fields, words):
    response = as_editor.post(ADDRESS, fields)

    assert response.status_code == 400
    assert words in error_of(response)


@pytest.mark.parametrize("address", [ADDRESS, UPLOAD])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"--x\r\nContent-Disposition", "multipart/form-data; boundary=x", id="cut off"),
        pytest.param(b"content=x", "multipart/form-data", id="no boundary"),
        pytest.param(b"content=x", "application/x-www-form-urlencoded; charset=utf-7", id="odd letters"),
        pytest.param(b"\xff\xfe\x00", "application/octet-stream", id="anything"),
    ],
)
def test_a_malformed_request_is_refused(as_editor, address, body, content_type):
    response = as_editor.post(address, body, content_type=content_type)

    assert response.status_code == 400
    assert error_of(response)


def test_a_request_too_large_is_discarded_unparsed(as_editor, monkeypatch):
    monkeypatch.setattr("django.http.HttpRequest._load_post_and_files", pytest.fail)

    response = as_editor.post(ADDRESS, {"content": "x" * 2_000_000})

    assert response.status_code == 400


# Escaping and processor time


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "Words <b onclick=alert(1)>more</b>",
    ],
)
def test_html_is_shown_as_text_and_reported(as_editor, attack):
    html = as_editor.post(ADDRESS, {"content": attack}).content.decode()

    assert "HTML" in html.partition("</ul>")[0]
    assert "&lt;" in html.partition("</ul>")[2]
    for tag in ("<img", "<script", "<svg", "<b "):
        assert tag not in html


def test_quoted_text_in_a_problem_is_escaped(as_editor):
    html = as_editor.post(
        ADDRESS, {"content": '[x](<javascript:"><img/src/onerror=alert(1)>)'}
    ).content.decode()

    assert "<img" not in html


@pytest.mark.parametrize(
    ("make", "size"),
    [
        pytest.param(lambda n: ">" * n, MAX_CHARACTERS, id="quotations"),
        pytest.param(lambda n: "- " * (n // 2), MAX_CHARACTERS, id="lists"),
        pytest.param(lambda n: "[" * n, 40_000, id="links"),
        pytest.param(lambda n: "![" * (n // 2), 40_000, id="pictures"),
        pytest.param(lambda n: "*_" * (n // 2), 40_000, id="emphasis"),
        pytest.param(lambda n: "<" * n, 9_000, id="tags"),
        pytest.param(lambda n: "a**b" + "c* " * (n // 4), MAX_CHARACTERS, id="stars"),
        pytest.param(lambda n: "`" + "`a" * (n // 3), MAX_CHARACTERS, id="code"),
        pytest.param(
            lambda n: "|a" * (n // 20) + "\n" + "|-" * (n // 20) + "\n|" * (n // 2), 10_000, id="tables"
        ),
        pytest.param(lambda n: "\0\ufffd" * (n // 2), MAX_CHARACTERS, id="no letters"),
    ],
)
def test_preview_time_is_linear_in_the_length_of_the_text(as_editor, make, size, monkeypatch):
    # A row that is too short is filled with cells, up to this number. A low limit makes the rest visible.
    monkeypatch.setattr(import_module("markdown_it.rules_block.table"), "MAX_AUTOCOMPLETED_CELLS", 500)

    def preview(text):
        assert as_editor.post(ADDRESS, {"content": text}).status_code == 200

    assert_linear(preview, make, size)


def test_the_preview_names_what_is_read_otherwise_than_meant_with_its_line(as_editor):
    response = as_editor.post(ADDRESS, {"content": "You **must.\n\n• one\n• two"})

    html = response.content.decode()

    assert "<li>Line 1: <code>**</code> makes nothing bold here" in html
    assert "<li>Line 3: This looks like a list, and is none." in html
    assert html.index('class="notice hints"') < html.index("<p>You")
