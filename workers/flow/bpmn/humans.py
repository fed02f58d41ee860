"""User tasks: who may do them, until when, and what is entered."""

import re

from workers.flow.bpmn.expressions import Dialect, foreign_template, optional_template
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.form_fields import read_form
from workers.flow.bpmn.mappings import texts
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.vocabulary import MODEL
from workers.flow.problem import quoted


def read_human(extensions: Extensions) -> Json:
    """What vendors say of a user task: who may do it, `dueDate`, `priority`, `form` and `formKey`."""
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
        _rank(extensions, human, priority.get("priority"), "feel")
    users, groups = extensions.attribute("candidateUsers"), extensions.attribute("candidateGroups")
    _assign(extensions, human, extensions.attribute("assignee"), users, groups, "juel")
    _due(extensions, human, extensions.attribute("dueDate"), "juel")
    _rank(extensions, human, extensions.attribute("priority"), "juel")
    _form(extensions, human)
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


def _rank(extensions: Extensions, human: Json, text: str | None, dialect: Dialect) -> None:
    if text is None:
        return
    if re.fullmatch(r"[+-]?[0-9]{1,9}", text.strip()):
        human["priority"] = int(text)
    elif "${" in text or "#{" in text if dialect == "juel" else text.lstrip().startswith("="):
        value = foreign_template(extensions.place, text.strip(), dialect)
        if value is not None:
            human["priority"] = value
    else:
        extensions.place.error("NOT_SUPPORTED", f"`priority` must be a whole number, not {quoted(text)}.")


def _form(extensions: Extensions, human: Json) -> None:
    """The form's fields as a JSON Schema, and the key of a form that whoever shows the task knows."""
    form = read_form(extensions)
    if form is not None and "form" not in extensions.own:
        human["form"] = form
    zeebe = extensions.zeebe("formDefinition")
    keys = ("formKey", "formId", "externalReference")
    key = next((value for name in keys if zeebe is not None and (value := zeebe.get(name))), None)
    dialect: Dialect = "juel" if key is None else "feel"
    for name in ("formRef", "formKey"):
        key = extensions.attribute(name) or key
    if key:
        human["formKey"] = optional_template(extensions.place, "formKey", key, dialect)


def _advise(extensions: Extensions, human: Json) -> None:
    """Say what of BPMN's own way to name people is not used."""
    named = {"potentialOwner", "humanPerformer", "performer"}
    known = human.keys() | extensions.own.keys()
    found = [child.local for child in extensions.element.children(MODEL) if child.local in named]
    if found and known.isdisjoint({"assignee", "candidateUsers", "candidateGroups"}):
        message = f"`{found[0]}` of this task is not used: say who may do it in an extension."
        extensions.place.warn("RESOURCE_IGNORED", message)
