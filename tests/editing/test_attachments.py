"""Files for readers to download: what is accepted, how it is stored and served, and what a link says."""

import hashlib
import io
import re
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leaflets.content.markdown import render
from leaflets.editing import attachment_worker, attachments
from leaflets.editing.attachment_worker import FileRefusedError, find_kind
from tests.documents import (
    WORD,
    external,
    locked_pdf,
    pdf_form,
    pdf_with_action,
    pdf_with_file,
    pdf_with_script,
    word_document,
)
from tests.editing.pages import sign_in
from tests.pictures import picture

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ADDRESS = "/admin/editor/upload-file/"
MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT / "files"


@pytest.fixture
def send(client, folder):
    """Upload a file as an editor, with any file name and content type."""
    sign_in(client, "Editors")

    def send(content, name="form.docx", kind="application/pdf", words="Request form"):
        return client.post(ADDRESS, {"file": SimpleUploadedFile(name, content, kind), "words": words})

    return send


# What is stored


@pytest.mark.parametrize(("content", "kind"), [(word_document(), "docx"), (pdf_form(), "pdf")])
def test_a_file_is_stored_as_it_is_under_its_name_for_readers_and_its_digest(send, folder, content, kind):
    response = send(content, name="C:\\Users\\Ann Other\\..\\evil.exe")

    (file,) = folder.iterdir()
    assert file.read_bytes() == content
    assert file.name == f"request-form-{hashlib.sha256(content).hexdigest()}.{kind}"
    assert response.json()["file_code"].endswith(f"](/media/files/{file.name})")


def test_the_link_says_what_it_opens_and_how_large_that_is(send, folder):
    content = pdf_form() + b"%" * 34 * 1024

    link = send(content, words="Ask [us] for *help*").json()["file_code"]

    rendered = render(link)
    assert rendered.problems == []
    assert [found.text for found in rendered.links] == ["Ask [us] for *help* (PDF, 34.6 KB)"]


@pytest.mark.parametrize(
    ("words", "name"),
    [("Prośba o pomoc", "prosba-o-pomoc"), ("ਫਾਰਮ", "file"), ("_A_" * 30, None), ("--", "file")],
)
def test_every_name_for_readers_makes_an_address(send, folder, words, name):
    response = send(pdf_form(), words=words)

    (file,) = folder.iterdir()
    assert re.fullmatch(attachments.NAME_PATTERN, file.name)
    assert name is None or file.name.startswith(f"{name}-")
    assert "file_code" in response.json()


# What is refused


