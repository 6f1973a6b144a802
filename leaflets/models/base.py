"""Validators that several models share, and the length of a digest."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

slug_validator = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", "Use small letters, digits and hyphens.")
DIGEST_LENGTH = 64
# Of an address or a list of phone numbers: every public page shows them.
MAX_LINES = 20
MAX_LINE_LENGTH = 200


def validate_lines(value: object) -> None:
    """Raise `ValidationError` unless the value is a list of non-empty strings, such as an address."""
    if not (isinstance(value, list) and all(isinstance(line, str) and line.strip() for line in value)):
        raise ValidationError('Write a list of lines, such as ["Civic Centre", "High Street"].')
    if len(value) > MAX_LINES:
        raise ValidationError(f"Write at most {MAX_LINES} lines.")
    if any(len(line) > MAX_LINE_LENGTH for line in value):
        raise ValidationError(f"Write at most {MAX_LINE_LENGTH} characters on each line.")
