"""What meeting sheets have besides the words of leaflets: one YAML file, `meeting.yaml`."""

from dataclasses import dataclass, field
from functools import cached_property

from leaflets.files.digests import digest
from leaflets.files.fields import Fields, write_fields
from leaflets.files.problems import Problem

from .leaflet import UNAPPROVED, read_approval


@dataclass(frozen=True)
class MeetingSource:
    """Questions to ask at a meeting with the school, and what to bring. Each entry is one line, as printed.

    `unapproved` says that the service has not approved them yet: readers are told so.
    """

    questions: tuple[str, ...] = ()
    bring: tuple[str, ...] = ()
    unapproved: bool = False
    path: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        return digest(write_meeting(self))


def read_meeting(text: str, path: str, _slug: str = "") -> tuple[MeetingSource, list[Problem]]:
    """Read the YAML of `meeting.yaml`. The result is complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    meeting = MeetingSource(
        path=path,
        unapproved=read_approval(fields),
        questions=fields.texts("questions", required=False),
        bring=fields.texts("bring", required=False),
    )
    fields.finish()
    return meeting, problems


def write_meeting(meeting: MeetingSource) -> str:
    """Return the YAML of `meeting.yaml`, in canonical form."""
    return write_fields(
        {
            "approval": UNAPPROVED if meeting.unapproved else "",
            "questions": list(meeting.questions),
            "bring": list(meeting.bring),
        }
    )
