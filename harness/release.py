"""The tree of a commit of this repository, to run its code in place of today's."""

import subprocess
from pathlib import Path

from harness.processes import ROOT


class NoSuchCommitError(RuntimeError):
    """This clone does not have the commit; one that is shallow does not reach back to it."""


def checkout(commit: str, folder: Path) -> Path:
    """Unpacks the tree of a commit into a folder; its code runs where PYTHONPATH names that.

    Raises:
        NoSuchCommitError: the clone has no such commit.
    """
    git = ["git", "-C", str(ROOT), "archive", "--format=tar", commit]
    done = subprocess.run(git, capture_output=True, check=False)
    if done.returncode:
        raise NoSuchCommitError(
            f"there is no commit {commit} here; where this clone is shallow: git fetch --unshallow"
        )
    # Not by `tarfile`: without a filter it warns on some versions of Python, and others know none.
    tar = ["tar", "-x", "-C", str(folder)]
    subprocess.run(tar, input=done.stdout, check=True)
    return folder
