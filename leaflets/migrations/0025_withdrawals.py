"""When, by whom and why an edition was withdrawn. What was withdrawn before has its time from the admin log."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill_from_log(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    Edition = apps.get_model("leaflets", "Edition")  # noqa: N806
    log = apps.get_model("admin", "LogEntry").objects.filter(
        content_type__app_label="leaflets",
        content_type__model="leaflet",
        change_message__startswith="Withdrew the leaflet",
    )
    for edition in Edition.objects.filter(status="withdrawn", withdrawn_at=None):
        later = Edition.objects.filter(leaflet=edition.leaflet_id, published_at__gt=edition.published_at)
        until = later.order_by("published_at").values_list("published_at", flat=True).first()
        entries = log.filter(object_id=str(edition.leaflet_id), action_time__gte=edition.published_at)
        if until:
            entries = entries.filter(action_time__lt=until)
        if entry := entries.order_by("action_time").first():
            edition.withdrawn_at, edition.withdrawn_by_id = entry.action_time, entry.user_id
            edition.save(update_fields=["withdrawn_at", "withdrawn_by"])


class Migration(migrations.Migration):
    dependencies = [
        ("leaflets", "0024_owners_and_reminders"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="withdrawal_reason",
            field=models.CharField(blank=True, db_default="", default="", help_text="Readers see it at its address.", max_length=500),
        ),
        migrations.AddField(
            model_name="edition",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="edition",
            name="withdrawn_by",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunPython(fill_from_log, migrations.RunPython.noop),
    ]
