"""The glossary: words explained, and the search for them in the HTML of leaflets."""

from urllib.parse import urlsplit

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from leaflets.content.glossary import (
    MAX_ANCHOR,
    MAX_EXPLANATION,
    MAX_LINK,
    MAX_PROVISION,
    MAX_TERM,
    WordFinder,
)

from .base import slug_validator, validate_lines


class TermQuerySet(models.QuerySet["Term"]):
    def in_alphabetical_order(self) -> list["Term"]:
        """Return the terms by their letters: databases sort capitals in different ways."""
        return sorted(self, key=lambda term: (term.term.casefold(), term.anchor))


class Term(models.Model):
    """A word and its explanation, shown at `/words/#ANCHOR` and below the leaflets that use it.

    `forms` are other words for it and its plurals. `provision` is where the law says so, as "code-of-practice/6.2".
    """

    term = models.CharField("word", max_length=MAX_TERM)
    anchor = models.CharField(max_length=MAX_ANCHOR, unique=True, editable=False, validators=[slug_validator])
    forms = models.JSONField(
        "other forms", default=list, blank=True, validators=[validate_lines],
        help_text="Other words for it, and its plurals, one per line. They are found as whole words.",
    )  # fmt: skip
    explanation = models.CharField(
        max_length=MAX_EXPLANATION, help_text="In at most 40 words that a child of 11 can read."
    )
    provision = models.CharField(
        "where the law says so", max_length=MAX_PROVISION, blank=True,
        help_text="The end of its address here: code-of-practice/6.2. May be empty.",
        validators=[RegexValidator(r"^[a-z0-9-]+/[0-9A-Z.]+\Z", "Write it as code-of-practice/6.2.")],
    )  # fmt: skip
    link = models.CharField(
        max_length=MAX_LINK, blank=True, help_text="Where readers find more: https://… May be empty."
    )
    unapproved = models.BooleanField(
        "draft for the service to approve", default=False, help_text="Take the tick out to approve it."
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = "word explained"
        verbose_name_plural = "words explained"

    def __str__(self) -> str:
        return self.term

    @property
    def all_forms(self) -> list[str]:
        return [self.term, *self.forms]

    @property
    def shown_forms(self) -> list[str]:
        """The other forms without plurals, and without those that differ in capitals only."""
        shown: dict[str, str] = {}
        for form in self.all_forms:
            shown.setdefault(form.casefold().removesuffix("s"), form)
        return list(shown.values())[1:]

    @property
    def link_host(self) -> str:
        """The host of its link; "" for a link within this site."""
        return urlsplit(self.link).netloc


class LoadedGlossary(models.Model):
    """The digests of the terms in the file that was loaded last, by their anchors. At most one row, pk 1.

    As `Leaflet.loaded_digest`: a later load uses them to tell an edit of the file from an edit by staff. They are in a
    row of their own because they also tell what staff deleted.
    """

    digests = models.JSONField(default=dict, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="loaded_glossary_is_one")]

    def __str__(self) -> str:
        return "loaded glossary"


def make_finder(terms: list[Term]) -> WordFinder:
    """Return the search for all forms of terms; it returns their anchors."""
    return WordFinder((form, term.anchor) for term in terms for form in term.all_forms)
