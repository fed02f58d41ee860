"""Timer events."""

from typing import Literal

from workers.flow import graph
from workers.flow.catalogue.event_type import EventType
from workers.flow.document import leaves
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class Timer(EventDefinition):
    """Waits for a time; exactly one of `duration` and `date` is given."""

    type: Literal["timer"]
    duration: str | None = None
    """How long it waits, a templated ISO 8601 duration such as `PT30M`."""
    date: str | None = None
    """Until when it waits, a templated date-time such as `2026-01-31T12:00:00Z`; without an offset it is in
    the timer's zone, or in one that it names itself: `2026-01-31T12:00:00[Europe/Berlin]`."""
    time_zone: str | None = None
    """The IANA name of the zone whose clocks count, such as `Europe/Berlin`; without it, that of the
    organization when the flow is published."""

    refused = frozenset({"cycle"})


class CyclicTimer(EventDefinition):
    """Fires at a time, or again and again; exactly one of `duration`, `date` and `cycle` is given.

    A start event of the process takes no placeholders here, as there are no variables yet.
    """

    type: Literal["timer"]
    duration: str | None = None
    """How long it waits, a templated ISO 8601 duration such as `PT30M`."""
    date: str | None = None
    """Until when it waits, a templated date-time such as `2026-01-31T12:00:00Z`; without an offset it is in
    the timer's zone, or in one that it names itself: `2026-01-31T12:00:00[Europe/Berlin]`."""
    cycle: str | None = None
    """When it fires again and again, a template: an ISO 8601 repeating interval such as `R3/PT10M`, or a
    cron expression such as `0 9 * * MON`, `@daily` or `TZ=Europe/Berlin 0 9 * * MON`. Not where the event
    interrupts."""
    time_zone: str | None = None
    """The IANA name of the zone whose clocks count, such as `Europe/Berlin`; without it, that of the
    organization when the flow is published."""


def _details(of: Properties, timer: Timer | CyclicTimer) -> graph.TimerCatch:
    cycle = timer.cycle if isinstance(timer, CyclicTimer) else None
    times: dict[leaves.Moment, str | None] = {
        "duration": timer.duration,
        "date": timer.date,
        "cycle": cycle,
    }
    if sum(text is not None for text in times.values()) != 1 and not of.part.damaged:
        kinds = (
            "`duration`, a `date` or a `cycle`"
            if isinstance(timer, CyclicTimer)
            else "`duration` or a `date`"
        )
        of.at("event").error("INVALID_TIMER", f"A timer has a {kinds}: one of them.")
    compiled = {kind: of.moment(f"event.{kind}", text, kind) for kind, text in times.items()}
    for kind, text in times.items():
        templated = compiled[kind]
        if of.begins and text is not None and templated and not leaves.is_literal(text, templated):
            message = "There are no variables yet when a flow starts: this time must be written out."
            of.at(f"event.{kind}").error("INVALID_TIMER", message)
    zone = leaves.zone(of.at("event.timeZone"), timer.time_zone, of.context.zone)
    return graph.TimerCatch(compiled["duration"], compiled["date"], compiled["cycle"], zone)


TIMER = EventType(
    models=(
        Timer,
        CyclicTimer,
    ),
    title="Timer",
    icon="timer",
    mark="⏱",
    details=_details,
)
