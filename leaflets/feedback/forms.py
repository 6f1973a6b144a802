"""The form of Have Your Say."""

import re
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.formats import number_format

from leaflets.models import Edition, Section, Service

from .models import COMMENTS_LIMIT, Feedback
from .pii_detection import PersonalDetail, find_personal_details

# From here on people are told how many characters they have used.
_NEAR_LIMIT = 0.9 * COMMENTS_LIMIT
# A form's line ends are one character to whoever counts them. Nobody types the others on purpose,
# and PostgreSQL takes no NUL.
_LINE_END = re.compile(r"\r\n?")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def readable(text: str) -> str:
    """What somebody sent, without characters that cannot be seen or stored."""
    return _INVISIBLE.sub("", _LINE_END.sub("\n", text))


class FeedbackForm(forms.Form):
    """What somebody thinks, what it is about, and a way to answer if one is wanted."""

    # "" is among the choices, so that a reader can take an answer back.
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
    # People do not see it, and machines that fill in everything do.
    homepage = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A browser would cut a long text short without a word; we tell people instead.
            field.widget.attrs.pop("maxlength", None)
        if self.characters_used:
            self.fields["comments"].help_text = self.characters_used

    @classmethod
    def sent(cls, data: QueryDict) -> "FeedbackForm":
        """The form as somebody sent it. A field that came more than once counts once."""
        return cls({name: readable(data.get(name, "")) for name in cls.base_fields})

    def again(self, **changes: str) -> "FeedbackForm":
        """The same words in the form once more, with other values in its hidden fields."""
        return type(self)({**self.data, **changes})

    def clean_useful(self) -> str:
        return str(self.cleaned_data["useful"])

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"])
        if phone and not 6 <= sum(map(str.isdigit, phone)) <= 15:
            raise ValidationError("Check your phone number. It should have 10 or 11 digits.")
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
        # Whoever says how to reach them would like to be reached; without that, nobody needs a name.
        self.cleaned_data["wants_reply"] = reachable
        if not reachable:
            self.cleaned_data["name"] = ""

    def message(self) -> dict[str, Any]:
        """The fields of a `Feedback`. A leaflet or a section that does not exist is left out: links from
        old paper may name one."""
        edition, section = about(self.cleaned_data["leaflet"], self.cleaned_data["section"])
        names = ("useful", "comments", "wants_reply", "name", "email", "phone")
        return {name: self.cleaned_data[name] for name in names} | {
            "leaflet_id": edition.leaflet_id if edition else None,
            "edition_number": edition.number if edition else None,
            "section": section.anchor if section else "",
        }

    def personal_details(self, service: Service | None) -> list[PersonalDetail]:
        """What looks like somebody's personal details in the comments, apart from the service's own."""
        return find_personal_details(self.cleaned_data["comments"], public_details(service))

    @cached_property
    def characters_used(self) -> str:
        """How much of the space is used, once it is nearly all."""
        used = len(self.data.get("comments", "") or self.initial.get("comments", ""))
        if used < _NEAR_LIMIT:
            return ""
        return f"You have used {number_format(used, force_grouping=True)} of {number_format(COMMENTS_LIMIT, force_grouping=True)} characters."


def public_details(service: Service | None) -> frozenset[str]:
    """The numbers and addresses that stand on every page anyway."""
    if service is None:
        return frozenset()
    return frozenset([*service.phones, service.email, service.officer_phone, service.officer_email])


def about(slug: str, anchor: str) -> tuple[Edition | None, Section | None]:
    """The published edition and the section that a message is about, where they exist."""
    slug, anchor = readable(slug), readable(anchor)
    called_so = Q(leaflet__slug=slug) | Q(leaflet__old_slugs__slug=slug)
    edition = Edition.objects.published().filter(called_so).for_lists().first() if slug else None
    section = edition.sections.with_headings_only().filter(anchor=anchor).first() if edition else None
    return edition, section
