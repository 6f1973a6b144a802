"""Fill in the dates of the editions that are stored.

In batches of their own transactions, so that no edition is locked for long. A run that was interrupted goes on with the
leaflets that it did not finish.
"""

from collections import defaultdict
from itertools import groupby, islice, tee

from django.db import migrations, transaction
from django.utils import timezone

from leaflets.content.edition_dates import LeafletWords, date_editions

BATCH = 100  # editions


def fill_dates(apps, schema_editor):
    alias = schema_editor.connection.alias
    model = apps.get_model("leaflets", "Edition")
    dated = date_each(read_editions(apps, alias))
    while batch := list(islice(dated, BATCH)):
        editions = [
            model(pk=pk, on_site_since=dates.on_site_since, words_changed_on=dates.words_changed_on)
            for pk, dates in batch
        ]
        with transaction.atomic(using=alias):
            model.objects.using(alias).bulk_update(editions, ["on_site_since", "words_changed_on"])


def date_each(rows):
    """Yield the primary key and the dates of each edition."""
    for _leaflet, editions in groupby(rows, key=lambda row: row[0]):
        # One edition is read at a time: the second iterator is at most one ahead of the first.
        editions, again = tee(editions)
        dates = date_editions((timezone.localdate(published_at), words) for _, _, published_at, words in again)
        for (_, pk, _, _), edition_dates in zip(editions, dates):
            yield pk, edition_dates


def read_editions(apps, alias):
    """Yield leaflet, primary key, time of publication and words of the public editions, by leaflet, oldest first."""
    public = apps.get_model("leaflets", "Edition").objects.using(alias).exclude(status="draft")
    undated = public.filter(on_site_since=None).values("leaflet")
    ordered = public.filter(leaflet__in=undated).order_by("leaflet", "published_at", "number")
    pks = iter(list(ordered.values_list("pk", flat=True)))
    while batch := list(islice(pks, BATCH)):
        sections = read_sections(apps, alias, batch)
        facts = {row[1]: row for row in public.filter(pk__in=batch).values_list("leaflet", "pk", "published_at", "title")}
        for pk in batch:
            leaflet, _pk, published_at, title = facts[pk]
            yield leaflet, pk, published_at, LeafletWords(title, tuple(sections[pk]))


def read_sections(apps, alias, editions):
    """Return the heading and body of each section in reading order, by the edition's primary key."""
    found = defaultdict(list)
    rows = apps.get_model("leaflets", "Section").objects.using(alias).filter(edition__in=editions)
    for edition, heading, body in rows.order_by("edition", "position").values_list("edition", "heading", "body"):
        found[edition].append((heading, body))
    return found


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("leaflets", "0015_edition_dates")]

    operations = [migrations.RunPython(fill_dates, migrations.RunPython.noop, elidable=True)]
