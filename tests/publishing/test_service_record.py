"""The optional fields of the service's record: from the files to the database, and back."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from leaflets.files.problems import ContentError
from leaflets.models import Service
from leaflets.publishing import loading
from leaflets.publishing.export import export_content
from leaflets.publishing.records import service_source
from tests.factories import load, write_content
from tests.texts import LOGO, full_service, service

pytestmark = pytest.mark.django_db


def test_a_full_record_is_stored_and_exported_unchanged(tmp_path):
    load(tmp_path / "in", service=full_service())
    stored = Service.objects.get()

    written = export_content(tmp_path / "out")

    assert service_source(stored) == full_service()
    assert tmp_path / "out" / "logo.svg" in written
    assert (tmp_path / "out" / "logo.svg").read_bytes() == LOGO
    assert (tmp_path / "out" / "service.yaml").read_bytes() == (tmp_path / "in" / "service.yaml").read_bytes()
    assert dict(loading.load(tmp_path / "out").outcomes)["service"] == "unchanged"


def test_another_logo_in_the_file_is_loaded(tmp_path):
    load(tmp_path, service=full_service())
    (tmp_path / "logo.svg").write_bytes(LOGO.replace(b"#0b4a55", b"#123456"))

    assert dict(loading.load(tmp_path).outcomes)["service"] == "updated"
    assert b"#123456" in bytes(Service.objects.get().logo_file)


def test_a_logo_that_staff_stored_survives_loads(tmp_path):
    load(tmp_path, service=service())
    Service.objects.update(logo="logo.svg", logo_words="Us", logo_file=LOGO)

    outcome = load(tmp_path, service=service())["service"]

    assert outcome == "kept: edited by staff"
    assert bytes(Service.objects.get().logo_file) == LOGO


def test_a_logo_of_staff_and_another_in_the_file_are_a_conflict(tmp_path):
    load(tmp_path, service=full_service())
    Service.objects.update(logo_file=LOGO.replace(b"#0b4a55", b"#111111"))
    (tmp_path / "logo.svg").write_bytes(LOGO.replace(b"#0b4a55", b"#222222"))

    report = loading.load(tmp_path)

    assert report.conflicts == ["service"]
    assert b"#111111" in bytes(Service.objects.get().logo_file)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9' onload='x'/>", "could run something"),
        (b"GIF89a", "not an SVG or PNG"),
    ],
)
def test_a_logo_that_cannot_be_used_is_reported_and_nothing_is_loaded(tmp_path, content, message):
    folder = write_content(tmp_path, service=full_service())
    (folder / "logo.svg").unlink()
    if content is not None:
        (folder / "logo.svg").write_bytes(content)

    with pytest.raises(ContentError, match=message):
        loading.load(folder)

    assert not Service.objects.exists()


@pytest.mark.any_database
def test_a_logo_whose_name_says_another_kind_is_reported(tmp_path):
    write_content(tmp_path, service=full_service(logo="logo.png"))

    with pytest.raises(ContentError, match="Let its name end with"):
        loading.load(tmp_path)


@pytest.mark.any_database
def test_what_is_too_long_for_the_database_is_reported(tmp_path):
    write_content(tmp_path, service=full_service(promise="a" * 301, opening_hours=("b" * 201,)))

    with pytest.raises(ContentError) as refused:
        loading.load(tmp_path)

    assert "longer than 300 characters" in str(refused.value)
    assert "`opening_hours`: Line 1, “" in str(refused.value)


@pytest.mark.any_database
def test_a_stored_line_that_is_not_understood_is_left_out(tmp_path):
    load(tmp_path, service=full_service())
    Service.objects.update(closed=["soon", "2099-12-24"], social_links=["nothing"])
    record = Service.objects.get()

    assert [days.first.year for days in record.closed_days] == [2099]
    assert record.social_pages == []


@pytest.mark.any_database
def test_a_day_is_shown_as_closed_until_it_is_over(tmp_path):
    today = timezone.localdate().isoformat()
    load(
        tmp_path,
        service=full_service(closed=(f"2020-12-24 to {today}: Moving", "2020-12-24: Over", "2099-01-02")),
    )

    assert [days.reason for days in Service.objects.get().closed_days] == ["Moving", ""]


def test_a_record_of_before_gets_the_new_fields_and_a_load_fills_them(migrate_back, tmp_path):
    old = migrate_back("leaflets", "0011_draft_questions")
    plain = service_source(Service())  # the fields' defaults
    values = {name: getattr(service(), name) for name in vars(service()) if name != "path"}
    columns = {field.name for field in old.get_model("leaflets", "Service")._meta.fields}
    old.get_model("leaflets", "Service").objects.create(
        pk=1,
        loaded_digest=service().digest,
        **{
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if name in columns
        },
    )

    call_command("migrate", verbosity=0)

    assert service_source(Service.objects.get()) == service()
    assert (plain.ways_in, plain.logo_file) == ((), b"")
    assert load(tmp_path, service=full_service())["service"] == "updated"
    assert service_source(Service.objects.get()) == full_service()


@pytest.mark.any_database
def test_a_fact_of_the_file_that_may_be_wrong_is_a_hint(tmp_path):
    folder = write_content(tmp_path, service=service(text_number="01632 960000", closed=("2020-12-24",)))
    of_check, of_preflight = StringIO(), StringIO()

    hints = [hint.message for hint in loading.load(folder).hints]
    call_command("load_leaflets", str(folder), check=True, stdout=of_check)
    call_command("preflight", content=folder, stdout=of_preflight)

    for hint in (
        "`text_number`: “01632 960000” does not begin with 07",
        "`closed`: “2020-12-24”: these days are over",
    ):
        assert any(message.startswith(hint) for message in hints)
        assert hint in of_check.getvalue()
        assert hint in of_preflight.getvalue()


@pytest.mark.any_database
def test_a_logo_of_the_file_of_which_a_part_may_not_be_seen_is_a_hint(tmp_path):
    logo = LOGO.replace(b"</svg>", b'<path fill="#ffff00" d="M0 0h9v9z" /></svg>')
    folder = write_content(tmp_path, service=full_service(logo_file=logo, brand_colour="#0b4a55"))

    hints = [hint.message for hint in loading.load(folder).hints]

    assert any(message.startswith("`logo`: A part of the logo has nearly the colour") for message in hints)
