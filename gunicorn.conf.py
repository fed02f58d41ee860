"""What gunicorn does besides the Procfile's options, for workers that wait for jobs."""

import signal
from types import FrameType
from typing import Any


def post_worker_init(worker: Any) -> None:
    """Half of the threads may wait for jobs, so that others are served meanwhile.

    On SIGTERM nobody waits any longer, so that gunicorn's own end is not held up by it.
    """
    engine = worker.wsgi.extensions["procession"].engine
    engine.seat_polls(worker.cfg.threads // 2)
    end: Any = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        engine.stopping.set()
        end(number, frame)

    signal.signal(signal.SIGTERM, stop)
