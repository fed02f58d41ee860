"""The source of an expression: its tree, which threads share, and what it reads."""

import re
from typing import Any

from workers.flow.bounded_functions import BadPattern, BoundedSignature, Pattern
from workers.flow.bounded_meter import JException, Parser, settled

MAX_SOURCE = 16_384
"""Characters of an expression."""
MAX_TOKENS = 4_000
MAX_PATTERNS = 50
MAX_STEPS = 500
"""Steps of one path."""
MAX_PARENTS = 50

STEP, TUPLE = 8, 300
"""Bytes that each item of a node's value takes where the library copies the items one by one."""

_DIGITS = re.compile("[0-9]+$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_DEFAULTS: dict[str, Any] = vars(Parser.Symbol(None))
_OF_THE_PARSER = {"_outer_instance", "id", "bp", "lbp", "level", "seeking_parent", "prefix", "errors"}


class SyntaxFailure(ValueError):
    """A source that is no expression, or one that is refused; `position` counts its characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class Node(Parser.Symbol):  # type: ignore[misc]
    """A symbol of the library that holds only what differs from the defaults, a tenth of its memory."""

    cost = 0

    def __init__(self, attributes: dict[str, Any]) -> None:
        self.__dict__.update(attributes)


for _name, _value in _DEFAULTS.items():
    setattr(Node, _name, _value)


class _Parser(Parser):  # type: ignore[misc]
    """A parser for one source: the library's own keeps state from each source to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.parts: dict[int, Node] = {}

    def count(self, what: str, most: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        if self.counts[what] > most:
            raise SyntaxFailure(f"more than {most} {what}", self.lexer.position)

    def advance(self, id: Any = None, infix: bool = False) -> Any:
        self.count("tokens", MAX_TOKENS)
        return super().advance(id, infix)

    def pattern(self, source: str, flags: Any) -> Pattern:
        self.count("regular expressions", MAX_PATTERNS)
        return Pattern(source, flags)

    def process_ast(self, expr: Any) -> Any:
        # `a ?? b` and `a ?: b` have their left side twice: nested, it takes twice the work at each level.
        self.count("parts", 4 * MAX_TOKENS)
        result = super().process_ast(expr)
        if result is None:
            return None
        if result.type == "parent":
            self.count("parents (%)", MAX_PARENTS)
        elif result.type == "path" and len(result.steps) > MAX_STEPS:
            raise SyntaxFailure(f"a path of more than {MAX_STEPS} steps", result.steps[-1].position)
        elif result.type == "variable" and result.value == "eval":
            raise SyntaxFailure("$eval is switched off", result.position)
        return result

    def push_ancestry(self, result: Any, value: Any) -> None:
        super().push_ancestry(result, value)
        if result.seeking_parent is not None:  # not the child's own list, which would grow with it
            result.seeking_parent = list(result.seeking_parent)

    def slim(self, part: Any) -> Any:
        """The part of the tree as nodes, each once."""
        if isinstance(part, list):
            return [self.slim(item) for item in part]
        if not isinstance(part, Parser.Symbol):
            return part
        node = self.parts.get(id(part))
        if node is None:
            node = self.parts[id(part)] = Node({})
            for name, value in vars(part).items():
                if name not in _OF_THE_PARSER and value is not _DEFAULTS[name]:
                    node.__dict__[name] = self.slim(value)
            self._finish(node)
        return node

    def _finish(self, node: Node) -> None:
        if isinstance(node.value, str) and _SURROGATE.search(node.value):
            try:  # two escapes make one character; half of one cannot be kept anywhere
                node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise SyntaxFailure("a lone surrogate in a string", node.position) from None
        elif node.type == "number" and isinstance(node.value, int) and abs(node.value) >= 2**53:
            # The library reads every number as a double; an integer written out is meant to the last digit.
            digits = _DIGITS.search(self.source[max(0, node.position - 20) : node.position])
            exact = int(digits[0]) if digits else 0
            sign = -1 if node.value < 0 else 1
            node.value = settled(sign * exact if float(exact) == abs(node.value) else node.value)
        if node.signature is not None:
            node.signature = BoundedSignature.of(node.signature, foreign=True)
        cost = STEP
        for step in node.steps or ():
            cost = TUPLE if step.tuple is not None else cost
            step.cost = cost
        for item in node.expressions or ():
            item.cost = max(STEP, item.cost)
        for stage in [*(node.predicate or ()), *(node.stages or ())]:
            if stage.expr is not None:
                stage.expr.cost = max(STEP, stage.expr.cost)


def parse(source: str) -> Node:
    """The tree of an expression; raises `SyntaxFailure`."""
    if len(source) > MAX_SOURCE:
        raise SyntaxFailure(f"longer than {MAX_SOURCE} characters", len(source))
    parser = _Parser()
    try:
        tree: Node = parser.slim(parser.parse(source, parser.pattern))
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
    return tree
