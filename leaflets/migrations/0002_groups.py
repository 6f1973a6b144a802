"""Editors write drafts; Publishers also publish, withdraw, restore and edit the records."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

EDITORS = ["add_leaflet", "change_edition", "change_leaflet"] + [
    f"view_{model}"
    for model in (
        "citation", "codechapter", "codeedition", "codeparagraph", "edition", "leaflet", "oldslug", "section", "service",
    )
]
PUBLISHERS = [*EDITORS, "publish_edition", "change_service", "change_codeedition", "change_codeparagraph"]


def make_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    # Django makes permissions only after the last migration; the groups need them now.
    config = installed_apps.get_app_config("leaflets")
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    for name, codenames in (("Editors", EDITORS), ("Publishers", PUBLISHERS)):
        group, _ = Group.objects.get_or_create(name=name)
        permissions = Permission.objects.filter(content_type__app_label="leaflets", codename__in=codenames)
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("leaflets", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
