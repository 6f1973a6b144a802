"""Have Your Say with arbitrary input: it is stored, or a page says what to do. It never fails with a server error."""

import encodings.aliases
import io
import time
import uuid
from collections.abc import Callable
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, example, given, settings as hypothesis_settings, strategies as st

from leaflets.feedback import submissions
from leaflets.feedback.models import Feedback
from sendiass_site.web.middleware import force_utf8
from tests.conftest import HttpsClient
from tests.pages import Page, load_site

FORM = "/have-your-say/"
URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "----of-a-browser"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"

Send = Callable[..., Page]
hostile = hypothesis_settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(autouse=True)
def _no_rate_limits(settings) -> None:
    settings.FEEDBACK_SENDER_LIMIT = settings.FEEDBACK_SITE_LIMIT = 1_000_000


@pytest.fixture
def send(client: HttpsClient) -> Send:
    """`send(body)` posts these bytes and returns the page, which must help the sender."""

    def send_bytes(body: bytes, content_type: str = URLENCODED, query: str = "", **headers: str) -> Page:
        environ = {"QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)), **headers}
        # A stream ends where the bytes end, as a connection does, for any CONTENT_LENGTH.
        kind = through_middleware(content_type)
        response = client.generic("POST", FORM, body, kind, **environ | {"wsgi.input": io.BytesIO(body)})
        return check_helpful(response)

    return send_bytes


def through_middleware(content_type: str) -> str:
    """The content type after the WSGI middleware, which a test client bypasses."""
    (kind,) = force_utf8(lambda environ, _: [environ["CONTENT_TYPE"]])({"CONTENT_TYPE": content_type}, print)
    return str(kind)


def check_helpful(response: HttpResponse) -> Page:
    """Assert that a response is a redirect to the thank-you page or shows the form; return its page."""
    page = Page(FORM, response)
    assert 200 <= page.status < 500
    if page.status == 303:
        assert response["Location"].startswith("/have-your-say/thank-you/?reference=")
    else:
        assert page.texts("h1") == ["Have Your Say"]
        assert "Send" in page.texts("form[@id='page-writing']//button")
        assert page.all("script") == []
    assert "no-store" in response["Cache-Control"]
    return page


def signed_token() -> str:
    return submissions.FormToken(uuid.uuid4().hex, time.time() - 60).sign()


def form_of(**fields: str | bytes) -> bytes:
    """The body that a browser sends for these fields."""
    return urlencode({"opened": signed_token(), "comments": "Very clear."} | fields).encode()


def parts_of(fields: list[tuple[bytes, bytes]], boundary: bytes = BOUNDARY.encode()) -> bytes:
    """The fields as multipart/form-data. A field's name may contain further headers."""
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value)
        for name, value in fields
    ]
    return b"".join(parts) + b"--%s--\r\n" % boundary


