"""How static files are stored for the public."""

import re

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

# A string, which may have the marks of a comment in it, or a comment. Licences begin with "!".
_STRING_OR_COMMENT = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/\*!.*?\*/)|/\*.*?\*/""", re.DOTALL)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Stores stylesheets without comments, which are an eighth of the bytes of `static/site.css`."""

    def _save(self, name: str, content: File) -> str:
        if name.endswith(".css"):
            content.open()
            written = content.read()
            text = written.decode() if isinstance(written, bytes) else written
            content = ContentFile(strip_comments(text).encode())
        saved: str = super()._save(name, content)
        return saved


def strip_comments(stylesheet: str) -> str:
    """Return a stylesheet without its comments, but with licences."""
    return _STRING_OR_COMMENT.sub(lambda match: match[1] or "", stylesheet)
