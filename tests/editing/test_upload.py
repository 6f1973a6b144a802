"""Uploading a picture: formats, limits, removal of metadata and the alternative text."""

import hashlib
import io
import re
import resource
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import html5lib
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings as hypothesis_settings
from PIL import Image

from leaflets.content.markdown import render
from leaflets.editing import picture_worker, pictures
from leaflets.editing.upload_storage import MAX_BYTES
from tests.editing.pages import sign_in
from tests.pictures import bomb, display_p3, grey_ramp, located, picture, text_bomb, with_text
from tests.texts import one_line

# What is uploaded goes into files.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

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
    """Upload a file as an editor, with any file name and content type."""
    sign_in(client, "Editors")

    def send(content, name="picture.png", kind="image/png", alt="A child at a desk"):
        file = SimpleUploadedFile(name, content, content_type=kind)
        return client.post(ADDRESS, {"image": file, "alt": alt})

    return send


def stored(content):
    """What the worker process would store of a file, without starting a process."""
    return picture_worker.convert(content)[1]


def opened(content):
    return Image.open(io.BytesIO(content))


# What is stored


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_a_picture_is_stored_under_the_digest_of_its_bytes(send, folder, kind, ending):
    response = send(picture(kind))

    (file,) = folder.iterdir()
    name = f"{hashlib.sha256(file.read_bytes()).hexdigest()}.{ending}"
    assert file.name == name
    assert response.json() == {"image_code": f"![A child at a desk](/media/pictures/{name})"}
    assert opened(file.read_bytes()).format == kind


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
def test_a_picture_of_any_mode_keeps_its_format(kind, mode, ending):
    extension, content = picture_worker.convert(picture(kind, mode))

    assert extension == ending
    assert opened(content).format.lower() == ending.replace("jpg", "jpeg")


def test_the_same_picture_is_stored_once(send, folder):
    first, second = send(picture()), send(picture(), name="other.png")

    assert first.json() == second.json()
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("name", ["../../evil.jpg", ".htaccess", "a\nb.html"])
def test_the_name_and_the_type_of_a_file_are_those_of_its_bytes(send, folder, name):
    send(picture(), name=name, kind="image/jpeg")

    (file,) = folder.iterdir()
    assert re.fullmatch(r"[0-9a-f]{64}\.png", file.name)
    assert opened(file.read_bytes()).format == "PNG"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_location_of_a_picture_is_removed_and_its_rotation_applied(kind):
    sent = picture(kind, exif=located(), icc_profile=b"profile of the phone")
    assert b"Phone of Ann" in sent

    content = stored(sent)

    found = opened(content)
    assert found.size == (20, 40)
    assert dict(found.getexif()) == {}
    assert found.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
    assert b"phone" not in content.lower()


def test_a_picture_keeps_its_transparency():
    found = opened(stored(picture("PNG", "RGBA")))

    assert found.getpixel((39, 0)) == (0, 0, 0, 0)
    assert found.getpixel((0, 0)) == (255, 255, 255, 255)


def test_a_large_photograph_is_scaled_down():
    found = opened(stored(picture("JPEG", size=(4000, 3000))))

    assert found.size == (1600, 1200)


def test_scaling_down_keeps_what_is_where():
    sent = Image.new("RGB", (4900, 3333), "red")
    sent.paste("blue", (2450, 0, 4900, 1666))
    sent.paste("lime", (0, 1666, 2450, 3333))

    found = opened(stored(_saved(sent, "PNG", compress_level=1)))

    assert found.size == (1600, 1088)
    corners = [(10, 10), (1590, 10), (10, 1080), (1590, 1080), (790, 530), (810, 560)]
    assert [found.getpixel(corner) for corner in corners] == [
        (255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 0, 0), (255, 0, 0),
    ]  # fmt: skip


def _saved(image, kind, **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def test_16_bit_grey_keeps_its_shades():
    found = opened(stored(grey_ramp())).convert("L")

    assert [found.getpixel((column, 2)) for column in range(256)] == list(range(256))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("sent", "seen"),
    [((128, 128, 128), (128, 128, 128)), ((220, 120, 90), (235, 113, 82)), ((80, 160, 90), (38, 162, 81))],
)
def test_a_colour_profile_is_converted_to_srgb(kind, sent, seen):
    sent = Image.new("RGB", (40, 20), sent)

    found = opened(stored(_saved(sent, kind, icc_profile=display_p3(), quality=100)))

    assert "icc_profile" not in found.info
    assert found.getpixel((20, 10)) == pytest.approx(seen, abs=4)


