"""The links beside every page of the admin, in the order of the work of staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class ListLink:
    """A link to the list of the records of a model, as "app.model"."""

    model: str
    name: str


@dataclass(frozen=True)
class PageLink:
    """A link to another page of the admin, by the name of its URL, for users with a permission, "" for all staff."""

    url_name: str
    name: str
    permission: str = ""


NAVIGATION: dict[str, list[ListLink | PageLink]] = {
    "Leaflets": [
        ListLink("leaflets.leaflet", "Leaflets"),
        PageLink("admin:topic-order", "Order and topics", "leaflets.view_topic"),
        ListLink("leaflets.topic", "Topics"),
        ListLink("leaflets.meetingsheet", "Meeting sheet"),
        PageLink("uploads", "Pictures and files", "leaflets.change_edition"),
    ],
    "Law": [
        ListLink("leaflets.provision", "Paragraphs and sections"),
        ListLink("leaflets.sourceversion", "Versions of the law"),
        ListLink("leaflets.source", "Laws and codes"),
    ],
    "Words": [
        ListLink("leaflets.term", "Words explained"),
        ListLink("leaflets.searchwords", "Words of the search"),
        ListLink("leaflets.missedsearch", "Searches that found nothing"),
    ],
    "Messages": [
        ListLink("feedback.feedback", "Messages"),
        PageLink(
            "admin:feedback-subject-access", "Find what is kept about somebody", "feedback.view_feedback"
        ),
    ],
    "Figures": [
        PageLink("page-view-statistics", "What is read"),
        PageLink("admin:feedback-summary", "The year in figures", "feedback.view_feedback"),
        ListLink("feedback.interventionlevels", "Intervention levels"),
    ],
    "Service": [
        ListLink("leaflets.service", "Your service"),
        ListLink("leaflets.notice", "Notices"),
        PageLink("old-facts", "Old phone numbers and addresses", "leaflets.change_edition"),
    ],
    "People": [
        ListLink("auth.user", "People"),
        ListLink("auth.group", "Groups"),
        # No group has this permission: administrators have every one.
        PageLink("history", "History of everything", "leaflets.view_historyentry"),
    ],
}
# Lists that show what other pages change, and logs.
RECORDS = "Records, for administrators"


def group_lists(apps: Iterable[dict[str, Any]], request: HttpRequest) -> list[dict[str, Any]]:
    """Return Django's list of apps, which has only what the user may see, in the groups of `NAVIGATION`.

    The shape is Django's, so that its templates render it. Lists that are in no group are for administrators.
    """
    lists = {model["model"]._meta.label_lower: model for app in apps for model in app["models"]}
    groups = {
        group: [entry for link in links if (entry := _entry(link, lists, request))]
        for group, links in NAVIGATION.items()
    }
    if request.user.is_superuser:
        groups[RECORDS] = sorted(lists.values(), key=lambda model: model["name"])
    # Of a list and a page below its address, only one is where the user is.
    addresses = [entry["admin_url"] or "" for entries in groups.values() for entry in entries]
    here = max((address for address in addresses if request.path.startswith(address)), key=len, default="")
    return [
        {
            "name": group,
            "app_label": f"group-{number}",
            "app_url": entries[0]["admin_url"],
            "models": [entry | {"is_current": entry["admin_url"] == here} for entry in entries],
            "is_current": any(entry["admin_url"] == here for entry in entries),
        }
        for number, (group, entries) in enumerate(groups.items(), 1)
        if entries
    ]


def _entry(
    link: ListLink | PageLink, lists: dict[str, dict[str, Any]], request: HttpRequest
) -> dict[str, Any] | None:
    """Return one link in Django's shape; None where the user may not see it. A list is taken out of `lists`."""
    if isinstance(link, ListLink):
        model = lists.pop(link.model, None)
        return model and {**model, "name": link.name}
    if link.permission and not request.user.has_perm(link.permission):
        return None
    return {
        "name": link.name,
        "object_name": link.url_name.rpartition(":")[2],
        "admin_url": reverse(link.url_name),
        "view_only": True,
    }
