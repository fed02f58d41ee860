"""Loads what the plan looks at and commits what it says. Safe to share between threads.

Lock order, everywhere: message keys (sorted), calling instance, called instance, token. No lock is held while
a node runs.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

import psycopg

from models.db import Database, translated_errors
from models.errors import Busy, Contended
from models.types import new_id
from workers.engine.store import answers, instances, postgres, sqlite
from workers.engine.store.answers import FirstAnswer, IdempotencyKey
from workers.engine.store.create import create_on_postgres, create_on_sqlite, remember
from workers.engine.store.instances import NewInstance
from workers.engine.store.rows import TOKEN_COLUMNS, columns_of, memory_text, token_of
from workers.engine.store.stale import Stale
from workers.engine.store.transaction import (
    PostgresTransaction,
    Row,
    SqliteTransaction,
    Transaction,
)
from workers.semantics.changes import Changes
from workers.semantics.memory import Memory
from workers.semantics.situation import BODY, WHOLE, Alone, Body, InstanceFacts, Scope, Situation, Token

_TOKEN = ", ".join(f"t.{name}" for name in TOKEN_COLUMNS)

_SCOPE = ", ".join(f"s.{name}" for name in columns_of(Scope))

_FACTS = (
    "i.id AS i_id, i.organization_id, i.flow_id AS i_flow_id, i.version_id AS i_version_id, i.environment, "
    "i.correlation_key, i.status, i.caller_id, i.caller_token_id, i.caught, i.depth"
)

#: The scopes around a token, from the inside out.
_CHAIN = f"""WITH RECURSIVE chain AS (
        SELECT {_SCOPE} FROM scopes s WHERE s.id = :id
        UNION ALL SELECT {_SCOPE} FROM scopes s JOIN chain c ON s.id = c.parent_id)
    SELECT * FROM chain"""

#: A body of a loop and the scopes inside it.
_INSIDE = f"""WITH RECURSIVE inside AS (
        SELECT {_SCOPE} FROM scopes s WHERE s.id = :body_id
        UNION ALL SELECT {_SCOPE} FROM scopes s JOIN inside i ON s.parent_id = i.id
        WHERE s.instance_id = :id)
    SELECT * FROM inside"""

#: How often a transaction that lost a race is tried again.
RACES = 5

Result = TypeVar("Result")

#: PostgreSQL's `lock_timeout` for the transactions of this thread; None: as the session has it.
_lock_wait: ContextVar[str | None] = ContextVar("lock_wait", default=None)


@contextmanager
def impatient(lock_wait: str) -> Iterator[None]:
    """Within the block this thread's transactions wait no longer than that for a lock: then `Busy`."""
    before = _lock_wait.set(lock_wait)
    try:
        yield
    finally:
        _lock_wait.reset(before)


def retrying(call: Callable[[], Result]) -> Result:
    """Calls again, a few times, where a token changed in the middle of the transaction, or on a deadlock."""
    for _ in range(RACES):
        try:
            return call()
        except (Stale, Contended):
            continue
    try:
        return call()
    except Stale as error:
        raise Contended("The same tokens changed again and again.") from error


