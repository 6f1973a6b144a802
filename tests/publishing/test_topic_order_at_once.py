"""Moves of leaflets while something else writes the order of their topic."""

import threading

import pytest
from django.db import connection, transaction

from leaflets.content.topics import TopicSource
from leaflets.models import Leaflet, Topic
from leaflets.publishing import editions, topic_order
from tests.factories import get_officer, load
from tests.publishing.test_topic_order import group_of
from tests.publishing.test_topics import LEAFLETS, PLANS


@pytest.mark.usefixtures("committed_db")
def test_a_new_address_does_not_take_back_a_move_that_is_being_stored(tmp_path):
    school = TopicSource("school", "Help at school", ("transport", "sen-support", "exclusion"))
    load(tmp_path, leaflets=LEAFLETS, topics=[school, PLANS])
    user, moved = get_officer(), Leaflet.objects.get(slug="exclusion")
    basis = group_of("transport").basis
    failed = []

    def change_slug():
        try:
            editions.change_slug(Leaflet.objects.get(slug="transport"), "travel", by=user)
        except editions.SlugTakenError as error:
            failed.append(error)
        finally:
            connection.close()

    renaming = threading.Thread(target=change_slug)
    with transaction.atomic():
        topic_order.move_leaflet(moved.pk, up=True, basis=basis, by=user)
        renaming.start()
        # Long enough to read the order. However long it is, both have to be stored.
        renaming.join(0.5)
    renaming.join()

    assert not failed
    assert Topic.objects.get(slug="school").leaflets == ["travel", "exclusion", "sen-support"]
