"""Drives one case on one system, and says what came of it."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.conformance.case import Case, Json, go
from tests.conformance.complete import Completed, complete
from tests.conformance.counts import Seen, compare
from tests.conformance.system import System
from workers.flow.compiler.compile import compile_flow
from workers.flow.interchange.read import import_bpmn
from workers.flow.problem import Problem

PASSED, FAILED, REFUSED = "passed", "failed", "refused"


@dataclass(slots=True)
class Outcome:
    """What came of a case. `why` holds what differed, by system, or the problems of a refusal."""

    case: Case
    status: str
    why: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ready:
    """A case that can be published: its definitions by process."""

    completed: Completed
    definitions: dict[str, Json]


def run(case: Case, systems: dict[str, Callable[[], System]]) -> Outcome:
    """Runs a case on each system; it passes where it does on all of them."""
    try:
        made = prepare(case)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the outcome of this case
        return Outcome(case, FAILED, [f"import: {type(error).__name__}: {error}"])
    if isinstance(made, Outcome):
        return made
    why: list[str] = []
    for name, system in systems.items():
        try:
            why += [f"{name}: {each}" for each in _drive(case, made, system())]
        except Exception as error:  # noqa: BLE001 - as above
            why.append(f"{name}: {type(error).__name__}: {error}")
    return Outcome(case, FAILED if why else PASSED, why)


def prepare(case: Case) -> Ready | Outcome:
    """The case's definitions, or the outcome of one that is refused.

    A refusal is right where `mayRefuse` allows one and names every element that has a problem.
    """
    completed = complete(case)
    problems: list[Problem] = []
    definitions: dict[str, Json] = {}
    for process in import_bpmn(completed.bpmn).processes:
        if process.bpmn_id in case.processes:
            definitions[process.bpmn_id] = process.definition
            found = [*process.problems, *compile_flow(process.definition)[1]]
            problems += [problem for problem in found if problem.severity == "error"]
    if not problems:
        return Ready(completed, definitions)
    allowed = set(re.findall(r"[\w.-]+", " ".join(case.may_refuse)))
    right = bool(case.may_refuse) and all(_names(problem) & allowed for problem in problems)
    told = [f"{problem.node_id or 'process'}: {problem.code}: {problem.message}" for problem in problems]
    return Outcome(case, REFUSED if right else FAILED, list(dict.fromkeys(told)))


def _names(problem: Problem) -> set[str]:
    """The elements that a problem names."""
    return {problem.node_id or "", *re.findall(r"[\w.-]+", problem.message)}


def _drive(case: Case, made: Ready, system: System) -> Iterator[str]:
    """Where the counts differ, by step; nothing after the first step where they do."""
    system.deploy(made.completed.bpmn, made.definitions)
    driver = _Driver(case, system, made.completed.choices)
    for number, step in enumerate(case.steps, 1):
        if "expect" not in step:
            driver.take(step)
            system.settle()
            continue
        seen = system.look()
        differences = compare(step["expect"], seen, made.completed.joins)
        if differences:
            yield from (f"step {number}: {difference}" for difference in differences)
            yield from _incidents(seen)
            return


def _incidents(seen: Collection[Seen]) -> Iterator[str]:
    for instance in seen:
        yield from (f"incident at {node}: {code}" for node, code in instance.incidents.items())


class _Driver:
    def __init__(self, case: Case, system: System, choices: dict[str, bool]) -> None:
        self.case = case
        self.system = system
        self.choices = dict(choices)
        self.begun = False
        self._keys = (f"key-{number}" for number in count(1))

    def take(self, step: Json) -> None:
        if "choose" in step:
            self._choose(step["choose"])
        elif "start" in step:
            self._start(step["start"])
        elif "trigger" in step:
            event = self.case.events.get(step["trigger"])
            name = step.get("name") or (event.name if event else None) or ""
            self._trigger(step["trigger"], step["kind"], name, step.get("process"))

    def _choose(self, choice: Json) -> None:
        """Its other flows may be chosen by other choices of the gateway, or not at all."""
        every = self.case.steps_of("choose")
        mine = [flow for each in every if each["gateway"] == choice["gateway"] for flow in each["flows"]]
        chosen = {go(flow): flow in choice["flows"] for flow in mine}
        self.choices.update({name: value for name, value in chosen.items() if name in self.choices})
        if self.begun:
            self.system.set_variables(self.choices)

    def _start(self, process: str) -> None:
        self.begun = True
        self.system.start(process, next(self._keys), dict(self.choices))

    def _trigger(self, node_id: str, kind: str, name: str, process: str | None) -> None:
        if kind == "start":
            assert process is not None
            self._start(process)
        elif kind == "task":
            self.system.complete(node_id)
        elif kind == "signal" and not self.case.comes_from_outside(node_id):
            self.begun = True
            self.system.signal(name, dict(self.choices))
        elif process is not None:
            self.begun = True
            self.system.message(name, next(self._keys), dict(self.choices))
        else:
            self.system.message(name, self.system.key_at(node_id), {})
