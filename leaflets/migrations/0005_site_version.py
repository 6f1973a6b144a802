from django.db import migrations

from ._permissions import rename_permissions


class Migration(migrations.Migration):
    """SiteStamp is called SiteVersion. The table keeps its name, so that old code can still read and write it."""

    dependencies = [
        ('leaflets', '0004_site_stamp'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterModelTable(name='sitestamp', table='leaflets_sitestamp'),
        migrations.RenameModel(old_name='SiteStamp', new_name='SiteVersion'),
        migrations.RunPython(
            rename_permissions('leaflets', 'sitestamp', 'siteversion'),
            rename_permissions('leaflets', 'siteversion', 'sitestamp'),
        ),
    ]
