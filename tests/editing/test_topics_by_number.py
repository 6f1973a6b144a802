"""Staff's page of the order, and its preview of the home page, on sites with other numbers of leaflets."""

from pathlib import Path

import pytest

from leaflets.content.leaflet import LeafletSource
from leaflets.content.topics import TopicSource
from leaflets.models import Topic
from tests import texts
from tests.conftest import HttpsClient
from tests.editing.test_topic_order import PAGE
from tests.factories import create_staff, load
from tests.pages import PRIVACY, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def numbered(count: int) -> list[LeafletSource]:
    """So many leaflets, in turn under two topics and under none."""
    return [
        texts.leaflet(
            slug=f"leaflet-{number}", title=f"Leaflet {number:02}", topic=("school", "plans", "")[number % 3]
        )
        for number in range(count)
    ]


def in_topics(count: int) -> list[str]:
    """The titles of those leaflets as readers see them: under school, under plans, and the others."""
    return [f"Leaflet {number:02}" for rest in range(3) for number in range(rest, count, 3)]


def load_numbered(folder: Path, count: int) -> None:
    topics = [
        TopicSource(slug, title)
        for slug, title in (("school", "School"), ("plans", "Plans"), ("moving", "Moving"))
    ]
    load(folder, leaflets=[PRIVACY, *numbered(count)], topics=topics)


@pytest.mark.parametrize(
    ("count", "notice", "headings"),
    [
        (0, "Readers see no leaflet yet, so it has none.", []),
        (1, "The only leaflet is shown with its sections, without its topic.", ["Leaflet 00"]),
        (2, "Up to 6 leaflets are shown with what they are about, without their topics.", in_topics(2)),
        (6, "Up to 6 leaflets are shown with what they are about, without their topics.", in_topics(6)),
        (7, "Topics without a published leaflet are left out: “Moving”.", ["School", "Plans", "More leaflets"]),
        (25, "Topics without a published leaflet are left out: “Moving”.", ["School", "Plans", "More leaflets"]),
    ],
)  # fmt: skip
def test_the_preview_is_the_home_page_and_says_why_it_looks_like_that(
    client, tmp_path, count, notice, headings
):
    load_numbered(tmp_path, count)
    client.force_login(create_staff("Publishers"))

    preview, public = visit(client, f"{PAGE}home/"), visit(HttpsClient(), "/")

    section = "section[@aria-labelledby='page-leaflets']"
    assert notice in preview.text("*[@aria-label='Preview']")
    assert preview.texts(f"{section}//h3") == headings
    assert preview.text("main") == public.text("main")
    titles = [title for title in preview.texts(f"{section}//a") if title.startswith("Leaflet ")]
    assert titles == in_topics(count)


@pytest.mark.each_database
def test_the_preview_names_no_topic_where_all_have_leaflets(client, tmp_path):
    load_numbered(tmp_path, 9)
    Topic.objects.filter(slug="moving").delete()
    client.force_login(create_staff("Publishers"))

    assert "are left out" not in visit(client, f"{PAGE}home/").text("*[@aria-label='Preview']")


def test_a_topic_without_leaflets_says_what_that_means_and_how_to_fill_it(client, tmp_path):
    load_numbered(tmp_path, 2)
    client.force_login(create_staff("Publishers"))
    words = "No leaflets yet, so readers do not see this topic."

    page = visit(client, PAGE)

    moving = page.text(f"section[@aria-labelledby='topic-{Topic.objects.get(slug='moving').pk}']")
    assert f"{words} To put one here, choose Other topic … beside a leaflet." in moving
    assert words in visit(
        client, f"/admin/leaflets/topic/{Topic.objects.get(slug='moving').pk}/change/"
    ).text("main")


def test_the_list_of_leaflets_says_that_there_are_none(client, tmp_path):
    load_numbered(tmp_path, 0)

    assert "There are no leaflets here yet." in visit(client, "/leaflets/").text("main")


def test_a_site_without_topics_and_leaflets_has_the_page(client):
    client.force_login(create_staff("Publishers"))

    assert "There are no leaflets and no topics yet." in visit(client, PAGE).text("*[@id='order']")
