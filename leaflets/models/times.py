"""Times in words, for staff."""

import datetime as dt

from django.utils import timezone
from django.utils.formats import date_format


def describe_time(time: dt.datetime) -> str:
    """Return a time in the United Kingdom in words: "4 January 2027, 9:00". Of an hour that comes twice, says which."""
    local = timezone.localtime(time)
    words = date_format(local, "j F Y, G:i")
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        words += " (after the clocks go back)" if local.fold else " (before the clocks go back)"
    return words
