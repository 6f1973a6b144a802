"""Changes of leaflets that wait for their time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leaflets", "0025_withdrawals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ScheduledChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(choices=[("publish", "Publish"), ("withdraw", "Withdraw")], max_length=10)),
                ("due_at", models.DateTimeField()),
                ("edition_pk", models.PositiveBigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("live_pk", models.PositiveBigIntegerField(default=0)),
                ("change_note", models.CharField(blank=True, max_length=500)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("scheduled_at", models.DateTimeField(auto_now_add=True)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.TextField(blank=True)),
                ("is_to_be_told", models.BooleanField(default=False)),
                ("telling_since", models.DateTimeField(blank=True, null=True)),
                ("leaflet", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="scheduled_change", to="leaflets.leaflet")),
                ("read_instead", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="leaflets.leaflet")),
                ("scheduled_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("stopped_at", None)), fields=["due_at"], name="waiting_changes_by_time")],
                "constraints": [models.CheckConstraint(condition=models.Q(("stopped_at__isnull", False), ("problem", ""), _connector="OR"), name="waiting_changes_have_no_problem")],
            },
        ),
    ]
