import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0016_intervention_levels")]

    operations = [
        # Null in tallies of the version before: then it is not known.
        migrations.AddField("feedback", "reply_never", models.BooleanField(editable=False, null=True)),
        migrations.AlterField(
            "interventionlevels",
            "level_3",
            models.PositiveIntegerField(
                blank=True,
                help_text="More than level 2 and less than level 4. The guidance of the Information, Advice and Support "
                "Services Network (“Intervention Levels”) says what counts. This website does not have its words: look "
                "there, or ask the Network.",
                null=True,
                validators=[
                    django.core.validators.MaxValueValidator(
                        99999, "This is more than 99,999 cases in a year. Check the number."
                    )
                ],
                verbose_name="Level 3",
            ),
        ),
        migrations.AlterModelOptions(
            "accesslog", {"verbose_name": "entry of the access log", "verbose_name_plural": "access log"}
        ),
    ]
