"""The server outside that the flows of the stories call."""

import socket
import threading

from tests.unit.local_server import LocalServer, Received, http

OK = http(200, "Content-Type: application/json", body=b'{"ok": true}')


class Outside(LocalServer):
    """Answers `{"ok": true}`; below /missing 404, and below /held only once `release` was called."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self._released = threading.Event()

    def release(self) -> None:
        self._released.set()

    def headers(self, path: str) -> list[dict[str, str]]:
        """Those of each request for the path, in their order."""
        return [each.headers for each in self.requests if each.target == path]

    def _answer(self, connection: socket.socket, received: Received) -> None:
        if received.target.startswith("/held"):
            self._released.wait()
        connection.sendall(http(404) if received.target.startswith("/missing") else OK)

    def __exit__(self, *_: object) -> None:
        self.release()
        super().__exit__()
