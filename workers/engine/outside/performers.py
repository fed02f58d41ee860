"""Which performer makes the attempts of which node, by the details that the compiler gave the node."""

from workers.engine.outside.attempt import Performer
from workers.engine.outside.http import HttpPerformer
from workers.engine.outside.python import PythonPerformer
from workers.flow.graph import HttpCall, Node, PythonCall

_BY_DETAILS: dict[type, Performer] = {
    HttpCall: HttpPerformer(),
    PythonCall: PythonPerformer(),
}


def performer_of(node: Node) -> Performer:
    """The performer of a node whose kind is an `OutsideKind`.

    Raises:
        TypeError: there is none. What a node does is never guessed.
    """
    performer = _BY_DETAILS.get(type(node.details))
    if performer is None:
        raise TypeError(f"node '{node.id}' has {type(node.details).__name__}, which nothing performs")
    return performer
