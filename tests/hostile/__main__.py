"""`python -m tests.hostile [FAMILY…]` measures the corpus and prints a table, with `--json` lines of JSON.

The family `full` is what the product's own bounds end, each after the steps that they allow.
"""

import json
import sys
from dataclasses import asdict

from tests.hostile.corpus import CORPUS, FULL, VALUE
from tests.hostile.measure import Outcome, measured


def main(arguments: list[str]) -> None:
    families = [argument for argument in arguments if argument != "--json"]
    cases = [case for case in [*CORPUS, *FULL] if not families or case.family in families]
    table = "--json" not in arguments
    outcomes = []
    for outcome in measured(cases):
        outcomes.append(outcome)
        _print(_row(outcome) if table else json.dumps(asdict(outcome)))
    if table and outcomes:
        refused = sum(outcome.code != VALUE for outcome in outcomes)
        total = f"{len(outcomes)} expressions, {refused} of them refused; the most:"
        steps = max(outcome.steps for outcome in outcomes)
        seconds = max(outcome.seconds for outcome in outcomes)
        megabytes = max(outcome.megabytes for outcome in outcomes)
        _print(_row(Outcome(total, "", "", None, steps, seconds, megabytes)))


def _row(outcome: Outcome) -> str:
    measures = f"{outcome.steps:12,} {outcome.seconds * 1000:6.0f} ms {outcome.megabytes:6.1f} MB"
    return f"{outcome.source:70}  {outcome.code.removeprefix('EXPRESSION_'):18} {measures}"


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
