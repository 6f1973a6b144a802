"""The form of a word of the glossary in the admin."""

from typing import Any

from django import forms

from leaflets.content.glossary import TermSource, find_mistakes, find_shared
from leaflets.content.leaflet import slugify
from leaflets.models import Term, provisions_with_a_page
from leaflets.publishing.records import term_source
from leaflets.record_forms import RecordForm


class TermForm(RecordForm):
    """Checks what staff type as the files are checked. A new word gets its address from its letters."""

    class Meta:
        model = Term
        fields = ("term", "forms", "explanation", "provision", "link", "unapproved")
        widgets = {
            "explanation": forms.Textarea(attrs={"rows": 4, "cols": 60}),
            "link": forms.TextInput(attrs={"class": "vTextField"}),
        }

    def clean_explanation(self) -> str:
        return " ".join(self.cleaned_data["explanation"].split())

    def clean_provision(self) -> str:
        """Refuse what has no page, unless it stood here before: its text may have been taken out since."""
        provision: str = self.cleaned_data["provision"]
        source, slash, number = provision.partition("/")
        pages = provisions_with_a_page().filter(version__source__slug=source, number=number)
        if slash and provision != self.instance.provision and not pages.exists():
            raise forms.ValidationError(f"This site has no page /law/{provision}/. Correct it.")
        return provision

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        term = TermSource(
            term=values["term"],
            explanation=values["explanation"],
            anchor=self.instance.anchor or slugify(values["term"]),
            forms=tuple(values.get("forms") or ()),
            link=values.get("link", ""),
        )
        for message, _kind in find_mistakes(term):
            self.add_error(None, message.replace("`", ""))
        others = map(term_source, Term.objects.exclude(pk=self.instance.pk).order_by("pk"))
        for shared, message in find_shared([*others, term]):
            if shared is term:
                self.add_error(None, message.replace("`", ""))
        self.instance.anchor = term.anchor
        return values
