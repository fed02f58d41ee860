"""Signal events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


class SignalEvent(EventDefinition):
    """A signal reaches everything that waits for it in the organization and environment; none is kept.

    One that is thrown carries what the node's `input` made.
    """

    type: Literal["signal"]
    signal_ref: str
    """The id of one of the flow's `signals`."""
