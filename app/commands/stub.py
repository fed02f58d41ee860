"""The outside systems of the complaint example, played by a small local server of `procession dev`."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: A refund of more than this is refused with 422, so that the error path of the example can be seen.
LARGEST_REFUND = 10_000


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            self._answer(400, {"error": "not JSON"})
            return
        if self.path == "/classify":
            text = str(body.get("text", "")).lower()
            label = "billing" if any(word in text for word in ("charged", "invoice", "paid")) else "other"
            self._answer(200, {"label": label})
        elif self.path.startswith("/refunds/"):
            amount = body.get("amount")
            if not isinstance(amount, int | float) or amount > LARGEST_REFUND:
                self._answer(422, {"error": f"refunds end at {LARGEST_REFUND}"})
            else:
                self._answer(200, {"refund": self.path.removeprefix("/refunds/"), "amount": amount})
        else:
            self._answer(404, {"error": "no such path"})

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the engine logs its own calls."""


class StubServer:
    """Answers on loopback until the process ends."""

    def __init__(self, port: int) -> None:
        """Raises OSError when the port is taken; 0 takes a free one."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, name="stub", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
