"""What is published together, and what a version has to do with other flows: calls, and messages of pools."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import col, select

from app.authoring.compiler import Compiler
from app.authoring.publishing import PublishedVersion, publish_document
from models.errors import ProcessionError, Unprocessable
from models.flow import Flow, FlowVersion
from models.instance import Instance
from tests.flows import line, node, user
from tests.integration.api import Api, serving
from tests.stores import Stores
from workers.semantics.kinds.call_activity import MOST_CALLERS

XML = {"Content-Type": "application/xml"}


@pytest.fixture
def api(stores: Stores) -> Iterator[Api]:
    with serving(stores) as api:
        yield api


def file(*content: str) -> str:
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:procession="https://procession.dev/schema/bpmn" targetNamespace="http://example.com">'
        f"{''.join(content)}</definitions>"
    )


def pools(customer: str, shop: str, task: str = "pack") -> str:
    """Two pools: the first throws what starts the second, which then asks somebody."""
    return file(
        f'<collaboration id="co"><participant id="pa" processRef="{customer}"/>'
        f'<participant id="pb" processRef="{shop}"/>'
        '<messageFlow id="_2" sourceRef="order" targetRef="came"/></collaboration>',
        f'<process id="{customer}" isExecutable="true"><startEvent id="s"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="order"/>'
        '<endEvent id="order"><messageEventDefinition/></endEvent></process>',
        f'<process id="{shop}" isExecutable="true"><startEvent id="came">'
        "<messageEventDefinition/></startEvent>"
        f'<sequenceFlow id="h1" sourceRef="came" targetRef="{task}"/><userTask id="{task}"/></process>',
    )


def calling(process: str, called: str) -> str:
    """A process that calls another one with one less in `n`, until that is 0."""
    way = {"conditionExpression": "= n > 0"}
    less = {"input": {"n": "= n - 1"}, "output": {}}
    return (
        f'<process id="{process}" isExecutable="true"><startEvent id="s"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="more"/><exclusiveGateway id="more" default="no"/>'
        f'<sequenceFlow id="yes" sourceRef="more" targetRef="call">{own(way)}</sequenceFlow>'
        f'<callActivity id="call" calledElement="{called}">{own(less)}</callActivity>'
        '<sequenceFlow id="no" sourceRef="more" targetRef="e"/>'
        '<sequenceFlow id="f2" sourceRef="call" targetRef="e"/><endEvent id="e"/></process>'
    )


def own(properties: dict[str, Any]) -> str:
    text = json.dumps(properties).replace(">", "&gt;")
    return f"<extensionElements><procession:properties>{text}</procession:properties></extensionElements>"


def publish(api: Api, content: str, **more: Any) -> list[PublishedVersion]:
    return publish_document(
        api.database,
        Compiler(("default",)),
        organization_id=api.organization_id,
        content=content.encode(),
        default_name="file",
        **more,
    )


def problems_of(api: Api, content: str) -> list[dict[str, str]]:
    """Those of a file that is refused."""
    with pytest.raises(Unprocessable) as caught:
        publish(api, content)
    problems: Any = caught.value.extra["problems"]
    return list(problems)


def refused(api: Api, content: str) -> list[tuple[str, str]]:
    return [(each["nodeId"], each["code"]) for each in problems_of(api, content)]


def versions(api: Api) -> list[FlowVersion]:
    with api.database.reading() as session:
        return list(session.exec(select(FlowVersion).order_by(col(FlowVersion.created_at))))


def waiting(api: Api) -> list[str]:
    return [task["nodeId"] for task in api.call("GET", "/process/tasks").json["items"]]


def catching(name: str) -> dict[str, Any]:
    return line(node("wait", "receiveTask", messageRef="m"), messages=[{"id": "m", "name": name}])


def test_message_flows_of_two_files_with_the_same_id_do_not_meet(api: Api) -> None:
    publish(api, pools("buyer", "shop"))
    employee, _ = publish(api, pools("employee", "office", task="approve"))
    api.start(employee.process_id)
    api.work()
    assert waiting(api) == ["approve"]


def test_a_message_of_pools_is_caught_by_the_flows_of_its_file_alone(api: Api) -> None:
    _, shop = publish(api, pools("buyer", "shop"))
    (problem,) = problems_of(api, json.dumps(catching("pools:buyer+shop/_2")))
    assert (problem["nodeId"], problem["code"]) == ("wait", "MESSAGE_NAME_TAKEN")
    assert shop.process_id in problem["message"]
    publish(api, json.dumps(catching("pools:another+file/_2")))


def test_a_pool_whose_message_a_flow_of_no_file_catches_is_not_published_beside_it(api: Api) -> None:
    (other,) = publish(api, json.dumps(catching("pools:buyer+shop/_2")))
    assert set(refused(api, pools("buyer", "shop"))) == {
        ("order", "MESSAGE_NAME_TAKEN"),
        ("came", "MESSAGE_NAME_TAKEN"),
    }
    for environment in ("DEVELOPMENT", "PRODUCTION"):
        api.call("DELETE", f"/flows/{other.process_id}/environments/{environment}")
    assert len(publish(api, pools("buyer", "shop"))) == 2


def test_of_two_flows_that_were_made_from_one_pool_only_one_is_active(api: Api) -> None:
    first, second = (
        api.call("POST", "/flows", data=pools("buyer", "shop"), headers=XML).json["flows"][1]["processId"]
        for _ in range(2)
    )
    assert api.call("POST", f"/flows/{first}/publish", json={}).status_code == 201
    refusal = api.call("POST", f"/flows/{second}/publish", json={})
    assert [each["code"] for each in refusal.json["problems"]] == ["MESSAGE_NAME_TAKEN"]
    assert first in refusal.json["problems"][0]["message"]
    draft = api.call("PUT", f"/flows/{second}/draft", data=pools("buyer", "shop"), headers=XML)
    assert [each["code"] for each in draft.json["problems"]] == ["MESSAGE_NAME_TAKEN"]
    for environment in ("DEVELOPMENT", "PRODUCTION"):
        api.call("DELETE", f"/flows/{first}/environments/{environment}")
    assert api.call("POST", f"/flows/{second}/publish", json={}).status_code == 201
    back = api.call("PUT", f"/flows/{first}/environments/PRODUCTION", json={"versionNumber": "1"})
    assert (back.status_code, back.json["code"]) == (409, "MESSAGE_NAME_TAKEN")


def test_a_pool_whose_message_is_renamed_is_told_who_still_uses_the_old_name(api: Api) -> None:
    buyer, shop = publish(api, pools("buyer", "shop"))
    with api.database.writing() as session:  # as an earlier release imported it
        for version in session.exec(select(FlowVersion)):
            version.definition = {**version.definition, "messages": [{"id": "_2"}]}
    api.start(buyer.process_id)
    (alone,) = publish(api, pools("buyer", "shop"), process_id=buyer.process_id)
    (warning,) = alone.warnings
    assert (warning.node_id, warning.code, warning.severity) == ("order", "MESSAGE_RENAMED", "warning")
    for word in ("`_2`", "`pools:buyer+shop/_2`", shop.process_id):
        assert word in warning.message
    both = publish(api, pools("buyer", "shop"))
    assert [[each.code for each in made.warnings] for made in both] == [[], ["MESSAGE_RENAMED"]]
    assert "no other flow" in both[1].warnings[0].message
    assert [made.warnings for made in publish(api, pools("buyer", "shop"))] == [[], []]


def test_an_instance_of_an_earlier_version_keeps_the_name_of_its_message(api: Api) -> None:
    shop = pools("buyer", "shop").replace('<startEvent id="came">', '<intermediateCatchEvent id="came">')
    shop = shop.replace(
        "<messageEventDefinition/></startEvent>", "<messageEventDefinition/></intermediateCatchEvent>"
    )
    _, made = publish(api, shop)
    with api.database.writing() as session:
        for version in session.exec(select(FlowVersion)):
            version.definition = {**version.definition, "messages": [{"id": "_2"}]}
    api.start(made.process_id, correlationKey="k")
    api.work()
    publish(api, shop)
    sent = api.call("POST", "/process/message", json={"name": "_2", "correlationKey": "k"})
    assert sent.json["status"] == "correlated"
    api.work()
    assert waiting(api) == ["pack"]


def test_a_draft_that_an_earlier_release_imported_is_published_as_its_file_is_read_now(api: Api) -> None:
    flows = api.call("POST", "/flows", data=pools("buyer", "shop"), headers=XML).json["flows"]
    with api.database.writing() as session:
        for each in session.exec(select(Flow)):
            each.draft = {**each.draft, "messages": [{"id": "_2"}]}
    shop = flows[1]["processId"]
    assert api.call("POST", f"/flows/{shop}/publish", json={}).status_code == 201
    stored = api.call("GET", f"/flows/{shop}/versions/1").json["definition"]
    assert stored["messages"] == [{"id": "_2", "name": "pools:buyer+shop/_2"}]


def test_nothing_of_a_file_is_written_when_one_of_its_processes_is_refused(api: Api) -> None:
    (known,) = publish(api, file(calling("Known", "Known")))
    before = api.call("GET", f"/flows/{known.process_id}/draft").json
    changed = calling("Known", "Known").replace('id="e"', 'id="end"').replace('"e"', '"end"')
    assert refused(api, file(changed, calling("New", "nobody"))) == [("call", "FLOW_NOT_FOUND")]
    assert api.call("GET", f"/flows/{known.process_id}/draft").json == before
    assert [item["processId"] for item in api.call("GET", "/flows").json["items"]] == [known.process_id]
    assert len(versions(api)) == 1


def test_a_flow_may_call_itself_and_calls_the_very_version(api: Api) -> None:
    for number in (1, 2):
        (made,) = publish(api, file(calling("Itself", "Itself")))
        newest = versions(api)[-1]
        assert (made.version_number, newest.calls) == (str(number), {"call": newest.id})
    instance = api.start(made.process_id, data={"n": 3})
    api.work()
    assert api.call("GET", f"/process/instances/{instance}").json["status"] == "COMPLETED"
    assert len(api.call("GET", "/process/instances").json["items"]) == 4


def test_the_deepest_chain_of_calls_comes_back_to_the_top(api: Api) -> None:
    (made,) = publish(api, file(calling("Down", "Down")))
    instance = api.start(made.process_id, data={"n": MOST_CALLERS})
    api.work()
    assert api.call("GET", f"/process/instances/{instance}").json["status"] == "COMPLETED"
    with api.database.reading() as session:
        statuses = list(session.exec(select(Instance.status)))
    assert statuses == ["COMPLETED"] * (MOST_CALLERS + 1)


def test_flows_of_a_file_may_call_each_other_in_a_circle(api: Api) -> None:
    circle = file(calling("A", "B"), calling("B", "C"), calling("C", "A"))
    for number in (1, 2):
        made = publish(api, circle)
        by_id = {version.flow_id: version for version in versions(api)}
        a, b, c = (by_id[each.process_id] for each in made)
        assert {version.version_number for version in (a, b, c)} == {number}
        assert [version.calls["call"] for version in (a, b, c)] == [b.id, c.id, a.id]
    instance = api.start(made[0].process_id, data={"n": 5})
    api.work()
    assert api.call("GET", f"/process/instances/{instance}").json["status"] == "COMPLETED"


def test_a_flow_may_call_its_caller_that_was_published_before(api: Api) -> None:
    first = api.publish(line(user("ask")))
    second = api.publish(line(node("call", "callActivity", processId=first)))
    for caller, called in ((first, second), (second, first)):
        draft = line(node("call", "callActivity", processId=called))
        assert api.call("PUT", f"/flows/{caller}/draft", json=draft).json == {"problems": []}
        assert api.call("POST", f"/flows/{caller}/publish", json={}).json["versionNumber"] == "2"


def test_a_draft_that_calls_itself_has_no_problem(api: Api) -> None:
    process_id = api.call("POST", "/flows", json={"name": "Itself"}).json["processId"]
    draft = line(node("call", "callActivity", processId=process_id))
    assert api.call("PUT", f"/flows/{process_id}/draft", json=draft).json == {"problems": []}
    assert api.call("POST", f"/flows/{process_id}/publish", json={}).status_code == 201


def test_a_file_for_an_organization_that_is_not_there_is_not_found(api: Api) -> None:
    api.organization_id = "nobody"
    with pytest.raises(ProcessionError) as caught:
        publish(api, pools("buyer", "shop"))
    assert caught.value.code == "ORGANIZATION_NOT_FOUND"


def test_what_a_data_association_takes_back_is_in_the_variable_that_it_leads_to(api: Api) -> None:
    (made,) = publish(
        api,
        file(
            '<process id="P" isExecutable="true"><property id="p" name="approver"/><startEvent id="s"/>'
            '<sequenceFlow id="f1" sourceRef="s" targetRef="ask"/><userTask id="ask"><ioSpecification>'
            '<dataOutput id="ask_who" name="who"/><inputSet/><outputSet/></ioSpecification>'
            "<dataOutputAssociation><sourceRef>ask_who</sourceRef><targetRef>p</targetRef>"
            "</dataOutputAssociation></userTask></process>"
        ),
    )
    instance = api.start(made.process_id)
    api.work()
    body = {"processInstanceId": instance, "nodeId": "ask", "action": "COMPLETE", "data": {"who": "ann"}}
    assert api.call("POST", "/process/task", json=body).status_code == 200
    api.work()
    assert api.call("GET", f"/process/instances/{instance}").json["variables"] == {"approver": "ann"}


def test_drafts_of_a_file_whose_flows_call_each_other_are_published_together_over_http(api: Api) -> None:
    circle = file(calling("A", "B"), calling("B", "A"))
    made = api.call("POST", "/flows", data=circle, headers=XML).json["flows"]
    a, b = (each["processId"] for each in made)
    alone = api.call("POST", f"/flows/{a}/publish", json={})
    assert [each["code"] for each in alone.json["problems"]] == ["NO_ACTIVE_VERSION"]
    both = api.call("POST", f"/flows/{a}/publish", json={"together": [b, a]})
    assert both.json == {"versionNumber": "1", "together": [{"processId": b, "versionNumber": "1"}]}
    instance = api.start(a, data={"n": 2})
    api.work()
    assert api.call("GET", f"/process/instances/{instance}").json["status"] == "COMPLETED"
    missing = api.call("POST", f"/flows/{a}/publish", json={"together": ["nothing"]})
    assert (missing.status_code, missing.json["code"]) == (404, "FLOW_NOT_FOUND")
    assert len(versions(api)) == 2