class Store:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._move = sqlite.move if database.is_sqlite else postgres.move
        object_of = "json_group_object(v.name, json(v.value))" if database.is_sqlite else (
            "json_object_agg(v.name, v.value)"
        )  # fmt: skip
        clock = "" if database.is_sqlite else ", clock_timestamp() AS now"
        self._load = f"""SELECT {_TOKEN}, {_FACTS}, i.seq AS i_seq{clock},
                (SELECT {object_of} FROM variables v WHERE v.scope_id = t.scope_id) AS variables
            FROM tokens t JOIN instances i ON i.id = t.instance_id
            WHERE t.id = :token_id AND t.epoch = :epoch"""

    # -- transactions

    @contextmanager
    def autocommit(self) -> Iterator[Transaction]:
        """Each statement is a transaction of its own; on SQLite for reading only."""
        with translated_errors(), self.database.connection() as connection:
            yield self._transaction(connection)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction: committed at the end of the block, rolled back when it raises."""
        with translated_errors(), self.database.writer_lock(), self.database.connection() as connection:
            self._begin(connection)
            try:
                yield self._transaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself when the disk is full; a session that is gone has rolled back.
                with suppress(psycopg.Error, sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _begin(self, connection: Any) -> None:
        lock_wait = _lock_wait.get()
        if self.database.is_sqlite:
            connection.execute("BEGIN IMMEDIATE")
        elif lock_wait is None:
            connection.execute("BEGIN")
        else:
            connection.execute(f"BEGIN; SET LOCAL lock_timeout = '{lock_wait}'", prepare=False)

    def statements(self) -> AbstractContextManager[Transaction]:
        """Statements that stand alone: no lock of one is held while the next waits for another."""
        return self.transaction() if self.database.is_sqlite else self.autocommit()

    def _transaction(self, connection: Any) -> Transaction:
        kind = SqliteTransaction if self.database.is_sqlite else PostgresTransaction
        return kind(connection, self.database.clock_shift)

    # -- the common hop: load, then one fenced commit

    def load(self, token_id: str, epoch: int) -> Situation | None:
        """One token with the variables it sees, or None when it has moved on."""
        with self.autocommit() as transaction:
            rows = transaction.rows(self._load, token_id=token_id, epoch=epoch)
            if not rows:
                return None
            row = rows[0]
            now = transaction.now() if self.database.is_sqlite else row["now"] + self.database.clock_shift
            token = token_of(row)
            situation = Situation(
                now=now,
                instance=_facts(row),
                tokens={token.id: token},
                variables={token.scope_id: row["variables"] or {}},
                seen=Alone(row["i_seq"]),
                new_id=new_id,
            )
            if token.scope_id != token.instance_id:
                self._load_chain(transaction, situation, token)
                if not situation.scopes:
                    return None  # its scope ended between the two statements, and it with that
        return situation

    def _load_chain(self, transaction: Transaction, situation: Situation, token: Token) -> None:
        """The scopes around a token. Those that hold it stay as they are for as long as it is there."""
        scopes = [Scope(**row) for row in transaction.rows(_CHAIN, id=token.scope_id)]
        situation.scopes = {scope.id: scope for scope in scopes}
        situation.variables = self._variables(transaction, [token.instance_id, *situation.scopes])

    def _variables(self, transaction: Transaction, scope_ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """The variables of some scopes, by scope."""
        found: dict[str, dict[str, Any]] = {scope_id: {} for scope_id in scope_ids}
        for row in transaction.rows(
            f"SELECT scope_id, name, value FROM variables WHERE scope_id {self.among('ids')}",
            ids=self.ids(scope_ids),
        ):
            found[row["scope_id"]][row["name"]] = row["value"]
        return found

    def among(self, name: str) -> str:
        """SQL that asks for one of the ids in a parameter that `ids` made."""
        return f"= ANY(:{name})"

    def ids(self, ids: Iterable[str | None]) -> object:
        return list(ids)

    def claim(self, token: Token, memory: Memory, lease_at: datetime) -> bool:
        """Makes a ready token this worker's until `lease_at`, with what its visit keeps."""
        with self.statements() as transaction:
            return bool(
                transaction.run(
                    """UPDATE tokens SET state = 'running', epoch = epoch + 1,
                        lease_at = :lease_at, input = :input
                    WHERE id = :id AND epoch = :epoch AND state = 'ready' AND EXISTS
                        (SELECT 1 FROM instances
                        WHERE id = :instance_id AND status = 'RUNNING' {for_share})""",
                    id=token.id,
                    epoch=token.epoch,
                    instance_id=token.instance_id,
                    lease_at=lease_at,
                    input=memory_text(memory),
                )
            )

    def keep(self, token: Token, memory: Memory) -> bool:
        """Writes what a visit keeps that was claimed before its input was known."""
        with self.statements() as transaction:
            return bool(
                transaction.run(
                    """UPDATE tokens SET input = :input
                    WHERE id = :id AND epoch = :epoch AND state = 'running'""",
                    input=memory_text(memory),
                    id=token.id,
                    epoch=token.epoch,
                )
            )

    def move(self, changes: Changes) -> bool:
        """Commits changes of one fenced token; False when another worker was first or the instance ended."""
        if not self.database.is_sqlite:
            with self.autocommit() as transaction:
                return self._move(transaction, changes)
        try:
            with self.transaction() as transaction:
                self.apply(transaction, changes)
        except Stale:
            return False
        return True

    # -- starting

    def find_version(self, flow_id: str, environment: str, version_number: str | None) -> list[Row]:
        """The flow and the version that a start runs; `version_id` is None when there is none."""
        join = (
            "flow_environments e ON e.flow_id = f.id AND e.environment = :environment"
            if version_number is None
            else "flow_versions e ON e.flow_id = f.id AND e.version_number = :number"
        )
        version_id = "e.version_id" if version_number is None else "e.id AS version_id"
        params: dict[str, object] = {"flow_id": flow_id}
        if version_number is None:
            params["environment"] = environment
        else:
            params["number"] = _number(version_number)
        clock = "" if self.database.is_sqlite else ", clock_timestamp() AS now"
        with self.autocommit() as transaction:
            rows = transaction.rows(
                f"""SELECT f.organization_id, {version_id}, e.version_number{clock}
                FROM flows f LEFT JOIN {join} WHERE f.id = :flow_id""",
                **params,
            )
            for row in rows:
                row["now"] = transaction.now() if "now" not in row else row["now"] + self.database.clock_shift
        return rows

    def create(
        self,
        facts: InstanceFacts,
        *,
        version_number: int,
        tokens: Collection[Token],
        variables: Mapping[str, object],
        now: datetime,
        idempotency: IdempotencyKey | None,
    ) -> Row | None:
        """Writes a new instance; with an Idempotency-Key that is taken, nothing, and gives that row."""
        needs_transaction = idempotency is not None or self.database.is_sqlite
        with self.transaction() if needs_transaction else self.autocommit() as transaction:
            if idempotency is not None:
                first = remember(transaction, idempotency, now)
                if first is not None:
                    return first
            self.insert_instance(transaction, facts, version_number, tokens, variables, now)
        return None

    def insert(self, new: NewInstance, key: IdempotencyKey | None) -> FirstAnswer | None:
        """Writes a new instance; with an Idempotency-Key that is taken, nothing, and gives its answer."""
        needs_transaction = key is not None or self.database.is_sqlite
        with self.transaction() if needs_transaction else self.autocommit() as transaction:
            if key is not None:
                first = answers.remember(transaction, key, new.started_at)
                if first is not None:
                    return first
            instances.insert(transaction, new)
        return None

    def insert_instance(
        self,
        transaction: Transaction,
        facts: InstanceFacts,
        version_number: int,
        tokens: Collection[Token],
        variables: Mapping[str, object],
        now: datetime,
    ) -> None:
        """Writes a new instance within a transaction."""
        write = create_on_sqlite if self.database.is_sqlite else create_on_postgres
        write(transaction, facts, version_number, tokens, variables, now)

    # -- moves that several tokens decide together: lock, then load, then commit

    def lock_message_key(
        self,
        transaction: Transaction,
        organization_id: str,
        environment: str,
        name: str,
        key: str,
        *,
        wait: bool = True,
    ) -> bool:
        """One at a time for each message key, until the transaction ends; whether it was taken.

        One who holds later locks already must not `wait` for this one.
        """
        return transaction.lock(organization_id, environment, name, key, wait=wait)

    def lock_instance(self, transaction: Transaction, instance_id: str) -> InstanceFacts | None:
        """Waits for the instance's row. A statement of its own: what is loaded after it is what is true.

        Rows that only refer to the instance can be written by others meanwhile.

        Raises:
            Busy: somebody else holds it.
        """
        try:
            rows = transaction.rows(
                f"SELECT {_FACTS} FROM instances i WHERE i.id = :id {{for_update}}", id=instance_id
            )
        except psycopg.errors.LockNotAvailable as error:
            detail = f"Somebody else is still changing instance {instance_id}. Nothing was done; try again."
            raise Busy(detail, code="INSTANCE_BUSY") from error
        return _facts(rows[0]) if rows else None

    def whole(self, transaction: Transaction, facts: InstanceFacts) -> Situation:
        """Every token of the locked instance, with the variables of their scopes."""
        tokens = [
            token_of(row)
            for row in transaction.rows(
                f"SELECT {_TOKEN} FROM tokens t WHERE t.instance_id = :id", id=facts.id
            )
        ]
        mine = f"SELECT {_SCOPE} FROM scopes s WHERE s.instance_id = :id"
        scopes = {row["id"]: Scope(**row) for row in transaction.rows(mine, id=facts.id)}
        return Situation(
            now=transaction.now(),
            instance=facts,
            tokens={token.id: token for token in tokens},
            variables=self._variables(transaction, [facts.id, *scopes]),
            seen=WHOLE,
            new_id=new_id,
            scopes=scopes,
        )

    def near(self, transaction: Transaction, facts: InstanceFacts, token_id: str) -> Situation | None:
        """What is inside the innermost body of a loop that a token stands in, and what is around that.

        None where the token stands in none. Tokens outside are not loaded, but for the hosts.
        """
        rows = transaction.rows("SELECT scope_id FROM tokens WHERE id = :id", id=token_id)
        if not rows or rows[0]["scope_id"] == facts.id:
            return None
        around = [Scope(**row) for row in transaction.rows(_CHAIN, id=rows[0]["scope_id"])]
        body = next((scope for scope in around if scope.kind == BODY), None)
        if body is None:
            return None
        inside = [Scope(**row) for row in transaction.rows(_INSIDE, id=facts.id, body_id=body.id)]
        scopes = {scope.id: scope for scope in [*around, *inside]}
        within, hosts = [scope.id for scope in inside], [scope.host_id for scope in around]
        tokens = transaction.rows(
            f"""SELECT {_TOKEN} FROM tokens t WHERE t.instance_id = :id
            AND (t.scope_id {self.among("within")} OR t.id {self.among("hosts")})""",
            id=facts.id,
            within=self.ids(within),
            hosts=self.ids(hosts),
        )
        return Situation(
            now=transaction.now(),
            instance=facts,
            tokens={row["id"]: token_of(row) for row in tokens},
            variables=self._variables(transaction, [facts.id, *scopes]),
            seen=Body(body.id),
            new_id=new_id,
            scopes=scopes,
        )

    def apply(self, transaction: Transaction, changes: Changes) -> None:
        """Writes changes within a transaction; raises Stale, which rolls it back, when a fence fails."""
        if not self._move(transaction, changes):
            raise Stale


def _facts(row: Row) -> InstanceFacts:
    return InstanceFacts(
        id=row["i_id"],
        organization_id=row["organization_id"],
        flow_id=row["i_flow_id"],
        version_id=row["i_version_id"],
        environment=row["environment"],
        correlation_key=row["correlation_key"],
        status=row["status"],
        caller_id=row["caller_id"],
        caller_token_id=row["caller_token_id"],
        caught=row["caught"],
        depth=row["depth"],
    )


def _number(text: str) -> int:
    """A versionNumber as stored; what is no number of a version matches none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 and text[0] != "0" else 0
