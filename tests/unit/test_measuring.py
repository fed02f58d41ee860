"""What the benchmarks compare, count and run is what they say it is."""

import subprocess
import sys

import pytest

from benchmarks.comparison import compare
from benchmarks.flows import Load, calling, decisions, fork, plain
from benchmarks.processor import processor_seconds
from workers.flow.compiler.compile import compile_flow

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_ratios_are_taken_pair_by_pair_and_not_of_the_medians() -> None:
    # The machine was three times as slow in the second pair, and our side costs twice as much in each.
    seen = compare([(2.0, 1.0), (6.0, 3.0), (2.2, 1.1)])
    assert (seen.ours, seen.theirs) == (2.2, 1.1)
    assert (seen.lower, seen.ratio, seen.upper) == (2.0, 2.0, 2.0)


def test_quartiles_are_of_the_ratios() -> None:
    seen = compare([(ratio, 1.0) for ratio in (1.04, 1.0, 1.02, 1.08, 1.06)])
    assert (seen.lower, seen.ratio, seen.upper) == pytest.approx((1.02, 1.04, 1.06))


def test_the_time_of_a_process_includes_its_children_those_that_have_ended_too() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); print(); input()"
    running = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    parent = subprocess.Popen([sys.executable, "-c", running], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout
    assert parent.stdin
    parent.stdout.readline()  # the grandchild that burns has ended, and its parent waits
    assert processor_seconds(parent.pid) >= 0.3
    parent.communicate(b"\n")


@pytest.mark.parametrize("load", [plain(10), decisions(), fork(8), calling("http://127.0.0.1:1/")])
def test_each_flow_that_is_measured_can_be_published(load: Load) -> None:
    graph, problems = compile_flow(load.definition)
    assert graph is not None
    assert not [each for each in problems if each.severity == "error"]
