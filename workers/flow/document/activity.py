"""What the activities of a document have in common: nodes that take up work, and how work is repeated."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, JsonValue, Tag

from workers.flow.document.element import CountOrTemplate, Element, JsonObject, ListOrTemplate, NodeElement


class StandardLoop(Element):
    """Runs the activity again as long as a condition is true."""

    condition: str | None = Field(None, alias="while")
    """A JSONata expression, such as `= attempts < 3`; may be left out where `maxIterations` is given."""
    max_iterations: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The most times that the activity runs."""
    test_before: bool = True
    """Whether `while` is asked before the first run already, or only after each."""


class MultiInstance(Element):
    """Runs the activity once for each element of a list, or a number of times.

    Each run sees `loopCounter`, which counts from 1.
    """

    collection: ListOrTemplate | None = None
    """The list, a template; read once. This or `cardinality` is given."""
    cardinality: CountOrTemplate | None = None
    """How many times the activity runs, a template."""
    element_variable: str | None = None
    """The variable that holds the element, local to each run."""
    output_collection: str | None = None
    """The variable that gets the list of what the runs gave, in the order of the input."""
    output_element: JsonValue = None
    """What each run gives to `outputCollection`, templated."""
    sequential: bool = False
    """Whether the runs follow each other; otherwise all run at once."""
    completion_condition: str | None = None
    """A JSONata expression, asked after each run: true ends the rest. It sees `numberOfInstances`,
    `numberOfCompletedInstances` and `numberOfActiveInstances` too."""


def _kind_of_loop(value: Any) -> str:
    given = {"while", "maxIterations", "testBefore"} & value.keys() if isinstance(value, dict) else set()
    return "standard" if given else "multiInstance"


LOOPS: dict[str, type[Element]] = {"standard": StandardLoop, "multiInstance": MultiInstance}
Loop = Annotated[
    Annotated[StandardLoop, Tag("standard")] | Annotated[MultiInstance, Tag("multiInstance")],
    Discriminator(_kind_of_loop),
]


class Activity(NodeElement):
    """A node that takes up work. It runs for each token that arrives."""

    output: JsonObject | None = None
    """What the node gives back: variables by name, templated over what came."""
    default: str | None = None
    """The id of the outgoing flow that is taken when no condition of the others is true; a flow that has no
    condition is taken in any case."""
    loop: Loop | None = None
    """Repeats the activity: a standard loop or a multi-instance."""
    is_for_compensation: bool = False
    """Whether the activity only undoes another one: it has no sequence flows, and an association leads to
    it from a compensation boundary event."""

    refused = frozenset({"retry", "throws", "queue", "event"})


class MappedActivity(Activity):
    """An activity whose input makes local variables."""

    input: JsonObject | None = None
    """Local variables by name, templated."""


def is_handler(node: NodeElement) -> bool:
    """Whether an activity only undoes another one."""
    return isinstance(node, Activity) and node.is_for_compensation
