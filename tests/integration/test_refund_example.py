"""The example that is drawn: published by the command, run over HTTP, given back as it came."""

from pathlib import Path

from tests.processes import command, deployment
from tests.product import Product
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory
from workers.flow.bpmn.compare import differences
from workers.flow.bpmn.read import import_bpmn
from workers.flow.bpmn.xml import read_xml
from workers.flow.compile import compile_flow

FILE = Path(__file__).parent.parent.parent / "examples" / "refund.bpmn"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"


def test_the_drawn_refund_is_drawn_whole_and_has_no_problem() -> None:
    (process,) = import_bpmn(FILE.read_bytes()).processes
    assert [*process.problems, *compile_flow(process.definition)[1]] == []
    plane = [each for each in read_xml(FILE.read_bytes()).root.walk() if each.namespace == DI]
    drawn = [each.get("bpmnElement") for each in plane if each.local in {"BPMNShape", "BPMNEdge"}]
    parts = [*process.definition["nodes"], *process.definition["sequenceFlows"]]
    assert sorted(map(str, drawn)) == sorted(part["id"] for part in parts)


def test_the_drawn_refund_is_published_by_the_command_and_ends_both_ways(store_factory: StoreFactory) -> None:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, Product(stores) as product:
        published = command(
            deployment(stores), "flows", "publish", str(FILE), "--org", product.organization_id
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
