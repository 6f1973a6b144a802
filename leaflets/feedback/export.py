"""Export messages as CSV for the yearly report."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator

from django.utils.timezone import localtime

from leaflets.content.names import plain_characters

from .models import Feedback
from .pii_detection import may_identify_sender

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
_FORMULA_STARTS = frozenset("=+-@")
_NUMBER = re.compile(r"[ (]*0[0-9 ()./-]*")
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
        writer.writerow(map(_escape_cell, row))
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


def _escape_cell(cell: str) -> str:
    """Prefix a cell with an apostrophe where a spreadsheet would not take it for text.

    Those are formulas (OWASP, "CSV Injection"), also behind white space, invisible characters or in full width, and
    numbers with a leading 0, such as phone numbers, which would lose it. An apostrophe, not ="...": that is a formula
    itself, and programs other than spreadsheets would have to take it apart.
    """
    start = next((one for one in _folded(cell) if not one.isspace()), "")
    is_formula = start in _FORMULA_STARTS or cell.startswith(("\t", "\r", "\n"))
    return f"'{cell}" if is_formula or _NUMBER.fullmatch(plain_characters(cell)) else cell


def _folded(cell: str) -> Iterator[str]:
    """The visible characters of a cell in Unicode's compatibility form, in which full width makes no difference."""
    for character in cell:
        if unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Me") or character.isspace():
            yield from unicodedata.normalize("NFKC", character)
