"""compose.yaml, .env.example and the Dockerfile promise no more than the site does, and hold no secret."""

import re
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.documentation import documented_variables

ROOT = settings.BASE_DIR
# What compose.yaml asks for and the site does not know.
COMPOSE_ALONE = {"POSTGRES_PASSWORD"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def variables(text: str) -> dict[str, str]:
    """What a compose file asks its surroundings for, with what follows each name: `:-`, `:?`, `:+` and a value."""
    return dict(re.findall(r"\$\{([A-Z_]+)([^${}]*)", text))


def services(compose: dict[str, Any], profile: str = "") -> set[str]:
    """What is started with a profile, or without any."""
    return {
        name
        for name, service in compose["services"].items()
        if "profiles" not in service or profile in service["profiles"]
    }


def sites(compose: dict[str, Any]) -> list[dict[str, Any]]:
    return [service for service in compose["services"].values() if service["image"] == "sendiass-site"]


# compose.yaml


@pytest.mark.parametrize(
    ("profile", "started"),
    [
        ("", {"web"}),
        ("postgres", {"web", "database"}),
        ("replicas", {"web", "web-2", "web-3", "database", "balancer"}),
    ],
)
def test_a_profile_starts_what_its_name_says(compose, profile, started):
    assert services(compose, profile) == started


def test_every_setting_that_compose_hands_over_is_one_of_the_site(compose):
    handed_over = {name for site in sites(compose) for name in site["environment"]}

    assert handed_over - set(documented_variables()) == set()


def test_every_variable_that_compose_asks_for_is_described():
    asked = set(variables((ROOT / "compose.yaml").read_text()))

    assert asked - set(documented_variables()) == COMPOSE_ALONE


def test_no_secret_has_a_default():
    asked = variables((ROOT / "compose.yaml").read_text())

    assert asked["POSTGRES_PASSWORD"] in ("", ":-")
    assert "SECRET_KEY" not in asked  # made by the site where nobody gives one
    assert asked["ALLOWED_HOSTS"].startswith(":?Write ALLOWED_HOSTS=")


def test_every_container_of_the_site_has_no_rights_and_writes_to_its_volume_only(compose):
    assert len(sites(compose)) == 3
    for site in sites(compose):
        assert site["read_only"] is True
        assert site["cap_drop"] == ["ALL"]
        assert site["security_opt"] == ["no-new-privileges:true"]
        assert site["volumes"] == ["data:/data"]
        assert [mount.partition(":")[0] for mount in site["tmpfs"]] == ["/tmp"]  # noqa: S108 - in the container
        assert "privileged" not in site
        assert "user" not in site  # the image's own


def test_the_site_is_reached_through_a_proxy_only(compose):
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }

    assert set(published) == {"web", "balancer"}
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_the_site_trusts_the_network_of_its_own_proxy(compose):
    [network] = compose["networks"]["default"]["ipam"]["config"]

    for site in sites(compose):
        assert site["environment"]["TRUSTED_PROXIES"] == f"${{TRUSTED_PROXIES:-{network['subnet']}}}"


def test_the_site_has_longer_to_stop_than_it_takes(compose):
    from sendiass_site import gunicorn_config

    for site in sites(compose):
        assert int(site["stop_grace_period"].removesuffix("s")) > gunicorn_config.graceful_timeout


def test_the_balancer_knows_every_container_of_the_site(compose):
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()

    asked = re.search(r"reverse_proxy (.+) \{", caddyfile)[1].split()

    containers = {name for name, service in compose["services"].items() if service in sites(compose)}
    assert set(asked) == {f"{name}:8000" for name in containers}


# .env.example


def test_the_example_has_every_setting_and_no_other():
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert len(named) == len(set(named))
    assert set(named) - COMPOSE_ALONE == set(documented_variables())


@pytest.mark.parametrize("secret", ["SECRET_KEY", "POSTGRES_PASSWORD"])
def test_the_example_gives_no_secret_that_somebody_could_copy(secret):
    assert f"\n#{secret}=\n" in (ROOT / ".env.example").read_text()


# Dockerfile


def test_the_image_sets_nothing_that_the_site_does_not_know():
    environment = re.search(r"^ENV (.+?[^\\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE | re.DOTALL)[
        1
    ]

    named = set(re.findall(r"\b([A-Z_]+)=", environment))
    assert named - set(documented_variables()) == {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


def test_all_that_the_image_needs_is_sent_to_its_builder_and_nothing_more():
    copied = set(re.findall(r"^COPY (?!--)(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    sent = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))

    assert sent == copied
