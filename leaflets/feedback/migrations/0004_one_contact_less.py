"""E-mail and phone have taken the place of the one contact field."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_fill")]

    operations = [migrations.RemoveField("feedback", "contact")]
