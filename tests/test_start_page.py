"""The start page of staff, the links beside every page of the admin, and the admin's words."""

import datetime as dt
import gettext
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaflets import admin
from leaflets.models import Leaflet, LoadConflict, MissedSearch, Review, name_of
from sendiass_site.ops import backups
from tests.conftest import HttpsClient
from tests.factories import (
    create_feedback,
    create_staff,
    draft_as_staff,
    edit_as_staff,
    leaflet_with_introduction,
    load,
)
from tests.pages import Page, load_site, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TASKS = "*[@class='admin-tasks']//li"


@pytest.fixture(scope="module", autouse=True)
def _site(tmp_path_factory, module_database) -> None:
    """The small site, on which a test may load more."""
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"))


def start_page(*groups: str, **fields: bool) -> Page:
    """The start page of somebody in these groups."""
    user = create_staff(*groups)
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()
    visitor = HttpsClient()
    visitor.force_login(user)
    return visit(visitor, "/admin/")


def tasks(*groups: str, **fields: bool) -> list[str]:
    return start_page(*groups, **fields).texts(TASKS)


def review_by(day: dt.date) -> Leaflet:
    """A live leaflet that has to be checked by a day."""
    leaflet = Leaflet.objects.get(slug="sen-support")
    Review.objects.create(leaflet=leaflet, reviewed_by=create_staff(), next_on=day)
    return leaflet


def test_somebody_without_work_is_told_so():
    page = start_page("Feedback readers")

    assert page.texts(TASKS) == []
    assert "Nothing waits for you today." in page.html


def test_the_drafts_that_somebody_saved_last_wait_for_them():
    draft = draft_as_staff("New words.", "sen-support")
    draft.edited_by = create_staff("Editors")
    draft.save()
    visitor = HttpsClient()
    visitor.force_login(draft.edited_by)

    found = visit(visitor, "/admin/")

    assert [words for words in found.texts(TASKS) if words.startswith("Your draft of “SEN support”, saved ")]
    assert f"/admin/leaflets/leaflet/{draft.leaflet_id}/edit/" in found.html
    assert tasks("Feedback readers") == []


def test_a_draft_of_somebody_else_waits_for_those_who_publish():
    draft = draft_as_staff("New words.", "sen-support")
    draft.edited_by = create_staff("Editors")
    draft.save()

    assert [words for words in tasks("Publishers") if words.startswith("A draft by Editors of “SEN support”")]


def test_a_leaflet_waits_for_its_check_30_days_before_the_day():
    day = timezone.localdate() + dt.timedelta(days=30)
    leaflet = review_by(day)

    page = start_page("Editors")

    assert page.texts(TASKS) == [
        f"Check “SEN support” by {day.day} {day:%B %Y} (it has no owner) Checked, nothing to change"
    ]
    assert f"/admin/leaflets/leaflet/{leaflet.pk}/checked/?from=start" in page.links("main").values()


@pytest.mark.parametrize(("query", "target"), [("?from=start", "/admin/"), ("", "editions/")])
def test_a_check_that_is_noted_from_the_start_page_leads_back_to_it(query, target):
    leaflet = review_by(timezone.localdate() + dt.timedelta(days=9))
    visitor = HttpsClient()
    visitor.force_login(create_staff("Editors"))
    url = f"/admin/leaflets/leaflet/{leaflet.pk}/checked/{query}"
    fields = {
        box.get("name"): box.get("value")
        for box in visit(visitor, url).all("form[@class='admin-form']//input")
    }

    response = visitor.post(url, fields, follow=True)

    assert response.redirect_chain[0][0].endswith(target)
    assert "It is noted that “SEN support” was checked today." in response.content.decode()


def test_a_check_that_is_more_than_30_days_away_does_not_wait():
    review_by(timezone.localdate() + dt.timedelta(days=31))

    assert tasks("Editors") == []


def test_a_check_is_late_from_the_day_after():
    review_by(timezone.localdate() - dt.timedelta(days=1))

    assert "Late" in tasks("Editors")[0]


