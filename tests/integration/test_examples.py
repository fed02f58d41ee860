"""The examples: published by the command, run over HTTP to each of their ends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.caller import Api, Json, wait_for
from harness.processes import command, commands
from tests.product import Product
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory, Stores
from workers.flow.bpmn.compare import differences
from workers.flow.bpmn.xml import read_xml
from workers.flow.compiler.compile import compile_flow
from workers.flow.interchange.read import import_bpmn

FOLDER = Path(__file__).parent.parent.parent / "examples"
FILE = FOLDER / "refund.bpmn"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"


@pytest.mark.parametrize("name", ["refund", "approval"])
def test_a_drawn_example_is_drawn_whole_and_has_no_problem(name: str) -> None:
    data = (FOLDER / f"{name}.bpmn").read_bytes()
    parts: list[str] = []
    for process in import_bpmn(data).processes:
        assert [*process.problems, *compile_flow(process.definition)[1]] == []
        parts += [part["id"] for part in [*process.definition["nodes"], *process.definition["sequenceFlows"]]]
    plane = [each for each in read_xml(data).root.walk() if each.namespace == DI]
    drawn = [str(each.get("bpmnElement")) for each in plane if each.local in {"BPMNShape", "BPMNEdge"}]
    assert sorted(each for each in drawn if not each.endswith("-pool")) == sorted(parts)


class Published:
    """An example that the command has published, and a caller who also does the work of its workers."""

    def __init__(self, stores: Stores, product: Product, name: str) -> None:
        self.product = product
        self.api: Api = product.api
        words = ("flows", "publish", str(FOLDER / name), "--org", product.organization_id)
        # Of several processes, the first of the file.
        self.process_id: str = commands(stores.environment(), *words)[0]["processId"]

    def start(self, **data: Any) -> str:
        return self.api.start(self.process_id, data)

    def job(self, topic: str) -> Json:
        """The one job of the topic, locked for this caller."""
        asked = {"topic": topic, "workerName": "test", "timeout": "PT20S", "maxJobs": 1}
        (job,) = self.api.call("POST", "/process/jobs/activate", asked)["jobs"]
        found: Json = job
        return found

    def work(self, topic: str, **data: Any) -> Json:
        """Completes the next job of the topic; the job's variables."""
        job = self.job(topic)
        self.api.call("POST", f"/process/jobs/{job['jobId']}/complete", {"data": data})
        variables: Json = job["variables"]
        return variables

    def answer(self, instance: str, task: Json, **data: Any) -> None:
        body = {"processInstanceId": instance, "nodeId": task["nodeId"], "taskId": task["taskId"]}
        response = self.api.http.post("/process/task", json={**body, "action": "COMPLETE", "data": data})
        assert response.status_code in (200, 409), response.text


@pytest.fixture
def opened(store_factory: StoreFactory) -> Iterator[tuple[Stores, Product]]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, Product(stores) as product:
        yield stores, product.work()


@pytest.mark.parametrize(
    ("decisions", "approved"),
    [(["approve", "approve", "reject"], True), (["reject", "reject", "approve"], False)],
)
def test_several_are_asked_at_once_and_the_caller_goes_on_with_what_most_said(
    opened: tuple[Stores, Product], decisions: list[str], approved: bool
) -> None:
    example = Published(*opened, "approval.bpmn")
    approvers = ["ann", "bob", "cleo"]
    purchase = example.start(item="desk", amount=400, approvers=approvers, needed=2)
    state = example.api.until(purchase, "WAITING", "ask")
    called = state["tokens"][0]["calledInstanceId"]
    asked = wait_for(lambda: len(tasks := example.api.instance(called)["tasks"]) == 3 and tasks)
    assert sorted(task["assignee"] for task in asked) == approvers
    assert {task["name"] for task in asked} == {"Approve desk for 400 EUR?"}
    by_name = {task["assignee"]: task for task in asked}
    for name, decision in zip(approvers, decisions, strict=True):
        example.answer(called, by_name[name], decision=decision)
    ended = example.api.until(called, "COMPLETED")["variables"]
    assert (ended["approvals"], ended["rejections"]) == ((2, 0) if approved else (0, 2))
    assert [each["by"] for each in ended["answers"] if each] == ["ann", "bob"]
    if approved:
        example.api.until(purchase, "WAITING", "order")
        example.api.complete(purchase, "order", {"orderId": "D-1"})
    assert example.api.until(purchase, "COMPLETED")["variables"]["approved"] is approved
    assert example.api.visited(purchase)[-1] == ("ordered" if approved else "refused")


def test_approvers_who_answer_in_the_same_moment_are_all_counted(opened: tuple[Stores, Product]) -> None:
    example = Published(*opened, "approval.bpmn")
    approvers = [f"approver-{number}" for number in range(8)]
    purchase = example.start(item="desk", amount=400, approvers=approvers, needed=8)
    called = example.api.until(purchase, "WAITING", "ask")["tokens"][0]["calledInstanceId"]
    tasks = wait_for(lambda: len(found := example.api.instance(called)["tasks"]) == 8 and found)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda task: example.answer(called, task, decision="approve"), tasks))
    assert example.api.until(called, "COMPLETED")["variables"]["approvals"] == 8


