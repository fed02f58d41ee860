"""Small BPMN files for tests."""

from typing import Any

from workers.flow.interchange.read import ImportedProcess, import_bpmn
from workers.flow.problem import Problem

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:t" xmlns:tns="urn:t"'
    ' xmlns:procession="https://procession.dev/schema/bpmn"'
)
CAMUNDA = ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
ZEEBE = ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'

ROOTS = (
    '<message id="m"/><signal id="s" name="stop"/><error id="e" errorCode="E"/><error id="e0"/>'
    '<escalation id="x" escalationCode="X"/><signalEventDefinition id="shared" signalRef="s"/>'
)


def file(content: str, namespaces: str = "") -> bytes:
    return f"{HEAD}{namespaces}>{content}</definitions>".encode()


def imported(inner: str, *, roots: str = "", namespaces: str = "") -> ImportedProcess:
    """The only process of a file, with this content."""
    data = file(f'{roots}<process id="P" isExecutable="true">{inner}</process>', namespaces)
    (process,) = import_bpmn(data).processes
    return process


def errors(process: ImportedProcess) -> list[tuple[str | None, str]]:
    """Node and code of each error."""
    return [(each.node_id, each.code) for each in process.problems if each.severity == "error"]


def only(process: ImportedProcess) -> Problem:
    (problem,) = process.problems
    return problem


def node(inner: str, *, roots: str = "", namespaces: str = "") -> dict[str, Any]:
    """The first node of a process without a problem."""
    process = imported(inner, roots=roots, namespaces=namespaces)
    assert process.problems == []
    found: dict[str, Any] = process.definition["nodes"][0]
    return found


def extended(tag: str, extensions: str, attributes: str = "", inner: str = "") -> str:
    """An element `t` with extensions."""
    return f'<{tag} id="t" {attributes}><extensionElements>{extensions}</extensionElements>{inner}</{tag}>'


def zeebe(tag: str, extensions: str, attributes: str = "", inner: str = "") -> dict[str, Any]:
    """What becomes of an element of Zeebe without a problem."""
    found = node(extended(tag, extensions, attributes, inner), namespaces=ZEEBE)
    return {key: value for key, value in found.items() if key != "id"}


def camunda(tag: str, attributes: str, extensions: str = "", inner: str = "") -> dict[str, Any]:
    """What becomes of an element of Camunda 7 without a problem."""
    found = node(extended(tag, extensions, attributes, inner), namespaces=CAMUNDA)
    return {key: value for key, value in found.items() if key != "id"}
