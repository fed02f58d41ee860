"""What is hardly meant is said, and nothing that may well be meant."""

import pytest

from tests.flows import (
    Json,
    boundary,
    end,
    exclusive,
    flow,
    http,
    line,
    message,
    node,
    python,
    script,
    start,
    user,
)
from workers.flow.compiler.compile import compile_flow

URL = "https://crm.example/orders"
REFUSED: Json = {"id": "refused", "errorCode": "REFUSED"}
THROWS: list[Json] = [{"when": "= response.status = 409", "errorRef": "refused"}]
PAID: Json = {"id": "paid"}
DATA: Json = {"type": "object", "properties": {"amount": {}, "customer": {}}}

WARNED: dict[str, tuple[Json, str, str]] = {
    "nothing sets it": (
        line(user("a", name="{amuont}"), inputSchema=DATA),
        "VARIABLE_NEVER_SET",
        "nodes[1].name",
    ),
    "it is set only later": (
        line(user("a", name="{label}"), http("h", URL, output={"label": 1}), inputSchema=DATA),
        "VARIABLE_NEVER_SET",
        "nodes[1].name",
    ),
    "it is another node's own": (
        line(user("a", input={"x": 1}, form=DATA), user("b", assignee="{x}"), inputSchema=DATA),
        "VARIABLE_NEVER_SET",
        "nodes[2].assignee",
    ),
    "an error without a cause": (line(errors=[REFUSED]), "ERROR_NEVER_THROWN", "errors[0]"),
    "a boundary that nothing reaches": (
        flow(start(), node("t", "task"), boundary("b", "t"), flows=["start->t"]),
        "ERROR_NEVER_THROWN",
        "nodes[2]",
    ),
    "a flow behind one that is always taken": (
        flow(
            start(),
            exclusive("g", "g->y"),
            end("x"),
            end("y"),
            flows=["start->g", "g->x if = true", "g->y"],
        ),
        "FLOW_NEVER_TAKEN",
        "sequenceFlows[2]",
    ),
    "a default beside a flow without condition": (
        flow(start(), user("a", default="a->y"), end("x"), end("y"), flows=["start->a", "a->x", "a->y"]),
        "DEFAULT_BESIDE_UNCONDITIONAL",
        "sequenceFlows[2]",
    ),
    "a default of an inclusive gateway beside a flow without condition": (
        flow(
            start(),
            node("g", "inclusiveGateway", default="g->x"),
            end("x"),
            end("y"),
            end("z"),
            flows=["start->g", "g->x", "g->y if = 1 = 2", "g->z"],
        ),
        "DEFAULT_BESIDE_UNCONDITIONAL",
        "sequenceFlows[1]",
    ),
    "a default beside a condition that is always true": (
        flow(
            start(),
            user("a", default="a->x"),
            end("x"),
            end("y"),
            end("z"),
            flows=["start->a", "a->x", "a->y if = true", "a->z"],
        ),
        "FLOW_NEVER_TAKEN",
        "sequenceFlows[1]",
    ),
    "a keyword of an earlier draft in start data": (
        line(inputSchema={"dependencies": {"a": ["b"]}}),
        "SCHEMA_KEYWORD_IGNORED",
        "inputSchema",
    ),
    "a misspelt keyword in a form": (
        line(user("a", form={"properties": {"a": {"maxLenght": 3}}})),
        "SCHEMA_KEYWORD_IGNORED",
        "nodes[1].form",
    ),
    "a format of a message's data that is not checked": (
        line(message("m", "paid"), messages=[{**PAID, "dataSchema": {"format": "regex"}}]),
        "SCHEMA_KEYWORD_IGNORED",
        "messages[0].dataSchema",
    ),
}


@pytest.mark.parametrize(("document", "code", "path"), WARNED.values(), ids=WARNED)
def test_what_is_hardly_meant_is_a_warning_and_compiles(document: Json, code: str, path: str) -> None:
    graph, problems = compile_flow(document)
    assert [(each.code, each.path, each.severity) for each in problems] == [(code, path, "warning")]
    assert graph is not None
    assert graph.warnings == (problems[0].message,)


@pytest.mark.parametrize(
    "document",
    [
        line(user("a", name="{amount} {correlationKey} {processInstanceId}"), inputSchema=DATA),
        line(user("a", name="{anything}")),
        line(user("a", name="{x}", input={"x": "{amount}"}), inputSchema=DATA),
        line(
            http("h", URL, output={"label": "{response.body}"}), user("a", name="{label}"), inputSchema=DATA
        ),
        line(user("a"), user("b", name="{unknown}"), inputSchema=DATA),
        line(user("a", form={"properties": {"x": {}}}), user("b", name="{x}"), inputSchema=DATA),
        line(script("s", "= {}"), user("b", name="{unknown}"), inputSchema=DATA),
        line(message("m", "paid"), user("b", name="{unknown}"), messages=[PAID], inputSchema=DATA),
        line(user("b", name="{a}"), inputSchema={"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": True}}),
        line(http("h", URL, throws=THROWS), errors=[REFUSED]),
        line(python("p", "charge"), errors=[REFUSED]),
        flow(
            start(),
            user("a"),
            boundary("b", "a", "cancelled"),
            flows=["start->a"],
            errors=[{"id": "cancelled", "errorCode": "TASK_CANCELLED"}],
        ),
    ],
)
def test_what_may_well_be_meant_is_not_warned_of(document: Json) -> None:
    assert compile_flow(document)[1] == []


def test_a_loop_carries_what_it_sets_back_to_its_beginning() -> None:
    document = flow(
        start(),
        user("ask", name="{label}", form={"properties": {"go": {}}}),
        script("mark", "= 1", resultVariable="label"),
        exclusive("again", "again->end"),
        end(),
        flows=["start->ask", "ask->mark", "mark->again", "again->ask if = go", "again->end"],
        inputSchema=DATA,
    )
    assert compile_flow(document)[1] == []


def test_a_default_flow_beside_others_without_condition_is_told_with_the_ids_of_all() -> None:
    ends = [end(name) for name in "xyzw"]
    document = flow(
        start(), user("a", default="a->w"), *ends,
        flows=["start->a", "a->x", "a->y", "a->z if = 1 = 2", "a->w"],
    )  # fmt: skip
    _, problems = compile_flow(document)
    assert problems[0].node_id == "a"
    assert problems[0].message == (
        "The default flow `a->w` is taken where no condition is true, so also beside `a->x`, `a->y`, which"
        " have no condition and are always taken."
    )
