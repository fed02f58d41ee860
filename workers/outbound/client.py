"""The client: one connection for each hop, every hop checked, one deadline for all of them."""

import ssl
from collections.abc import Collection

import httpcore2

from models.incident_code import IncidentCode
from workers.outbound.address import parse_allowed
from workers.outbound.connection import connect
from workers.outbound.deadline import Deadline
from workers.outbound.error import OutboundError
from workers.outbound.request import Hop, OutboundRequest, first_hop
from workers.outbound.response import OutboundResponse, read_response

_MAX_REDIRECTS = 5
_MAX_TIMEOUT = 24 * 60 * 60.0


class OutboundClient:
    """Sends requests to public addresses, and to the `host:port` pairs of `allowed_private_hosts`.

    An allowed pair is compared with host and port of the URL and may resolve to any address. Nothing else
    changes what is called: no proxy, netrc or cookie. `max_response_bytes` bounds a body before and after
    decompression. `tls` replaces the certificates of the system.

    May be used by many threads at once. Connections are not reused: a request on a connection that its
    server has just closed could not be told from one that was served, and would have to fail or be sent
    twice.

    Raises:
        ValueError: an entry of `allowed_private_hosts` is not `host:port`.
    """

    def __init__(
        self,
        *,
        allowed_private_hosts: Collection[str] = (),
        max_response_bytes: int = 1024 * 1024,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = parse_allowed(allowed_private_hosts)
        self._max_response_bytes = max_response_bytes
        self._tls = tls or httpcore2.default_ssl_context()
        self._closed = False

    def send(self, request: OutboundRequest) -> OutboundResponse:
        """Gives the answer, of whatever status, after at most five redirects.

        Raises:
            OutboundError: there is no answer; `code` says why.
            RuntimeError: the client is closed.
        """
        if self._closed:
            raise RuntimeError("the client is closed")
        if not 0 < request.timeout <= _MAX_TIMEOUT:
            raise OutboundError(IncidentCode.INVALID_REQUEST, "the timeout is not between zero and a day")
        deadline = Deadline(request.timeout)
        hop = first_hop(request)
        for _ in range(_MAX_REDIRECTS + 1):
            came = self._exchange(hop, deadline)
            if isinstance(came, OutboundResponse):
                return came
            hop = came
        raise OutboundError(IncidentCode.TOO_MANY_REDIRECTS, f"redirected more than {_MAX_REDIRECTS} times")

    def close(self) -> None:
        """Refuses further requests; those under way end by themselves, within their timeouts."""
        self._closed = True

    def _exchange(self, hop: Hop, deadline: Deadline) -> OutboundResponse | Hop:
        url = httpcore2.URL(
            scheme=hop.url.raw_scheme, host=hop.url.raw_host, port=hop.port, target=hop.url.raw_path
        )
        stream = connect(hop.url, hop.port, deadline, allowed=self._allowed, tls=self._tls)
        connection = httpcore2.HTTP11Connection(url.origin, stream)
        try:
            request = httpcore2.Request(hop.method, url, headers=hop.wire_headers(), content=hop.content)
            response = connection.handle_request(request)
            location = next((value for name, value in response.headers if name.lower() == b"location"), None)
            target = hop.redirected(response.status, location)
            return target or read_response(
                response.status, response.headers, response.iter_stream(), max_bytes=self._max_response_bytes
            )
        # The library's texts quote what was sent or received, so they are not passed on.
        except httpcore2.LocalProtocolError:
            raise OutboundError(
                IncidentCode.INVALID_REQUEST, "this is not a request that HTTP can carry"
            ) from None
        except httpcore2.RemoteProtocolError as error:
            raise _bad_answer(error) from None
        finally:
            connection.close()


def _bad_answer(error: httpcore2.RemoteProtocolError) -> OutboundError:
    # h11 stops at 100 KiB of headers, and says with which status a server would.
    if getattr(error.__cause__, "error_status_hint", None) == 431:
        return OutboundError(IncidentCode.RESPONSE_TOO_LARGE, "the headers of the answer are too large")
    return OutboundError(IncidentCode.CONNECTION_FAILED, "the answer is not HTTP, or broke off")
