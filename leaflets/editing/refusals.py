"""How the workers that read uploads refuse them. The site imports this, and not the libraries that workers read with."""

REFUSED = 3  # exit status of a worker that printed why


class PictureRefusedError(Exception):
    """The upload is not accepted. The message is shown to the user."""


class FileRefusedError(Exception):
    """The upload is not accepted. The message is shown to the user."""
