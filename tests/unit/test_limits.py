"""docs/limits.md says what the code has."""

import dataclasses
import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from models.settings import Settings
from workers.flow import json_value, limits, problem
from workers.flow.bpmn import amount, foreign, xml
from workers.flow.compiler import reading
from workers.flow.interchange import read
from workers.flow.jsonata import meter
from workers.flow.jsonata.bounds import BOUNDS
from workers.flow.schema.bounds import BOUNDS as OF_SCHEMAS
from workers.outbound import client

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = {
    name: int(number.replace(",", ""))
    for name, number in re.findall(r"^\| `([\w.]+)` \|[^|]*\| ([\d,]+) \|", PAGE, re.MULTILINE)
}
MODULES: list[ModuleType] = [reading, problem, json_value, xml, read, amount, foreign]


def _fields(bounds: Any, prefix: str = "") -> dict[str, int]:
    return {f"{prefix}{name}": value for name, value in dataclasses.asdict(bounds).items()}


def test_each_bound_stands_on_the_page_with_its_number() -> None:
    wanted = {**_fields(BOUNDS), **_fields(OF_SCHEMAS, "schema.")}
    seconds = wanted.pop("seconds")
    assert f"{seconds:g} `seconds`" in PAGE
    limits = {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in MODULES
        for name, value in vars(module).items()
        if name.startswith("MAX_")
    }
    del limits["problem.MAX_CANDIDATES"]  # how many names a hint is looked for among
    del limits["read.MAX_BYTES"]  # the one of xml
    assert {**wanted, **limits} == ROWS


@pytest.mark.parametrize(
    "name", [name for name, code in vars(meter).items() if str(code).startswith("EXPRESSION_")]
)
def test_each_code_of_an_expression_stands_on_the_page(name: str) -> None:
    assert f"`{getattr(meter, name)}`" in PAGE


def test_the_limits_of_requests_and_answers_are_those_of_the_page() -> None:
    fields = Settings.model_fields
    for name in ("max_body_bytes", "max_response_bytes"):
        row = next(line for line in PAGE.splitlines() if f"`{name.upper()}`" in line)
        assert f"{fields[name].default:,} bytes" in row
    assert timedelta(minutes=5) == limits.LONGEST_CALL
    assert f"redirects of one call | {client._MAX_REDIRECTS} |" in PAGE
