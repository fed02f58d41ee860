"""Flows that come as BPMN 2.0 XML, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.authoring.compiler import Compiler
from app.authoring.publishing import publish_document
from tests.integration.api import Api, Reply, serving
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory

XML = {"Content-Type": "application/xml"}

REVIEW = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" targetNamespace="http://example.com/review">
  <!-- who may approve is left to the flow -->
  <process id="Review" name="Review" isExecutable="true">
    <startEvent id="start"/>
    <userTask id="approve" name="Approve"/>
    <exclusiveGateway id="large" default="to-end"/>
    <task id="inform"/>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
    <sequenceFlow id="f2" sourceRef="approve" targetRef="large"/>
    <sequenceFlow id="to-inform" sourceRef="large" targetRef="inform">
      <conditionExpression>${amount &gt; 100}</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="to-end" sourceRef="large" targetRef="end"/>
    <sequenceFlow id="f3" sourceRef="inform" targetRef="end"/>
  </process>
  <bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement="Review">
    <bpmndi:BPMNShape id="s1" bpmnElement="start">
      <dc:Bounds x="10" y="20" width="36" height="36"/>
    </bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>
"""

TWO = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.com">
  <process id="Outer" isExecutable="true">
    <startEvent id="o1"/><callActivity id="call" calledElement="Inner"/><endEvent id="o2"/>
    <sequenceFlow id="of1" sourceRef="o1" targetRef="call"/>
    <sequenceFlow id="of2" sourceRef="call" targetRef="o2"/>
  </process>
  <process id="Inner" isExecutable="true">
    <startEvent id="i1"/><userTask id="ask"/><endEvent id="i2"/>
    <sequenceFlow id="if1" sourceRef="i1" targetRef="ask"/>
    <sequenceFlow id="if2" sourceRef="ask" targetRef="i2"/>
  </process>
