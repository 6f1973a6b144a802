"""Staff's form of a notice."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format

from leaflets.content.notices import MAX_NOTICES, NoticeError, read_time
from leaflets.models import Notice, Service, link_pages, link_target
from leaflets.record_forms import RecordForm


class TimeField(forms.DateTimeField):
    """A day and a time in the United Kingdom, chosen in the browser's calendar. An hour that comes twice is refused."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> dt.datetime | None:
        if isinstance(value, dt.datetime):
            return value
        text = " ".join(str(value or "").replace("T", " ").split())
        if text.count(":") == 2:
            text = text.removesuffix(":00")  # the seconds of a value that `RecordForm` sent along
        if not text:
            return None
        try:
            return timezone.make_aware(read_time(text))
        except NoticeError as error:
            raise ValidationError(str(error), code="invalid") from error

    def in_words(self, value: Any) -> str:
        """Return a value as `RecordForm` names it to staff."""
        return date_format(timezone.localtime(value), "j F Y, H:i") if value else ""


class NoticeForm(RecordForm):
    class Meta:
        model = Notice
        fields = ("text", "level", "link_words", "link", "starts", "ends", "pages")
        field_classes = {"starts": TimeField, "ends": TimeField}
        widgets = {
            "text": forms.Textarea(attrs={"rows": 3, "cols": 60}),
            "level": forms.RadioSelect,
            "starts": TimeField.widget,
            "ends": TimeField.widget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those who may only look at notices have no fields.
        if "starts" in self.fields and self.instance.pk is None:
            self.initial.setdefault("starts", timezone.now().replace(second=0, microsecond=0))

    def clean_text(self) -> str:
        return " ".join(self.cleaned_data["text"].split())

    def clean_link(self) -> str:
        link = _without_origin(self.cleaned_data["link"])
        target = link_target(Notice(link=link, link_words=self.data.get("link_words") or link))
        if target and target.problem and link.startswith("/") and link != self.instance.link:
            raise ValidationError(f"There is no page {link[:60]} on this site. Correct it.")
        return link

    def clean_pages(self) -> list[str]:
        """Refuse a page that is not there: it would be a typing mistake. One that was kept may stay."""
        pages = [_without_origin(page) for page in self.cleaned_data["pages"]]
        found = []
        for link, page in zip(link_pages(Notice(pages=pages)), pages, strict=True):
            if not link.href and page.startswith("/") and page not in self.instance.pages:
                raise ValidationError(f"There is no page {page[:60]} on this site. Correct it.")
            found.append(link.href or page)
        return found

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if connection.in_atomic_block:
            # Until it is saved: another notice that is saved at the same moment waits, and then counts this one.
            Service.objects.select_for_update().first()
        if self.instance.pk is None and Notice.objects.count() >= MAX_NOTICES:
            raise ValidationError(f"There are {MAX_NOTICES} notices already. Delete some that are over.")
        return cleaned


def _without_origin(address: str) -> str:
    """Return the path of an address of this site that was copied from a browser; another one as it is."""
    address = address.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    own = {*settings.ALLOWED_HOSTS, urlsplit(settings.SITE_URL).hostname}
    if parts.scheme in ("http", "https") and parts.hostname in own:
        return parts._replace(scheme="", netloc="").geturl() or "/"
    return address
