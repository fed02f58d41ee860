"""The source of an expression: its tree, which threads share, and what it reads."""

import re
from typing import Any

from workers.flow.jsonata.bounds import BOUNDS, Bounds
from workers.flow.jsonata.functions import NATIVES, BoundedSignature
from workers.flow.jsonata.meter import JException, Parser, settled
from workers.flow.jsonata.pattern import BadPattern, Pattern

_BOUND = "names bound (@, #, %)"
STEP, TUPLE = 8, 300
"""Memory for each item of a node's value, where the library copies the items one by one."""

_DEFAULTS: dict[str, Any] = vars(Parser.Symbol(None))
_OF_THE_PARSER = {"_outer_instance", "id", "bp", "lbp", "level", "seeking_parent", "prefix", "errors"}
_CHILDREN = ["lhs", "rhs", "lhs_object", "expression", "expressions", "condition", "then", "_else", "body"]
_CHILDREN += ["pattern", "update", "delete"]
_HIGHER_ORDER = {"map", "filter", "each", "sift", "single", "reduce", "sort"}
# Functions that take the context, of whatever type, where they get fewer arguments than this.
_CONTEXT = {
    **dict.fromkeys(("string", "boolean", "not", "keys", "spread", "clone"), 1),
    **dict.fromkeys(("lookup", "each", "sift"), 2),
}


class SyntaxFailure(ValueError):
    """A source that is no expression, or one that is refused; `position` counts its characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


for _name, _default in {**_DEFAULTS, "cost": 0}.items():
    setattr(Parser.Symbol, _name, _default)  # so that a symbol need not hold what every symbol starts with


class _Parser(Parser):  # type: ignore[misc]
    """A parser for one source: the library's own keeps state from each source to the next."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self._bounds = bounds
        self._nesting = 0
        self._counts: dict[str, int] = {}
        self._slim: set[int] = set()

    def _count(self, what: str, most: int) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1
        if self._counts[what] > most:
            raise SyntaxFailure(f"more than {most:,} {what}", self.lexer.position)

    def advance(self, id: Any = None, infix: bool = False) -> Any:
        self._count("tokens", self._bounds.tokens)
        return super().advance(id, infix)

    def expression(self, rbp: int) -> Any:
        self._nesting += 1
        if self._nesting > self._bounds.nesting:
            raise SyntaxFailure(f"nested deeper than {self._bounds.nesting:,} levels", self.lexer.position)
        part = super().expression(rbp)
        self._nesting -= 1
        return part

    def pattern(self, source: str, flags: Any) -> Pattern:
        self._count("regular expressions", self._bounds.patterns)
        return Pattern(source, flags, self._bounds)

    def process_ast(self, expr: Any) -> Any:
        self._count("parts", 4 * self._bounds.tokens)
        if expr is not None and (
            expr.type == "parent" or (expr.type == "binary" and expr.value in ("@", "#"))
        ):
            self._count(_BOUND, self._bounds.bound)
        result = self._default(expr) if _is_default(expr) else super().process_ast(expr)
        if result is not None and len(result.steps or ()) > self._bounds.path:
            raise SyntaxFailure(f"a path of more than {self._bounds.path:,} steps", expr.position)
        return result

    def _default(self, expr: Any) -> Any:
        """`a ?? b` and `a ?: b`, without and with their left side as a condition.

        The library's own processes the left side twice, and each time changes it: an index that is taken
        twice, a sign that is lost.
        """
        result = Parser.Symbol(self)
        result.type, result.position = expr.type, expr.position
        for side in ("then", "_else"):
            setattr(result, side, self.process_ast(getattr(expr, side)))
            self.push_ancestry(result, getattr(result, side))
        result.condition = result.then if expr.condition is expr.then else None
        return result

    def tail_call_optimize(self, expr: Any) -> Any:
        if expr.type != "condition" or expr.condition not in (None, expr.then):
            return super().tail_call_optimize(expr)
        # The left side is looked at before it is given.
        expr._else = super().tail_call_optimize(expr._else)  # noqa: SLF001 - the library's own
        return expr

    def push_ancestry(self, result: Any, value: Any) -> None:
        super().push_ancestry(result, value)
        if result.seeking_parent is not None:  # not the child's own list, which would grow with it
            result.seeking_parent = list(result.seeking_parent)

    def slim(self, part: Any) -> Any:
        """Leaves in a tree only what differs from the defaults, a tenth of its memory, and settles that."""
        if isinstance(part, list):
            for item in part:
                self.slim(item)
        elif isinstance(part, Parser.Symbol) and id(part) not in self._slim:
            self._slim.add(id(part))
            kept = ((name, value) for name, value in vars(part).items() if name not in _OF_THE_PARSER)
            part.__dict__ = {name: value for name, value in kept if value is not _DEFAULTS[name]}
            for value in [*vars(part).values()]:
                self.slim(value)
            self._finish(part)
        return part

    def _finish(self, node: Any) -> None:
        if node.type == "variable" and node.value == "eval":
            raise SyntaxFailure("$eval is switched off", node.position)
        for name in (node.value if node.type == "variable" else None, node.focus, node.index):
            if str(name).startswith("__evaluate_"):
                raise SyntaxFailure(f"${name} is the evaluator's own", node.position)
        if isinstance(node.value, str) and not node.value.isascii():
            try:  # two escapes make one character; half of one cannot be kept anywhere
                node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise SyntaxFailure("a lone surrogate in a string", node.position) from None
        if node.type == "number" and abs(node.value) >= 2**53:
            # The library reads every number as a double; an integer written out is meant to the last digit.
            digits = re.search("[0-9]*$", self.source[: node.position])
            exact = int(digits[0][-20:] or 0) * (1 if node.value > 0 else -1) if digits else 0
            node.value = settled(exact if float(exact) == node.value else node.value)
        if node.signature is not None:
            node.signature = BoundedSignature(node.signature, self._bounds)
        copied = [*(node.expressions or ()), *(stage.expr for stage in _stages(node))]
        tuple_cost = TUPLE + 40 * self._counts.get(_BOUND, 0)
        cost = STEP
        for step in node.steps or ():
            copied.append(step)
            cost = tuple_cost if step.tuple else cost
            step.cost = cost
        for child in copied:
            child.cost = max(child.cost, STEP)


