"""The filter for the names of staff."""

from django import template
from django.contrib.auth.models import AbstractUser

from leaflets.models import name_of as find_name

register = template.Library()


@register.filter
def name_of(user: AbstractUser | None) -> str:
    """Return what a person is called, "" for none: staff are called the same on every page of a leaflet."""
    return find_name(user) if user else ""
