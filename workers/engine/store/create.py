"""Writes a new instance, with the answer to its Idempotency-Key, in one transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime

from workers.engine.store.answers import IdempotencyKey
from workers.engine.store.rows import TOKEN_COLUMNS, row_of, values_of
from workers.engine.store.sqlite import insert_rows, insert_variables
from workers.engine.store.stale import Stale
from workers.engine.store.transaction import Row, Transaction, json_text
from workers.semantics.situation import InstanceFacts, Token

_INSTANCE = """(id, organization_id, flow_id, version_id, version_number, environment, correlation_key,
    status, caller_id, caller_token_id, caught, depth, seq, started_at)"""

_VALUES = """:id, :organization_id, :flow_id, :version_id, :version_number, :environment, :correlation_key,
    :status, :caller_id, :caller_token_id, :caught, :depth, 0, :now"""

#: A second caller with the same key waits here for the first one's transaction. A row whose time is over
#: is taken over.
_REMEMBER = """INSERT INTO idempotent_answers (organization_id, route, key, request_hash, answer, expires_at)
    VALUES (:organization_id, :route, :key, :request_hash, :answer, :expires_at)
    ON CONFLICT (organization_id, route, key) DO UPDATE SET request_hash = excluded.request_hash,
        answer = excluded.answer, expires_at = excluded.expires_at
    WHERE idempotent_answers.expires_at < :now"""


def remember(transaction: Transaction, key: IdempotencyKey, now: datetime) -> Row | None:
    """Takes the key, or gives the row of whoever took it before."""
    if transaction.run(_REMEMBER, **row_of(key), now=now):
        return None
    first = find_answer(transaction, key.organization_id, key.route, key.key, now)
    if first is None:
        raise Stale  # its time was over, and it was forgotten between the two statements
    return first


def find_answer(
    transaction: Transaction, organization_id: str, route: str, key: str, now: datetime
) -> Row | None:
    """What the first request with the key was, and the answer to it; None when there was none."""
    rows = transaction.rows(
        """SELECT request_hash, answer FROM idempotent_answers WHERE organization_id = :organization_id
        AND route = :route AND key = :key AND expires_at >= :now""",
        organization_id=organization_id,
        route=route,
        key=key,
        now=now,
    )
    return rows[0] if rows else None


def create_on_sqlite(
    transaction: Transaction,
    facts: InstanceFacts,
    version_number: int,
    tokens: Collection[Token],
    variables: Mapping[str, object],
    now: datetime,
) -> None:
    transaction.run(
        f"INSERT INTO instances {_INSTANCE} VALUES ({_VALUES})",
        **row_of(facts),
        version_number=version_number,
        now=now,
    )
    insert_rows(transaction, "tokens", tokens)
    insert_variables(transaction, (((facts.id, name), value) for name, value in variables.items()))


def create_on_postgres(
    transaction: Transaction,
    facts: InstanceFacts,
    version_number: int,
    tokens: Collection[Token],
    variables: Mapping[str, object],
    now: datetime,
) -> None:
    """One statement, so that without an Idempotency-Key a start is one round trip."""
    transaction.run(
        f"""WITH instance AS (INSERT INTO instances {_INSTANCE} VALUES ({_VALUES})),
        variable AS (INSERT INTO variables (scope_id, name, value)
            SELECT :id, r.name, r.value::json
            FROM unnest(:variable_names::text[], :variable_values::text[]) AS r(name, value))
        INSERT INTO tokens ({", ".join(TOKEN_COLUMNS)})
        SELECT {", ".join(f"r.{name}" for name in TOKEN_COLUMNS)}
        FROM json_populate_recordset(NULL::tokens, :tokens) AS r""",
        **row_of(facts),
        version_number=version_number,
        now=now,
        variable_names=list(variables),
        variable_values=[json_text(value) for value in variables.values()],
        tokens=json_text([values_of(token) for token in tokens]),
    )
