"""A worker: Dramatiq's threads, the sweeper and the heartbeat, started and stopped together."""

import time
from typing import Any

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker

from models.db import Database
from models.errors import Busy, Unavailable
from models.settings import Settings
from workers.broker import ACTOR_NAME, Doorbell, make_broker
from workers.engine.context import FOLLOW_UPS
from workers.engine.doorbell import TokenRef
from workers.engine.engine import Engine
from workers.heartbeat import Heartbeat
from workers.sweeper import Pace, Sweeper, take_back_all
from workers.tasks import load_task_modules

log = structlog.get_logger(__name__)

#: The longest pause between two looks of an idle thread into its queue, in milliseconds.
IDLE_POLL = 100


def register_actor(broker: RedisBroker, engine: Engine) -> None:
    """The one generic actor: executes one node and enqueues what is ready next."""

    def execute_node(*arguments: Any) -> None:
        ref = TokenRef(*arguments)
        with structlog.contextvars.bound_contextvars(instance=ref.instance_id, node=ref.node_id):
            engine.execute(ref)

    dramatiq.actor(actor_name=ACTOR_NAME, broker=broker)(execute_node)


class WorkerRuntime:
    """Use once: `start`, then `stop`."""

    def __init__(
        self,
        settings: Settings,
        *,
        threads: int,
        queues: list[str] | None = None,
        database: Database | None = None,
        pace: Pace | None = None,
        follow_ups: int = FOLLOW_UPS,
    ) -> None:
        load_task_modules(settings.task_modules)
        self.settings = settings
        self.database = database or Database(settings)
        self.broker = make_broker(settings)
        self.doorbell = Doorbell(self.broker)
        self.engine = Engine(settings, self.database, self.doorbell, follow_ups=follow_ups)
        register_actor(self.broker, self.engine)
        self._worker = dramatiq.Worker(
            self.broker,
            queues=set(queues) if queues else None,
            worker_threads=threads,
            worker_timeout=IDLE_POLL,
        )
        self._sweeper = Sweeper(self.engine, self.doorbell, pace)
        self._heartbeat = Heartbeat(self.engine)

    def start(self) -> None:
        if self.settings.embedded:
            take_back_all(self.engine)
        # A worker that is started by hand does not tell its middleware so.
        self.broker.emit_after("process_boot")
        self._worker.start()
        self._sweeper.start()
        self._heartbeat.start()

    def stop(self) -> None:
        """Takes no more nodes, gives running ones time to end, and hands back the leases of the rest."""
        self._sweeper.stop()
        deadline = time.monotonic() + self.settings.shutdown_seconds
        try:
            self._worker.stop(timeout=int(self.settings.shutdown_seconds * 1000))
        except Exception:
            # With Redis away Dramatiq cannot give back the messages it holds; the sweeper sends them again.
            log.exception("the queues could not be left in order")
        finally:
            self.engine.stopping.set()
            while self.engine.claims and time.monotonic() < deadline:
                time.sleep(0.05)
            self._hand_back()
            self._heartbeat.stop()
            self._sweeper.join(timeout=5)
            self.engine.close()

    def _hand_back(self) -> None:
        left = list(self.engine.claims)
        if not left:
            return
        log.warning("leases are handed back", nodes=len(left))
        try:
            self.engine.upkeep.hand_back(left)
        except (Busy, Unavailable):
            log.warning("leases could not be handed back; they run out")
