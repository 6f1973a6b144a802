"""The file of topics: reading, writing, and what is wrong in it."""

import pytest

from leaflets.content.topics import (
    TopicSource,
    TopicsSource,
    find_misplaced_leaflets,
    read_topics,
    write_topics,
)
from tests.texts import leaflet

TEXT = """\
topics:
  - slug: help-at-school
    title: Help at school
    leaflets:
      - sen-support
  - slug: ehc-plans
    title: EHC plans
"""


def test_topics_are_read_in_their_order() -> None:
    found, problems = read_topics(TEXT, "topics.yaml")

    assert problems == []
    assert found.topics == (
        TopicSource("help-at-school", "Help at school", ("sen-support",)),
        TopicSource("ehc-plans", "EHC plans"),
    )


def test_topics_are_written_as_they_were_read() -> None:
    assert write_topics(read_topics(TEXT, "topics.yaml")[0]) == TEXT


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("slug: ehc-plans", "slug: help-at-school", 6, "The topic `help-at-school` stands in line 2 too. Keep one."),
        ("slug: ehc-plans", "slug: EHC", 6, "has to be small letters, digits and hyphens"),
        ("    title: EHC plans\n", "", 6, "`title` is missing"),
        ("title: EHC plans", f"title: {'x' * 101}", 6, "is longer than 100 characters"),
        ("title: EHC plans", "title: EHC plans\n    colour: red", 8, "There is no field `colour`"),
        ("- sen-support", "- sen-support\n      - sen-support", 2, "stands under `help-at-school` twice"),
        ("title: EHC plans", "title: EHC plans\n    leaflets: [sen-support]", 6, "stands here and under"),
        ("topics:", "topic:", 1, "There is no field `topic`. Did you mean `topics`?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, message: str) -> None:
    _, problems = read_topics(TEXT.replace(old, new, 1), "topics.yaml")

    assert any(problem.line == line and message in problem.message for problem in problems), problems


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("ehc-plans", "whose file does not say `topic: help-at-school`"),
        ("", "whose file does not say `topic: help-at-school`"),
    ],
)
def test_a_leaflet_in_the_order_of_another_topic_is_a_hint(topic: str, message: str) -> None:
    topics, _ = read_topics(TEXT, "topics.yaml")

    (hint,) = find_misplaced_leaflets(topics, [leaflet(topic=topic)])

    assert hint.line == 2
    assert message in hint.message


def test_an_unknown_leaflet_in_an_order_is_a_hint() -> None:
    topics = TopicsSource((TopicSource("school", "School", ("gone",)),))

    (hint,) = find_misplaced_leaflets(topics, [leaflet()])

    assert hint.message == "There is no leaflet `gone`, which the topic `school` names. Take it out."


def test_an_earlier_address_in_an_order_is_no_mistake() -> None:
    topics = TopicsSource((TopicSource("school", "School", ("sen",)),))

    assert list(find_misplaced_leaflets(topics, [leaflet(topic="school", formerly=("sen",))])) == []
