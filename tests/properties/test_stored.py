"""What a plan says and what a store holds are the same, after every event of a random run."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.states import InstanceStatus
from tests.properties.blocks import Block, listening, wild_blocks
from tests.properties.drawing import CALLED, Drawing
from tests.properties.driver import Course, numbers
from tests.properties.graphs import SWITCHES, Wiring, drawn, wirings
from tests.properties.stored import Backend, BothEvents
from tests.stores import POSTGRESQL_AND_VALKEY, SQLITE_AND_FAKEREDIS, StoreFactory

Flows = st.one_of(st.tuples(wild_blocks, listening), wirings(6))
Flow = tuple[Block, tuple[str, bool] | None] | Wiring

#: A server costs more for each statement; what differs between the stores shows with fewer examples.
FEWER = settings(max_examples=max(10, settings().max_examples // 10))


@pytest.fixture(scope="module")
def on_sqlite(store_factory: StoreFactory) -> Iterator[Backend]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, Backend(stores) as backend:
        yield backend


@pytest.fixture(scope="module")
def on_postgres(store_factory: StoreFactory) -> Iterator[Backend]:
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Backend(stores) as backend:
        yield backend


def run_on_both(backend: Backend, flow: Flow, numbers: list[int]) -> None:
    if isinstance(flow, Wiring):
        definition, data = drawn(flow)
        both = BothEvents(backend, definition, data)
    else:
        drawing = Drawing(*flow)
        called = dict.fromkeys(drawing.calls, CALLED)
        both = BothEvents(backend, drawing.definition, drawing.data, called)
    run = Course(both.instance, both, SWITCHES if isinstance(flow, Wiring) else ("go", "sometimes"))
    for number in numbers:
        if not run.step(number, trouble=True):
            break
    for instance in run.running:
        if instance.status == InstanceStatus.RUNNING:
            both.cancel(instance)


@given(flow=Flows, numbers=numbers)
def test_the_pure_plan_and_sqlite_agree_after_every_event(
    on_sqlite: Backend, flow: Flow, numbers: list[int]
) -> None:
    run_on_both(on_sqlite, flow, numbers)


@FEWER
@given(flow=Flows, numbers=numbers)
def test_the_pure_plan_and_postgresql_agree_after_every_event(
    on_postgres: Backend, flow: Flow, numbers: list[int]
) -> None:
    run_on_both(on_postgres, flow, numbers)
