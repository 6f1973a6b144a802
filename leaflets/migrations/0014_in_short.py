"""A summary of a leaflet in a few lines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0013_topics")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="in_short",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="edition",
            name="in_short_html",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.AddField(
            model_name="edition",
            name="in_short_unapproved",
            field=models.BooleanField(
                db_default=False,
                default=False,
                verbose_name="“In short” is a draft for the service to approve",
            ),
        ),
    ]
