from django.db import migrations


class Migration(migrations.Migration):
    """SiteStamp is called SiteVersion. The table keeps its name, so that old code can still read and write it."""

    dependencies = [
        ('leaflets', '0004_site_stamp'),
    ]

    operations = [
        migrations.AlterModelTable(name='sitestamp', table='leaflets_sitestamp'),
        migrations.RenameModel(old_name='SiteStamp', new_name='SiteVersion'),
    ]
