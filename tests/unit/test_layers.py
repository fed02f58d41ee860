import ast

import pytest

from harness.processes import ROOT


def imported(folder: str) -> set[str]:
    """The first names of all modules that the files of a folder import."""
    names = set()
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                names.add((node.module or "").split(".")[0])
    return names


PRODUCT = {"app", "models", "workers"}


def test_what_is_imported_is_found() -> None:
    assert {"app", "harness", "models", "workers"} <= imported("tests")


@pytest.mark.parametrize("folder", ["benchmarks", "harness"])
def test_measurements_and_the_harness_know_the_product_from_outside_and_nothing_of_the_tests(
    folder: str,
) -> None:
    assert imported(folder).isdisjoint({"tests", *PRODUCT})


def test_the_harness_knows_nothing_of_the_benchmarks() -> None:
    assert "benchmarks" not in imported("harness")
