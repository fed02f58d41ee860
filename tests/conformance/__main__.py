"""`python -m tests.conformance FOLDER` runs the suites of diagrams in a folder and prints what passed."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from tests.conformance.case import find_suites
from tests.conformance.drive import run
from tests.conformance.interchange import exchange
from tests.conformance.report import Report
from tests.conformance.systems import NAMES, systems


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what is asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the suites are: folders with an index.json")
    parser.add_argument("--on", action="append", choices=NAMES, help="a system to run on (default: all)")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="a case or model to run (default: all)"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="writes the tables as a page too")
    options = parser.parse_args(arguments)
    suites = find_suites(options.folder)
    if not suites:
        _say(f"There is no suite in {options.folder}: no folder with an index.json of cases or models.")
        return 2
    report = Report(options.on or NAMES)
    with systems(report.systems) as ready:
        for suite in suites:
            if suite.source:
                report.sources[suite.name] = suite.source
            for case in suite.cases():
                if _wanted(options.only, case.name):
                    outcome = run(case, ready.makers)
                    report.cases.setdefault(suite.name, []).append(outcome)
                    _progress(outcome.status, case.name, outcome.why)
            for model in suite.index.get("models", []):
                if _wanted(options.only, model["name"]):
                    exchanged = exchange(suite, model, ready.serves)
                    report.models.setdefault(suite.name, []).append(exchanged)
                    _progress("passed" if exchanged.passed else "failed", model["name"], exchanged.why)
    _say(f"\n{report.text()}")
    if options.markdown:
        options.markdown.write_text(report.page())
    return 0 if report.passed else 1


def _wanted(only: Sequence[str] | None, name: str) -> bool:
    return only is None or name in only


def _progress(status: str, name: str, why: Sequence[str]) -> None:
    _say("\n".join([f"{status:8} {name}", *(f"         {each}" for each in why)]))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # An incident that a case expects is not worth a line.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    sys.exit(main())
