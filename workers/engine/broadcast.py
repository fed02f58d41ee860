"""A signal reaches everybody who waits for it, oldest first, and starts every flow that it starts."""

from typing import TYPE_CHECKING

from models.types import new_id
from workers.engine import begin
from workers.engine.requests import Signalled, SignalRequest
from workers.engine.start import check_names
from workers.engine.store.transaction import Transaction, json_text
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes

if TYPE_CHECKING:
    from workers.engine.engine import Engine

#: So many get it at once, from who throws it; the sweepers see to the others.
AT_ONCE = 100


def publish(engine: "Engine", request: SignalRequest) -> Signalled:
    """Throws a signal from outside. When this returns, each that it reaches will have it, whatever happens.

    Raises:
        Unprocessable: the data uses a name of the system.
    """
    check_names(request.data)
    with engine.store.transaction() as transaction:
        reached = _hand_out(transaction, request, None)
        started = _start(engine, transaction, request)
    _after(engine, reached, started)
    return Signalled(len(reached), tuple(changes.instance_id for changes in started))


def route(engine: "Engine", signal_id: str) -> None:
    """Hands out a signal that a flow threw; nothing if that was done."""
    with engine.store.transaction() as transaction:
        rows = transaction.rows(
            """DELETE FROM messages WHERE id = :id AND kind = 'signal' AND state = 'SENT'
            RETURNING organization_id, environment, name, data, origin_id""",
            id=signal_id,
        )
        if not rows:
            return
        row = rows[0]
        request = SignalRequest(row["organization_id"], row["environment"], row["name"], row["data"])
        reached = _hand_out(transaction, request, row["origin_id"])
        started = _start(engine, transaction, request)
    _after(engine, reached, started)


def _hand_out(transaction: Transaction, request: SignalRequest, origin_id: str | None) -> list[str]:
    """A timer that is due at once for each that waits: so each gets the signal once, under its own lock.

    The instance that threw it has seen to itself.
    """
    rows = transaction.rows(
        """INSERT INTO timers (id, instance_id, holder_id, node_id, due_at, data, subscription_id)
        SELECT :prefix || id, instance_id, holder_id, node_id, :now, :data, id FROM subscriptions
        WHERE organization_id = :organization_id AND environment = :environment
        AND kind = 'signal' AND name = :name AND correlation_key = '' AND instance_id <> :origin_id
        ORDER BY created_at, id RETURNING id""",
        prefix=new_id("timer_"),
        now=transaction.now(),
        data=json_text(request.data),
        organization_id=request.organization_id,
        environment=request.environment,
        name=request.name,
        origin_id=origin_id or "",
    )
    return [row["id"] for row in rows]


def _start(engine: "Engine", transaction: Transaction, request: SignalRequest) -> list[Changes]:
    rows = transaction.rows(
        """SELECT id, organization_id, environment, flow_id, version_id, version_number, node_id
        FROM flow_starts WHERE organization_id = :organization_id
        AND environment = :environment AND kind = 'signal' AND name = :name ORDER BY created_at, id""",
        organization_id=request.organization_id,
        environment=request.environment,
        name=request.name,
    )
    came: dict[str, JsonValue] = request.data
    return [begin.at_event(engine, transaction, row, None, came) for row in rows]


def _after(engine: "Engine", reached: list[str], started: list[Changes]) -> None:
    engine.committed(started)
    engine.fire(reached[:AT_ONCE])
