"""Begins to wait: for messages and signals (subscriptions), times (timers), and conditions.

A holder waits: a token at a catching node, at an activity with boundary events or at an event-based
gateway; or a scope that has event sub-processes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from models.incident_code import IncidentCode
from workers.flow.graph import ConditionalEvent, MessageCatch, SignalCatch, TimerCatch
from workers.flow.json_value import JsonValue
from workers.flow.values.cycle import parse_cycle
from workers.flow.values.duration import (
    add_duration,
    is_duration,
    is_moment,
    parse_calendar_duration,
    parse_moment,
)
from workers.flow.values.zone import to_utc
from workers.semantics.changes import NewSubscription, NewTimer
from workers.semantics.stuck import Stuck
from workers.semantics.view import View

#: The longest correlation key; a message cannot carry a longer one.
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Due:
    """When a timer fires first, and the cycle by which it repeats."""

    at: datetime
    cycle: str | None = None
    remaining: int | None = None
    anchor: datetime | None = None


def listen(view: View, holder_id: str, seen: Mapping[str, JsonValue] | None = None) -> None:
    """Arms the event `view.node` for a holder. An event that is only thrown inside needs no arming."""
    seen = view.variables if seen is None else seen
    match view.node.details:
        case MessageCatch():
            _subscribe(view, holder_id, "message", view.node.details.name, correlation_key(view, seen))
        case SignalCatch():
            _subscribe(view, holder_id, "signal", view.node.details.name, "")
        case TimerCatch():
            arm(view, holder_id, due(view, seen))
        case ConditionalEvent():
            view.moves.armed.add((holder_id, view.node.id))


def correlation_key(view: View, seen: Mapping[str, JsonValue]) -> str:
    """The key worked out now: the event's own, else the instance's, else "" for none."""
    own = getattr(view.node.details, "correlation_key", None)
    if own is None:
        return view.moves.situation.instance.correlation_key or ""
    key = view.expand_text(own, seen, "correlationKey")
    where = f"the correlationKey of node '{view.node.id}'"
    if not key:
        raise Stuck(IncidentCode.CORRELATION_KEY_MISSING, f"{where} has no value")
    if len(key) > LONGEST_KEY:
        raise Stuck(
            IncidentCode.CORRELATION_KEY_TOO_LONG, f"{where} has {len(key)} characters, {LONGEST_KEY} at most"
        )
    return key


def due(view: View, seen: Mapping[str, JsonValue]) -> Due:
    """When the timer of `view.node` fires first."""
    timer = view.node.details_as(TimerCatch)
    what, template = (
        ("duration", timer.duration)
        if timer.duration
        else ("date", timer.date)
        if timer.date
        else ("cycle", timer.cycle)
    )
    text = view.expand_text(template, seen, what)
    if text is None:
        raise Stuck(IncidentCode.WRONG_TIME, f"{what} of node '{view.node.id}' is not set")
    if what != "cycle":
        return Due(moment(view, text, what, timer.zone))
    try:
        cycle = parse_cycle(text, timer.zone)
        first = cycle.first(view.now)
    except ValueError as error:
        raise Stuck(IncidentCode.WRONG_TIME, f"cycle of node '{view.node.id}': {error}") from None
    if first is None:
        raise Stuck(IncidentCode.WRONG_TIME, f"cycle of node '{view.node.id}': {text} has no time to come")
    remaining = None if cycle.repetitions is None else cycle.repetitions - 1
    return Due(first, cycle.text, remaining, cycle.anchor)


def moment(view: View, text: str, what: str, zone: tzinfo) -> datetime:
    """A time from text: a duration from now (`PT48H`), or a date with time; in `zone` unless it says more."""
    try:
        if is_duration(text):
            return add_duration(view.now.astimezone(zone), text, signed=True).astimezone(UTC)
        if what == "duration" and not is_moment(text):
            parse_calendar_duration(text)  # raises, and says how a duration is written
        return to_utc(parse_moment(text, zone))
    except ValueError as error:
        raise Stuck(IncidentCode.WRONG_TIME, f"{what} of node '{view.node.id}': {error}") from None


def arm(view: View, holder_id: str, when: Due) -> None:
    view.moves.changes.timers.append(
        NewTimer(
            id=view.moves.situation.new_id("timer_"),
            instance_id=view.moves.situation.instance.id,
            holder_id=holder_id,
            node_id=view.node.id,
            due_at=when.at,
            cycle=when.cycle,
            remaining=when.remaining,
            anchor_at=when.anchor,
        )
    )


def _subscribe(view: View, holder_id: str, kind: str, name: str, key: str) -> None:
    instance = view.moves.situation.instance
    view.moves.changes.subscriptions.append(
        NewSubscription(
            id=view.moves.situation.new_id("sub_"),
            organization_id=instance.organization_id,
            environment=instance.environment,
            kind=kind,
            name=name,
            correlation_key=key,
            instance_id=instance.id,
            holder_id=holder_id,
            node_id=view.node.id,
            created_at=view.now,
        )
    )
