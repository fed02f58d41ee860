"""`docs/nodes.md`: every type of node, from the catalogue and the examples."""

from collections.abc import Iterator, Sequence

from workers.flow.catalogue.loop_type import LOOP_TYPES
from workers.flow.catalogue.palette import Entry, palette
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.catalogue.task import Task
from workers.flow.document.activity import Activity, MappedActivity
from workers.flow.document.element import Element, NodeElement
from workers.flow.document.event import Event
from workers.flow.reference.drawing import drawing
from workers.flow.reference.example import Example, pretty, told
from workers.flow.reference.table import base_table, shared, table

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


#: What has tables of its own.
_BASES: tuple[type[Element], ...] = (NodeElement, Event, Activity, MappedActivity)


def entry_names() -> Iterator[str]:
    """Every entry that has to have an example."""
    for entries in palette().values():
        for entry in entries:
            if entry.name not in {"intermediateCatchEvent", "boundaryEvent"}:  # these always have an event
                yield entry.name
    yield from (f"loop {each.name}" for each in LOOP_TYPES)


def page_text(examples: Sequence[Example]) -> str:
    """The whole page."""
    return "\n\n".join(part for part in _Page(examples).parts() if part) + "\n"


class _Page:
    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self.palette = palette()

    def parts(self) -> Iterator[str]:
        yield _TITLE
        yield from self._contents()
        yield _SIGNS
        yield "## Every node"
        yield "Besides its `type`, which is the heading here:"
        yield base_table(Task, NodeElement)
        yield "Events have besides:"
        yield base_table(StartEvent, Event)
        yield "## Every activity"
        yield "Activities are tasks, sub-processes, transactions and call activities."
        yield base_table(Task, Activity)
        yield "Where nothing else is said, `input` makes local variables:"
        yield base_table(Task, MappedActivity)
        for entries in self.palette.values():
            for entry in entries:
                yield from self._entry(entry)
        yield "## Loops"
        yield "Every activity may have a `loop`; the keys that it has tell which kind it is."
        for loop in LOOP_TYPES:
            yield f"### loop: {loop.name}"
            yield " ".join((loop.model.__doc__ or "").split())
            yield table(loop.model)
            yield from self._rules_and_examples(f"loop {loop.name}", loop.rules)

    def _contents(self) -> Iterator[str]:
        for group, entries in self.palette.items():
            lines = [_line(entry) for entry in entries if not _is_event(entry)]
            yield f"**{group}**\n\n" + "\n".join(lines)
        yield "And [loops](#loops) of activities."

    def _entry(self, entry: Entry) -> Iterator[str]:
        whole = entry.model is entry.node.model
        yield f"{'##' if whole else '###'} {entry.heading}"
        yield entry.help
        if whole:
            yield from _properties(entry.node.model)
        elif entry.model is not None:
            yield table(entry.model)
        yield from self._rules_and_examples(entry.name, entry.rules)

    def _rules_and_examples(self, name: str, rules: str) -> Iterator[str]:
        yield rules
        for example in self.examples:
            if example.home == name:
                yield from _shown(example)
        elsewhere = [each for each in self.examples if name in each.run["shows"][1:]]
        if elsewhere:
            links = ", ".join(f"[{each.definition['name']}](#{_anchor(each.home)})" for each in elsewhere)
            yield f"Example: {links}."


def _is_event(entry: Entry) -> bool:
    """Whether it is a type with one of its events, which the contents leave out."""
    return entry.model not in {None, entry.node.model}


def _line(entry: Entry) -> str:
    """A line of the contents: the entry, and the first sentence of what is said of it."""
    names = " ".join(f"`{word}`" for word in entry.name.split()) if entry.model else entry.title.lower()
    return f"- [{names}](#{_anchor(entry.name)}): {entry.help.partition('. ')[0].removesuffix('.')}."


def _properties(model: type[NodeElement]) -> Iterator[str]:
    """What a type has, beside what it has in common with others."""
    bases = [base for base in _BASES if issubclass(model, base)]
    own = table(model, {name for base in bases for name in shared(model, base)})
    links = "[every node](#every-node)"
    if issubclass(model, Activity):
        links += " and [every activity](#every-activity)"
    yield f"Besides what {links} has:" if own else f"It has what {links} has."
    yield own


def _shown(example: Example) -> Iterator[str]:
    nodes = [pretty(node) for node in example.nodes()]
    yield f"**{example.definition['name']}.** {example.definition['documentation']}"
    yield drawing(example.definition)
    if nodes:
        yield "```json\n" + ",\n".join(nodes) + "\n```"
    yield f"[The whole flow](examples/{example.name}.json). {told(example)}"


def _anchor(entry: str) -> str:
    return entry.lower().replace(" ", "-")