@pytest.mark.parametrize(("at_most", "more"), [(1, True), (2, False)])
def test_a_list_that_is_too_long_ends_with_a_link_to_the_rest(monkeypatch, at_most, more):
    monkeypatch.setattr(admin, "MAX_TASKS", at_most)
    reviewer = create_staff()
    for leaflet in Leaflet.objects.all():
        draft_as_staff("New words.", leaflet.slug)
        Review.objects.create(leaflet=leaflet, reviewed_by=reviewer, next_on=timezone.localdate())

    found = tasks("Publishers")

    assert len([words for words in found if words.startswith("A draft by")]) == at_most
    assert len([words for words in found if words.startswith("Check “")]) == at_most
    assert ("More drafts" in found) == ("More leaflets to check" in found) == more


@pytest.mark.each_database
def test_publishers_see_how_many_leaflets_have_no_day_for_a_check():
    visitor = HttpsClient()
    visitor.force_login(create_staff("Publishers"))
    assert "2 leaflets have no day for the next check" in visit(visitor, "/admin/").texts(TASKS)

    review_by(timezone.localdate() + dt.timedelta(days=300))

    page = visit(visitor, "/admin/")
    assert "1 leaflet has no day for the next check" in page.texts(TASKS)
    [link] = [link for link in page.links("main").values() if "review=none" in link]
    assert visit(visitor, link).texts("th[@class='field-title']") == ["Privacy"]


def test_messages_wait_for_those_who_may_read_them():
    create_feedback("One.", wants_reply=True, email="a@example.org")
    create_feedback("Two.", wants_reply=True, email="b@example.org", days_ago=60)
    create_feedback("Three.")

    assert tasks("Feedback readers") == [
        "1 message waits for a reply Late",
        "1 message waits for a reply, in time",
        "3 messages were not read yet",
    ]
    assert tasks("Editors") == []


@pytest.mark.each_database
def test_each_link_about_messages_leads_to_those_that_it_counts():
    create_feedback("Two.", wants_reply=True, email="b@example.org", days_ago=60)
    create_feedback("Three.")
    visitor = HttpsClient()
    visitor.force_login(create_staff("Feedback readers"))
    page = visit(visitor, "/admin/")

    links = [one.get("href") for one in page.all(f"{TASKS}/a")]

    lists = [visit(visitor, link) for link in links]
    assert ["1 message" in lists[0].html, "2 messages" in lists[1].html] == [True, True]
    assert ["Three." in one.html for one in lists] == [False, True]


def test_paragraphs_that_were_never_compared_wait_for_publishers(tmp_path):
    load(
        tmp_path, leaflets=[leaflet_with_introduction("> Schools **must** try. [SEND Code of Practice, 6.2]")]
    )

    assert [words for words in tasks("Publishers") if words.startswith("Compare 1 place with")]
    assert tasks("Feedback readers") == []


@pytest.mark.each_database
def test_a_file_that_was_not_loaded_waits_for_administrators_until_it_is_settled(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("One.")])
    edit_as_staff("Two.")
    load(tmp_path, leaflets=[leaflet_with_introduction("Three.")])
    words = "was changed here and in its file."

    assert [task for task in tasks(is_superuser=True) if words in task]
    assert not [task for task in tasks("Publishers") if words in task]

    load(tmp_path, take="site", leaflets=[leaflet_with_introduction("Three.")])

    assert not LoadConflict.objects.exists()


@pytest.mark.each_database
def test_a_conflict_that_stays_keeps_the_time_when_it_was_found(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("One.")])
    edit_as_staff("Two.")
    load(tmp_path, leaflets=[leaflet_with_introduction("Three.")])
    before = LoadConflict.objects.get().found_at

    load(tmp_path, leaflets=[leaflet_with_introduction("Three.")])

    assert LoadConflict.objects.get().found_at == before


def test_administrators_are_told_that_there_is_no_backup():
    assert backups.get_last_backup() is None

    assert [task for task in tasks(is_superuser=True) if task.startswith("Backup: ")]
    assert not [task for task in tasks("Publishers") if task.startswith("Backup: ")]


