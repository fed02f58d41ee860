"""The store: all SQL of the engine's tables. This page says what there is; each file is a table or a task.

**How to ask.** `Store` opens a session, and a function of a table's file takes the `Transaction` and says
what it asks or writes; it commits nothing by itself:

    with store.transaction() as transaction:
        facts = load.lock_instance(transaction, instance_id)
        ...
        move.apply(transaction, changes)

Rows come back as small dataclasses. `Store` itself has the hop: what a worker does to one token, each part in
a session of its own.

**Who writes what.** A move (`Changes`, worked out by the plan) writes `tokens`, `scopes`, `variables` and
`history`, and opens and ends rows of `tasks`, `jobs`, `subscriptions`, `timers`, `messages` and `incidents`,
in one transaction that begins with the instance's row. Beside moves:

| table | file | is written by |
|---|---|---|
| `instances` | `instances` | a start; moves count `seq` and end it |
| `tokens` | `move`, `upkeep` | a worker that claims one or keeps its input; the sweeper and the heartbeat |
| `messages` | `messages` | publishing and routing, under the lock of the message's address |
| `subscriptions` | `subscriptions` | moves only |
| `timers` | `timers` | a signal that is handed out; the sweeper, which takes what is due |
| `flow_starts` | `starts` | the activation of a version; a schedule that fires |
| `tasks`, `incidents` | `tasks`, `incidents` | moves only |
| `jobs` | `jobs` | a worker that locks one, or its lock's end |
| `idempotent_answers` | `answers` | a start with an Idempotency-Key |
| `flows`, `flow_versions`, `flow_environments` | `versions` | authoring only, outside the engine |

**Lock order**, everywhere: message addresses and keys of flows (sorted), calling instance, called instance,
token. No lock is held while a node runs.

**Epochs.** A move, a claim, and taking or handing back a claimed token ask for the epoch that was read and
raise it. Renewing a lease (`upkeep`) and keeping an input (`move.keep`) ask for it and leave it. Counting
what was sent (`to_send_again`, `mark_unsent`) does neither: at worst a message is sent once too often.

**What there is**, from the bottom up:

| file | what |
|---|---|
| `rows` | dataclasses as rows; which columns are JSON or times |
| `dialect` | `Transaction`, and what the databases do differently: `postgres` and `sqlite`, with the move |
| `session` | `Sessions`: `autocommit`, `transaction`, `statements`; `retrying`, `impatient` |
| `load` | what a plan looks at: `at_epoch`, `lock_instance`, `whole`, `near` |
| `move` | what is written of a token: `apply`, `alone`, `claim`, `keep` |
| `instances` | `insert`, `is_key_free` |
| `versions` | what a start runs: `find_to_start`, `find`, `find_called` |
| `answers` | of an Idempotency-Key: `remember`, `find`, `prune` |
| `messages` | of an address: `lock`, `is_any_waiting`, `oldest`, `deliver`, `deliverable` |
| | from outside: `take_id`, `keep`, `forget`, `remember`, `prune` |
| | thrown by a flow: `thrown`, `find_thrown`, `keep_thrown`, `take_signal` |
| `subscriptions` | `waiting`, `is_there` |
| `timers` | `take_due`, `find`, `first_from_called`, `arm_for_signal`, `drop` |
| `starts` | `waiting`, `take_due`, `lock_due`, `set_next` |
| `tasks` | `find`, `open_at` |
| `jobs` | `is_any_free`, `fetch`, `find`, `extend` |
| `incidents` | `find` |
| `upkeep` | `Upkeep`, for the sweeper and the heartbeat: leases, resending, what is due |
"""

from datetime import datetime

from workers.engine.store import answers, instances, load, move
from workers.engine.store.answers import FirstAnswer, IdempotencyKey
from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import NewInstance, Row
from workers.engine.store.session import Sessions, Stale, impatient, retrying
from workers.engine.store.timers import DueTimer
from workers.engine.store.upkeep import Claim, Lease, Upkeep
from workers.semantics.changes import Changes
from workers.semantics.memory import Memory
from workers.semantics.situation import Situation, Token


class Store(Sessions):
    """The hop: load, claim, move. Safe to share between threads."""

    def load(self, token_id: str, epoch: int) -> Situation | None:
        """As `load.at_epoch`."""
        with self.autocommit() as transaction:
            return load.at_epoch(transaction, token_id, epoch)

    def claim(self, token: Token, memory: Memory, lease_at: datetime) -> bool:
        """As `move.claim`."""
        with self.statements() as transaction:
            return move.claim(transaction, token, memory, lease_at)

    def keep(self, token: Token, memory: Memory) -> bool:
        """As `move.keep`."""
        with self.statements() as transaction:
            return move.keep(transaction, token, memory)

    def move(self, changes: Changes) -> bool:
        """Commits changes of one fenced token; False when another worker was first or the instance ended.

        Raises:
            ValueError: as `move.alone`.
        """
        try:
            with self.statements() as transaction:
                move.alone(transaction, changes)
        except Stale:
            return False
        return True

    def insert(self, new: NewInstance, key: IdempotencyKey | None) -> FirstAnswer | None:
        """Writes a new instance; with an Idempotency-Key that is taken, nothing, and gives its answer."""
        with self.statements() if key is None else self.transaction() as transaction:
            if key is not None:
                first = answers.remember(transaction, key, new.started_at)
                if first is not None:
                    return first
            instances.insert(transaction, new)
        return None


__all__ = [
    "Claim",
    "DueTimer",
    "IdempotencyKey",
    "Lease",
    "NewInstance",
    "Row",
    "Sessions",
    "Stale",
    "Store",
    "Transaction",
    "Upkeep",
    "impatient",
    "retrying",
]
