"""What pictures and files that staff upload have in common: a worker process that reads them, and storage."""

import logging
import re
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from .refusals import REFUSED

logger = logging.getLogger(__name__)

MAX_BYTES = 10 * 1024 * 1024

# Seconds. A picture of 48 megapixels takes two to four.
TIMEOUT = 20


class UploadWorker:
    """The process that reads uploads of one kind, one at a time in each process of the site: it takes memory and a core.

    `refused` is the exception that `read` raises with a sentence for the user: what the worker printed, or `busy`,
    `too_slow` or `unreadable`.
    """

    def __init__(
        self, module: str, refused: type[Exception], *, busy: str, too_slow: str, unreadable: str
    ) -> None:
        self._module, self._refused = module, refused
        self._busy, self._too_slow, self._unreadable = busy, too_slow, unreadable
        self._one_at_a_time = threading.Lock()

    def read(self, sent: bytes) -> bytes:
        """Return what the worker prints about an upload. Raises `refused`, or `OSError` if it cannot be started."""
        if not self._one_at_a_time.acquire(timeout=TIMEOUT):
            raise self._refused(self._busy)
        try:
            worker = subprocess.run(  # noqa: S603 - the module is one of our two workers
                [sys.executable, "-m", self._module],
                input=sent,
                capture_output=True,
                check=False,
                timeout=TIMEOUT,
                cwd=settings.BASE_DIR,
            )
        except subprocess.TimeoutExpired:
            raise self._refused(self._too_slow) from None
        finally:
            self._one_at_a_time.release()
        if worker.returncode == REFUSED:
            raise self._refused(worker.stdout.decode() or self._unreadable)
        if worker.returncode:
            logger.warning("%s failed: %s", self._module, worker.stderr[-2000:].decode(errors="replace"))
            raise self._refused(self._unreadable)
        return worker.stdout


def escape_words(words: str) -> str:
    """Return what somebody typed as Markdown that shows it as it is, for a link or the words of a picture."""
    return re.sub(r"([\\\[\]*_`<>&|])", r"\\\1", words)


def store(path: Path, content: bytes) -> None:
    """Write a file unless it is there, at once as a whole: a partial file would be cached for a year."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part,
        ExitStack() as cleanup,
    ):
        cleanup.callback(Path(part.name).unlink, missing_ok=True)
        part.write(content)
        part.flush()
        Path(part.name).replace(path)
