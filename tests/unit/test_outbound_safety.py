"""Where an outbound call may go: addresses, names that change their address, redirects."""

import socket
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from tests.unit.local_server import Answer, LocalServer, Received, allowing, call, http, says
from workers.outbound import OutboundClient, OutboundError
from workers.outbound.address import is_public

Resolve = Callable[..., None]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Makes every name resolve to the given addresses, the first call to the first argument and so on."""

    def to(*answers: list[str]) -> None:
        left = list(answers)

        def getaddrinfo(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            found = left.pop(0)
            return [
                (socket.AF_INET6, 1, 6, "", (ip, port, 0, 0))
                if ":" in ip
                else (socket.AF_INET, 1, 6, "", (ip, port))
                for ip in found
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return to


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that a connection was tried to; each is refused."""
    tried: list[str] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def refusal(client: OutboundClient, url: str, **request: object) -> OutboundError:
    with pytest.raises(OutboundError) as refused:
        call(client, url, **request)  # type: ignore[arg-type]
    return refused.value


# fmt: off
PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1",
    "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
]
PUBLIC = [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
    "192.0.1.1", "198.20.0.0", "223.255.255.255",
    "2001:200::1", "2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::8.8.8.8",
]
# fmt: on


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_global_unicast_is_never_connected_to(address: str, connected: list[str]) -> None:
    host = f"[{address}]" if ":" in address else address
    refused = refusal(allowing(), f"http://{host}/latest/meta-data?token=hush")
    assert (refused.code, refused.retryable, connected) == ("ADDRESS_NOT_ALLOWED", False, [])
    assert "meta-data" not in refused.message
    assert "hush" not in refused.message


@pytest.mark.parametrize("address", PUBLIC)
def test_global_unicast_is_public_up_to_the_edges(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "127。0。0。1",
        "017700000001",
    ],
)
def test_an_odd_spelling_of_loopback_is_still_loopback(host: str, connected: list[str]) -> None:
    assert refusal(allowing(), f"http://{host}/").code in {"ADDRESS_NOT_ALLOWED", "CONNECTION_FAILED"}
    assert connected == []


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["2606:4700::1", "::1"]])
def test_a_name_is_refused_when_any_of_its_addresses_is_private(
    addresses: list[str], resolve: Resolve, connected: list[str]
) -> None:
    resolve(addresses)
    refused = refusal(allowing(), "https://crm.example/")
    assert (refused.code, connected) == ("ADDRESS_NOT_ALLOWED", [])
    assert not any(address in refused.message for address in addresses)


def test_a_name_that_changes_its_address_is_connected_where_it_was_checked(
    resolve: Resolve, connected: list[str]
) -> None:
    resolve(["93.184.216.34", "2606:4700::1"], ["127.0.0.1"])
    assert refusal(allowing(), "http://rebinds.example/").code == "CONNECTION_FAILED"
    assert connected == ["93.184.216.34", "2606:4700::1"]


def test_an_allowed_private_host_is_called_at_its_port_only() -> None:
    with LocalServer(says(http(200))) as server, LocalServer(says(http(200))) as other:
        client = allowing(server)
        assert call(client, server.url).status == 200
        assert refusal(client, other.url).code == "ADDRESS_NOT_ALLOWED"
        assert refusal(client, f"http://localhost:{server.port}").code == "ADDRESS_NOT_ALLOWED"
        assert refusal(client, f"http://127.1:{server.port}").code == "ADDRESS_NOT_ALLOWED"
    assert other.connections == 0


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("CRM.internal:80", "http://crm.Internal/"),
        ("crm.internal:8080", "http://crm.internal:8080/"),
        ("[::1]:9000", "http://[0:0:0:0:0:0:0:1]:9000/"),
    ],
)
def test_an_allowed_host_is_compared_by_name_and_effective_port(
    allowed: str, url: str, resolve: Resolve, connected: list[str]
) -> None:
    resolve(["::1"])
    assert refusal(allowing(allowed), url).code == "CONNECTION_FAILED"
    assert [ip_address(address) for address in connected] == [ip_address("::1")]


@pytest.mark.parametrize(
    "entry",
    ["crm.internal", "::1:9000", "http://crm.internal:80", "crm.internal:0", "a:99999", "a:80/x", "*:80", ""],
)
def test_an_allowed_host_without_host_and_port_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        allowing(entry)


def test_the_host_header_stays_the_name(resolve: Resolve) -> None:
    with LocalServer(says(http(200))) as server:
        resolve(["127.0.0.1"])
        client = allowing(f"crm.internal:{server.port}")
        assert call(client, f"http://CRM.internal:{server.port}/").status == 200
    assert server.requests[0].headers["host"] == f"crm.internal:{server.port}"


