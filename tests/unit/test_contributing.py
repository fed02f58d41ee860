"""What CONTRIBUTING.md tells of a new type of node works as it is told, step by step."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
SECTION = PAGE.partition("## A new type of node\n")[2].partition("\n## ")[0]
STEPS = re.findall(r"^\*\*\d\.\*\* `([^`]+)`(.*?)(?=^\*\*\d\.\*\*|\Z)", SECTION, re.MULTILINE | re.DOTALL)

#: The tests of the one type, and those that walk over all types.
FILES = [f"tests/unit/test_{name}.py" for name in ("kinds", "catalogue", "reference", "reference_examples")]
ASKED = "defaultsTask or test_kinds or every_type_event or every_rule or by_the_public_schema"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the steps done, and its reference written."""
    copy = tmp_path_factory.mktemp("contributed")
    for name in ("app", "docs", "examples", "harness", "models", "tests", "workers"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for file, text in STEPS:
        for language, block in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            if language == "diff":
                change(copy / file, block)
            else:
                assert not (copy / file).exists()
                (copy / file).write_text(block)
    ran(copy, "workers.flow.reference")
    return copy


def change(file: Path, diff: str) -> None:
    """Changes a file where its lines are those of the diff; there is one such place."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text = file.read_text()
    assert text.count(before) == 1, before
    file.write_text(text.replace(before, after))


def ran(copy: Path, module: str, *arguments: str) -> str:
    """What a module of the copy prints; it must not fail."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=copy,
        env={**settings, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_type_of_node_takes_five_files() -> None:
    assert len({file for file, _ in STEPS}) == len(STEPS) == 5


def test_what_it_shows_is_laid_out_as_the_rest(copy: Path) -> None:
    files = [file for file, _ in STEPS if file.endswith(".py")]
    ran(copy, "ruff", "check", "--no-cache", *files)
    ran(copy, "ruff", "format", "--no-cache", "--check", *files)


def test_it_is_in_the_reference_and_in_the_schema(copy: Path) -> None:
    page = (copy / "docs" / "nodes.md").read_text()
    assert "- [`defaultsTask`](#defaultstask): Gives variables a value where they have none." in page
    assert "- null is no value; a variable that has one keeps it." in page.partition("## defaultsTask")[2]
    schema = json.loads((copy / "docs" / "flow.schema.json").read_text())
    assert schema["$defs"]["DefaultsTask"]["required"] == ["id", "type", "values"]


def test_it_runs_goes_to_bpmn_and_back_and_lacks_nothing_that_a_type_has(copy: Path) -> None:
    printed = ran(copy, "pytest", "-v", "-k", ASKED, *FILES)
    for story in ("does_what_it_says", "goes_to_bpmn_and_back"):
        assert f"test_an_example_of_the_reference_{story}[defaultsTask] PASSED" in printed
    for promise in ("a_panel_has_a_field", "an_entry_has_a_title", "every_entry_has_an_example"):
        assert re.search(rf"test_{promise}\w*\[defaultsTask\] PASSED", printed)
    assert re.search(r"test_each_type_of_node\w*_is_of_a_kind PASSED", printed)
