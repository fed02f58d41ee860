"""HTTP calls to URLs that authors of flows choose: only the public network is reachable by default."""

from workers.outbound.client import OutboundClient
from workers.outbound.error import OutboundError
from workers.outbound.request import OutboundRequest
from workers.outbound.response import OutboundResponse

__all__ = ["OutboundClient", "OutboundError", "OutboundRequest", "OutboundResponse"]