def redirect(status: int, *targets: str) -> Answer:
    """Redirects to each target in turn, then answers 200."""
    left = list(targets)

    def answer(connection: socket.socket, _: Received) -> None:
        connection.sendall(http(status, f"Location: {left.pop(0)}") if left else http(200, body=b"there"))

    return answer


CREDENTIALS = {
    "Authorization": "Bearer hush",
    "cookie": "a=hush",
    "Proxy-Authorization": "Basic hush",
    "X-Api-Key": "hush",
}
PLAIN = {"Accept": "text/x", "Content-Type": "text/x", "User-Agent": "me", "Idempotency-Key": "k"}


def test_a_redirect_within_the_origin_keeps_every_header() -> None:
    with LocalServer(redirect(302, "/b?c=1")) as server:
        response = call(allowing(server), server.url + "/a", query={"q": "1"}, headers=CREDENTIALS | PLAIN)
    assert response.body == "there"
    assert [request.target for request in server.requests] == ["/a?q=1", "/b?c=1"]
    kept = server.requests[1].headers
    assert kept["authorization"] == "Bearer hush"
    assert kept["x-api-key"] == "hush"


def test_a_redirect_to_another_origin_takes_only_plain_headers_there() -> None:
    with LocalServer(says(http(200))) as other, LocalServer(redirect(307, other.url + "/b")) as server:
        headers = CREDENTIALS | PLAIN
        call(allowing(server, other), server.url, method="PUT", headers=headers, body="text")
    (received,) = other.requests
    assert "hush" not in str(received)
    assert (received.method, received.body, received.headers["host"]) == ("PUT", b"text", other.host)
    assert {name: received.headers[name.lower()] for name in PLAIN} == PLAIN


def test_credentials_do_not_come_back_with_a_redirect_that_does() -> None:
    with LocalServer(says(b"")) as other, LocalServer(redirect(302, other.url)) as server:
        other.answer = redirect(302, server.url)
        assert call(allowing(server, other), server.url, headers=CREDENTIALS).body == "there"
    assert "hush" not in str(server.requests[1])


@pytest.mark.parametrize(
    ("status", "method", "after", "body"),
    [
        (301, "GET", "GET", b""),
        (302, "HEAD", "HEAD", b""),
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (301, "PUT", "PUT", b"{}"),
        (302, "PATCH", "PATCH", b"{}"),
        (302, "DELETE", "DELETE", b"{}"),
        (303, "PUT", "GET", b""),
        (303, "HEAD", "HEAD", b""),
        (307, "POST", "POST", b"{}"),
        (308, "DELETE", "DELETE", b"{}"),
    ],
)
def test_a_redirect_changes_the_method_as_browsers_do(
    status: int, method: str, after: str, body: bytes
) -> None:
    with LocalServer(redirect(status, "/b")) as server:
        call(allowing(server), server.url, method=method, body={} if method not in {"GET", "HEAD"} else None)
    received = server.requests[1]
    assert (received.method, received.body, "content-type" in received.headers) == (after, body, bool(body))


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    with LocalServer(redirect(302, *"12345")) as server:
        assert call(allowing(server), server.url).body == "there"
    with LocalServer(redirect(302, *"123456")) as server:
        refused = refusal(allowing(server), server.url)
    assert (refused.code, refused.retryable, len(server.requests)) == ("TOO_MANY_REDIRECTS", False, 6)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://127.0.0.1:1/", "ADDRESS_NOT_ALLOWED"),
        ("http://169.254.169.254/latest/meta-data/", "ADDRESS_NOT_ALLOWED"),
        ("//[::ffff:10.0.0.1]/", "ADDRESS_NOT_ALLOWED"),
        ("http://user:pw@93.184.216.34/", "INVALID_REQUEST"),
        ("file:///etc/passwd", "INVALID_REQUEST"),
        ("http://xn--\xff/", "INVALID_REQUEST"),
    ],
)
def test_a_redirect_is_checked_like_the_first_url(target: str, code: str) -> None:
    with LocalServer(redirect(302, target)) as server:
        assert refusal(allowing(server), server.url).code == code


@pytest.mark.parametrize("answer", [http(302), http(304, "Location: /b"), http(300, "Location: /b")])
def test_an_answer_that_redirects_nowhere_is_the_answer(answer: bytes) -> None:
    with LocalServer(says(answer)) as server:
        assert call(allowing(server), server.url).status in {300, 302, 304}
    assert len(server.requests) == 1
