"""What the verbs ask of the store, on each database."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from models.db import Database
from models.flow import PRODUCTION, Flow, FlowVersion
from models.instance import Instance
from models.organization import Organization
from models.states import InstanceStatus
from models.subscription import Subscription
from tests.largest_move import TOKEN, largest_move
from tests.stores import Stores
from tests.world import NOW
from workers.engine.store import Row, Store, Transaction, messages, move, subscriptions
from workers.semantics.changes import Address, Changes
from workers.semantics.situation import BODY, Scope, Token

STATEMENTS = Path(__file__).parents[1] / "unit" / "statements" / "move.sqlite.sql"


@pytest.fixture
def store(stores: Stores) -> Iterator[Store]:
    """A store with the instance `i` of the organization `o`; no worker moves it."""
    with closing(Database(stores.settings())) as database:
        with database.writing() as session:
            session.add(Organization(id="o", name="o", created_at=NOW))
            session.flush()
            session.add(Flow(id="f", organization_id="o", name="f", created_at=NOW))
            session.flush()
            session.add(FlowVersion(id="v", flow_id="f", version_number=1, definition={}, created_at=NOW))
            session.flush()
            session.add(
                Instance(
                    id="i",
                    organization_id="o",
                    flow_id="f",
                    version_id="v",
                    version_number=1,
                    environment=PRODUCTION,
                    started_at=NOW,
                )
            )
        yield Store(database)


def test_a_message_is_offered_to_each_that_waits_however_many_wait_before(store: Store) -> None:
    address = Address("o", PRODUCTION, "go", "k")
    names = [f"sub_{number:03}" for number in range(45)]
    with store.database.writing() as session:
        for number, name in enumerate(names):
            session.add(
                Subscription(
                    id=name,
                    organization_id="o",
                    environment=PRODUCTION,
                    name="go",
                    correlation_key="k",
                    instance_id="i",
                    holder_id=f"tok_{number}",
                    node_id="n",
                    created_at=NOW + timedelta(seconds=number // 30),  # many at the same moment
                )
            )
    with store.transaction() as transaction:
        assert messages.lock(transaction, address)
        offered = []
        for each in subscriptions.waiting(transaction, address):
            offered.append(each.id)
            # Its instance ends meanwhile.
            transaction.run("DELETE FROM subscriptions WHERE id = :id", id=each.id)
        assert offered == names
        assert not list(subscriptions.waiting(transaction, address))


def test_a_stale_fence_writes_nothing_but_the_instances_count(store: Store) -> None:
    token = put(store, TOKEN)
    changes = largest_move()
    changes.status, changes.dropped = None, {}
    changes.moved = {token.id: replace(token, epoch=8)}  # somebody has read epoch 7 of it, long ago
    before = everything(store)
    assert not store.move(changes)
    after = everything(store)
    (instance,) = after["instances"]
    # One statement of PostgreSQL counts before it fails; a transaction of SQLite takes that back.
    assert instance.pop("seq") == (0 if store.database.is_sqlite else changes.moves)
    (known,) = before["instances"]
    assert known.pop("seq") == 0
    assert after == before


@pytest.mark.parametrize("several", ["moved", "moved and dropped", "dropped", "the end of the instance"])
def test_what_a_lost_race_would_leave_halves_of_is_refused_outside_of_a_transaction(
    store: Store, several: str
) -> None:
    one, other = put(store, TOKEN), put(store, replace(TOKEN, id="tok_other"))
    changes = Changes("i", NOW)
    if "moved" in several:
        changes.moved[one.id] = replace(one, epoch=1)
    match several:
        case "moved":
            changes.moved[other.id] = replace(other, epoch=1)
        case "moved and dropped":
            changes.dropped[other.id] = 0
        case "dropped":
            changes.dropped = {one.id: 0, other.id: 0}
        case _:
            changes.dropped, changes.status = {one.id: 0}, InstanceStatus.COMPLETED
    before = everything(store)
    with pytest.raises(ValueError, match="only a transaction"):
        store.move(changes)
    assert everything(store) == before
    with store.transaction() as transaction:
        move.apply(transaction, changes)
    assert everything(store) != before


def test_the_largest_move_is_written_as_it_says_and_the_same_on_each_database(store: Store) -> None:
    changes = largest_move()
    prepare(store)
    with store.transaction() as transaction:
        move.apply(transaction, changes)
    found = everything(store)
    assert {table: [row["id"] for row in rows] for table, rows in found.items() if "id" in rows[0]} == {
        "instances": ["i"],
        "incidents": ["inc_new", "inc_resolved"],
        "jobs": ["job_new"],
        "messages": ["msg_new"],
        "scopes": ["scope_done", "scope_opened"],
        "subscriptions": ["sub_new"],
        "tasks": ["task_ended", "task_new"],
        "timers": ["timer_new"],
        "tokens": ["tok_moved", "tok_spawned"],
    }
    (instance,) = found["instances"]
    assert (instance["status"], instance["ended_at"], instance["seq"]) == ("COMPLETED", NOW, 1)
    assert [(row["seq"], row["node_type"]) for row in found["history"]] == [(1, "userTask")]
    assert found["variables"] == [{"scope_id": "i", "name": "written", "value": {"a": [1, None]}}]
    assert [(row["state"], row["ended_at"]) for row in found["tasks"]] == [("CANCELLED", NOW), ("OPEN", None)]
    assert [row["resolved_at"] for row in found["incidents"]] == [None, NOW]
    assert [(row["id"], row["epoch"]) for row in found["tokens"]] == [("tok_moved", 1), ("tok_spawned", 0)]
    assert (found["scopes"][0]["kind"], found["scopes"][0]["host_id"]) == ("done", None)


def test_every_row_that_the_largest_move_looks_for_is_found_by_an_index(store: Store) -> None:
    asked: list[tuple[str, dict[str, object]]] = []

    class Explained(Transaction):
        def rows(self, sql: str, **params: object) -> list[Row]:
            asked.append((sql, params))
            return super().rows(sql, **params)

        def run(self, sql: str, **params: object) -> int:
            asked.append((sql, params))
            return super().run(sql, **params)

    prepare(store)
    explain = "EXPLAIN QUERY PLAN " if store.database.is_sqlite else "EXPLAIN "
    plan: list[str] = []
    with store.transaction() as transaction:
        watched = Explained(transaction._connection, store.dialect, timedelta())
        move.apply(watched, largest_move())
        if not store.database.is_sqlite:
            transaction.run("SET LOCAL enable_seqscan = off")  # the tables are small here
        for sql, params in asked:
            for row in transaction.rows(explain + sql, **params):
                plan += map(str, row.values())
    assert [line for line in plan if re.search(r"Seq Scan|SCAN", line)] == []
    if store.database.is_sqlite:  # PostgreSQL takes the index that is the smallest at the moment
        used = {name for line in plan for name in re.findall(r"INDEX (\w+)", line)}
        names = {re.sub(r"sqlite_autoindex_(\w+)_1", r"\1_pkey", name) for name in used}
        (line,) = re.findall(r"^-- Rows are found by (.*)\.$", STATEMENTS.read_text("utf-8"), re.MULTILINE)
        assert set(line.split(", ")) == names


def put(store: Store, token: Token) -> Token:
    """Writes a token as it is."""
    with store.transaction() as transaction:
        move.apply(transaction, Changes("i", NOW, spawned={token.id: token}))
    return token


def prepare(store: Store) -> None:
    """Writes everything that the largest move changes, ends or deletes."""
    moved = largest_move()
    dropped, closed = "tok_dropped", Scope("scope_closed", "i", "i", "n", None, BODY)
    before = Changes("i", NOW)
    before.spawned = {TOKEN.id: TOKEN, dropped: replace(TOKEN, id=dropped)}
    before.opened = {closed.id: closed, "scope_done": replace(closed, id="scope_done", host_id=TOKEN.id)}
    before.variables = {("i", "forgotten"): 1, ("i", "written"): 1, ("scope_closed", "gone"): 1}
    before.tasks = [replace(moved.tasks[0], id="task_ended", token_id=dropped)]
    before.jobs = [replace(moved.jobs[0], id="job_ended", token_id=dropped)]
    before.subscriptions = [replace(moved.subscriptions[0], id="sub_released", holder_id=dropped)]
    before.timers = [
        replace(moved.timers[0], id="timer_fired"),
        replace(moved.timers[0], id="timer_released", holder_id=dropped),
    ]
    before.incidents = [replace(moved.incidents[0], id="inc_resolved", token_id=dropped)]
    with store.transaction() as transaction:
        move.apply(transaction, before)
        transaction.run("UPDATE instances SET seq = 0")


def everything(store: Store) -> dict[str, list[Row]]:
    """All rows of the tables that moves write."""
    tables = {
        "history": "instance_id, seq", "incidents": "id", "instances": "id", "jobs": "id", "messages": "id",
        "scopes": "id", "subscriptions": "id", "tasks": "id", "timers": "id", "tokens": "id",
        "variables": "scope_id, name",
    }  # fmt: skip
    with store.autocommit() as reading:
        found = {table: reading.rows(f"SELECT * FROM {table} ORDER BY {by}") for table, by in tables.items()}
    return {table: rows for table, rows in found.items() if rows}
