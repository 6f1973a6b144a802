"""How the admin changes a record, so that nothing is lost when two users change one record at the same time."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.text import capfirst

from .admin_limits import LimitedModelAdmin

_CHANGED = (
    "This was changed after you opened this page. It is now: {}. What you wrote is kept here: look at both, then "
    "save again."
)


class RecordForm(forms.ModelForm):
    """A form that carries the values that it was opened with, as `show_hidden_initial` of each field.

    A field that the user did not change keeps its stored value, which a colleague may have changed. A field that both
    changed is an error with the stored value; the form that is shown with it can be sent again, and then overwrites that.
    A form without those values, from a page of an older version, writes every field.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # With maxlength, browsers cut off pasted text without a warning; validation reports it instead.
            field.widget.attrs.pop("maxlength", None)
        if self.instance.pk is None:
            return
        names = [name for name in self.fields if name in self.initial]
        sent = {self.add_initial_prefix(name) for name in names}
        if self.is_bound and sent.isdisjoint(self.data):
            return
        for name in names:
            self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        data: dict[str, Any] = self.cleaned_data if cleaned is None else cleaned
        for name, field in self.fields.items():
            if not field.show_hidden_initial or name not in data:
                continue
            stored, bound = self[name].initial, self[name]
            if name not in self.changed_data:
                is_many = isinstance(field, forms.ModelMultipleChoiceField)
                is_reference = isinstance(field, forms.ModelChoiceField) and not is_many
                data[name] = field.to_python(stored) if is_reference else stored
            elif _differ(field, stored, self._opened_with(name)) and _differ(field, stored, bound.data):
                self.add_error(name, _CHANGED.format(_in_words(field, stored)))
                self._open_with(name, field.prepare_value(stored))
        return data

    def _opened_with(self, name: str) -> Any:
        widget = self.fields[name].hidden_widget()
        return widget.value_from_datadict(self.data, self.files, self.add_initial_prefix(name))

    def _open_with(self, name: str, value: Any) -> None:
        data = cast(QueryDict, self.data).copy()
        values = value if isinstance(value, list) else ["" if value is None else value]
        data.setlist(self.add_initial_prefix(name), [str(one) for one in values])
        self.data = data


def _differ(field: forms.Field, stored: Any, sent: Any) -> bool:
    """Whether a stored value and a sent one differ in more than line ends and surrounding spaces, which browsers change."""
    if isinstance(stored, str) and isinstance(sent, str):
        return stored.split() != sent.split()
    return bool(field.has_changed(stored, sent))


def _in_words(field: forms.Field, value: Any) -> str:
    if hasattr(field, "in_words"):
        return str(field.in_words(value)) or "empty"
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return str(dict(cast(Iterable[tuple[Any, Any]], field.choices)).get(value, value))
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = ", ".join(map(str, value))
    return str(value or "") or "empty"


class RecordAdmin(LimitedModelAdmin):
    """A model admin that changes records with `RecordForm`, and locks the record until it is saved."""

    form = RecordForm

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        self.model._default_manager.select_for_update().filter(pk=found.pk).first()
        # Again: it may have changed before it was locked.
        return super().get_object(request, object_id, from_field)


class OneRecordAdmin(RecordAdmin):
    """A model admin of a model with one record at most. Its list opens the record, or the page to add it.

    The record can be changed but not deleted, and added where there is none.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not self.model._default_manager.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if request.method in ("GET", "HEAD") and self.has_view_or_change_permission(request):
            record = self.model._default_manager.first()
            if record:
                return redirect(f"{name}_change", record.pk)
            if self.has_add_permission(request):
                return redirect(f"{name}_add")
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As Django's, under the name that the link to it has: nobody chose the record from a list."""
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changeform_view(request, object_id, form_url, title | (extra_context or {}))
