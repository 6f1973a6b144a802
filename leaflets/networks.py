"""The network that counts as one client, wherever requests are counted by who sends them."""

from ipaddress import ip_address, ip_network


def client_network(address: str, bits: int = 64) -> str:
    """Return the client's network: an IPv4 address itself, the /64 of an IPv6 address, else an empty string.

    `bits` is the prefix of another IPv6 network: many households have a /56, and organisations a /48.
    A household has a /64 of IPv6 addresses, and its devices change theirs often. On a Unix socket there is no address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    # On a dual-stack socket 192.0.2.1 is ::ffff:192.0.2.1.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ip_network((parsed.packed, bits), strict=False)) if parsed.version == 6 else str(parsed)
