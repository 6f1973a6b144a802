"""Helpers for tests of the editing pages: signing in, their addresses, and what their forms would send."""

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from leaflets.models import Leaflet
from tests.html import parse


def sign_in(client: Client, group: str, name: str = "rose") -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return user


def page(name: str, leaflet: Leaflet, *rest: int) -> str:
    return reverse(f"admin:leaflet-{name}", args=[leaflet.pk, *rest])


def shown_fields(html: str) -> dict[str, str]:
    """The fields that the edit form of a page would send."""
    document = parse(html)
    form = next(form for form in document.iter("form") if form.get("data-editor"))
    fields = {}
    for element in form.iter():
        name = element.get("name")
        if not name or (element.get("type") == "checkbox" and element.get("checked") is None):
            continue
        if element.tag == "textarea":
            fields[name] = "".join(element.itertext())
        elif element.tag == "input":
            fields[name] = element.get("value") or ""
        elif element.tag == "select":
            chosen = [option for option in element.iter("option") if option.get("selected") is not None]
            fields[name] = chosen[0].get("value") if chosen else ""
    return fields


def opened(client: Client, leaflet: Leaflet) -> dict[str, str]:
    return shown_fields(client.get(page("edit", leaflet)).content.decode())


def new_section(number: int, **fields: str) -> dict[str, str]:
    values = {"heading": "Who can help?", "body": "We can.", "label": "", "kind": "", "anchor": ""} | fields
    return {f"form-{number}-{name}": value for name, value in values.items()}
