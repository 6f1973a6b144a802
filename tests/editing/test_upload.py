"""Adding a picture: only pictures, only with words for people who cannot see them, and nothing else inside."""

import hashlib
import io
import re

import html5lib
import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings as hypothesis_settings
from PIL import Image

from leaflets.content.markdown import render
from leaflets.editing import pictures
from tests.pictures import bomb, located, picture, text_bomb, with_text
from tests.texts import one_line

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/editor/upload/"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><path d="M0 0"/></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
GIF = picture("GIF", "P")


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT / "pictures"


@pytest.fixture
def send(client, folder):
    """Send a file as an editor does; a file name and a type as the sender likes."""
    user = User.objects.create_user("ann", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    client.force_login(user)

    def send(content, name="picture.png", kind="image/png", alt="A child at a desk"):
        file = SimpleUploadedFile(name, content, content_type=kind)
        return client.post(ADDRESS, {"image": file, "alt": alt})

    return send


@pytest.fixture
def kept(send, folder):
    """Send a file, and open what the site kept of it."""

    def kept(content, **options):
        response = send(content, **options)
        assert response.status_code == 200, response.content
        name = re.search(r"/media/pictures/([^)]+)\)", response.json()["image_code"])[1]
        return (folder / name).read_bytes()

    return kept


def opened(content):
    return Image.open(io.BytesIO(content))


# What is kept


@pytest.mark.parametrize(
    ("kind", "mode", "ending"),
    [
        ("PNG", "RGB", "png"),
        ("PNG", "RGBA", "png"),
        ("PNG", "P", "png"),
        ("PNG", "1", "png"),
        ("PNG", "LA", "png"),
        ("PNG", "I;16", "png"),
        ("JPEG", "RGB", "jpg"),
        ("JPEG", "L", "jpg"),
        ("JPEG", "CMYK", "jpg"),
        ("MPO", "RGB", "jpg"),
        ("WEBP", "RGB", "webp"),
        ("WEBP", "RGBA", "webp"),
    ],
)
def test_a_picture_is_kept_under_the_digest_of_its_bytes(send, folder, kind, mode, ending):
    response = send(picture(kind, mode))

    (file,) = folder.iterdir()
    name = f"{hashlib.sha256(file.read_bytes()).hexdigest()}.{ending}"
    assert file.name == name
    assert response.json() == {"image_code": f"![A child at a desk](/media/pictures/{name})"}
    assert opened(file.read_bytes()).format.lower() == ending.replace("jpg", "jpeg")


def test_the_same_picture_is_kept_once(send, folder):
    first, second = send(picture()), send(picture(), name="other.png")

    assert first.json() == second.json()
    assert len(list(folder.iterdir())) == 1


def test_the_bytes_decide_what_a_file_is_not_its_name(kept):
    content = kept(picture("PNG", "RGBA"), name="photo.jpg", kind="image/jpeg")

    assert opened(content).format == "PNG"


@pytest.mark.parametrize("name", ["../../evil.png", "evil.html", ".htaccess", "a\nb.png", "x" * 300])
def test_the_sender_s_file_name_is_forgotten(send, folder, name):
    send(picture(), name=name)

    (file,) = folder.iterdir()
    assert re.fullmatch(r"[0-9a-f]{64}\.png", file.name)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_picture_was_taken_is_removed_and_it_stands_upright(kept, kind):
    sent = picture(kind, exif=located(), icc_profile=b"profile of the phone")
    assert b"Phone of Ann" in sent

    content = kept(sent)

    found = opened(content)
    assert found.size == (20, 40)
    assert dict(found.getexif()) == {}
    assert found.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
    assert b"phone" not in content.lower()


def test_a_picture_keeps_what_can_be_seen_through(kept):
    found = opened(kept(picture("PNG", "RGBA")))

    assert found.getpixel((39, 0)) == (0, 0, 0, 0)
    assert found.getpixel((0, 0)) == (255, 255, 255, 255)


def test_a_photograph_is_made_small_enough_for_a_phone(kept):
    found = opened(kept(picture("JPEG", size=(4000, 3000))))

    assert found.size == (1600, 1200)


def test_a_file_that_is_a_picture_and_a_page_is_kept_as_the_picture_only(kept):
    content = kept(with_text(HTML), name="evil.html", kind="text/html")

    assert opened(content).format == "PNG"
    assert b"script" not in content


def test_of_moving_pictures_the_first_is_kept(kept):
    more = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue")]

    found = opened(kept(picture("PNG", save_all=True, append_images=more)))

    assert getattr(found, "n_frames", 1) == 1


# What is refused


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        pytest.param(HTML, "evil.html", "image/gif", id="a page sent as GIF"),
        pytest.param(HTML, "evil.png", "image/png", id="a page named PNG"),
        pytest.param(SVG, "evil.svg", "image/svg+xml", id="SVG with onload"),
        pytest.param(SVG, "evil.png", "image/png", id="SVG named PNG"),
        pytest.param(GIF, "picture.gif", "image/gif", id="GIF"),
        pytest.param(GIF + HTML, "picture.gif", "image/gif", id="GIF with a page behind it"),
        pytest.param(b"GIF89a/*" + HTML, "evil.png", "image/png", id="page that starts like a GIF"),
        pytest.param(picture("TIFF"), "picture.png", "image/png", id="TIFF"),
        pytest.param(picture("BMP"), "picture.png", "image/png", id="BMP"),
        pytest.param(picture("PDF"), "picture.png", "image/png", id="PDF"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "a.png", "image/png", id="EPS"),
        pytest.param(b"x", "picture.png", "image/png", id="one letter"),
    ],
)
def test_only_png_jpeg_and_webp_are_pictures(send, folder, content, name, kind):
    response = send(content, name=name, kind=kind)

    assert response.status_code == 400
    assert response.json()["error"].startswith("This file is not a PNG, JPEG or WebP picture.")
    assert not folder.exists()


