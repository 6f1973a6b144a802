"""The record of meeting sheets in the admin."""

import pytest

from leaflets.models import MeetingSheet
from tests.conftest import HttpsClient
from tests.factories import create_staff
from tests.pages import load_site, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LIST = "/admin/leaflets/meetingsheet/"
ADD = "/admin/leaflets/meetingsheet/add/"
CHANGE = "/admin/leaflets/meetingsheet/1/change/"
FORM = "/leaflets/sen-support/meeting/"


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"))


def member_of(group: str) -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(create_staff(group))
    return visitor


def test_a_publisher_writes_the_questions_and_readers_get_them():
    publisher = member_of("Publishers")

    response = publisher.post(ADD, {"questions": "What helps?\nWho helps?", "bring": "A friend"})

    assert response.status_code == 302
    assert MeetingSheet.objects.get().questions == ["What helps?", "Who helps?"]
    main = visit(HttpsClient(), FORM).text("main")
    assert "What helps?" in main
    assert "A friend" in main


def test_a_change_keeps_what_it_does_not_name():
    MeetingSheet.objects.create(pk=1, questions=["What helps?"], bring=["A friend"])

    member_of("Publishers").post(
        CHANGE,
        {
            "questions": "Who helps?", "initial-questions": "What helps?",
            "bring": "A friend", "initial-bring": "A friend",
        },
    )  # fmt: skip

    record = MeetingSheet.objects.get()
    assert (record.questions, record.bring) == (["Who helps?"], ["A friend"])


def test_there_is_one_record_which_is_not_deleted():
    MeetingSheet.objects.create(pk=1)
    publisher = member_of("Publishers")

    assert publisher.get(ADD).status_code == 403
    assert publisher.post("/admin/leaflets/meetingsheet/1/delete/", {"post": "yes"}).status_code == 403


def test_an_editor_reads_the_record_only():
    MeetingSheet.objects.create(pk=1)
    editor = member_of("Editors")

    assert editor.get(CHANGE).status_code == 200
    assert editor.post(CHANGE, {"questions": "Why?"}).status_code == 403


@pytest.mark.each_database
def test_a_line_that_is_too_long_is_named_with_its_number():
    response = member_of("Publishers").post(ADD, {"questions": f"Who helps?\nWhen?\nWhy {'not ' * 60}?"})

    (message,) = response.context["adminform"].form.errors["questions"]
    assert message == (
        "Line 3, “Why not not not not not not not not not …”: write at most 200 characters on each line. "
        "This one has 245."
    )


def test_an_editor_reads_a_list_one_entry_per_line():
    MeetingSheet.objects.create(pk=1, questions=["What <b>helps?", "Who helps?"], bring=[])

    page = member_of("Editors").get(CHANGE).content.decode()

    assert "What &lt;b&gt;helps?<br>Who helps?" in page
    assert '<div class="readonly">[]</div>' not in page


@pytest.mark.each_database
def test_the_list_opens_the_one_record_or_the_page_to_add_it():
    publisher, editor = member_of("Publishers"), member_of("Editors")

    assert publisher.get(LIST).url == ADD
    assert editor.get(LIST).status_code == 200

    MeetingSheet.objects.create(pk=1)

    assert publisher.get(LIST).url == CHANGE
    assert editor.get(LIST).url == CHANGE


@pytest.mark.each_database
@pytest.mark.parametrize("questions", ["What\x00?", "Why? " * 50])
def test_a_line_that_cannot_be_stored_is_refused_with_a_sentence(questions):
    response = member_of("Publishers").post(ADD, {"questions": questions})

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["questions"]
    assert not MeetingSheet.objects.exists()
