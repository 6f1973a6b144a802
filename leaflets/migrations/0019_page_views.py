"""How often pages are read. A section can be of the kind "reading", which adds no column."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leaflets', '0018_notices'),
    ]

    operations = [
        migrations.AlterField(
            model_name='section',
            name='kind',
            field=models.CharField(blank=True, choices=[('duties', 'Duties'), ('support', 'Support'), ('steps', 'Steps'), ('contact', 'Contact'), ('feedback', 'Feedback'), ('privacy', 'Privacy'), ('retention', 'Retention'), ('reading', 'Reading')], max_length=20),
        ),
        migrations.CreateModel(
            name='PageViews',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(choices=[('leaflet', 'Leaflet'), ('pdf', 'PDF'), ('provision', 'Paragraph or section of the law')], max_length=20)),
                ('page', models.CharField(max_length=120)),
                ('views', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'page views',
                'constraints': [models.UniqueConstraint(fields=('day', 'kind', 'page'), name='page_views_once_a_day')],
            },
        ),
    ]
