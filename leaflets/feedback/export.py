"""What people wrote as a table for the yearly report: CSV that a spreadsheet opens as it is."""

import csv
import io
from collections.abc import Iterable

from django.utils.timezone import localtime

from .models import Feedback
from .pii_detection import may_identify_sender

_TALLY = (
    "month",
    "leaflet",
    "section",
    "edition",
    "useful",
    "wants a reply",
    "status",
    "comments",
    "you said",
    "we did",
)
_DETAILS = ("reference", "sent", "name", "e-mail", "phone", "internal note")
LEFT_OUT = "(left out: may hold personal details)"


def write_csv(messages: Iterable[Feedback], *, with_details: bool) -> bytes:
    """Write messages `with_titles` as CSV: in UTF-8 with the mark that Excel needs to see it.

    Without details there is no name, address, reference or note, and no text that seems to tell who somebody is.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(_TALLY + (_DETAILS if with_details else ()))
    for message in messages:
        row = _tally(message, with_details=with_details) + (_details(message) if with_details else [])
        writer.writerow(map(_defused, row))
    return file.getvalue().encode("utf-8-sig")


def _tally(message: Feedback, *, with_details: bool) -> list[str]:
    texts = [message.comments, message.you_said, message.we_did]
    if not with_details:
        texts = [without_who(text, message) for text in texts]
    return [
        f"{localtime(message.sent_at):%Y-%m}",
        message.leaflet_title or "",
        message.section_heading or message.section,
        str(message.edition_number or ""),
        message.useful,
        "yes" if message.wants_reply else "",
        message.status,
        *texts,
    ]


def without_who(text: str, message: Feedback) -> str:
    """A text about a message, unless it seems to tell who sent it."""
    return LEFT_OUT if may_identify_sender(text, message.name, message.email, message.phone) else text


def _details(message: Feedback) -> list[str]:
    sent = f"{localtime(message.sent_at):%Y-%m-%d %H:%M}"
    return [message.reference or "", sent, message.name, message.email, message.phone, message.note]


def _defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return (
        f"'{cell}"
        if cell.lstrip().startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r", "\n"))
        else cell
    )
