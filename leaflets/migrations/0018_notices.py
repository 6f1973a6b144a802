"""Notices at the top of pages. Editors see them; Publishers edit them."""

from django.db import migrations, models

from ._permissions import give_permissions

GROUPS = {"Editors": ["view_notice"], "Publishers": ["add_notice", "change_notice", "delete_notice", "view_notice"]}


class Migration(migrations.Migration):

    dependencies = [
        ("leaflets", "0017_glossary"),
    ]

    operations = [
        migrations.CreateModel(
            name='LoadedNotices',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='loaded_notices_are_one')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(help_text='One or two short sentences, such as: Our phone line is closed on Friday. Marks such as * or # are shown as they are.', max_length=300)),
                ('level', models.CharField(choices=[('information', 'Information'), ('important', 'Important')], default='information', help_text='“Important” has a thicker border and the word “Important”. Keep it for what a parent must not miss.', max_length=20, verbose_name='how it is shown')),
                ('link_words', models.CharField(blank=True, help_text='Such as: See our opening hours. Leave it empty where the notice needs no link.', max_length=80, verbose_name='words of the link')),
                ('link', models.CharField(blank=True, help_text='A page of this site, such as /contact/, another one that starts with https://, a phone number, such as tel:01632960000, or an e-mail address, such as mailto:send@example.org.', max_length=200, verbose_name='address of the link')),
                ('starts', models.DateTimeField(help_text='The day and time from which readers see it.', verbose_name='from')),
                ('ends', models.DateTimeField(help_text='The day and time at which it goes by itself. Readers see “Until …” behind the text. Midnight is the beginning of a day: to show it for the whole of Friday, choose Saturday, 00:00.', verbose_name='until')),
                ('pages', models.JSONField(blank=True, default=list, help_text='One address per line, such as /contact/ or /leaflets/sen-in-mainstream-schools/. Leave it empty to show the notice on every page.', verbose_name='only on these pages')),
            ],
            options={
                'ordering': ('-ends', '-starts', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('ends__gt', models.F('starts'))), name='notice_ends_after_start')],
            },
        ),
        migrations.RunPython(give_permissions(GROUPS), migrations.RunPython.noop),
    ]
