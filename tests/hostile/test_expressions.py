"""No expression can hurt: each of the corpus ends, by a bound that it names, within its time and memory."""

import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.flows import line, script
from tests.hostile.corpus import CORPUS, FAMILIES, SYNTAX, TIMEOUT, TOO_DEEP, TOO_LARGE, VALUE, Case
from tests.hostile.measure import MEGABYTES, NOW, SECONDS, Outcome, run
from tests.unit.simulation import Simulation
from workers.flow.expression import ExpressionError, compile_expression
from workers.flow.template import compile_template, percent_encode

BOUNDS = {
    TIMEOUT: "takes longer than 150 ms",
    TOO_LARGE: "too (large|long|much|often)|exceed",
    TOO_DEEP: "too deeply|deeper than",
    SYNTAX: r"at character \d",
    "EXPRESSION_FAILED": "^(?!the expression failed)",
}
"""What its message says of each end."""

LOOP = "=($f := function() { $f() }; $f())"


@pytest.mark.parametrize("family", FAMILIES)
def test_each_expression_ends_as_the_corpus_says_within_250_ms_and_64_mb(family: str) -> None:
    cases = [case for case in CORPUS if case.family == family]
    ran = _python("-m", "tests.hostile", "--json", family)
    outcomes = [Outcome(**json.loads(each)) for each in ran.stdout.splitlines()]
    wrong = [outcome for case, outcome in zip(cases, outcomes, strict=True) if not _right(case, outcome)]
    assert wrong == []


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python, as what is measured is forked from a process with one thread and a small heap."""
    root = Path(__file__).parents[2]
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=240, check=True)


def _right(case: Case, outcome: Outcome) -> bool:
    if case.ends == VALUE:
        # Over much data the time may be up first, on a slow machine.
        slow = bool(case.variables) and outcome.code == TIMEOUT
        ended = slow or (outcome.code == VALUE and outcome.value == case.value)
    else:
        # On a slow machine the time may be up first, on a fast one the memory.
        ends = {case.ends, *({TOO_LARGE, TIMEOUT} if case.ends in (TOO_LARGE, TOO_DEEP, TIMEOUT) else ())}
        ended = outcome.code in ends and re.search(BOUNDS[outcome.code], outcome.message) is not None
    return ended and outcome.seconds <= SECONDS and outcome.megabytes <= MEGABYTES


def test_the_corpus_refuses_a_hundred_expressions_and_holds_none_twice() -> None:
    assert len([case for case in CORPUS if case.ends != VALUE]) >= 100
    assert len({case.source for case in CORPUS}) == len(CORPUS)


def test_the_measurement_sees_the_memory_that_is_taken_and_a_process_that_dies() -> None:
    program = """
from tests.hostile.measure import CRASH, MEGABYTES, Case, Outcome, forked, peak, run

def hungry(case):
    before = peak()
    held = [{} for _ in range(1_000_000)]
    return Outcome("", "", "", len(held), 0.0, peak() - before)

def dying(case):
    raise MemoryError

quiet = Case("", "1 + 1", {}, "VALUE", 2)
assert forked(run, quiet).megabytes < 2
assert forked(hungry, quiet).megabytes > MEGABYTES
assert forked(dying, quiet).code == CRASH
"""
    _python("-c", program)


@pytest.mark.parametrize(
    ("source", "code"),
    [(LOOP, TIMEOUT), ("=$pad('', 1e9)", TOO_LARGE), ("=($f := function() { 1 + $f() }; $f())", TOO_DEEP)],
)
def test_in_a_flow_it_is_an_incident_of_that_code_at_its_node(source: str, code: str) -> None:
    simulation = Simulation(line(script("hostile", source))).run()
    token = simulation.at("hostile")
    assert simulation.incidents == {token.id: code}
    assert simulation.status == "RUNNING"


def test_the_thread_that_ran_a_hostile_expression_goes_on_as_before() -> None:
    orders: dict[str, Any] = {"lines": [{"price": 2, "count": 3}, {"price": 5, "count": 1}]}
    total = compile_expression("=$sum(lines.(price * count))")

    def work() -> list[Any]:
        seen: list[Any] = []
        for case in CORPUS[::12]:
            if case.ends not in (VALUE, SYNTAX):
                with pytest.raises(ExpressionError):
                    compile_expression(case.source).evaluate(case.variables, now=NOW)
                seen.append(total.evaluate(orders, now=NOW))
        return seen

    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(work).result()
    assert set(seen) == {11}


def test_a_thread_with_a_small_stack_is_enough_for_the_deepest_expression() -> None:
    deep = [case for case in CORPUS if case.family in ("recursion", "depth") and case.ends == TOO_DEEP]
    codes: list[str] = []
    before = threading.stack_size(2 * 1024 * 1024)  # Linux gives a thread 8 MiB
    try:
        thread = threading.Thread(target=lambda: codes.extend(run(case).code for case in deep))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert len(codes) == len(deep)
    assert set(codes) <= {TOO_DEEP, TOO_LARGE, TIMEOUT}


def test_a_value_that_is_too_long_for_a_url_is_refused_before_it_is_encoded() -> None:
    url = compile_template("https://a.example/{name}", quote=percent_encode)
    with pytest.raises(ExpressionError, match="exceeds 100000 characters") as refused:
        url.evaluate({"name": "\N{PILE OF POO}" * 250_000}, now=NOW)
    assert refused.value.code == TOO_LARGE
