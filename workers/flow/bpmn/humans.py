"""User tasks: who may do them, until when."""

import re

from workers.flow.bpmn.expressions import Dialect, foreign_template
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.mappings import texts
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.vocabulary import MODEL
from workers.flow.problem import quoted


def read_human(extensions: Extensions) -> Json:
    """`assignee`, `candidateUsers`, `candidateGroups`, `dueDate` and `priority` where vendors give them."""
    human: Json = {}
    assignment = extensions.zeebe("assignmentDefinition")
    schedule = extensions.zeebe("taskSchedule")
    priority = extensions.zeebe("priorityDefinition")
    if assignment is not None:
        users, groups = assignment.get("candidateUsers"), assignment.get("candidateGroups")
        _assign(extensions, human, assignment.get("assignee"), users, groups, "feel")
    if schedule is not None:
        _due(extensions, human, schedule.get("dueDate"), "feel")
        if schedule.get("followUpDate"):
            extensions.place.warn("EXTENSION_IGNORED", "`followUpDate` is not used here.")
    if priority is not None:
        _rank(extensions, human, priority.get("priority"))
    users, groups = extensions.attribute("candidateUsers"), extensions.attribute("candidateGroups")
    _assign(extensions, human, extensions.attribute("assignee"), users, groups, "juel")
    _due(extensions, human, extensions.attribute("dueDate"), "juel")
    _rank(extensions, human, extensions.attribute("priority"))
    _advise(extensions, human)
    return human


def _assign(
    extensions: Extensions,
    human: Json,
    assignee: str | None,
    users: str | None,
    groups: str | None,
    dialect: Dialect,
) -> None:
    found = {
        "assignee": foreign_template(extensions.place, assignee, dialect) if assignee else None,
        "candidateUsers": texts(extensions.place, users, dialect),
        "candidateGroups": texts(extensions.place, groups, dialect),
    }
    human.update({name: value for name, value in found.items() if value is not None})


def _due(extensions: Extensions, human: Json, text: str | None, dialect: Dialect) -> None:
    value = foreign_template(extensions.place, text, dialect, moment=True) if text else None
    if value is not None:
        human["dueDate"] = value


def _rank(extensions: Extensions, human: Json, text: str | None) -> None:
    if text is None:
        return
    if re.fullmatch(r"[+-]?[0-9]{1,9}", text.strip()):
        human["priority"] = int(text)
    else:
        extensions.place.error("NOT_SUPPORTED", f"`priority` must be a whole number, not {quoted(text)}.")


def _advise(extensions: Extensions, human: Json) -> None:
    """Say what of BPMN's own way to name people is not used."""
    named = {"potentialOwner", "humanPerformer", "performer"}
    known = human.keys() | extensions.own.keys()
    found = [child.local for child in extensions.element.children(MODEL) if child.local in named]
    if found and known.isdisjoint({"assignee", "candidateUsers", "candidateGroups"}):
        message = f"`{found[0]}` of this task is not used: say who may do it in an extension."
        extensions.place.warn("RESOURCE_IGNORED", message)
