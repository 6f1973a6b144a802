"""Serving pictures: cached for good, never executed, and no other file of that folder."""

import pytest

from leaflets.editing import pictures
from tests.pictures import picture

NAME = "0123456789abcdef" * 4


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    folder = settings.MEDIA_ROOT / "pictures"
    folder.mkdir(parents=True)
    return folder


def fetch(client, path, method="get"):
    return getattr(client, method)(path)


@pytest.mark.parametrize(("ending", "kind"), pictures.CONTENT_TYPES.items())
def test_a_picture_is_served_with_its_type_and_a_restrictive_policy(client, folder, ending, kind):
    (folder / f"{NAME}.{ending}").write_bytes(picture())

    response = fetch(client, f"/media/pictures/{NAME}.{ending}")

    assert response.status_code == 200
    assert response.content == picture()
    assert response["Content-Type"] == kind
    assert response["X-Content-Type-Options"] == "nosniff"
    assert set(response["Content-Security-Policy"].split("; ")) == {"default-src 'none'", "sandbox"}


def test_a_picture_is_cached_as_immutable(client, folder):
    (folder / f"{NAME}.png").write_bytes(picture())

    response = fetch(client, f"/media/pictures/{NAME}.png")

    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Vary" not in response
    assert not response.cookies


@pytest.mark.django_db
def test_a_missing_picture_answers_404_and_is_not_cached(client, folder):
    response = fetch(client, f"/media/pictures/{NAME}.png")

    assert response.status_code == 404
    assert "immutable" not in response.get("Cache-Control", "")


def test_a_picture_refuses_other_methods(client, folder):
    (folder / f"{NAME}.png").write_bytes(picture())

    assert fetch(client, f"/media/pictures/{NAME}.png", "head").status_code == 200
    assert fetch(client, f"/media/pictures/{NAME}.png", "post").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/pictures/",
        "/media/secret.png",
        "/media/pictures/evil.html",
        "/media/pictures/evil.svg",
        f"/media/pictures/{NAME}.html",
        f"/media/pictures/{NAME}.svg",
        f"/media/pictures/{NAME}.gif",
        f"/media/pictures/{NAME}.png.html",
        f"/media/pictures/{NAME}.PNG",
        f"/media/pictures/{NAME}.png/",
        f"/media/pictures/{NAME}.png%0A",
        f"/media/pictures/{NAME}.png%00",
        f"/media/pictures/../pictures/{NAME}.gif",
        "/media/pictures/../../secret_key",
        "/media/pictures/..%2F..%2Fsecret_key",
        "/media/pictures/%2e%2e/%2e%2e/secret_key",
        "/media/pictures/..%5C..%5Csecret_key",
        "/media/..%2Fsecret_key",
        "/media//etc/passwd",
        "/media/pictures//etc/passwd",
    ],
)
@pytest.mark.django_db
def test_no_other_file_is_served(client, folder, path):
    for name in ("evil.html", "evil.svg", f"{NAME}.html", f"{NAME}.svg", f"{NAME}.gif", f"{NAME}.png.html"):
        (folder / name).write_text("Not for you")
    (folder.parent / "secret.png").write_text("Not for you")
    (folder.parent.parent / "secret_key").write_text("Not for you")

    response = fetch(client, path)

    assert response.status_code == 404
    assert b"Not for you" not in response.content
