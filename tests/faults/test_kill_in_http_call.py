"""kill -9 in the middle of an HTTP node's call."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness.caller import Api, wait_for
from harness.processes import BOOT, Dev, Process
from tests.flows import http, line
from tests.product import Product
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory


class SlowServer:
    """Holds its first call until the caller is dead; answers the others."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                slow.keys.append(self.headers["Idempotency-Key"])
                if len(slow.keys) == 1:
                    slow.released.wait(60)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the caller is killed
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def test_after_a_kill_of_the_lone_process_the_called_server_has_seen_one_key_only(tmp_path: Path) -> None:
    slow = SlowServer()
    dev = Dev(tmp_path / "data", ALLOWED_PRIVATE_HOSTS=slow.host)
    try:
        with dev:
            facts = dev.facts()
            document = tmp_path / "call.json"
            document.write_text(json.dumps(line(http("call", f"http://{slow.host}/pay"))))
            api = Api(facts["url"], facts["orgKey"])
            process_id = api.publish(json.loads(document.read_text()))
            instance = api.start(process_id)
            wait_for(lambda: slow.keys, lambda: dev.output)
            dev.kill()
            slow.released.set()
            dev.start()
            dev.facts()
            api.until(instance, "COMPLETED")
            assert len(slow.keys) == 2
            assert len(set(slow.keys)) == 1
            assert api.visited(instance) == ["start", "call", "end"]
            api.close()
    finally:
        slow.close()


def test_after_a_kill_of_a_worker_another_takes_over_under_the_same_key(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    slow = SlowServer()
    try:
        with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Product(stores) as product:
            environment = stores.environment(ALLOWED_PRIVATE_HOSTS=slow.host, LEASE_SECONDS="2")
            definition = line(
                http("call", f"http://{slow.host}/pay", input={"timeout": "PT1S"}, retry={"maxAttempts": 1})
            )
            instance = product.api.start(product.api.publish(definition))
            words = ("python", "-m", "workers", "--threads", "2")
            with Process(tmp_path / "first.log", *words, **environment) as first:
                wait_for(lambda: slow.keys, lambda: first.output, BOOT)
                first.kill()
            slow.released.set()
            with Process(tmp_path / "second.log", *words, **environment):
                product.api.until(instance, "COMPLETED")
            assert len(set(slow.keys)) == 1
            assert product.api.visited(instance) == ["start", "call", "end"]
    finally:
        slow.close()
