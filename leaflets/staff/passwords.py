"""Passwords that are guessed first are refused, whatever they are made of; there is no other rule than the length."""

import re

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from leaflets.models import Service

_LONGEST = 72  # characters that are looked at; nothing as long as that is guessed
_GOOD = 3  # of 0 to 4: a hundred million guesses or more


class NotGuessedFirst(CommonPasswordValidator):
    """A validator for Django: knows two lists of breached passwords, patterns on a keyboard, and words from here."""

    def validate(self, password: str, user: AbstractUser | None = None) -> None:
        """Raise `ValidationError` for a password that a program would try early."""
        is_listed = password.lower().strip() in self.passwords
        if is_listed or zxcvbn(password[:_LONGEST], user_inputs=_words_from_here(user))["score"] < _GOOD:
            raise ValidationError(
                "This is one of the first passwords that somebody would try. "
                "Take a few words that have nothing to do with each other."
            )

    def get_help_text(self) -> str:
        return "It is not one that is guessed easily."


def _words_from_here(user: AbstractUser | None) -> list[str]:
    """The words of somebody's own name and of the service's."""
    service = Service.objects.first()
    texts = [service.name, service.full_name, service.council] if service else []
    texts += [user.username, user.first_name, user.last_name] if user else []
    return [word.lower() for text in texts for word in re.findall(r"\w{3,}", text)]
