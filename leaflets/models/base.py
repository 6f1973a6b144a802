"""Validators that several models share, and the length of a digest."""

from collections import Counter

from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator, RegexValidator

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
    mistakes = [
        f"Line {number}, “{line[:40]}…”: write at most {MAX_LINE_LENGTH} characters on each line. This one has {len(line)}."
        for number, line in enumerate(value, 1)
        if len(line) > MAX_LINE_LENGTH
    ]
    if mistakes:
        raise ValidationError(mistakes)
    for line in value:
        # PostgreSQL cannot store them.
        ProhibitNullCharactersValidator()(line)


MAX_SLUGS = 2_000


def validate_slugs(value: object) -> None:
    """Raise `ValidationError` unless the value is a list of different slugs."""
    if not (isinstance(value, list) and all(isinstance(slug, str) for slug in value)):
        raise ValidationError("Write one address per line, such as sen-in-mainstream-schools.")
    if len(value) > MAX_SLUGS:
        raise ValidationError(f"Write at most {MAX_SLUGS:,} lines.")
    for slug in value:
        try:
            slug_validator(slug if len(slug) <= 80 else "")
        except ValidationError:
            raise ValidationError(
                f"“{slug[:80]}” is not the address of a leaflet. Use small letters, digits and hyphens."
            ) from None
    repeated = next((slug for slug, number in Counter(value).items() if number > 1), "")
    if repeated:
        raise ValidationError(f"“{repeated}” stands here twice. Take one out.")
