"""From a definition to the graph that the engine runs, or to everything that is wrong with it."""

from collections.abc import Collection, Mapping
from datetime import UTC
from types import MappingProxyType

from workers.flow.compiler.advice import advise
from workers.flow.compiler.event_rules import check_events
from workers.flow.compiler.flow_rules import check_flows
from workers.flow.compiler.nodes import compile_node
from workers.flow.compiler.reach import Reach
from workers.flow.compiler.reading import read_document
from workers.flow.compiler.references import check_references
from workers.flow.compiler.structure import Structure, connect
from workers.flow.document import leaves
from workers.flow.document.parts import Reading
from workers.flow.document.properties import Context
from workers.flow.document.roots import Roots
from workers.flow.graph import ConditionalEvent, Graph, Level, MessageCatch, Node, SequenceFlow
from workers.flow.json_value import UnkeepableJson, check_keepable
from workers.flow.problem import Place, Problem, Problems


def compile_flow(
    document: object,
    *,
    queues: Collection[str] | None = ("default",),
    tasks: Collection[str] | None = None,
    calls: Mapping[str, str] | None = None,
    time_zone: str = "UTC",
    published: bool = False,
    told: Collection[str] = (),
) -> tuple[Graph | None, list[Problem]]:
    """Compile a definition. This raises for no `document`, whatever JSON that is.

    `queues` are the queues that have workers, `tasks` the names of the registered python tasks (None: not
    checked, as for a version that was published already). `calls` has the id of the called version by call
    activity, and `time_zone` is the zone of timers that name none. Up to 500 problems are found at once; with
    an error among them there is no graph. Warnings are also in the graph.

    A version that is `published` has compiled before, so a refusal that is newer is a warning for it.
    `told` are the ids of elements whose problems an import has reported already.
    """
    problems = Problems(published=published, told=told)
    graph = _compile(document, problems, queues, tasks, calls, time_zone)
    return (None if problems.fatal else graph), list(problems)


def _compile(
    document: object,
    problems: Problems,
    queues: Collection[str] | None,
    tasks: Collection[str] | None,
    calls: Mapping[str, str] | None,
    time_zone: str,
) -> Graph | None:
    if not isinstance(document, dict):
        Place(problems).error(
            "INVALID_DOCUMENT", "A definition is a JSON object with `schemaVersion` and `nodes`."
        )
        return None
    try:
        check_keepable(document)
    except UnkeepableJson as error:
        Place(problems, error.path).error("INVALID_DOCUMENT", f"This cannot be kept: {error.message}.")
        return None
    reading = read_document(document, problems)
    if reading is None:
        return None
    structure = _checked(reading, problems)
    head = reading.header
    input_schema = None
    if head:
        place = head.place.at("inputSchema")
        input_schema = leaves.schema(place, head.value.input_schema)
        leaves.reserved_properties(place, head.value.input_schema)
    zone = leaves.zone(Place(problems), time_zone, UTC)
    roots, flows = structure.roots, _flows(structure)
    context = Context(roots, queues, tasks, calls, _messages(roots), zone)
    nodes = {id_: compile_node(part, structure, flows, context) for id_, part in structure.nodes.items()}
    advise(reading, structure, context.uses)
    if head is None or problems.fatal:
        return None
    return Graph(
        head.value.name,
        MappingProxyType(nodes),
        MappingProxyType(_levels(structure, nodes)),
        input_schema,
        tuple(problem.message for problem in problems),
        any(_is_watchful(node) for node in nodes.values()),
        any(node.loop is not None for node in nodes.values()),
    )


def _checked(reading: Reading, problems: Problems) -> Structure:
    structure = connect(reading, problems)
    for level in structure.levels.values():
        for part in level.nodes.values():
            check_references(part, structure, reading, problems)
        check_flows(level, structure)
        check_events(level, structure)
    return structure


def _flows(structure: Structure) -> dict[str, SequenceFlow]:
    flows: dict[str, SequenceFlow] = {}
    for id_, part in structure.flows.items():
        flow = part.value
        place = part.place.at("conditionExpression")
        if flow.source_ref in structure.nodes:
            place = place.of(flow.source_ref)
        flows[id_] = SequenceFlow(
            id_, flow.source_ref, flow.target_ref, leaves.expression(place, flow.condition_expression)
        )
    return flows


def _messages(roots: Roots) -> dict[str, MessageCatch]:
    messages: dict[str, MessageCatch] = {}
    for id_, part in roots.messages.items():
        message = part.value
        key = leaves.template(part.place.at("correlationKey"), message.correlation_key)
        data = leaves.schema(part.place.at("dataSchema"), message.data_schema)
        messages[id_] = MessageCatch(message.name or id_, key, data)
    return messages


def _levels(structure: Structure, nodes: Mapping[str, Node]) -> dict[str | None, Level]:
    return {
        owner: Level(
            level.starts,
            level.event_starts,
            level.event_sub_processes,
            Reach([nodes[id_] for id_ in level.nodes]),
        )
        for owner, level in structure.levels.items()
    }


def _is_watchful(node: Node) -> bool:
    return isinstance(node.details, ConditionalEvent) or (node.type == "inclusiveGateway" and node.joins)