@pytest.mark.parametrize(
    ("content", "part_of_message"),
    [
        pytest.param(b"", "not a Word document", id="empty"),
        pytest.param(picture(), "not a Word document", id="picture"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", "not a Word document", id="HTML"),
        pytest.param(b"MZ\x90\0", "not a Word document", id="program"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "older Office file", id="doc or password"
        ),
        pytest.param(word_document(kind=MACROS), "with macros", id="docm"),
        pytest.param(word_document(kind=MACROS.replace("document", "template")), "template", id="dotm"),
        pytest.param(
            word_document(kind=WORD.replace("document.main", "template.main")), "template", id="dotx"
        ),
        pytest.param(word_document(kind="text/plain"), "not a Word document", id="other ZIP"),
        pytest.param(word_document(parts={"word/vbaProject.bin": b"x"}), "macros", id="macros under a docx"),
        pytest.param(word_document(parts={"word/VBAPROJECT.BIN": b"x"}), "macros", id="capitals"),
        pytest.param(word_document(parts={"word/embeddings/oleObject1.bin": b"x"}), "inside it", id="object"),
        pytest.param(word_document(parts={"word/activeX/activeX1.xml": b"<a/>"}), "inside it", id="ActiveX"),
        pytest.param(
            word_document(
                types='<Default Extension="x" ContentType="application/vnd.ms-office.vbaProject"/>'
            ),
            "macros",
            id="macros under another name",
        ),
        pytest.param(
            word_document(relationships=external("attachedTemplate")), "another address", id="template"
        ),
        pytest.param(
            word_document(relationships=external("image")), "another address", id="picture elsewhere"
        ),
        pytest.param(
            word_document(
                body="<w:r><w:instrText>DD</w:instrText></w:r><w:r><w:instrText>E cmd</w:instrText></w:r>"
            ),
            "starts a program",
            id="DDE in two parts",
        ),
        pytest.param(
            word_document(body='<w:fldSimple w:instr="DDEAUTO c"/>'), "starts a program", id="DDEAUTO"
        ),
        pytest.param(
            word_document(parts={"word/x.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
            "cannot be read",
            id="DTD",
        ),
        pytest.param(word_document(parts={"word/big.xml": bytes(70_000_000)}), "too large", id="bomb"),
        pytest.param(
            word_document(parts={f"a/{number}": b"" for number in range(2_001)}), "too large", id="many parts"
        ),
        pytest.param(word_document()[:-200], "cannot be read", id="half a ZIP"),
        pytest.param(pdf_with_script(), "scripts", id="JavaScript"),
        pytest.param(pdf_with_file(), "a file inside it", id="embedded file"),
        pytest.param(locked_pdf(), "password", id="locked"),
        pytest.param(b"%PDF-1.7\nnothing", "cannot be read", id="no PDF"),
        pytest.param(pdf_form()[:200], "cannot be read", id="half a PDF"),
        *(
            pytest.param(pdf_with_action(kind), what, id=kind)
            for kind, what in [
                ("/Launch", "starts a program"),
                ("/JavaScript", "scripts"),
                ("/ImportData", "opens another file"),
                ("/SubmitForm", "sends what people write"),
                ("/GoToE", "a file inside it"),
                ("/Movie", "sound or film"),
            ]
        ),
    ],
)
def test_a_file_that_is_not_safe_or_not_readable_is_refused_in_a_sentence(content, part_of_message):
    with pytest.raises(FileRefusedError, match=re.escape(part_of_message)) as refused:
        find_kind(content)

    assert len(str(refused.value)) < 250


def test_a_name_in_a_pdf_that_is_written_with_numbers_is_recognised():
    content = pdf_with_action("/Launch").replace(b"/Launch", b"/#4caunc#68")

    with pytest.raises(FileRefusedError, match="starts a program"):
        find_kind(content)


def test_what_a_repairing_reader_would_find_after_the_end_is_recognised():
    content = pdf_form() + b"\n99 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj\n"

    with pytest.raises(FileRefusedError, match="scripts"):
        find_kind(content)


def test_an_action_in_a_compressed_object_is_recognised():
    objects = b"9 0 << /S /JavaScript /JS (app.alert(1)) >>"
    packed = zlib.compress(objects)
    stream = (
        b"8 0 obj << /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >> stream\n" % len(packed)
        + packed
        + b"\nendstream endobj\n"
    )
    start = pdf_form()
    size = start.rindex(b"startxref")
    table = b"7 0 obj << /Type /XRef /Size 10 /W [1 4 1] /Index [8 2] /Prev %d /Root %s /Length 12 >> stream\n%s\nendstream endobj\n"
    root = re.search(rb"/Root (\d+ 0 R)", start)[1]
    previous = re.search(rb"startxref\s+(\d+)", start)[1]
    rows = b"\x01" + size.to_bytes(4, "big") + b"\0" + b"\x02" + (8).to_bytes(4, "big") + b"\0"
    content = start[:size] + stream
    where = len(content)
    content += table % (int(previous), root, rows) + b"startxref\n%d\n%%%%EOF\n" % where
    assert b"JavaScript" not in content

    with pytest.raises(FileRefusedError, match="scripts"):
        find_kind(content)


def test_a_document_with_links_to_other_sites_is_accepted():
    assert find_kind(word_document(relationships=external("hyperlink", "https://www.gov.uk"))) == "docx"


@pytest.mark.parametrize("path", ["header1.xml", "word/settings.xml", "docProps/core.xml"])
def test_ordinary_parts_are_accepted(path):
    assert find_kind(word_document(parts={path: b"<a>DDE</a>"})) == "docx"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"words": "Form"}, "Choose a file first."),
        ({"file": pdf_form(), "words": " "}, "Give the file a name for readers"),
        ({"file": pdf_form(), "words": "a" * 101}, "at most 100 characters"),
        ({"file": b"Hello", "words": "Form"}, "not a Word document"),
    ],
)
def test_a_refused_upload_says_why_and_stores_nothing(send, client, folder, fields, message):
    data = {
        name: SimpleUploadedFile("a", value) if name == "file" else value for name, value in fields.items()
    }

    response = client.post(ADDRESS, data)

    assert response.status_code == 400
    assert message in response.json()["error"]
    assert not folder.exists()


def test_a_file_of_more_than_10_mb_is_refused(send, folder):
    response = send(pdf_form() + bytes(10 * 1024 * 1024))

    assert response.json() == {"error": attachments.TOO_LARGE}
    assert not folder.exists()


def test_a_file_that_takes_too_much_memory_is_refused(folder, monkeypatch):
    monkeypatch.setattr(attachment_worker, "MAX_XML", 10**9)
    text = b"<w:p>" + b"a" * 55_000_000 + b"</w:p>"

    # In a process of its own, which has the limit.
    with pytest.raises(FileRefusedError, match="too large"):
        attachments.save_file(io.BytesIO(word_document(parts={"word/x.xml": text})), "Form")


# Serving


@pytest.fixture
def stored(folder):
    def store(content=b"%PDF-", name="request-form", kind="pdf"):
        file = folder / f"{name}-{'0123456789abcdef' * 4}.{kind}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return f"/media/files/{file.name}"

    return store


@pytest.mark.parametrize(("kind", "content_type"), attachments.CONTENT_TYPES.items())
def test_a_file_is_downloaded_under_its_name_and_never_opened_as_a_page(client, stored, kind, content_type):
    response = client.get(stored(kind=kind))

    assert (response.status_code, response.content) == (200, b"%PDF-")
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="request-form.{kind}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert set(response["Content-Security-Policy"].split("; ")) == {"default-src 'none'", "sandbox"}
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not response.cookies


@pytest.mark.parametrize(
    "path",
    [
        "/media/files/",
        "/media/files/evil.html",
        f"/media/files/a-{'0' * 64}.docm",
        f"/media/files/{'0' * 64}.pdf",
        f"/media/files/../pictures/a-{'0' * 64}.pdf",
        f"/media/files/A-{'0' * 64}.pdf",
        f"/media/files/a-{'0' * 64}.pdf",
    ],
)
def test_no_other_file_is_served(client, stored, path):
    stored()

    assert client.get(path).status_code == 404


def test_a_download_refuses_other_methods(client, stored):
    assert client.head(stored()).status_code == 200
    assert client.post(stored()).status_code == 405
