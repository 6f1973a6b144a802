from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0029_texts_of_drafts")]

    operations = [
        migrations.AlterModelOptions("service", {"verbose_name_plural": "your service"}),
        migrations.AlterField(
            "historyentry",
            "kind",
            models.CharField(
                choices=[
                    ("leaflets", "Leaflets"),
                    ("records", "Service, law, words and notices"),
                    ("accounts", "People and what they may do"),
                    ("sign-in", "Sign-in"),
                    ("messages", "Messages"),
                    ("exports", "Exports"),
                    ("loading", "Loaded and restored"),
                ],
                max_length=20,
            ),
        ),
    ]
