"""What a start and a node cost, beside another commit: `python -m benchmarks cost --against REV`.

A pair is a fresh deployment of either side as the Procfile of its tree has it, with the packages of this
environment: web and two worker processes of eight threads, on an empty database of PostgreSQL (fsync on) and
an empty Valkey, both from wheels. In turn, the other one first in each turn, they run instances of three
flows: ten plain nodes, ten nodes with decisions and 1 kB of data, a fork to eight and its join. The workers
are paused while instances start, so that they find full queues, and while it is the other side's turn.

The figures are milliseconds of processor time, user and system: of all processes of web for each start, and
of all processes of workers for each node of the history. Databases and callers are not in them. What else
runs on the machine shares its caches, and so matters to them too, but far less than to the nodes per second
beside them, which are by the clock. `all` is over the three flows. Of each figure are printed the median of
either side, and the median and the quartiles of the ratios of the pairs.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.comparison import compare
from benchmarks.deployment import Deployment, deployed, make_template
from benchmarks.side import LOADS, Side
from harness.postgres import PostgresServer
from harness.processes import ROOT
from harness.release import checkout

#: How often the sides take turns within a pair: what slows the machine for some seconds slows both of them.
TURNS = 4

Figures = dict[str, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--against", required=True, metavar="REV", help="the commit to compare with")
    parser.add_argument("--of", metavar="REV", help="the commit that is compared (default: the working tree)")
    parser.add_argument("--pairs", type=int, default=15, help="pairs of deployments, from 2 on (default: 15)")
    parser.add_argument(
        "--instances", type=int, default=30, help="instances of each flow a turn (default: 30)"
    )
    parser.add_argument("--callers", type=int, default=8, help="HTTP callers at once (default: 8)")


def run(arguments: argparse.Namespace) -> None:
    """Measures the pairs, and prints the comparison of each figure."""
    if arguments.pairs < 2:
        sys.exit("--pairs: two or more, since one has no quartiles")
    revisions = arguments.of, arguments.against
    pairs: list[tuple[Figures, Figures]] = []
    with tempfile.TemporaryDirectory() as temporary, PostgresServer() as postgres:
        folder = Path(temporary)
        trees = [checkout(revision, folder / revision) if revision else ROOT for revision in revisions]
        one, other = (make_template(tree, postgres, folder) for tree in trees)
        for number in range(arguments.pairs):
            with deployed(one, postgres, folder) as ours, deployed(other, postgres, folder) as theirs:
                pairs.append(measure(ours, theirs, arguments.instances, arguments.callers))
            _print_progress(f"pair {number + 1} of {arguments.pairs}", *pairs[-1])
    _print_comparison([revision or "working tree" for revision in revisions], pairs)


def measure(ours: Deployment, theirs: Deployment, instances: int, callers: int) -> tuple[Figures, Figures]:
    """The figures of both sides of a pair, by name."""
    with ours.worker, theirs.worker:
        one, other = Side(ours, callers), Side(theirs, callers)
        for turn in range(TURNS):
            for name in LOADS:
                for side in (one, other) if turn % 2 == 0 else (other, one):
                    side.run(name, instances)
    return one.figures(), other.figures()


def _print_progress(pair: str, ours: Figures, theirs: Figures) -> None:
    ratios = (f"{what} {ours[what] / theirs[what]:.3f}" for what in ours if what.endswith("all"))
    print(f"{pair}, ratios: {'; '.join(ratios)}", file=sys.stderr)


def _print_comparison(names: list[str], pairs: list[tuple[Figures, Figures]]) -> None:
    print(f"{'':38}{names[0]:>14.14}{names[1]:>14.14}{'ratio':>8}  quartiles")
    for what in pairs[0][0]:
        seen = compare([(ours[what], theirs[what]) for ours, theirs in pairs])
        spread = f"{seen.lower:.3f} to {seen.upper:.3f}"
        print(f"{what:38}{seen.ours:14.3f}{seen.theirs:14.3f}{seen.ratio:8.3f}  {spread}")
