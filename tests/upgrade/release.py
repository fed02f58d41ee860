"""An earlier release, from the history of this repository: its code, and what it stores."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

#: The first commit whose stored databases have to go on.
FIRST = "975831e"

#: How long a release may take to store all cases, in seconds; a machine that is busy takes long to start.
PATIENCE = 300.0


def checkout(commit: str, folder: Path) -> Path:
    """Unpacks the tree of a commit; a clone that does not reach back to it fails with that word."""
    git = ["git", "-C", str(ROOT), "archive", "--format=tar", commit]
    done = subprocess.run(git, capture_output=True, check=False)
    if done.returncode:
        pytest.fail(f"this clone is shallow, and has no commit {commit}: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def run(tree: Path, script: Path, given: object) -> Any:
    """Runs a script of this folder under the code of `tree`: JSON goes in and comes out."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tree, env=environment, input=json.dumps(given).encode(),
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])
