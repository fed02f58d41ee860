"""No expression can hurt: each of the corpus ends by a bound, which it names, wherever it runs."""

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
from tests.hostile.corpus import CORPUS, FAMILIES, FULL, SMALL, SYNTAX, VALUE, Case
from tests.hostile.measure import NOW, Outcome, run
from tests.unit.simulation import Simulation
from workers.flow.jsonata.bounds import BOUNDS
from workers.flow.values.expression import ExpressionError, compile_expression
from workers.flow.values.template import compile_template, percent_encode

MESSAGES = {
    "EXPRESSION_TOO_COSTLY": "more than 12,000 steps",
    "EXPRESSION_TOO_DEEP": "deeper than 60 levels",
    "EXPRESSION_TOO_MUCH_MEMORY": "holds too much in memory",
    "EXPRESSION_VALUE_TOO_LARGE": "too large|exceed",
    "EXPRESSION_VALUE_TOO_DEEP": "deeper than 20 levels",
    "EXPRESSION_STRING_TOO_LONG": "exceed 1,100 characters",
    "EXPRESSION_ARGUMENT_TOO_LARGE": "too (large|long|often)|exceeds",
    "EXPRESSION_FAILED": "^(?!the expression failed)",
    SYNTAX: r"at character \d",
}
"""What its message says of each end."""


@pytest.mark.parametrize("family", FAMILIES)
def test_each_expression_ends_as_the_corpus_says(family: str) -> None:
    cases = [case for case in CORPUS if case.family == family]
    assert [outcome for case in cases if not _right(case, outcome := run(case))] == []


def _right(case: Case, outcome: Outcome) -> bool:
    if case.ends == VALUE:
        return outcome.code == VALUE and outcome.value == case.value
    return outcome.code == case.ends and re.search(MESSAGES[case.ends], outcome.message) is not None


def test_the_corpus_holds_as_many_families_and_expressions_as_ever_and_none_twice() -> None:
    assert len(CORPUS) >= 368
    assert len(FAMILIES) == 11
    assert len({case.source for case in CORPUS}) == len(CORPUS)


def test_the_costliest_lawful_expression_fits_ten_times_in_the_bound() -> None:
    steps = max(run(case).steps for case in CORPUS if case.ends == VALUE)
    assert 10 * steps <= BOUNDS.steps <= 20 * steps


def test_the_products_own_bound_ends_what_would_take_some_seconds() -> None:
    outcome = run(FULL[0])
    assert outcome.code == FULL[0].ends
    assert BOUNDS.steps < outcome.steps < BOUNDS.steps + 1_000


def test_an_expression_that_is_over_a_bound_is_over_it_wherever_it_runs() -> None:
    # In another thread, deep in a stack, and with other expressions before it: the same steps.
    case = next(case for case in CORPUS if case.family == "loops")
    with ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(_below, 300, case).result()
    assert elsewhere.steps == run(case).steps


def _below(frames: int, case: Case) -> Outcome:
    return _below(frames - 1, case) if frames else run(case)


def test_the_clock_is_the_last_stop_with_a_word_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 7))
    monkeypatch.setattr("workers.flow.jsonata.meter.thread_time", lambda: next(clock))
    with pytest.raises(ExpressionError, match="longer than 10 seconds") as stopped:
        compile_expression(FULL[0].source).evaluate({}, now=NOW)
    assert stopped.value.code == "EXPRESSION_TIMEOUT"


def test_the_measurement_sees_the_memory_that_is_taken_and_a_process_that_dies() -> None:
    program = """
from tests.hostile.measure import CRASH, Case, Outcome, forked, peak, run

def hungry(case):
    before = peak()
    held = [{} for _ in range(1_000_000)]
    return Outcome("", "", "", len(held), 0, 0.0, peak() - before)

def dying(case):
    raise MemoryError

quiet = Case("", "1 + 1", {}, "VALUE", 2)
assert forked(run, quiet).megabytes < 8 < forked(hungry, quiet).megabytes
assert forked(dying, quiet).code == CRASH
"""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True, capture_output=True)


def test_the_measurement_prints_what_it_finds() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.hostile", "--json", "depth"]
    printed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    found = [Outcome(**json.loads(each)) for each in printed.splitlines()]
    assert [each.code for each in found] == [case.ends for case in CORPUS if case.family == "depth"]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("=[1..500].([1..500].($ * 2))", "EXPRESSION_TOO_COSTLY"),
        ("=$pad('', 2e6)", "EXPRESSION_ARGUMENT_TOO_LARGE"),
        ("=($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(300))", "EXPRESSION_TOO_DEEP"),
    ],
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
        for case in CORPUS:
            if case.ends not in (VALUE, SYNTAX):
                with pytest.raises(ExpressionError):
                    compile_expression(case.source, SMALL).evaluate(case.variables, now=NOW, bounds=SMALL)
                seen.append(total.evaluate(orders, now=NOW))
        return seen

    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(work).result()
    assert set(seen) == {11}


def test_a_thread_with_a_small_stack_is_enough_for_the_deepest_expression() -> None:
    # As deep as the product's own bound allows, through what takes the most stack for a level.
    calls = [
        "1 + $f($n - 1)",
        "$map([$n - 1], $f) & ''",
        "[2, 1]^($f($n - 1))",
        "$sort([1, 2], function() { $f($n - 1) > 0 })",
        "$replace('a', /a/, function() { $f($n - 1) })",
        "{'a': 1} ~> |$|{'b': $f($n - 1)}|",
    ]
    sources = [f"($f := function($n) {{ $n = 0 ? 'b' : {call} }}; $f(300))" for call in calls]
    codes: list[str] = []
    before = threading.stack_size(2 * 1024 * 1024)  # Linux gives a thread 8 MiB
    try:
        cases = [Case("", source, {}, "", None, BOUNDS) for source in sources]
        thread = threading.Thread(target=lambda: codes.extend(run(case).message for case in cases))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert len(codes) == len(sources)
    assert [each for each in codes if "deeper than 900 levels" not in each] == []


def test_a_value_that_is_too_long_for_a_url_is_refused_before_it_is_encoded() -> None:
    url = compile_template("https://a.example/{name}", quote=percent_encode)
    with pytest.raises(ExpressionError, match="exceeds 250 characters") as refused:
        url.evaluate({"name": "\N{PILE OF POO}" * 251}, now=NOW, bounds=SMALL)
    assert refused.value.code == "EXPRESSION_ARGUMENT_TOO_LARGE"
