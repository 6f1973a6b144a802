"""A real OpenID Connect provider, in a process of its own, for single sign-on."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.running_site import free_port

# Claims of the provider's users. "sub" is also the name of the button in its sign-in page.
USERS = [
    {"sub": "rose", "email": "rose@council.gov.uk", "email_verified": True, "name": "Rose Gray", "groups": ["send-publishers", "all-staff"]},
    {"sub": "ben", "email": "ben@council.gov.uk", "email_verified": True, "groups": "send-editors"},
    {"sub": "meg", "email": "meg@council.gov.uk", "email_verified": True, "groups": ["send-readers", "send-editors"]},
    {"sub": "head", "email": "head@council.gov.uk", "email_verified": True, "groups": ["send-admins"]},
    {"sub": "stranger", "email": "stranger@council.gov.uk", "email_verified": True, "groups": ["all-staff"]},
    {"sub": "nobody", "email": "nobody@council.gov.uk", "email_verified": True},
    {"sub": "thief", "email": "head@council.gov.uk", "email_verified": False, "groups": ["send-editors"]},
    {"sub": "sly-thief", "email": "head@council.gov.uk", "email_verified": "false", "groups": ["send-editors"]},
    {"sub": "without-email", "groups": ["send-editors"]},
    {"sub": "odd", "email": "odd@council.gov.uk", "groups": [{"name": "send-admins"}, 7, None]},
]  # fmt: skip


@contextlib.contextmanager
def running_provider(log: Path) -> Iterator[str]:
    """Run the provider with USERS and yield its issuer URL. Its output goes to `log`."""
    port = free_port()
    claims = [argument for user in USERS for argument in ("--user-claims", json.dumps(user))]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *claims],
            env=os.environ | {"NO_COLOR": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    issuer = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{issuer}/jwks", timeout=5):
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"The OpenID Connect provider did not start:\n{log.read_text()}")
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=30)
