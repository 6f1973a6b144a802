"""A real Caddy with the configuration in deploy/, of any version from 2.6 on. Without one these tests are skipped."""

import contextlib
import os
import shutil
import subprocess
import time

import pytest
from django.conf import settings

from tests.running_site import TIMEOUT, free_port, get

CADDY = shutil.which("caddy")
CONFIGURATION = str(settings.BASE_DIR / "deploy" / "Caddyfile")

pytestmark = pytest.mark.skipif(not CADDY, reason="Caddy is not installed")


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    version = subprocess.run([CADDY, "version"], capture_output=True, text=True, check=True).stdout
    numbers = tuple(int(part) for part in version.split()[0].removeprefix("v").split(".")[:3])
    old = {"REQUEST_BUFFERS": "buffer_requests"} if numbers < (2, 6, 4) else {}
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **old}


@pytest.mark.parametrize(
    "upstreams",
    [{}, {"UPSTREAMS": "web:8000 web-2:8000 web-3:8000"}, {"UPSTREAMS": "127.0.0.1:8000"}],
)
def test_the_configuration_is_valid(environment, upstreams):
    validated = subprocess.run(
        [CADDY, "validate", "--adapter", "caddyfile", "--config", CONFIGURATION],
        env=environment | upstreams | {"SITE_URL": "https://www.example.org"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert validated.returncode == 0, validated.stderr


@pytest.mark.server
def test_an_error_is_logged_without_the_address_of_its_request(environment, tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [CADDY, "run", "--adapter", "caddyfile", "--config", CONFIGURATION],
            env=environment | {"SITE_URL": address, "UPSTREAMS": f"127.0.0.1:{free_port()}"},
            stderr=output,
        )
    try:
        deadline = time.monotonic() + TIMEOUT
        status = 0
        while not status:
            assert time.monotonic() < deadline
            with contextlib.suppress(OSError):
                status = get(f"{address}/shared/c2VjcmV0/?a=c2VjcmV0", Referer=f"{address}/c2VjcmV0/")[0]
            time.sleep(0.05)
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT)

    written = log.read_text()
    assert status in (502, 503)
    assert '"request"' in written
    assert "c2VjcmV0" not in written
