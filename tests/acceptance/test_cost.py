"""The measurement of what starts and nodes cost, on the tree as it stands."""

from pathlib import Path

from benchmarks.deployment import deployed, make_template
from benchmarks.side import LOADS, Side
from harness.postgres import PostgresServer
from harness.processes import ROOT


def test_each_flow_runs_to_its_end_in_its_turns_and_what_it_cost_is_counted(tmp_path: Path) -> None:
    with PostgresServer() as postgres:
        template = make_template(ROOT, postgres, tmp_path)
        with deployed(template, postgres, tmp_path) as deployment, deployment.worker:
            side = Side(deployment, callers=4)
            for name in LOADS:
                side.run(name, 20)
            figures = side.figures()
    assert len(figures) == 3 * (len(LOADS) + 1)
    assert all(value > 0 for value in figures.values()), figures
