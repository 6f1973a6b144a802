"""What several models share: validators and the length of a digest."""

from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.urls import reverse

slug_validator = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", "Use small letters, digits and hyphens.")
DIGEST_LENGTH = 64


@lru_cache(maxsize=4096)
def _address(name: str, *arguments: str | int) -> str:
    """The address of a page. Django looks for it anew each time, and a list has many."""
    return reverse(name, args=arguments)


def validate_lines(value: object) -> None:
    """A list of lines of text, such as an address."""
    if not (isinstance(value, list) and all(isinstance(line, str) and line.strip() for line in value)):
        raise ValidationError('Write a list of lines, such as ["Civic Centre", "High Street"].')
