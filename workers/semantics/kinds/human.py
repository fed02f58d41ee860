"""User Task and Input Node: the token waits for a person's answer."""

import re
from datetime import datetime
from typing import Any

from models.incident_code import IncidentCode
from workers.flow.graph import Graph, Human, Node
from workers.flow.json_value import JsonValue
from workers.flow.values.template import Templated
from workers.semantics.changes import NewTask
from workers.semantics.kinds.kind import Kind
from workers.semantics.listen import moment
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck
from workers.semantics.view import shown


class HumanTask(Kind):
    of = (Human,)

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        human = step.node.details_as(Human)
        variables = step.variables
        local = step.local_input(variables)
        seen = {**variables, **local}
        step.changes.tasks.append(
            NewTask(
                id=step.situation.new_id("task_"),
                organization_id=step.situation.instance.organization_id,
                instance_id=step.situation.instance.id,
                token_id=step.token.id,
                node_id=step.node.id,
                name=step.expand_text(step.node.name, seen, "name"),
                input=local or None,
                form=human.form.document if human.form else None,
                assignee=step.expand_text(human.assignee, seen, "assignee"),
                candidate_users=_texts(step, human.candidate_users, seen, "candidateUsers"),
                candidate_groups=_texts(step, human.candidate_groups, seen, "candidateGroups"),
                due_at=_due(step, human.due_date, seen),
                priority=_priority(step, human.priority, seen),
                form_key=step.expand_text(human.form_key, seen, "formKey"),
                created_at=step.now,
            )
        )
        step.park()

    def answer_problems(
        self, graph: Graph, node: Node, answer: dict[str, JsonValue]
    ) -> list[tuple[str, str]]:
        form = node.details_as(Human).form
        return form.errors(answer) if form else []


def _texts(step: Step, template: Templated | None, seen: dict[str, JsonValue], what: str) -> JsonValue:
    if template is None:
        return None
    value = step.expand(template, seen, what).value
    if value is None:
        return None
    values: list[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise Stuck(
            IncidentCode.WRONG_TYPE, f"{what} of node '{step.node.id}' is not a list of texts: {shown(value)}"
        )
    return values


def _priority(step: Step, template: Templated | None, seen: dict[str, JsonValue]) -> int | None:
    value = None if template is None else step.expand(template, seen, "priority").value
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,10}", value):
        value = int(value)
    if value is None:
        return None
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise Stuck(
            IncidentCode.WRONG_TYPE,
            f"priority of node '{step.node.id}' is not a whole number: {shown(value)}",
        )
    return value


def _due(step: Step, template: Templated | None, seen: dict[str, JsonValue]) -> datetime | None:
    text = step.expand_text(template, seen, "dueDate")
    return None if text is None else moment(step, text, "dueDate", step.node.details_as(Human).zone)
