"""What a definition compiles to, and how it is told what would be right."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.flows import (
    Json,
    boundary,
    end,
    flow,
    http,
    line,
    node,
    parallel,
    python,
    script,
    start,
    user,
)
from tests.unit.complaint import COMPLAINT
from workers.flow.compiler.compile import compile_flow
from workers.flow.graph import Graph, HttpCall, MessageCatch
from workers.flow.problem import Problem

URL = "https://crm.example/orders"


def compiled(document: Json) -> Graph:
    graph, problems = compile_flow(document)
    assert graph is not None, problems
    return graph


def problems_of(document: object, **settings: Any) -> list[Problem]:
    return compile_flow(document, **settings)[1]


def test_the_example_of_the_language_compiles_without_a_problem() -> None:
    graph, problems = compile_flow(COMPLAINT)
    assert problems == []
    assert graph is not None
    assert graph.top.starts == ("start",)
    refund = graph.nodes["refund"]
    assert [each.id for each in refund.incoming] == ["f-small", "f-ok"]
    assert refund.boundaries == ("refund-refused",)
    assert refund.throws[0].error_code == "CRM_REJECTED"
    assert graph.nodes["amount-check"].default is graph.nodes["amount-check"].outgoing[1]
    assert graph.nodes["classify"].retry.max_attempts == 4
    settled = graph.nodes["wait-settled"].details
    assert isinstance(settled, MessageCatch)
    assert settled.name == "refund-settled"


def test_only_what_is_put_into_the_url_is_percent_encoded() -> None:
    call = compiled(line(http("call", URL + "/{id}", input={"body": {"id": "{id}"}}))).nodes["call"].details
    assert isinstance(call, HttpCall)
    now = datetime.now(UTC)
    assert call.timeout.evaluate({}, now=now).value == "PT30S"
    assert call.url.evaluate({"id": "a/b"}, now=now).value == URL + "/a%2Fb"
    assert call.request.evaluate({"id": "a/b"}, now=now).value == {"method": "POST", "body": {"id": "a/b"}}


def test_without_a_start_event_a_flow_begins_wherever_nothing_leads() -> None:
    graph = compiled(
        flow(
            user("a"),
            user("b"),
            user("c"),
            boundary("caught", "a"),
            flows=["a->c", "b->c", "caught->c"],
        )
    )
    assert graph.top.starts == ("a", "b")


def test_a_join_is_a_parallel_gateway_with_several_incoming_flows() -> None:
    graph = compiled(
        flow(
            start(),
            parallel("split"),
            parallel("join"),
            end(),
            flows=[
                "start->split",
                "split->join",
                {"id": "2", "sourceRef": "split", "targetRef": "join"},
                "join->end",
            ],
        )
    )
    assert [graph.nodes[id].joins for id in ("split", "join")] == [False, True]


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        (line(user("a", asignee="x")), "did you mean `assignee`?"),
        (line(node("a", "ScriptTask")), "did you mean `scriptTask`?"),
        (flow(start(), end(), flows=["start->end", "start->ende"]), "did you mean `end`?"),
        (line(script("s", "= 1 +")), "at character"),
        (line(http("h", URL, queue="fast")), "there is `bulk` or `default`."),
        (line(python("p", "charge_crad")), "did you mean `charge_card`?"),
        (line(http("h", "{base}/orders")), '`= base & "/orders"`'),
    ],
)
def test_a_message_says_what_would_be_right(document: Json, hint: str) -> None:
    problems = problems_of(document, queues=["bulk", "default"], tasks=["charge_card", "send_mail"])
    assert [hint in each.message for each in problems] == [True]


def test_tasks_and_queues_are_not_checked_where_they_are_not_known() -> None:
    assert problems_of(line(python("p", "anything", queue="any")), queues=None, tasks=None) == []


def test_all_mistakes_are_found_at_once() -> None:
    document = deepcopy(COMPLAINT)
    document["nodes"][1]["retry"] = {"maxAttempts": 0, "backof": "PT2S"}
    document["nodes"][3]["form"] = {"type": "objekt"}
    document["nodes"][5]["input"]["url"] = 5
    document["nodes"][7]["event"]["messageRef"] = "refund-setled"
    document["sequenceFlows"][2]["conditionExpression"] = "amount > 100"
    document["errors"].append({"id": "x", "errorCod": "X"})
    assert {(each.code, each.path) for each in problems_of(document) if each.severity == "error"} == {
        ("INVALID_VALUE", "nodes[1].retry.maxAttempts"),
        ("UNKNOWN_PROPERTY", "nodes[1].retry.backof"),
        ("INVALID_SCHEMA", "nodes[3].form"),
        ("INVALID_VALUE", "nodes[5].input.url"),
        ("UNKNOWN_REFERENCE", "nodes[7].event.messageRef"),
        ("INVALID_EXPRESSION", "sequenceFlows[2].conditionExpression"),
        ("MISSING_PROPERTY", "errors[1].errorCode"),
        ("UNKNOWN_PROPERTY", "errors[1].errorCod"),
    }
