"""The log models of feedback are renamed without a change to their tables, their rows or who may read them."""

from io import StringIO
from typing import Any

import pytest
from django.apps.registry import Apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

MIGRATIONS = ["0008_submission_log", "0009_access_log", "0010_purge_run"]
BEFORE, AFTER = "0007_looked_for", MIGRATIONS[-1]
# The old name of each model, its new name, and a row of it.
RENAMED = [
    ("Sending", "SubmissionLog", {"sender": "a hash", "words": "a digest"}),
    ("Access", "AccessLog", {"username": "head", "action": "opened", "reference": "ACDE-FGHJ"}),
    ("Purge", "PurgeRun", {"details": 2, "comments": 1}),
]


def rows(apps: Apps, names: list[str]) -> list[list[dict[str, Any]]]:
    """The rows of these models, by name."""
    return [list(apps.get_model("feedback", name).objects.values()) for name in names]


def permissions_of(group: Group) -> set[str]:
    return set(group.permissions.values_list("codename", flat=True))


def permissions_for(names: list[str]) -> set[str]:
    return {f"{action}_{name.lower()}" for name in names for action in ("add", "change", "delete", "view")}


def test_renamed_models_keep_their_rows_and_permissions_forwards_and_backwards(migrate):
    old_names, new_names, examples = map(list, zip(*RENAMED, strict=True))
    old = migrate("feedback", BEFORE)
    for name, fields in zip(old_names, examples, strict=True):
        old.get_model("feedback", name).objects.create(**fields)
    stored = rows(old, old_names)
    # The models of that time: a group of now writes into the history, which was not there yet.
    old_group = old.get_model("auth", "Group").objects.create(name="Auditors")
    permissions = old.get_model("auth", "Permission").objects.filter(content_type__app_label="feedback")
    old_group.permissions.set(permissions.filter(codename__in=permissions_for(old_names)))
    group = Group.objects.get(name="Auditors")
    content_types = set(ContentType.objects.values_list("pk", flat=True))
    assert permissions_of(group) == permissions_for(old_names)

    new = migrate("feedback", AFTER)

    assert rows(new, new_names) == stored
    assert permissions_of(group) == permissions_for(new_names)

    old = migrate("feedback", BEFORE)

    assert rows(old, old_names) == stored
    assert permissions_of(group) == permissions_for(old_names)
    assert set(ContentType.objects.values_list("pk", flat=True)) == content_types


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("migration", MIGRATIONS)
def test_renaming_a_model_changes_nothing_in_the_database_schema(migration):
    printed = StringIO()

    call_command("sqlmigrate", "feedback", migration, stdout=printed, no_color=True)

    statements = [line for line in printed.getvalue().splitlines() if line and not line.startswith("--")]
    assert statements in ([], ["BEGIN;", "COMMIT;"])


def test_a_message_is_kept_when_all_migrations_of_messages_go_back(migrate):
    new = migrate("feedback", "0017_overdue_replies")
    new.get_model("feedback", "Feedback").objects.create(reference="ACDE-FGHJ")

    old = migrate("feedback", BEFORE)

    kept = old.get_model("feedback", "Feedback").objects
    assert list(kept.values_list("reference", flat=True)) == ["ACDE-FGHJ"]
    kept.all().delete()  # The other tests of this module have the same database.


def test_messages_that_were_replied_to_say_so_and_anonymised_and_closed_ones_say_nothing(migrate):
    old = migrate("feedback", "0014_subsection_name")
    for status in ("new", "read", "replied", "closed"):
        old.get_model("feedback", "Feedback").objects.create(status=status, reference=f"{status:_<9}")
    old.get_model("feedback", "Feedback").objects.create(status="closed", reference=None)

    new = migrate("feedback", "0015_replies")

    stored = new.get_model("feedback", "Feedback").objects.order_by("pk")
    assert list(stored.values_list("reply_sent", flat=True)) == [None, None, True, None, None]
    assert set(stored.values_list("reply_asked", "had_change")) == {(None, None)}
