"""Import of BPMN 2.0 XML: each process of a file becomes a definition.

What BPMN and the language have in common is mapped by its standard name. What BPMN lacks stands as a JSON
object in `<procession:properties>` in the `extensionElements` of the element it belongs to, and is merged
into the object that the element becomes; what the standard says counts more. The usual extensions of Zeebe
and of Camunda 7 are read where they mean the same, and refused by name where they would change what happens.

What has no effect on execution (the drawing, lanes, data, notes, groups, resources, categories,
choreographies, message flows to pools without a process) stays in the XML alone. Everything else is a
problem with the id of its element. A definition with an error among its problems is as good as it can be
had, and must not run.
"""

from dataclasses import dataclass

from workers.flow.bpmn.amount import check_amount
from workers.flow.bpmn.exchange import Exchange, read_exchange
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.roots import read_roots
from workers.flow.bpmn.source import Json, Reading, Source, documentation_of, named
from workers.flow.bpmn.vocabulary import MODEL
from workers.flow.bpmn.walk import walk
from workers.flow.bpmn.xml import MAX_BYTES, BpmnError, Document, Element, read_xml
from workers.flow.interchange.scopes import read_scope
from workers.flow.problem import Problem, Problems, quoted

MAX_PROCESSES = 100

_REFUSALS = frozenset({"NOT_SUPPORTED", "UNKNOWN_LANGUAGE", "UNTRANSLATABLE"})


@dataclass(frozen=True, slots=True)
class ImportedProcess:
    """One process of a file. With an error among its problems the definition must not be published."""

    bpmn_id: str
    name: str | None
    is_executable: bool
    definition: Json
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Imported:
    """The processes of a file in its order; at least one."""

    processes: tuple[ImportedProcess, ...]


def import_bpmn(data: bytes, *, max_bytes: int = MAX_BYTES) -> Imported:
    """Read a file of BPMN 2.0; raises `BpmnError` if it is no XML, no BPMN or has no process."""
    return import_document(read_xml(data, max_bytes=max_bytes))


def import_document(document: Document) -> Imported:
    """The same from XML that is parsed already."""
    root = document.root
    if root.name != (MODEL, "definitions"):
        raise BpmnError(_no_bpmn(root), root.line)
    processes = list(root.children(MODEL, "process"))
    if not processes:
        raise BpmnError("This file has no process.")
    if len(processes) > MAX_PROCESSES:
        raise BpmnError(f"This file has {len(processes):,} processes, and at most {MAX_PROCESSES} are read.")
    source = Source(document)
    check_amount(source)
    exchange = read_exchange(source)
    common = Problems()
    roots = read_roots(Reading(source, common))
    return Imported(
        tuple(_read_process(source, exchange, dict(roots), common, process) for process in processes)
    )


def _no_bpmn(root: Element) -> str:
    if root.local != "definitions":
        return f"This is not BPMN 2.0: its root is {quoted(root.tag)}."
    found = f"the namespace {quoted(root.namespace)}" if root.namespace else "no namespace"
    return f"This is not BPMN 2.0: its root `definitions` has {found}, and that of BPMN 2.0 has `{MODEL}`."


def _read_process(
    source: Source, exchange: Exchange, roots: Json, common: Problems, process: Element
) -> ImportedProcess:
    problems = Problems()
    reading = Reading(source, problems, exchange.messages)
    place = reading.at(process)
    bpmn_id = source.id_of(process)
    if not bpmn_id:
        place.error("MISSING_ID", "The process has no id.")
    executable = reading.flag(process, "isExecutable", default=False)
    if not executable:
        message = f"The process {quoted(bpmn_id or '')} is not executable: set its `isExecutable` to true."
        place.error("NOT_EXECUTABLE", message)
    walk(reading, process)
    extensions = Extensions(reading, process)
    head: Json = {"schemaVersion": 1, "name": named(process), "documentation": documentation_of(process)}
    found = {name: value for name, value in head.items() if value}
    for problem in common:
        problems.add(problem)
    scope = read_scope(reading, process)
    _add_made(roots, exchange, process)
    for finding in exchange.findings:
        if _owner(finding.node) is process:
            here = reading.at(finding.node)
            problems.add(Problem(here.node_id, finding.code, finding.message, finding.severity, here.path))
    extensions.report_rest()
    definition = {"nodes": []} | extensions.own | found | roots | scope
    return ImportedProcess(bpmn_id or "", named(process), executable, definition, _causes(problems))


def _causes(problems: Problems) -> list[Problem]:
    """The problems without those that only say that what was refused at a node is missing there."""
    refused = {each.node_id for each in problems if each.severity == "error" and each.code in _REFUSALS}
    return [each for each in problems if not (each.code.startswith("MISSING_") and each.node_id in refused)]


def _add_made(roots: Json, exchange: Exchange, process: Element) -> None:
    """Add the messages that message flows give to nodes of this process."""
    given = {id_ for node in process.walk() if (id_ := exchange.messages.get(node.get("id") or ""))}
    made = [{"id": id_, "name": name} for id_, name in exchange.made.items() if id_ in given]
    if made:
        roots["messages"] = [*roots.get("messages", []), *made]


def _owner(node: Element) -> Element | None:
    here: Element | None = node
    while here is not None and here.local != "process":
        here = here.parent
    return here
