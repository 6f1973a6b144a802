from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0028_earlier_facts")]

    operations = [
        migrations.AddField("draftnote", "draft_text", models.JSONField(editable=False, null=True)),
    ]
