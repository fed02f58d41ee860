"""What each kind of node does when a token reaches it; one file for each kind."""

from workers.flow import graph
from workers.flow.graph import Node
from workers.semantics.kinds.call_activity import CallActivity
from workers.semantics.kinds.compensation import CancelEndEvent, CompensationThrowEvent
from workers.semantics.kinds.event import BoundaryEvent, StartEvent
from workers.semantics.kinds.external import ExternalTask
from workers.semantics.kinds.gateway import (
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ParallelGateway,
)
from workers.semantics.kinds.http import HttpTask
from workers.semantics.kinds.human import HumanTask
from workers.semantics.kinds.kind import Kind
from workers.semantics.kinds.loop import MultiInstanceKind, StandardLoopKind
from workers.semantics.kinds.message import MessageCatchEvent, MessageThrowEvent
from workers.semantics.kinds.plain import PlainNode
from workers.semantics.kinds.python import PythonTask
from workers.semantics.kinds.script import ScriptTask
from workers.semantics.kinds.sub_process import SubProcess
from workers.semantics.kinds.throwing import (
    ErrorEndEvent,
    EscalationThrowEvent,
    SignalThrowEvent,
    TerminateEndEvent,
)
from workers.semantics.kinds.timer import TimerCatchEvent
from workers.semantics.kinds.waiting import ConditionalCatchEvent, SignalCatchEvent
from workers.semantics.step import Step

_PLAIN = PlainNode()

_BY_TYPE: dict[str, Kind] = {
    "task": _PLAIN,
    "startEvent": StartEvent(),
    "boundaryEvent": BoundaryEvent(),
    "exclusiveGateway": ExclusiveGateway(),
    "parallelGateway": ParallelGateway(),
    "inclusiveGateway": InclusiveGateway(),
    "eventBasedGateway": EventBasedGateway(),
    "userTask": HumanTask(),
    "inputTask": HumanTask(),
    "subProcess": SubProcess(),
    "transaction": SubProcess(),
}

#: Of tasks and events, but for what an event does when it throws.
_BY_DETAILS: dict[type, Kind] = {
    graph.HttpCall: HttpTask(),
    graph.PythonCall: PythonTask(),
    graph.ExternalCall: ExternalTask(),
    graph.Script: ScriptTask(),
    graph.CalledFlow: CallActivity(),
    graph.MessageCatch: MessageCatchEvent(),
    graph.MessageThrow: MessageThrowEvent(),
    graph.TimerCatch: TimerCatchEvent(),
    graph.ConditionalEvent: ConditionalCatchEvent(),
    graph.SignalEvent: SignalCatchEvent(),
    graph.LinkEvent: _PLAIN,
}

#: Of events that throw, where catching ones have the same details or throwing ones need none.
_THROWING: dict[type, Kind] = {
    graph.Plain: _PLAIN,
    graph.ErrorEvent: ErrorEndEvent(),
    graph.EscalationEvent: EscalationThrowEvent(),
    graph.SignalEvent: SignalThrowEvent(),
    graph.TerminateEvent: TerminateEndEvent(),
    graph.CompensationEvent: CompensationThrowEvent(),
    graph.CancelEvent: CancelEndEvent(),
}

_LOOP = StandardLoopKind()
_MULTI_INSTANCE = MultiInstanceKind()


def kind_of(node: Node) -> Kind:
    """The kind of a compiled node, its loop left aside.

    Raises:
        TypeError: there is none. What a node does is never guessed.
    """
    details = type(node.details)
    throws = node.type in ("endEvent", "intermediateThrowEvent")
    kind = _BY_TYPE.get(node.type) or (_THROWING.get(details) if throws else None) or _BY_DETAILS.get(details)
    if kind is None:
        raise TypeError(f"node '{node.id}' is a {node.type} with {details.__name__}, which is of no kind")
    return kind


def behaviour(step: Step) -> Kind:
    """What the token of a step does: an activity that loops hosts bodies, and each body is of its kind."""
    loop = step.node.loop
    if loop is None or step.is_body:
        return kind_of(step.node)
    return _LOOP if isinstance(loop, graph.StandardLoop) else _MULTI_INSTANCE
