"""What a member of staff is called."""

from django.contrib.auth.models import AbstractUser


def name_of(user: AbstractUser) -> str:
    """Return the full name of a person, or the username where no name is known."""
    return user.get_full_name() or user.get_username()
