"""From a node of the document to a node of the graph."""

from collections.abc import Mapping
from datetime import timedelta

from workers.flow import graph
from workers.flow.catalogue import type_of
from workers.flow.catalogue.boundary_event import BoundaryEvent
from workers.flow.catalogue.service_task import QueuedTask, ServiceElement
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.catalogue.sub_process import is_event_sub_process
from workers.flow.compiler.names import given_names
from workers.flow.compiler.structure import Structure
from workers.flow.document import leaves
from workers.flow.document.activity import Activity, MappedActivity, MultiInstance, StandardLoop
from workers.flow.document.definition import Level
from workers.flow.document.element import NodeElement
from workers.flow.document.event import Event
from workers.flow.document.parts import Part
from workers.flow.document.properties import Context, Properties
from workers.flow.json_value import JsonValue
from workers.flow.problem import quoted, suggestion
from workers.flow.values.template import Templated

LONGEST_BACKOFF = timedelta(days=30)


def compile_node(
    part: Part[NodeElement], structure: Structure, flows: Mapping[str, graph.SequenceFlow], context: Context
) -> graph.Node:
    """A node of the graph. What is wrong is reported, and the rest of the node compiled."""
    node, default = part.value, getattr(part.value, "default", None)
    of = Properties(part, structure.level_of[node.id].owner, context)
    return graph.Node(
        id=node.id,
        type=node.type,
        name=of.template("name", node.name, of.own),
        parent=of.parent,
        incoming=tuple(flows[each.value.id] for each in structure.incoming[node.id]),
        outgoing=tuple(flows[each.value.id] for each in structure.outgoing[node.id]),
        default=flows.get(default) if default is not None else None,
        input=_input(of, node),
        output=_output(of, node),
        retry=_retry(of, node),
        throws=_throws(of, node),
        queue=_queue(of, node),
        loop=_loop(of, node),
        boundaries=tuple(each.value.id for each in structure.boundaries[node.id]),
        attached_to=node.attached_to_ref if isinstance(node, BoundaryEvent) else None,
        interrupting=_interrupts(structure, node),
        triggered_by_event=is_event_sub_process(node),
        compensated_by=structure.handler_of(node.id),
        details=type_of(node).details(of, node),
    )


def _interrupts(structure: Structure, node: NodeElement) -> bool:
    if isinstance(node, BoundaryEvent):
        return node.cancel_activity
    if is_event_sub_process(node):
        level = structure.levels.get(node.id)
        starts = [each.value for each in level.nodes.values()] if level else []
        return all(each.is_interrupting for each in starts if isinstance(each, StartEvent))
    return node.is_interrupting if isinstance(node, StartEvent) else True


def _input(of: Properties, node: NodeElement) -> Templated | None:
    if not isinstance(node, MappedActivity | Event):
        return None  # a service task's input is what it is called with, and so in its details
    leaves.variable_names(of.place.at("input"), node.input or ())
    return of.template("input", node.input, of.run)


def _output(of: Properties, node: NodeElement) -> Templated | None:
    output = getattr(node, "output", None)
    leaves.variable_names(of.place.at("output"), output or ())
    given = given_names(node, of.roots)
    return of.template("output", output, None if given is None else given | of.own)


def _retry(of: Properties, node: NodeElement) -> graph.Retry:
    usual = graph.Retry()
    if not isinstance(node, ServiceElement):
        return usual
    retry, place = node.retry, of.place.at("retry")
    backoff = leaves.span(place.at("backoff"), retry.backoff, longest=LONGEST_BACKOFF) or usual.backoff
    most: timedelta | None = max(usual.max_backoff, backoff)
    if retry.max_backoff is not None:
        most = leaves.span(place.at("maxBackoff"), retry.max_backoff, longest=LONGEST_BACKOFF)
        if most and most < backoff:
            place.at("maxBackoff").error("INVALID_DURATION", "`maxBackoff` is shorter than `backoff`.")
    return graph.Retry(
        max_attempts=retry.max_attempts,
        backoff=backoff,
        max_backoff=most or usual.max_backoff,
        when=leaves.expression(place.at("when"), retry.when),
    )


