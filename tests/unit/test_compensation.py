"""Who is undone, by what and how often, where loops and event sub-processes are involved."""

import pytest

from tests.flows import Json, end, event, flow, line, node, start, sub_process, user
from tests.unit.refused import errors_of
from tests.unit.simulation import Simulation
from workers.flow.compiler.compile import compile_flow

HANDED_ON = [
    event("again", "startEvent", "compensation"),
    event("inside", "intermediateThrowEvent", "compensation"),
    end("done"),
]


def undo(activity: str | None = None) -> Json:
    return event(
        "undo", "intermediateThrowEvent", "compensation", **({"activityRef": activity} if activity else {})
    )


def undoable(id: str) -> list[Json]:
    """A task with what undoes it: `un-` and its id."""
    return [
        node(id, "task"),
        event(f"{id}-undo", "boundaryEvent", "compensation", attachedToRef=id),
        node(f"un-{id}", "task", isForCompensation=True),
    ]


def associations(*ids: str) -> list[Json]:
    return [{"id": f"{id}-association", "sourceRef": f"{id}-undo", "targetRef": f"un-{id}"} for id in ids]


def test_each_body_of_a_loop_is_undone_once_by_its_compensation_event_sub_process() -> None:
    handler = sub_process(
        "handler", *HANDED_ON, flows=["again->inside", "inside->done"], triggeredByEvent=True
    )
    body = sub_process(
        "body", start("s"), *undoable("book"), handler, flows=["s->book"],
        associations=associations("book"), loop={"cardinality": "{bodies}"},
    )  # fmt: skip
    run = Simulation(line(body, undo()), {"bodies": 2}).run()
    assert (run.status, run.visited["handler"], run.visited["un-book"]) == ("COMPLETED", 2, 2)


