"""Which variables an expression reads, found without evaluating it."""

from typing import Any

from workers.flow.bounded_functions import NATIVES
from workers.flow.bounded_meter import Parser

# Functions that take the context, of whatever type, where they get fewer arguments than this.
_CONTEXT = {
    "string": 1,
    "boolean": 1,
    "not": 1,
    "keys": 1,
    "spread": 1,
    "clone": 1,
    "lookup": 2,
    "each": 2,
    "sift": 2,
}
_HIGHER_ORDER = {"map", "filter", "each", "sift", "single", "reduce", "sort"}
_CHILDREN = ("lhs", "rhs", "expression", "expressions", "condition", "then", "_else", "lhs_object")


class Reads:
    """The `names` read from the root, and whether they are all (`exact`): else it may read any."""

    def __init__(self, tree: Any) -> None:
        self.names: set[str] = set()
        self.exact = True
        self._visit(tree, True)

    def _visit(self, node: Any, root: bool) -> None:
        """A node, or a list of them, whose context is the root or something else."""
        if isinstance(node, list):
            for item in node:
                self._visit(item, root)
        elif isinstance(node, Parser.Symbol):
            visit = getattr(self, f"_visit_{node.type}", None)
            if visit is not None:
                visit(node, root)
            else:
                self._visit([getattr(node, name) for name in _CHILDREN], root)
            if node.type != "path":
                self._visit_stages(node, _is_root(node, root))

    def _visit_stages(self, node: Any, root: bool) -> None:
        """Predicates and grouping, whose context is what the node yields."""
        self._visit([stage.expr for stage in [*(node.predicate or ()), *(node.stages or ())]], root)
        if node.group is not None:
            self._visit(node.group.lhs_object, root)

    def _visit_path(self, path: Any, root: bool) -> None:
        for step in path.steps:
            yields = _is_root(step, root)
            if (yields or (root and step.focus is not None)) and step is path.steps[-1]:
                self.exact = False
            if yields:
                self.exact = self.exact and step.focus is None and step.index is None
                self._visit_stages(step, True)
            elif step.type == "name":
                self.names |= {str(step.value)} if root else set()
                self._visit_stages(step, False)
            elif step.type == "sort":
                self._visit([term.expression for term in step.terms], root)
                yields = root
            else:
                self._visit(step, root)
            root = root if step.focus is not None else yields  # a step with a focus leaves it where it was
        self._visit_stages(path, root)

    def _visit_variable(self, node: Any, root: bool) -> None:
        if _is_root(node, root) or node.value in _CONTEXT:
            self.exact = False

    def _visit_wildcard(self, _node: Any, root: bool) -> None:
        self.exact = self.exact and not root

    _visit_descendant = _visit_wildcard

    def _visit_parent(self, _node: Any, _root: bool) -> None:
        self.exact = False

    def _visit_function(self, node: Any, root: bool, applied: int = 0) -> None:
        name = node.procedure.value if node.procedure.type == "variable" else None
        arguments = node.arguments or []
        if root and len(arguments) + applied < _CONTEXT.get(str(name), 0):
            self.exact = False
        self._visit_called(node.procedure, root)
        for argument in arguments:
            if name in _HIGHER_ORDER:
                self._visit_called(argument, root)
            else:
                self._visit(argument, root)

    def _visit_called(self, node: Any, root: bool) -> None:
        """A function that is called with arguments, or without a context."""
        if node.type != "variable" or node.value not in NATIVES.bindings:
            self._visit(node, root)

    def _visit_partial(self, node: Any, root: bool) -> None:
        self._visit_function(node, root, applied=2)  # called later, without a context

    def _visit_apply(self, node: Any, root: bool) -> None:
        self._visit(node.lhs, root)
        if node.rhs.type == "function":
            self._visit_function(node.rhs, root, applied=1)
        else:
            self._visit_called(node.rhs, root)

    def _visit_lambda(self, node: Any, root: bool) -> None:
        if node.signature is not None and node.signature.takes_context:
            self.exact = False
        self._visit(node.body, root)

    def _visit_bind(self, node: Any, root: bool) -> None:
        self._visit(node.rhs, root)

    def _visit_transform(self, node: Any, _root: bool) -> None:
        self._visit([node.pattern, node.update, node.delete], False)


def _is_root(node: Any, root: bool) -> bool:
    """Whether a node is `$$`, or `$` where the context is the root."""
    return node.type == "variable" and (node.value == "$" or (node.value == "" and root))
