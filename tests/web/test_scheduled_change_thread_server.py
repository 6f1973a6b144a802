"""Real servers publish what is scheduled on time, once, without a job."""

import time
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from leaflets.models import ScheduledChange
from leaflets.publishing.scheduling import schedule_publication
from tests.factories import basis_of, create_staff, draft_as_staff, history
from tests.running_site import TIMEOUT, get, loaded_postgresql, running_site
from tests.selected_site import selected_site

pytestmark = pytest.mark.server

SLUG = "sen-in-mainstream-schools"
LEAFLET = f"/leaflets/{SLUG}/"


def test_two_servers_on_one_database_publish_a_scheduled_draft_once(tmp_path, django_db_blocker):
    url = loaded_postgresql()
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()

    def on_site():
        return selected_site(django_db_blocker, DATA_DIR=str(folders[0]), DATABASE_URL=url)

    with on_site():
        draft = draft_as_staff("Words that were scheduled.", slug=SLUG)
        schedule_publication(
            draft.leaflet,
            due_at=timezone.now() + timedelta(days=1),
            basis=basis_of(draft),
            expected_schedule_pk=0,
            by=create_staff("Publishers"),
            change_note="A note.",
        )
    with running_site(folders[0], DATABASE_URL=url) as one, running_site(folders[1], DATABASE_URL=url) as two:
        before = [get(base + LEAFLET)[2] for base in (one, two)]
        with on_site():
            ScheduledChange.objects.update(due_at=timezone.now() + timedelta(seconds=3))
        wait_for_words([one + LEAFLET, two + LEAFLET])
    with on_site():
        done = LogEntry.objects.filter(change_message__startswith="Published edition").count()
        numbers = history(SLUG)

    assert all(b"Words that were scheduled." not in page for page in before)
    assert (done, numbers) == (1, [(1, "superseded"), (2, "published")])


def wait_for_words(addresses: list[str]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not all(b"Words that were scheduled." in get(address)[2] for address in addresses):
        assert time.monotonic() < deadline
        time.sleep(0.2)