@pytest.mark.parametrize(
    "loop", [{"cardinality": "= 2"}, {"cardinality": "= 2", "sequential": True}, {"maxIterations": 2}]
)
def test_a_cancel_in_one_body_of_a_loop_leaves_the_whole_transaction(loop: Json) -> None:
    inside = flow(start("s"), user("ask"), event("no", "endEvent", "cancel"), flows=["s->ask", "ask->no"])
    sale = node(
        "sale", "transaction", nodes=inside["nodes"], sequenceFlows=inside["sequenceFlows"], loop=loop
    )
    run = Simulation(flow(
        start(), sale, event("off", "boundaryEvent", "cancel", attachedToRef="sale"), node("tell", "task"),
        end("sold"), end(), flows=["start->sale", "sale->sold", "off->tell", "tell->end"],
    )).run()  # fmt: skip
    run.complete(run.instance, "ask")
    run.run()
    assert (run.status, run.tokens, run.instance.tasks) == ("COMPLETED", {}, {})
    assert (run.visited["off"], run.visited["end"], run.visited["sold"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("activity", "undone"),
    [("mine", ["un-mine"]), ("outer", ["un-outer"]), (None, ["un-mine", "un-outer"])],
)
def test_an_event_sub_process_undoes_activities_of_its_own_and_of_the_scope_around_it(
    activity: str | None, undone: list[str]
) -> None:
    handler = sub_process(
        "handler", event("failed", "startEvent", "error"), *undoable("mine"), undo(activity),
        flows=["failed->mine", "mine->undo"], triggeredByEvent=True, associations=associations("mine"),
    )  # fmt: skip
    run = Simulation(flow(
        start(), *undoable("outer"), event("fail", "endEvent", "error", errorRef="e"), handler,
        flows=["start->outer", "outer->fail"], associations=associations("outer"),
        errors=[{"id": "e", "errorCode": "E"}],
    )).run()  # fmt: skip
    assert [step.node_id for step in run.steps if step.node_id.startswith("un-")] == undone
    assert run.status == "COMPLETED"


def test_a_handler_undoes_another_activity_by_name_and_only_once() -> None:
    handler = sub_process("un-b", start("s"), undo("a"), flows=["s->undo"], isForCompensation=True)
    run = Simulation(flow(
        start(), *undoable("a"), *undoable("b")[:2], handler, event("all", "endEvent", "compensation"),
        flows=["start->a", "a->b", "b->all"], associations=associations("a", "b"),
    )).run()  # fmt: skip
    assert (run.status, run.visited["un-b"], run.visited["un-a"]) == ("COMPLETED", 1, 1)
    assert [step.node_id for step in run.steps if step.node_id in {"un-a", "undo"}] == ["un-a", "undo"]


def test_a_transaction_that_is_being_cancelled_starts_no_event_sub_process() -> None:
    alarm = sub_process(
        "un-book", start("s"), event("alarm", "endEvent", "signal", signalRef="a"), flows=["s->alarm"],
        isForCompensation=True,
    )  # fmt: skip
    listens = sub_process(
        "listens", event("heard", "startEvent", "signal", signalRef="a"), user("mend"),
        flows=["heard->mend"], triggeredByEvent=True,
    )  # fmt: skip
    inside = flow(
        start("t"), *undoable("book")[:2], alarm, listens, event("no", "endEvent", "cancel"),
        flows=["t->book", "book->no"], associations=associations("book"),
    )  # fmt: skip
    parts = {name: inside[name] for name in ("nodes", "sequenceFlows", "associations")}
    run = Simulation(flow(
        start(), node("sale", "transaction", **parts), end(),
        event("off", "boundaryEvent", "cancel", attachedToRef="sale"),
        flows=["start->sale", "off->end"], signals=[{"id": "a"}],
    )).run()  # fmt: skip
    assert (run.status, run.visited["listens"], run.visited["end"]) == ("COMPLETED", 0, 1)


@pytest.mark.parametrize("type", ["subProcess", "transaction"])
def test_what_is_undone_from_inside_and_from_outside_is_refused_and_goes_on_where_it_was_published(
    type: str,
) -> None:
    inside = flow(
        start("s"), *undoable("book"), flows=["s->book"], associations=associations("book")
    )  # fmt: skip
    handler = sub_process(
        "handler", *HANDED_ON, flows=["again->inside", "inside->done"], triggeredByEvent=True
    )
    trip, trip_undo, undoes = undoable("trip")
    trip |= {"type": type, "nodes": [*inside["nodes"], handler], "sequenceFlows": inside["sequenceFlows"]}
    trip["associations"] = inside["associations"]
    both = line(trip, undo(), associations=associations("trip"))
    both["nodes"] += [trip_undo, undoes]
    assert errors_of(both) == [("DUPLICATE_COMPENSATION", "trip-undo", "nodes[4]")]
    graph, problems = compile_flow(both, published=True)
    assert graph is not None
    assert [(each.code, each.severity) for each in problems] == [("DUPLICATE_COMPENSATION", "warning")]
    trip["nodes"].remove(handler)
    assert errors_of(both) == []


@pytest.mark.parametrize(("event_type", "refused"), [("compensation", False), ("signal", True)])
def test_an_event_sub_process_may_say_that_it_is_for_compensation_if_it_is(
    event_type: str, *, refused: bool
) -> None:
    catches = event("again", "startEvent", event_type, **({"signalRef": "x"} if refused else {}))
    handler = sub_process(
        "handler", catches, end("done"), flows=["again->done"], triggeredByEvent=True, isForCompensation=True
    )
    trip = sub_process("trip", start("s"), node("book", "task"), handler, flows=["s->book"])
    document = line(trip, undo(), signals=[{"id": "x"}])
    if refused:
        path = "nodes[1].nodes[2].isForCompensation"
        assert errors_of(document) == [("NOT_SUPPORTED", "handler", path)]
    else:
        run = Simulation(document).run()
        assert (run.status, run.visited["handler"]) == ("COMPLETED", 1)
