"""The site version when two transactions change it at the same time."""

import threading

import pytest
from django.db import connection, transaction

from leaflets.models.site_version import bump_site_version, read_site_version


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time.")
@pytest.mark.django_db(transaction=True)
def test_concurrent_publications_do_not_block_each_other_and_both_change_the_version():
    bump_site_version()
    seen = [read_site_version()]
    marked, go_on = threading.Event(), threading.Event()

    def publish_slowly() -> None:
        with transaction.atomic():
            bump_site_version()
            marked.set()
            assert go_on.wait(60)
        connection.close()

    slow = threading.Thread(target=publish_slowly)
    slow.start()
    assert marked.wait(60)
    bump_site_version()
    seen.append(read_site_version())
    go_on.set()
    slow.join()
    seen.append(read_site_version())

    assert len(set(seen)) == 3
