"""The page of uploads: where each is used, and what may be removed."""

import os
import time

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import Group, User

from leaflets.editing.uploads import list_uploads
from leaflets.models import Leaflet
from leaflets.publishing import editions
from tests.conftest import HttpsClient
from tests.factories import SLUG, draft_as_staff, edit_as_staff, load
from tests.pages import visit
from tests.pictures import picture

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PICTURE = f"pictures/{'a' * 64}.png"
FILE = f"files/request-form-{'b' * 64}.pdf"
DAY = 24 * 3600


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"))


@pytest.fixture(autouse=True)
def _media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def put(settings):
    """Store an upload, some days ago."""

    def put(path, content=b"%PDF-", days=2):
        file = settings.MEDIA_ROOT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (time.time() - days * DAY,) * 2)
        return file

    return put


@pytest.fixture
def sign_in():
    def sign_in(group):
        user = User.objects.create_user(group.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        visitor = HttpsClient()
        visitor.force_login(user)
        return visitor

    return sign_in


def used_in_editions():
    return {upload.path: [use.kind for use in upload.uses] for upload in list_uploads()}


def test_an_upload_is_listed_with_the_editions_that_use_it(put):
    put(PICTURE, picture())
    put(FILE)
    edit_as_staff(f"![A child](/media/{PICTURE})")
    edit_as_staff(f"[Form](/media/{FILE})")
    draft_as_staff(f"[Form](/media/{FILE}) and ![A child](/media/{PICTURE})")

    assert used_in_editions() == {PICTURE: ["draft", "older"], FILE: ["live", "draft"]}


@pytest.mark.parametrize(
    "markdown",
    ["[a]: {0}\n\n[Form][a]", "[Form]({0}?x)", "[Form]({0}#page=2)", "[Form](<{1}>)"],
)
def test_an_upload_is_used_in_whatever_form_its_address_is_written(put, markdown):
    put(FILE)
    address = f"/media/{FILE}"
    draft_as_staff(markdown.format(address, address.replace("request", "re%71uest")))

    assert used_in_editions() == {FILE: ["draft"]}


def test_files_that_no_upload_made_are_not_listed(put):
    put("files/notes.txt")
    put("pictures/x.part")

    assert used_in_editions() == {}


def test_the_page_names_uses_and_offers_to_remove_what_nothing_uses(put, sign_in):
    put(FILE)
    put(PICTURE, picture())
    edit_as_staff(f"![A child](/media/{PICTURE})")

    page = visit(sign_in("Publishers"), "/admin/uploads/")

    unused, used = page.all("ul[@class='uploads']/li")
    assert "Not used." in "".join(unused.itertext())
    assert "Remove request-form.pdf" in "".join(unused.itertext())
    assert "SEN support, live" in " ".join("".join(used.itertext()).split())
    assert used.findall(".//form") == []


def test_an_editor_sees_the_list_and_removes_nothing(put, sign_in):
    file = put(FILE)
    editor = sign_in("Editors")

    assert visit(editor, "/admin/uploads/").all("ul[@class='uploads']//form") == []
    assert editor.post("/admin/uploads/remove/", {"path": FILE}).status_code == 403
    assert file.exists()


def test_removing_an_unused_upload_is_logged(put, sign_in):
    file = put(FILE)

    response = sign_in("Publishers").post("/admin/uploads/remove/", {"path": FILE}, follow=True)

    assert "The file was removed." in response.content.decode()
    assert not file.exists()
    entry = LogEntry.objects.get(action_flag=DELETION)
    assert (entry.user.username, entry.object_repr) == ("publishers", FILE)


def test_the_second_of_two_clicks_ends_like_the_first(put, sign_in):
    put(FILE)
    publisher = sign_in("Publishers")
    publisher.post("/admin/uploads/remove/", {"path": FILE})

    again = publisher.post("/admin/uploads/remove/", {"path": FILE}, follow=True)

    assert "removed already" in again.content.decode()
    assert LogEntry.objects.filter(action_flag=DELETION).count() == 1


@pytest.mark.parametrize("used_in", ["draft", "live", "older", "withdrawn"])
def test_what_any_edition_uses_is_not_removed(put, sign_in, used_in):
    file = put(FILE)
    if used_in == "draft":
        draft_as_staff(f"[Form](/media/{FILE})")
    else:
        edit_as_staff(f"[Form](/media/{FILE})")
    if used_in == "older":
        edit_as_staff("Without it.")
    if used_in == "withdrawn":
        editions.withdraw(Leaflet.objects.get(slug=SLUG))

    response = sign_in("Publishers").post("/admin/uploads/remove/", {"path": FILE}, follow=True)

    assert "is used now" in response.content.decode()
    assert file.exists()


def test_what_was_added_today_is_not_removed(put, sign_in):
    file = put(FILE, days=0)

    response = sign_in("Publishers").post("/admin/uploads/remove/", {"path": FILE}, follow=True)

    assert "less than a day ago" in response.content.decode()
    assert file.exists()


@pytest.mark.parametrize("path", ["", "../secret_key", "files/../../site.sqlite3", f"/{FILE}", f"{FILE}\0"])
def test_nothing_but_an_upload_can_be_removed(put, sign_in, path):
    file = put(FILE)

    assert sign_in("Publishers").post("/admin/uploads/remove/", {"path": path}).status_code == 404
    assert file.exists()


def test_removing_needs_a_post(put, sign_in):
    put(FILE)

    assert sign_in("Publishers").get("/admin/uploads/remove/", {"path": FILE}).status_code == 405
