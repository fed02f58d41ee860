"""Timer events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


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