def test_a_colour_profile_leaves_the_transparency():
    sent = Image.new("RGBA", (40, 20), (220, 120, 90, 77))

    found = opened(stored(_saved(sent, "PNG", icc_profile=display_p3())))

    assert found.getpixel((20, 10)) == pytest.approx((235, 113, 82, 77), abs=2)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_profile_of_another_kind_of_picture_is_ignored(mode):
    sent = picture("JPEG", mode)

    assert stored(picture("JPEG", mode, icc_profile=display_p3())) == stored(sent)


def test_a_file_that_is_both_picture_and_html_is_stored_as_the_picture_only():
    content = stored(with_text(HTML))

    assert opened(content).format == "PNG"
    assert b"script" not in content


def test_the_first_frame_of_an_animation_is_stored():
    more = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue")]

    found = opened(stored(picture("PNG", save_all=True, append_images=more)))

    assert getattr(found, "n_frames", 1) == 1


# What is refused


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        pytest.param(HTML, "evil.html", "image/gif", id="a page sent as GIF"),
        pytest.param(SVG, "evil.svg", "image/svg+xml", id="SVG with onload"),
        pytest.param(GIF, "picture.gif", "image/gif", id="GIF"),
    ],
)
def test_only_png_jpeg_and_webp_are_pictures(send, folder, content, name, kind):
    response = send(content, name=name, kind=kind)

    assert response.status_code == 400
    assert response.json()["error"].startswith("This file is not a PNG, JPEG or WebP picture.")
    assert not folder.exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GIF + HTML, id="GIF with a page behind it"),
        pytest.param(b"GIF89a/*" + HTML, id="page that starts like a GIF"),
        pytest.param(picture("TIFF"), id="TIFF"),
        pytest.param(picture("BMP"), id="BMP"),
        pytest.param(picture("PDF"), id="PDF"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", id="EPS"),
        pytest.param(b"x", id="one letter"),
    ],
)
def test_other_formats_are_refused(content):
    with pytest.raises(picture_worker.PictureRefusedError, match="not a PNG, JPEG or WebP picture"):
        picture_worker.convert(content)


WHOLE = {kind: picture(kind, size=(80, 60)) for kind in ("PNG", "JPEG", "WEBP")}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(WHOLE["PNG"][:-40], id="PNG cut off"),
        pytest.param(WHOLE["JPEG"][: len(WHOLE["JPEG"]) // 2], id="JPEG cut off"),
        pytest.param(WHOLE["WEBP"][:-40], id="WebP cut off"),
        pytest.param(WHOLE["PNG"].replace(b"IDAT", b"IDAX"), id="PNG without pixels"),
        pytest.param(bomb(width=100, height=0), id="no height"),
        pytest.param(text_bomb(), id="text that unpacks to 20 MB"),
    ],
)
def test_a_broken_picture_is_refused(content):
    with pytest.raises(picture_worker.PictureRefusedError, match=r"cannot be read|is not a PNG"):
        picture_worker.convert(content)


def test_an_upload_of_a_broken_picture_stores_nothing(send, folder):
    response = send(WHOLE["PNG"][:-40])

    assert response.status_code == 400
    assert response.json()["error"].startswith("This picture cannot be read")
    assert not folder.exists()


@pytest.mark.parametrize("size", [(50_000, 50_000), (12_000, 12_000), (6100, 6000)])
def test_a_picture_with_too_many_pixels_is_refused_before_decoding(send, size):
    # Decoding would fail: there are fewer pixels than the header says.
    error = send(bomb(*size)).json()["error"]

    assert "too many pixels" in error
    assert "JPEG" in error


@pytest.mark.parametrize("more", [1, 20_000_000])
def test_a_file_that_is_too_large_is_refused(send, more):
    response = send(picture() + b"\0" * (MAX_BYTES - len(picture()) + more))

    assert response.status_code == 400
    assert "larger than 10 MB" in response.json()["error"]


def test_a_file_of_exactly_10_mb_is_accepted(send):
    response = send(picture() + b"\0" * (MAX_BYTES - len(picture())))

    assert response.status_code == 200


def test_the_proxies_let_the_largest_picture_through(settings):
    nginx = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    caddy = (settings.BASE_DIR / "deploy" / "Caddyfile").read_text()

    assert int(re.search(r"client_max_body_size (\d+)m;", nginx)[1]) * 2**20 > MAX_BYTES
    assert int(re.search(r"request_buffers (\d+)MB", caddy)[1]) * 10**6 > MAX_BYTES


