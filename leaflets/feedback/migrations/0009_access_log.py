from django.db import migrations

from leaflets.migrations._permissions import rename_permissions


class Migration(migrations.Migration):
    """Access is called AccessLog. The table keeps its name, so that old code can still read and write it."""

    dependencies = [
        ('feedback', '0008_submission_log'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterModelTable(name='access', table='feedback_access'),
        migrations.RenameModel(old_name='Access', new_name='AccessLog'),
        migrations.RunPython(
            rename_permissions('feedback', 'access', 'accesslog'),
            rename_permissions('feedback', 'accesslog', 'access'),
        ),
    ]
