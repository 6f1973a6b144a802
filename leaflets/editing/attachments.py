"""Storage of files for readers to download, such as a form: Word documents (.docx) and PDFs.

They are stored as they were sent, under a name for readers with the digest of their bytes. A process of its own looks at
them first (`leaflets.editing.attachment_worker`).
"""

import hashlib
from pathlib import Path
from typing import IO

from django.conf import settings
from django.urls import reverse
from django.utils.text import slugify

from leaflets.quality.attachments import describe_attachment

from .refusals import FileRefusedError
from .upload_storage import UploadWorker, escape_words, store

CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
# The digest is the last part: a reader downloads the file without it.
NAME_PATTERN = rf"[a-z0-9](?:[a-z0-9-]{{0,59}})-[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})"

TOO_LARGE = "This file is larger than 10 MB. Make its pictures smaller, then add it again."
_BUSY = "Another file is being stored. Wait a minute, then add this one again."
_UNREADABLE = "This file cannot be read. Open it on your computer, save it again, then add it."

# It takes up to 300 MB.
_WORKER = UploadWorker(
    "leaflets.editing.attachment_worker",
    FileRefusedError,
    busy=_BUSY,
    too_slow=_UNREADABLE,
    unreadable=_UNREADABLE,
)


def attachment_path(name: str) -> Path:
    """Return the path of a stored file. `name` must match `NAME_PATTERN`."""
    return Path(settings.MEDIA_ROOT) / "files" / name


def download_name(name: str) -> str:
    """Return the name under which a reader keeps a file: without its digest."""
    stem, _, extension = name.partition(".")
    return f"{stem.rpartition('-')[0]}.{extension}"


def save_file(file: IO[bytes], words: str) -> str:
    """Store a file and return its name, which is made of `words`, what readers call it.

    Raises `FileRefusedError`, or `OSError` where the file cannot be written.
    """
    content = file.read()
    extension = _WORKER.read(content).decode()
    slug = slugify(words).replace("_", "-")[:60].strip("-") or "file"
    name = f"{slug}-{hashlib.sha256(content).hexdigest()}.{extension}"
    store(attachment_path(name), content)
    return name


def link_markdown(words: str, name: str) -> str:
    """Return the Markdown of a link to a stored file, which says its kind and size."""
    href = reverse("attachment", args=[name])
    return f"[{escape_words(words)} ({describe_attachment(href)})]({href})"
