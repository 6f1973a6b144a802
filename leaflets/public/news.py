"""The news feed: what changed in leaflets, as Atom."""

import datetime as dt
import re
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from leaflets.models import Edition, EditionQuerySet, Service

MAX_NEWS = 30
# XML 1.0 cannot have them, and the feed would be an error.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class LeafletNews(Feed):
    """Published editions of leaflets that are live, the newest first, with the note about what changed.

    It names the service as the author, and no person. An entry keeps its id when the leaflet is renamed.
    """

    feed_type = Atom1Feed
    subtitle = "What is new and what changed in our leaflets."

    def get_object(self, request: HttpRequest) -> Service | None:
        return Service.objects.first()

    def title(self, service: Service | None) -> str:
        return f"{_clean(service.name)}: news" if service else "News"

    def author_name(self, service: Service | None) -> str:
        return _clean(service.name) if service else "The service"

    def link(self) -> str:
        return reverse("leaflets")

    def feed_url(self) -> str:
        return reverse("news")

    def feed_guid(self) -> str:
        return f"tag:{_host()},2026:news"

    def items(self) -> EditionQuerySet:
        return Edition.objects.news()[:MAX_NEWS]

    def item_title(self, item: Edition) -> str:
        return f"{_clean(item.title)}: {'new leaflet' if item.number == 1 else f'edition {item.number}'}"

    def item_description(self, item: Edition) -> str:
        if item.change_note:
            return _clean(item.change_note)
        return _clean(item.summary) if item.number == 1 else "No note was written about what changed."

    def item_link(self, item: Edition) -> str:
        return reverse("edition", args=[item.leaflet.slug, item.number])

    def item_guid(self, item: Edition) -> str:
        return f"tag:{_host()},2026:edition-{item.pk}"

    def item_pubdate(self, item: Edition) -> dt.datetime | None:
        return item.published_at

    def item_updateddate(self, item: Edition) -> dt.datetime | None:
        return item.published_at


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
