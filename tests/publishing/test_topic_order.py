"""Moving topics and leaflets step by step, and undoing it."""

import json
from dataclasses import replace

import pytest
from pytest_django import DjangoDbBlocker

from leaflets.content.topics import TopicSource
from leaflets.models import Edition, Leaflet, Topic
from leaflets.models.site_version import read_site_version
from leaflets.publishing import drafts, editions, topic_order
from leaflets.publishing.export import export_content
from leaflets.publishing.loading import load as load_folder
from leaflets.publishing.merging import TextDigests
from leaflets.publishing.topic_order import OrderChangedError, Step
from tests.factories import (
    basis_of,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    history,
    publish_as_staff,
    published_edition,
)
from tests.publishing.test_topics import LEAFLETS, groups, load_topics
from tests.texts import leaflet

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_topics(tmp_path_factory.mktemp("content"))


def group_of(slug: str) -> topic_order.Group:
    """The topic of a leaflet, with its leaflets."""
    (found,) = (one for one in topic_order.read_groups() if slug in {entry.slug for entry in one.entries})
    return found


def move(slug: str, direction: str, *, basis: str | None = None) -> Step:
    pk = Leaflet.objects.get(slug=slug).pk
    basis = group_of(slug).basis if basis is None else basis
    return topic_order.move_leaflet(pk, up=direction == "up", basis=basis, by=get_officer())


def move_topic(slug: str, direction: str, *, basis: str | None = None) -> Step:
    basis = topic_order.basis_of_topics(Topic.objects.all()) if basis is None else basis
    return topic_order.move_topic(
        Topic.objects.get(slug=slug).pk, up=direction == "up", basis=basis, by=get_officer()
    )


def choose(slug: str, topic: str, *, seen: str | None = None) -> Step | None:
    leaflet_ = Leaflet.objects.get(slug=slug)
    seen = drafts.get_edit_state(leaflet_).source.topic if seen is None else seen
    return topic_order.choose_topic(leaflet_.pk, topic, seen=seen, by=get_officer())


def orders() -> dict[str, list[str]]:
    return dict(Topic.objects.values_list("slug", "leaflets"))


def state() -> tuple:
    return (
        list(Topic.objects.order_by("pk").values_list("pk", "position", "leaflets")),
        list(Edition.objects.order_by("pk").values_list("pk", "topic", "digest")),
    )


def test_all_topics_are_listed_with_their_leaflets_as_readers_see_them():
    Topic.objects.create(slug="home", title="At home", position=9)

    found = [
        (str(group.topic), [entry.slug for entry in group.entries], group.is_public)
        for group in topic_order.read_groups()
    ]

    assert found == [
        ("Help at school", ["transport", "sen-support", "exclusion"], True),
        ("EHC plans", ["reviews"], True),
        ("At home", [], False),
        ("None", ["news"], True),
    ]


def test_a_leaflet_that_is_not_published_is_listed_by_its_draft():
    editions.add_leaflet("new", "leaflet", by=get_officer())
    draft_as_staff("Words.", slug="new", topic="plans")

    found = [(entry.title, entry.is_live) for entry in group_of("new").entries]

    assert found == [("A leaflet by staff", False), ("Annual reviews", True)]


@pytest.mark.parametrize(
    ("slug", "direction", "expected"),
    [
        ("transport", "down", ["sen-support", "transport", "exclusion"]),
        ("sen-support", "up", ["sen-support", "transport", "exclusion"]),
        ("sen-support", "down", ["transport", "exclusion", "sen-support"]),
        ("exclusion", "up", ["transport", "exclusion", "sen-support"]),
    ],
)
def test_a_leaflet_moves_past_its_neighbour(slug, direction, expected):
    move(slug, direction)

    assert groups()[0][1] == expected


def test_a_move_names_no_more_leaflets_than_it_has_to():
    move("transport", "down")

    assert orders()["school"] == ["sen-support", "transport"]


