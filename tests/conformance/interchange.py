"""Reads a model and writes it again: what comes back says the same, and every problem names an element."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.conformance.case import Json, Suite
from tests.product import Product
from workers.flow.bpmn.compare import differences
from workers.flow.bpmn.vocabulary import FLOW_NODES, MODEL
from workers.flow.bpmn.write import write_xml
from workers.flow.bpmn.xml import Document, read_xml
from workers.flow.compiler.compile import compile_flow
from workers.flow.interchange.export import export_bpmn
from workers.flow.interchange.read import ImportedProcess, import_bpmn
from workers.flow.problem import Problem

#: Gives back, for a file, what the product keeps of it: the XML of each flow that it becomes.
Serve = Callable[[bytes], list[bytes]]

_TYPE = {"Content-Type": "application/xml"}


@dataclass(slots=True)
class Exchanged:
    """What came of a model. `runnable` are its processes that have no problem but not being executable."""

    model: str
    elements: int = 0
    shapes: int = 0
    edges: int = 0
    processes: int = 0
    problems: int = 0
    runnable: int = 0
    why: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.why


def served_by(product: Product) -> Serve:
    """Posts a file as flows and reads their drafts, over HTTP."""

    def serve(data: bytes) -> list[bytes]:
        created = product.api.http.post("/flows", content=data, headers=_TYPE)
        assert created.status_code == 201, f"POST /flows: {created.status_code} {created.text[:200]}"
        found = []
        for flow in created.json()["flows"]:
            path = f"/flows/{flow['processId']}/draft"
            answer = product.api.http.get(path, headers={"Accept": "application/xml"})
            assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text[:200]}"
            found.append(answer.content)
        return found

    return serve


def exchange(suite: Suite, model: Json, serve: dict[str, Serve]) -> Exchanged:
    """Checks one model; `serve` is by the name of a system."""
    result = Exchanged(model["name"])
    data = (suite.folder / model["bpmn"]).read_bytes()
    try:
        document = read_xml(data)
        result.why += _check_document(document, write_xml(document), "written", model)
        processes = import_bpmn(data).processes
        result.processes = len(processes)
        for process in processes:
            result.why += _check_process(document, process, result)
        missing = model["processes"].keys() - {process.bpmn_id for process in processes}
        result.why += [f"the process {id_} was not imported" for id_ in sorted(missing)]
        for name, served in serve.items():
            for each in served(data):
                result.why += _check_document(document, each, f"served by {name}", model)
        counts = _counts(document)
        result.elements = sum(each for name, each in counts.items() if name[0] == MODEL)
        result.shapes, result.edges = _count(counts, "BPMNShape"), _count(counts, "BPMNEdge")
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the outcome of this model
        result.why.append(f"{type(error).__name__}: {error}")
    return result


def _check_document(document: Document, again: bytes, how: str, model: Json) -> Iterator[str]:
    """What was lost or changed on the way, and where the counts are not those of the index."""
    back = read_xml(again)
    yield from (f"{how}: {difference}" for difference in differences(document, back))
    counts = _counts(back)
    got = {name: counts[MODEL, name] for name in model.get("elements", {})}
    got |= {"BPMNShape": _count(counts, "BPMNShape"), "BPMNEdge": _count(counts, "BPMNEdge")}
    wanted = {**model.get("elements", {}), "BPMNShape": model["shapes"], "BPMNEdge": model["edges"]}
    for name, number in wanted.items():
        if got[name] != number:
            yield f"{how}: {name}: expected {number}, got {got[name]}"


def _check_process(document: Document, process: ImportedProcess, result: Exchanged) -> Iterator[str]:
    ids = {id_ for element in document.root.walk() if (id_ := element.get("id"))}
    graph, found = compile_flow(process.definition)
    problems = [*process.problems, *found]
    result.problems += len(problems)
    for problem in problems:
        if not _named(problem) & ids:
            yield f"a problem names no element: {problem.code}: {problem.message}"
    told = {id_ for problem in problems for id_ in _named(problem)}
    for id_ in _flow_elements(document, process.bpmn_id) - set(_ids(process.definition)) - told:
        yield f"{id_} was left out without a word"
    if graph is None:
        return
    errors = [problem.code for problem in problems if problem.severity == "error"]
    result.runnable += all(code == "NOT_EXECUTABLE" for code in errors)
    exported = export_bpmn(process.definition, process_id=process.bpmn_id, name=result.model)
    (again,) = import_bpmn(exported).processes
    if again.definition != process.definition:
        yield f"{process.bpmn_id}: an export of its definition does not give it again"


def _named(problem: Problem) -> set[str]:
    """The ids that a problem may name."""
    return {problem.node_id or "", *re.findall(r"`([^`]*)`", problem.message)}


def _flow_elements(document: Document, process: str) -> set[str]:
    """The ids of the nodes and sequence flows in a process."""
    (root,) = [each for each in document.root.children(MODEL, "process") if each.get("id") == process]
    wanted = {*FLOW_NODES, "sequenceFlow"}
    return {each.get("id") or "" for each in root.walk() if each.namespace == MODEL and each.local in wanted}


def _ids(scope: Json) -> Iterator[str]:
    for each in [*scope.get("nodes", ()), *scope.get("sequenceFlows", ())]:
        yield each.get("id", "")
        yield from _ids(each)


def _counts(document: Document) -> Counter[tuple[str | None, str]]:
    return Counter(element.name for element in document.root.walk())


def _count(counts: Counter[tuple[str | None, str]], local: str) -> int:
    return sum(number for (_, name), number in counts.items() if name == local)
