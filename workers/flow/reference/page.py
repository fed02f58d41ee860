"""`docs/nodes.md`: every type of node, from the models, the rules and the examples."""

from collections.abc import Collection, Iterator, Sequence
from typing import get_args

from workers.flow.catalogue import TYPES
from workers.flow.catalogue.models import EVENTS, IMPLEMENTATIONS, NODES
from workers.flow.catalogue.node_type import Group
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.catalogue.task import Task
from workers.flow.document.activity import LOOPS, Activity, MappedActivity
from workers.flow.document.element import Element, NodeElement
from workers.flow.document.event import Event
from workers.flow.reference.drawing import drawing
from workers.flow.reference.example import Example, pretty, told
from workers.flow.reference.rules import read_rules
from workers.flow.reference.table import Tables

GROUPS: dict[Group, tuple[str, ...]] = {
    group: tuple(dict.fromkeys(each.type for each in TYPES if each.group == group))
    for group in get_args(Group)
}

_TITLE = """\
# Every node type

Written by `make docs` from the models in [workers/flow](../workers/flow). The JSON Schema is
[flow.schema.json](flow.schema.json), served at `GET /schemas/flow.json`; how the parts work together is told
in [flows.md](flows.md). Each example is a whole flow in [examples/](examples/), and a test publishes and runs
it as is said below it."""

_SIGNS = """\
In the drawings ✉ is a message, ⏱ a timer, ▲ a signal, ⚡ an error, ⇧ an escalation, ☰ a condition, ➜ a
link, ⬤ terminate, ⏪ compensation, ✖ cancel; gateways are ✕ exclusive, ✚ parallel, ○ inclusive, ⬠
event-based; ↻ is a loop, ⫼ a parallel and ≡ a sequential multi-instance. A dotted line ties an event to its
activity."""

_SUB_PROCESS_BY_EVENT = """\
A `subProcess` with `triggeredByEvent`: its start event starts it while the scope around it runs."""


def entries() -> Iterator[str]:
    """Every entry that has to have an example."""
    for types in GROUPS.values():
        for type_ in types:
            if type_ == "serviceTask":
                yield from (f"serviceTask {each}" for each in IMPLEMENTATIONS)
                continue
            if type_ not in {"intermediateCatchEvent", "boundaryEvent"}:  # these always have an event
                yield type_
            yield from (f"{type_} {event}" for event in EVENTS.get(NODES[type_], ()))
    yield "subProcess event"
    yield from (f"loop {kind}" for kind in LOOPS)


def page_text(examples: Sequence[Example]) -> str:
    """The whole page."""
    return "\n\n".join(part for part in _Page(examples).parts() if part) + "\n"


class _Page:
    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self.rules = read_rules()
        self.tables = Tables()

    def parts(self) -> Iterator[str]:
        yield _TITLE
        yield from self._contents()
        yield _SIGNS
        yield "## Every node"
        yield "Besides its `type`, which is the heading here:"
        yield self.tables.base_table(Task, NodeElement)
        yield "Events have besides:"
        yield self.tables.base_table(StartEvent, Event)
        yield "## Every activity"
        yield "Activities are tasks, sub-processes, transactions and call activities."
        yield self.tables.base_table(Task, Activity)
        yield "Where nothing else is said, `input` makes local variables:"
        yield self.tables.base_table(Task, MappedActivity)
        for types in GROUPS.values():
            for type_ in types:
                yield from self._service_tasks() if type_ == "serviceTask" else self._node(type_)
        yield "## Loops"
        yield "Every activity may have a `loop`; the keys that it has tell which kind it is."
        for kind, model in LOOPS.items():
            yield f"### loop: {kind}"
            yield from self._entry(f"loop {kind}", model)

    def _contents(self) -> Iterator[str]:
        for group, types in GROUPS.items():
            lines = [f"- [`{type_}`](#{type_.lower()}): {_first(NODES[type_])}" for type_ in types]
            if "serviceTask" in types:
                at = types.index("serviceTask")
                lines[at : at + 1] = [
                    f"- [`serviceTask` `{name}`](#servicetask-{name}): {_first(model)}"
                    for name, model in IMPLEMENTATIONS.items()
                ]
            if "subProcess" in types:
                lines[1:1] = [f"- [event sub-process](#subprocess-event): {_SUB_PROCESS_BY_EVENT}"]
            yield f"**{group}**\n\n" + "\n".join(line.replace("\n", " ") for line in lines)
        yield "And [loops](#loops) of activities."

    def _node(self, type_: str) -> Iterator[str]:
        model = NODES[type_]
        yield f"## {type_}"
        yield from self._entry(type_, model, self._common(model))
        for event, event_model in EVENTS.get(model, {}).items():
            yield f"### {type_}: {event}"
            yield from self._entry(f"{type_} {event}", event_model)
        if type_ == "subProcess":
            yield "### subProcess: event"
            yield _SUB_PROCESS_BY_EVENT
            yield from self._rules_and_examples("subProcess event")

    def _service_tasks(self) -> Iterator[str]:
        for name, model in IMPLEMENTATIONS.items():
            yield f"## serviceTask: {name}"
            yield from self._entry(f"serviceTask {name}", model, self._common(model))

    def _common(self, model: type[Element]) -> set[str]:
        bases = [base for base in (NodeElement, Event, Activity, MappedActivity) if issubclass(model, base)]
        return {name for base in bases for name in self.tables.shared(model, base)}

    def _entry(self, entry: str, model: type[Element], common: Collection[str] = ()) -> Iterator[str]:
        yield " ".join((model.__doc__ or "").split())
        table = self.tables.table(model, common)
        if common:
            links = "[every node](#every-node)"
            if issubclass(model, Activity):
                links += " and [every activity](#every-activity)"
            yield f"Besides what {links} has:" if table else f"It has what {links} has."
        yield table
        yield from self._rules_and_examples(entry)

    def _rules_and_examples(self, entry: str) -> Iterator[str]:
        yield self.rules.get(entry, "")
        for example in self.examples:
            if example.home == entry:
                yield from _shown(example)
        elsewhere = [each for each in self.examples if entry in each.run["shows"][1:]]
        if elsewhere:
            links = ", ".join(f"[{each.definition['name']}](#{_anchor(each.home)})" for each in elsewhere)
            yield f"Example: {links}."


def _shown(example: Example) -> Iterator[str]:
    nodes = [pretty(node) for node in example.nodes()]
    yield f"**{example.definition['name']}.** {example.definition['documentation']}"
    yield drawing(example.definition)
    if nodes:
        yield "```json\n" + ",\n".join(nodes) + "\n```"
    yield f"[The whole flow](examples/{example.name}.json). {told(example)}"


def _first(model: type[Element]) -> str:
    """The first sentence of what a model says of itself."""
    text = " ".join((model.__doc__ or "").split())
    return text.partition(". ")[0].removesuffix(".") + "."


def _anchor(entry: str) -> str:
    return entry.lower().replace(" ", "-")
