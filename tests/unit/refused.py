"""What a definition is refused for."""

from tests.flows import Json
from workers.flow.compiler.compile import compile_flow


def errors_of(document: Json) -> list[tuple[str, str | None, str]]:
    """The errors of a definition as (code, node, path); one that has none would be published."""
    graph, problems = compile_flow(document)
    errors = [(each.code, each.node_id, each.path) for each in problems if each.severity == "error"]
    assert (graph is None) == bool(errors)
    return errors
