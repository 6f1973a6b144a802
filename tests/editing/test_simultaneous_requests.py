"""A form that is sent twice at the same time does what it does once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from leaflets.models import Leaflet
from tests.conftest import HttpsClient
from tests.editing.test_collisions import REQUESTS, Request, state
from tests.factories import load_two


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("prepare", REQUESTS)
def test_two_equal_requests_at_the_same_time_do_what_one_does(
    tmp_path: Path, prepare: Callable[[Client, Leaflet], Request]
) -> None:
    leaflet, client = load_two(tmp_path), HttpsClient()
    publisher = User.objects.create(username="rose", is_staff=True)
    publisher.groups.add(Group.objects.get(name="Publishers"))
    client.force_login(publisher)
    address, fields = prepare(client, leaflet)
    together, answers = threading.Barrier(2), []
    before = state()

    def send() -> None:
        try:
            browser = HttpsClient(raise_request_exception=False)
            browser.cookies.update(client.cookies)
            together.wait()
            response = browser.post(address, fields)
            answers.append((response.status_code, response.get("Location")))
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    after_both = state()

    assert answers[0][0] == 302
    assert answers[0] == answers[1]
    assert after_both != before
    client.post(address, fields)
    assert state() == after_both
