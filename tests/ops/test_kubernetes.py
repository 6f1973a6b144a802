"""deploy/kubernetes.yaml fits the site, the image and itself. No cluster runs it."""

import re
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.urls import resolve

from sendiass_site import gunicorn_config
from tests.documentation import documented_variables

ROOT = settings.BASE_DIR
TEXT = (ROOT / "deploy" / "kubernetes.yaml").read_text()
OBJECTS: dict[str, Any] = {document["kind"]: document for document in yaml.safe_load_all(TEXT)}
SITE = OBJECTS["Deployment"]["spec"]["template"]
JOBS = OBJECTS["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
both = pytest.mark.parametrize("pod", [SITE["spec"], JOBS["spec"]], ids=["site", "jobs"])


def container(pod: dict[str, Any]) -> dict[str, Any]:
    [only] = pod["containers"]
    return only


def name_of(kind: str) -> str:
    return OBJECTS[kind]["metadata"]["name"]


def test_every_variable_is_a_setting():
    in_secret = re.findall(r"--from-literal=([A-Z_]+)=", TEXT)

    assert "SECRET_KEY" in in_secret
    assert "DATABASE_URL" in in_secret
    assert {*OBJECTS["ConfigMap"]["data"], *in_secret} - set(documented_variables()) == set()


def test_no_secret_is_in_the_file():
    assert "Secret" not in OBJECTS
    assert "SECRET_KEY" not in OBJECTS["ConfigMap"]["data"]


@both
def test_the_pods_are_as_restricted_as_the_containers_of_compose(pod):
    user = re.search(r"^USER (\d+):", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]

    assert pod["securityContext"]["runAsUser"] == int(user)
    assert container(pod)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@both
def test_each_pod_has_the_settings_the_data_and_a_place_for_temporary_files(pod):
    names = [name for source in container(pod)["envFrom"] for name in source.values()]
    volumes = {volume["name"] for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container(pod)["volumeMounts"]}

    assert names == [{"name": name_of("ConfigMap")}, {"name": "sendiass"}]
    assert set(mounts) == {"/data", "/tmp"}  # noqa: S108 - in the container
    assert set(mounts.values()) == volumes
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == name_of("PersistentVolumeClaim")


def test_the_jobs_run_in_the_image_of_the_site():
    assert container(JOBS["spec"])["image"] == container(SITE["spec"])["image"]


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_a_probe_asks_for_an_address_of_the_site_with_a_host_that_is_allowed(probe):
    asked = container(SITE["spec"])[probe]["httpGet"]

    [header] = asked["httpHeaders"]
    assert resolve(asked["path"]).url_name == ("readyz" if probe == "startupProbe" else "healthz")
    assert header == {"name": "Host", "value": OBJECTS["ConfigMap"]["data"]["ALLOWED_HOSTS"]}


def test_a_pod_may_finish_its_requests():
    assert SITE["spec"]["terminationGracePeriodSeconds"] > gunicorn_config.graceful_timeout


def test_the_ingress_leads_to_the_pods():
    service, ingress = OBJECTS["Service"]["spec"], OBJECTS["Ingress"]["spec"]
    [rule] = ingress["rules"]
    [path] = rule["http"]["paths"]
    [port] = container(SITE["spec"])["ports"]

    assert rule["host"] == OBJECTS["ConfigMap"]["data"]["ALLOWED_HOSTS"]
    assert path["backend"]["service"] == {"name": name_of("Service"), "port": {"name": "http"}}
    assert service["ports"][0]["targetPort"] == port["name"]
    assert service["selector"] == SITE["metadata"]["labels"]
    assert OBJECTS["Deployment"]["spec"]["selector"]["matchLabels"] == service["selector"]
