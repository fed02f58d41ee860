"""Timer events."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.build import plain, templated
from workers.flow.bpmn.cron import read_cron
from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.expressions import template
from workers.flow.bpmn.source import Json, titled
from workers.flow.bpmn.vocabulary import MODEL
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.document import leaves
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties
from workers.flow.problem import quoted
from workers.flow.values.duration import is_duration


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


_TIMES = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def _read(event: EventElement) -> Json:
    given = [child for child in event.definition.children(MODEL) if child.local in _TIMES]
    if len(given) != 1:
        message = f"The timer of the {titled(event.node)} needs one of timeDuration, timeDate and timeCycle."
        event.place.error("INVALID_TIMER", message)
    found = {_TIMES[each.local]: template(event.reading, event.place, each) for each in given[:1]}
    source = event.reading.source
    if source.is_camunda and not source.is_zeebe and is_duration(found.get("date") or ""):
        found["duration"] = found.pop("date")  # which Camunda 7 takes there too
    if found.get("cycle"):
        found["cycle"] = _cycle(event, found["cycle"] or "")
    return {name: value for name, value in found.items() if value is not None}


def _cycle(event: EventElement, text: str) -> str:
    source = event.reading.source
    if not source.is_zeebe and not source.is_camunda:
        return text
    cron = read_cron(text, quartz=not source.is_zeebe)
    if cron is None:
        return text
    message = (
        f"{quoted(text)} is read as {quoted(cron)}, in the time zone of the organization: UTC, unless it"
        " was set."
    )
    event.place.warn("CRON_TIME_ZONE", message)
    return cron


def _write(writing: Writing) -> Elements:
    given = [tag for tag, name in _TIMES.items() if plain(writing.rest.get(name))][:1]
    return [templated(tag, writing.rest.pop(_TIMES[tag])) for tag in given]


TIMER = EventType(
    models=(Timer, CyclicTimer),
    title="Timer",
    icon="timer",
    mark="⏱",
    details=_details,
    bpmn=BpmnEvent(tag="timerEventDefinition", read=_read, write=_write),
    rules={
        "startEvent": """\
- At the top: belongs to the version that is active, and ends when another becomes active; no number of
  workers fires it twice.
- At the top: what was missed while nothing ran is made up once.
- At the top: armed in the environments that are named when the flow is published; where none are, in
  PRODUCTION only (`SCHEDULE_IN_PRODUCTION_ONLY`).
- A cycle that is written out and has no time to come is refused when it is published (`SCHEDULE_OVER`).
- An interval without a start counts from when it is armed, and stays on that grid.
- A `cycle` in an event sub-process asks for `isInterrupting: false` (`INVALID_TIMER`).""",
        "intermediateCatchEvent": """\
- Worked out once, when the token arrives, by the database's clock; zero, below zero and what is past fire at
  once.""",
        "boundaryEvent": """\
- A `cycle` asks for `cancelActivity: false` (`INVALID_TIMER`).""",
    },
)
