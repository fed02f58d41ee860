"""Where a definition comes from: JSON, or a process of a BPMN 2.0 file that is kept with its drawing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from models.errors import Unprocessable
from workers.flow.bpmn.options import keep_options
from workers.flow.bpmn.write import write_xml
from workers.flow.bpmn.xml import MAX_BYTES, BpmnError, read_xml
from workers.flow.interchange.export import export_bpmn
from workers.flow.interchange.read import import_document
from workers.flow.problem import Problem

Definition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A definition. One that came as BPMN has the whole file too, and the problems of its import."""

    definition: Definition
    name: str | None = None
    xml: str | None = None
    bpmn_id: str | None = None
    problems: tuple[Problem, ...] = ()


def read_bpmn(data: bytes, options: Mapping[str, str] = MappingProxyType({})) -> list[Source]:
    """The executable processes of a file; all of them where none is executable.

    `options` say how a file of another engine is read, by the names of `CHOICES`; the stored file says so.

    Raises:
        Unprocessable: the bytes are no BPMN 2.0; `INVALID_BPMN`.
    """
    try:
        document = read_xml(data, max_bytes=len(data))
        keep_options(document.root, options)
        imported = import_document(document)
        _check_size([process.definition for process in imported.processes], max(len(data), MAX_BYTES))
    except BpmnError as error:
        raise Unprocessable(str(error), [("body", str(error))], code="INVALID_BPMN") from None
    xml = write_xml(document).decode()
    executable = [process for process in imported.processes if process.is_executable]
    return [
        Source(process.definition, process.name, xml, process.bpmn_id, tuple(process.problems))
        for process in executable or imported.processes
    ]


def _check_size(definitions: Sequence[Definition], most: int) -> None:
    """Bounds the definitions of one file: a part of the file may be copied into each of them."""
    size = sum(len(json.dumps(definition, ensure_ascii=False)) for definition in definitions)
    if size > most:
        raise BpmnError(
            f"The definitions of this file's processes would have {size:,} characters together, and at most"
            f" {most:,} are kept: divide the file."
        )


def process_of(sources: Sequence[Source], bpmn_id: str | None) -> Source:
    """The process of a file that a flow is made from: the one it was made from before, or the only one.

    Raises:
        Unprocessable: which one is meant is open.
    """
    for source in sources:
        if source.bpmn_id == bpmn_id:
            return source
    if len(sources) == 1:
        return sources[0]
    ids = ", ".join(f"`{source.bpmn_id}`" for source in sources)
    message = f"The file has the processes {ids}, and this flow is none of them yet; POST it to /flows."
    raise Unprocessable(message, [("body", message)], code="AMBIGUOUS_PROCESS")


def stored(definition: Definition, xml: str | None, bpmn_id: str | None) -> Source:
    """A stored definition as it came."""
    if xml is None:
        return Source(definition)
    return process_of(read_bpmn(xml.encode()), bpmn_id)


def as_bpmn(definition: Definition, xml: str | None, *, process_id: str, name: str) -> bytes:
    """The file that the definition came as; for one that came as JSON, one made from it, without a drawing.

    Raises:
        Unprocessable: the definition has problems, and cannot be written as BPMN.
    """
    if xml is not None:
        return xml.encode()
    # An id in XML begins with a letter; a processId may begin with a digit.
    id_ = process_id if process_id[:1].isalpha() else f"process-{process_id}"
    try:
        return export_bpmn(definition, process_id=id_, name=name)
    except (BpmnError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unprocessable(
            f"The definition has problems and cannot be written as BPMN: {error}", code="INVALID_BPMN"
        ) from None
