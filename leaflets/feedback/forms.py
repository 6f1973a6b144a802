"""The form of Have Your Say."""

import re
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.formats import number_format

from leaflets.content.names import plain_characters
from leaflets.content.phone_numbers import has_complete_number
from leaflets.models import Edition, Section, Service

from .models import COMMENTS_LIMIT, Feedback
from .pii_detection import PersonalDetail, find_personal_details

# The character count is shown from this number on.
_SHOW_COUNT_FROM = 0.9 * COMMENTS_LIMIT
# Browsers submit a line break as CR LF, which would count as two characters.
_LINE_BREAK = re.compile(r"\r\n?")
# PostgreSQL stores no NUL, and the others are never typed on purpose.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_text(text: str) -> str:
    """Normalise line breaks and remove control characters."""
    return _CONTROL_CHARACTERS.sub("", _LINE_BREAK.sub("\n", text))


class FeedbackForm(forms.Form):
    """Comments, their subject, and contact details where a reply is wanted."""

    # "" is a choice, because a radio button cannot be cleared.
    useful = forms.ChoiceField(
        label="Was this useful?",
        choices=[*Feedback.Useful.choices, ("", "I would rather not say")],
        widget=forms.RadioSelect,
        required=False,
    )
    comments = forms.CharField(
        label="Your comments",
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=COMMENTS_LIMIT,
        strip=False,
        required=False,
        error_messages={
            "max_length": "Your comments are too long: %(show_value)s characters. "
            "Shorten them to %(limit_value)s. Nothing you wrote is lost."
        },
    )
    wants_reply = forms.BooleanField(label="I would like a reply", required=False)
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
        help_text="An e-mail address or a phone number is enough.",
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
            self.fields["comments"].help_text = self.characters_used

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
            raise ValidationError(
                "Check your phone number. Give all of it, for example 01632 960123, or +48 12 345 67 89 from another country."
            )
        return phone

    def clean(self) -> None:
        super().clean()
        if not self.errors.get("comments") and not self.cleaned_data.get("comments", "").strip():
            self.cleaned_data["comments"] = ""
            if not self.cleaned_data.get("useful"):
                self.add_error("comments", "Write your comments in the box, or say whether this was useful.")
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
        edition, section = find_subject(self.cleaned_data["leaflet"], self.cleaned_data["section"])
        names = ("useful", "comments", "wants_reply", "name", "email", "phone")
        return {name: self.cleaned_data[name] for name in names} | {
            "leaflet_id": edition.leaflet_id if edition else None,
            "edition_number": edition.number if edition else None,
            "section": section.anchor if section else "",
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


def find_subject(slug: str, anchor: str) -> tuple[Edition | None, Section | None]:
    """The published edition of a leaflet, by its current or an old slug, and its section; None where there is none."""
    slug, anchor = clean_text(slug), clean_text(anchor)
    has_slug = Q(leaflet__slug=slug) | Q(leaflet__old_slugs__slug=slug)
    edition = Edition.objects.published().filter(has_slug).for_lists().first() if slug else None
    section = edition.sections.with_headings_only().filter(anchor=anchor).first() if edition else None
    return edition, section
