from django.db import migrations, models

import leaflets.models.search

from ._permissions import give_permissions

# Publishers edit the synonyms, and empty the list of words that were not found; Editors see both.
EDITORS = ["view_searchwords", "view_missedsearch"]
GROUPS = {"Editors": EDITORS, "Publishers": [*EDITORS, "add_searchwords", "change_searchwords", "delete_missedsearch"]}


class Migration(migrations.Migration):
    dependencies = [("leaflets", '0021_duties')]

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
        migrations.RunPython(give_permissions(GROUPS), migrations.RunPython.noop),
    ]
