"""Cancel events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


class Cancel(EventDefinition):
    """At an end event: cancels the transaction around it. At a transaction's boundary: catches that."""

    type: Literal["cancel"]
