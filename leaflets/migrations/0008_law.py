"""The Code of Practice becomes one of several sources of law. Old and new code cannot share the database."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from leaflets.law.sources import LawSource

from ._permissions import rename_permissions

SLUG = django.core.validators.RegexValidator("^[a-z0-9]+(-[a-z0-9]+)*\\Z", "Use small letters, digits and hyphens.")
RENAMED = [("codeedition", "sourceversion"), ("codechapter", "chapter"), ("codeparagraph", "provision")]


def fill(apps, schema_editor):
    """Make the source of the versions that there are, and number chapters and provisions within their version."""
    Source, SourceVersion, Provision = (
        apps.get_model("leaflets", name) for name in ("Source", "SourceVersion", "Provision")
    )
    newest = SourceVersion.objects.order_by("-in_force_from").first()
    if newest is None:
        return
    names = (newest.title, newest.full_title, newest.url)
    source = Source.objects.create(
        slug="code-of-practice",
        kind="code",
        title=newest.title,
        full_title=newest.full_title,
        url=newest.url,
        # As if this had been loaded: the next load then takes what the file adds.
        loaded_digest=LawSource("code-of-practice", "code", *names).digest,
    )
    SourceVersion.objects.update(source=source)
    for version in SourceVersion.objects.all():
        chapters = sorted(version.chapters.all(), key=lambda chapter: int(chapter.number))
        for position, chapter in enumerate(chapters):
            chapter.position = position
            chapter.save()
        provisions = Provision.objects.filter(chapter__version=version).select_related("chapter")
        in_order = sorted(provisions, key=lambda provision: (provision.chapter.position, provision.position))
        for position, provision in enumerate(in_order):
            provision.version, provision.position = version, position
            provision.save()


def unfill(apps, schema_editor):
    """Put the names of the source on its versions, and number provisions within their chapter."""
    SourceVersion, Provision = (apps.get_model("leaflets", name) for name in ("SourceVersion", "Provision"))
    for version in SourceVersion.objects.select_related("source"):
        version.title, version.full_title = version.source.title, version.source.full_title
        version.save()
    for provision in Provision.objects.all():
        provision.position = int(provision.number.partition(".")[2] or provision.position)
        provision.save()


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("leaflets", "0007_unapproved"),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(max_length=120, unique=True, validators=[SLUG])),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("code", "Code"),
                            ("guidance", "Guidance"),
                            ("act", "Act"),
                            ("regulations", "Regulations"),
                        ],
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(help_text="What our leaflets call it.", max_length=200)),
                ("full_title", models.CharField(max_length=300)),
                (
                    "names",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Other names by which people cite it, one per line: CFA 2014.",
                    ),
                ),
                ("url", models.URLField(verbose_name="where it is published")),
                ("loaded_digest", models.CharField(editable=False, max_length=64)),
            ],
        ),
        migrations.RemoveConstraint("codechapter", "chapter_once_per_code_edition"),
        migrations.RemoveConstraint("codeparagraph", "paragraph_once_per_chapter"),
        # In this order, in which Django can also undo them: a model before those that it refers to.
        migrations.RenameModel("CodeParagraph", "Provision"),
        migrations.RenameModel("CodeChapter", "Chapter"),
        migrations.RenameModel("CodeEdition", "SourceVersion"),
        *(
            migrations.RunPython(
                rename_permissions("leaflets", old, new), rename_permissions("leaflets", new, old)
            )
            for old, new in RENAMED
        ),
        migrations.RenameField("edition", "code_edition", "code_version"),
        migrations.RenameField("citation", "paragraph", "provision"),
        migrations.RenameField("chapter", "code_edition", "version"),
        migrations.RenameField("provision", "place", "position"),
        migrations.AddField(
            "sourceversion",
            "source",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="leaflets.source",
            ),
        ),
        migrations.AddField("chapter", "position", models.PositiveSmallIntegerField(default=0, editable=False)),
        migrations.AlterField("chapter", "number", models.CharField(max_length=4)),
        migrations.AddField(
            "provision",
            "version",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="provisions",
                to="leaflets.sourceversion",
            ),
        ),
        migrations.AlterField(
            "sourceversion", "title", models.CharField(default="", max_length=100)
        ),
        migrations.AlterField(
            "sourceversion", "full_title", models.CharField(default="", max_length=300)
        ),
        migrations.RunPython(fill, unfill),
    ]
