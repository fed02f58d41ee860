"""An earlier release, from the history of this repository: what its code stores."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

#: The first commit whose stored databases have to go on.
FIRST = "975831e"

#: How long a release may take to store all cases, in seconds; a machine that is busy takes long to start.
PATIENCE = 300.0


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
