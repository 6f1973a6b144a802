"""`meeting.yaml`: the service's own questions for meeting sheets."""

from leaflets.content.folder import read_folder
from leaflets.content.meeting import MeetingSource, read_meeting, write_meeting
from tests.factories import write_content
from tests.texts import lines_and_messages

TEXT = """\
approval: draft for the service to approve
questions:
  - What help will my child get?
bring:
  - A friend
"""
MEETING = MeetingSource(("What help will my child get?",), ("A friend",), unapproved=True)


def test_the_file_is_read_and_written():
    assert read_meeting(TEXT, "meeting.yaml") == (MEETING, [])
    assert write_meeting(MEETING) == TEXT


def test_every_field_may_be_missing():
    assert read_meeting("", "meeting.yaml") == (MeetingSource(), [])


def test_a_wrong_field_is_a_problem_with_its_line():
    _, problems = read_meeting("questions: What?\napproval: yes\nbrings:\n  - A\n", "meeting.yaml")

    assert sorted(line for line, _ in lines_and_messages(problems)) == [1, 2, 3]


def test_a_folder_without_the_file_has_none(tmp_path):
    content, problems = read_folder(write_content(tmp_path))

    assert (content.meeting, problems) == (None, [])


def test_a_folder_with_the_file_has_it(tmp_path):
    write_content(tmp_path)
    (tmp_path / "meeting.yaml").write_text(TEXT)

    assert read_folder(tmp_path)[0].meeting == MEETING
