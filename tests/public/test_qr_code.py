"""The QR code on a printed leaflet."""

import re

import pytest
import segno
from django.template import engines

from leaflets.models import Edition
from leaflets.templatetags.qr_code import qr_code
from tests.factories import edit_as_staff, published_edition
from tests.pages import load_site, visit, visitor

ADDRESS = "https://sendiass.example.org/leaflets/sen-in-mainstream-schools/editions/1/"


def squares(svg: str) -> set[tuple[int, int]]:
    """The dark squares of a QR code that is drawn as one path of horizontal lines."""
    found = set()
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", re.search(r'd="([^"]*)"', svg)[1]):
        values = [float(number) for number in numbers.split()]
        if command == "h":
            found |= {(int(x) + step - 4, int(y) - 4) for step in range(int(values[0]))}
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return found


def test_the_code_has_the_squares_of_the_address():
    matrix = segno.make_qr(ADDRESS, error="l").matrix
    dark = {(x, y) for y, row in enumerate(matrix) for x, square in enumerate(row) if square}

    assert squares(qr_code(ADDRESS)) == dark


def test_the_code_has_words_for_those_who_do_not_see_it():
    assert f'role="img" aria-label="QR code of {ADDRESS}"' in qr_code(ADDRESS)


def test_an_address_is_escaped():
    assert 'aria-label="QR code of https://a/&quot;x"' in qr_code('https://a/"x')


def rendered(edition: Edition) -> str:
    template = engines["django"].from_string('{% include "leaflets/_qr_code.html" %}')
    return template.render({"edition": edition, "origin": "https://sendiass.example.org"})


@pytest.mark.django_db
def test_the_code_leads_to_the_edition_that_was_printed(tmp_path):
    load_site(tmp_path)
    address = "https://sendiass.example.org/leaflets/sen-support/editions/1/"

    html = rendered(published_edition())

    assert qr_code(address) in html
    assert f"or go to {address}" in html


@pytest.mark.django_db
def test_the_page_that_it_leads_to_says_whether_there_is_a_newer_edition(tmp_path):
    load_site(tmp_path)
    before = visit(visitor(), "/leaflets/sen-support/editions/1/")
    edit_as_staff("Other words.")

    assert "This is an older edition." not in before.html
    assert "This is an older edition." in visit(visitor(), "/leaflets/sen-support/editions/1/").html


@pytest.mark.django_db
def test_the_code_is_hidden_on_a_screen(tmp_path):
    load_site(tmp_path)

    assert '<div class="print-only qr-code">' in rendered(published_edition())
