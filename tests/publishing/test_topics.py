"""Topics: loading, export, edits by staff, and the list of leaflets."""

import pytest
from django.contrib.auth.models import User

from leaflets.content.topics import TopicSource
from leaflets.files.problems import ContentError
from leaflets.models import Edition, Leaflet, Topic
from leaflets.publishing import drafts, editions
from leaflets.publishing.export import export_content
from leaflets.publishing.loading import find_conflicts, load as load_folder
from tests.factories import (
    basis_of,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    load,
    published_edition,
    write_content,
)
from tests.pages import visit
from tests.texts import leaflet

pytestmark = pytest.mark.django_db

SCHOOL = TopicSource("school", "Help at school", ("transport", "sen-support"))
PLANS = TopicSource("plans", "EHC plans")
LEAFLETS = [
    leaflet(topic="school"),
    leaflet(slug="transport", title="Transport", topic="school"),
    leaflet(slug="exclusion", title="Exclusion", topic="school"),
    leaflet(slug="reviews", title="Annual reviews", topic="plans"),
    leaflet(slug="news", title="Our news"),
]


def load_topics(folder, *topics, leaflets=LEAFLETS, **options):
    return load(folder, leaflets=leaflets, topics=topics or (SCHOOL, PLANS), **options)


def groups() -> list[tuple[str, list[str]]]:
    """The titles of topics, and the slugs of their live leaflets, in the order to be shown."""
    slugs = dict(Edition.objects.values_list("pk", "leaflet__slug"))
    found = Edition.objects.published().leaflets().in_topics()
    return [(topic.title if topic else "", [slugs[key] for key in keys]) for topic, keys in found]


def test_leaflets_are_grouped_under_topics_in_the_order_of_the_file(tmp_path):
    assert load_topics(tmp_path)["topics"] == "created"

    assert groups() == [
        ("Help at school", ["transport", "sen-support", "exclusion"]),
        ("EHC plans", ["reviews"]),
        ("", ["news"]),
    ]


def test_grouping_takes_two_queries(tmp_path, django_assert_num_queries):
    load_topics(tmp_path)

    with django_assert_num_queries(2):
        Edition.objects.published().leaflets().in_topics()


def test_a_topic_that_the_file_of_topics_lacks_is_a_problem_with_its_line(tmp_path):
    with pytest.raises(ContentError) as caught:
        load_topics(tmp_path, PLANS)

    found = [(problem.line, problem.message) for problem in caught.value.problems]
    assert found[0] == (5, "There is no topic `school` in `topics.yaml`. Correct one of the two.")


def test_a_topic_of_a_page_in_the_footer_is_a_problem(tmp_path):
    with pytest.raises(ContentError, match="in no list"):
        load_topics(tmp_path, leaflets=[leaflet(slug="privacy", placement="footer", topic="school")])


def test_a_folder_without_topics_changes_none(tmp_path):
    load_topics(tmp_path)

    assert "topics" not in load(tmp_path, leaflets=[leaflet()])
    assert Topic.objects.count() == 2


def test_topics_are_exported_as_they_were_loaded(tmp_path):
    load_topics(tmp_path / "in")

    export_content(tmp_path / "out")

    names = ["topics.yaml", "leaflets/sen-support.md"]
    assert [(tmp_path / "out" / name).read_text() for name in names] == [
        (tmp_path / "in" / name).read_text() for name in names
    ]
    assert {outcome for _, outcome in load_folder(tmp_path / "out").outcomes} == {"unchanged"}


def test_an_edit_by_staff_is_kept_by_a_load(tmp_path):
    load_topics(tmp_path)
    Topic.objects.filter(slug="school").update(title="In school")

    assert load_topics(tmp_path)["topics"] == "kept: edited by staff"
    assert groups()[0][0] == "In school"


def test_a_changed_file_updates_topics_that_staff_left_alone(tmp_path):
    load_topics(tmp_path)

    assert load_topics(tmp_path, PLANS, SCHOOL)["topics"] == "updated"
    assert [title for title, _ in groups()] == ["EHC plans", "Help at school", ""]


def test_edits_of_both_are_a_conflict_and_the_edit_by_staff_stays(tmp_path):
    load_topics(tmp_path)
    Topic.objects.filter(slug="school").update(title="In school")
    write_content(tmp_path, leaflets=LEAFLETS, topics=(PLANS, SCHOOL))

    assert find_conflicts(tmp_path) == ["topics"]
    assert dict(load_folder(tmp_path).outcomes)["topics"].startswith("conflict")
    assert groups()[0][0] == "In school"


