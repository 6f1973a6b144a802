"""What pictures and files that staff upload have in common: a worker process that reads them, and storage."""

import logging
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

MAX_BYTES = 10 * 1024 * 1024
_REFUSED = 3  # exit status of both workers

# Seconds. A picture of 48 megapixels takes two to four.
TIMEOUT = 20


class WorkerError(Exception):
    """The worker did not say what the upload is: `refusal` is why, for the user, where it said that."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        super().__init__(refusal)


def run_worker(module: str, sent: bytes) -> bytes:
    """Return what a worker process prints about an upload. Raises `WorkerError`, `TimeoutExpired` or `OSError`."""
    worker = subprocess.run(  # noqa: S603 - the module is one of our two workers
        [sys.executable, "-m", module],
        input=sent,
        capture_output=True,
        check=False,
        timeout=TIMEOUT,
        cwd=settings.BASE_DIR,
    )
    if worker.returncode == _REFUSED:
        raise WorkerError(worker.stdout.decode())
    if worker.returncode:
        logger.warning("%s failed: %s", module, worker.stderr[-2000:].decode(errors="replace"))
        raise WorkerError
    return worker.stdout


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
