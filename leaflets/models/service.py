"""Who publishes."""

from dataclasses import dataclass

from django.db import models
from django.db.models import Q

from leaflets.content.phone_numbers import dial_string

from .base import DIGEST_LENGTH, validate_lines


class Service(models.Model):
    """Who publishes: one record, used by every page's header and footer, contact page and error pages."""

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

    @property
    def phone_links(self) -> list["PhoneLink"]:
        return [PhoneLink(phone) for phone in self.phones]

    @property
    def officer_phone_link(self) -> "PhoneLink":
        return PhoneLink(self.officer_phone)


@dataclass(frozen=True)
class PhoneLink:
    """A phone number as printed, and what a phone dials for it."""

    text: str

    @property
    def href(self) -> str:
        return f"tel:{dial_string(self.text)}"