FIELDS = ["useful", "comments", "wants_reply", "name", "email", "phone", "leaflet", "section", "opened"]
FIELDS += ["asked", "homepage", "display"]
some_field = st.sampled_from(FIELDS)
# Bytes that are no UTF-8: lone surrogates, overlong NUL, a byte order mark, a truncated character.
BROKEN_BYTES = [b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xc0\x80", b"\xff\xfe", b"\xf0\x9f\x99", b"\x00", b"\x80"]
some_bytes = st.one_of(
    st.binary(max_size=300), st.lists(st.sampled_from([*BROKEN_BYTES, b"a"]), max_size=20).map(b"".join)
)
some_words = st.text(max_size=200)
some_charset = st.one_of(
    st.sampled_from(sorted(set(encodings.aliases.aliases.values()))),
    st.sampled_from(["utf-8", "UTF8", "idna", "punycode", "undefined", "unicode_escape", "none", '"', ""]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)
some_type = st.one_of(
    st.sampled_from([URLENCODED, MULTIPART, "multipart/form-data", "multipart/form-data; boundary="]),
    st.sampled_from(["multipart/mixed; boundary=x", "text/plain", "application/json", "", ";", "/", "=;=;="]),
    st.builds("{}; charset={}".format, st.sampled_from([URLENCODED, MULTIPART, "text/plain"]), some_charset),
    st.builds("multipart/form-data; boundary={}".format, st.text(st.characters(max_codepoint=255), max_size=80)),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
)  # fmt: skip


# Bodies


@hostile
@given(body=some_bytes, content_type=some_type)
def test_any_bytes_of_any_kind_are_answered_with_a_page_that_helps(send, body, content_type):
    send(body, content_type)


@hostile
@given(fields=st.lists(st.tuples(some_field, some_bytes), max_size=20))
def test_any_bytes_in_any_field_are_answered_with_a_page_that_helps(send, fields):
    # A field may be repeated, in any order.
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields)

    send(body.encode())


@hostile
@given(words=some_bytes)
def test_any_bytes_as_comments_are_stored_as_something_that_can_be_read(send, words):
    page = send(form_of(comments=b"Very clear. " + words, asked="true"))

    assert page.status == 303
    stored = Feedback.objects.latest("pk").comments
    assert stored.startswith("Very clear.")
    assert "\x00" not in stored
    stored.encode()


@pytest.mark.any_database
@hostile
@given(
    fields=st.lists(st.tuples(some_field.map(str.encode) | some_bytes, some_bytes), max_size=10),
    cut=st.integers(0, 400),
)
def test_damaged_multipart_data_is_answered_with_a_page_that_helps(send, fields, cut):
    whole = parts_of(fields)

    send(whole[:cut], MULTIPART)
    send(whole, MULTIPART)
    send(whole[cut:], MULTIPART)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(parts_of([(b"comments", b"Hello")]), "multipart/form-data", id="no boundary"),
        pytest.param(
            parts_of([(b"comments", b"Hello")]), "multipart/form-data; boundary=\xe9", id="odd boundary"
        ),
        pytest.param(
            parts_of([(b"comments", b"Hello")]), "multipart/form-data; boundary=other", id="other boundary"
        ),
        pytest.param(
            parts_of([(b"comments", b"Hello")]), "multipart/form-data; boundary=" + "x" * 300, id="long boundary"
        ),
        pytest.param(
            parts_of([(b'comments"\r\nContent-Transfer-Encoding: base64\r\nX: "', b"!")]),
            MULTIPART,
            id="no base64",
        ),
        pytest.param(parts_of([(b'comments"; filename="a.txt', b"Hello")]), MULTIPART, id="a file for text"),
        pytest.param(parts_of([(b"x" * 3000, b"Hello")]), MULTIPART, id="a long name"),
        pytest.param(parts_of([(b"comments", b"Hello")] * 2000), MULTIPART, id="two thousand parts"),
        pytest.param(
            parts_of([(b'file"; filename="a.txt', b"Hello")] * 200), MULTIPART, id="two hundred files"
        ),
        pytest.param(b"", MULTIPART, id="nothing at all"),
    ],
)  # fmt: skip
def test_invalid_multipart_data_is_answered_with_a_page_that_helps(send, body, content_type):
    assert send(body, content_type).status in (400, 422)


@hostile
@given(charset=some_charset)
@example(charset="utf_16")
@example(charset="hex_codec")
@example(charset="undefined")
def test_any_charset_of_a_submission_is_answered_with_a_page_that_helps(send, charset):
    parts = parts_of([(b"opened", signed_token().encode()), (b"comments", "Tést %20".encode())])

    send(form_of(comments="Tést"), f"{URLENCODED}; charset={charset}")
    send(parts, f"{MULTIPART}; charset={charset}")
    send(parts, f"{MULTIPART}; charset={charset}", query="display=large")


@pytest.mark.any_database
@hostile
@given(charset=some_charset)
@example(charset="hex_codec")
def test_any_charset_of_a_request_opens_the_form(client, charset):
    headers = {"CONTENT_TYPE": through_middleware(f"text/html; charset={charset}")}

    page = check_helpful(client.generic("GET", FORM, QUERY_STRING="leaflet=sen%2Dsupport", **headers))

    assert page.status == 200


# Sizes


@pytest.mark.any_database
@pytest.mark.parametrize("field", FIELDS)
def test_a_huge_field_is_answered_with_a_page_that_helps(send, field):
    for size in (5_000, 900_000):
        send(form_of(**{field: "x" * size}))


@pytest.mark.any_database
def test_a_body_that_is_too_large_is_answered_with_a_page_that_helps(send):
    send(form_of(comments="x" * 1_500_000))


@pytest.mark.any_database
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_is_repeated_often_is_answered_with_a_page_that_helps(send, field):
    send(form_of() + f"&{field}=yes".encode() * 900)


