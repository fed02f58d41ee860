"""Which variables come back to a node and which it sets, as far as the definition says."""

from workers.flow.catalogue import type_of
from workers.flow.document.activity import Activity, MultiInstance
from workers.flow.document.element import NodeElement
from workers.flow.document.names import Names
from workers.flow.document.roots import Roots


def given_names(node: NodeElement, roots: Roots) -> Names:
    """The names in what comes back to a node: an answer, a message's data, a response or a result."""
    return type_of(node).gives(node, roots)


def set_names(node: NodeElement, roots: Roots) -> Names:
    """The variables that a node itself may set."""
    loop = node.loop if isinstance(node, Activity) else None
    names = {loop.output_collection} if isinstance(loop, MultiInstance) and loop.output_collection else ()
    collected = frozenset(names)
    output = getattr(node, "output", None)
    given = frozenset(output) if output is not None else type_of(node).sets(node, roots)
    return None if given is None else collected | given
