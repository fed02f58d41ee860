"""Which variables an expression reads, found without evaluating it."""

from typing import Any

from workers.flow.jsonata.library import Parser
from workers.flow.jsonata.natives import NATIVES

# Built-in functions that take the context, whatever its type, where an argument is missing: with so
# many arguments they do not.
_CONTEXT = dict.fromkeys(("string", "boolean", "not", "keys", "spread", "clone"), 1)
_CONTEXT |= dict.fromkeys(("lookup", "each", "sift"), 2)
_HIGHER_ORDER = {"map", "filter", "each", "sift", "single", "reduce", "sort"}
_CHILDREN = ("lhs", "rhs", "expression", "expressions", "condition", "then", "_else", "body")


def read_names(tree: Any) -> tuple[frozenset[str], bool]:
    """The names read at the root, and whether they are all: the whole root may be read otherwise too."""
    reader = _Reader()
    reader.visit(tree, at_root=True)
    return frozenset(reader.names), reader.complete


class _Reader:
    def __init__(self) -> None:
        self.names: set[str] = set()
        self.complete = True

    def visit(self, node: Any, at_root: bool) -> None:
        """Visits what is evaluated with the root as its context, or with anything else."""
        if isinstance(node, list):
            for item in node:
                self.visit(item, at_root)
            return
        if not isinstance(node, Parser.Symbol):
            return
        special = getattr(self, f"_visit_{node.type}", None)
        if special is not None:
            special(node, at_root)
        else:
            for name in _CHILDREN:
                self.visit(getattr(node, name), at_root)
        for pair in node.lhs_object or ():
            self.visit(list(pair), at_root)
        if node.type != "path":
            self._visit_rest(node, _is_root(node, at_root))

    def _visit_rest(self, node: Any, at_root: bool) -> None:
        """Predicates and grouping, whose context is what the node yields."""
        for stage in [*(node.predicate or ()), *(node.stages or ())]:
            self.visit(stage.expr, at_root)
        if node.group is not None:
            for pair in node.group.lhs_object:
                self.visit(list(pair), at_root)

    def _visit_path(self, path: Any, at_root: bool) -> None:
        for place, step in enumerate(path.steps):
            yields_root = _is_root(step, at_root)
            if step.type == "sort":
                for term in step.terms:
                    self.visit(term.expression, at_root)
                continue
            if yields_root:
                if place == len(path.steps) - 1 or step.focus is not None or step.index is not None:
                    self.complete = False
                self._visit_rest(step, at_root=True)
            elif step.type == "name":
                if at_root:
                    self.names.add(str(step.value))
                self._visit_rest(step, at_root=False)
            else:
                self.visit(step, at_root)
            if step.focus is None:  # a step that is bound to a variable leaves the context where it was
                at_root = yields_root
        if at_root and path.group is None:  # all its steps are bound, and it yields where it started
            self.complete = False
        self._visit_rest(path, at_root)

    def _visit_variable(self, node: Any, at_root: bool) -> None:
        if _is_root(node, at_root) or node.value in _CONTEXT:
            self.complete = False

    def _visit_wildcard(self, _node: Any, at_root: bool) -> None:
        self.complete = self.complete and not at_root

    _visit_descendant = _visit_wildcard

    def _visit_parent(self, _node: Any, _at_root: bool) -> None:
        self.complete = False

    def _visit_function(self, node: Any, at_root: bool, applied: int = 0) -> None:
        name = node.procedure.value if node.procedure.type == "variable" else None
        arguments = node.arguments or []
        if at_root and name in _CONTEXT and len(arguments) + applied < _CONTEXT[name]:
            self.complete = False
        if name not in NATIVES:
            self.visit(node.procedure, at_root)
        for argument in arguments:
            if not (name in _HIGHER_ORDER and argument.type == "variable" and argument.value in NATIVES):
                self.visit(argument, at_root)

    def _visit_partial(self, node: Any, at_root: bool) -> None:
        # Called later, without a context.
        self._visit_function(node, at_root, applied=2)

    def _visit_apply(self, node: Any, at_root: bool) -> None:
        self.visit(node.lhs, at_root)
        if node.rhs.type == "function":
            self._visit_function(node.rhs, at_root, applied=1)
        elif not (node.rhs.type == "variable" and node.rhs.value in NATIVES):
            self.visit(node.rhs, at_root)

    def _visit_lambda(self, node: Any, at_root: bool) -> None:
        if node.signature is not None and node.signature.takes_context:
            self.complete = False
        self.visit(node.body, at_root)

    def _visit_bind(self, node: Any, at_root: bool) -> None:
        self.visit(node.rhs, at_root)

    def _visit_transform(self, node: Any, _at_root: bool) -> None:
        for part in (node.pattern, node.update, node.delete):
            self.visit(part, at_root=False)


def _is_root(node: Any, at_root: bool) -> bool:
    """Whether a node is `$$`, or `$` where the context is the root."""
    return node.type == "variable" and (node.value == "$" or (node.value == "" and at_root))
