"""What the sweeper and the heartbeat ask of the database. Each row is taken by one of any number of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.engine.store import answers, messages, starts, timers
from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import TOKEN_COLUMNS, token_of
from workers.engine.store.session import Sessions
from workers.engine.store.timers import DueTimer
from workers.semantics.follow_up import DeliverKept, FollowUp, RouteMessage, RouteSignal
from workers.semantics.situation import Token

#: How many times `resend` a token is left alone, by how often it was sent.
_RESEND_FACTORS = (1, 2, 4, 8)

#: In a queue with more messages than this, what is stale is rather late than lost.
LONG_QUEUE = 100


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of a claimed token, which has run out."""

    token_id: str
    instance_id: str
    version_id: str
    epoch: int
    late: timedelta


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed token as a heartbeat renews it."""

    token_id: str
    epoch: int


class Upkeep:
    """Safe to share between threads."""

    def __init__(self, store: Sessions) -> None:
        self._store = store

    def to_send_again(
        self, resend: timedelta, emptied_at: datetime | None, lengths: Mapping[str, int], limit: int
    ) -> list[Token]:
        """Marks ready tokens as sent now and returns them.

        They are the never sent, the stale, and with `emptied_at` all that were sent before that moment.
        `lengths` are the messages that wait in each queue. Where as many wait as tokens were sent, what is
        stale is in the queue still: sent again, it would only fill a queue that nobody empties.
        """
        filled = {queue: length for queue, length in lengths.items() if length}
        with self._store.statements() as transaction:
            now = transaction.now()
            sent = self._sent(transaction, now) if filled else {}
            stale = {f"stale_{n}": now - resend * factor for n, factor in enumerate(_RESEND_FACTORS)}
            rows = transaction.rows(
                """UPDATE tokens AS t SET sent_at = :now, sends = sends + 1 WHERE id IN (
                    SELECT id FROM tokens WHERE state = 'ready' AND available_at <= :now AND (
                        sent_at IS NULL OR sent_at < :emptied_at OR NOT queue = ANY(:there)
                        AND sent_at < CASE WHEN queue = ANY(:long) THEN :stale_3
                            WHEN sends <= 1 THEN :stale_0 WHEN sends = 2 THEN :stale_1
                            WHEN sends = 3 THEN :stale_2 ELSE :stale_3 END)
                    LIMIT :limit {skip_locked})
                RETURNING """
                + ", ".join(TOKEN_COLUMNS),
                there=[q for q, length in filled.items() if length >= sent.get(q, 0)],
                long=[q for q, length in filled.items() if length > LONG_QUEUE],
                now=now,
                emptied_at=emptied_at or now - timedelta(days=3650),
                limit=limit,
                **stale,
            )
        return [token_of(row) for row in rows]

    def _sent(self, transaction: Transaction, now: datetime) -> dict[str, int]:
        """How many ready tokens of each queue wait for an answer to what was sent."""
        rows = transaction.rows(
            """SELECT queue, count(*) AS tokens FROM tokens
            WHERE state = 'ready' AND available_at <= :now AND sent_at IS NOT NULL GROUP BY queue""",
            now=now,
        )
        return {row["queue"]: row["tokens"] for row in rows}

    def mark_unsent(self, token_ids: Iterable[str]) -> None:
        """The doorbell failed for these: the sweeper sends them as soon as it can.

        Here and below a token that somebody changes now is left out: he decides, and no other waits for it.
        """
        with self._store.statements() as transaction:
            for token_id in token_ids:
                transaction.run(
                    """UPDATE tokens SET sent_at = NULL, sends = CASE WHEN sends > 0 THEN sends - 1 ELSE 0 END
                    WHERE id = (SELECT id FROM tokens WHERE id = :id AND state = 'ready' {skip_locked})""",
                    id=token_id,
                )

    def expired_leases(self, limit: int, *, all_of_them: bool = False) -> list[Lease]:
        """Claimed tokens whose worker was not heard of; at boot of a lone process, all claimed tokens."""
        with self._store.autocommit() as transaction:
            now = transaction.now()
            rows = transaction.rows(
                """SELECT id, instance_id, version_id, epoch, lease_at FROM tokens
                WHERE state = 'running' AND lease_at < :until ORDER BY lease_at LIMIT :limit""",
                until=now + (timedelta(days=3650) if all_of_them else timedelta()),
                limit=limit,
            )
        return [
            Lease(row["id"], row["instance_id"], row["version_id"], row["epoch"], now - row["lease_at"])
            for row in rows
        ]

    def due_timers(self, limit: int, reclaim: timedelta) -> list[DueTimer]:
        """As `timers.take_due`."""
        with self._store.statements() as transaction:
            return timers.take_due(transaction, limit, reclaim)

    def due_starts(self, limit: int, reclaim: timedelta) -> list[str]:
        """As `starts.take_due`."""
        with self._store.statements() as transaction:
            return starts.take_due(transaction, limit, reclaim)

    def now(self) -> datetime:
        """The database's clock."""
        with self._store.autocommit() as transaction:
            return transaction.now()

    def unrouted(self, limit: int) -> list[FollowUp]:
        """Messages and signals that flows threw and whose routing failed, the oldest first."""
        with self._store.autocommit() as transaction:
            found = messages.thrown(transaction, limit)
        return [RouteSignal(id) if kind == "signal" else RouteMessage(id) for id, kind in found]

    def deliverable(self, limit: int) -> list[FollowUp]:
        """Kept messages that can be delivered after all."""
        with self._store.autocommit() as transaction:
            return [DeliverKept(address) for address in messages.deliverable(transaction, limit)]

    def prune(self) -> None:
        """Forgets messages and idempotent answers whose time is over, and logged-out tokens that expired."""
        with self._store.transaction() as transaction:
            now = transaction.now()
            messages.prune(transaction, now)
            answers.prune(transaction, now)
            transaction.run("DELETE FROM revoked_tokens WHERE expires_at < :now", now=now)

    def renew(self, claims: Iterable[Claim], lease: timedelta) -> None:
        """Heartbeat: leases that are still these workers' run on."""
        with self._store.statements() as transaction:
            lease_at = transaction.now() + lease
            for claim in claims:
                transaction.run(
                    """UPDATE tokens SET lease_at = :lease_at WHERE id = (SELECT id FROM tokens
                    WHERE id = :id AND epoch = :epoch AND state = 'running' {skip_locked})""",
                    lease_at=lease_at,
                    id=claim.token_id,
                    epoch=claim.epoch,
                )

    def hand_back(self, claims: Iterable[Claim]) -> None:
        """Shutdown: these nodes are free for another worker at once, and it costs them nothing."""
        with self._store.statements() as transaction:
            for claim in claims:
                transaction.run(
                    """UPDATE tokens SET state = 'ready', epoch = epoch + 1, lease_at = NULL, sent_at = NULL
                    WHERE id = (SELECT id FROM tokens
                        WHERE id = :id AND epoch = :epoch AND state = 'running' {skip_locked})""",
                    id=claim.token_id,
                    epoch=claim.epoch,
                )
