"""Which way tokens take: sequences, gateways, joins, loops, ends."""

import pytest

from tests.flows import end, exclusive, flow, line, parallel, script, start, user
from tests.product import Product


def test_a_sequence_runs_to_its_end_and_its_history_has_every_node_once_in_order(product: Product) -> None:
    definition = line(
        script("a", "= 1", resultVariable="one"), script("b", "= one + 1", resultVariable="two")
    )
    instance = product.api.start(product.api.publish(definition))
    done = product.api.until(instance, "COMPLETED")
    assert done["variables"] == {"one": 1, "two": 2}
    assert done["tokens"] == []
    steps = product.api.history(instance)
    assert [step["nodeId"] for step in steps] == ["start", "a", "b", "end"]
    assert all(step["startTime"] <= step["endTime"] for step in steps)
    assert [step["startTime"] for step in steps] == sorted(step["startTime"] for step in steps)


@pytest.mark.parametrize(("amount", "way"), [(500, "large"), (50, "medium"), (5, "small")])
def test_an_exclusive_gateway_takes_the_first_true_condition_else_its_default(
    product: Product, amount: int, way: str
) -> None:
    definition = flow(
        start(), exclusive("gate", default="gate->small"),
        script("large", "= 'L'", resultVariable="way"), script("medium", "= 'M'", resultVariable="way"),
        script("small", "= 'S'", resultVariable="way"), exclusive("merge"), end(),
        flows=["start->gate", "gate->large if = amount > 100", "gate->medium if = amount > 10", "gate->small",
               "large->merge", "medium->merge", "small->merge", "merge->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition), {"amount": amount})
    assert product.api.until(instance, "COMPLETED")["variables"]["way"] == way[0].upper()
    assert product.api.visited(instance) == ["start", "gate", way, "merge", "end"]


def test_a_join_fires_once_when_every_branch_has_come(product: Product) -> None:
    branches = [f"b{number}" for number in range(8)]
    definition = flow(
        start(), parallel("fork"), *[script(b, f"= '{b}'", resultVariable=b) for b in branches],
        parallel("join"), end(),
        flows=["start->fork", *[f"fork->{b}" for b in branches],
               *[f"{b}->join" for b in branches], "join->end"],
    )  # fmt: skip
    process_id = product.api.publish(definition)
    instances = [product.api.start(process_id) for _ in range(10)]
    for instance in instances:
        done = product.api.until(instance, "COMPLETED")
        assert done["variables"] == {b: b for b in branches}
        visited = product.api.visited(instance)
        assert sorted(visited) == sorted(["start", "fork", *branches, "join", "end"])
        assert visited[-2:] == ["join", "end"]


def test_a_join_takes_exactly_one_token_from_each_flow_and_what_is_over_stays(product: Product) -> None:
    # Two tokens come by a->join, one by b->join: it fires once, and the other token can never go on.
    definition = flow(
        start(), parallel("fork"), exclusive("twice"), user("b"), parallel("join"), end(),
        flows=["start->fork", {"id": "f1", "sourceRef": "fork", "targetRef": "twice"},
               {"id": "f2", "sourceRef": "fork", "targetRef": "twice"},
               "fork->b", "twice->join", "b->join", "join->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    product.api.until(instance, "WAITING", "b")
    product.api.complete(instance, "b")
    state = product.api.until(instance, "INCIDENT", "join")
    assert [incident["code"] for incident in state["incidents"]] == ["JOIN_NEVER_FIRES"]
    assert product.api.visited(instance).count("join") == 1
    assert product.api.visited(instance).count("end") == 1


def test_a_loop_runs_its_nodes_once_for_each_round(product: Product) -> None:
    definition = flow(
        start(), exclusive("again"), script("count", "= n + 1", resultVariable="n"),
        exclusive("enough", default="enough->again"), end(),
        flows=["start->again", "again->count", "count->enough", "enough->end if = n >= 5", "enough->again"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition), {"n": 0})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"n": 5}
    assert product.api.visited(instance).count("count") == 5


def test_an_activity_with_several_true_flows_takes_them_all(product: Product) -> None:
    definition = flow(
        start(), {"id": "t", "type": "task"}, end("always"), end("maybe"), end("never"),
        flows=["start->t", "t->always", "t->maybe if = yes", "t->never if = $not(yes)"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition), {"yes": True})
    product.api.until(instance, "COMPLETED")
    assert sorted(product.api.visited(instance)) == ["always", "maybe", "start", "t"]


def test_a_flow_without_start_event_begins_at_every_node_without_incoming_flow(product: Product) -> None:
    definition = flow(
        script("a", "= 1", resultVariable="a"), script("b", "= 2", resultVariable="b"), flows=[]
    )
    instance = product.api.start(product.api.publish(definition))
    assert product.api.until(instance, "COMPLETED")["variables"] == {"a": 1, "b": 2}


def test_without_a_true_condition_and_without_default_the_token_is_an_incident_that_a_retry_mends(
    product: Product,
) -> None:
    definition = flow(
        start(), exclusive("gate"), end("a"), end("b"),
        flows=["start->gate", "gate->a if = n = 1", "gate->b if = n = 2"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition), {"n": 3})
    state = product.api.until(instance, "INCIDENT", "gate")
    assert state["incidents"][0]["code"] == "NO_FLOW_TO_TAKE"
    product.api.call("PATCH", f"/process/instances/{instance}/variables", {"variables": {"n": 2}})
    product.api.call("POST", f"/process/instances/{instance}/retry")
    product.api.until(instance, "COMPLETED")
    assert product.api.visited(instance) == ["start", "gate", "b"]


def test_a_condition_that_is_not_a_boolean_is_an_incident(product: Product) -> None:
    definition = flow(
        start(), exclusive("gate", default="gate->b"), end("a"), end("b"),
        flows=["start->gate", "gate->a if = missing", "gate->b"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    assert product.api.until(instance, "INCIDENT")["incidents"][0]["code"] == "CONDITION_NOT_BOOLEAN"


def test_branches_that_write_different_variables_both_keep_theirs_and_an_explicit_null_stays(
    product: Product,
) -> None:
    definition = flow(
        start(), parallel("fork"), script("a", "= {'x': null}"), script("b", "= {'y': {'z': 1}}"),
        parallel("join"), end(),
        flows=["start->fork", "fork->a", "fork->b", "a->join", "b->join", "join->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition), {"x": 1, "y": {"old": 2}})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"x": None, "y": {"z": 1}}