def test_topics_that_staff_deleted_do_not_come_back(tmp_path):
    load_topics(tmp_path, leaflets=[leaflet()])
    Topic.objects.all().delete()

    assert load_topics(tmp_path, leaflets=[leaflet()])["topics"] == "kept: edited by staff"
    assert not Topic.objects.exists()


def test_a_topic_that_an_edit_by_staff_names_stays_when_the_file_drops_it(tmp_path):
    load_topics(tmp_path, leaflets=[leaflet()])
    edit_as_staff("New words.", topic="plans")

    load_topics(tmp_path, SCHOOL, leaflets=[leaflet()])

    assert set(Topic.objects.values_list("slug", flat=True)) == {"school", "plans"}


def test_a_draft_with_an_unknown_topic_cannot_be_published(tmp_path):
    load_topics(tmp_path)
    draft = draft_as_staff("Words.", topic="gone")

    with pytest.raises(drafts.NotReadyError) as caught:
        drafts.publish_draft(draft.leaflet, basis=basis_of(draft), by=get_officer(), change_note="New.")

    assert "There is no topic `gone`" in caught.value.problems[0].message


def test_a_renamed_leaflet_keeps_its_place(tmp_path):
    load_topics(tmp_path)

    editions.rename(Leaflet.objects.get(slug="transport"), "travel", placement="leaflet")

    assert groups()[0][1] == ["travel", "sen-support", "exclusion"]


def test_the_list_has_a_heading_for_each_topic(client, tmp_path):
    load_topics(tmp_path)

    page = visit(client, "/leaflets/")

    assert page.texts("main/div/div[1]//h2") == ["Help at school", "EHC plans", "More leaflets"]
    assert page.texts("main//h3") == ["Transport", "SEN support", "Exclusion", "Annual reviews", "Our news"]


def test_the_list_has_no_headings_of_topics_where_no_leaflet_has_one(client, tmp_path):
    load(tmp_path, leaflets=[leaflet(), leaflet(slug="news", title="Our news")])

    page = visit(client, "/leaflets/")

    assert page.texts("main/div/div[1]//h2") == ["Our news", "SEN support"]
    assert page.all("main//h3") == []


def test_an_edit_of_a_topic_is_seen_at_once(client, tmp_path):
    load_topics(tmp_path)
    visit(client, "/leaflets/")
    topic = Topic.objects.get(slug="plans")
    topic.title = "Plans and reviews"
    topic.save()

    assert "Plans and reviews" in visit(client, "/leaflets/").texts("main//h2")


@pytest.fixture
def admin_client(client):
    client.force_login(User.objects.create_superuser("admin"))
    return client


def change(client, topic: Topic, **fields: object):
    data = {"title": topic.title, "position": topic.position, "leaflets": "\n".join(topic.leaflets)}
    data |= {f"initial-{name}": value for name, value in data.items()}
    return client.post(f"/admin/leaflets/topic/{topic.pk}/change/", data | fields)


def test_staff_change_the_order_of_leaflets_one_per_line(admin_client, tmp_path):
    load_topics(tmp_path)

    change(admin_client, Topic.objects.get(slug="school"), leaflets="exclusion\r\ntransport\r\n")

    assert groups()[0][1] == ["exclusion", "transport", "sen-support"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("transprot", "There is no leaflet with the address “transprot”. Correct it."),
        ("transport\ntransport", "“transport” stands here twice. Take one out."),
        ("Our transport", "There is no leaflet with the address “Our transport”."),
    ],
)
def test_a_mistake_in_the_order_is_named_and_stores_nothing(admin_client, tmp_path, lines, message):
    load_topics(tmp_path)

    response = change(admin_client, Topic.objects.get(slug="school"), leaflets=lines)

    assert message in response.content.decode()
    assert groups()[0][1][0] == "transport"


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("reviews", "“Annual reviews” is in the topic “EHC plans”."),
        ("news", "“Our news” is in no topic."),
    ],
)
def test_a_leaflet_of_another_topic_is_refused_in_the_order_with_its_name(
    admin_client, tmp_path, slug, message
):
    load_topics(tmp_path)

    response = change(admin_client, Topic.objects.get(slug="school"), leaflets=f"transport\r\n{slug}")

    assert message in response.content.decode()
    assert Topic.objects.get(slug="school").leaflets == ["transport", "sen-support"]


