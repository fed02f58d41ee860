"""Each node of the language is of a kind, and of none by default."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.examples import RUNS, definition_of
from tests.unit.whole import WHOLE
from workers.engine.outside.performers import performer_of
from workers.flow import graph
from workers.flow.catalogue.models import NODES
from workers.flow.compiler.compile import compile_flow
from workers.semantics.kinds import kind_of
from workers.semantics.kinds.kind import Kind, OutsideKind
from workers.semantics.kinds.plain import PlainNode


class Odd(graph.Details):
    pass


#: What only goes on.
PLAIN = {
    *product(["task", "endEvent", "intermediateThrowEvent"], ["Plain"]),
    *product(["intermediateCatchEvent", "intermediateThrowEvent"], ["LinkEvent"]),
}


def everywhere() -> list[graph.Node]:
    """The nodes of the flow of the whole language, and of the examples of the reference."""
    graphs = [compile_flow(document)[0] for document in (WHOLE, *map(definition_of, RUNS))]
    return [node for graph in graphs if graph for node in graph.nodes.values()]


def test_each_type_of_node_is_compiled_somewhere_and_each_node_is_of_a_kind() -> None:
    nodes = everywhere()
    assert {node.type for node in nodes} == set(NODES)
    plain = {
        (node.type, type(node.details).__name__) for node in nodes if isinstance(kind_of(node), PlainNode)
    }
    assert plain <= PLAIN


@pytest.mark.parametrize(
    ("type", "details"),
    [
        ("businessRuleTask", None),
        ("serviceTask", None),
        ("intermediateCatchEvent", None),
        ("intermediateCatchEvent", Odd()),
    ],
)
def test_a_node_that_is_of_no_kind_is_refused_and_not_passed_over(
    type: str, details: graph.Details | None
) -> None:
    with pytest.raises(TypeError, match=f"'odd' is a {type}"):
        kind_of(graph.Node("odd", type, details=details))


def test_each_node_that_calls_outside_has_a_performer_and_no_other_node_has() -> None:
    nodes = everywhere()
    assert {type(node.details) for node in nodes if isinstance(kind_of(node), OutsideKind)} == {
        graph.HttpCall,
        graph.PythonCall,
    }
    for node in nodes:
        if isinstance(kind_of(node), OutsideKind):
            performer_of(node)
        else:
            with pytest.raises(TypeError, match="nothing performs"):
                performer_of(node)


def test_no_two_kinds_are_of_the_same_nodes() -> None:
    said = [of for kind in kinds_below(Kind) for of in vars(kind).get("of", ())]
    assert len(said) == len(set(said))


def kinds_below(kind: type[Kind]) -> Iterator[type[Kind]]:
    for each in kind.__subclasses__():
        yield each
        yield from kinds_below(each)
