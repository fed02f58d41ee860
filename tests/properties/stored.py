"""The same instance in a real store: an engine without workers whose tokens a test executes one by one."""

from collections import Counter
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from types import TracebackType
from typing import Any

from models.db import Database
from models.errors import Conflict
from models.flow import PRODUCTION, Flow, FlowVersion
from models.organization import Organization
from models.states import InstanceStatus
from tests.flows import Json
from tests.properties import drawn
from tests.properties.checked import CheckedWorld
from tests.properties.driver import KEY, PureEvents
from tests.simulated import Instance
from tests.stores import Stores
from tests.world import NOW
from workers.engine.doorbell import TokenRef
from workers.engine.engine import Engine
from workers.engine.requests import Access, MessageRequest, SignalRequest, StartRequest
from workers.engine.store import Row
from workers.semantics.changes import NewTask, NewTimer
from workers.semantics.follow_up import FireTimer
from workers.semantics.situation import Token

#: An id in the pure world to the one of the same thing in the store.
Pairs = dict[str, str]

#: What of a visit is compared; times and ids differ.
_VISIT = ("node_id", "outcome", "attempts", "input", "output", "loop", "loop_counter")


class Backend(AbstractContextManager["Backend"]):
    """An engine on a pair of stores. Its doorbell rings nowhere: who executes what is the test's to say."""

    def __init__(self, stores: Stores) -> None:
        settings = stores.settings()
        self.database = Database(settings)
        self.engine = Engine(settings, self.database, self)

    def ring(self, tokens: Collection[Token]) -> list[Token]:
        return []

    def organization(self) -> str:
        """A new one; what waits in another one is not reached from it."""
        with self.database.writing() as session:
            organization = Organization(name="o", created_at=NOW)
            session.add(organization)
            return organization.id

    def publish(
        self, organization_id: str, definition: Json, calls: dict[str, str] | None = None
    ) -> tuple[str, str]:
        """A flow with one version; their ids."""
        with self.database.writing() as session:
            flow = Flow(organization_id=organization_id, name="f", created_at=NOW)
            session.add(flow)
            session.flush()
            version = FlowVersion(
                flow_id=flow.id, version_number=1, definition=definition, calls=calls, created_at=NOW
            )
            session.add(version)
            return flow.id, version.id

    def rows(self, sql: str, **params: object) -> list[Row]:
        with self.engine.store.autocommit() as reading:
            return reading.rows(sql, **params)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.close()
        self.database.close()


