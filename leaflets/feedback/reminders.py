"""What those who read messages are reminded of by e-mail: the replies that were promised. Numbers and days, no contents."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.urls import reverse

from leaflets.reminders import ReminderItem, register_reminder_source, say_when

from . import replies, reply_deadlines
from .models import Feedback

# A message waits this many working days before the day of its reply.
_DAYS_AHEAD = 3


@register_reminder_source("feedback.view_feedback")
def find_replies_due(today: dt.date) -> Iterator[ReminderItem]:
    """Yield one `ReminderItem` for each day by which replies were promised, the earliest first."""
    messages = Feedback.objects.waiting_for_reply().annotate(day=TruncDate("sent_at"))
    sent = list(messages.order_by("day").values_list("day").annotate(number=Count("pk")))
    closed = replies.closed_days() if sent else ()
    numbers: dict[dt.date, int] = {}
    for day, number in sent:
        due = reply_deadlines.due_on(day, closed)
        numbers[due] = numbers.get(due, 0) + number
    path = f"{reverse('admin:feedback_feedback_changelist')}?reply=waiting"
    for due, number in numbers.items():
        if reply_deadlines.count_working_days(today, due, closed) > _DAYS_AHEAD:
            continue
        text = f"{number} message{'' if number == 1 else 's'}, {say_when(due, today)}"
        counted_as = ("message to answer", "messages to answer")
        yield ReminderItem(
            f"replies-{due}", "Messages that wait for a reply", text, path, counted_as, due, number
        )