def test_a_leaflet_whose_draft_names_the_topic_may_stand_in_its_order(admin_client, tmp_path):
    load_topics(tmp_path)
    draft_as_staff("Words.", slug="news", topic="school")

    change(admin_client, Topic.objects.get(slug="school"), leaflets="news\r\ntransport")

    assert Topic.objects.get(slug="school").leaflets == ["news", "transport"]


def test_the_page_of_a_topic_lists_its_leaflets_and_says_where_a_topic_is_chosen(admin_client, tmp_path):
    load_topics(tmp_path)

    page = visit(admin_client, f"/admin/leaflets/topic/{Topic.objects.get(slug='plans').pk}/change/")

    (leaflet_of_topic,) = [
        one for one in page.links("*[@id='content']").items() if one[0] == "Annual reviews"
    ]
    assert leaflet_of_topic[1] == f"/admin/leaflets/leaflet/{published_edition('reviews').leaflet.pk}/edit/"
    assert "The topic of a leaflet is chosen where the leaflet is edited." in page.text("*[@id='content']")


def test_a_topic_is_added_by_its_title_alone(admin_client, tmp_path):
    load_topics(tmp_path)
    page = visit(admin_client, "/admin/leaflets/topic/add/")
    assert not page.all("*[@name='slug']")
    assert not page.all("*[@name='leaflets']")
    assert not page.all("*[@name='position']")

    for title in ("At home & out", "At home, out", "家"):
        admin_client.post("/admin/leaflets/topic/add/", {"title": title})

    found = Topic.objects.exclude(slug__in=["school", "plans"]).order_by("pk")
    assert [(topic.title, topic.slug) for topic in found] == [
        ("At home & out", "at-home-out"),
        ("At home, out", "at-home-out-2"),
        ("家", "section"),
    ]
    assert list(Topic.objects.all())[-3:] == list(found)


def test_adding_a_topic_from_the_order_returns_there(admin_client, tmp_path):
    load_topics(tmp_path)
    order = "/admin/leaflets/topic/order/"
    address = visit(admin_client, order).links("*[@id='order']")["Add a topic"]

    response = admin_client.post(address, {"title": "Money", "_save": "Save"})

    added = Topic.objects.get(title="Money")
    assert response["Location"] == f"{order}#topic-{added.pk}"
    assert list(Topic.objects.all())[-1] == added


def test_a_topic_that_leaflets_name_cannot_be_deleted(admin_client, tmp_path):
    load_topics(tmp_path)
    path = f"/admin/leaflets/topic/{Topic.objects.get(slug='school').pk}/delete/"

    assert admin_client.post(path, {"post": "yes"}).status_code == 403


def test_staff_choose_the_topic_of_a_leaflet(admin_client, tmp_path):
    load_topics(tmp_path)
    page = visit(admin_client, f"/admin/leaflets/leaflet/{published_edition().leaflet.pk}/edit/")

    (chosen,) = page.all("main//select[@name='topic']/option[@selected]")
    assert chosen.get("value") == "school"


def test_a_page_that_was_opened_before_there_were_topics_keeps_the_topic(admin_client, tmp_path):
    load_topics(tmp_path)
    opened = drafts.get_edit_state(published_edition().leaflet)
    fields = {"basis": str(opened.basis), "title": "SEN help", "summary": "Words.", "introduction": "Words.",
              "form-TOTAL_FORMS": 0, "form-INITIAL_FORMS": 0, "action": "save"}  # fmt: skip

    response = admin_client.post(f"/admin/leaflets/leaflet/{published_edition().leaflet.pk}/edit/", fields)

    assert response.status_code == 302
    draft = Edition.objects.get(status="draft")
    assert (draft.title, draft.topic) == ("SEN help", "school")


def test_the_order_of_a_topic_takes_a_leaflet_out_of_the_order_in_which_it_was(admin_client, tmp_path):
    load_topics(tmp_path)
    edit_as_staff("Words.", slug="transport", topic="plans")

    change(admin_client, Topic.objects.get(slug="plans"), leaflets="transport\r\nreviews")

    assert list(Topic.objects.values_list("leaflets", flat=True)) == [
        ["sen-support"],
        ["transport", "reviews"],
    ]
    export_content(tmp_path / "out")
    load_folder(tmp_path / "out")
