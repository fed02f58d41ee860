"""Escalation events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


class EscalationCatch(EventDefinition):
    """Catches an escalation that is thrown inside."""

    type: Literal["escalation"]
    escalation_ref: str | None = None
    """The id of one of the flow's `escalations`; without it every escalation is caught."""


class EscalationThrow(EventDefinition):
    """Throws an escalation to the nearest scope that catches it; uncaught it is ignored."""

    type: Literal["escalation"]
    escalation_ref: str
    """The id of one of the flow's `escalations`."""
