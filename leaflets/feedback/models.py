"""Messages of the form Have Your Say, and the logs about them."""

import secrets

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.timezone import localtime

from leaflets.models import Edition, Leaflet, Section
from leaflets.periods import year_from

# Without 0 O 1 I L 5 S 2 Z 8 B: a reference is read out on the phone.
_REFERENCE_CHARACTERS = "ACDEFGHJKMNPQRTUVWXY34679"
_REFERENCE_LENGTH = 8

COMMENTS_LIMIT = 4000  # characters
NOTE_LIMIT = 10_000  # characters: a subject access search reads the notes of all messages
DIGEST_LENGTH = 64
MOST_CASES = 99_999  # of one level in one year: more is a slip
SUBSECTION_NAME_LIMIT = 410  # characters: two headings


def make_reference() -> str:
    """A random reference of 8 characters out of 25, in two groups of four. It cannot be guessed, nor counted."""
    characters = "".join(secrets.choice(_REFERENCE_CHARACTERS) for _ in range(_REFERENCE_LENGTH))
    return f"{characters[:4]}-{characters[4:]}"


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Queries of the pages, the notifications and the retention."""

    def shown_to_public(self) -> "FeedbackQuerySet":
        """The messages for the page You said, we did, newest first, without what their senders wrote."""
        shown = self.filter(is_public=True).select_related("leaflet")
        return shown.only("you_said", "we_did", "sent_at", "leaflet__slug").order_by("-sent_at", "-pk")

    def waiting_for_notice(self) -> "FeedbackQuerySet":
        """Messages that staff have not been notified of."""
        return self.not_anonymised().filter(notified_at=None)

    def waiting_for_reply(self) -> "FeedbackQuerySet":
        """Messages whose sender wants a reply, has none, and can be reached."""
        unanswered = (Feedback.Status.NEW, Feedback.Status.READ)
        return self.filter(wants_reply=True, status__in=unanswered).exclude(email="", phone="")

    def with_titles(self) -> "FeedbackQuerySet":
        """Annotate `leaflet_title` and `section_heading`: those of the newest edition, or None.

        For a heading inside a section, `section_heading` is the name that was stored, "A graduated approach: Plan".
        """
        newest = Edition.objects.filter(leaflet=OuterRef("leaflet")).order_by("-number")
        sections = Section.objects.filter(edition__leaflet=OuterRef("leaflet"), anchor=OuterRef("section"))
        return self.annotate(
            leaflet_title=Subquery(newest.values("title")[:1]),
            section_heading=Coalesce(
                NullIf("subsection_name", Value("")),
                Subquery(sections.order_by("-edition__number").values("heading")[:1]),
            ),
        )

    def with_details(self) -> "FeedbackQuerySet":
        """Messages with a name, an e-mail address, a phone number or an internal note."""
        return self.exclude(name="", email="", phone="", note="")

    def not_anonymised(self) -> "FeedbackQuerySet":
        """Messages that have not been anonymised."""
        return self.exclude(reference=None)


class Feedback(models.Model):
    """One message. When it expires it is anonymised: month, leaflet, section, useful or not, and how it was answered stay.

    Name, e-mail and phone are empty unless the sender wants a reply.
    """

    class Useful(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"

    class Status(models.TextChoices):
        NEW = "new", "New"
        READ = "read", "Read"
        REPLIED = "replied", "Replied"
        CLOSED = "closed", "Closed"

    reference = models.CharField(
        max_length=9, unique=True, null=True, blank=True, default=make_reference, editable=False
    )
    # Digest that makes a repeated submission a duplicate: see `submissions`.
    submission = models.CharField(max_length=DIGEST_LENGTH, unique=True, null=True, editable=False)
    sent_at = models.DateTimeField("sent", auto_now_add=True, db_index=True)
    leaflet = models.ForeignKey(Leaflet, models.PROTECT, null=True, blank=True, related_name="+")
    # The anchor of a section, or of a heading inside one, whose name is then stored: "A graduated approach: Plan".
    section = models.CharField(max_length=80, blank=True)
    subsection_name = models.CharField(
        max_length=SUBSECTION_NAME_LIMIT, blank=True, db_default="", default=""
    )
    edition_number = models.PositiveIntegerField("edition", null=True, blank=True)
    useful = models.CharField(max_length=3, blank=True, choices=Useful.choices)
    comments = models.TextField(max_length=COMMENTS_LIMIT, blank=True)
    wants_reply = models.BooleanField("wants a reply", default=False)
    name = models.CharField(max_length=100, blank=True)
    email = models.CharField("e-mail", max_length=200, blank=True)
    phone = models.CharField(max_length=50, blank=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    note = models.TextField(
        "internal note",
        max_length=NOTE_LIMIT,
        blank=True,
        help_text="Only staff see it. It is deleted with name, e-mail and phone.",
    )
    you_said = models.CharField(
        max_length=500, blank=True,
        help_text="What was said, in your own words. Leave out everything that tells who said it.",
    )  # fmt: skip
    we_did = models.CharField("what we changed because of this", max_length=500, blank=True)
    is_public = models.BooleanField(
        "show on the page “You said, we did”",
        default=False,
        help_text="Readers see the two texts above at once.",
    )

    # The reply: see `replies`. What is null is not known, such as that of a message that an older version anonymised.
    replied_on = models.DateField(
        "reply sent on",
        null=True,
        blank=True,
        help_text="The day on which you wrote or phoned. It counts in the figures of the year.",
    )
    reply_sent = models.BooleanField(null=True, editable=False)
    # Working days from message to reply.
    reply_days = models.PositiveSmallIntegerField(null=True, editable=False)
    reply_in_time = models.BooleanField(null=True, editable=False)
    # Of anonymised messages only: whether a reply was asked for, whether none was given though its day was over or the
    # message was closed, and whether something was changed because of the message.
    reply_asked = models.BooleanField(null=True, editable=False)
    reply_never = models.BooleanField(null=True, editable=False)
    had_change = models.BooleanField(null=True, editable=False)

    closed_at = models.DateTimeField(null=True, editable=False)
    # An anonymised message has neither: they would reveal the day on which it was sent.
    comments_until = models.DateField("comments are deleted after", null=True, editable=False)
    details_until = models.DateField(
        "name, e-mail, phone and note are deleted after", null=True, editable=False
    )
    notified_at = models.DateTimeField(null=True, editable=False)
    notice_tried_at = models.DateTimeField(null=True, editable=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "message"
        verbose_name_plural = "messages"
        permissions = [
            ("export_feedback", "Can export messages without personal details"),
            ("export_personal_details", "Can export messages with personal details"),
        ]

    def __str__(self) -> str:
        return self.reference or f"Tally of {localtime(self.sent_at):%B %Y}"

    @property
    def is_anonymised(self) -> bool:
        """Whether the message was erased or has expired. Pages call such a message a “Tally”."""
        return self.reference is None

    @property
    def has_reply(self) -> bool | None:
        """Whether a reply was sent; None where it is not known."""
        if self.status == self.Status.REPLIED:
            return True
        is_open = self.status in (self.Status.NEW, self.Status.READ)
        return False if is_open and self.reply_sent is None else self.reply_sent

    @property
    def has_details(self) -> bool:
        return bool(self.name or self.email or self.phone or self.note)

    @property
    def waits_for_reply(self) -> bool:
        can_be_reached = bool(self.email or self.phone)
        return self.wants_reply and can_be_reached and self.status in (self.Status.NEW, self.Status.READ)


def _number_of_cases(verbose_name: str, help_text: str) -> models.PositiveIntegerField:
    """The number of cases of a level in a year; None where the service did not type it in, which is not 0."""
    most = MaxValueValidator(
        MOST_CASES, f"This is more than {MOST_CASES:,} cases in a year. Check the number."
    )
    return models.PositiveIntegerField(
        verbose_name, null=True, blank=True, help_text=help_text, validators=[most]
    )


class InterventionLevels(models.Model):
    """How many cases of each intervention level the service had in one year, which begins on `first`: see `levels`."""

    # The first day of the year says its kind too: April, September or January.
    first = models.DateField("year", unique=True)
    level_1 = _number_of_cases(
        "Level 1: information and advice",
        "A question is answered, or somebody is told where to turn: one contact, mostly under two hours. Visits to this "
        "website and leaflets that you gave out do not count.",
    )
    level_2 = _number_of_cases(
        "Level 2: help over some time",
        "Help with papers and forms, with letters and calls to a school or the council, or at a meeting.",
    )
    level_3 = _number_of_cases(
        "Level 3",
        "More than level 2 and less than level 4. The guidance of the Information, Advice and Support Services Network "
        "(“Intervention Levels”) says what counts. This website does not have its words: look there, or ask the Network.",
    )
    level_4 = _number_of_cases(
        "Level 4: tribunal",
        "Advice and support with an appeal to the SEND Tribunal, or with legal work that is as complex.",
    )
    note = models.CharField(
        max_length=500,
        blank=True,
        help_text="Such as where the numbers come from. It stands below them. Leave out everything about a person.",
    )

    class Meta:
        verbose_name = "record of intervention levels"
        verbose_name_plural = "intervention levels"

    def __str__(self) -> str:
        return str(year_from(self.first))


class SubmissionLog(models.Model):
    """That a message was stored: for rate limits, and to recognise a repeated submission.

    Rows are deleted within a day.
    """

    # Keyed hash of the sender's address.
    sender = models.CharField(max_length=DIGEST_LENGTH)
    # The same of the wider networks of an IPv6 address, of which one home or office may have all addresses, else "".
    network_56 = models.CharField(max_length=DIGEST_LENGTH, blank=True, db_default="")
    network_48 = models.CharField(max_length=DIGEST_LENGTH, blank=True, db_default="")
    # Keyed digest of the nonce of the form's token.
    form = models.CharField(max_length=DIGEST_LENGTH, blank=True, db_default="")
    # Keyed digest of the message, the sender and the browser's User-Agent.
    words = models.CharField(max_length=DIGEST_LENGTH, blank=True, db_default="")
    feedback = models.ForeignKey(Feedback, models.CASCADE, null=True, related_name="sendings")
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        db_table = "feedback_sending"
        verbose_name = "sending"
        indexes = [models.Index(fields=["sender", "at"], name="sendings_by_sender")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class AccessLog(models.Model):
    """That a member of staff opened, searched, exported or erased messages."""

    class Action(models.TextChoices):
        OPENED = "opened", "Opened"
        SEARCHED = "looked-for", "Looked for somebody"
        EXPORTED = "exported", "Exported without personal details"
        EXPORTED_DETAILS = "exported-details", "Exported with personal details"
        ERASED = "erased", "Erased"

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Kept when the account is deleted.
    username = models.CharField(max_length=150)
    action = models.CharField(max_length=20, choices=Action.choices)
    reference = models.CharField(max_length=9, blank=True)
    messages = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "feedback_access"
        verbose_name = "entry of the access log"
        verbose_name_plural = "access log"

    def __str__(self) -> str:
        return f"{self.username} {self.get_action_display().lower()} {self.reference or self.messages}"


class PurgeRun(models.Model):
    """One run of `retention.purge`: how many messages lost their details, and how many were anonymised."""

    at = models.DateTimeField(auto_now_add=True)
    details = models.PositiveIntegerField()
    comments = models.PositiveIntegerField()

    class Meta:
        db_table = "feedback_purge"
        verbose_name = "daily deletion"
        verbose_name_plural = "daily deletions"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}: {self.details} details, {self.comments} comments"


class UnfinishedErasure(models.Model):
    """That content was erased from the tables, and may still be in SQLite's write-ahead log.

    Stored in the transaction of the erasure; deleted when the log was truncated. It says nothing of the content.
    """

    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
