"""Every example of the reference does what its run says, in the whole product over HTTP."""

import json
import re
import socket
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from app.administration.organizations import create_organization
from harness.caller import Api, wait_for
from models.states import TokenState
from tests.examples import RUNS, Ended, callable_id, play
from tests.flows import Json
from tests.product import Product
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory
from tests.unit.local_server import LocalServer, Received, http
from workers.engine.store import Row
from workers.flow.interchange.export import export_bpmn

#: What is on its way: a token that runs, a message that was thrown, a time that is due.
_MOVES = f"""SELECT 1 FROM tokens t JOIN instances i ON i.id = t.instance_id
    WHERE i.organization_id = :organization AND t.state IN ('{TokenState.READY}', '{TokenState.RUNNING}')
UNION ALL SELECT 1 FROM messages WHERE organization_id = :organization AND state = 'SENT'
UNION ALL SELECT 1 FROM timers t JOIN instances i ON i.id = t.instance_id
    WHERE i.organization_id = :organization AND t.due_at <= :now
UNION ALL SELECT 1 FROM flow_starts WHERE organization_id = :organization AND due_at <= :now"""


@dataclass
class _Stage:
    """The product, and a server that answers for all systems outside."""

    product: Product
    server: LocalServer
    answers: dict[str, list[Json]]


@pytest.fixture(scope="module")
def stage(store_factory: StoreFactory) -> Iterator[_Stage]:
    answers: dict[str, list[Json]] = defaultdict(list)

    def answer(connection: socket.socket, received: Received) -> None:
        given = answers[received.target.split("/")[1]].pop(0)
        body = json.dumps(given["body"]).encode() if "body" in given else b""
        connection.sendall(http(given["status"], "Content-Type: application/json", body=body))

    with (
        store_factory.open(SQLITE_AND_FAKEREDIS) as stores,
        LocalServer(answer) as server,
        Product(stores, allowed_private_hosts=[server.host], task_modules=["examples.tasks"]) as product,
    ):
        yield _Stage(product.work(), server, answers)


@dataclass
class Served:
    """A `System` that is an organization of its own."""

    stage: _Stage
    api: Api
    organization: str
    flows: dict[str, str] = field(default_factory=dict)
    """Names by processId."""

    def publish(self, name: str, definition: Json, answers: list[Json]) -> None:
        self.stage.answers[self.organization] += answers
        text = json.dumps(definition)
        for secret in set(re.findall(r"\{secrets\.(\w+)\}", text)):
            self.api.call("PUT", f"/secrets/{secret}", {"value": "s3cret"})
        here = f"{self.stage.server.url}/{self.organization}"
        definition = json.loads(re.sub(r"https://\w+\.example", here, text))
        if callable_id(name) == name:
            self.flows[self.api.publish(definition)] = name
            return
        xml = export_bpmn(definition, process_id=callable_id(name), name=name)
        headers = {**self.api.http.headers, "Content-Type": "application/xml"}
        made = self.api.http.post("/flows", content=xml, headers=headers).json()
        (process_id,) = [flow["processId"] for flow in made.get("flows", [made])]
        self.api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
        self.flows[process_id] = name

    def start(self, name: str, data: Json, key: str | None) -> None:
        (process_id,) = [id_ for id_, flow in self.flows.items() if flow == name]
        self.api.start(process_id, data, **({"correlationKey": key} if key else {}))
        self._settle()

    def complete(self, node_id: str, data: Json, assignee: str | None) -> None:
        tasks = self.api.call("GET", "/process/tasks")["items"]
        task = next(
            task for task in tasks if task["nodeId"] == node_id and assignee in {None, task["assignee"]}
        )
        body = {
            "processInstanceId": task["processInstanceId"],
            "nodeId": node_id,
            "taskId": task["taskId"],
            "action": "COMPLETE",
            "data": data,
        }
        self.api.call("POST", "/process/task", body)
        self._settle()

    def message(self, name: str, key: str | None, data: Json) -> None:
        assert self.api.message(name, key, data=data)["status"] in {"correlated", "started"}
        self._settle()

    def signal(self, name: str, data: Json) -> None:
        self.api.call("POST", "/process/signal", {"name": name, "data": data})
        self._settle()

    def timer(self, node_id: str) -> None:
        with self.stage.product.engine.store.transaction() as writing:
            for table, mine in (
                ("timers", "instance_id IN (SELECT id FROM instances WHERE organization_id = :organization)"),
                ("flow_starts", "organization_id = :organization AND environment = 'PRODUCTION'"),
            ):
                writing.run(
                    f"UPDATE {table} SET due_at = :now WHERE node_id = :node AND {mine}",
                    now=writing.now(), node=node_id, organization=self.organization,
                )  # fmt: skip
        self._settle()

    def job(self, topic: str, data: Json) -> None:
        asked = {"topic": topic, "workerName": "a test"}
        (job,) = self.api.call("POST", "/process/jobs/activate", asked)["jobs"]
        self.api.call("POST", f"/process/jobs/{job['jobId']}/complete", {"data": data})
        self._settle()

    def set_variables(self, values: Json) -> None:
        for instance in self._instances():
            path = f"/process/instances/{instance['processInstanceId']}/variables"
            self.api.call("PATCH", path, {"variables": values})
        self._settle()

    def ended(self) -> list[Ended]:
        return [
            Ended(
                self.flows[instance["processId"]],
                instance["status"],
                Counter(self.api.visited(instance["processInstanceId"])),
                self.api.instance(instance["processInstanceId"])["variables"],
            )
            for instance in self._instances()
        ]

    def _instances(self) -> list[Json]:
        items: list[Json] = self.api.call("GET", "/process/instances")["items"]
        return items

    def _settle(self) -> None:
        wait_for(lambda: not self._moving(), "nothing moves any more")

    def _moving(self) -> list[Row]:
        with self.stage.product.engine.store.autocommit() as reading:
            return reading.rows(_MOVES, organization=self.organization, now=reading.now())


@pytest.mark.parametrize("name", RUNS)
def test_an_example_of_the_reference_does_what_it_says(stage: _Stage, name: str) -> None:
    organization = create_organization(stage.product.database, name).id
    api = stage.product.caller(organization_id=organization)
    try:
        play(name, Served(stage, api, organization))
    finally:
        api.close()