def _throws(of: Properties, node: NodeElement) -> tuple[graph.Throw, ...]:
    found: list[graph.Throw] = []
    for index, throw in enumerate(node.throws if isinstance(node, QueuedTask) else ()):
        when = leaves.expression(of.place.at("throws", index, "when"), throw.when)
        code = of.roots.error_code(throw.error_ref)
        if when and code is not None:
            found.append(graph.Throw(when, code))
    return tuple(found)


def _queue(of: Properties, node: NodeElement) -> str | None:
    queue, queues = node.queue if isinstance(node, QueuedTask) else None, of.context.queues
    if queue is not None and queues is not None and queue not in queues:
        hint = suggestion(queue, queues)
        of.place.at("queue").error("UNKNOWN_QUEUE", f"{quoted(queue)} is no queue of this system; {hint}")
    return queue


def _loop(of: Properties, node: NodeElement) -> graph.StandardLoop | graph.MultiInstance | None:
    match node.loop if isinstance(node, Activity) else None:
        case StandardLoop() as loop:
            return _standard(of, loop)
        case MultiInstance() as loop:
            return _multi_instance(of, node, loop)
    return None


def _standard(of: Properties, loop: StandardLoop) -> graph.StandardLoop:
    if loop.condition is None and loop.max_iterations is None and not of.part.damaged:
        message = "A standard loop has a `while`, a `maxIterations` or both: it would run without end."
        of.at("loop").error("INVALID_LOOP", message)
    condition = leaves.expression(of.at("loop.while"), loop.condition)
    return graph.StandardLoop(condition, loop.max_iterations, loop.test_before)


def _multi_instance(of: Properties, node: NodeElement, loop: MultiInstance) -> graph.MultiInstance:
    if not of.part.damaged:
        for wrong in _wrong_with(loop):
            of.at("loop").error("INVALID_LOOP", wrong)
    for name, variable in (
        ("elementVariable", loop.element_variable),
        ("outputCollection", loop.output_collection),
    ):
        if variable is not None:
            leaves.variable_name(of.at(f"loop.{name}"), variable)
    given = None if isinstance(node, Level) else given_names(node, of.roots)
    return graph.MultiInstance(
        collection=_not_text(of, "collection", loop.collection, "a list"),
        cardinality=_not_text(of, "cardinality", loop.cardinality, "a number"),
        element_variable=loop.element_variable,
        output_collection=loop.output_collection,
        output_element=of.template(
            "loop.outputElement", loop.output_element, None if given is None else given | of.own
        ),
        sequential=loop.sequential,
        completion_condition=leaves.expression(of.at("loop.completionCondition"), loop.completion_condition),
    )


def _wrong_with(loop: MultiInstance) -> list[str]:
    wrong: list[str] = []
    if (loop.collection is None) == (loop.cardinality is None):
        wrong.append(
            "A multi-instance runs for a `collection` or as often as a `cardinality` says: one of them."
        )
    elif loop.element_variable is not None and loop.collection is None:
        wrong.append("`elementVariable` holds an element of a `collection`; a count is in `loopCounter`.")
    if (loop.output_collection is None) != (loop.output_element is None):
        wrong.append(
            "`outputCollection` is the variable, and `outputElement` what each run gives: both or none."
        )
    return wrong


def _not_text(of: Properties, name: str, value: JsonValue, wanted: str) -> Templated | None:
    """A template that gives something else than text."""
    templated = of.template(f"loop.{name}", value, frozenset())
    if isinstance(value, str) and templated and leaves.is_literal(value, templated):
        message = (
            f"{quoted(value)} is a text and never {wanted}: a variable stands in braces, as `{{orders}}`."
        )
        of.at(f"loop.{name}").error("INVALID_LOOP", message)
    return templated
