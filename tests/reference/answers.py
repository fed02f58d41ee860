"""What each implementation answers to a case, in one form: a value, undefined, or that it raises."""

import json
import shutil
import subprocess
from datetime import datetime
from itertools import chain
from typing import Any

from tests.reference.cases import DOCUMENT, FOLDER, MOMENT, cases
from workers.flow.values.expression import (
    UNDEFINED,
    ExpressionError,
    ExpressionSyntaxError,
    compile_expression,
)

KEPT = FOLDER / "answers.txt"
DIFFERENCES = FOLDER / "differences.json"

Answer = dict[str, Any]
"""`value`, or `undefined`, `function` or `raises`, which are true or say more."""


def _missing() -> str | None:
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]["jsonata"]
    installed = FOLDER / "node_modules" / "jsonata" / "package.json"
    if shutil.which("node") is None:
        return "the reference implementation of JSONata needs Node, and there is no `node` here"
    if not installed.exists() or json.loads(installed.read_text())["version"] != wanted:
        return f"jsonata {wanted} is not installed: npm install --no-package-lock --prefix tests/reference"
    return None


MISSING = _missing()
"""Why the reference implementation cannot be asked here; None if it can."""


def ask() -> dict[str, dict[str, Answer]]:
    """The reference implementation's answers: for each group, by expression."""
    groups = cases()
    asked = {"document": DOCUMENT, "moment": MOMENT, "expressions": [*chain(*groups.values())]}
    command = ["node", str(FOLDER / "evaluate.cjs"), str(FOLDER / "node_modules")]
    run = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    answers = iter(run.stdout.split("\n"))
    return {title: {each: json.loads(next(answers)) for each in group} for title, group in groups.items()}


def kept() -> dict[str, dict[str, Answer]]:
    """The answers that were written down."""
    sections = KEPT.read_text(encoding="utf-8").removeprefix("# ").rstrip("\n").split("\n\n# ")
    groups: dict[str, dict[str, Answer]] = {}
    for title, *lines in (section.split("\n") for section in sections):
        pairs = (line.split("\t") for line in lines)
        groups[title] = {expression: json.loads(answer) for expression, answer in pairs}
    return groups


def differences() -> dict[str, dict[str, Answer]]:
    """What is answered otherwise here: for each row of docs/jsonata.md, by expression."""
    rows: dict[str, dict[str, Answer]] = json.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return rows


def written(groups: dict[str, dict[str, Answer]]) -> str:
    """Answers as the text that keeps them."""
    sections = (
        "\n".join([f"# {title}", *(f"{each}\t{json.dumps(answer)}" for each, answer in group.items())])
        for title, group in groups.items()
    )
    return "\n\n".join(sections) + "\n"


def ours(expression: str) -> Answer:
    """What an expression is here."""
    try:
        value = compile_expression(expression).evaluate(DOCUMENT, now=datetime.fromisoformat(MOMENT))
    except ExpressionSyntaxError:
        return {"raises": "syntax"}
    except ExpressionError as error:
        return {"function": True} if "holds a function" in error.message else {"raises": error.message}
    return {"undefined": True} if value is UNDEFINED else {"value": value}


def same(one: Answer, two: Answer) -> bool:
    """Whether two answers are the same; of failures it counts that they are some."""
    return one.keys() == two.keys() and ("value" not in one or _plain(one["value"]) == _plain(two["value"]))


def of_doubles(answer: Answer) -> Answer:
    """An answer of the reference implementation, whose numbers are doubles, with all of their digits."""
    return {kind: _double(value) for kind, value in answer.items()}


def _plain(value: Any) -> str:
    """A value as text that tells true from 1, and not 1 from 1.0; the order of names counts too."""
    if isinstance(value, list):
        return f"[{','.join(map(_plain, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_plain(item)}" for name, item in value.items()) + "}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        value = float(value)
    return json.dumps(value)


def _double(value: Any) -> Any:
    if isinstance(value, list):
        return [*map(_double, value)]
    if isinstance(value, dict):
        return {name: _double(item) for name, item in value.items()}
    return int(float(value)) if isinstance(value, int) and not isinstance(value, bool) else value
