"""Since when a leaflet is on this site, and when its words changed. The next migration fills them in for what is stored.

Two migrations: on PostgreSQL, adding columns locks the table until the migration ends.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0014_in_short")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="on_site_since",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="edition",
            name="words_changed_on",
            field=models.DateField(editable=False, null=True),
        ),
    ]
