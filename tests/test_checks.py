"""What `manage.py check` says about the words that the public reads, and about signing in."""

import pytest
from django.core.checks import run_checks

from leaflets.models import Edition, Leaflet, Service
from leaflets.publishing import editions
from tests.factories import (
    draft_as_staff,
    edit_as_staff,
    leaflet_with_introduction,
    load,
    published_edition,
    run_manage,
)


def warnings():
    found = run_checks(tags=["database"], databases=["default"])
    return [warning for warning in found if warning.id and warning.id.startswith("leaflets.")]


@pytest.mark.django_db
def test_a_published_postcode_that_differs_from_the_record_is_a_warning(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to us: EX1 9ZZ")])

    (warning,) = warnings()

    assert warning.id == "leaflets.W001"
    assert warning.obj == published_edition()
    assert "EX1 9ZZ is printed here, and EX1 2AB in the service's record." in warning.msg


@pytest.mark.django_db
def test_a_leaflet_that_matches_the_record_is_no_warning(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to us: EX1 2AB")])

    assert warnings() == []


@pytest.mark.django_db
def test_a_warning_goes_when_the_record_is_corrected(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to us: EX1 9ZZ")])

    Service.objects.update(postcode="EX1 9ZZ")

    assert warnings() == []


@pytest.mark.django_db
def test_a_warning_goes_when_staff_correct_the_leaflet(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to us: EX1 9ZZ")])

    edit_as_staff("Write to us: EX1 2AB")

    assert warnings() == []


@pytest.mark.django_db
def test_drafts_and_withdrawn_leaflets_are_not_checked(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Write to us: EX1 9ZZ")])
    editions.withdraw(Leaflet.objects.get())

    draft_as_staff("Or to EX1 9ZY")

    assert warnings() == []
    assert Edition.objects.count() == 2


@pytest.mark.django_db
def test_a_site_without_content_has_no_warnings():
    assert warnings() == []


def test_a_check_without_databases_makes_no_query():
    assert not [warning for warning in run_checks() if warning.id == "leaflets.W001"]


def test_a_database_without_tables_is_no_error(tmp_path):
    empty = f"sqlite:///{tmp_path / 'empty.sqlite3'}"

    status, _printed, errors = run_manage("check", "--database", "default", DATABASE_URL=empty)

    assert (status, "leaflets.W001" in errors, "feedback.W001" in errors) == (0, False, False)


def test_a_deployment_without_a_required_second_step_is_a_warning(settings):
    def warnings() -> list[str]:
        return [found.id for found in run_checks(include_deployment_checks=True) if found.id == "staff.W001"]

    assert warnings() == []
    settings.REQUIRE_MFA = False
    assert warnings() == ["staff.W001"]
