from django.db import migrations, models


class Migration(migrations.Migration):
    """Edition.awaiting_approval is called unapproved. The column keeps its name: the table does not change."""

    dependencies = [
        ('leaflets', '0006_section_blocks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='edition',
            name='awaiting_approval',
            field=models.BooleanField(db_column='awaiting_approval', default=False, verbose_name='draft for the service to approve'),
        ),
        migrations.RenameField(
            model_name='edition',
            old_name='awaiting_approval',
            new_name='unapproved',
        ),
    ]
