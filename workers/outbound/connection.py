"""From a URL to an open stream: look the name up once, check every address, connect to a checked one."""

import socket
import ssl
import threading
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import NamedTuple

import httpcore2
import httpx2

from models.incident_code import IncidentCode
from workers.outbound.address import host_and_port, is_public
from workers.outbound.deadline import Deadline
from workers.outbound.error import OutboundError

# A lookup cannot be interrupted, so one that hangs outlives its exchange. This bounds how many there are.
_LOOKUPS = threading.BoundedSemaphore(64)


class Endpoint(NamedTuple):
    """One address a name resolved to, as `socket.connect` takes it."""

    family: socket.AddressFamily
    address: tuple[str, int] | tuple[str, int, int, int]


class Stream(httpcore2.NetworkStream):
    """A connected socket. Every read and write on it ends at the deadline of the whole exchange.

    The timeouts that the protocol layer passes are for one operation, which a server that drips a byte a
    second never exceeds: they are not used.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._deadline.remaining())
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError:
            raise self._deadline.error() from None
        except OSError as error:
            raise OutboundError(
                IncidentCode.CONNECTION_FAILED, f"the connection broke: {_reason(error)}"
            ) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(self._deadline.remaining())
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError:
                raise self._deadline.error() from None
            except OSError as error:
                # The one error after which an answer may still be read: a server may refuse a body early.
                raise httpcore2.WriteError(_reason(error)) from error

    def close(self) -> None:
        self._socket.close()


def connect(
    url: httpx2.URL, port: int, deadline: Deadline, *, allowed: frozenset[str], tls: ssl.SSLContext
) -> Stream:
    """Opens the stream of one exchange; name and certificate are those of the URL, the address a checked one.

    Raises:
        OutboundError: ADDRESS_NOT_ALLOWED, CONNECTION_FAILED or TIMEOUT.
    """
    host = url.raw_host.decode("ascii")
    where = host_and_port(host, port)
    endpoints = _resolve(host, port, deadline)
    if where not in allowed and not all(is_public(ip_address(endpoint.address[0])) for endpoint in endpoints):
        raise OutboundError(
            IncidentCode.ADDRESS_NOT_ALLOWED,
            f"{where} is not a public address; ALLOWED_PRIVATE_HOSTS={where} in the environment of the"
            " workers would allow it",
        )
    sock = _open(endpoints, where, deadline)
    if url.scheme == "https":
        sock = _secure(sock, host, where, deadline, tls)
    return Stream(sock, deadline)


def _resolve(host: str, port: int, deadline: Deadline) -> list[Endpoint]:
    """Every address of the host, in the resolver's order; never empty."""
    try:
        literal = ip_address(host)
    except ValueError:
        return _look_up(host, port, deadline)
    family = socket.AF_INET if literal.version == 4 else socket.AF_INET6
    return [Endpoint(family, (host, port))]


def _look_up(host: str, port: int, deadline: Deadline) -> list[Endpoint]:
    answers: SimpleQueue[list[Endpoint] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([Endpoint(family, address) for family, _, _, _, address in found])  # type: ignore[arg-type]
        except (OSError, UnicodeError) as error:
            answers.put(error)
        finally:
            _LOOKUPS.release()

    if not _LOOKUPS.acquire(timeout=deadline.remaining()):
        raise deadline.error()
    try:
        threading.Thread(target=ask, name="outbound-lookup", daemon=True).start()
    except RuntimeError:
        _LOOKUPS.release()
        raise
    try:
        answer = answers.get(timeout=deadline.remaining())
    except Empty:
        raise deadline.error() from None
    if isinstance(answer, Exception) or not answer:
        raise OutboundError(IncidentCode.CONNECTION_FAILED, f"the name {host} does not resolve")
    return answer


def _open(endpoints: list[Endpoint], where: str, deadline: Deadline) -> socket.socket:
    """Connects to the first address that answers; each gets an equal share of the time that is left."""
    failure: OSError | None = None
    for index, endpoint in enumerate(endpoints):
        try:
            return _open_one(endpoint, deadline.remaining() / (len(endpoints) - index))
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise deadline.error()
    raise OutboundError(
        IncidentCode.CONNECTION_FAILED, f"cannot connect to {where}: {_reason(failure)}"
    ) from failure


def _open_one(endpoint: Endpoint, timeout: float) -> socket.socket:
    sock = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(endpoint.address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _secure(
    sock: socket.socket, host: str, where: str, deadline: Deadline, tls: ssl.SSLContext
) -> ssl.SSLSocket:
    """The TLS handshake, which the socket's timeout bounds as a whole."""
    try:
        sock.settimeout(deadline.remaining())
        return tls.wrap_socket(sock, server_hostname=host.removesuffix("."))
    except TimeoutError:
        sock.close()
        raise deadline.error() from None
    except (OSError, ValueError) as error:
        sock.close()
        raise OutboundError(
            IncidentCode.CONNECTION_FAILED, f"no TLS with {where}: {_reason(error)}"
        ) from error
    except BaseException:
        sock.close()
        raise


def _reason(error: Exception | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate does not hold ({error.verify_message})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
