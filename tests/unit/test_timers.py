"""Timers of instances: their zones, their grids, and what computed times are refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.flows import end, event, flow, line, node, start, sub_process, timer, user
from tests.unit.simulation import Simulation
from tests.world import World
from workers.flow.compiler.compile import compile_flow
from workers.semantics.situation import Run

LATE_JANUARY = datetime(2026, 1, 31, 10, tzinfo=UTC)


def reminded(**cycle: Any) -> dict[str, Any]:
    """A task with a reminder that does not interrupt it."""
    return flow(
        start(), user("ask"), end(), node("remind", "task"), end("reminded"),
        event("b", "boundaryEvent", "timer", attachedToRef="ask", cancelActivity=False, **cycle),
        flows=["start->ask", "ask->end", "b->remind", "remind->reminded"],
    )  # fmt: skip


def in_zone(definition: dict[str, Any], time_zone: str, now: datetime, data: Any = None) -> tuple[World, Any]:
    """A started instance of a flow that an organization in that zone published."""
    graph, problems = compile_flow(definition, time_zone=time_zone)
    assert graph is not None, problems
    world = World()
    world.now = now
    world.graphs["ver_1"] = graph
    instance = world.start("ver_1", data or {})
    world.go()
    return world, instance


def fired_days(world: World, instance: Any, count: int) -> list[str]:
    days = []
    for _ in range(count):
        (armed,) = instance.timers
        days.append(f"{armed.due_at:%Y-%m-%d %H:%M}")
        world.now = armed.due_at
        world.go()
    return days


def test_a_boundary_cycle_stays_on_the_grid_of_the_moment_at_which_it_was_armed() -> None:
    world, instance = in_zone(reminded(cycle="R/P1M"), "UTC", LATE_JANUARY)
    assert fired_days(world, instance, 3) == ["2026-02-28 10:00", "2026-03-31 10:00", "2026-04-30 10:00"]


def test_a_daily_reminder_keeps_the_time_of_the_day_of_its_organization() -> None:
    noon = datetime(2026, 3, 27, 11, tzinfo=UTC)
    world, instance = in_zone(reminded(cycle="R/P1D"), "Europe/Berlin", noon)
    assert fired_days(world, instance, 3) == ["2026-03-28 11:00", "2026-03-29 10:00", "2026-03-30 10:00"]


def test_each_body_of_a_loop_has_a_grid_of_its_own() -> None:
    inner = sub_process(
        "each", start("s"), timer("wait", duration="= 'P' & loopCounter & 'D'"), user("ask"), end("e"),
        end("r"),
        event("b", "boundaryEvent", "timer", attachedToRef="ask", cancelActivity=False, cycle="R/P1M"),
        flows=["s->wait", "wait->ask", "ask->e", "b->r"],
        loop={"cardinality": 2},
    )  # fmt: skip
    world, instance = in_zone(line(inner), "UTC", datetime(2026, 1, 29, 10, tzinfo=UTC))
    for _ in range(2):
        world.now += timedelta(days=1)
        world.go()
    anchors = sorted(armed.anchor_at for armed in instance.timers)
    assert [f"{each:%m-%d}" for each in anchors] == ["01-30", "01-31"]
    for _ in range(4):
        world.now = min(armed.due_at for armed in instance.timers)
        world.go()
    assert sorted(f"{armed.due_at:%m-%d}" for armed in instance.timers) == ["05-30", "05-31"]
    assert sorted(armed.anchor_at for armed in instance.timers) == anchors


@pytest.mark.parametrize("late", [timedelta(minutes=1), timedelta(hours=5)])
def test_a_reminder_that_is_late_fires_once_and_goes_on_by_its_grid_as_often_as_it_says(
    late: timedelta,
) -> None:
    world, instance = in_zone(reminded(cycle="R3/PT1H"), "UTC", LATE_JANUARY)
    world.now += timedelta(hours=1) + late
    world.go()
    assert instance.visited["remind"] == 1
    (armed,) = instance.timers
    hours = late // timedelta(hours=1) + 2
    assert (armed.due_at, armed.remaining) == (LATE_JANUARY + timedelta(hours=hours), 1)
    world.now += timedelta(days=1)
    world.go()
    world.now += timedelta(days=1)
    world.go()
    assert (instance.visited["remind"], instance.timers) == (3, [])


def test_a_timer_that_an_earlier_release_armed_has_its_present_time_for_an_anchor() -> None:
    world, instance = in_zone(reminded(cycle="R/P1M"), "UTC", LATE_JANUARY)
    instance.timers = [replace(each, anchor_at=None) for each in instance.timers]
    assert fired_days(world, instance, 3) == ["2026-02-28 10:00", "2026-03-28 10:00", "2026-04-28 10:00"]


@pytest.mark.parametrize(
    ("event_", "expected"),
    [
        ({"date": "2026-07-01T12:00:00"}, "10:00"),
        ({"date": "2026-07-01T12:00:00", "timeZone": "America/New_York"}, "16:00"),
        ({"date": "{when}"}, "11:00"),
        ({"date": "{when}[America/New_York]"}, "17:00"),
        ({"date": "2026-07-01T12:00:00+03:00"}, "09:00"),
        ({"duration": "= 'P1D'"}, "10:00"),
    ],
)
def test_a_time_is_in_the_zone_that_applies(event_: dict[str, str], expected: str) -> None:
    data = {"when": "2026-07-01T13:00:00"}
    _, instance = in_zone(
        line(timer("t", **event_)), "Europe/Berlin", datetime(2026, 3, 28, 11, tzinfo=UTC), data
    )
    (armed,) = instance.timers
    assert f"{armed.due_at:%H:%M}" == expected


@pytest.mark.parametrize("due", ["2026-07-01T12:00:00", "2026-07-01T06:00:00[America/New_York]"])
def test_a_due_date_is_in_the_zone_that_applies(due: str) -> None:
    _, instance = in_zone(line(user("ask", dueDate=due)), "Europe/Berlin", LATE_JANUARY)
    (task,) = instance.tasks.values()
    assert task.due_at == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("duration", ["PT0S", "-PT5M", "PT-5M", "= '-P1D'"])
def test_a_duration_that_is_not_above_zero_fires_at_once(duration: str) -> None:
    done = Simulation(line(timer("t", duration=duration))).run()
    assert done.status == "COMPLETED"


@pytest.mark.parametrize(
    ("event_", "why"),
    [
        ({"date": "{when}"}, "date of node 't': 'tomorrow' is not a date and time"),
        ({"date": "2026-01-01T00:00:00[{when}]"}, "date of node 't': 'tomorrow' is no time zone"),
        (
            {"duration": "{when}"},
            "duration of node 't': 'tomorrow' is not a duration in ISO 8601, such as PT30M",
        ),
    ],
)
def test_a_computed_time_that_is_none_is_an_incident_that_says_what_is_wrong(
    event_: dict[str, str], why: str
) -> None:
    code, message = incident_of(Simulation(line(timer("t", **event_)), {"when": "tomorrow"}))
    assert code == "WRONG_TIME"
    assert why in message


@pytest.mark.parametrize(
    ("cycle", "why"),
    [
        ("TZ={when} 0 9 * * *", "is no time zone"),
        ("{when}", "neither a repeating interval"),
        ("R1/2020-01-01T00:00:00/P1D", "no time to come"),
    ],
)
def test_a_computed_cycle_that_is_none_is_an_incident(cycle: str, why: str) -> None:
    code, message = incident_of(Simulation(reminded(cycle=cycle), {"when": "tomorrow"}))
    assert code == "WRONG_TIME"
    assert why in message


def incident_of(simulation: Simulation) -> tuple[str, str]:
    while True:
        (token,) = simulation.ready()
        for incident in simulation.happens(Run(token.id, token.epoch)).incidents:
            return incident.code, incident.message
