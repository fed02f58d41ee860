"""What a plan looks at: one token as it stands, or what the instance's lock lets be looked at together."""

from collections.abc import Collection
from typing import Any

import psycopg

from models.errors import Busy
from models.types import new_id
from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import TOKEN_COLUMNS, Row, columns_of, token_of
from workers.semantics.situation import BODY, WHOLE, Alone, Body, InstanceFacts, Scope, Situation, Token

_TOKEN = ", ".join(f"t.{name}" for name in TOKEN_COLUMNS)

_SCOPE = ", ".join(f"s.{name}" for name in columns_of(Scope))

_FACTS = (
    "i.id AS i_id, i.organization_id, i.flow_id AS i_flow_id, i.version_id AS i_version_id, i.environment, "
    "i.correlation_key, i.status, i.caller_id, i.caller_token_id, i.caught, i.depth"
)

#: A token at the epoch that a message names, its instance, and the variables of its own scope.
_AT_EPOCH = f"""SELECT {_TOKEN}, {_FACTS}, i.seq AS i_seq, {{clock}} AS now,
        (SELECT {{object_of_variables}} FROM variables v WHERE v.scope_id = t.scope_id) AS variables
    FROM tokens t JOIN instances i ON i.id = t.instance_id
    WHERE t.id = :token_id AND t.epoch = :epoch"""

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


def at_epoch(transaction: Transaction, token_id: str, epoch: int) -> Situation | None:
    """One token with the variables that it sees, or None when it has moved on. Nothing is locked."""
    rows = transaction.rows(_AT_EPOCH, token_id=token_id, epoch=epoch)
    if not rows:
        return None
    row = rows[0]
    token = token_of(row)
    situation = Situation(
        now=transaction.read_at(row),
        instance=_facts(row),
        tokens={token.id: token},
        variables={token.scope_id: row["variables"] or {}},
        seen=Alone(row["i_seq"]),
        new_id=new_id,
    )
    if token.scope_id != token.instance_id:
        _add_chain(transaction, situation, token)
        if not situation.scopes:
            return None  # its scope ended between the two statements, and it with that
    return situation


def _add_chain(transaction: Transaction, situation: Situation, token: Token) -> None:
    """The scopes around a token. Those that hold it stay as they are for as long as it is there."""
    scopes = [Scope(**row) for row in transaction.rows(_CHAIN, id=token.scope_id)]
    situation.scopes = {scope.id: scope for scope in scopes}
    situation.variables = _variables(transaction, [token.instance_id, *situation.scopes])


def lock_instance(transaction: Transaction, instance_id: str) -> InstanceFacts | None:
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


def whole(transaction: Transaction, facts: InstanceFacts) -> Situation:
    """Every token of the locked instance, with the variables of their scopes."""
    tokens = [
        token_of(row)
        for row in transaction.rows(f"SELECT {_TOKEN} FROM tokens t WHERE t.instance_id = :id", id=facts.id)
    ]
    mine = f"SELECT {_SCOPE} FROM scopes s WHERE s.instance_id = :id"
    scopes = {row["id"]: Scope(**row) for row in transaction.rows(mine, id=facts.id)}
    return Situation(
        now=transaction.now(),
        instance=facts,
        tokens={token.id: token for token in tokens},
        variables=_variables(transaction, [facts.id, *scopes]),
        seen=WHOLE,
        new_id=new_id,
        scopes=scopes,
    )


def near(transaction: Transaction, facts: InstanceFacts, token_id: str) -> Situation | None:
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
    tokens = transaction.rows(
        f"""SELECT {_TOKEN} FROM tokens t WHERE t.instance_id = :id
        AND (t.scope_id = ANY(:within) OR t.id = ANY(:hosts))""",
        id=facts.id,
        within=[scope.id for scope in inside],
        hosts=[scope.host_id for scope in around],
    )
    return Situation(
        now=transaction.now(),
        instance=facts,
        tokens={row["id"]: token_of(row) for row in tokens},
        variables=_variables(transaction, [facts.id, *scopes]),
        seen=Body(body.id),
        new_id=new_id,
        scopes=scopes,
    )


def _variables(transaction: Transaction, scope_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The variables of some scopes, by scope."""
    found: dict[str, dict[str, Any]] = {scope_id: {} for scope_id in scope_ids}
    for row in transaction.rows(
        "SELECT scope_id, name, value FROM variables WHERE scope_id = ANY(:ids)", ids=list(scope_ids)
    ):
        found[row["scope_id"]][row["name"]] = row["value"]
    return found


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
