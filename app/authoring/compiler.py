"""Compiles definitions for this deployment, and shows what is wrong with them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from app.authoring.sources import Source
from workers.flow.compiler.compile import compile_flow
from workers.flow.graph import Graph
from workers.flow.problem import Problem


@dataclass(frozen=True, slots=True)
class Compiler:
    """What a definition may name: the queues of this deployment and its registered python tasks."""

    queues: Collection[str]
    tasks: Collection[str] | None = None  # None: not checked

    def compile(self, source: Source, time_zone: str = "UTC") -> tuple[Graph | None, list[Problem]]:
        """The graph, if nothing is wrong, and the problems of the source's import and of its definition."""
        errors = [each for each in source.problems if each.severity == "error"]
        told = {each.node_id for each in errors if each.node_id is not None}
        graph, problems = compile_flow(
            source.definition, queues=self.queues, tasks=self.tasks, time_zone=time_zone, told=told
        )
        return None if errors else graph, [*source.problems, *problems]


def problem_json(problem: Problem) -> dict[str, Any]:
    """The JSON of a problem, as callers see it."""
    return {
        "nodeId": problem.node_id,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
        "path": problem.path,
    }
