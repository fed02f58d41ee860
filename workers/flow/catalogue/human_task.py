"""userTask and inputTask: work that a person does."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow import graph
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.humans import read_human
from workers.flow.bpmn.source import Json
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import Codes, NodeType
from workers.flow.document import leaves
from workers.flow.document.activity import MappedActivity
from workers.flow.document.element import JsonSchema, TextsOrTemplate, WholeOrTemplate
from workers.flow.document.names import Names, property_names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots

TASK_CANCELLED = "TASK_CANCELLED"
"""The error that a person's CANCEL throws at a task."""


class Human(MappedActivity):
    """Work that a person does."""

    form: JsonSchema = None
    """The JSON Schema (2020-12) of the answer."""
    assignee: str | None = None
    """The one user who is to answer, a template."""
    candidate_users: TextsOrTemplate | None = None
    """The users who may answer, templated."""
    candidate_groups: TextsOrTemplate | None = None
    """The groups whose users may answer, templated."""
    due_date: str | None = None
    """Until when an answer is expected, a template: an ISO 8601 duration from then, or a date-time with
    offset."""
    priority: WholeOrTemplate | None = None
    """The higher, the earlier in lists of tasks: a whole number, or a template that gives one."""
    form_key: Annotated[str, Field(max_length=4096)] | None = None
    """The key of a form that whoever shows the task knows, a template; it is shown with the task."""


class UserTask(Human):
    """Waits until a person has answered. Without `output` the answer merges into the variables by key."""

    type: Literal["userTask"]


class InputTask(Human):
    """Waits for input: a user task that usually has no candidates, so that whoever may see it may answer."""

    type: Literal["inputTask"]


def _details(of: Properties, task: Human) -> graph.Human:
    if task.output is None:
        leaves.reserved_properties(of.at("form"), task.form)
    return graph.Human(
        form=leaves.schema(of.at("form"), task.form),
        assignee=of.template("assignee", task.assignee, of.own),
        candidate_users=of.template("candidateUsers", task.candidate_users, of.own),
        candidate_groups=of.template("candidateGroups", task.candidate_groups, of.own),
        due_date=of.moment("dueDate", task.due_date, "duration", "date"),
        priority=of.template("priority", task.priority, of.own),
        form_key=of.template("formKey", task.form_key, of.own),
        zone=of.context.zone,
    )


def _answered(task: Human, _roots: Roots) -> Names:
    return property_names(task.form)


def _read(extensions: Extensions, _node: Json) -> Json:
    return read_human(extensions)


def _errors(_task: Human, _roots: Roots) -> Codes:
    return {TASK_CANCELLED}


USER_TASK = NodeType(
    model=UserTask,
    title="User task",
    group="Tasks",
    icon="bpmn-icon-user-task",
    details=_details,
    errors=_errors,
    gives=_answered,
    sets=_answered,
    bpmn=BpmnNode(tag="userTask", read=_read),
    rules="""\
- Answered by `POST /process/task` with `COMPLETE`; an answer that the form refuses changes nothing.
- `CANCEL` throws the error `TASK_CANCELLED`; nobody catches it: the instance is cancelled.
- `dueDate` is for lists and reminders; nothing happens when it passes. Use a timer boundary event.""",
)

INPUT_TASK = NodeType(
    model=InputTask,
    title="Input",
    group="Tasks",
    icon="bpmn-icon-manual-task",
    details=_details,
    errors=_errors,
    gives=_answered,
    sets=_answered,
    bpmn=BpmnNode(tag="userTask"),
)
