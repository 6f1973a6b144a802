"""Validators that several models share, and the length of a digest."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

slug_validator = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", "Use small letters, digits and hyphens.")
DIGEST_LENGTH = 64


def validate_lines(value: object) -> None:
    """Raise `ValidationError` unless the value is a list of non-empty strings, such as an address."""
    if not (isinstance(value, list) and all(isinstance(line, str) and line.strip() for line in value)):
        raise ValidationError('Write a list of lines, such as ["Civic Centre", "High Street"].')
