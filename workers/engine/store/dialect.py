"""SQL with `:named` parameters on the driver's own connection, and what PostgreSQL and SQLite do differently.

A statement is one text for both. What they say differently stands in it as a word in braces:

| word | PostgreSQL | SQLite |
|---|---|---|
| `{for_update}` | locks the rows found, but not for those that only refer to them | nothing |
| `{for_share}` | keeps the rows found from being changed | nothing |
| `{skip_locked}` | locks the rows found, and leaves out those that others hold | nothing |
| `{clock}` | the database's clock | NULL: see `Transaction.read_at` |
| `{object_of_variables}` | the rows of `variables v` as one JSON object by name | the same |

A list is a parameter of `= ANY(:ids)`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from workers.engine.store.rows import NewInstance, Row
from workers.semantics.changes import Changes


class Transaction:
    """An open transaction, or a connection in autocommit mode."""

    def __init__(self, connection: Any, dialect: "Dialect", clock_shift: timedelta) -> None:
        self.dialect = dialect
        self._connection = connection
        self._clock_shift = clock_shift

    def rows(self, sql: str, **params: object) -> list[Row]:
        """What a query, or a statement with RETURNING, gives.

        It names its columns: one that is prepared with `*` fails once another release has added a column.
        """
        return self.dialect.rows(self._connection, sql, params)

    def run(self, sql: str, **params: object) -> int:
        """Runs a statement; how many rows it wrote."""
        return self.dialect.run(self._connection, sql, params)

    def now(self) -> datetime:
        """The database's clock, as tests may have shifted it."""
        return self.dialect.now(self._connection) + self._clock_shift

    def read_at(self, row: Row) -> datetime:
        """When a row was read that has `{clock} AS now`: the same clock, without another round trip."""
        now: datetime | None = row["now"]
        return self.now() if now is None else now + self._clock_shift

    def lock(self, *name: str, wait: bool = True) -> bool:
        """Takes the lock of that name until the transaction ends; whether it was taken.

        Without `wait` it is not where somebody else holds it.
        """
        return self.dialect.lock(self._connection, "\x1f".join(name), wait=wait)


class Dialect(Protocol):
    """One database: `postgres.PostgreSQL` and `sqlite.SQLite`. It is shared between threads."""

    #: Whether each statement that writes must be in a transaction that holds the process's writer lock.
    one_writer: bool

    def begin(self, connection: Any, lock_wait: str | None) -> None:
        """Opens a writing transaction that waits for a lock no longer than that; None: as others do."""

    def rows(self, connection: Any, sql: str, params: Mapping[str, object]) -> list[Row]:
        """As `Transaction.rows`."""

    def run(self, connection: Any, sql: str, params: Mapping[str, object]) -> int:
        """As `Transaction.run`."""

    def now(self, connection: Any) -> datetime:
        """The clock that all who use the database share."""

    def lock(self, connection: Any, name: str, *, wait: bool) -> bool:
        """As `Transaction.lock`."""

    def move(self, transaction: Transaction, changes: Changes) -> bool:
        """Commits the changes; False, and what was written must be rolled back, where a fence fails."""

    def insert(self, transaction: Transaction, new: NewInstance) -> None:
        """Writes an instance with all that it begins with."""
