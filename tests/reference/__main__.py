"""`python -m tests.reference` asks the reference implementation again and keeps what it answers."""

import sys

from tests.reference.answers import KEPT, MISSING, ask, written


def main() -> int:
    """Writes the table of answers; the exit status."""
    if MISSING is not None:
        sys.stderr.write(f"{MISSING}\n")
        return 1
    KEPT.write_text(written(ask()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
