"""From source to a syntax tree that is small, shared by all threads and never changed."""

import re
from typing import Any

from workers.flow.jsonata.bounds import MAX_SOURCE, MAX_TOKENS
from workers.flow.jsonata.library import JException, Parser, Tokenizer
from workers.flow.jsonata.regex import BadPattern, Regex
from workers.flow.jsonata.signature import Signature

MAX_REGEXES = 50
"""Regular expressions of one expression; each may hold a quarter of a megabyte."""
MAX_PATH = 200
"""Steps of one path; the library's parser takes quadratic time for it, and for parents."""
MAX_PARENTS = 50
"""Uses of the parent operator `%`."""
_DIGITS = re.compile("[0-9]+$")
_LARGE = 2**53
_SURROGATE = re.compile("[\ud800-\udfff]")


class SyntaxFailure(ValueError):
    """A source that is no expression; `position` counts characters, -1 where it is not known."""

    def __init__(self, message: str, position: int = -1) -> None:
        super().__init__(message)
        self.position = position


_DEFAULTS: dict[str, Any] = vars(Parser.Symbol(None))


class Node(Parser.Symbol):  # type: ignore[misc]
    """A symbol of the library that holds only what differs from the defaults, a tenth of its memory."""

    plain: tuple[str, ...] | None = None
    """The names of a path that consists of nothing else."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


for _name, _value in _DEFAULTS.items():
    setattr(Node, _name, _value)

_PLAIN_PATH = {"type", "steps", "position", "value"}
_PLAIN_NAME = {"type", "value", "position"}
_OF_THE_PARSER = {"_outer_instance", "id", "bp", "lbp", "level", "seeking_parent", "prefix", "errors"}


class _Tokenizer(Tokenizer):  # type: ignore[misc]
    def __init__(self, source: str) -> None:
        super().__init__(source, self._regex)
        self._tokens = 0
        self._regexes = 0

    def _regex(self, pattern: str, flags: Any) -> Regex:
        self._regexes += 1
        if self._regexes > MAX_REGEXES:
            raise SyntaxFailure(f"more than {MAX_REGEXES} regular expressions", self.position)
        try:
            return Regex(pattern, ignore_case=flags.case_insensitive, multiline=flags.multiline)
        except BadPattern as error:
            raise SyntaxFailure(f"regular expression: {error}", self.position) from None

    def create(self, type: str, value: Any) -> Any:
        self._tokens += 1
        if self._tokens > MAX_TOKENS:
            raise SyntaxFailure(f"more than {MAX_TOKENS} tokens", self.position)
        if type == "variable" and value == "eval":
            raise SyntaxFailure("$eval is switched off", self.position)
        if type == "number" and isinstance(value, int) and abs(value) >= _LARGE:
            value = self._exact(value)
        if type in ("string", "name") and _SURROGATE.search(value):
            value = self._joined(value)
        return super().create(type, value)

    def _exact(self, value: int) -> int | float:
        # The library reads every number as a double; an integer written out is meant to the last digit.
        digits = _DIGITS.search(self.path[max(0, self.position - 20) : self.position])
        exact = int(digits.group()) if digits else value
        if float(exact) != float(value):  # an exponent, or too many digits to be an integer of 64 bits
            return float(value)
        return exact if exact < 2**63 else float(value)

    def _joined(self, value: str) -> str:
        # `\uD83D\uDE00` is one character; half of one cannot be kept anywhere.
        try:
            return value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise SyntaxFailure("a lone surrogate in a string", self.position) from None


class _Parser(Parser):  # type: ignore[misc]
    """One parser for one source: the library's keeps state from each source to the next."""

    def __init__(self) -> None:
        super().__init__()
        self._parents = 0

    def parse(self, source: str) -> Any:  # the library's fixes the tokenizer
        self.source = source
        self.lexer = _Tokenizer(source)
        self.advance()
        tree = self.expression(0)
        if self.node.id != "(end)":
            raise JException("S0201", self.node.position, self.node.value)
        tree = self.process_ast(tree)
        if tree.type == "parent" or tree.seeking_parent is not None:
            raise JException("S0217", tree.position, tree.type)
        return tree

    def process_ast(self, expr: Any) -> Any:
        if expr is not None and expr.type == "condition":
            left = _defaulted(expr)
            if left is not None:
                return self._default(expr, left)
        result = super().process_ast(expr)
        if result is not None:
            self._check(result)
        return result

    def _check(self, result: Any) -> None:
        if result.type == "lambda" and result.signature is not None:
            result.signature = Signature.guarded(result.signature)
        elif result.type == "path" and len(result.steps) > MAX_PATH:
            raise SyntaxFailure(f"a path of more than {MAX_PATH} steps", result.steps[-1].position)
        elif result.type == "parent":
            self._parents += 1
            if self._parents > MAX_PARENTS:
                raise SyntaxFailure(f"more than {MAX_PARENTS} parents (%)", result.position)

    def _default(self, expr: Any, left: Any) -> Any:
        # `a ?? b` and `a ?: b` come with `a` twice; each level of nesting would double the work, here
        # and when it is evaluated.
        result = Parser.Symbol(self)
        result.type = "coalesce" if left is not expr.condition else "elvis"
        result.position = expr.position
        result.lhs = self.process_ast(left)
        self.push_ancestry(result, result.lhs)
        result.rhs = self.process_ast(expr._else)  # noqa: SLF001 - the library's public field
        self.push_ancestry(result, result.rhs)
        return result

    def tail_call_optimize(self, expr: Any) -> Any:
        if expr.type in ("coalesce", "elvis"):
            expr.rhs = self.tail_call_optimize(expr.rhs)
            return expr
        return super().tail_call_optimize(expr)


def _defaulted(expr: Any) -> Any:
    """The left side of `??` or `?:`, None for `a ? b : c`."""
    if expr.then is expr.condition:
        return expr.then
    arguments = expr.condition.arguments
    return expr.then if arguments and arguments[0] is expr.then else None


def parse(source: str) -> Node:
    """The syntax tree of an expression; raises `SyntaxFailure`."""
    if len(source) > MAX_SOURCE:
        raise SyntaxFailure(f"longer than {MAX_SOURCE} characters")
    try:
        tree: Node = _slim(_Parser().parse(source), {})
    except SyntaxFailure:
        raise
    except JException as error:
        raise SyntaxFailure(str(error), error.location) from None
    except RecursionError:
        raise SyntaxFailure("nested too deeply") from None
    except Exception:  # noqa: BLE001 - the library indexes and looks up without asking
        raise SyntaxFailure("not an expression") from None
    return tree


def _slim(part: Any, seen: dict[int, Any]) -> Any:
    if isinstance(part, list):
        return [_slim(item, seen) for item in part]
    if not isinstance(part, Parser.Symbol):
        return part
    known = seen.get(id(part))
    if known is None:
        known = seen[id(part)] = Node()
        for name, value in vars(part).items():
            if name not in _OF_THE_PARSER and value is not _DEFAULTS[name]:
                known.__dict__[name] = _slim(value, seen)
        if known.type == "path" and _PLAIN_PATH.issuperset(known.__dict__):
            known.plain = _plain(known.steps)
    return known


def _plain(steps: list[Node]) -> tuple[str, ...] | None:
    if all(step.type == "name" and _PLAIN_NAME.issuperset(step.__dict__) for step in steps):
        return tuple(str(step.value) for step in steps)
    return None
