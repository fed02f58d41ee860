"""The flow document: what a definition may say around its nodes.

Names are BPMN's. A property that is not here is refused, never ignored. What a node may be, the catalogue
says: these models are complete with `workers.flow.catalogue.models`.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from workers.flow.document.element import Element, Id, JsonSchema, NodeElement

if TYPE_CHECKING:
    Node = NodeElement


class SequenceFlow(Element):
    """The way from one node to another of the same process or sub-process."""

    id: Id
    """Names the flow, and differs from every other id of nodes, flows and associations in the document."""
    source_ref: str
    """The id of the node that it leaves."""
    target_ref: str
    """The id of the node that it leads to."""
    name: str | None = None
    """What people read."""
    condition_expression: str | None = None
    """A JSONata expression, such as `= amount > 100`: when the flow is taken. Only behind an activity, an
    exclusive or an inclusive gateway."""


class Association(Element):
    """Leads from a compensation boundary event to the activity that undoes what was done."""

    id: Id
    """Names the association, and differs from the ids of all nodes, flows and associations."""
    source_ref: str
    """The id of the compensation boundary event."""
    target_ref: str
    """The id of an activity with `isForCompensation`."""


class Level(Element):
    """A part that holds nodes."""

    nodes: list["Node"]
    """What stands directly in it. Where there is no start event, it begins at every node without an
    incoming flow."""
    sequence_flows: list[SequenceFlow] = Field(default=[])
    """The ways between its nodes, in the order in which their conditions are asked."""
    associations: list[Association] = Field(default=[])
    """Which activity undoes which."""


class Message(Element):
    """A message that the flow sends or waits for."""

    id: Id
    """What `messageRef` names."""
    name: Id | None = None
    """The message's name, which senders use too; without it the id."""
    correlation_key: str | None = None
    """The key that a message must have to reach the node that waits for it: a template, worked out when
    the node is reached. Without it the instance's own."""
    data_schema: JsonSchema = None
    """The JSON Schema (2020-12) of the data."""


class Error(Element):
    """A BPMN error that the flow throws or catches."""

    id: Id
    """What `errorRef` names."""
    error_code: Id
    """The code by which a throw and a catch are the same."""


class Signal(Element):
    """A signal that the flow throws or waits for."""

    id: Id
    """What `signalRef` names."""
    name: Id | None = None
    """The signal's name; without it the id."""


class Escalation(Element):
    """An escalation that the flow throws or catches."""

    id: Id
    """What `escalationRef` names."""
    escalation_code: Id
    """The code by which a throw and a catch are the same."""


class FlowDocument(Level):
    """A whole definition."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    """The version of the language: 1."""
    name: str = ""
    """What people read."""
    documentation: str | None = None
    """Notes for those who read the definition."""
    input_schema: JsonSchema = None
    """The JSON Schema (2020-12) of the start data."""
    messages: list[Message] = Field(default=[])
    """The messages that nodes refer to."""
    errors: list[Error] = Field(default=[])
    """The errors that nodes refer to."""
    signals: list[Signal] = Field(default=[])
    """The signals that nodes refer to."""
    escalations: list[Escalation] = Field(default=[])
    """The escalations that nodes refer to."""
