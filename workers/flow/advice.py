"""Warnings: what can be published and is hardly meant."""

from workers.flow.document import (
    Activity,
    BoundaryEvent,
    EndEvent,
    ExclusiveGateway,
    HttpTask,
    Human,
    NodeElement,
    PythonTask,
    ScriptTask,
    SequenceFlow,
    ServiceElement,
)
from workers.flow.json_value import JsonValue
from workers.flow.leaves import RESERVED
from workers.flow.nodes import Names, Scope, Use, given_names, property_names
from workers.flow.problem import nearest, quoted
from workers.flow.reading import Part, Reading
from workers.flow.structure import Structure

MAX_PASSES = 100
TASK_CANCELLED = "TASK_CANCELLED"
"""The error that a person's CANCEL throws at a task."""

_ANY = 1  # the bit that says that any name may be set


def advise(reading: Reading, scope: Scope) -> None:
    """Warn of variables that nothing sets, errors that nothing throws and flows that are never taken."""
    structure = scope.structure
    _check_errors(structure)
    for part in structure.nodes.values():
        if isinstance(part.value, ExclusiveGateway):
            _check_gateway(part.value, structure)
        elif isinstance(part.value, Activity | ServiceElement):
            _check_activity(part.value, structure)
    if reading.header and reading.nodes.complete and not reading.nodes.unread:
        _check_variables(reading.header.value.input_schema, scope)


def _thrown_by(node: NodeElement, structure: Structure) -> set[str | None] | None:
    """The codes that an activity can throw; None if its code throws what it likes."""
    if isinstance(node, PythonTask):
        return None
    if isinstance(node, HttpTask):
        return {structure.error_code(throw.error_ref) for throw in node.throws}
    return {TASK_CANCELLED} if isinstance(node, Human) else set()


def _check_errors(structure: Structure) -> None:
    thrown: set[str | None] = set()
    anything = False
    for part in structure.nodes.values():
        node = part.value
        codes = _thrown_by(node, structure)
        anything = anything or codes is None
        thrown.update(codes or ())
        if isinstance(node, EndEvent) and node.event:
            thrown.add(structure.error_code(node.event.error_ref))
        for boundary in structure.boundaries[node.id]:
            if codes is not None and not part.damaged and isinstance(node, Activity | ServiceElement):
                _check_boundary(boundary, node, codes, structure)
    for error in structure.errors.values():
        code = error.value.error_code
        if not anything and code not in thrown and code != TASK_CANCELLED:
            error.place.warn("ERROR_NEVER_THROWN", f"Nothing in this flow throws the error {quoted(code)}.")


def _check_boundary(
    boundary: Part[BoundaryEvent], host: NodeElement, codes: set[str | None], structure: Structure
) -> None:
    ref = boundary.value.event.error_ref
    code = structure.error_code(ref)
    if codes if ref is None else code in codes:
        return
    what = "an error" if ref is None else f"the error {quoted(code or ref)}"
    boundary.place.warn("ERROR_NEVER_THROWN", f"The {host.type} {quoted(host.id)} never throws {what}.")


def _check_gateway(gateway: ExclusiveGateway, structure: Structure) -> None:
    leaving = structure.outgoing[gateway.id]
    asked = [flow for flow in leaving if flow.value.id != gateway.default]
    always: Part[SequenceFlow] | None = None
    for flow in asked + [flow for flow in leaving if flow.value.id == gateway.default]:
        if always:
            _warn_never_taken(flow, f"{quoted(always.value.id)} before it is always taken")
        elif _constant(flow) is False:
            _warn_never_taken(flow, "its condition is false")
        elif _constant(flow):
            always = flow


def _check_activity(node: Activity | ServiceElement, structure: Structure) -> None:
    leaving = structure.outgoing[node.id]
    others = [flow for flow in leaving if flow.value.id != node.default]
    always = next((flow for flow in others if not flow.value.condition_expression or _constant(flow)), None)
    for flow in leaving:
        if _constant(flow) is False:
            _warn_never_taken(flow, "its condition is false")
        elif always and flow.value.id == node.default and not always.damaged:
            _warn_never_taken(
                flow, f"{quoted(always.value.id)} is always taken, and the default only if none is"
            )


def _constant(flow: Part[SequenceFlow]) -> bool | None:
    source = (flow.value.condition_expression or "").removeprefix("=").strip()
    return {"true": True, "false": False}.get(source)


def _warn_never_taken(flow: Part[SequenceFlow], why: str) -> None:
    message = f"The sequence flow {quoted(flow.value.id)} is never taken: {why}."
    flow.place.of(flow.value.source_ref).warn("FLOW_NEVER_TAKEN", message)


def _check_variables(input_schema: JsonValue, scope: Scope) -> None:
    """Warn of placeholders whose variable neither the start data nor any node before can have set."""
    given = property_names(input_schema)
    if given is None:
        return
    bits: dict[str, int] = {}
    visible = _visible(_mask(given, bits), scope.structure, bits)
    for use in scope.uses:
        known = visible.get(use.node_id, _ANY)
        if not known & _ANY:
            _check_use(use, known, bits)


def _check_use(use: Use, known: int, bits: dict[str, int]) -> None:
    for name in use.templated.placeholders:
        if name not in use.own and name not in RESERVED and not known & bits.get(name, 0):
            meant = nearest(name, [each for each, bit in bits.items() if known & bit] + sorted(use.own))
            hint = f"; did you mean {quoted(meant)}?" if meant else "."
            message = f"Neither `inputSchema` nor a node before this one sets {quoted(name)}{hint}"
            use.place.warn("VARIABLE_NEVER_SET", message)


def _visible(given: int, structure: Structure, bits: dict[str, int]) -> dict[str, int]:
    """The names that may be set when each node is reached, as bits: those of all nodes that lead there."""
    order = dict.fromkeys(structure.starts)
    for here in (queue := list(order)):
        onward = [flow.value.target_ref for flow in structure.outgoing[here]]
        onward += [part.value.id for part in structure.boundaries[here]]
        queue.extend(each for each in onward if each not in order and each in structure.nodes)
        order.update(dict.fromkeys(each for each in onward if each in structure.nodes))
    written = {id_: _mask(_written(structure.nodes[id_].value, structure), bits) for id_ in order}
    visible = {id_: given if id_ in structure.starts else 0 for id_ in order}
    for _ in range(MAX_PASSES):
        before = visible.copy()
        for here in order:
            for flow in structure.outgoing[here]:
                if flow.value.target_ref in order:
                    visible[flow.value.target_ref] |= visible[here] | written[here]
            for part in structure.boundaries[here]:
                visible[part.value.id] |= visible[here]
        if visible == before:
            return visible
    return {}


def _written(node: NodeElement, structure: Structure) -> Names:
    output = getattr(node, "output", None)
    if output is not None:
        return frozenset(output)
    if isinstance(node, ServiceElement):
        return frozenset()  # what comes back stays local
    if isinstance(node, ScriptTask):
        return frozenset({node.result_variable}) if node.result_variable else None
    return given_names(node, structure)


def _mask(names: Names, bits: dict[str, int]) -> int:
    if names is None:
        return _ANY
    mask = 0
    for name in names:
        mask |= bits.setdefault(name, 2 << len(bits))
    return mask
