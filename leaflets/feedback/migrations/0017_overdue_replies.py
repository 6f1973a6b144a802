from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0016_intervention_levels")]

    operations = [
        # Null in tallies of the version before: then it is not known.
        migrations.AddField("feedback", "reply_never", models.BooleanField(editable=False, null=True)),
        migrations.AlterModelOptions(
            "accesslog", {"verbose_name": "entry of the access log", "verbose_name_plural": "access log"}
        ),
    ]
