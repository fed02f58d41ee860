"""The first minutes of a new user: `make run`, and what it prints."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from harness.caller import Api, wait_for
from harness.processes import Dev, command

COMPLAINT = [
    "start",
    "classify",
    "amount-check",
    "approval-step",
    "approved",
    "refund",
    "wait-settled",
    "end",
]


def test_the_printed_curl_lines_bring_the_first_example_to_its_end(tmp_path: Path) -> None:
    with Dev(tmp_path / "data") as dev:
        facts = dev.facts()
        printed = wait_for(lambda: re.search(r"^URL=.*?(?=\nCtrl-C)", dev.output, re.DOTALL | re.MULTILINE))[
            0
        ]
        pasted = subprocess.run(
            ["bash", "-c", f"{printed}\necho; echo INSTANCE=$INSTANCE"],
            capture_output=True, text=True, timeout=240, check=True,
        )  # fmt: skip
        instance = re.findall(r"INSTANCE=(inst_\w+)", pasted.stdout)[-1]
        api = Api(facts["url"], facts["orgKey"])
        assert api.until(instance, "COMPLETED")["variables"]["category"] == "billing"
        steps = api.history(instance)
        assert [step["nodeId"] for step in steps] == COMPLAINT
        assert all(step["startTime"] <= step["endTime"] for step in steps)
        api.close()
        assert dev.stop() == 0


def test_dev_json_names_the_address_the_keys_the_admin_and_the_flows(tmp_path: Path) -> None:
    with Dev(tmp_path / "data") as dev:
        facts = dev.facts()
        assert set(facts) == {"url", "orgKey", "systemKey", "admin", "flows"}
        assert set(facts["flows"]) == {"Customer complaint", "Order", "Reminder"}
        api = Api(facts["url"], facts["orgKey"])
        login = api.http.post("/auth/login", json=facts["admin"])
        assert login.status_code == 200
        token = {"Authorization": f"Bearer {login.json()['accessToken']}"}
        body = {"processId": facts["flows"]["Reminder"], "data": {"delay": "PT0S"}}
        started = api.http.post(
            "/process/start", json=body, headers={**token, "X-API-Key": facts["systemKey"]}
        )
        assert started.status_code == 200, started.text
        api.close()


def test_the_order_example_joins_its_branches_and_its_switch_makes_one_an_incident(tmp_path: Path) -> None:
    with Dev(tmp_path / "data") as dev:
        facts = dev.facts()
        api = Api(facts["url"], facts["orgKey"])
        order = {"orderId": "O-1", "amount": 20, "items": ["pen"]}
        good = api.start(facts["flows"]["Order"], order)
        bad = api.start(facts["flows"]["Order"], {**order, "failPayment": True})
        api.until(good, "WAITING", "confirm")
        api.complete(good, "confirm", {"carrier": "post"})
        assert api.until(good, "COMPLETED")["variables"]["label"] == "post-O-1"
        state = api.until(bad, "INCIDENT", "payment")
        assert state["incidents"][0]["attempts"] == 3
        assert {token["nodeId"] for token in state["tokens"]} == {"payment", "join"}
        api.call("PATCH", f"/process/instances/{bad}/variables", {"variables": {"failPayment": False}})
        api.call("POST", f"/process/instances/{bad}/retry")
        api.until(bad, "WAITING", "confirm")
        api.close()


def test_commands_work_beside_the_running_server(tmp_path: Path) -> None:
    with Dev(tmp_path / "data") as dev:
        facts = dev.facts()
        here = {"DATA_DIR": str(dev.folder)}
        command(here, "orgs", "create", "Second")
        first, second = command(here, "orgs", "list")["items"]
        assert (first["name"], second["name"]) == ("Example", "Second")
        org = second["organizationId"]
        key = command(here, "keys", "create", "--org", org, "--permission", "WORKFLOW_EXECUTE",
                      "--permission", "WORKFLOW_READ")  # fmt: skip
        document = tmp_path / "hello.json"
        document.write_text(json.dumps({
            "schemaVersion": 1, "name": "Hello",
            "nodes": [{"id": "a", "type": "startEvent"}, {"id": "b", "type": "endEvent"}],
            "sequenceFlows": [{"id": "f", "sourceRef": "a", "targetRef": "b"}],
        }))  # fmt: skip
        published = command(here, "flows", "publish", str(document), "--org", org)
        assert published["versionNumber"] == "1"
        api = Api(facts["url"], key["key"])
        api.until(api.start(published["processId"]), "COMPLETED")
        command(here, "keys", "revoke", key["keyId"])
        assert api.http.get("/process/instances").status_code == 401
        api.close()


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.8])
def test_killed_at_any_moment_and_started_again_every_instance_goes_on_and_no_move_is_doubled(
    tmp_path: Path, seconds: float
) -> None:
    dev = Dev(tmp_path / "data")
    with dev:
        facts = dev.facts()
        api = Api(facts["url"], facts["orgKey"])
        order = {"orderId": "O-1", "amount": 20, "items": ["pen"]}
        instances = [api.start(facts["flows"]["Order"], order) for _ in range(30)]
        # The moment is what this test varies.
        time.sleep(seconds)
        dev.kill()
        dev.start()
        dev.facts()
        for instance in instances:
            api.until(instance, "WAITING", "confirm")
            api.complete(instance, "confirm", {"carrier": "post"})
        for instance in instances:
            api.until(instance, "COMPLETED")
            visited = api.visited(instance)
            assert sorted(visited) == sorted(
                ["start", "fork", "payment", "stock", "join", "confirm", "label", "end"]
            )
        api.close()