def parse(source: str, bounds: Bounds = BOUNDS) -> "tuple[Any, Reads]":
    """The tree of an expression, and what it reads; raises `SyntaxFailure`."""
    if len(source) > bounds.source:
        raise SyntaxFailure(f"longer than {bounds.source:,} characters", len(source))
    parser = _Parser(bounds)
    try:
        ended = source + " " * source.endswith("*/")  # the library looks behind a comment without asking
        tree = parser.slim(parser.parse(ended, parser.pattern))
        return tree, Reads(tree)
    except SyntaxFailure:
        raise
    except JException as error:
        raise SyntaxFailure(str(error), error.location) from None
    except BadPattern as error:
        raise SyntaxFailure(f"regular expression: {error}", parser.lexer.position) from None
    except RecursionError:
        raise SyntaxFailure("nested too deeply", parser.lexer.position) from None
    except Exception:  # noqa: BLE001 - the library indexes and looks up without asking
        raise SyntaxFailure("not an expression", parser.lexer.position) from None


def _is_default(node: Any) -> bool:
    """Whether a node that was read, and not yet processed, is of `??` or `?:`."""
    if node is None or node.type != "condition":
        return False
    arguments = node.condition.arguments or [None]
    return node.then is node.condition or node.then is arguments[0]


def _stages(node: Any) -> list[Any]:
    return [stage for stage in [*(node.predicate or ()), *(node.stages or ())] if stage.expr is not None]


class Reads:
    """The `names` that a tree reads from the root, and whether they are all (`exact`)."""

    def __init__(self, tree: Any) -> None:
        self.names: set[str] = set()
        self.exact = True
        self._visit(tree, True)

    def _visit(self, node: Any, root: bool) -> None:
        """A node or a list of them, whose context is the root or something else."""
        if isinstance(node, list):
            for item in node:
                self._visit(item, root)
        elif isinstance(node, Parser.Symbol):
            if node.type == "path":
                self._visit_path(node, root)
            elif self._reads_all(node, root):
                self.exact = False
            if node.type in ("function", "partial"):
                self._visit_call(node, root, applied=0 if node.type == "function" else 2)
            elif node.type == "apply":
                self._visit(node.lhs, root)
                if node.rhs.type == "function":
                    self._visit_call(node.rhs, root, applied=1)
                else:
                    self._visit_called(node.rhs, root)
            else:
                children = {id(child): child for child in (getattr(node, name) for name in _CHILDREN)}
                self._visit([*children.values()], root and node.type != "transform")  # `a ?: b` has a twice
            if node.type != "path":
                self._visit_stages(node, _is_root(node, root))

    def _reads_all(self, node: Any, root: bool) -> bool:
        if node.type == "variable":
            return _is_root(node, root) or node.value in _CONTEXT
        if node.type == "lambda":
            return node.signature is not None and bool(node.signature.context)
        return node.type == "parent" or (root and node.type in ("wildcard", "descendant"))

    def _visit_stages(self, node: Any, root: bool) -> None:
        """Predicates and grouping, whose context is what the node yields."""
        self._visit([stage.expr for stage in _stages(node)], root)
        if node.group is not None:
            self._visit(node.group.lhs_object, root)

    def _visit_path(self, path: Any, root: bool) -> None:
        for step in path.steps:
            yields = _is_root(step, root)
            bound = step.focus is not None
            if (yields and (bound or step.index)) or (
                (yields or (root and bound)) and step is path.steps[-1]
            ):
                self.exact = False
            if yields or step.type == "name":
                self.names |= {str(step.value)} if root and not yields else set()
                self._visit_stages(step, yields)
            elif step.type == "sort":
                self._visit([term.expression for term in step.terms], root)
                yields = root
            else:
                self._visit(step, root)
            root = root if bound else yields  # a step that is bound leaves the context where it was
        self.exact = self.exact and not root
        self._visit_stages(path, root)

    def _visit_call(self, node: Any, root: bool, applied: int) -> None:
        name = node.procedure.value if node.procedure.type == "variable" else None
        if root and len(node.arguments) + applied < _CONTEXT.get(str(name), 0):
            self.exact = False
        self._visit_called(node.procedure, root)
        for argument in node.arguments:
            visit = self._visit_called if name in _HIGHER_ORDER else self._visit
            visit(argument, root)

    def _visit_called(self, node: Any, root: bool) -> None:
        """A function that is called with arguments, or without a context."""
        if node.type != "variable" or node.value not in NATIVES.bindings:
            self._visit(node, root)


def _is_root(node: Any, root: bool) -> bool:
    """Whether a node is `$$`, or `$` where the context is the root."""
    return node.type == "variable" and (node.value == "$" or (node.value == "" and root))
