"""What the documents show works as shown."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.simulation import Simulation
from workers.flow.compiler.compile import compile_flow

ROOT = Path(__file__).parent.parent.parent
#: Its snippets are nodes of the examples, which are published and run whole.
GENERATED = ROOT / "docs" / "nodes.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = [
    pytest.param(json.loads(block), id=f"{file.name}-{number}")
    for file in PAGES
    if file != GENERATED
    for number, block in enumerate(re.findall(r"```json\n(.*?)```", file.read_text(), re.DOTALL))
]


@pytest.mark.parametrize("shown", SHOWN)
def test_every_flow_and_node_that_the_documents_show_compiles(shown: dict[str, object]) -> None:
    if "nodes" not in shown:
        shown = {"schemaVersion": 1, "name": "shown", "nodes": [shown], "sequenceFlows": []}
    _, problems = compile_flow(shown)
    assert [problem for problem in problems if problem.severity == "error"] == []


def test_the_greeting_of_the_documents_greets() -> None:
    (greeting,) = (param.values[0] for param in SHOWN if "Greeting" in str(param.values[0]))
    assert isinstance(greeting, dict)
    run = Simulation(greeting, {"name": "Jane"}).run()
    assert run.variables["greeting"] == "Hello Jane"


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.json")), ids=lambda file: file.stem)
def test_every_example_compiles_without_a_word(file: Path) -> None:
    _, problems = compile_flow(json.loads(file.read_text()))
    assert problems == []


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_every_link_within_the_documents_leads_somewhere(file: Path) -> None:
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", file.read_text()):
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), path
        assert not anchor or anchor in _anchors(target), f"{path}#{anchor}"


def _anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_for_teams_of_camunda_shows_what_the_command_prints() -> None:
    assert (ROOT / "tests/camunda/report.txt").read_text() in (ROOT / "docs/camunda.md").read_text()
