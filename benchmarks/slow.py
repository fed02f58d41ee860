"""Milliseconds until `procession dev` answers a start whose first node takes three seconds."""

import argparse
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.flows import calling
from benchmarks.table import print_table
from harness.caller import Api
from harness.processes import Dev

STARTS = 20


class Slow(BaseHTTPRequestHandler):
    """Answers each call after three seconds."""

    def do_POST(self) -> None:
        time.sleep(3)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own word
        """Nothing to say."""


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_arguments: argparse.Namespace) -> None:
    """Measures the starts one after the other, and prints them."""
    print_table({"POST /process/exec while its node works, ms": starts_of_a_slow_node()})


def starts_of_a_slow_node() -> list[float]:
    """Milliseconds that each start took to be answered."""
    slow = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=slow.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{slow.server_port}"
    with (
        tempfile.TemporaryDirectory() as folder,
        Dev(Path(folder) / "data", ALLOWED_PRIVATE_HOSTS=host) as dev,
    ):
        facts = dev.facts()
        api = Api(facts["url"], facts["orgKey"])
        process_id = api.publish(calling(f"http://{host}/").definition)
        waits = []
        for _ in range(STARTS):
            began = time.monotonic()
            instance = api.start(process_id)
            waits.append((time.monotonic() - began) * 1000)
        api.until(instance, "COMPLETED")
    slow.shutdown()
    return waits
