"""Warnings of definitions that can be published but are probably a mistake."""

from collections.abc import Collection

from workers.flow.catalogue import type_of
from workers.flow.catalogue.boundary_event import BoundaryEvent
from workers.flow.catalogue.events.error import ErrorCatch
from workers.flow.catalogue.exclusive_gateway import ExclusiveGateway
from workers.flow.catalogue.human_task import TASK_CANCELLED
from workers.flow.catalogue.inclusive_gateway import InclusiveGateway
from workers.flow.catalogue.node_type import Codes
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.compiler.structure import Structure
from workers.flow.compiler.variables import check_variables
from workers.flow.document.activity import Activity
from workers.flow.document.definition import SequenceFlow
from workers.flow.document.element import NodeElement
from workers.flow.document.parts import Part, Reading
from workers.flow.document.properties import Use
from workers.flow.problem import quoted


def advise(reading: Reading, structure: Structure, uses: Collection[Use]) -> None:
    """Warn of variables that nothing sets, errors that nothing throws and flows that are never taken."""
    whole = all(level.parts.nodes.whole for level in structure.levels.values())
    if whole:
        _check_errors(structure)
    for part in structure.nodes.values():
        match part.value:
            case ExclusiveGateway() as gateway:
                _check_gateway(part, gateway, structure)
            case Activity() | InclusiveGateway() as node:
                _check_all_taken(node, structure)
    if reading.header and whole:
        check_variables(reading.header.value.input_schema, structure, uses)


class _Thrown:
    """The errors that a node or a level throws outwards, before any of them is caught."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._known: dict[str | None, Codes] = {}

    def by(self, node_id: str) -> Codes:
        """What a node throws, and all that stands in it."""
        part = self._structure.nodes[node_id]
        codes = None if part.damaged else type_of(part.value).errors(part.value, self._structure.roots)
        if codes is None or node_id not in self._structure.levels:
            return codes
        inside = self.within(node_id)
        return None if inside is None else codes | inside

    def within(self, owner: str | None) -> Codes:
        """What comes out of the process, or of a sub-process."""
        if owner not in self._known:
            thrown = [self.by(id_) for id_ in self._structure.levels[owner].nodes]
            known = [codes for codes in thrown if codes is not None]
            self._known[owner] = set().union(*known) if len(known) == len(thrown) else None
        return self._known[owner]


def _check_errors(structure: Structure) -> None:
    thrown = _Thrown(structure)
    for part in structure.nodes.values():
        node = part.value
        if isinstance(node, BoundaryEvent) and isinstance(node.event, ErrorCatch):
            host = structure.nodes.get(node.attached_to_ref)
            if host and isinstance(host.value, Activity):
                source = f"The {host.value.type} {quoted(host.value.id)}"
                _check_catch(part, node.event, thrown.by(host.value.id), source, structure)
        elif isinstance(node, StartEvent) and isinstance(node.event, ErrorCatch):
            sub_process = structure.level_of[node.id].owner
            if sub_process in structure.level_of:
                codes = thrown.within(structure.level_of[sub_process].owner)
                _check_catch(part, node.event, codes, "The scope around it", structure)
    everything = thrown.within(None)
    for error in structure.roots.errors.values():
        code = error.value.error_code
        if everything is not None and code not in everything and code != TASK_CANCELLED:
            error.place.warn("ERROR_NEVER_THROWN", f"Nothing in this flow throws the error {quoted(code)}.")


def _check_catch(
    part: Part[NodeElement], event: ErrorCatch, codes: Codes, source: str, structure: Structure
) -> None:
    code = structure.roots.error_code(event.error_ref)
    if codes is None or (codes if event.error_ref is None else code in codes):
        return
    what = "an error" if event.error_ref is None else f"the error {quoted(code or event.error_ref)}"
    part.place.warn("ERROR_NEVER_THROWN", f"{source} never throws {what}.")


def _check_gateway(part: Part[NodeElement], gateway: ExclusiveGateway, structure: Structure) -> None:
    leaving = structure.outgoing[gateway.id]
    if leaving and all(flow.value.target_ref == gateway.id for flow in leaving):
        part.place.warn("LEADS_TO_ITSELF", f"{quoted(gateway.id)} leads only to itself: no token gets on.")
    asked = [flow for flow in leaving if flow.value.id != gateway.default]
    always: Part[SequenceFlow] | None = None
    for flow in asked + [flow for flow in leaving if flow.value.id == gateway.default]:
        if always:
            _warn_never_taken(flow, f"{quoted(always.value.id)} before it is always taken")
        elif _constant(flow) is False:
            _warn_never_taken(flow, "its condition is false")
        elif _constant(flow):
            always = flow


def _check_all_taken(node: Activity | InclusiveGateway, structure: Structure) -> None:
    """Check the outgoing flows of a node that takes every flow whose condition is true."""
    leaving = structure.outgoing[node.id]
    others = [flow for flow in leaving if flow.value.id != node.default]
    always = next((flow for flow in others if _constant(flow)), None)
    bare = [flow for flow in others if not flow.value.condition_expression and not flow.damaged]
    for flow in leaving:
        if _constant(flow) is False:
            _warn_never_taken(flow, "its condition is false")
        elif flow.value.id == node.default and always:
            _warn_never_taken(flow, f"the condition of {quoted(always.value.id)} is always true")
        elif flow.value.id == node.default and bare:
            _warn_taken_beside(flow, bare)


def _warn_taken_beside(default: Part[SequenceFlow], bare: list[Part[SequenceFlow]]) -> None:
    ids = ", ".join(quoted(flow.value.id) for flow in bare[:20])
    have = "have no condition and are" if len(bare) > 1 else "has no condition and is"
    message = (
        f"The default flow {quoted(default.value.id)} is taken where no condition is true, so also beside"
        f" {ids}, which {have} always taken."
    )
    place = default.place.of(default.value.source_ref)
    place.warn("DEFAULT_BESIDE_UNCONDITIONAL", message)


def _constant(flow: Part[SequenceFlow]) -> bool | None:
    source = (flow.value.condition_expression or "").removeprefix("=").strip()
    return {"true": True, "false": False}.get(source)


def _warn_never_taken(flow: Part[SequenceFlow], why: str) -> None:
    message = f"The sequence flow {quoted(flow.value.id)} is never taken: {why}."
    flow.place.of(flow.value.source_ref).warn("FLOW_NEVER_TAKEN", message)
