"""Seconds from `git clone` by way of `make run` to a new user's first completed instance."""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.table import print_table
from harness.caller import Api, wait_for
from harness.processes import ROOT, Process
from harness.server import free_port

#: Long enough to install everything on the slowest machine, in seconds.
LONG = 600.0


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_arguments: argparse.Namespace) -> None:
    """Measures once, and prints it."""
    print_table({"clone to first completed instance (s)": [clone_to_first_instance()]})


def clone_to_first_instance() -> float:
    """Clones this repository, runs it, and brings one of its examples to the end; the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        clone, port, began = Path(folder) / "procession", free_port(), time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        with Process(Path(folder) / "run.log", "make", "-C", str(clone), "run", f"PORT={port}") as run:
            file = clone / ".procession" / "dev.json"
            wait_for(lambda: file.exists() or not run.is_running(), lambda: run.output, LONG)
            facts = json.loads(file.read_text())
            api = Api(facts["url"], facts["orgKey"])
            wait_for(api.is_ready, lambda: run.output, LONG)
            api.message("reminder-seen", "first", data={"by": "me"})
            instance = api.start(facts["flows"]["Reminder"], {"delay": "PT0S"}, correlationKey="first")
            api.until(instance, "COMPLETED")
            return time.monotonic() - began