</definitions>
"""


@pytest.fixture
def api(store_factory: StoreFactory) -> Iterator[Api]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        yield api


def send(api: Api, method: str, path: str, xml: str | bytes) -> Reply:
    return api.call(method, path, data=xml, headers=XML)


def as_xml(api: Api, path: str) -> str:
    reply = api.call("GET", path, headers={"Accept": "application/xml"})
    assert (reply.status_code, reply.mimetype) == (200, "application/xml")
    return reply.text


def test_a_bpmn_file_is_published_and_runs_as_drawn(api: Api) -> None:
    created = send(api, "POST", "/flows", REVIEW)
    assert created.status_code == 201
    process_id = created.json["processId"]
    assert created.json["flows"] == [{"processId": process_id, "bpmnId": "Review", "name": "Review"}]
    assert api.call("POST", f"/flows/{process_id}/publish", json={}).status_code == 201
    body = {"processId": process_id, "data": {"amount": 149.99}}
    instance = api.call("POST", "/process/exec", json=body).json["processInstanceId"]
    api.work()
    api.call(
        "POST", "/process/task",
        json={"processInstanceId": instance, "nodeId": "approve", "action": "COMPLETE"},
    )  # fmt: skip
    api.work()
    items = api.call("GET", f"/process/instances/{instance}/history").json["items"]
    assert [item["nodeId"] for item in items] == ["start", "approve", "large", "inform", "end"]


def test_what_came_as_bpmn_is_given_back_with_its_drawing_and_comments(api: Api) -> None:
    process_id = send(api, "POST", "/flows", REVIEW).json["processId"]
    given = as_xml(api, f"/flows/{process_id}/draft")
    for kept in ("who may approve", "BPMNShape", 'x="10"', "${amount &gt; 100}", "xmlns:zeebe"):
        assert kept in given
    api.call("POST", f"/flows/{process_id}/publish", json={})
    assert as_xml(api, f"/flows/{process_id}/versions/1") == given
    definition = api.call("GET", f"/flows/{process_id}/versions/1").json["definition"]
    assert [node["id"] for node in definition["nodes"]] == ["start", "approve", "large", "inform", "end"]


def test_a_flow_that_was_written_as_json_is_given_as_bpmn_that_means_the_same(api: Api) -> None:
    definition: dict[str, Any] = {
        "schemaVersion": 1,
        "name": "Small",
        "nodes": [{"id": "a", "type": "scriptTask", "script": "= {'x': 1}"}, {"id": "b", "type": "endEvent"}],
        "sequenceFlows": [{"id": "f", "sourceRef": "a", "targetRef": "b"}],
    }
    process_id = api.call("POST", "/flows", json={"name": "Small", "definition": definition}).json[
        "processId"
    ]
    other = send(api, "POST", "/flows", as_xml(api, f"/flows/{process_id}/draft")).json["processId"]
    assert api.call("GET", f"/flows/{other}/draft").json == definition


def test_a_file_with_several_processes_makes_a_flow_of_each_and_they_call_each_other(api: Api) -> None:
    flows = {each["bpmnId"]: each["processId"] for each in send(api, "POST", "/flows", TWO).json["flows"]}
    assert list(flows) == ["Outer", "Inner"]
    refused = api.call("POST", f"/flows/{flows['Outer']}/publish", json={})
    assert [each["code"] for each in refused.json["problems"]] == ["NO_ACTIVE_VERSION"]
    for name in ("Inner", "Outer"):
        assert api.call("POST", f"/flows/{flows[name]}/publish", json={}).status_code == 201
    instance = api.call("POST", "/process/exec", json={"processId": flows["Outer"]}).json["processInstanceId"]
    api.work()
    (task,) = api.call("GET", "/process/tasks").json["items"]
    assert task["nodeId"] == "ask"
    assert task["processInstanceId"] != instance


def test_a_new_draft_of_a_file_with_several_processes_is_the_one_that_the_flow_was_made_from(
    api: Api,
) -> None:
    flows = {each["bpmnId"]: each["processId"] for each in send(api, "POST", "/flows", TWO).json["flows"]}
    changed = TWO.replace('id="ask"', 'id="ask-again"').replace('"ask"', '"ask-again"')
    assert send(api, "PUT", f"/flows/{flows['Inner']}/draft", changed).json == {"problems": []}
    nodes = api.call("GET", f"/flows/{flows['Inner']}/draft").json["nodes"]
    assert [node["id"] for node in nodes] == ["i1", "ask-again", "i2"]
    plain = api.call("POST", "/flows", json={"name": "plain"}).json["processId"]
    refused = send(api, "PUT", f"/flows/{plain}/draft", TWO)
    assert (refused.status_code, refused.json["code"]) == (422, "AMBIGUOUS_PROCESS")


def test_a_file_that_is_published_again_is_the_next_version_of_the_flows_that_came_from_it(api: Api) -> None:
    common: dict[str, Any] = {"organization_id": api.organization_id, "default_name": "two"}
    compiler = Compiler(("default",))
    first, again = (
        publish_document(api.database, compiler, content=TWO.encode(), **common) for _ in range(2)
    )
    assert [each.process_id for each in again] == [each.process_id for each in first]
    assert [each.version_number for each in again] == ["2", "2"]


def test_a_call_by_the_id_of_a_process_means_the_flow_that_was_published(api: Api) -> None:
    drafts = [send(api, "POST", "/flows", TWO).json["flows"] for _ in range(2)]
    flows = {each["bpmnId"]: each["processId"] for each in drafts[0]}
    for name in ("Inner", "Outer"):
        assert api.call("POST", f"/flows/{flows[name]}/publish", json={}).status_code == 201


def test_what_would_not_run_as_drawn_is_a_problem_of_the_draft_and_refused_when_published(api: Api) -> None:
    drawn = REVIEW.replace('<task id="inform"/>', '<complexGateway id="inform"/>')
    process_id = send(api, "POST", "/flows", drawn).json["processId"]
    (problem,) = send(api, "PUT", f"/flows/{process_id}/draft", drawn).json["problems"]
    assert (problem["nodeId"], problem["code"], problem["severity"]) == ("inform", "NOT_SUPPORTED", "error")
    refused = api.call("POST", f"/flows/{process_id}/publish", json={})
    assert (refused.status_code, refused.json["code"]) == (422, "FLOW_HAS_PROBLEMS")


@pytest.mark.parametrize(
    ("xml", "status", "code"),
    [
        (b"", 422, "INVALID_BPMN"),
        (b"<a", 422, "INVALID_BPMN"),
        (b"{}", 422, "INVALID_BPMN"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 422, "INVALID_BPMN"),
        (b"<a/>", 422, "INVALID_BPMN"),
        (b"<a>" * 65, 422, "INVALID_BPMN"),
        (b" " * 2_000_000, 413, "BODY_TOO_LARGE"),
    ],
)
def test_what_is_no_bpmn_is_refused(api: Api, xml: bytes, status: int, code: str) -> None:
    refused = send(api, "POST", "/flows", xml)
    assert (refused.status_code, refused.json["code"]) == (status, code)


def test_a_call_that_takes_no_xml_says_so(api: Api) -> None:
    refused = send(api, "POST", "/process/exec", REVIEW)
    assert refused.status_code == 415
