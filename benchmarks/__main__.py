"""`python -m benchmarks WHAT`, or `make bench ARGS=WHAT`. Where nothing is said, speed is measured."""

import argparse
import signal
import sys

from benchmarks import clone, cost, slow, speed

MEASUREMENTS = {"speed": speed, "cost": cost, "clone": clone, "slow": slow}


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    for name, measurement in MEASUREMENTS.items():
        told = measurement.__doc__ or ""
        command = commands.add_parser(
            name,
            help=told.splitlines()[0],
            description=told,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        measurement.add_arguments(command)
    arguments = parser.parse_args(words or ["speed"])
    # So that all that was started ends too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    MEASUREMENTS[arguments.what].run(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
