"""The addresses that may be called: public ones, and the hosts and ports that the deployer allows."""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# A list of our own, because `ipaddress.is_global` differs between releases and is true for multicast.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform service, reachable from every machine there
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

# Loopback, link-local, unique-local, multicast, IPv4-mapped and the local NAT64 prefix all lie outside.
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments, with Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# The one translated form in use today: networks without IPv4 reach all of the public IPv4 network by it.
_NAT64 = IPv6Network("64:ff9b::/96")

_HOST_AND_PORT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z._-]+)):(?P<port>[0-9]{1,5})")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is global unicast, directly or as what NAT64 translates it to."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def host_and_port(host: str, port: int) -> str:
    """`host:port` in the one spelling that is compared: lower case, IPv6 shortened and in brackets."""
    try:
        address = ip_address(host)
    except ValueError:
        return f"{host.lower()}:{port}"
    return f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"


def parse_allowed(entries: Collection[str]) -> frozenset[str]:
    """Reads `host:port` entries such as `crm.internal:443` and `[::1]:9000`; other alphabets as `xn--…`.

    Raises:
        ValueError: names the entry that is not a host and a port.
    """
    allowed = set()
    for entry in entries:
        match = _HOST_AND_PORT.fullmatch(entry)
        if match is None or not 0 < int(match["port"]) < 65536:
            raise ValueError(f"{entry!r} is not host:port")
        host = match["name"] or str(IPv6Address(match["v6"]))
        allowed.add(host_and_port(host, int(match["port"])))
    return frozenset(allowed)
