"""The form of Have Your Say."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.formats import number_format

from leaflets.content.names import plain_characters
from leaflets.content.phone_numbers import has_complete_number
from leaflets.content.pii_detection import PersonalDetail, find_personal_details
from leaflets.models import Edition, Service
from leaflets.models.leaflets import HEADING_FIELDS

from .models import COMMENTS_LIMIT, SUBSECTION_NAME_LIMIT, Feedback

# The character count is shown from this number on.
_SHOW_COUNT_FROM = 0.9 * COMMENTS_LIMIT
# Browsers submit a line break as CR LF, which would count as two characters.
_LINE_BREAK = re.compile(r"\r\n?")
# PostgreSQL stores no NUL, and the others are never typed on purpose.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_text(text: str) -> str:
    """Normalise line breaks and remove control characters."""
    return _CONTROL_CHARACTERS.sub("", _LINE_BREAK.sub("\n", text))


_COMMENTS_HINT = (
    f"Up to {number_format(COMMENTS_LIMIT, force_grouping=True)} characters, about a page and a half. "
    "Please leave out names, and anything about a child's health."
)
# Digits of a phone number in the UK, with the 0.
_PHONE_DIGITS = (10, 11)


def _describe_phone_number(phone: str) -> str:
    """Say what is wrong with a phone number, for its sender."""
    digits = sum(character.isdigit() for character in phone)
    found = "no digits" if not digits else "only 1 digit" if digits == 1 else f"{digits} digits"
    counted = "" if digits in _PHONE_DIGITS else f" It has {found}."
    return (
        f"Check your phone number.{counted} In the UK it has 11 digits, or 10 in a few places, and begins with 0, "
        "for example 01632 960123. From another country it begins with +, for example +48 12 345 67 89."
    )


class FeedbackForm(forms.Form):
    """Comments, their subject, and contact details where a reply is wanted."""

    useful = forms.ChoiceField(
        label="Was this useful?",
        choices=Feedback.Useful.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    comments = forms.CharField(
        label="What would you like to tell us?",
        help_text=_COMMENTS_HINT,
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=COMMENTS_LIMIT,
        strip=False,
        required=False,
        error_messages={
            "max_length": "What you wrote is too long: %(show_value)s characters. "
            "Shorten them to %(limit_value)s. Nothing you wrote is lost."
        },
    )
    # Only a page that was opened before an upgrade has this box: contact details say the same.
    wants_reply = forms.BooleanField(required=False)
    name = forms.CharField(
        label="Your name",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"max_length": "Please shorten your name to %(limit_value)d characters."},
    )
    email = forms.EmailField(
        label="Your e-mail address",
        max_length=200,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "invalid": "Check your e-mail address. It should look like name@example.org.",
            "max_length": "Check your e-mail address. It is longer than %(limit_value)d characters.",
        },
    )
    phone = forms.CharField(
        label="Your phone number",
        max_length=50,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        error_messages={
            "max_length": "Check your phone number. It is longer than %(limit_value)d characters."
        },
    )
    leaflet = forms.CharField(widget=forms.HiddenInput, required=False)
    section = forms.CharField(widget=forms.HiddenInput, required=False)
    opened = forms.CharField(widget=forms.HiddenInput, required=False)
    asked = forms.BooleanField(widget=forms.HiddenInput, required=False)
    # Honeypot: hidden from people, filled in by bots.
    homepage = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # With maxlength, browsers cut off pasted text without a warning; validation reports it instead.
            field.widget.attrs.pop("maxlength", None)
        if self.characters_used:
            self.fields["comments"].help_text = f"{_COMMENTS_HINT} {self.characters_used}"

    @classmethod
    def from_post(cls, data: QueryDict) -> "FeedbackForm":
        """The submitted form. Of a field that was sent several times the last value counts."""
        return cls({name: clean_text(data.get(name, "")) for name in cls.base_fields})

    def with_data(self, **changes: str) -> "FeedbackForm":
        """A copy of the form with other values in some of its fields."""
        return type(self)({**self.data, **changes})

    def clean_useful(self) -> str:
        return str(self.cleaned_data["useful"])

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"])
        if phone and not has_complete_number(plain_characters(phone)):
            raise ValidationError(_describe_phone_number(phone))
        return phone

    def clean(self) -> None:
        super().clean()
        if not self.errors.get("comments") and not self.cleaned_data.get("comments", "").strip():
            self.cleaned_data["comments"] = ""
            if not self.cleaned_data.get("useful"):
                self.add_error("comments", "Write what you want to tell us, or say whether this was useful.")
        reachable = any(self.data.get(name, "").strip() for name in ("email", "phone"))
        if self.cleaned_data.get("wants_reply") and not reachable:
            self.add_error("email", "Give an e-mail address or a phone number, so that we can reply.")
        # Contact details imply that a reply is wanted. Without them a name has no purpose and is not stored.
        self.cleaned_data["wants_reply"] = reachable
        if not reachable:
            self.cleaned_data["name"] = ""

    def feedback_fields(self) -> dict[str, Any]:
        """The fields of a `Feedback`. An unknown leaflet or section is left out: links from old printed leaflets
        may name one."""
        subject = find_subject(self.cleaned_data["leaflet"], self.cleaned_data["section"])
        names = ("useful", "comments", "wants_reply", "name", "email", "phone")
        return {name: self.cleaned_data[name] for name in names} | {
            "leaflet_id": subject.edition.leaflet_id if subject else None,
            "edition_number": subject.edition.number if subject else None,
            "section": subject.anchor if subject else "",
            "subsection_name": subject.subsection_name if subject else "",
        }

    def personal_details(self, service: Service | None) -> list[PersonalDetail]:
        """Personal details found in the comments, except the service's own."""
        return find_personal_details(self.cleaned_data["comments"], public_contact_details(service))

    @cached_property
    def characters_used(self) -> str:
        """The character count, once the comments are nearly as long as they may be, else ""."""
        used = len(self.data.get("comments", "") or self.initial.get("comments", ""))
        if used < _SHOW_COUNT_FROM:
            return ""
        return f"You have used {number_format(used, force_grouping=True)} of {number_format(COMMENTS_LIMIT, force_grouping=True)} characters."