@pytest.mark.each_database
def test_a_withdrawn_leaflet_keeps_its_place_in_the_order(tmp_path):
    load_topics(tmp_path, TopicSource("school", "Help at school", ("exclusion", "transport", "sen-support")),
                TopicSource("plans", "EHC plans"))  # fmt: skip
    editions.withdraw(Leaflet.objects.get(slug="transport"))

    move("sen-support", "up")

    assert orders()["school"] == ["sen-support", "exclusion", "transport"]


def test_a_move_says_what_it_did():
    assert move("exclusion", "up").words == "“Exclusion” moved up. It is now 2 of 3 under “Help at school”."
    assert move_topic("plans", "up").words == "“EHC plans” moved up. It is now 1 of 2 topics."


@pytest.mark.each_database
def test_a_topic_moves_past_its_neighbour_where_both_have_one_position():
    Topic.objects.update(position=3)

    move_topic("school", "up")

    assert [title for title, _ in groups()] == ["Help at school", "EHC plans", ""]


@pytest.mark.parametrize(("slug", "direction"), [("transport", "up"), ("exclusion", "down"), ("news", "up")])
def test_a_move_that_the_page_does_not_offer_changes_nothing(slug, direction):
    before = state()

    with pytest.raises(OrderChangedError):
        move(slug, direction)

    assert state() == before


@pytest.mark.each_database
def test_a_move_on_an_order_that_a_colleague_changed_changes_nothing():
    opened = group_of("transport").basis
    move("exclusion", "up")
    before = state()

    with pytest.raises(OrderChangedError):
        move("transport", "down", basis=opened)

    assert state() == before


def test_a_colleagues_move_under_another_topic_does_not_matter(tmp_path):
    load_topics(tmp_path, leaflets=[*LEAFLETS, leaflet(slug="plans", title="Plans", topic="plans")])
    opened = group_of("transport").basis
    move("plans", "up")

    move("transport", "down", basis=opened)

    assert groups()[:2] == [
        ("Help at school", ["sen-support", "transport", "exclusion"]),
        ("EHC plans", ["plans", "reviews"]),
    ]


def test_a_topic_does_not_move_where_a_colleague_added_one():
    opened = topic_order.basis_of_topics(Topic.objects.all())
    Topic.objects.create(slug="home", title="At home", position=0)

    with pytest.raises(OrderChangedError):
        move_topic("plans", "up", basis=opened)


def test_readers_see_a_move():
    before = read_site_version()

    move("transport", "down")

    assert read_site_version() != before


@pytest.mark.each_database
def test_a_leaflet_gets_another_topic_without_a_new_edition():
    words = list(published_edition("transport").sections.values_list("body_html", flat=True))

    choose("transport", "plans")

    assert groups()[:2] == [
        ("Help at school", ["sen-support", "exclusion"]),
        ("EHC plans", ["reviews", "transport"]),
    ]
    assert history("transport") == [(1, "published")]
    assert list(published_edition("transport").sections.values_list("body_html", flat=True)) == words
    assert "transport" not in orders()["school"]


def test_a_leaflet_is_taken_out_of_its_topic():
    step = choose("transport", "")

    assert step.words == "“Transport” is now under no topic."
    assert groups()[-1] == ("", ["news", "transport"])


def test_readers_see_another_topic():
    before = read_site_version()

    choose("news", "plans")

    assert read_site_version() != before


def test_the_draft_of_a_leaflet_gets_its_new_topic_too():
    draft_as_staff("New words.", slug="transport")

    choose("transport", "plans")
    publish_as_staff(Edition.objects.get(status="draft"))

    assert published_edition("transport").topic == "plans"


def test_a_draft_that_names_another_topic_keeps_it():
    draft_as_staff("New words.", slug="transport", topic="plans")

    topic_order.choose_topic(published_edition("transport").leaflet_id, "", seen="school", by=get_officer())

    assert (published_edition("transport").topic, Edition.objects.get(status="draft").topic) == ("", "plans")


