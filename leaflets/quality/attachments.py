"""What readers are told of a file before they open it: its kind and size."""

from django.conf import settings
from django.core.files.storage import default_storage
from django.template.defaultfilters import filesizeformat

_FOLDER = "files/"
_KINDS = {"docx": "Word document", "pdf": "PDF"}


def describe_attachment(path: str) -> str:
    """Return kind and size of the stored file at a path of the site, such as "Word document, 34.0 KB".

    Empty where the path is not that of a stored file. It must not have percent signs.
    """
    name = path.removeprefix(settings.MEDIA_URL)
    kind = _KINDS.get(name.rpartition(".")[2], "")
    if not (kind and path.startswith(settings.MEDIA_URL + _FOLDER) and ".." not in name):
        return ""
    try:
        size = default_storage.size(name)
    except (OSError, ValueError):  # ValueError: a null character
        return ""
    # Staff type a plain space.
    return f"{kind}, {filesizeformat(size)}".replace("\xa0", " ").replace(".0 ", " ")
