import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0027_history")]

    operations = [
        migrations.CreateModel(
            name="EarlierFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phone", "phone number"),
                            ("email", "e-mail address"),
                            ("postcode", "postcode"),
                            ("address", "line of an address"),
                            ("hours", "opening hours"),
                            ("name", "name"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("key", models.CharField(max_length=300)),
                ("until", models.DateField(default=django.utils.timezone.localdate)),
                ("still_right_by", models.CharField(blank=True, db_default="", default="", max_length=150)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("kind", "key"), name="earlier_fact_once")],
            },
        ),
    ]
