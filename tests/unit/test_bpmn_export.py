"""Importing what was exported gives the definition again, and the file is what other tools expect."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.flow.bpmn.compare import differences
from workers.flow.bpmn.write import write_xml
from workers.flow.bpmn.xml import BpmnError, read_xml
from workers.flow.compiler.compile import compile_flow
from workers.flow.interchange.export import export_bpmn
from workers.flow.interchange.read import import_bpmn

Json = dict[str, Any]


def there_and_back(definition: Json, process_id: str = "P") -> Json:
    data = export_bpmn(definition, process_id=process_id, name="A flow")
    (process,) = import_bpmn(data).processes
    assert process.problems == []
    assert process.bpmn_id == process_id
    assert process.is_executable
    return process.definition


def flow(*nodes: Json, **more: Any) -> Json:
    return {"schemaVersion": 1, "nodes": list(nodes), **more}


START: Json = {"id": "s", "type": "startEvent"}
TASK: Json = {"id": "t", "type": "task"}
TOP: Json = {
    "messages": [{"id": "m", "name": "paid", "correlationKey": "{order}", "dataSchema": {"type": "object"}}],
    "errors": [{"id": "e", "errorCode": "E"}],
    "signals": [{"id": "s1"}, {"id": "s2", "name": "stop"}],
    "escalations": [{"id": "x", "escalationCode": "X"}],
}


def boundary(event: Json, **more: Any) -> Json:
    return {"id": "b", "type": "boundaryEvent", "attachedToRef": "t", "event": event, **more}


def catch(event: Json, type_: str = "intermediateCatchEvent", **more: Any) -> Json:
    return {"id": "c", "type": type_, "event": event, **more}


def throw(event: Json, type_: str = "intermediateThrowEvent") -> Json:
    return {"id": "c", "type": type_, "event": event, "input": {"a": "= b"}}


def task(**more: Any) -> Json:
    return {"id": "t", "type": "task", **more}


INNER: Json = {
    "nodes": [
        {"id": "x y", "type": "startEvent"},
        {"id": "deep", "type": "subProcess", "nodes": [{"id": "last", "type": "task"}]},
    ],
    "sequenceFlows": [{"id": "f9", "sourceRef": "x y", "targetRef": "deep"}],
}
LISTENER: Json = {
    "id": "listener",
    "type": "subProcess",
    "triggeredByEvent": True,
    "nodes": [
        {
            "id": "x",
            "type": "startEvent",
            "isInterrupting": False,
            "event": {"type": "signal", "signalRef": "s2"},
        }
    ],
}

DOCUMENTS: dict[str, Json] = {
    "the least": flow(TASK),
    "a head": flow(
        TASK,
        name="Orders {n}",
        documentation="First.\r\n\r\n  Second\t.",
        inputSchema={"type": "object", "x": 1.5},
    ),
    "an empty name": flow(TASK, name="", documentation=" "),
    "empty lists": flow(TASK, sequenceFlows=[], messages=[], errors=[], associations=[]),
    "all that is defined at the top": flow(TASK, **TOP),
    "a condition": flow(
        {"id": "g", "type": "exclusiveGateway", "default": "f2", "name": "Large?\nReally?"},
        TASK,
        sequenceFlows=[
            {
                "id": "f1",
                "sourceRef": "g",
                "targetRef": "t",
                "name": "<yes>",
                "conditionExpression": '= a & "<" ',
            },
            {"id": "f2", "sourceRef": "g", "targetRef": "t"},
        ],
    ),
    "every gateway": flow(
        {"id": "a", "type": "parallelGateway"},
        {"id": "b", "type": "inclusiveGateway"},
        {"id": "c", "type": "eventBasedGateway", "documentation": "Waits."},
        {"id": "d", "type": "receiveTask", "messageRef": "m"},
        sequenceFlows=[
            {"id": "f1", "sourceRef": "a", "targetRef": "b"},
            {"id": "f2", "sourceRef": "a", "targetRef": "c"},
            {"id": "f3", "sourceRef": "c", "targetRef": "d"},
        ],
        **TOP,
    ),
    "message start": flow(
        catch({"type": "message", "messageRef": "m"}, "startEvent", output={"a": "= b"}), **TOP
    ),
    "scheduled start": flow(catch({"type": "timer", "cycle": "0 9 * * MON"}, "startEvent")),
    "timer with a zone": flow(
        catch({"type": "timer", "cycle": "@daily", "timeZone": "Europe/Berlin"}, "startEvent")
    ),
    "date in a zone": flow(catch({"type": "timer", "date": "2026-03-29T02:30:00[Europe/Berlin]"})),
    "duration below zero": flow(catch({"type": "timer", "duration": "-PT5M"})),
    "computed timer": flow(catch({"type": "timer", "duration": "= $string(n) & 'x'"})),
    "templated timer": flow(catch({"type": "timer", "date": " {when}"})),
    "condition that is waited for": flow(catch({"type": "conditional", "condition": "= a > 1"})),
    "link": flow(catch({"type": "link", "name": "L"}), {**throw({"type": "link", "name": "L"}), "id": "d"}),
    "boundary timer": flow(TASK, boundary({"type": "timer", "cycle": "R3/PT1M"}, cancelActivity=False)),
    "boundary error": flow(TASK, boundary({"type": "error"}, cancelActivity=True, output={"why": "= code"})),
    "boundary escalation": flow(TASK, boundary({"type": "escalation", "escalationRef": "x"}), **TOP),
    "cancel": flow({"id": "t", "type": "transaction", **INNER}, boundary({"type": "cancel"})),
    "thrown message": flow(
        throw({"type": "message", "messageRef": "m", "correlationKey": "{k}", "data": {"a": ["{b}"]}}),
        **TOP,
    ),
    "thrown signal": flow(throw({"type": "signal", "signalRef": "s2"}, "endEvent"), **TOP),
    "thrown error": flow(throw({"type": "error", "errorRef": "e"}, "endEvent"), **TOP),
    "terminate": flow(throw({"type": "terminate"}, "endEvent")),
    "nothing thrown": flow({"id": "n", "type": "intermediateThrowEvent"}),
    "compensation": flow(
        TASK,
        boundary({"type": "compensation"}),
        {"id": "undo", "type": "scriptTask", "script": "= 1", "isForCompensation": True},
        throw({"type": "compensation", "activityRef": "t"}),
        associations=[{"id": "as", "sourceRef": "b", "targetRef": "undo"}],
    ),
    "defaults said aloud": flow(
        task(isForCompensation=False, loop={"maxIterations": 2, "testBefore": True}),
        boundary({"type": "timer", "duration": "PT1S"}, cancelActivity=True),
        {"id": "sub", "type": "subProcess", "triggeredByEvent": False, **INNER},
    ),
    "standard loop": flow(task(loop={"while": "= more", "testBefore": False})),
    "loop over a collection": flow(
        task(
            loop={
                "collection": "= items",
                "elementVariable": "item",
                "outputCollection": "all",
                "outputElement": "= item.x",
                "sequential": True,
                "completionCondition": "= numberOfCompletedInstances = 2",
            }
        )
    ),
    "loop over a variable": flow(
        task(
            loop={
                "collection": "{items}",
                "elementVariable": "one",
                "outputCollection": "all",
                "outputElement": "{made}",
            }
        )
    ),
    "loop over a variable of any name": flow(
        task(loop={"collection": '{["the items"]}', "outputCollection": "all", "outputElement": "{a.b}"})
    ),
    "loops by number": flow(
        task(loop={"cardinality": 3, "sequential": False}),
        {"id": "t2", "type": "task", "loop": {"cardinality": "{n}"}},
        {"id": "t3", "type": "task", "loop": {"cardinality": "= n"}},
    ),
    "event sub-process": flow(TASK, LISTENER, **TOP),
    "user task": flow(
        {
            "id": "u",
            "type": "userTask",
            "name": "Approve {amount}",
            "candidateGroups": ["leads"],
            "dueDate": "PT48H",
            "priority": -1,
            "form": {"type": "object", "properties": {"ü": {"enum": ["a", None, True, 1.5]}}},
        }
    ),
    "input task": flow({"id": "u", "type": "inputTask", "form": {}, "assignee": "{who}"}),
    "script": flow({"id": "u", "type": "scriptTask", "script": "= {\n  'a': 1 }\r\n", "resultVariable": "r"}),
    "http": flow(
        {
            "id": "h",
            "type": "serviceTask",
            "implementation": "http",
            "input": {"method": "POST", "url": "https://x.example/{a}", "body": {"<": "{b}"}},
            "output": {"a": "= response.body"},
            "retry": {"maxAttempts": 4, "backoff": "PT2S"},
            "throws": [{"when": "= response.status = 422", "errorRef": "e"}],
        },
        **TOP,
    ),
    "python": flow(
        {"id": "p", "type": "serviceTask", "implementation": "python", "task": "score", "queue": "q"}
    ),
    "external": flow(
        {"id": "x", "type": "serviceTask", "implementation": "external", "topic": "mail {lang}"}
    ),
    "send and receive": flow(
        {"id": "a", "type": "sendTask", "messageRef": "m", "data": {"x": "{y}"}, "timeToLive": "PT5M"},
        {"id": "b", "type": "receiveTask", "messageRef": "m", "output": {"x": "= y"}},
        **TOP,
    ),
    "calls": flow(
        {"id": "a", "type": "callActivity", "processId": "other-flow", "input": {"x": "{y}"}},
        {
            "id": "b",
            "type": "callActivity",
            "processId": "01990000-0000-7000-8000-000000000000",
            "versionNumber": "3",
        },
        {"id": "c", "type": "callActivity", "processId": "P"},
        {"id": "d", "type": "callActivity", "processId": "a"},
    ),
    "ids that XML cannot have": flow(
        {"id": "1st step", "type": "task", "default": "a b"},
        {"id": "1st_step", "type": "task"},
        {"id": "_1st_step", "type": "task"},
        {"id": "a:b", "type": "boundaryEvent", "attachedToRef": "1st step", "event": {"type": "error"}},
        sequenceFlows=[{"id": "a b", "sourceRef": "1st step", "targetRef": "_1st_step"}],
    ),
    "one id for a node, a message and a process": flow(
        {"id": "P", "type": "receiveTask", "messageRef": "P"}, messages=[{"id": "P"}], signals=[{"id": "P"}]
    ),
    "characters that XML cannot have": flow(
        task(name="a\x0bb", documentation="\x01\ufffe", input={"k": "\x02\x85\u2028😀"})
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_here_is_one_of_the_language(name: str) -> None:
    problems = compile_flow(DOCUMENTS[name], queues=None)[1]
    assert [problem for problem in problems if problem.severity == "error"] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_importing_an_export_gives_the_definition_again(name: str) -> None:
    definition = json.loads(json.dumps(DOCUMENTS[name]))
    assert there_and_back(definition) == DOCUMENTS[name]
    assert definition == DOCUMENTS[name]  # what is exported is left as it was


def test_a_process_id_that_xml_cannot_have_comes_back() -> None:
    assert there_and_back(flow(TASK), "01990000-0000-7000-8000-000000000000") == flow(TASK)


def test_an_export_is_written_with_the_standards_own_names() -> None:
    definition = flow(
        START,
        {"id": "g", "type": "exclusiveGateway", "default": "f3"},
        {"id": "u", "type": "userTask", "name": "Approve"},
        boundary({"type": "timer", "duration": "PT1H"}, cancelActivity=False) | {"attachedToRef": "u"},
        sequenceFlows=[
            {"id": "f1", "sourceRef": "s", "targetRef": "g"},
            {"id": "f2", "sourceRef": "g", "targetRef": "u", "conditionExpression": "= a"},
            {"id": "f3", "sourceRef": "g", "targetRef": "s"},
        ],
    )
    root = read_xml(export_bpmn(definition, process_id="P", name="A flow")).root
    assert root.name == ("http://www.omg.org/spec/BPMN/20100524/MODEL", "definitions")
    found = {each.get("id"): each for each in root.walk()}
    assert found["P"].get("isExecutable") == "true"
    assert found["u"].local == "userTask"
    assert found["u"].get("name") == "Approve"
    assert [each.text for each in found["g"].children()] == ["f1", "f2", "f3"]
    assert found["g"].get("default") == "f3"
    assert (found["b"].get("attachedToRef"), found["b"].get("cancelActivity")) == ("u", "false")
    (timer,) = found["b"].children()
    assert timer.local == "timerEventDefinition"
    (condition,) = found["f2"].children()
    assert (condition.text, condition.get("language")) == ("= a", "https://docs.jsonata.org")
    assert dict(condition.named_attributes())["http://www.w3.org/2001/XMLSchema-instance", "type"] == (
        "bpmn:tFormalExpression"
    )
    assert not any(each.local == "properties" for each in root.walk())


def test_every_id_of_an_export_is_there_once() -> None:
    definition = DOCUMENTS["one id for a node, a message and a process"]
    root = read_xml(export_bpmn(definition, process_id="P", name="")).root
    ids = [each.get("id") for each in root.walk() if each.get("id")]
    assert len(ids) == len(set(ids)) == 5


def test_an_export_reads_and_writes_as_the_same_xml() -> None:
    for definition in DOCUMENTS.values():
        document = read_xml(export_bpmn(definition, process_id="P", name="A flow"))
        assert differences(document, read_xml(write_xml(document))) == []


def test_a_node_of_an_unknown_type_cannot_be_written() -> None:
    with pytest.raises(BpmnError, match="complicatedTask"):
        export_bpmn(flow({"id": "x", "type": "complicatedTask"}), process_id="P", name="")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
NODES = st.fixed_dictionaries(
    {"type": st.sampled_from(["task", "userTask", "inputTask", "parallelGateway", "endEvent"])},
    optional={
        "name": TEXT,
        "documentation": TEXT,
        "input": st.dictionaries(TEXT, VALUES, max_size=3),
        "form": VALUES,
    },
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_ids_names_and_values_come_back(data: st.DataObject) -> None:
    ids = data.draw(st.lists(IDS, min_size=1, max_size=5, unique=True))
    nodes = [{"id": id_, **data.draw(NODES)} for id_ in ids]
    ends = st.sampled_from(ids)
    flows = [
        {"id": id_, "sourceRef": data.draw(ends), "targetRef": data.draw(ends), "name": data.draw(TEXT)}
        for id_ in data.draw(
            st.lists(IDS.filter(lambda id_: id_ not in ids), min_size=1, max_size=3, unique=True)
        )
    ]
    messages = [
        {"id": id_, "name": data.draw(IDS)} for id_ in data.draw(st.lists(IDS, min_size=1, unique=True))
    ]
    definition = flow(*nodes, sequenceFlows=flows, messages=messages, name=data.draw(TEXT))
    assert there_and_back(definition, data.draw(IDS)) == definition