# A full process is measured: other tests leave memory in this one.
MEASURED = """
import pathlib, re, sys
from leaflets.editing import picture_worker
try:
    picture_worker.main()
finally:
    sys.stderr.write(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.parametrize(
    ("kind", "mode", "size", "options"),
    [
        pytest.param("JPEG", "CMYK", (8000, 6000), {}, id="JPEG in CMYK"),
        pytest.param("JPEG", "RGB", (8000, 6000), {"progressive": True}, id="progressive JPEG"),
        pytest.param("PNG", "RGBA", (6000, 6000), {"compress_level": 1}, id="PNG with transparency"),
        pytest.param("PNG", "P", (8000, 6000), {"compress_level": 1}, id="PNG with a palette"),
        pytest.param("PNG", "I;16", (8000, 6000), {"compress_level": 1}, id="16-bit PNG"),
        pytest.param("WEBP", "RGB", (3200, 2500), {"method": 0}, id="WebP"),
    ],
)
def test_the_largest_pictures_are_scaled_down_in_less_than_200_mb_of_memory(
    settings, kind, mode, size, options
):
    sent = _saved(Image.new(mode, size), kind, **options)

    worker = subprocess.run(
        [sys.executable, "-c", MEASURED],
        input=sent + b"\0" * (MAX_BYTES - len(sent)),
        capture_output=True,
        check=False,
        cwd=settings.BASE_DIR,
    )

    assert worker.returncode == 0, worker.stdout
    assert max(opened(worker.stdout.partition(b"\n")[2]).size) == 1600
    assert int(worker.stderr) * 1024 < 200_000_000


@pytest.mark.parametrize("size", [(2900, 2900), (8000, 6000)], ids=["by its size", "by its memory"])
def test_a_webp_that_would_take_more_memory_is_refused(send, size):
    sent = _saved(Image.new("RGB", size), "WEBP", lossless=True, quality=0, method=0)

    error = send(sent).json()["error"]

    assert "too many" in error
    assert "million" in error


def test_a_progressive_jpeg_that_would_take_more_memory_is_refused_before_decoding(send):
    small = _saved(Image.new("RGB", (40, 20)), "JPEG", progressive=True, subsampling=0)
    header = struct.pack(">HH", 20, 40)
    assert small.count(header) == 1

    error = send(small.replace(header, struct.pack(">HH", 6000, 8000))).json()["error"]

    assert "too many pixels" in error
    assert "million" in error


def test_a_second_picture_waits_until_the_first_one_is_read(folder):
    with ThreadPoolExecutor() as pool:
        colours = ["red", "lime", "red"]
        sent = [io.BytesIO(_saved(Image.new("RGB", (40, 20), colour), "PNG")) for colour in colours]
        names = list(pool.map(pictures.save_picture, sent))

    assert names[0] == names[2]
    assert sorted(file.name for file in folder.iterdir()) == sorted(set(names))


@pytest.mark.parametrize("alt", ["", "  \n ", "\N{NO-BREAK SPACE}"])
def test_a_picture_without_alternative_text_is_refused(send, folder, alt):
    response = send(picture(), alt=alt)

    assert response.status_code == 400
    assert response.json()["error"] == "Say what the picture shows, for people who cannot see it."
    assert not folder.exists()


def test_an_alternative_text_that_is_too_long_is_refused(send):
    assert "fewer words" in send(picture(), alt="x" * 501).json()["error"]


def test_an_upload_without_a_picture_is_refused(client, send):
    response = client.post(ADDRESS, {"alt": "A child", "image": "not a file"})

    assert response.status_code == 400
    assert response.json() == {"error": "Choose a picture first."}


def test_a_full_disk_is_reported_and_leaves_no_partial_file(send, folder):
    folder.parent.mkdir()
    folder.touch()

    response = send(picture())

    assert response.status_code == 503
    assert "could not be kept" in response.json()["error"]


def test_a_disk_that_fills_while_a_picture_is_written_leaves_no_partial_file(folder):
    sent = picture()  # Its stored file is larger than the limit.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            pictures.save_picture(io.BytesIO(sent))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE.keys())
def test_a_damaged_picture_is_refused_or_repaired(whole):
    for position in range(0, 700, 7):
        damaged = bytearray(whole)
        damaged[position % len(damaged)] ^= 0xFF

        with suppress(picture_worker.PictureRefusedError):
            picture_worker.convert(bytes(damaged))


# The Markdown of a picture


@hypothesis_settings(deadline=None, max_examples=100)
@given(one_line.filter(str.isprintable))
def test_the_alternative_text_is_shown_unchanged(words):
    rendered = render(pictures.picture_markdown(words, "/media/pictures/a.png"))

    (found,) = html5lib.parseFragment(rendered.html, namespaceHTMLElements=False).iter("img")
    assert rendered.problems == []
    assert found.get("alt") == words.strip()


@pytest.mark.parametrize(
    "words", ["a](//evil.example)", "![x](y)", "<img onerror=x>", "*bold* `code`", "&lt;", "\\"]
)
def test_markdown_in_the_alternative_text_is_escaped(words):
    markdown = pictures.picture_markdown(words, "/media/pictures/a.png")

    html = render(markdown).html
    (found,) = html5lib.parseFragment(html, namespaceHTMLElements=False).iter("img")
    assert found.get("alt") == words
    assert "<a" not in html
