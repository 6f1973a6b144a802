"""Who is asking: the address and scheme that the site believes, behind proxies that it trusts."""

from ipaddress import ip_address

import pytest
from hypothesis import given, strategies as st

from sendiass_site.web.proxies import TrustedProxies, read_networks

PROXIES = read_networks(["10.0.0.0/8", "2001:db8::1"])


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


def test_somebody_who_comes_directly_has_the_address_they_came_from():
    assert seen("192.0.2.7") == ("192.0.2.7", "http")


@pytest.mark.parametrize("forged", ["198.51.100.1", "10.0.0.1", "127.0.0.1", "198.51.100.1, 10.0.0.1"])
def test_a_forged_address_changes_nothing(forged):
    assert seen("192.0.2.7", forged) == ("192.0.2.7", "http")


def test_a_forged_scheme_changes_nothing():
    assert seen("192.0.2.7", scheme="https") == ("192.0.2.7", "http")


def test_a_trusted_proxy_is_believed():
    assert seen("10.0.0.5", "192.0.2.7", "https") == ("192.0.2.7", "https")


def test_what_somebody_sent_through_a_trusted_proxy_is_not_believed():
    assert seen("10.0.0.5", "127.0.0.1, 10.9.9.9, 192.0.2.7")[0] == "192.0.2.7"


def test_a_chain_of_trusted_proxies_is_followed_to_its_end():
    assert seen("10.0.0.5", "203.0.113.1, 192.0.2.7, 10.0.0.9")[0] == "192.0.2.7"


def test_a_proxy_that_says_nothing_is_the_one_who_asks():
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


def test_a_server_for_both_kinds_of_address_knows_its_proxy():
    assert seen("::ffff:10.0.0.5", "192.0.2.7")[0] == "192.0.2.7"


@pytest.mark.parametrize("words", ["unknown", "_hidden", "", ",", "192.0.2.7.9", "<script>"])
def test_words_that_are_no_address_leave_the_proxy_as_the_one_who_asks(words):
    assert seen("10.0.0.5", words)[0] == "10.0.0.5"


@pytest.mark.parametrize("words", ["unknown", "_hidden", "", "unix:"])
def test_what_stands_before_words_that_are_no_address_is_not_believed(words):
    assert seen("10.0.0.5", f"6.6.6.6, {words}")[0] == "10.0.0.5"


def test_somebody_who_comes_directly_is_called_the_same_by_a_server_for_both_kinds_of_address():
    assert seen("::ffff:192.0.2.7")[0] == "192.0.2.7"


@given(forwarded_for=st.text(), scheme=st.text())
def test_whatever_a_proxy_sends_the_address_is_an_address(forwarded_for, scheme):
    address, its_scheme = seen("10.0.0.5", forwarded_for, scheme)

    assert str(ip_address(address)) == address
    assert its_scheme in ("http", "https")


@pytest.mark.parametrize("value", ["somewhere", "10.0.0.0/99", "10.0.0.1/8"])
def test_a_network_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match=r"10|somewhere"):
        read_networks([value])
