"""What gunicorn does besides the Procfile's options: workers that wait for jobs are answered at its end."""

import signal
from types import FrameType
from typing import Any


def post_worker_init(worker: Any) -> None:
    """On SIGTERM no poll for jobs waits any longer, so that gunicorn's own end is not held up by it."""
    stopping = worker.wsgi.extensions["procession"].engine.stopping
    end: Any = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        end(number, frame)

    signal.signal(signal.SIGTERM, stop)