WHOLE = {kind: picture(kind, size=(400, 300)) for kind in ("PNG", "JPEG", "WEBP")}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(WHOLE["PNG"][:-40], id="PNG cut off"),
        pytest.param(WHOLE["JPEG"][: len(WHOLE["JPEG"]) // 2], id="JPEG cut off"),
        pytest.param(WHOLE["WEBP"][:-40], id="WebP cut off"),
        pytest.param(WHOLE["PNG"].replace(b"IDAT", b"IDAX"), id="PNG without pixels"),
        pytest.param(bomb(width=100, height=0), id="no height"),
        pytest.param(text_bomb(), id="text that unpacks to 100 MB"),
    ],
)
def test_a_broken_picture_is_refused(send, folder, content):
    response = send(content)

    assert response.status_code == 400
    assert response.json()["error"].startswith(("This picture cannot be read.", "This file is not a PNG"))
    assert not folder.exists()


@pytest.mark.parametrize("size", [(50_000, 50_000), (12_000, 12_000), (5_001, 5_000)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(send, monkeypatch, size):
    monkeypatch.setattr(Image.Image, "convert", pytest.fail)

    response = send(bomb(*size))

    assert response.status_code == 400
    assert "more than 25 million pixels" in response.json()["error"]


@pytest.mark.parametrize("more", [1, 20_000_000])
def test_a_file_that_is_too_large_is_refused(send, more):
    response = send(picture() + b"\0" * (pictures.MAX_BYTES - len(picture()) + more))

    assert response.status_code == 400
    assert "larger than 5 MB" in response.json()["error"]


def test_a_file_of_exactly_5_mb_is_taken(send):
    response = send(picture() + b"\0" * (pictures.MAX_BYTES - len(picture())))

    assert response.status_code == 200


@pytest.mark.parametrize("alt", ["", "  \n ", "\N{NO-BREAK SPACE}"])
def test_a_picture_without_words_is_refused(send, folder, alt):
    response = send(picture(), alt=alt)

    assert response.status_code == 400
    assert response.json()["error"] == "Say what the picture shows, for people who cannot see it."
    assert not folder.exists()


def test_a_whole_story_is_refused(send):
    assert "fewer words" in send(picture(), alt="x" * 501).json()["error"]


def test_words_without_a_picture_are_refused(client, send):
    response = client.post(ADDRESS, {"alt": "A child", "image": "not a file"})

    assert response.status_code == 400
    assert response.json() == {"error": "Choose a picture first."}


def test_a_full_disk_is_told_and_leaves_nothing_half_done(send, folder):
    folder.parent.mkdir()
    folder.touch()

    response = send(picture())

    assert response.status_code == 503
    assert "could not be kept" in response.json()["error"]


@pytest.mark.parametrize("position", range(0, 700, 7))
def test_damage_anywhere_is_refused_or_mended_but_never_an_error(send, position):
    for whole in WHOLE.values():
        damaged = bytearray(whole)
        damaged[position % len(damaged)] ^= 0xFF

        assert send(bytes(damaged)).status_code in (200, 400)


# The Markdown that it becomes


@hypothesis_settings(deadline=None, max_examples=300)
@given(one_line.filter(str.isprintable))
def test_any_words_become_the_alternative_text_as_they_stand(words):
    rendered = render(pictures.picture_markdown(words, "/media/pictures/a.png"))

    (found,) = html5lib.parseFragment(rendered.html, namespaceHTMLElements=False).iter("img")
    assert rendered.problems == []
    assert found.get("alt") == words.strip()


@pytest.mark.parametrize(
    "words", ["a](//evil.example)", "![x](y)", "<img onerror=x>", "*bold* `code`", "&lt;", "\\"]
)
def test_marks_in_the_words_stay_characters(send, words):
    markdown = send(picture(), alt=words).json()["image_code"]

    html = render(markdown).html
    (found,) = html5lib.parseFragment(html, namespaceHTMLElements=False).iter("img")
    assert found.get("alt") == words
    assert "<a" not in html
