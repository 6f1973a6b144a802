"""The words of the search, and the words that people searched for and that were not found."""

import datetime as dt
import re
from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac

from leaflets.content.common_names import COMMON_NAMES
from leaflets.content.pii_detection import find_personal_details
from leaflets.content.synonyms import (
    MAX_ELSEWHERE,
    MAX_SYNONYMS,
    Organisation,
    Synonym,
    parse_organisation,
    parse_synonym,
)

from .base import DIGEST_LENGTH


def _validate(value: object, parse: Callable[[str], object], max_lines: int) -> None:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise ValidationError("Write a list of lines.")
    if len(value) > max_lines:
        raise ValidationError(f"Write at most {max_lines} lines.")
    errors = []
    for line in value:
        try:
            parse(line)
        except ValueError as error:
            errors.append(ValidationError(str(error)))
    if errors:
        raise ValidationError(errors)


def validate_synonyms(value: object) -> None:
    """Raise `ValidationError` unless each line is a synonym."""
    _validate(value, parse_synonym, MAX_SYNONYMS)


def validate_elsewhere(value: object) -> None:
    """Raise `ValidationError` unless each line is an organisation."""
    _validate(value, parse_organisation, MAX_ELSEWHERE)


class SearchWords(models.Model):
    """The synonyms of the search, and the organisations that it names where it finds nothing. At most one row.

    Both are lines as of `leaflets.content.synonyms`.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    synonyms = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_synonyms],
        help_text="One line for words that mean the same, such as EHCP = EHC plan. Or with an arrow: statement → EHC plan "
        "says that a search for “statement” also looks for “EHC plan”, but not the other way round. For the arrow "
        "you can write ->.",
    )
    elsewhere = models.JSONField(
        "other organisations",
        default=list,
        blank=True,
        validators=[validate_elsewhere],
        help_text="Shown where the search finds nothing. One line for each: name | https://www.example.org/ | what they "
        "help with.",
    )
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "words of the search"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="search_words_are_one")]

    def __str__(self) -> str:
        return "Words of the search"

    def parse_synonyms(self) -> list[Synonym]:
        return [parse_synonym(line) for line in self.synonyms]

    def parse_elsewhere(self) -> list[Organisation]:
        return [parse_organisation(line) for line in self.elsewhere]


class MissedSearchManager(models.Manager["MissedSearch"]):
    def shown(self) -> "models.QuerySet[MissedSearch]":
        """Return what staff see: the words that were searched for often enough."""
        return self.exclude(words="")

    def add(self, words: Sequence[str], typed: str, missed: Sequence[str]) -> None:
        """Count words that nothing was found for.

        `words` are those of the whole query, `missed` those of them to count, and `typed` is the query with its
        capitals and signs.

        Does nothing for what may be personal, and while the table is full. Raises `django.db.Error`.
        """
        if not missed or may_be_personal(words, typed):
            return
        text = " ".join(missed)
        digest = salted_hmac("leaflets.missed_search", text, algorithm="sha256").hexdigest()
        month = timezone.localdate().replace(day=1)
        with transaction.atomic():
            if not self._increment(digest, month) and not self._create_row(digest, month):
                return
            rows = self.filter(digest=digest)
            if (rows.aggregate(times=Sum("times"))["times"] or 0) >= SHOWN_FROM:
                rows.filter(words="").update(words=text)

    def _increment(self, digest: str, month: dt.date) -> bool:
        return bool(self.filter(digest=digest, month=month).update(times=F("times") + 1))

    def _create_row(self, digest: str, month: dt.date) -> bool:
        if self.count() >= MAX_ROWS:
            return False
        try:
            with transaction.atomic():
                self.create(digest=digest, month=month)
        except IntegrityError:  # of another request that counted the same words
            return self._increment(digest, month)
        return True

    def purge(self) -> None:
        """Delete what is older than 12 months, and words that nobody searched for again in the month after."""
        this_month = timezone.localdate().replace(day=1)
        last_month = (this_month - dt.timedelta(days=1)).replace(day=1)
        self.filter(month__lt=this_month.replace(year=this_month.year - 1)).delete()
        self.filter(words="", month__lt=last_month).delete()


# How often words must be searched for before they are stored.
SHOWN_FROM = 3
MAX_ROWS = 2_000
MAX_WORDS = 3
MAX_LENGTH = 60
_MAX_DIGITS = 3  # "section 508B", but no phone number, date of birth or NHS number
_POSTCODE = re.compile(r"\b[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}\b", re.IGNORECASE)
_ADDRESS = re.compile(r"@|://|\bwww\.", re.IGNORECASE)
# What stands before a name.
_BEFORE_NAMES = frozenset(["mr", "mrs", "miss", "ms", "mx", "dr", "named", "called"])


def may_be_personal(words: Sequence[str], typed: str) -> bool:
    """Whether a query may say who somebody is: addresses, numbers, names, and more words than are searched for.

    In doubt it may: what is not counted costs little. `typed` is the query with its capitals and signs.
    """
    text = " ".join(words)
    names = [word for word in re.findall(r"\b[^\W\d_][^\W\d_A-Z]+", typed) if word[0].isupper()]
    numbers = re.findall(r"\d+(?:\.\d+)?", typed)
    return (
        len(words) > MAX_WORDS
        or len(text) > MAX_LENGTH
        or _ADDRESS.search(typed) is not None
        or len(numbers) > 1
        or sum(character.isdigit() for character in typed) > _MAX_DIGITS
        or _POSTCODE.search(typed) is not None
        or len(names) > 1
        or not _BEFORE_NAMES.isdisjoint(words)
        or not COMMON_NAMES.isdisjoint(words)
        or bool(find_personal_details(typed))
    )


class MissedSearch(models.Model):
    """How often in a month words were searched for, and not found.

    Nothing says who searched. Words are stored only once they were searched for `SHOWN_FROM` times: until then there is
    only a keyed digest of them, by which they are counted.
    """

    digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)
    words = models.CharField(max_length=MAX_LENGTH, blank=True)
    month = models.DateField()
    times = models.PositiveIntegerField(default=1)

    objects = MissedSearchManager()

    class Meta:
        verbose_name = "search that found nothing"
        verbose_name_plural = "searches that found nothing"
        constraints = [
            models.UniqueConstraint(fields=["digest", "month"], name="missed_search_once_per_month"),
        ]

    def __str__(self) -> str:
        return f"{self.words} ({self.month:%B %Y})"
