"""Changes to single provisions by staff."""

from django.db import transaction
from django.db.models import Q

from leaflets.law.sources import default_chapter
from leaflets.models import Edition, Provision

from .editions import render_again
from .law import set_text, sort_provisions


@transaction.atomic
def store_provision(provision: Provision) -> None:
    """Save a provision that staff added or changed, and render the texts again that may cite it.

    A range of numbers, such as 6.14 to 6.17, does not name all that it cites: it cites a neighbour of a new provision.
    """
    version = provision.version
    if provision.chapter is None:
        number = default_chapter(version.source.kind, provision.number)
        provision.chapter = version.chapters.filter(number=number).first()
    set_text(provision, provision.text)
    provision.save()
    sort_provisions(version)
    provision.refresh_from_db(fields=["position"])
    cited = version.provisions.filter(position__range=(provision.position - 1, provision.position + 1))
    may_cite = Q(sections__body__contains=provision.number) | Q(sections__citations__provision__in=cited)
    render_again(Edition.objects.filter(may_cite).distinct())
