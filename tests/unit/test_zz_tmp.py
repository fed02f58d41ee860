"""What a definition may say, and how it is told what is wrong with it."""

import time
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

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
    parallel,
    python,
    script,
    start,
    timer,
    user,
)
from workers.flow.compile import compile_flow
from workers.flow.document import public_schema
from workers.flow.graph import Graph, HttpCall, MessageCatch
from workers.flow.problem import Problem

COMPLAINT: Json = {
    "schemaVersion": 1,
    "name": "Customer complaint",
    "inputSchema": {"type": "object", "required": ["message", "amount", "customer"]},
    "messages": [{"id": "refund-settled", "correlationKey": "{correlationKey}"}],
    "errors": [{"id": "crm-rejected", "errorCode": "CRM_REJECTED"}],
    "nodes": [
        {"id": "start", "type": "startEvent"},
        {
            "id": "classify",
            "type": "serviceTask",
            "implementation": "http",
            "retry": {"maxAttempts": 4, "backoff": "PT2S"},
            "input": {"method": "POST", "url": "https://nlp.example/classify", "body": {"text": "{message}"}},
            "output": {"category": "= response.body.label"},
        },
        {"id": "amount-check", "type": "exclusiveGateway", "default": "f-small"},
        {
            "id": "approval-step",
            "type": "userTask",
            "name": "Approve {amount} EUR ({category})",
            "candidateGroups": ["leads"],
            "dueDate": "PT48H",
            "form": {
                "type": "object",
                "required": ["decision"],
                "properties": {
                    "decision": {"enum": ["approved", "rejected"]},
                    "notes": {"type": "string"},
                },
            },
        },
        {"id": "approved", "type": "exclusiveGateway", "default": "f-rejected"},
        {
            "id": "refund",
            "type": "serviceTask",
            "implementation": "http",
            "input": {
                "method": "POST",
                "url": "https://crm.example/refunds/{customer.id}",
                "headers": {"Authorization": "Bearer {secrets.CRM}"},
                "body": {"amount": "{amount}"},
            },
            "throws": [{"when": "= response.status = 422", "errorRef": "crm-rejected"}],
        },
        {
            "id": "refund-refused",
            "type": "boundaryEvent",
            "attachedToRef": "refund",
            "cancelActivity": True,
            "event": {"type": "error", "errorRef": "crm-rejected"},
        },
        {
            "id": "wait-settled",
            "type": "intermediateCatchEvent",
            "event": {"type": "message", "messageRef": "refund-settled"},
            "output": {"settledAt": "= settledAt"},
        },
        {"id": "end", "type": "endEvent"},
        {"id": "end-rejected", "type": "endEvent"},
    ],
    "sequenceFlows": [
        {"id": "f1", "sourceRef": "start", "targetRef": "classify"},
        {"id": "f2", "sourceRef": "classify", "targetRef": "amount-check"},
        {
            "id": "f-large",
            "sourceRef": "amount-check",
            "targetRef": "approval-step",
            "conditionExpression": "= amount > 100",
        },
        {"id": "f-small", "sourceRef": "amount-check", "targetRef": "refund"},
        {"id": "f3", "sourceRef": "approval-step", "targetRef": "approved"},
        {
            "id": "f-ok",
            "sourceRef": "approved",
            "targetRef": "refund",
            "conditionExpression": '= decision = "approved"',
        },
        {"id": "f-rejected", "sourceRef": "approved", "targetRef": "end-rejected"},
        {"id": "f4", "sourceRef": "refund", "targetRef": "wait-settled"},
        {"id": "f5", "sourceRef": "wait-settled", "targetRef": "end"},
        {"id": "f6", "sourceRef": "refund-refused", "targetRef": "end-rejected"},
    ],
}

URL = "https://crm.example/orders"
REFUSED: Json = {"id": "refused", "errorCode": "REFUSED"}
THROWS: list[Json] = [{"when": "= response.status = 409", "errorRef": "refused"}]
PAID: Json = {"id": "paid"}


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
    assert graph.starts == ("start",)
    refund = graph.nodes["refund"]
    assert [each.id for each in refund.incoming] == ["f-small", "f-ok"]
    assert refund.boundaries == ("refund-refused",)
    assert refund.throws[0].error_code == "CRM_REJECTED"
    assert graph.nodes["amount-check"].default is graph.nodes["amount-check"].outgoing[1]
    assert graph.nodes["classify"].retry.max_attempts == 4
    settled = graph.nodes["wait-settled"].details
    assert isinstance(settled, MessageCatch)
    assert settled.name == "refund-settled"


