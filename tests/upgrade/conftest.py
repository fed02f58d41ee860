import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from harness.release import checkout

#: The first commit whose stored databases have to go on.
FIRST = "975831e"


@pytest.fixture(scope="session")
def release(pytestconfig: pytest.Config) -> Path:
    """The tree of the earlier release; unpacked, and its bytecode compiled, once for all runs."""
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("releases")
    tree = folder / FIRST
    if not tree.exists():
        unpacked = Path(tempfile.mkdtemp(dir=folder))
        try:
            checkout(FIRST, unpacked)
            with suppress(OSError):  # another process of the run was first
                unpacked.rename(tree)
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
    return tree
