"""Names of things in the admin, and for when editions were scheduled that the website published or withdrew.

That was in sentences of the history, which are kept for two years. What cannot be read there stays unknown.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_ZONE = ZoneInfo("Europe/London")
_CARRIED_OUT = "Carried out by the website, as scheduled on"
_FOR = re.compile(r".+ for (?P<time>[^,]+, [^,]+)")
_PUBLISHED = re.compile(r"Published edition (?P<number>[0-9]{1,9})\b")
_AFTER, _BEFORE = " (after the clocks go back)", " (before the clocks go back)"


def read_time(words: str) -> dt.datetime | None:
    """Return a time such as "4 January 2027, 9:00"; None where it cannot be read."""
    try:
        time = dt.datetime.strptime(words.removesuffix(_AFTER).removesuffix(_BEFORE), "%d %B %Y, %H:%M")
    except ValueError:
        return None
    return time.replace(tzinfo=_ZONE, fold=words.endswith(_AFTER)).astimezone(dt.UTC)


def fill_from_history(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    editions = apps.get_model("leaflets", "Edition").objects
    entries = apps.get_model("leaflets", "HistoryEntry").objects
    acts = entries.filter(content_type__app_label="leaflets", content_type__model="leaflet").exclude(object_id="")
    for carried_out in acts.filter(words__startswith=_CARRIED_OUT).order_by("pk").iterator():
        found = _FOR.fullmatch(carried_out.words)
        time = read_time(found["time"]) if found else None
        # The act of the same transaction, which had locked the leaflet, comes next.
        later = acts.filter(object_id=carried_out.object_id, pk__gt=carried_out.pk)
        act = later.filter(
            models.Q(words__startswith="Published edition ") | models.Q(words__startswith="Withdrew the leaflet")
        )
        act = act.order_by("pk").first()
        if time is None or act is None:
            continue
        of_leaflet = editions.filter(leaflet=int(carried_out.object_id))
        if published := _PUBLISHED.match(act.words):
            of_leaflet.filter(number=int(published["number"])).update(scheduled_for=time)
            continue
        # The entry names no edition: it is stored after the edition that was withdrawn.
        withdrawn = of_leaflet.filter(withdrawn_at__lte=act.at).order_by("-withdrawn_at").first()
        if withdrawn:
            of_leaflet.filter(pk=withdrawn.pk).update(withdrawal_scheduled_for=time)


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0029_texts_of_drafts")]

    operations = [
        migrations.AlterModelOptions("service", {"verbose_name_plural": "your service"}),
        migrations.AlterField(
            "historyentry",
            "kind",
            models.CharField(
                choices=[
                    ("leaflets", "Leaflets"),
                    ("records", "Service, law, words and notices"),
                    ("accounts", "People and what they may do"),
                    ("sign-in", "Sign-in"),
                    ("messages", "Messages"),
                    ("exports", "Exports"),
                    ("loading", "Loaded and restored"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField("edition", "scheduled_for", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "edition", "withdrawal_scheduled_for", models.DateTimeField(editable=False, null=True)
        ),
        migrations.RunPython(fill_from_history, migrations.RunPython.noop),
    ]
