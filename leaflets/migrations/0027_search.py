from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

import leaflets.models.search

EDITORS = ["view_searchwords", "view_missedsearch"]
PUBLISHERS = [*EDITORS, "add_searchwords", "change_searchwords", "delete_missedsearch"]


def grant(apps, schema_editor):
    """Publishers edit the synonyms, and empty the list of words that were not found; Editors see both."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    # Django makes permissions only after the last migration; the groups need them now.
    config = installed_apps.get_app_config("leaflets")
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    for name, codenames in (("Editors", EDITORS), ("Publishers", PUBLISHERS)):
        permissions = Permission.objects.filter(content_type__app_label="leaflets", codename__in=codenames)
        for group in Group.objects.filter(name=name):
            group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [("leaflets", '0026_duties')]

    operations = [
        migrations.CreateModel(
            name="MissedSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("words", models.CharField(blank=True, max_length=60)),
                ("month", models.DateField()),
                ("times", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "search that found nothing",
                "verbose_name_plural": "searches that found nothing",
                "constraints": [
                    models.UniqueConstraint(fields=("digest", "month"), name="missed_search_once_per_month")
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchWords",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "synonyms",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="One line for words that mean the same, such as EHCP = EHC plan. Or with an arrow: statement → EHC plan says that a search for “statement” also looks for “EHC plan”, but not the other way round. For the arrow you can write ->.",
                        validators=[leaflets.models.search.validate_synonyms],
                    ),
                ),
                (
                    "elsewhere",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Shown where the search finds nothing. One line for each: name | https://www.example.org/ | what they help with.",
                        validators=[leaflets.models.search.validate_elsewhere],
                        verbose_name="other organisations",
                    ),
                ),
                ("loaded_digest", models.CharField(blank=True, editable=False, max_length=64)),
            ],
            options={
                "verbose_name": "words of the search",
                "verbose_name_plural": "words of the search",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="search_words_are_one")
                ],
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
