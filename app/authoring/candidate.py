"""A version that is about to be published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from models.flow import Flow, FlowVersion
from workers.flow.graph import Graph


@dataclass(frozen=True, slots=True)
class Candidate:
    """The next version of a flow, not stored yet. Those that are published together may call each other."""

    flow: Flow
    version: FlowVersion
    graph: Graph

    @classmethod
    def of(
        cls, flow: Flow, definition: dict[str, Any], graph: Graph, now: datetime, note: str | None = None
    ) -> Self:
        number = flow.last_version + 1
        version = FlowVersion(
            flow_id=flow.id, version_number=number, definition=definition, note=note, created_at=now
        )
        return cls(flow, version, graph)