def test_an_edit_that_was_open_does_not_put_the_leaflet_back():
    leaflet_ = Leaflet.objects.get(slug="transport")
    opened = drafts.get_edit_state(leaflet_)
    choose("transport", "plans")

    mine = replace(opened.source, title="School transport")
    saved = drafts.save_draft(
        leaflet_, mine, basis=opened.basis, base_digests=TextDigests.of(opened.source), by=get_officer()
    )

    assert (saved.title, saved.topic) == ("School transport", "plans")


def test_a_topic_that_a_colleague_chose_meanwhile_stays():
    choose("transport", "plans")

    with pytest.raises(OrderChangedError):
        choose("transport", "", seen="school")

    assert published_edition("transport").topic == "plans"


def test_a_topic_that_a_colleague_deleted_is_not_chosen():
    with pytest.raises(OrderChangedError):
        choose("transport", "gone")

    assert published_edition("transport").topic == "school"


STEPS = {
    "a leaflet down": lambda: move("transport", "down"),
    "a leaflet up": lambda: move("exclusion", "up"),
    "a topic up": lambda: move_topic("plans", "up"),
    "another topic": lambda: choose("transport", "plans"),
    "a first topic": lambda: choose("news", "school"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_undone_exactly(step):
    before = state()

    made = STEPS[step]()
    assert state() != before
    topic_order.undo(Step.from_json(json.loads(json.dumps(made.to_json()))), by=get_officer())

    assert state() == before


@pytest.mark.each_database
def test_steps_that_were_undone_are_no_change_for_a_load(tmp_path):
    topic_order.undo(choose("transport", "plans"), by=get_officer())

    assert set(load_topics(tmp_path).values()) == {"unchanged"}


def test_a_step_is_not_undone_over_a_later_change():
    step = move("transport", "down")
    move("exclusion", "up")
    before = state()

    with pytest.raises(OrderChangedError):
        topic_order.undo(step, by=get_officer())

    assert state() == before


def test_a_topic_is_not_undone_after_a_new_edition():
    step = choose("transport", "plans")
    edit_as_staff("New words.", slug="transport")

    with pytest.raises(OrderChangedError):
        topic_order.undo(step, by=get_officer())

    assert published_edition("transport").topic == "plans"


def test_moves_are_exported_and_loaded_as_they_are(tmp_path):
    move("exclusion", "up")
    move_topic("plans", "up")
    choose("news", "plans")
    expected = groups()

    export_content(tmp_path / "out")

    assert {outcome for _, outcome in load_folder(tmp_path / "out").outcomes} == {"unchanged"}
    assert groups() == expected


def test_moves_are_kept_by_a_load(tmp_path):
    move("exclusion", "up")
    choose("news", "plans")

    outcomes = load_topics(tmp_path)

    assert (outcomes["topics"], outcomes["news"]) == ("kept: edited by staff", "kept: edited by staff")


@pytest.mark.each_database
def test_a_leaflet_that_an_older_order_names_is_named_once_after_a_move(tmp_path):
    load_topics(tmp_path, leaflets=[*LEAFLETS, leaflet(slug="plans", title="Plans", topic="plans")])
    edit_as_staff("Words.", slug="transport", topic="plans")
    assert "transport" in orders()["school"]

    move("transport", "up")

    assert (orders()["school"], "transport" in orders()["plans"]) == (["sen-support"], True)
    export_content(tmp_path / "out")
    load_folder(tmp_path / "out")


def test_a_renamed_leaflet_keeps_its_place_between_two_moves():
    opened = group_of("transport")
    editions.change_slug(Leaflet.objects.get(slug="transport"), "travel", by=get_officer())

    move("travel", "down", basis=opened.basis)

    assert groups()[0][1] == ["sen-support", "travel", "exclusion"]


def test_a_publisher_who_saw_the_draft_under_another_topic_is_told():
    draft = draft_as_staff("New words.", slug="transport")
    seen = basis_of(draft)
    choose("transport", "plans")

    with pytest.raises(drafts.TextChangedError):
        drafts.publish_draft(draft.leaflet, basis=seen, by=get_officer(), change_note="New.")
