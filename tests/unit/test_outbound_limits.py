"""How long and how large an outbound call may become, and what a broken one is called."""

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.local_server import Answer, LocalServer, Received, allowing, call, http, says
from workers.outbound import OutboundClient, OutboundError

CHUNKED = "Transfer-Encoding: chunked"


def failure(client: OutboundClient, url: str, **request: object) -> OutboundError:
    with pytest.raises(OutboundError) as failed:
        call(client, url, **request)  # type: ignore[arg-type]
    return failed.value


def runs_out_of_time(client: OutboundClient, url: str, **request: object) -> None:
    started = time.monotonic()
    failed = failure(client, url, timeout=0.3, **request)
    took = time.monotonic() - started
    assert (failed.code, failed.retryable) == ("TIMEOUT", True)
    assert 0.3 <= took < 30  # and not for as long as the server stands


def drip(beginning: bytes, drop: bytes) -> Callable[[LocalServer], None]:
    """Sends the beginning, then one drop after the other, as long as the server stands."""

    def install(server: LocalServer) -> None:
        def answer(connection: socket.socket, _: Received) -> None:
            connection.sendall(beginning)
            while not server.stopping.wait(0.02):
                connection.sendall(drop)

        server.answer = answer

    return install


@pytest.mark.parametrize(
    "install",
    [
        pytest.param(drip(http(200, length=False), b"x"), id="body"),
        pytest.param(drip(http(200, CHUNKED, length=False), b"1\r\nx\r\n"), id="chunks"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"), id="headers"),
        pytest.param(drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), id="informational answers"),
        pytest.param(drip(b"", b""), id="nothing"),
    ],
)
def test_a_server_that_drips_is_left_at_the_deadline(install: Callable[[LocalServer], None]) -> None:
    with LocalServer(says(b"")) as server:
        install(server)
        runs_out_of_time(allowing(server), server.url)


def test_redirects_share_one_deadline() -> None:
    def slow(connection: socket.socket, _: Received) -> None:
        server.stopping.wait(1.2)
        connection.sendall(http(302, "Location: /again"))

    with LocalServer(slow) as server:
        assert failure(allowing(server), server.url, timeout=3.0).code == "TIMEOUT"
    assert 1 < len(server.requests) < 4


def test_a_server_that_does_not_read_is_left_at_the_deadline() -> None:
    with LocalServer(says(b""), reads=False) as server:
        drip(b"", b"")(server)
        runs_out_of_time(allowing(server), server.url, method="POST", body="x" * 20_000_000)


def test_a_tls_handshake_that_never_ends_is_left_at_the_deadline() -> None:
    with LocalServer(says(b""), reads=False) as server:
        drip(b"", b"")(server)
        runs_out_of_time(allowing(server), server.url.replace("http:", "https:"))


def test_a_connection_that_is_never_taken_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        where = f"127.0.0.1:{full.getsockname()[1]}"
        runs_out_of_time(allowing(where), f"http://{where}/")
        for one in waiting:
            one.close()


def test_a_lookup_that_hangs_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        done.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        runs_out_of_time(allowing(), "http://slow.example/")
    finally:
        done.set()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(200, body=b"x" * 1001), id="length known"),
        pytest.param(http(200, body=b"x" * 1001, length=False), id="until the end"),
        pytest.param(http(200, CHUNKED, body=b"1\r\nx\r\n" * 1001, length=False), id="chunked"),
        pytest.param(http(200, "Content-Encoding: gzip", body=gzip.compress(b"x" * 1001)), id="gzip"),
        pytest.param(http(200, *[f"X-{n}: {'x' * 1000}" for n in range(300)]), id="headers"),
        pytest.param(http(200, "X: " + "x" * 300_000), id="one header"),
    ],
)
def test_an_answer_that_is_too_large_is_not_read_on(answer: bytes) -> None:
    with LocalServer(says(answer)) as server:
        failed = failure(allowing(server, max_response_bytes=1000), server.url)
    assert (failed.code, failed.retryable) == ("RESPONSE_TOO_LARGE", False)


def test_an_answer_of_exactly_the_limit_is_read() -> None:
    for answer in (
        http(200, body=b"x" * 1000),
        http(200, "Content-Encoding: gzip", body=gzip.compress(b"x" * 1000)),
    ):
        with LocalServer(says(answer)) as server:
            assert call(allowing(server, max_response_bytes=1000), server.url).body == "x" * 1000


def reset(connection: socket.socket, _: Received) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(b""), id="closed without an answer"),
        pytest.param(reset, id="reset"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), id="broken off"),
        pytest.param(says(http(200, CHUNKED, body=b"5\r\nab", length=False)), id="broken chunk"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.9\r\n"), id="not HTTP"),
        pytest.param(says(http(200, "Content-Encoding: gzip", body=b"no gzip")), id="not gzip"),
        pytest.param(says(http(200, "Content-Encoding: gzip", body=gzip.compress(b"x")[:-4])), id="cut gzip"),
    ],
)
def test_a_broken_answer_may_be_tried_again(answer: Answer) -> None:
    with LocalServer(answer) as server:
        failed = failure(allowing(server), server.url, method="POST", body={})
    assert (failed.code, failed.retryable) == ("CONNECTION_FAILED", True)
    assert len(server.requests) == 1


def test_a_refused_connection_and_an_unknown_name_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalServer(says(b"")) as server:
        pass
    assert failure(allowing(server), server.url).code == "CONNECTION_FAILED"

    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert failure(allowing(), "http://nowhere.example/").code == "CONNECTION_FAILED"


def test_an_answer_that_comes_before_the_whole_body_was_taken_is_read() -> None:
    def refuse(connection: socket.socket, _: Received) -> None:
        connection.sendall(http(413, body=b"too much"))

    with LocalServer(refuse, reads=False) as server:
        response = call(allowing(server), server.url, method="POST", body="x" * 5_000_000)
    assert (response.status, response.body) == (413, "too much")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of crm.internal and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "crm.internal")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("crm.internal")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "crm.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_tls_is_spoken_with_the_name_and_verified(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, port, **__: [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]
    )
    asked: list[str | None] = []
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(certificate)
    server_tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(certificate)

    with LocalServer(says(http(302, "Location: http://crm.internal/")), tls=server_tls) as server:
        allowed = [f"crm.internal:{server.port}", f"other.internal:{server.port}", "crm.internal:80"]
        client = OutboundClient(allowed_private_hosts=allowed, tls=trusting)
        url = f"https://crm.internal:{server.port}/"

        downgraded = failure(client, url)
        assert (downgraded.code, downgraded.retryable) == ("ADDRESS_NOT_ALLOWED", False)
        server.answer = says(http(200, body=b"safe"))
        assert call(client, url).body == "safe"
        assert asked == ["crm.internal", "crm.internal"]

        assert failure(client, url.replace("crm.", "other.")).code == "CONNECTION_FAILED"
        assert failure(OutboundClient(allowed_private_hosts=allowed), url).code == "CONNECTION_FAILED"
    assert len(server.requests) == 2
