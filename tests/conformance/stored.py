"""Runs a case on the whole product: workers, a database and Redis."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from app.administration.organizations import create_organization
from app.authoring.compiler import Compiler
from app.authoring.publishing import publish_document
from harness.caller import wait_for
from models.flow import PRODUCTION
from models.states import InstanceStatus, TokenState
from tests.conformance.counts import Seen, Visit
from tests.conformance.system import Json, NobodyWaits
from tests.product import Product
from tests.stores import Stores
from workers.engine.requests import Access, MessageRequest, SignalRequest, StartRequest
from workers.engine.store import Row

#: What is on its way: a token, a thrown message, a timer that is due, a kept message that somebody waits for
#: or that could start an instance.
_MOVES = f"""SELECT CASE WHEN EXISTS (
    SELECT 1 FROM tokens t JOIN instances i ON i.id = t.instance_id
    WHERE i.organization_id = :organization AND t.state IN ('{TokenState.READY}', '{TokenState.RUNNING}')
) OR EXISTS (
    SELECT 1 FROM messages WHERE organization_id = :organization AND state = 'SENT'
) OR EXISTS (
    SELECT 1 FROM timers t JOIN instances i ON i.id = t.instance_id
    WHERE i.organization_id = :organization AND t.due_at <= :now
) OR EXISTS (
    SELECT 1 FROM flow_starts WHERE organization_id = :organization AND due_at <= :now
) OR EXISTS (
    SELECT 1 FROM messages m JOIN subscriptions s ON s.organization_id = m.organization_id
    AND s.environment = m.environment AND s.name = m.name AND s.correlation_key = m.correlation_key
    WHERE m.organization_id = :organization AND m.state = 'KEPT' AND s.kind = 'message'
) OR EXISTS (
    SELECT 1 FROM messages m JOIN flow_starts f ON f.organization_id = m.organization_id
    AND f.environment = m.environment AND f.kind = 'message' AND f.name = m.name
    WHERE m.organization_id = :organization AND m.state = 'KEPT' AND NOT EXISTS (
        SELECT 1 FROM instances i WHERE i.flow_id = f.flow_id AND i.environment = m.environment
        AND i.correlation_key = m.correlation_key AND i.status = '{InstanceStatus.RUNNING}')
) THEN 1 ELSE 0 END AS moves"""


@contextmanager
def product_on(stores: Stores) -> Iterator[Product]:
    """The product with its workers at work."""
    with Product(stores) as product:
        yield product.work()


class WholeProduct:
    """A `System` in an organization of its own."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._engine = product.engine
        self._organization = create_organization(product.database, "A case").id
        self._access = Access(self._organization)
        self._flows: dict[str, str] = {}  # by process

    def deploy(self, bpmn: bytes, definitions: Json) -> None:
        published = publish_document(
            self._product.database,
            Compiler(queues=("default",)),
            organization_id=self._organization,
            content=bpmn,
            default_name="a case",
            environments=[PRODUCTION],
        )
        assert len(published) == len(definitions)
        for flow in self._rows("SELECT id, bpmn_id FROM flows WHERE organization_id = :organization"):
            self._flows[flow["bpmn_id"]] = flow["id"]

    def start(self, process: str, key: str, data: Json) -> None:
        flow = self._flows[process]
        self._engine.start(StartRequest(self._access, flow, PRODUCTION, correlation_key=key, data=data))

    def set_variables(self, values: Json) -> None:
        running = self._rows(
            "SELECT id FROM instances WHERE organization_id = :organization AND status = 'RUNNING'"
        )
        for row in running:
            self._engine.set_variables(self._access, row["id"], values)

    def complete(self, node_id: str) -> None:
        tasks = self._rows(
            """SELECT id, instance_id FROM tasks WHERE organization_id = :organization
            AND node_id = :node_id AND state = 'OPEN' ORDER BY created_at, id LIMIT 1""",
            node_id=node_id,
        )
        if not tasks:
            raise NobodyWaits(f"an answer at {node_id}")
        task = tasks[0]
        self._engine.complete_task(self._access, task["instance_id"], node_id, {}, task_id=task["id"])

    def message(self, name: str, key: str | None, data: Json) -> None:
        request = MessageRequest(self._organization, PRODUCTION, name, key, data, timedelta())
        if self._engine.publish_message(request).process_instance_id is None:
            raise NobodyWaits(f"the message {name}")

    def signal(self, name: str, data: Json) -> None:
        self._engine.publish_signal(SignalRequest(self._organization, PRODUCTION, name, data))

    def key_at(self, node_id: str) -> str | None:
        waiting = self._rows(
            """SELECT s.correlation_key FROM subscriptions s JOIN instances i ON i.id = s.instance_id
            WHERE s.organization_id = :organization AND s.node_id = :node_id
            ORDER BY i.started_at, i.id, s.created_at, s.id LIMIT 1""",
            node_id=node_id,
        )
        if not waiting:
            raise NobodyWaits(node_id)
        return str(waiting[0]["correlation_key"]) or None

    def settle(self) -> None:
        wait_for(lambda: not self._moves(), "nothing moves any more")

    def look(self) -> list[Seen]:
        processes = {flow: process for process, flow in self._flows.items()}
        seen = {
            row["id"]: Seen(processes[row["flow_id"]], row["status"] == InstanceStatus.RUNNING)
            for row in self._rows(
                """SELECT id, flow_id, status FROM instances WHERE organization_id = :organization
                ORDER BY started_at, id"""
            )
        }
        for row in self._of_instances("history", "r.node_type, r.outcome"):
            seen[row["instance_id"]].visits.append(Visit(row["node_id"], row["node_type"], row["outcome"]))
        for row in self._of_instances("tokens", "r.state"):
            seen[row["instance_id"]].tokens.append(row["node_id"])
        for row in self._of_instances("incidents", "r.code", "AND r.resolved_at IS NULL"):
            seen[row["instance_id"]].incidents[row["node_id"]] = row["code"]
        return list(seen.values())

    def _moves(self) -> bool:
        with self._engine.store.autocommit() as reading:
            rows = reading.rows(_MOVES, organization=self._organization, now=reading.now())
        return bool(rows[0]["moves"])

    def _of_instances(self, table: str, columns: str, which: str = "") -> list[Row]:
        return self._rows(
            f"""SELECT r.instance_id, r.node_id, {columns} FROM {table} r
            JOIN instances i ON i.id = r.instance_id WHERE i.organization_id = :organization {which}"""
        )

    def _rows(self, sql: str, **params: object) -> list[Row]:
        with self._engine.store.autocommit() as reading:
            return reading.rows(sql, organization=self._organization, **params)
