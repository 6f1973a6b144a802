"""What the addresses and forms of the admin may have in them: what Django does not check itself."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten, label_for_field
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.exceptions import BadRequest, ValidationError
from django.db import transaction
from django.db.models import ManyToManyField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

MAX_SEARCH = 200  # characters: each word is a condition for each field, and databases limit their number


class _SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(required=False, strip=False, max_length=MAX_SEARCH)


class LimitedChangeList(ChangeList):
    """A list that is filtered by its own filters and its date hierarchy only.

    Django would apply any other lookup of the model's fields as well, such as `regex`, which can occupy the database.
    """

    search_form_class = _SearchForm

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django's title is "Select leaflet to change".
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_filters(self, request: HttpRequest) -> tuple:
        given = self.get_filters_params()
        if any("\0" in value for values in given.values() for value in values):
            raise DisallowedModelAdminLookup("PostgreSQL has no NUL.")
        try:
            filters = super().get_filters(request)
        except (ValueError, OverflowError) as error:  # of a date that does not exist
            raise IncorrectLookupParameters(error) from error
        specs, has_filters, remaining, *rest = filters
        # What a filter or the date hierarchy uses is not in `remaining`.
        if unused := given.keys() & remaining.keys():
            raise DisallowedModelAdminLookup(f"No filter uses {', '.join(sorted(unused))}.")
        return (specs, has_filters, remaining, *rest)


class RecordsField(forms.ModelMultipleChoiceField):
    """Several records. Numbers that no primary key can be are refused: SQLite raises OverflowError for them."""

    def clean(self, value: Any) -> QuerySet:
        for key in value or ():
            if self.queryset is not None and not _can_be_key(self.queryset, key):
                message = self.error_messages["invalid_pk_value"]
                raise ValidationError(message, code="invalid_pk_value", params={"pk": key})
        return super().clean(value)


def _can_be_key(queryset: QuerySet, key: str) -> bool:
    try:
        queryset.model._meta.pk.clean(key, None)
    except ValidationError:
        return False
    return True


class LimitedModelAdmin(admin.ModelAdmin):
    """The base of every model admin: lists accept the parameters of `list_filter`, `date_hierarchy` and actions only.

    Any other parameter, and a selected record that cannot exist, is a 400.
    """

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LimitedChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """As Django's. Who may only look at a record sees lists as lines, and nothing that only a form has."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        in_model = {field.name for field in self.opts.get_fields()}
        only_in_form = set(getattr(self.form, "declared_fields", ())) - in_model
        shown = [
            (heading, {**options, "fields": [
                self._as_lines(name, obj) for name in flatten(options["fields"]) if name not in only_in_form
            ]})
            for heading, options in fieldsets
        ]  # fmt: skip
        return [(heading, options) for heading, options in shown if options["fields"]]

    def _as_lines(self, name: Any, obj: Model) -> Any:
        """Return what shows a list of a record with an entry per line; the name itself where the field has no list."""
        value = getattr(obj, name, None) if isinstance(name, str) else None
        if not isinstance(value, list):
            return name

        def lines(_record: Model) -> str:
            return "\n".join(map(self.describe_entry, value)) or self.get_empty_value_display()

        lines.__name__ = name  # for its help text
        lines.short_description = label_for_field(name, self.model, self)  # type: ignore[attr-defined]
        return lines

    def describe_entry(self, entry: Any) -> str:
        """Describe an entry of a list in one line, to those who may only look at the record."""
        return str(entry)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        return super().formfield_for_manytomany(db_field, request, form_class=RecordsField, **kwargs)

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        if not all(_can_be_key(queryset, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("No record has this primary key.")
        # What an action does and its entries in the log belong together.
        with transaction.atomic():
            return super().response_action(request, queryset)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        """As Django's, but each entry is saved by itself: the history follows each, with a signal."""
        log = super().log_deletions
        return [cast(list[LogEntry], log(request, cast(QuerySet, [record])))[0] for record in queryset]
