"""The migration that takes from the admin's log when leaflets were withdrawn."""

from importlib import import_module

import pytest
from django.apps import apps

from leaflets.models import Edition, Leaflet
from leaflets.publishing import editions
from tests.factories import SLUG, edit_as_staff, get_officer, leaflet_with_introduction, load

pytestmark = pytest.mark.django_db
fill_from_log = import_module("leaflets.migrations.0025_withdrawals").fill_from_log


def test_each_withdrawal_gets_its_own_time_and_user(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug=SLUG)])
    leaflet = Leaflet.objects.get()
    editions.withdraw(leaflet, by=get_officer())
    edit_as_staff("Other words.")
    editions.withdraw(leaflet, by=get_officer())
    known = [(one.withdrawn_at, one.withdrawn_by) for one in Edition.objects.order_by("number")]
    Edition.objects.update(withdrawn_at=None, withdrawn_by=None)

    fill_from_log(apps, None)

    for (at, by), filled in zip(known, Edition.objects.order_by("number"), strict=True):
        assert abs((filled.withdrawn_at - at).total_seconds()) < 1
        assert filled.withdrawn_by == by


def test_a_withdrawal_that_nobody_logged_stays_without_a_time(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug=SLUG)])
    editions.withdraw(Leaflet.objects.get())
    Edition.objects.update(withdrawn_at=None)

    fill_from_log(apps, None)

    assert Edition.objects.get().withdrawn_at is None
