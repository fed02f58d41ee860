"""The kinds of nodes, a file for each: what a token does at a node (docs/kinds.md).

A kind says itself which nodes are of it: every file of this folder is looked through for kinds, once.
"""

from importlib import import_module
from pkgutil import iter_modules

from workers.flow import graph
from workers.flow.graph import Node
from workers.semantics.kinds.kind import Kind
from workers.semantics.kinds.loop import MultiInstanceKind, StandardLoopKind
from workers.semantics.step import Step


def _kinds() -> dict[type | str, Kind]:
    """One of each kind, by what it is of."""
    found: dict[type | str, Kind] = {}
    for file in iter_modules(__path__):
        module = import_module(f"{__name__}.{file.name}")
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Kind) and kind.__module__ == module.__name__:
                found |= {of: kind() for of in kind.of}
    return found


_KINDS = _kinds()
_LOOP = StandardLoopKind()
_MULTI_INSTANCE = MultiInstanceKind()


def kind_of(node: Node) -> Kind:
    """The kind of a compiled node, its loop left aside.

    Raises:
        TypeError: there is none. What a node does is never guessed.
    """
    details = type(node.details)
    kind = _KINDS.get(node.type) or _KINDS.get(details)
    if kind is None:
        raise TypeError(f"node '{node.id}' is a {node.type} with {details.__name__}, which is of no kind")
    return kind


def behaviour(step: Step) -> Kind:
    """The kind that the token of a step has now.

    The token of an activity that loops hosts the bodies; the token of a body does what the activity does.
    """
    loop = step.node.loop
    if loop is None or step.is_body:
        return kind_of(step.node)
    return _LOOP if isinstance(loop, graph.StandardLoop) else _MULTI_INSTANCE
