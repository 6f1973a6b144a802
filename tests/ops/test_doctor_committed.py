"""What `manage.py doctor` says of deleting on time: purging commits."""

import pytest
from django.core.management import call_command

from sendiass_site.ops.doctor import Status
from tests.factories import create_feedback
from tests.ops.test_doctor import status


@pytest.mark.usefixtures("committed_db")
def test_messages_that_should_have_been_deleted_are_an_error(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert status("deleting on time") == Status.OK
    create_feedback(days_ago=8)

    assert status("deleting on time") == Status.ERROR

    call_command("purge_feedback", verbosity=0)
    assert status("deleting on time") == Status.OK
