"""Messages from before get what came after: e-mail and phone apart, dates after which they go, and readers."""

import datetime as dt

from django.apps import apps as installed_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations

READERS = ["view_feedback", "change_feedback", "export_feedback"]


def fill(apps, schema_editor):
    for feedback in apps.get_model("feedback", "Feedback").objects.iterator():
        if "@" in feedback.contact:
            feedback.email = feedback.contact
        else:
            # Longer than a number: words that staff should still see.
            feedback.phone, feedback.note = feedback.contact[:50], feedback.contact[50:]
        feedback.wants_reply = bool(feedback.contact)
        until = feedback.sent_at.date() + dt.timedelta(days=settings.FEEDBACK_DAYS)
        feedback.comments_until = feedback.details_until = until
        feedback.save()


def make_group(apps, schema_editor):
    # Django makes permissions only after the last migration; the group needs them now.
    config = installed_apps.get_app_config("feedback")
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Feedback readers")
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="feedback")
    group.permissions.add(*permissions.filter(codename__in=READERS))


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0002_trust"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(make_group, migrations.RunPython.noop),
    ]
