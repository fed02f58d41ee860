"""A server on loopback that says, byte by byte, what a test wants an outbound client to meet."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from pydantic import JsonValue

from workers.outbound import OutboundClient, OutboundRequest, OutboundResponse


@dataclass
class Received:
    """One request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


#: Sends whatever it likes; the connection is closed when it returns.
Answer = Callable[[socket.socket, Received], None]


def http(status: int, *headers: str, body: bytes = b"", length: bool = True) -> bytes:
    """An answer's bytes."""
    lines = [f"HTTP/1.1 {status} Because", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def says(data: bytes) -> Answer:
    """Answers every request with these bytes."""
    return lambda connection, _: connection.sendall(data)


@dataclass
class LocalServer:
    """Serves each connection one request in a thread of its own, until the block is left."""

    answer: Answer
    tls: ssl.SSLContext | None = None
    reads: bool = True
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(10)
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=[connection])
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection):
            if self.tls is not None:
                with self.tls.wrap_socket(connection, server_side=True) as secured:
                    self._exchange(secured)
            else:
                self._exchange(connection)

    def _exchange(self, connection: socket.socket) -> None:
        received = _read(connection) if self.reads else Received("", "", {}, b"")
        self.requests.append(received)
        self.answer(connection, received)


def _read(connection: socket.socket) -> Received:
    with connection.makefile("rb") as file:
        method, target, _ = file.readline().decode().split(" ")
        headers = {}
        while line := file.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Received(method, target, headers, file.read(int(headers.get("content-length", 0))))


#: Trusts nobody. Reading the certificates of the system takes longer than most tests.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def allowing(*servers: LocalServer | str, max_response_bytes: int = 1024 * 1024) -> OutboundClient:
    """A client that may call these servers, and the public network over plain HTTP."""
    hosts = [server if isinstance(server, str) else server.host for server in servers]
    return OutboundClient(allowed_private_hosts=hosts, max_response_bytes=max_response_bytes, tls=_TLS)


def call(
    client: OutboundClient,
    url: str,
    *,
    method: str = "GET",
    query: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
    body: JsonValue = None,
    timeout: float = 10.0,
) -> OutboundResponse:
    """Sends one request that has no more than what is given."""
    return client.send(OutboundRequest(method, url, query or {}, headers or {}, body, timeout))
