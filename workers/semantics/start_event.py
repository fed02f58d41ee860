"""What the start events of a version wait for from the moment it becomes active, timers above all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from workers.flow.graph import Graph, MessageCatch, SignalCatch, TimerCatch
from workers.flow.values.cycle import parse_cycle
from workers.flow.values.duration import add_duration, parse_moment
from workers.flow.values.zone import to_utc


@dataclass(frozen=True, slots=True)
class StartEvent:
    """What a start event waits for from the moment its version becomes active: columns of `flow_starts`."""

    node_id: str
    kind: str
    name: str | None = None
    due_at: datetime | None = None
    cycle: str | None = None
    remaining: int | None = None
    anchor_at: datetime | None = None


def start_events(graph: Graph, now: datetime) -> Iterator[StartEvent]:
    """What the start events of a version wait for, if it becomes active now."""
    for node_id in graph.top.event_starts:
        match graph.nodes[node_id].details:
            case MessageCatch() as message:
                yield StartEvent(node_id, "message", message.name)
            case SignalCatch() as signal:
                yield StartEvent(node_id, "signal", signal.name)
            case TimerCatch() as timer:
                yield _timer(node_id, timer, now)


def over(graph: Graph, now: datetime) -> Iterator[tuple[str, str]]:
    """The cycles that are written out and have no time to come, each after the id of its node."""
    for node in graph.nodes.values():
        if isinstance(timer := node.details, TimerCatch) and timer.cycle and timer.cycle.literal is not None:
            text = timer.cycle.literal
            if parse_cycle(text, timer.zone).first(now) is None:
                yield node.id, text


def _timer(node_id: str, timer: TimerCatch, now: datetime) -> StartEvent:
    # The compiler lets only literals pass here: there are no variables before an instance begins.
    if timer.cycle is not None:
        cycle = parse_cycle(timer.cycle.literal or "", timer.zone)
        first = cycle.first(now)
        remaining = None if cycle.repetitions is None else cycle.repetitions - 1
        return StartEvent(node_id, "timer", None, first, cycle.text, remaining, cycle.anchor)
    if timer.duration is not None:
        due_at = add_duration(now.astimezone(timer.zone), timer.duration.literal or "", signed=True)
        return StartEvent(node_id, "timer", None, due_at)
    date = to_utc(parse_moment(timer.date.literal or "", timer.zone)) if timer.date else None
    return StartEvent(node_id, "timer", None, date)
