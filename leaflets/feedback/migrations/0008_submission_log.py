from django.db import migrations

from leaflets.migrations._permissions import rename_permissions


class Migration(migrations.Migration):
    """Sending is called SubmissionLog. The table keeps its name, so that old code can still read and write it."""

    dependencies = [
        ('feedback', '0007_looked_for'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterModelTable(name='sending', table='feedback_sending'),
        migrations.RenameModel(old_name='Sending', new_name='SubmissionLog'),
        migrations.AlterModelOptions(name='submissionlog', options={'verbose_name': 'sending'}),
        migrations.RunPython(
            rename_permissions('feedback', 'sending', 'submissionlog'),
            rename_permissions('feedback', 'submissionlog', 'sending'),
        ),
    ]
