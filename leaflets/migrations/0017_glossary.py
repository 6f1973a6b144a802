"""Words explained. Editors see them; Publishers edit them."""

from django.core.validators import RegexValidator
from django.db import migrations, models

import leaflets.models.base

from ._permissions import give_permissions

GROUPS = {"Editors": ["view_term"], "Publishers": ["add_term", "change_term", "delete_term", "view_term"]}


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0016_fill_edition_dates")]

    operations = [
        migrations.CreateModel(
            name="LoadedGlossary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digests", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="loaded_glossary_is_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("term", models.CharField(max_length=100, verbose_name="word")),
                (
                    "anchor",
                    models.CharField(
                        editable=False,
                        max_length=80,
                        unique=True,
                        validators=[
                            RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*\\Z", "Use small letters, digits and hyphens."
                            )
                        ],
                    ),
                ),
                (
                    "forms",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Other words for it, and its plurals, one per line. They are found as whole words.",
                        validators=[leaflets.models.base.validate_lines],
                        verbose_name="other forms",
                    ),
                ),
                (
                    "explanation",
                    models.CharField(
                        help_text="In at most 40 words that a child of 11 can read.", max_length=400
                    ),
                ),
                (
                    "provision",
                    models.CharField(
                        blank=True,
                        help_text="The end of its address here: code-of-practice/6.2. May be empty.",
                        max_length=120,
                        validators=[
                            RegexValidator("^[a-z0-9-]+/[0-9A-Z.]+\\Z", "Write it as code-of-practice/6.2.")
                        ],
                        verbose_name="where the law says so",
                    ),
                ),
                (
                    "link",
                    models.CharField(
                        blank=True, help_text="Where readers find more: https://… May be empty.", max_length=200
                    ),
                ),
                (
                    "unapproved",
                    models.BooleanField(
                        default=False,
                        help_text="Take the tick out to approve it.",
                        verbose_name="draft for the service to approve",
                    ),
                ),
            ],
            options={"verbose_name": "word explained", "verbose_name_plural": "words explained"},
        ),
        migrations.RunPython(give_permissions(GROUPS), migrations.RunPython.noop),
    ]