def test_searches_that_found_nothing_wait_for_two_months():
    this_month = timezone.localdate().replace(day=1)
    for number, (words, days) in enumerate([("toileting", 0), ("uniform", 1), ("taxi", 70), ("", 0)]):
        MissedSearch.objects.create(
            digest=str(number),
            words=words,
            times=3,
            month=(this_month - dt.timedelta(days=days)).replace(day=1),
        )

    assert [words for words in tasks("Publishers") if "found nothing" in words] == [
        "2 searches found nothing lately: see what parents look for"
    ]


def groups_of_links(page: Page) -> list[str]:
    return page.texts("*[@class='admin-pages']//caption")


@pytest.mark.each_database
def test_the_links_come_in_the_order_of_the_work():
    assert groups_of_links(start_page(is_superuser=True)) == [
        "Leaflets",
        "Law",
        "Words",
        "Messages",
        "Figures",
        "Service",
        "People",
        "Records, for administrators",
    ]


def test_staff_see_only_the_links_that_they_may_follow():
    assert groups_of_links(start_page("Feedback readers")) == ["Messages", "Figures"]
    assert groups_of_links(start_page("Editors")) == ["Leaflets", "Law", "Words", "Figures", "Service"]


def test_every_link_of_the_start_page_opens():
    visitor = HttpsClient()
    user = create_staff()
    user.is_superuser = True
    user.save()
    visitor.force_login(user)
    page = visit(visitor, "/admin/")

    links = {one.get("href") for one in page.all("*[@class='admin-pages']//a")}

    assert len(links) > 15
    assert {
        link: status for link in links if (status := visitor.get(link, follow=True).status_code) != 200
    } == {}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/admin/feedback/feedback/", "Messages"),
        ("/admin/feedback/feedback/person/", "Find what is kept about somebody"),
        ("/admin/leaflets/topic/order/", "Order and topics"),
        ("/admin/leaflets/topic/add/", "Topics"),
        ("/admin/what-is-read/", "What is read"),
    ],
)
def test_one_link_is_marked_as_the_current_page(path, words):
    visitor = HttpsClient()
    visitor.force_login(create_staff("Publishers", "Feedback readers"))
    page = visit(visitor, path)

    assert page.texts("nav[@id='nav-sidebar']//a[@aria-current]") == [words]


def test_tables_are_named_in_plain_words_on_every_page():
    page = start_page("Publishers")

    for word in ("Old slugs", "Citations", "Provisions", "Authentication", "Site administration", "Log out"):
        assert word not in page.html


def test_the_compiled_words_of_the_admin_are_those_of_the_source():
    folder = settings.BASE_DIR / "leaflets/locale/en_GB/LC_MESSAGES"
    source = (folder / "django.po").read_text()
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    single = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', source, re.MULTILINE))
    plural = re.findall(
        r'^msgid "(.+)"\nmsgid_plural "(.+)"\nmsgstr\[0\] "(.+)"\nmsgstr\[1\] "(.+)"$', source, re.MULTILINE
    )

    assert len(single) + len(plural) == source.count("msgid ") - 1  # the header
    assert {english: compiled.gettext(english) for english in single} == single
    assert [
        (compiled.ngettext(one, many, 1), compiled.ngettext(one, many, 2)) for one, many, *_ in plural
    ] == [(one, many) for *_, one, many in plural]


def test_the_admin_uses_the_words_of_the_service():
    page = start_page("Editors")

    assert "Sign out" in page.html
    assert "See the website" in page.html


def test_the_leaflets_are_read_once_for_all_tasks_about_them():
    visitor = HttpsClient()
    visitor.force_login(create_staff("Publishers"))
    draft_as_staff("New words.", "sen-support")

    with CaptureQueriesContext(connection) as queries:
        found = visit(visitor, "/admin/").texts(TASKS)

    lists = [one["sql"] for one in queries if "draft_state_version" in one["sql"]]
    assert any("A draft by officer" in words for words in found)
    assert any("no day for the next check" in words for words in found)
    assert len(lists) == 1


def test_a_person_has_one_name_by_one_function():
    root = settings.BASE_DIR / "leaflets"
    places = [
        path.name for path in root.rglob("*.py") if "get_full_name() or" in path.read_text(encoding="utf-8")
    ]

    assert places == ["people.py"]
    assert name_of(User(username="rose", first_name="Rose", last_name="Gray")) == "Rose Gray"
    assert name_of(User(username="rose")) == "rose"