def public_contact_details(service: Service | None) -> frozenset[str]:
    """The service's own phone numbers and e-mail addresses."""
    if service is None:
        return frozenset()
    contacts = [
        *service.phones,
        service.text_number,
        service.email,
        service.officer_phone,
        service.officer_email,
    ]
    return frozenset(filter(None, contacts))


@dataclass(frozen=True)
class Subject:
    """What a message is about: a live edition, maybe one of its sections, or a heading inside a section.

    `heading` is that of the smallest part, or "".
    """

    edition: Edition
    anchor: str = ""
    heading: str = ""
    subsection_name: str = ""

    @property
    def name(self) -> str:
        """What the form calls it, such as "SEN in mainstream schools: Plan"."""
        return f"{self.edition.title}: {self.heading}" if self.heading else self.edition.title

    @property
    def address(self) -> str:
        """The path and fragment of the part."""
        return f"{self.edition.get_absolute_url()}{f'#{self.anchor}' if self.anchor else ''}"

    @property
    def path(self) -> str:
        return self.edition.get_absolute_url()


def find_subject(slug: str, anchor: str) -> Subject | None:
    """Return what is live at a leaflet's current or old slug, and the part with an anchor; None for an unknown leaflet.

    An unknown anchor is ignored.
    """
    slug, anchor = clean_text(slug), clean_text(anchor)
    has_slug = Q(leaflet__slug=slug) | Q(leaflet__old_slugs__slug=slug)
    edition = Edition.objects.published().filter(has_slug).for_lists().first() if slug else None
    if edition is None:
        return None
    for section in edition.sections.only(*HEADING_FIELDS, "subheadings").in_reading_order() if anchor else ():
        if section.heading and section.anchor == anchor:
            return Subject(edition, anchor, section.heading)
        for inside in section.subheadings:
            if inside["anchor"] == anchor:
                name = f"{section.heading}: {inside['text']}" if section.heading else inside["text"]
                return Subject(edition, anchor, inside["text"], name[:SUBSECTION_NAME_LIMIT])
    return Subject(edition)
