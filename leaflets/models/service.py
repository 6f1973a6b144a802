"""The service that publishes the leaflets."""

from dataclasses import dataclass
from unicodedata import category

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from leaflets.content.names import plain_characters
from leaflets.content.phone_numbers import can_be_dialled, dial_string

from .base import DIGEST_LENGTH, validate_lines


class Service(models.Model):
    """The service that publishes the leaflets. There is one row, with primary key 1.

    Shown in the header and footer, on the contact page and on error pages. The `officer` is the council's data
    protection officer.
    """

    name = models.CharField(max_length=200)
    full_name = models.CharField(max_length=300)
    tagline = models.CharField(max_length=300, help_text="One line at the top of every page.")
    council = models.CharField(max_length=200)
    phones = models.JSONField(
        default=list, validators=[validate_lines], help_text="One number per line, in the order to be tried."
    )
    email = models.EmailField()
    address = models.JSONField(
        default=list, validators=[validate_lines], help_text="One entry per line, without the postcode."
    )
    postcode = models.CharField(max_length=10)
    officer = models.CharField("data protection officer", max_length=200)
    officer_address = models.JSONField(default=list, validators=[validate_lines])
    officer_postcode = models.CharField(max_length=10)
    officer_phone = models.CharField(max_length=50)
    officer_email = models.EmailField()
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    class Meta:
        verbose_name_plural = "service"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="service_is_one")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse control characters and line breaks: each of these texts is one line, also in subjects of e-mails.

        Refuse phone numbers that cannot be dialled: they are links on every page.
        """
        errors = {
            field.name: "This has a line break or an invisible character in it. Type it again."
            for field in self._meta.concrete_fields
            if isinstance(field, models.CharField)
            and any(category(character) in ("Cc", "Zl", "Zp") for character in getattr(self, field.name))
        }
        for name, phones in (("phones", self.phones), ("officer_phone", [self.officer_phone])):
            wrong = [phone for phone in phones if phone and not can_be_dialled(plain_characters(phone))]
            if wrong:
                message = f"“{wrong[0]}” is not a complete phone number. Correct it, or take it out."
                errors.setdefault(name, message)
        if errors:
            raise ValidationError(errors)

    @property
    def phone_links(self) -> list["PhoneLink"]:
        return [PhoneLink(phone) for phone in self.phones]

    @property
    def officer_phone_link(self) -> "PhoneLink":
        return PhoneLink(self.officer_phone)


@dataclass(frozen=True)
class PhoneLink:
    """A phone number as printed, with its `tel:` link."""

    text: str

    @property
    def href(self) -> str:
        return f"tel:{dial_string(self.text)}"
