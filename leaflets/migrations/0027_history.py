from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from leaflets.models.history import copy_admin_log


def copy_log(apps: Any, schema_editor: Any) -> None:
    """Begin the history with what is in Django's own log."""
    copy_admin_log(
        apps.get_model("admin", "LogEntry"),
        apps.get_model("leaflets", "HistoryEntry"),
        apps.get_model("leaflets", "Edition"),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("leaflets", "0026_scheduled_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoryEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("who", models.CharField(max_length=150)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("leaflets", "Leaflets"),
                            ("records", "Service, law, words and notices"),
                            ("accounts", "Accounts and what they may do"),
                            ("sign-in", "Sign-in"),
                            ("messages", "Messages"),
                            ("exports", "Exports"),
                            ("loading", "Loaded and restored"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("words", models.TextField()),
                ("object_id", models.CharField(blank=True, max_length=40)),
                ("log_entry", models.BigIntegerField(null=True, unique=True)),
                (
                    "content_type",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contenttypes.contenttype",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of the history",
                "verbose_name_plural": "history",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="history_by_time"),
                    models.Index(fields=["who", "-at", "-id"], name="history_by_person"),
                    models.Index(fields=["kind", "-at", "-id"], name="history_by_kind"),
                    models.Index(fields=["content_type", "object_id"], name="history_by_subject"),
                ],
            },
        ),
        migrations.RunPython(copy_log, migrations.RunPython.noop),
    ]