@pytest.mark.any_database
def test_too_many_fields_are_answered_with_a_page_that_helps(send):
    send(form_of() + b"&comments=yes" * 5_000)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "body", [b"&" * 100_000, b"=" * 100_000, b"%" * 100_000, b"&=" * 600, b"a;b" * 9_000]
)
def test_delimiters_without_data_are_answered_with_a_page_that_helps(send, body):
    assert send(body).status in (400, 422)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "length", ["abc", "-1", "", "1e3", "0x10", "٣", "²", " 5 ", "+7", "3", "1048576", "6291456"]
)
def test_a_wrong_content_length_is_answered_with_a_page_that_helps(send, length):
    for content_type in (URLENCODED, MULTIPART):
        send(form_of(), content_type, CONTENT_LENGTH=length)


@pytest.mark.any_database
def test_a_content_length_that_is_too_large_is_refused_before_the_body_is_read(client):
    response = client.generic("POST", FORM, form_of(), URLENCODED, CONTENT_LENGTH="9" * 30)

    page = Page(FORM, response)
    assert (page.status, len(page.texts("h1"))) == (400, 1)
    assert "Call 01632 960000" in page.links()


@pytest.mark.any_database
def test_a_missing_content_length_is_answered_with_a_page_that_helps(client):
    body = io.BytesIO(form_of())

    response = client.post(FORM, content_type=URLENCODED, **{"wsgi.input": body})

    assert check_helpful(response).status == 422


# Values


@hostile
@given(
    fields=st.dictionaries(
        st.sampled_from(["leaflet", "section", "opened", "asked", "homepage", "display", "useful"]),
        some_words,
    )
)
def test_any_values_of_hidden_fields_are_answered_with_a_page_that_helps(send, fields):
    send(form_of(**{name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}))


@pytest.mark.any_database
@hostile
@given(position=st.integers(0, 120), letter=st.characters(codec="utf-8"))
def test_a_token_that_was_changed_anywhere_is_rejected(send, position, letter):
    true = signed_token()
    position %= len(true)
    changed = true[:position] + letter + true[position + 1 :]

    page = send(form_of(opened=changed))

    assert page.status == (303 if changed == true else 400)


@hostile
@given(
    name=some_words, email=some_words, phone=some_words, wants_reply=some_words, useful=some_words
)  # fmt: skip
def test_any_contact_details_are_stored_or_an_error(send, name, email, phone, wants_reply, useful):
    page = send(form_of(name=name, email=email, phone=phone, wants_reply=wants_reply, useful=useful))

    assert page.status in (303, 422)


@hostile
@given(address=st.text(max_size=40) | st.ip_addresses().map(str))
@example(address="")
@example(address="fe80::1%eth0")
@example(address="unix:")
def test_a_message_is_stored_for_any_remote_address(send, address):
    assert send(form_of(), REMOTE_ADDR=address).status == 303


# Addresses


@hostile
@given(query=st.binary(max_size=200).map(lambda query: query.decode("latin-1")))
def test_any_query_string_opens_the_form(client, query):
    assert check_helpful(client.generic("GET", FORM, QUERY_STRING=query)).status == 200


@hostile
@given(
    fields=st.lists(
        st.tuples(st.sampled_from(["leaflet", "section", "display", "opened", "asked"]), some_bytes),
        max_size=6,
    )
)
def test_any_values_in_the_query_string_open_the_form(client, fields):
    query = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields)

    assert check_helpful(client.generic("GET", FORM, QUERY_STRING=query)).status == 200


@hostile
@given(section=some_words)
def test_any_section_of_a_leaflet_that_exists_opens_the_form(client, section):
    query = f"leaflet=sen-support&section={quote(section)}"

    page = check_helpful(client.generic("GET", FORM, QUERY_STRING=query))

    assert (page.status, page.one("form//input[@name='leaflet']").get("value")) == (200, "sen-support")


@hostile
@given(reference=some_bytes)
def test_any_reference_that_is_unknown_is_answered_with_a_page(client, reference):
    response = client.generic(
        "GET", "/have-your-say/thank-you/", QUERY_STRING=f"reference={quote_from_bytes(reference)}"
    )

    assert Page("", response).texts("h1") == ["We do not know this reference"]


@pytest.mark.any_database
@pytest.mark.parametrize(
    "query", ["&" * 1501, "leaflet=a&" * 1501], ids=["nothing but signs", "a leaflet each"]
)
def test_thousands_of_fields_in_the_query_string_are_answered_with_a_page(client, query):
    response = client.generic("GET", FORM, QUERY_STRING=query)

    assert 200 <= response.status_code < 500
    assert len(Page(FORM, response).texts("h1")) == 1
