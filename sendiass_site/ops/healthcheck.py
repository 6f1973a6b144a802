"""The health check of the container (`HEALTHCHECK` in the Dockerfile), without curl.

It requests /healthz and not /readyz: while the database is down, cached pages are still served.
"""

import http
import http.client
import sys

TIMEOUT = 4  # seconds


def main(port: str) -> None:
    """Exit with status 0 if the site answers on this port, otherwise with 1 and the reason."""
    try:
        status = _request_healthz(int(port))
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"The site does not answer: {error}")
    if status != http.HTTPStatus.OK:
        sys.exit(f"The site answers {status}.")


def _request_healthz(port: int) -> int:
    # /healthz needs neither HTTPS nor an allowed host.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request("GET", "/healthz")
    return connection.getresponse().status


if __name__ == "__main__":
    main(*sys.argv[1:])
