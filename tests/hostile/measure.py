"""What an expression takes, measured in a process of its own: steps, processor time and peak of memory.

Only the steps are the same everywhere, and only they are asserted in a test. Time and memory are what a
machine makes of them.
"""

import gc
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from time import thread_time
from typing import Any

from tests.hostile.corpus import SYNTAX, UNDEFINED, VALUE, Case
from workers.flow.values.expression import (
    ExpressionError,
    ExpressionSyntaxError,
    Scope,
    Undefined,
    compile_expression,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CRASH = "CRASH"

_UNIT = 1024 if sys.platform == "darwin" else 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case ended. `code` is an ExpressionError's, or SYNTAX, VALUE or CRASH."""

    source: str
    code: str
    message: str
    value: Any
    steps: int
    seconds: float = 0.0
    """Processor time of compiling it or of evaluating it, whichever took longer."""
    megabytes: float = 0.0
    """Peak of the process's memory over what it had before it compiled."""


def measured(cases: Sequence[Case]) -> Iterator[Outcome]:
    """Measures each case in a fork of this process, where no earlier one has grown the heap."""
    run(Case("", "$sum([1..3])", {}, VALUE, 6))  # what is imported late is there before the fork
    gc.collect()
    gc.freeze()
    for case in cases:
        yield forked(run, case)


def forked(work: Callable[[Case], Outcome], case: Case) -> Outcome:
    """What the work comes to in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(asdict(work(case))).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        line = lines.read()
    _, status = os.waitpid(child, 0)
    if not line:
        return Outcome(shown(case.source), CRASH, f"status {status}", None, 0)
    return Outcome(**json.loads(line))


def run(case: Case) -> Outcome:
    """Compiles and evaluates it in this process."""
    compile_expression("1 + 1").evaluate({}, now=NOW)  # maps the code, which is not the case's doing
    before = peak()
    scope = Scope(case.variables, NOW, case.bounds)
    code, message, value, times = VALUE, "", None, [thread_time()]
    try:
        expression = compile_expression("=" + case.source, case.bounds)
        times.append(thread_time())
        value = expression.evaluate_in(scope)
    except ExpressionSyntaxError as error:
        code, message = SYNTAX, str(error)
    except ExpressionError as error:
        code, message = error.code, error.message
    times.append(thread_time())
    longest = max(end - start for start, end in pairwise(times))
    short = UNDEFINED if isinstance(value, Undefined) else value if len(repr(value)) < 200 else "…"
    return Outcome(shown(case.source), code, message, short, scope.meter.steps, longest, peak() - before)


def shown(source: str) -> str:
    """An expression as a table shows it."""
    return source if len(source) <= 70 else source[:69] + "…"


def peak() -> float:
    """The most memory, in megabytes, that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / _UNIT
