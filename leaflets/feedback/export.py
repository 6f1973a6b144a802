"""Export messages as CSV for the yearly report."""

import csv
import io
from collections.abc import Iterable

from django.utils.timezone import localtime

from leaflets.content.pii_detection import may_identify_sender
from leaflets.content.spreadsheets import escape_cell

from .models import Feedback

_COLUMNS = (
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
_DETAIL_COLUMNS = ("reference", "sent", "name", "e-mail", "phone", "internal note")
REDACTED = "(left out: may hold personal details)"


def write_csv(messages: Iterable[Feedback], *, with_details: bool) -> bytes:
    """Return messages (from `with_titles()`) as CSV: UTF-8 with a BOM, without which Excel assumes another encoding.

    Without details there is no name, address, reference or note, and texts that may identify somebody are redacted.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS + (_DETAIL_COLUMNS if with_details else ()))
    for message in messages:
        row = _row(message, with_details=with_details) + (_detail_cells(message) if with_details else [])
        writer.writerow(map(escape_cell, row))
    return file.getvalue().encode("utf-8-sig")


def _row(message: Feedback, *, with_details: bool) -> list[str]:
    texts = [message.comments, message.you_said, message.we_did]
    if not with_details:
        texts = [redact(text, message) for text in texts]
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


def redact(text: str, message: Feedback) -> str:
    """Return a text of a message, or `REDACTED` where it may identify the sender or anybody else."""
    return REDACTED if may_identify_sender(text, message.name, message.email, message.phone) else text


def _detail_cells(message: Feedback) -> list[str]:
    sent = f"{localtime(message.sent_at):%Y-%m-%d %H:%M}"
    return [message.reference or "", sent, message.name, message.email, message.phone, message.note]
