"""A folder of files of another engine, published by the command as far as it can be."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.processes import BOOT, ROOT
from tests.integration.api import Api, serving
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory, Stores
from workers.flow.bpmn.xml import read_xml

FOLDER = ROOT / "tests" / "camunda"
ALL = ("--service-tasks", "external", "--scripts", "external", "--listeners", "warn")
XML = {"Content-Type": "application/xml"}
SERVICE = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="urn:t">
  <process id="P" isExecutable="true"><startEvent id="s"/>
    <sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    <serviceTask id="t" camunda:class="org.example.SendMail"/>
  </process></definitions>"""


class Command:
    def __init__(self, stores: Stores, organization_id: str) -> None:
        self.stores = stores
        self.organization_id = organization_id

    def __call__(self, *words: str, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["procession", "flows", "import", str(folder), "--org", self.organization_id, *words],
            cwd=ROOT, env={"PATH": path, **self.stores.environment()},
            capture_output=True, text=True, timeout=BOOT, check=False,
        )  # fmt: skip

    def json(self, *words: str, code: int) -> dict[str, Any]:
        done = self(*words, "--json")
        assert done.returncode == code, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    return {file["file"]: file["outcome"] for file in answer["files"]}


def flows(api: Api) -> dict[str, dict[str, Any]]:
    return {flow["name"]: flow for flow in api.call("GET", "/flows").json["items"]}


def test_a_folder_is_published_as_far_as_it_can_be(store_factory: StoreFactory) -> None:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        command = Command(stores, api.organization_id)
        plain = command.json("--dry-run", code=1)
        assert outcomes(plain) == {
            "claims/archive.bpmn": "published",
            "claims/claim.bpmn": "refused",
            "claims/dispute.bpmn": "refused",
            "payout/payout.bpmn20.xml": "refused",
        }
        tried = command.json(*ALL, "--dry-run", code=1)
        assert [name for name, outcome in outcomes(tried).items() if outcome == "refused"] == [
            "claims/dispute.bpmn"
        ]
        assert flows(api) == {}

        done = command(*ALL)
        assert done.returncode == 1
        assert done.stdout == (FOLDER / "report.txt").read_text()
        # The claim calls the payout, which is read after it.
        assert sorted(flows(api)) == ["Archive", "Claim", "Payout"]

        again = command.json(*ALL, "--drafts", code=1)
        versions = {
            flow["bpmnId"]: flow["versionNumber"] for file in again["files"] for flow in file["flows"]
        }
        assert versions == {"archive": "2", "claim": "2", "payout": "2"}
        assert flows(api)["Dispute"]["activeVersions"] == {}
        assert {"severity": "warning", "cause": "READ_AS_EXTERNAL", "count": 3, "files": 2} in again["causes"]


def test_a_file_that_calls_a_refused_one_is_refused_with_it(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        command = Command(stores, api.organization_id)
        call = '<process id="Q" isExecutable="true"><callActivity id="c" calledElement="P"/></process>'
        (tmp_path / "a.bpmn").write_text(SERVICE.split("<process", maxsplit=1)[0] + call + "</definitions>")
        (tmp_path / "b.bpmn").write_text(SERVICE)
        (tmp_path / "c.bpmn").write_text(SERVICE)
        (tmp_path / "d.bpmn").write_text("no XML")
        done = command("--json", folder=tmp_path)
        problems = {
            file["file"]: next(each["code"] for each in file["problems"] if each["severity"] == "error")
            for file in json.loads(done.stdout)["files"]
        }
        assert (done.returncode, problems) == (
            1,
            {
                "a.bpmn": "FLOW_NOT_FOUND",
                "b.bpmn": "NOT_SUPPORTED",
                "c.bpmn": "NOT_SUPPORTED",
                "d.bpmn": "INVALID_BPMN",
            },
        )
        assert flows(api) == {}
        twice = json.loads(command("--json", *ALL, folder=tmp_path).stdout)
        assert outcomes(twice) | {"d.bpmn": ""} == {
            "a.bpmn": "published",
            "b.bpmn": "published",
            "c.bpmn": "refused",
            "d.bpmn": "",
        }
        assert twice["files"][2]["problems"][-1]["code"] == "DUPLICATE_PROCESS"
        (tmp_path / "empty").mkdir()
        nothing = command(folder=tmp_path / "empty")
        assert (nothing.returncode, nothing.stdout) == (1, "")
        assert "there is no BPMN file" in nothing.stderr


def test_how_a_file_is_read_is_kept_with_it(store_factory: StoreFactory) -> None:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        created = api.call("POST", "/flows?serviceTasks=external", data=SERVICE, headers=XML)
        assert created.status_code == 201
        path = f"/flows/{created.json['processId']}"
        published = api.call("POST", f"{path}/publish", json={})
        assert published.status_code == 201, published.json
        assert [each["code"] for each in published.json["problems"]] == ["READ_AS_EXTERNAL"]
        (task,) = [
            node
            for node in api.call("GET", f"{path}/versions/1").json["definition"]["nodes"]
            if node["id"] == "t"
        ]
        assert task == {
            "id": "t",
            "type": "serviceTask",
            "implementation": "external",
            "topic": "SendMail",
        }
        kept = api.call("GET", f"{path}/draft", headers={"Accept": "application/xml"}).data
        attributes = {name[1]: value for name, value in read_xml(kept).root.named_attributes() if name[0]}
        assert attributes["serviceTasks"] == "external"
        saved = api.call("PUT", f"{path}/draft", data=kept, headers=XML)
        assert [each["severity"] for each in saved.json["problems"]] == ["warning"]
        saved = api.call("PUT", f"{path}/draft?serviceTasks=refuse", data=kept, headers=XML)
        assert "error" in {each["severity"] for each in saved.json["problems"]}


@pytest.mark.parametrize("query", ["serviceTasks=maybe", "scripts=warn", "listeners=external"])
def test_only_the_choices_that_there_are_can_be_made(query: str, store_factory: StoreFactory) -> None:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        refused = api.call("POST", f"/flows?{query}", data=SERVICE, headers=XML)
        field = query.partition("=")[0]
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
        own = 'xmlns:i="https://procession.dev/schema/import" i:scripts="x" targetNamespace'
        odd = SERVICE.replace("targetNamespace", own)
        assert api.call("POST", "/flows", data=odd, headers=XML).json["code"] == "INVALID_BPMN"
        in_json = api.call("POST", "/flows?listeners=warn", json={"name": "x"})
        assert (in_json.status_code, in_json.json["errors"][0]["field"]) == (422, "listeners")
