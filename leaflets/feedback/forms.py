"""The form of Have Your Say."""

from typing import Any

from django import forms

from leaflets.models import Edition, Leaflet, Section

from .models import Feedback


class FeedbackForm(forms.ModelForm):
    """Comments, what they are about, and a way to answer if one is wanted."""

    leaflet = forms.ModelChoiceField(
        Leaflet.objects.all(), to_field_name="slug", required=False, widget=forms.HiddenInput
    )
    section = forms.SlugField(required=False, max_length=80, widget=forms.HiddenInput)

    class Meta:
        model = Feedback
        fields = ("comments", "name", "contact", "leaflet", "section")
        labels = {
            "comments": "Your comments",
            "name": "Your name (optional)",
            "contact": "Your e-mail address or phone number (optional)",
        }
        help_texts = {
            "comments": "Please leave out names of children and anything about their health.",
            "contact": "Only if you would like an answer.",
        }
        error_messages = {
            "comments": {
                "required": "Write your comments in the box.",
                "max_length": "Your comments are too long: %(show_value)s characters. "
                "Shorten them to %(limit_value)s. Nothing you wrote is lost.",
            },
        }
        widgets = {
            "comments": forms.Textarea(attrs={"rows": 8}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "contact": forms.TextInput(attrs={"autocomplete": "email"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A browser would cut a long message short without a word; we tell people instead.
        del self.fields["comments"].widget.attrs["maxlength"]

    def clean(self) -> None:
        """Forget a leaflet or a section that does not exist: links from old paper may name one."""
        super().clean()
        for name in ("leaflet", "section"):
            self.errors.pop(name, None)
        _, section = self.about(self.cleaned_data.get("leaflet"), self.cleaned_data.get("section", ""))
        self.cleaned_data.setdefault("leaflet", None)
        self.cleaned_data["section"] = section.anchor if section else ""

    @staticmethod
    def about(leaflet: Leaflet | None, anchor: str) -> tuple[Edition | None, Section | None]:
        """The published edition and the section that a message is about, where they exist."""
        edition = Edition.objects.published().filter(leaflet=leaflet).for_lists().first() if leaflet else None
        section = edition.sections.with_headings_only().filter(anchor=anchor).first() if edition else None
        return edition, section
