"""When a reply was sent, and what a tally keeps for the figures of a year.

All columns may be null: code of the version before writes messages and tallies without them, and null says that it is not
known. Of messages that are marked as replied to, the day is not known.
"""

from django.db import migrations, models


def note_replies(apps, schema_editor):
    apps.get_model("feedback", "Feedback").objects.filter(status="replied").update(reply_sent=True)


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0014_subsection_name'),
    ]

    operations = [
        migrations.AddField(
            model_name='feedback',
            name='replied_on',
            field=models.DateField(blank=True, help_text='The day on which you wrote or phoned. It counts in the figures of the year.', null=True, verbose_name='reply sent on'),
        ),
        migrations.AddField(
            model_name='feedback',
            name='reply_days',
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='feedback',
            name='reply_in_time',
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='feedback',
            name='reply_sent',
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='feedback',
            name='reply_asked',
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='feedback',
            name='had_change',
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.RunPython(note_replies, migrations.RunPython.noop),
    ]
