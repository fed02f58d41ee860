"""Dramatiq's broker on Redis, and the doorbell that rings through it."""

import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.retry import Retry

from models.settings import Settings
from workers.engine.doorbell import TokenRef
from workers.semantics.situation import Token

log = structlog.get_logger(__name__)

#: The one actor. Its name and arguments are stored in Redis by one release and read by the next.
ACTOR_NAME = "execute_node"

#: Sending gives up after this long, in seconds, so that a start is answered with Redis hanging.
SEND_WAIT = 0.5

#: After a failure nothing is sent for this long, in seconds: the sweeper catches up.
PAUSE = 1.0

#: A key that is gone when Redis was emptied.
_MARKER = "procession:marker"


def make_client(settings: Settings) -> redis.Redis:
    """A client whose pool blocks instead of failing when every connection is in use."""
    if settings.embedded:
        import fakeredis  # not needed, so not loaded, where there is a real Redis

        return fakeredis.FakeRedis(server=fakeredis.FakeServer())
    options: dict[str, Any] = {}
    if settings.redis_url.startswith("rediss://") and not settings.redis_tls_verify:
        options["ssl_cert_reqs"] = None
    pool = redis.BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=settings.redis_pool,
        timeout=SEND_WAIT,
        socket_timeout=SEND_WAIT,
        socket_connect_timeout=SEND_WAIT,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 0),
        **options,
    )
    return redis.Redis(connection_pool=pool)


def make_broker(settings: Settings) -> RedisBroker:
    """A broker without middleware of its own: no retries, no time limits, no results; SQL has all that."""
    broker = RedisBroker(client=make_client(settings), middleware=[])  # type: ignore[no-untyped-call]
    for queue in settings.queues:
        broker.declare_queue(queue)
    return broker


class Doorbell:
    """Rings through Dramatiq. Safe to share between threads."""

    def __init__(self, broker: RedisBroker) -> None:
        self._broker = broker
        self._quiet_until = 0.0

    def ring(self, tokens: Collection[Token]) -> list[Token]:
        """Sends a message for each token; returns those that could not be sent. Never raises."""
        waiting = list(tokens)
        while waiting and time.monotonic() >= self._quiet_until:
            try:
                self._broker.enqueue(_message(waiting[0]))
            except (redis.RedisError, OSError) as error:
                self._quiet_until = time.monotonic() + PAUSE
                log.warning("the doorbell does not ring", reason=f"{type(error).__name__}: {error}")
            except Exception:
                self._quiet_until = time.monotonic() + PAUSE
                log.exception("the doorbell does not ring")
            else:
                waiting.pop(0)
        return waiting

    def was_emptied(self) -> bool:
        """Whether Redis lost what it held: then everything that is ready is sent, and `mark` says so."""
        try:
            return not self._broker.client.exists(_MARKER)
        except (redis.RedisError, OSError):
            return False  # not known: it does not answer

    def mark(self) -> None:
        """Everything that is ready was sent to this Redis."""
        with suppress(redis.RedisError, OSError):
            self._broker.client.set(_MARKER, "1")

    def lengths(self) -> dict[str, int]:
        """How many messages wait in each queue for a worker; none where Redis does not answer."""
        queues = sorted(self._broker.get_declared_queues())
        try:
            return {queue: self._broker.client.llen(f"{self._broker.namespace}:{queue}") for queue in queues}
        except (redis.RedisError, OSError):
            return {}


def _message(token: Token) -> "dramatiq.Message[Any]":
    return dramatiq.Message(
        queue_name=token.queue,
        actor_name=ACTOR_NAME,
        args=TokenRef.of(token).arguments,
        kwargs={},
        options={},
    )
