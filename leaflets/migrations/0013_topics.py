"""Topics under which leaflets are listed. Editors see them; Publishers edit them."""

import django.core.validators
from django.db import migrations, models

import leaflets.models.base

from ._permissions import give_permissions

GROUPS = {"Editors": ["view_topic"], "Publishers": ["add_topic", "change_topic", "delete_topic", "view_topic"]}


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0012_service_record")]

    operations = [
        migrations.CreateModel(
            name="LoadedTopics",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(editable=False, max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="loaded_topics_are_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.CharField(
                        max_length=80,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*\\Z", "Use small letters, digits and hyphens."
                            )
                        ],
                    ),
                ),
                ("title", models.CharField(max_length=100)),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Topics are shown in the order of these numbers, the smallest first.",
                    ),
                ),
                (
                    "leaflets",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="The addresses of its leaflets in the order to be shown, one per line: sen-in-mainstream-schools. Those that you leave out follow by title.",
                        validators=[leaflets.models.base.validate_slugs],
                        verbose_name="order of leaflets",
                    ),
                ),
            ],
            options={"ordering": ("position", "title", "pk")},
        ),
        migrations.AddField(
            model_name="edition",
            name="topic",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=80,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z0-9]+(-[a-z0-9]+)*\\Z", "Use small letters, digits and hyphens."
                    )
                ],
            ),
        ),
        migrations.RunPython(give_permissions(GROUPS), migrations.RunPython.noop),
    ]