def test_the_public_schema_accepts_the_example_and_refuses_what_is_unknown() -> None:
    validator = Draft202012Validator(public_schema())
    assert validator.is_valid(COMPLAINT)
    assert not validator.is_valid({**COMPLAINT, "nodez": []})


def test_only_what_is_put_into_the_url_is_percent_encoded() -> None:
    call = compiled(line(http("call", URL + "/{id}", input={"body": {"id": "{id}"}}))).nodes["call"].details
    assert isinstance(call, HttpCall)
    assert call.timeout == timedelta(seconds=30)
    now = datetime.now(UTC)
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
    assert graph.starts == ("a", "b")


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


WRONG: dict[str, tuple[Json, str, str | None, str]] = {
    "no nodes": (flow(flows=[]), "NO_NODES", None, "nodes"),
    "nodes missing": ({"schemaVersion": 1}, "MISSING_PROPERTY", None, "nodes"),
    "a later version": ({**line(), "schemaVersion": 2}, "INVALID_VALUE", None, "schemaVersion"),
    "true is no version": ({**line(), "schemaVersion": True}, "INVALID_VALUE", None, "schemaVersion"),
    "a misspelt property": (
        line(user("a", candidateGroup=["x"])),
        "UNKNOWN_PROPERTY",
        "a",
        "nodes[1].candidateGroup",
    ),
    "a misspelt type": (line(node("a", "usertask")), "UNKNOWN_TYPE", "a", "nodes[1].type"),
    "a type for later": (line(node("a", "callActivity")), "NOT_SUPPORTED", "a", "nodes[1].type"),
    "no type": (line({"id": "a"}), "MISSING_PROPERTY", "a", "nodes[1].type"),
    "a loop": (line(user("a", loop={})), "NOT_SUPPORTED", "a", "nodes[1].loop"),
    "external": (
        line(node("a", "serviceTask", implementation="external")),
        "NOT_SUPPORTED",
        "a",
        "nodes[1].implementation",
    ),
    "no implementation": (line(node("a", "serviceTask")), "MISSING_PROPERTY", "a", "nodes[1].implementation"),
    "signals": (line(signals=[]), "NOT_SUPPORTED", None, "signals"),
    "a start by message": (
        flow(node("s", "startEvent", event={"type": "message"}), end(), flows=["s->end"]),
        "NOT_SUPPORTED",
        "s",
        "nodes[0].event",
    ),
    "a signal": (
        line(node("a", "intermediateCatchEvent", event={"type": "signal"})),
        "NOT_SUPPORTED",
        "a",
        "nodes[1].event.type",
    ),
    "a terminate end": (
        flow(start(), node("e", "endEvent", event={"type": "terminate"}), flows=["start->e"]),
        "NOT_SUPPORTED",
        "e",
        "nodes[1].event.type",
    ),
    "a cycle": (
        line(timer("t", duration="PT1S", cycle="R3/PT1S")),
        "NOT_SUPPORTED",
        "t",
        "nodes[1].event.cycle",
    ),
    "input on a gateway": (
        line(node("g", "parallelGateway", input={})),
        "NOT_SUPPORTED",
        "g",
        "nodes[1].input",
    ),
    "retry on a script": (
        line(script("s", "= 1", resultVariable="a", retry={})),
        "NOT_SUPPORTED",
        "s",
        "nodes[1].retry",
    ),
    "a wrong type of value": (line(user("a", name=5)), "INVALID_VALUE", "a", "nodes[1].name"),
    "a node that is text": (
        {**line(), "nodes": [start(), end(), "x"]},
        "INVALID_VALUE",
        None,
        "nodes[2]",
    ),
    "an id with a line break": (flow(user("a\nb"), flows=[]), "INVALID_ID", "a\nb", "nodes[0].id"),
    "a long id": (flow(user("a" * 256), flows=[]), "INVALID_ID", None, "nodes[0].id"),
    "two nodes of one id": (
        flow(start(), end(), end(), flows=["start->end"]),
        "DUPLICATE_ID",
        "end",
        "nodes[2].id",
    ),
    "a flow to nowhere": (
        flow(start(), end(), flows=["start->end", "start->endd"]),
        "UNKNOWN_REFERENCE",
        None,
        "sequenceFlows[1].targetRef",
    ),
    "a flow from nowhere": (
        flow(start(), end(), flows=["start->end", "begin->end"]),
        "UNKNOWN_REFERENCE",
        None,
        "sequenceFlows[1].sourceRef",
    ),
    "attached to nothing": (
        flow(start(), boundary("b", "a"), end(), flows=["start->end", "b->end"]),
        "UNKNOWN_REFERENCE",
        "b",
        "nodes[1].attachedToRef",
    ),
    "an unknown message": (line(message("m", "paid")), "UNKNOWN_REFERENCE", "m", "nodes[1].event.messageRef"),
    "an unknown error": (
        line(http("h", URL, throws=THROWS)),
        "UNKNOWN_REFERENCE",
        "h",
        "nodes[1].throws[0].errorRef",
    ),
    "an end with an unknown error": (
        flow(start(), node("e", "endEvent", event={"type": "error", "errorRef": "x"}), flows=["start->e"]),
        "UNKNOWN_REFERENCE",
        "e",
        "nodes[1].event.errorRef",
    ),
    "a default that leaves another node": (
        flow(start(), exclusive("g", "start->g"), end(), flows=["start->g", "g->end"]),
        "INVALID_DEFAULT",
        "g",
        "nodes[1].default",
    ),
    "a default with a condition": (
        flow(start(), exclusive("g", "g->end"), end(), flows=["start->g", "g->end if = a"]),
        "INVALID_DEFAULT",
        "g",
        "sequenceFlows[1].conditionExpression",
    ),
    "a condition after a parallel gateway": (
        flow(start(), parallel("p"), end(), flows=["start->p", "p->end if = a"]),
        "CONDITION_NOT_ALLOWED",
        "p",
        "sequenceFlows[1].conditionExpression",
    ),
    "a choice without condition": (
        flow(start(), exclusive("g"), end("x"), end("y"), flows=["start->g", "g->x if = a", "g->y"]),
        "CONDITION_MISSING",
        "g",
        "sequenceFlows[2]",
    ),
    "a boundary without attachment": (
        line({"id": "b", "type": "boundaryEvent", "event": {"type": "error"}}),
        "MISSING_PROPERTY",
        "b",
        "nodes[1].attachedToRef",
    ),
    "a boundary with an incoming flow": (
        flow(start(), user("a"), boundary("b", "a"), flows=["start->a", "a->b"]),
        "BOUNDARY_WITH_INCOMING",
        "b",
        "sequenceFlows[1]",
    ),
    "a boundary on a gateway": (
        flow(start(), parallel("p"), boundary("b", "p"), flows=["start->p"]),
        "INVALID_ATTACHMENT",
        "b",
        "nodes[2].attachedToRef",
    ),
    "two boundaries for one code": (
        flow(
            start(),
            http("h", URL, throws=THROWS),
            boundary("b", "h", "refused"),
            boundary("c", "h", "again"),
            flows=["start->h"],
            errors=[REFUSED, {**REFUSED, "id": "again"}],
        ),
        "DUPLICATE_BOUNDARY",
        "c",
        "nodes[3].event",
    ),
    "two boundaries for everything": (
        flow(start(), user("a"), boundary("b", "a"), boundary("c", "a"), flows=["start->a"]),
        "DUPLICATE_BOUNDARY",
        "c",
        "nodes[3].event",
    ),
    "an error that does not interrupt": (
        flow(start(), user("a"), {**boundary("b", "a"), "cancelActivity": False}, flows=["start->a"]),
        "NON_INTERRUPTING_ERROR",
        "b",
        "nodes[2].cancelActivity",
    ),
    "a start with an incoming flow": (
        flow(start(), user("a"), flows=["start->a", "a->start"]),
        "START_WITH_INCOMING",
        "start",
        "sequenceFlows[1]",
    ),
    "an end with an outgoing flow": (
        flow(start(), end(), user("a"), flows=["start->end", "end->a"]),
        "END_WITH_OUTGOING",
        "end",
        "sequenceFlows[1]",
    ),
    "two starts": (
        flow(start(), start("other"), end(), flows=["start->end", "other->end"]),
        "MULTIPLE_START_EVENTS",
        "other",
        "nodes[1]",
    ),
    "no beginning": (flow(user("a"), user("b"), flows=["a->b", "b->a"]), "NO_START", None, "nodes"),
    "a lost node": (
        flow(start(), end(), user("a"), flows=["start->end"]),
        "UNREACHABLE_NODE",
        "a",
        "nodes[2]",
    ),
    "a condition without =": (
        flow(start(), exclusive("g"), end(), flows=["start->g", "g->end if amount > 1"]),
        "INVALID_EXPRESSION",
        "g",
        "sequenceFlows[1].conditionExpression",
    ),
    "a script without =": (line(script("s", "1 + 1")), "INVALID_EXPRESSION", "s", "nodes[1].script"),
    "bad JSONata": (line(script("s", "= 1 +")), "INVALID_EXPRESSION", "s", "nodes[1].script"),
    "bad JSONata in throws": (
        line(http("h", URL, throws=[{"when": "= (", "errorRef": "refused"}]), errors=[REFUSED]),
        "INVALID_EXPRESSION",
        "h",
        "nodes[1].throws[0].when",
    ),
    "a bad template": (
        line(http("h", URL, input={"body": {"a": ["= 1 +"]}})),
        "INVALID_TEMPLATE",
        "h",
        "nodes[1].input.body.a[0]",
    ),
    "a secret in a name": (line(user("a", name="{secrets.CRM}")), "SECRET_NOT_ALLOWED", "a", "nodes[1].name"),
    "a secret in an output": (
        line(http("h", URL, output={"a": "{secrets.CRM}"})),
        "SECRET_NOT_ALLOWED",
        "h",
        "nodes[1].output.a",
    ),
    "a secret in a message": (
        line(message("m", "paid"), messages=[{**PAID, "correlationKey": "{secrets.CRM}"}]),
        "SECRET_NOT_ALLOWED",
        None,
        "messages[0].correlationKey",
    ),
    "a bad duration": (
        line(timer("t", duration="2 days")),
        "INVALID_DURATION",
        "t",
        "nodes[1].event.duration",
    ),
    "a date without offset": (
        line(timer("t", date="2026-01-31T12:00:00")),
        "INVALID_DATE",
        "t",
        "nodes[1].event.date",
    ),
    "a bad due date": (line(user("a", dueDate="tomorrow")), "INVALID_DATE", "a", "nodes[1].dueDate"),
    "a timer with both": (
        line(timer("t", duration="PT1S", date="2026-01-31T12:00:00Z")),
        "INVALID_TIMER",
        "t",
        "nodes[1].event",
    ),
    "a timer with neither": (line(timer("t")), "INVALID_TIMER", "t", "nodes[1].event"),
    "a bad back-off": (
        line(http("h", URL, retry={"backoff": "2s"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].retry.backoff",
    ),
    "a back-off over its bound": (
        line(http("h", URL, retry={"backoff": "PT9S", "maxBackoff": "PT1S"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].retry.maxBackoff",
    ),
    "too many attempts": (
        line(http("h", URL, retry={"maxAttempts": 101})),
        "INVALID_VALUE",
        "h",
        "nodes[1].retry.maxAttempts",
    ),
    "a bad form": (line(user("a", form={"type": "objekt"})), "INVALID_SCHEMA", "a", "nodes[1].form"),
    "a bad input schema": (
        line(inputSchema={"$ref": "https://a.example"}),
        "INVALID_SCHEMA",
        None,
        "inputSchema",
    ),
    "a bad data schema": (
        line(message("m", "paid"), messages=[{**PAID, "dataSchema": {"pattern": "("}}]),
        "INVALID_SCHEMA",
        None,
        "messages[0].dataSchema",
    ),
    "start data of the system": (
        line(inputSchema={"properties": {"secrets": {}}}),
        "RESERVED_NAME",
        None,
        "inputSchema.properties.secrets",
    ),
    "an unknown queue": (line(http("h", URL, queue="fast")), "UNKNOWN_QUEUE", "h", "nodes[1].queue"),
    "no url": (
        line(node("h", "serviceTask", implementation="http", input={"method": "GET"})),
        "MISSING_PROPERTY",
        "h",
        "nodes[1].input.url",
    ),
    "an unknown method": (line(http("h", URL, "FETCH")), "INVALID_REQUEST", "h", "nodes[1].input.method"),
    "an ftp url": (line(http("h", "ftp://a.example")), "INVALID_REQUEST", "h", "nodes[1].input.url"),
    "a url that begins with a placeholder": (
        line(http("h", "{base}/orders")),
        "INVALID_REQUEST",
        "h",
        "nodes[1].input.url",
    ),
    "a header with a line break": (
        line(http("h", URL, input={"headers": {"X-A": "a\r\nb"}})),
        "INVALID_REQUEST",
        "h",
        "nodes[1].input.headers.X-A",
    ),
    "a misspelt part of a request": (
        line(http("h", URL, input={"header": {}})),
        "UNKNOWN_PROPERTY",
        "h",
        "nodes[1].input.header",
    ),
    "a timeout over its bound": (
        line(http("h", URL, input={"timeout": "PT6M"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].input.timeout",
    ),
    "a timeout that is no duration": (
        line(http("h", URL, input={"timeout": "30"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].input.timeout",
    ),
    "an output that is no name": (
        line(http("h", URL, output={"a b": 1})),
        "INVALID_NAME",
        "h",
        'nodes[1].output["a b"]',
    ),
    "an output of the system": (
        line(http("h", URL, output={"correlationKey": 1})),
        "RESERVED_NAME",
        "h",
        "nodes[1].output.correlationKey",
    ),
    "a result of the system": (
        line(script("s", "= 1", resultVariable="secrets")),
        "RESERVED_NAME",
        "s",
        "nodes[1].resultVariable",
    ),
    "too many nodes": (flow(*[user(str(n)) for n in range(5_001)], flows=[]), "TOO_LARGE", None, "nodes"),
    "a NUL": ({**line(), "name": "\0"}, "INVALID_DOCUMENT", None, "name"),
}


@pytest.mark.parametrize(("document", "code", "node_id", "path"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_one_error_at_its_place(
    document: Json, code: str, node_id: str | None, path: str
) -> None:
    graph, problems = compile_flow(document)
    assert graph is None
    assert [(each.code, each.node_id, each.path) for each in problems if each.severity == "error"] == [
        (code, node_id, path)
    ]


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
        "FLOW_NEVER_TAKEN",
        "sequenceFlows[2]",
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
    assert problems_of(document) == []


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
    assert problems_of(document) == []


def test_a_flow_of_5000_nodes_compiles_within_seconds() -> None:
    document = line(
        *[script(f"s{n}", f"= x + {n}", resultVariable="x") for n in range(4_998)], inputSchema=DATA
    )
    began = time.monotonic()
    assert compile_flow(document)[0] is not None
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "document",
    [
        {**line(), **{f"property{n}": 1 for n in range(50_000)}},
        flow(start(), *[{"id": str(n), "type": "x" * 50} for n in range(4_000)], flows=[]),
        flow(start(), end(), flows=["start->end", *[f"a{n}->b{n}" for n in range(15_000)]]),
        flow(start(), *[user("same") for _ in range(4_000)], flows=[]),
    ],
    ids=["properties", "types", "references", "ids"],
)
def test_countless_mistakes_are_told_in_bounded_time_and_number(document: Json) -> None:
    began = time.monotonic()
    graph, problems = compile_flow(document)
    assert time.monotonic() - began < 10
    assert graph is None
    assert len(problems) == 500


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**20)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(
        [
            "=",
            "= 1 +",
            "{a}",
            "{secrets.A}",
            "PT1S",
            "userTask",
            "start",
            "f1",
            "https://a.example",
            "\0",
            "\ud800",
        ]
    ),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "nodes", "event", "form", "input", "$ref", "a b"])
            | st.text(max_size=3),
            each,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=5000, deadline=None)
@given(JSON | st.binary(max_size=3) | st.dictionaries(st.integers(), st.integers(), max_size=1))
def test_anything_is_answered_with_problems(document: Any) -> None:
    graph, problems = compile_flow(document)
    assert graph is None
    assert problems


@settings(max_examples=5000, deadline=None)
@given(st.data())
def test_a_damaged_definition_is_answered_with_problems(data: st.DataObject) -> None:
    document = deepcopy(COMPLAINT)
    for _ in range(data.draw(st.integers(1, 3))):
        damage(document, data)
    graph, problems = compile_flow(document)
    assert (graph is None) == any(each.severity == "error" for each in problems)


def damage(document: Any, data: st.DataObject) -> None:
    """Walk down to some place and put something else there, take it away, or add a thing to it."""
    here = document
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            break
        here = here[key]
    kind = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if kind == "remove":
        del here[key]
    elif kind == "replace" or isinstance(here, list):
        here[key] = data.draw(JSON)
    else:
        here[data.draw(st.text(max_size=4) | st.sampled_from(["loop", "default", "input", "name"]))] = (
            data.draw(JSON)
        )


def test_nesting_without_end_is_a_problem_and_not_an_exception() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert [each.code for each in problems_of({**line(), "name": deep})] == ["INVALID_DOCUMENT"]
