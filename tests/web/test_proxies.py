"""The client's address and scheme behind trusted proxies."""

from ipaddress import ip_address

import pytest
from hypothesis import given, strategies as st

from sendiass_site.web.proxies import TrustedProxies, parse_networks

PROXIES = parse_networks(["10.0.0.0/8", "2001:db8::1"])


def seen(peer: str, forwarded_for: str = "", scheme: str = "") -> tuple[str, str]:
    """The client's address and the scheme that the site sees."""
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"}
    if forwarded_for:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded_for
    if scheme:
        environ["HTTP_X_FORWARDED_PROTO"] = scheme

    def site(environ, start_response):
        assert "HTTP_X_FORWARDED_FOR" not in environ
        assert "HTTP_X_FORWARDED_PROTO" not in environ
        return [environ["REMOTE_ADDR"].encode(), environ["wsgi.url_scheme"].encode()]

    address, its_scheme = TrustedProxies(site, PROXIES)(environ, lambda *_: None)
    return address.decode(), its_scheme.decode()


def test_a_direct_client_has_its_own_address():
    assert seen("192.0.2.7") == ("192.0.2.7", "http")


@pytest.mark.parametrize("forged", ["198.51.100.1", "10.0.0.1", "127.0.0.1", "198.51.100.1, 10.0.0.1"])
def test_a_forged_address_of_a_direct_client_is_ignored(forged):
    assert seen("192.0.2.7", forged) == ("192.0.2.7", "http")


def test_a_forged_scheme_of_a_direct_client_is_ignored():
    assert seen("192.0.2.7", scheme="https") == ("192.0.2.7", "http")


def test_a_trusted_proxy_is_believed():
    assert seen("10.0.0.5", "192.0.2.7", "https") == ("192.0.2.7", "https")


def test_an_address_that_the_client_forged_is_ignored_behind_a_proxy():
    assert seen("10.0.0.5", "127.0.0.1, 10.9.9.9, 192.0.2.7")[0] == "192.0.2.7"


def test_a_chain_of_trusted_proxies_is_followed_to_its_end():
    assert seen("10.0.0.5", "203.0.113.1, 192.0.2.7, 10.0.0.9")[0] == "192.0.2.7"


def test_a_proxy_without_headers_is_the_client():
    assert seen("10.0.0.5") == ("10.0.0.5", "http")


@pytest.mark.parametrize("scheme", ["http", "HTTPS, http", "ftp", "on"])
def test_only_https_is_https(scheme):
    assert seen("10.0.0.5", "192.0.2.7", scheme)[1] == "http"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("192.0.2.7:50312", "192.0.2.7"),
        ("[2001:db8::7]:50312", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_an_address_may_be_written_in_several_ways(written, meant):
    assert seen("10.0.0.5", written)[0] == meant


def test_a_trusted_proxy_is_recognised_on_a_dual_stack_socket():
    assert seen("::ffff:10.0.0.5", "192.0.2.7")[0] == "192.0.2.7"


@pytest.mark.parametrize("invalid", ["unknown", "_hidden", "", ",", "192.0.2.7.9", "<script>"])
def test_with_an_invalid_address_the_proxy_is_the_client(invalid):
    assert seen("10.0.0.5", invalid)[0] == "10.0.0.5"


@pytest.mark.parametrize("invalid", ["unknown", "_hidden", "", "unix:"])
def test_addresses_before_an_invalid_one_are_ignored(invalid):
    assert seen("10.0.0.5", f"6.6.6.6, {invalid}")[0] == "10.0.0.5"


def test_a_direct_client_has_its_ipv4_address_on_a_dual_stack_socket():
    assert seen("::ffff:192.0.2.7")[0] == "192.0.2.7"


@pytest.mark.parametrize(("peer", "is_believed"), [("10.0.0.5", True), ("192.0.2.7", False)])
def test_only_a_trusted_proxy_says_when_it_got_a_request(peer, is_believed):
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_X_REQUEST_START": "t=1.0"}

    TrustedProxies(lambda environ, _: [], PROXIES)(environ, lambda *_: None)

    assert ("HTTP_X_REQUEST_START" in environ) == is_believed


@given(forwarded_for=st.text(), scheme=st.text())
def test_with_any_header_the_address_is_valid(forwarded_for, scheme):
    address, its_scheme = seen("10.0.0.5", forwarded_for, scheme)

    assert str(ip_address(address)) == address
    assert its_scheme in ("http", "https")


@pytest.mark.parametrize("value", ["somewhere", "10.0.0.0/99", "10.0.0.1/8"])
def test_an_invalid_network_is_refused(value):
    with pytest.raises(ValueError, match=r"10|somewhere"):
        parse_networks([value])
