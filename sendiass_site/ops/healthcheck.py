"""Ask the site in this container whether it answers. What `HEALTHCHECK` in the Dockerfile runs: no curl needed.

It asks /healthz, not /readyz: a database that is away is no reason to take away the pages that are in memory.
"""

import http
import http.client
import sys

TIMEOUT = 4  # seconds


def main(port: str) -> None:
    """Exit with status 0 where the site answers on this port, else with 1 and the reason."""
    try:
        answer = _ask(int(port))
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"The site does not answer: {error}")
    if answer != http.HTTPStatus.OK:
        sys.exit(f"The site answers {answer}.")


def _ask(port: int) -> int:
    # /healthz needs no HTTPS, but like every page it answers only to the names of the site.
    from sendiass_site.settings import ALLOWED_HOSTS

    name = ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request("GET", "/healthz", headers={"Host": name})
    return connection.getresponse().status


if __name__ == "__main__":
    main(*sys.argv[1:])
