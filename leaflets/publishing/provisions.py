"""Changes to single provisions by staff."""

from django.db import transaction

from leaflets.law.sources import default_chapter
from leaflets.models import Edition, Provision

from .editions import render_again
from .law import set_text, sort_provisions


@transaction.atomic
def store_provision(provision: Provision) -> None:
    """Save a provision that staff added or changed, and render the texts again that may cite it."""
    version = provision.version
    if provision.chapter is None:
        number = default_chapter(version.source.kind, provision.number)
        provision.chapter = version.chapters.filter(number=number).first()
    set_text(provision, provision.text)
    provision.save()
    sort_provisions(version)
    render_again(Edition.objects.filter(sections__body__contains=provision.number).distinct())
