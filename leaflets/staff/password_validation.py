"""Password strength: common and predictable passwords are refused. Length is the only other rule, see settings."""

import re

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from leaflets.models import Service

_MAX_LENGTH = 72  # characters passed to zxcvbn, which is slow for long input and refuses more
_MIN_SCORE = 3  # zxcvbn's score from 0 to 4: at least 10^8 guesses


class ZxcvbnValidator(CommonPasswordValidator):
    """Refuse passwords in Django's list of common ones and those with a zxcvbn score below 3."""

    def validate(self, password: str, user: AbstractUser | None = None) -> None:
        is_common = password.lower().strip() in self.passwords
        if is_common or zxcvbn(password[:_MAX_LENGTH], user_inputs=_user_inputs(user))["score"] < _MIN_SCORE:
            raise ValidationError(
                "This is one of the first passwords that somebody would try. "
                "Take a few words that have nothing to do with each other."
            )

    def get_help_text(self) -> str:
        return "It is not one that is guessed easily."


def _user_inputs(user: AbstractUser | None) -> list[str]:
    """Words of the user's and the service's names, which zxcvbn treats as easily guessed."""
    service = Service.objects.first()
    texts = [service.name, service.full_name, service.council] if service else []
    texts += [user.username, user.first_name, user.last_name] if user else []
    return [word.lower() for text in texts for word in re.findall(r"\w{3,}", text)]
