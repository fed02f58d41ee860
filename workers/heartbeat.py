"""Renews the leases of the nodes that run in this process."""

import threading

import structlog

from models.errors import Busy, Unavailable
from workers.engine.engine import Engine

log = structlog.get_logger(__name__)


class Heartbeat(threading.Thread):
    def __init__(self, engine: Engine) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._engine = engine
        self._stop_asked = threading.Event()

    def run(self) -> None:
        # Three beats within a lease: one may be lost and one late.
        while not self._stop_asked.wait(self._engine.settings.lease_seconds / 3):
            claims = list(self._engine.claims)
            if not claims:
                continue
            try:
                self._engine.upkeep.renew(claims, self._engine.settings.lease)
            except (Busy, Unavailable):
                log.warning("leases could not be renewed", nodes=len(claims))
            except Exception:
                log.exception("leases could not be renewed", nodes=len(claims))

    def stop(self) -> None:
        self._stop_asked.set()