def test_who_does_not_sign_is_reminded_and_then_his_manager_is_asked(opened: tuple[Stores, Product]) -> None:
    example = Published(*opened, "escalation.json")
    asked = {"document": "lease", "owner": "ann", "manager": "bob"}
    instance = example.start(**asked, remindEvery="PT1S", escalateAfter="PT1H")
    state = example.api.until(instance, "WAITING", "remind")
    assert [(task["nodeId"], task["assignee"]) for task in state["tasks"]] == [("sign", "ann")]
    assert example.work("send-mail") == {"to": "ann", "subject": "Please sign lease", "reminder": 1}
    example.api.complete(instance, "sign", {"signed": True})
    signed = example.start(**asked, remindEvery="PT1H", escalateAfter="PT0S")
    task = example.api.until(signed, "WAITING", "escalated")["tasks"][-1]
    assert (task["assignee"], task["name"]) == ("bob", "ann has not signed lease: sign or send it back")
    example.api.complete(signed, "escalated", {"signed": True})
    assert example.api.until(signed, "COMPLETED")["variables"]["signedBy"] == "bob"


def test_what_was_done_is_undone_in_reverse_where_a_later_step_fails(opened: tuple[Stores, Product]) -> None:
    example = Published(*opened, "saga.json")
    instance = example.start(orderId="A-17", items=["desk"], amount=400)
    example.api.until(instance, "WAITING", "reserve")
    example.work("reserve-stock", reservationId="R-1")
    example.api.until(instance, "WAITING", "charge")
    example.work("charge-card", paymentId="P-1")
    example.api.until(instance, "WAITING", "ship")
    error = {"errorCode": "NO_COURIER", "errorMessage": "no courier until May"}
    example.api.call("POST", f"/process/jobs/{example.job('ship-order')['jobId']}/error", error)
    example.api.until(instance, "WAITING", "refund")
    assert example.work("refund-card") == {"paymentId": "P-1"}
    example.api.until(instance, "WAITING", "release")
    assert example.work("release-stock") == {"reservationId": "R-1"}
    (task,) = example.api.until(instance, "WAITING", "tell")["tasks"]
    assert task["name"] == "Tell the customer of A-17: no courier until May"


def test_an_order_that_ships_undoes_nothing(opened: tuple[Stores, Product]) -> None:
    example = Published(*opened, "saga.json")
    instance = example.start(orderId="A-17", items=["desk"], amount=400)
    for node_id, topic in [("reserve", "reserve-stock"), ("charge", "charge-card"), ("ship", "ship-order")]:
        example.api.until(instance, "WAITING", node_id)
        example.work(topic, reservationId="R-1", paymentId="P-1", trackingId="T-1")
    example.api.until(instance, "COMPLETED")
    assert "refund" not in example.api.visited(instance)


def test_the_report_is_due_on_working_days_at_seven_and_starts_when_its_time_comes(
    opened: tuple[Stores, Product],
) -> None:
    example = Published(*opened, "schedule.json")
    store = example.product.engine.store
    with store.statements() as writing:
        (row,) = writing.rows(
            "SELECT id, due_at FROM flow_starts WHERE flow_id = :flow AND environment = 'PRODUCTION'",
            flow=example.process_id,
        )
        assert (row["due_at"].weekday() < 5, row["due_at"].hour, row["due_at"].minute) == (True, 7, 0)
        past = writing.now() - timedelta(seconds=1)
        writing.run("UPDATE flow_starts SET due_at = :past WHERE id = :id", past=past, id=row["id"])
    instances = f"/process/instances?processId={example.process_id}&environment=PRODUCTION"
    (started,) = wait_for(lambda: example.api.call("GET", instances)["items"])
    instance = started["processInstanceId"]
    example.api.until(instance, "WAITING", "make-report")
    example.work("make-report", pages=12)
    (task,) = example.api.until(instance, "WAITING", "read")["tasks"]
    assert task["name"] == "Read the report (12 pages)"


def test_the_drawn_refund_is_published_by_the_command_and_ends_both_ways(store_factory: StoreFactory) -> None:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, Product(stores) as product:
        published = command(
            stores.environment(), "flows", "publish", str(FILE), "--org", product.organization_id
        )
        api, flow = product.work().api, published["processId"]
        for closed in (False, True):
            instance = api.start(flow, {"orderId": "A-17", "amount": 40})
            api.until(instance, "WAITING", "check")
            api.complete(instance, "check", {"justified": True})
            asked = {"topic": "pay-refund", "workerName": "bank", "timeout": "PT20S"}
            (job,) = api.call("POST", "/process/jobs/activate", asked)["jobs"]
            assert job["variables"] == {"orderId": "A-17", "amount": 40}
            if closed:
                error = {"errorCode": "ACCOUNT_CLOSED", "errorMessage": "since May"}
                api.call("POST", f"/process/jobs/{job['jobId']}/error", error)
                task = api.until(instance, "WAITING", "write")["tasks"][-1]
                assert task["name"] == "Write to the customer: since May"
                api.complete(instance, "write")
            else:
                api.call("POST", f"/process/jobs/{job['jobId']}/complete", {"data": {"paidAt": "2026-02-21"}})
            api.until(instance, "COMPLETED")
            assert api.visited(instance)[-1] == ("written" if closed else "paid")
        answer = api.http.get(f"/flows/{flow}/versions/1", headers={"Accept": "application/xml"})
        assert answer.status_code == 200, answer.text
        assert differences(read_xml(FILE.read_bytes()), read_xml(answer.content)) == []