class BothEvents:
    """Lets everything happen in the pure world and in the store, and compares them after each event."""

    def __init__(
        self, backend: Backend, definition: Json, data: Json, calls: dict[str, Json] | None = None
    ) -> None:
        self.world = CheckedWorld()
        self.backend = backend
        self.engine = backend.engine
        self.organization_id = backend.organization()
        self.access = Access(self.organization_id)
        versions = {}
        for node_id, called in (calls or {}).items():
            self.world.deploy(node_id, called)
            versions[node_id] = backend.publish(self.organization_id, called)[1]
        self.world.deploy("v", definition, {node_id: node_id for node_id in versions})
        process_id, _ = backend.publish(self.organization_id, definition, versions)
        self.instance = self.world.start("v", data, KEY)
        self.pure = PureEvents(self.world)
        request = StartRequest(
            self.access, process_id, PRODUCTION, version_number="1", correlation_key=KEY, data=data
        )
        self.engine.start(request)
        self._pairs: dict[str, Pairs] = {"instances": {}, "tokens": {}, "timers": {}, "scopes": {}}
        self._sent: dict[tuple[str, int], TokenRef] = {}
        self.compare()

    # -- events

    def run(self, token: Token, outcome: int) -> None:
        (row,) = self.backend.rows("SELECT * FROM tokens WHERE id = :id", id=self._pairs["tokens"][token.id])
        ref = TokenRef(row["id"], row["epoch"], row["instance_id"], row["version_id"], row["node_id"])
        self._sent[(token.id, token.epoch)] = ref
        self.pure.run(token, outcome)
        drawn.outcome = outcome
        self.engine.execute(ref)
        self.compare()

    def repeat(self, delivered: Token) -> None:
        instance = self.world.instances[delivered.instance_id]
        known = instance.tokens.get(delivered.id)
        self.pure.repeat(delivered)
        if known is None or known.epoch != delivered.epoch:
            self.engine.execute(self._sent[(delivered.id, delivered.epoch)])
            self.compare()

    def send_again(self) -> None:
        """Every message is lost: the sweeper sends each ready token again."""
        running = [each for each in self.world.instances.values() if each.status == InstanceStatus.RUNNING]
        ready = [token for each in running for token in each.ready() if token.attempts == 0]
        long_ago = -timedelta(days=1)
        tokens = self.engine.upkeep.to_send_again(long_ago, None, {}, 10_000)
        sent = {token.id for token in tokens}
        assert {self._pairs["tokens"][token.id] for token in ready} <= sent
        self.compare()

    def answer(self, task: NewTask) -> None:
        task_id, instance_id = self._task(task)
        self.pure.answer(task)
        self.engine.complete_task(
            self.access, instance_id, task.node_id, {"answer": task.node_id}, task_id=task_id
        )
        self.compare()

    def cancel_task(self, task: NewTask) -> None:
        task_id, instance_id = self._task(task)
        self.pure.cancel_task(task)
        self.engine.cancel_task(self.access, instance_id, task.node_id, task_id=task_id)
        self.compare()

    def message(self, name: str) -> None:
        self.pure.message(name)
        hour = timedelta(hours=1)
        self.engine.publish_message(
            MessageRequest(self.organization_id, PRODUCTION, name, KEY, {"said": name}, hour)
        )
        self.compare()

    def signal(self, name: str) -> None:
        self.pure.signal(name)
        self.engine.publish_signal(SignalRequest(self.organization_id, PRODUCTION, name, {"told": name}))
        self.compare()

    def fire(self, timer: NewTimer) -> None:
        stored = self._pairs["timers"][timer.id]
        self.pure.fire(timer)
        self.engine.do(FireTimer(stored))
        self.compare()

    def set_variable(self, instance: Instance, name: str, value: bool | str) -> None:
        self.pure.set_variable(instance, name, value)
        self.engine.set_variables(self.access, self._pairs["instances"][instance.facts.id], {name: value})
        self.compare()

    def retry(self, instance: Instance, *, anew: bool = False) -> None:
        incidents = dict(instance.incidents)
        self.pure.retry(instance, anew=anew)
        # What happened once cannot be asked for again; then nothing was retried.
        with suppress(Conflict) if instance.incidents == incidents else nullcontext():
            self.engine.retry(self.access, self._pairs["instances"][instance.facts.id], anew=anew)
        self.compare()

    def cancel(self, instance: Instance) -> None:
        self.pure.cancel(instance)
        self.engine.cancel(self.access, self._pairs["instances"][instance.facts.id])
        self.compare()

    # -- the store

    def _rows(self, table: str, more: str = "") -> list[Row]:
        return self.backend.rows(
            f"""SELECT * FROM {table} WHERE instance_id IN
            (SELECT id FROM instances WHERE organization_id = :id) {more}""",
            id=self.organization_id,
        )

    def _task(self, task: NewTask) -> tuple[str, str]:
        (row,) = self.backend.rows(
            "SELECT id, instance_id FROM tasks WHERE token_id = :id AND state = 'OPEN'",
            id=self._pairs["tokens"][task.token_id],
        )
        return row["id"], row["instance_id"]

    def compare(self) -> None:
        """What the pure world knows is what the store holds, and nothing else."""
        stored = {
            row["id"]: row
            for row in self.backend.rows(
                "SELECT id, status FROM instances WHERE organization_id = :id", id=self.organization_id
            )
        }
        instances = self.world.instances
        self._pair("instances", instances, stored)
        ids = self._pairs["instances"]
        assert {ids[id]: each.status for id, each in instances.items()} == {
            id: row["status"] for id, row in stored.items()
        }
        history: dict[str, list[tuple[Any, ...]]] = {id: [] for id in stored}
        for row in self._rows("history", "ORDER BY instance_id, seq"):
            history[row["instance_id"]].append(tuple(row[name] for name in _VISIT))
        assert history == {
            ids[id]: [tuple(getattr(step, name) for name in _VISIT) for step in each.steps]
            for id, each in instances.items()
        }
        self._compare_tokens()
        self._compare_scopes()
        self._compare_waits()

    def _all(self, name: str) -> Any:
        """Things of all instances of the pure world: a dictionary by id, or a list."""
        things = [getattr(instance, name) for instance in self.world.instances.values()]
        if isinstance(things[0], dict):
            return {id: thing for each in things for id, thing in each.items()}
        return [thing for each in things for thing in each]

    def _pair(self, table: str, pure: Collection[str], stored: Collection[str]) -> None:
        """New things are the same in the order in which they were made."""
        pairs = self._pairs[table]
        new = sorted(id for id in pure if id not in pairs)
        known = set(pairs.values())
        found = sorted(id for id in stored if id not in known)
        assert len(new) == len(found), f"{table}: {len(new)} were made, {len(found)} are new in the store"
        pairs.update(zip(new, found, strict=True))
        assert {pairs[id] for id in pure} == set(stored), table

    def _scope(self, scope_id: str) -> str:
        return self._pairs["scopes"].get(scope_id) or self._pairs["instances"][scope_id]

    def _compare_tokens(self) -> None:
        tokens, stored = self._all("tokens"), {row["id"]: row for row in self._rows("tokens")}
        scopes, rows = self._all("scopes"), {row["id"]: row for row in self._rows("scopes")}
        self._pair("tokens", tokens, stored)
        self._pair("scopes", scopes, rows)
        names = ("node_id", "flow_id", "state", "activation", "attempts", "losses")
        for id, token in tokens.items():
            row = stored[self._pairs["tokens"][id]]
            assert [row[name] for name in names] == [getattr(token, name) for name in names]
            assert row["scope_id"] == self._scope(token.scope_id)

    def _compare_scopes(self) -> None:
        scopes, stored = self._all("scopes"), {row["id"]: row for row in self._rows("scopes")}
        for id, scope in scopes.items():
            row = stored[self._pairs["scopes"][id]]
            assert (row["kind"], row["node_id"], row["number"]) == (scope.kind, scope.node_id, scope.number)
            assert row["host_id"] == (self._pairs["tokens"][scope.host_id] if scope.host_id else None)
            assert row["parent_id"] == self._scope(scope.parent_id)
        found: dict[str, Json] = {}
        for row in self.backend.rows(
            """SELECT scope_id, name, value FROM variables WHERE scope_id IN
            (SELECT id FROM instances WHERE organization_id = :id) OR scope_id IN
            (SELECT id FROM scopes WHERE instance_id IN
                (SELECT id FROM instances WHERE organization_id = :id))""",
            id=self.organization_id,
        ):
            found.setdefault(row["scope_id"], {})[row["name"]] = row["value"]
        variables = self._all("variables")
        assert found == {self._scope(id): values for id, values in variables.items() if values}

    def _compare_waits(self) -> None:
        timers, stored = self._all("timers"), {row["id"]: row for row in self._rows("timers")}
        self._pair("timers", {timer.id for timer in timers}, stored)
        for timer in timers:
            row = stored[self._pairs["timers"][timer.id]]
            known = (timer.node_id, timer.cycle, timer.remaining)
            assert (row["node_id"], row["cycle"], row["remaining"]) == known
        held = self._pairs["tokens"]
        incidents = self._rows("incidents", "AND resolved_at IS NULL")
        assert Counter((row["token_id"], row["code"]) for row in incidents) == Counter(
            (held[id], code) for id, code in self._all("incidents").items()
        )
        tasks = self._rows("tasks", "AND state = 'OPEN'")
        assert sorted(row["token_id"] for row in tasks) == sorted(held[id] for id in self._all("tasks"))
        subscriptions = self._rows("subscriptions")
        assert Counter((row["kind"], row["name"], row["node_id"]) for row in subscriptions) == Counter(
            (item.kind, item.name, item.node_id) for item in self._all("subscriptions")
        )
        messages = self.backend.rows(
            "SELECT name, state FROM messages WHERE organization_id = :id AND state <> 'DELIVERED'",
            id=self.organization_id,
        )
        kept = sorted((message.name, "KEPT") for message in self.world.messages)
        assert sorted((row["name"], row["state"]) for row in messages) == kept
