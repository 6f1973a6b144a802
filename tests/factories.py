"""Factories for tests with a database: content folders, loads, edits by staff, feedback and users."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from leaflets.content.folder import Content, write_folder
from leaflets.content.glossary import GlossarySource, TermSource
from leaflets.content.leaflet import INTRODUCTION, Heading, LeafletSource, SectionSource
from leaflets.content.notices import NoticeSource, NoticesSource
from leaflets.content.service import ServiceSource
from leaflets.content.topics import TopicSource, TopicsSource
from leaflets.feedback import retention
from leaflets.feedback.models import Feedback
from leaflets.law.sources import LawSource, VersionSource
from leaflets.models import Edition, Leaflet, Notice
from leaflets.publishing import drafts, loading
from leaflets.publishing.version_token import VersionToken
from tests import texts

SLUG = "sen-support"


def leaflet_with_introduction(words: str, **fields: object) -> LeafletSource:
    """A leaflet with an introduction of these words, and nothing else."""
    introduction = SectionSource(Heading("", INTRODUCTION), words)
    return texts.leaflet(sections=(introduction,), **fields)


def write_content(
    folder: Path,
    *,
    leaflets: Iterable[LeafletSource] | None = None,
    service: ServiceSource | None = None,
    sources: Iterable[LawSource] | None = None,
    codes: Iterable[VersionSource] | None = None,
    topics: Iterable[TopicSource] = (),
    terms: Iterable[TermSource] | None = None,
    notices: Iterable[NoticeSource] | None = None,
) -> Path:
    """Write a content folder with these leaflets, service, Codes and words explained. Defaults are valid."""
    shutil.rmtree(folder / "leaflets", ignore_errors=True)
    (folder / "topics.yaml").unlink(missing_ok=True)
    (folder / "notices.yaml").unlink(missing_ok=True)
    topics = tuple(topics)
    (folder / "glossary.yaml").unlink(missing_ok=True)
    content = Content(
        service=service or texts.service(),
        sources=tuple(sources or [texts.source()]),
        versions=tuple(codes or [texts.code()]),
        leaflets=tuple([texts.leaflet()] if leaflets is None else leaflets),
        topics=TopicsSource(topics) if topics else None,
        glossary=None if terms is None else GlossarySource(tuple(terms)),
        notices=None if notices is None else NoticesSource(tuple(notices)),
    )
    write_folder(folder, content)
    return folder


def load(folder: Path, *, take: str = "", **content: object) -> dict[str, str]:
    """Write a content folder and load it; return the outcome of each file, by its name."""
    report = loading.load(write_content(folder, **content), take=take)
    return dict(report.outcomes)


def load_two(folder: Path, words: str = "The first words.") -> Leaflet:
    """Load two leaflets; return the first, whose introduction these words are. What staff wrote is replaced."""
    load(
        folder,
        leaflets=[
            leaflet_with_introduction(words, slug=SLUG),
            leaflet_with_introduction("Another leaflet.", slug="other"),
        ],
        take="file",
    )
    return Leaflet.objects.get(slug=SLUG)


def get_officer() -> User:
    """The user "officer" who edits leaflets, created when first asked for."""
    return User.objects.get_or_create(username="officer", is_staff=True)[0]


def draft_as_staff(words: str, slug: str = SLUG, **fields: object) -> Edition:
    """Save a draft of a leaflet, with these words as its introduction, and these fields of its source."""
    leaflet = Leaflet.objects.get(slug=slug)
    opened = drafts.get_edit_state(leaflet)
    introduction, *others = opened.source.sections
    source = replace(
        opened.source,
        title=opened.source.title or "A leaflet by staff",
        summary=opened.source.summary or "What staff have to say.",
        sections=(replace(introduction, body=words), *others),
        **fields,
    )
    return drafts.save_draft(leaflet, source, basis=opened.basis, by=get_officer())


def publish_as_staff(draft: Edition) -> Edition:
    """Publish a draft."""
    return drafts.publish_draft(
        draft.leaflet, basis=basis_of(draft), by=get_officer(), change_note="Clearer words."
    )


def basis_of(edition: Edition) -> VersionToken:
    """The basis of a page that shows this edition now."""
    live = edition.leaflet.editions.published().first()
    return VersionToken(edition.pk, edition.version, live.pk if live else 0)


def edit_as_staff(words: str, slug: str = SLUG, **fields: object) -> Edition:
    """Publish an edition of a leaflet, with these words as its introduction, and these fields of its source."""
    return publish_as_staff(draft_as_staff(words, slug, **fields))


def published_edition(slug: str = SLUG) -> Edition:
    """The published edition of a leaflet."""
    return Edition.objects.published().get(leaflet__slug=slug)


def introduction_of(edition: Edition) -> str:
    """The Markdown before an edition's first heading."""
    return edition.sections.get(position=0).body


def history(slug: str = SLUG) -> list[tuple[int, str]]:
    """The number and status of each edition of a leaflet."""
    editions = Edition.objects.filter(leaflet__slug=slug).order_by("number")
    return list(editions.values_list("number", "status"))


def notice(text: str = "The office is closed.", **fields: object) -> Notice:
    """Store a notice that every page shows since an hour ago, for a day."""
    now = timezone.now().replace(second=0, microsecond=0)
    times = {"starts": now - timedelta(hours=1), "ends": now + timedelta(days=1)}
    return Notice.objects.create(text=text, **times | fields)


def create_feedback(comments: str = "Very clear.", *, days_ago: int = 0, **fields: object) -> Feedback:
    """Store a feedback message as if it had been sent this many days ago."""
    sent = timezone.now() - timedelta(days=days_ago)
    stored = Feedback.objects.create(comments=comments, **retention.initial_dates() | fields)
    ago = timedelta(days=days_ago)
    dates = {"comments_until": stored.comments_until - ago, "details_until": stored.details_until - ago}
    Feedback.objects.filter(pk=stored.pk).update(sent_at=sent, **dates)
    stored.refresh_from_db()
    return stored


def create_staff(*groups: str, may: Iterable[str] = ()) -> User:
    """Create a member of staff in these groups, with more permissions such as `export_personal_details`."""
    user = User.objects.create(username="-".join([*groups, *may]) or "nobody", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    return user


def start_manage(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start `manage.py` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_manage(*arguments: object, **environment: str) -> tuple[int, str, str]:
    """Run `manage.py`; return its exit status, standard output and standard error."""
    process = start_manage(*arguments, **environment)
    printed, errors = process.communicate(timeout=300)
    return process.returncode, printed, errors
