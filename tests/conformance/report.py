"""What the runner prints, and the same as a page."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.conformance.drive import FAILED, PASSED, REFUSED, Outcome
from tests.conformance.interchange import Exchanged

_STATUSES = (PASSED, FAILED, REFUSED)

_PAGE = """# Conformance

Diagrams that others drew, run on Procession. A suite of *token simulation* is a set of small BPMN 2.0 \
diagrams with steps (start, complete a task, send a message, fire a timer) and the number of tokens that \
have to go through each node; the runner completes a copy of each diagram by mechanical rules (names, \
conditions), publishes its processes as flows, drives the steps and compares what the history, the tokens \
and the instances show. Each case runs on: {systems}. A suite of *interchange* is a set of whole models: \
each is imported, written and served again, and has to come back with the same elements, attributes, \
references and drawing; every problem has to name an element of the model.

    make conformance SUITES=folder ARGS="--markdown docs/conformance.md"

wrote this page. `folder` is where the suites are: folders with an `index.json`. The command prints what \
differed where a case fails, and ends with 1 if one does, or is refused where its suite does not allow that.

A refusal is an answer too: what would not run as drawn is refused when it is published, by element. Where a \
process or sub-process has a start event it begins there, so a node that nothing leads to is refused, and so \
is a second start event without a trigger.

Beside the diagrams: `make properties` tries what is always true of the engine on 2,000 random flows for \
each property, its joins against the words of the standard, and the stored state against the pure plan. \
`.venv/bin/python -m tests.hostile` prints what each of the hostile expressions costs until it is ended.
"""


@dataclass(slots=True)
class Table:
    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def text(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.head, *self.rows)
        ]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])

    def markdown(self) -> str:
        rows = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join(f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in rows)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


@dataclass(slots=True)
class Report:
    """The outcomes by suite, and the systems they were made on."""

    systems: Sequence[str]
    sources: dict[str, str] = field(default_factory=dict)
    cases: dict[str, list[Outcome]] = field(default_factory=dict)
    models: dict[str, list[Exchanged]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and something was there to fail."""
        cases = [outcome.status != FAILED for outcomes in self.cases.values() for outcome in outcomes]
        models = [each.passed for exchanged in self.models.values() for each in exchanged]
        return bool(cases or models) and all(cases) and all(models)

    def text(self) -> str:
        parts = [f"{title}\n\n{table.text()}" for title, table in self._tables()]
        return "\n\n".join([*parts, "\n".join(self._totals())]) + "\n"

    def page(self) -> str:
        totals = "\n".join(f"- {each}" for each in self._totals())
        sources = "\n".join(f"- {suite} is from {source}" for suite, source in self.sources.items())
        parts = [_PAGE.format(systems=", ".join(self.systems)), totals, sources]
        parts += [f"## {title}\n\n{table.markdown()}" for title, table in self._tables()]
        return "\n\n".join(part.strip() for part in parts if part) + "\n"

    def _tables(self) -> Iterator[tuple[str, Table]]:
        for suite, outcomes in self.cases.items():
            yield f"{suite}: by file", _by_file(outcomes)
            refused = [outcome for outcome in outcomes if outcome.status == REFUSED]
            if refused:
                yield f"{suite}: refused", _refusals(refused)
            yield f"{suite}: by construct", _by_construct(outcomes)
        for suite, exchanged in self.models.items():
            yield f"{suite}: interchange", _by_model(exchanged)

    def _totals(self) -> Iterator[str]:
        for suite, outcomes in self.cases.items():
            counts = Counter(outcome.status for outcome in outcomes)
            told = ", ".join(f"{counts[status]} {status}" for status in _STATUSES)
            yield f"{suite}: {len(outcomes)} cases on {len(self.systems)} systems: {told}"
        for suite, exchanged in self.models.items():
            passed = sum(each.passed for each in exchanged)
            yield f"{suite}: {len(exchanged)} models: {passed} passed, {len(exchanged) - passed} failed"


def _by_file(outcomes: Sequence[Outcome]) -> Table:
    table = Table(["case", "outcome", "what differed"])
    for outcome in outcomes:
        differed = "; ".join(outcome.why) if outcome.status == FAILED else ""
        table.rows.append([outcome.case.name, outcome.status, differed])
    return table


def _refusals(outcomes: Sequence[Outcome]) -> Table:
    table = Table(["case", "problems", "what the suite allows to refuse"])
    for outcome in outcomes:
        allowed = "; ".join(outcome.case.may_refuse)
        table.rows.append([outcome.case.name, " ".join(outcome.why), allowed])
    return table


def _by_construct(outcomes: Sequence[Outcome]) -> Table:
    table = Table(["construct", "cases", *_STATUSES])
    for construct in sorted({each for outcome in outcomes for each in outcome.case.constructs}):
        statuses = [outcome.status for outcome in outcomes if construct in outcome.case.constructs]
        counts = [str(statuses.count(status)) for status in _STATUSES]
        table.rows.append([construct, str(len(statuses)), *counts])
    return table


def _by_model(exchanged: Sequence[Exchanged]) -> Table:
    numbers = ("processes", "of them runnable", "problems named", "elements", "shapes", "edges")
    table = Table(["model", "outcome", *numbers, "why"])
    for each in exchanged:
        counts = (each.processes, each.runnable, each.problems, each.elements, each.shapes, each.edges)
        outcome = PASSED if each.passed else FAILED
        table.rows.append([each.model, outcome, *map(str, counts), "; ".join(each.why)])
    return table
