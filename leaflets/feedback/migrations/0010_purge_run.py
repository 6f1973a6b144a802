from django.db import migrations

from leaflets.migrations._permissions import rename_permissions


class Migration(migrations.Migration):
    """Purge is called PurgeRun. The table keeps its name, so that old code can still read and write it."""

    dependencies = [
        ('feedback', '0009_access_log'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterModelTable(name='purge', table='feedback_purge'),
        migrations.RenameModel(old_name='Purge', new_name='PurgeRun'),
        migrations.RunPython(
            rename_permissions('feedback', 'purge', 'purgerun'),
            rename_permissions('feedback', 'purgerun', 'purge'),
        ),
    ]
