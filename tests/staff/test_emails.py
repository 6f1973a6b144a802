"""E-mails to staff are sent, or not, without an exception."""

import pytest
from django.core import mail

from leaflets.models import Service
from leaflets.staff import emails
from tests.accounts import create_staff_user
from tests.factories import load

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"))


@pytest.fixture(autouse=True)
def _has_mail(settings) -> None:
    settings.HAS_MAIL = True


@pytest.mark.parametrize("line_break", ["\r\nBcc: all@evil.example", "\n", "\r", "\x0b", "\x85", "\u2028"])
def test_a_line_break_in_the_name_of_the_service_stops_no_email(client, line_break):
    rose = create_staff_user("rose")
    Service.objects.update(name=f"Barnet{line_break} SENDIASS")

    response = client.post("/staff/password/forgotten/", {"email": rose.email})

    (sent,) = mail.outbox
    assert response.status_code == 302
    assert sent.recipients() == [rose.email]
    assert len(sent.message()["Subject"].splitlines()) == 1


def test_an_address_with_a_line_break_is_no_exception():
    address = "rose@council.gov.uk\nBcc: all@evil.example"

    is_sent = emails.send(
        "staff/email/second_step_reset", address, {"user": create_staff_user(), "by": "head"}
    )

    assert not is_sent
    assert mail.outbox == []


def test_an_email_ends_with_the_name_the_phone_and_its_hours(client):
    Service.objects.update(opening_hours=["Monday, 9 am to 4 pm"])
    rose = create_staff_user("rose")

    client.post("/staff/password/forgotten/", {"email": rose.email})

    assert "Example SENDIASS\nPhone 01632 960000\nMonday, 9 am to 4 pm\nhttp" in mail.outbox[0].body
