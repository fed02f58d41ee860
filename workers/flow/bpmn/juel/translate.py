"""`${…}`, the expression language of Camunda 7, Activiti and Flowable, as JSONata with the same meaning.

Variables are plain JSON: numbers, strings, booleans, lists and maps, no beans. An expression that reads a
variable that does not exist fails there, so here it is asserted to exist; an entry that a map lacks is null.
Operands are coerced as JSR 341 says, by functions that stand before the expression.
"""

import re
from dataclasses import dataclass
from typing import Final

from workers.flow.bpmn import foreign
from workers.flow.bpmn.foreign import Tokens, Untranslatable
from workers.flow.bpmn.juel.functions import with_functions
from workers.flow.bpmn.juel.operators import (
    AND,
    CHOICE,
    OR,
    PLUS,
    TIMES,
    UNARY,
    Kind,
    Part,
    arithmetic,
    asserted,
    compared,
    empty,
    equal,
    later,
    number,
    step,
    true,
)

_TOKEN: Final = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<name>(?:[^\W\d]|\$)[\w$]*)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w$]))"
    r"|(?P<mark><=|>=|==|!=|&&|\|\||->|\+=|[-+*/%=<>!()\[\]{},:;.?&|])",
    re.DOTALL,
)
_WORDS: Final = {"and", "or", "not", "eq", "ne", "lt", "gt", "le", "ge", "div", "mod", "empty", "instanceof"}
_COMPARED: Final = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}
_ENGINE: Final = {"execution", "task", "caseExecution", "externalTask", "delegateTask", "authenticatedUserId"}
_ENGINE_MORE: Final = {"variableContainer", "variables", "vars", "processInstance", "scopeExecution", "event"}
_ASKED: Final = {"getVariable", "hasVariable"}
_OWN: Final = {"processBusinessKey": "correlationKey", "processInstanceId": "processInstanceId"}
"""What an execution is asked of its instance, by the variables that are always there."""
_COUNTERS: Final = {"nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"}


@dataclass(frozen=True, slots=True)
class Embedded:
    """What one `${…}` comes to."""

    text: str
    """JSONata, without its `= `, that calls functions of `with_functions`."""
    path: tuple[str | int, ...] | None
    """The variable and the steps, where it is nothing but a plain path."""
    nullish: bool
    """Whether it may be null or undefined."""
    computed: tuple[str, ...]
    """The operands, where it is a number that is worked out."""


def translate_juel(source: str) -> str:
    """The JSONata, beginning with `= `, of one `${…}` or `#{…}`.

    Raises `Untranslatable` where no JSONata is sure to mean the same.
    """
    stripped = source.strip()
    if not stripped.startswith(("${", "#{")) or not stripped.endswith("}"):
        raise Untranslatable("an expression that is not within `${…}`")
    part, rest = embedded(stripped[2:])
    if rest:
        raise Untranslatable(f"`{rest[:40]}` after the end of `${{…}}`")
    return f"= {with_functions(part.text)}"


def embedded(source: str) -> tuple[Embedded, str]:
    """The expression that a source begins with, after its `${`, and what follows its `}`."""
    inner = _inner(source)
    tokens = Tokens(inner, _TOKEN, "JUEL")
    if tokens.ended():
        raise Untranslatable("an empty expression")
    part = _Parser(tokens).expression()
    if not tokens.ended():
        if tokens.at("=", "+=", ";", "->", "instanceof"):
            names = {"=": "an assignment (`=`)", "->": "a lambda (`->`)"}
            raise Untranslatable(names.get(tokens.next.text, f"the operator `{tokens.next.text}`"))
        raise tokens.unexpected()
    return Embedded(asserted(part, frozenset()), part.plain, part.nullish, part.computed), source[
        len(inner) + 1 :
    ]


def _inner(source: str) -> str:
    match = re.match(r"(?:[^{}'\"]|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*", source, re.DOTALL)
    if match is None or not source[match.end() :].startswith("}"):
        found = source[match.end() :][:1] if match else ""
        raise Untranslatable(
            "a set or map in `{…}`" if found == "{" else "an expression that `}` does not end"
        )
    return match.group()


class _Parser:
    """Reads JUEL by recursive descent and writes JSONata as it goes."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def expression(self) -> Part:
        with self.tokens.nested():
            test = self._or()
            if not self.tokens.skip("?"):
                return test
            then = self.expression()
            self.tokens.expect(":")
            other = self.expression()
            kind: Kind = then.kind if then.kind == other.kind else "any"
            parts = [later(part, test.reads) for part in (then, other)]
            of = then.computed + other.computed
            return Part(f"{true(test)} ? {parts[0]} : {parts[1]}", kind, CHOICE, test.reads, computed=of)

    def _or(self) -> Part:
        return self._logic("or", ("||", "or"), OR)

    def _and(self) -> Part:
        return self._logic("and", ("&&", "and"), AND)

    def _logic(self, word: str, marks: tuple[str, str], binds: int) -> Part:
        following = self._and if word == "or" else self._equality
        part = following()
        while self.tokens.skip(*marks):
            right = following()
            second = asserted(Part(true(right), "boolean", reads=right.reads), part.reads)
            first = part.text if part.binds == binds else true(part)
            part = Part(f"{first} {word} {second}", "boolean", binds, part.reads)
        return part

    def _equality(self) -> Part:
        part = self._relation()
        while operator := self.tokens.skip("==", "eq", "!=", "ne"):
            part = equal(part, self._relation(), opposite=operator in {"!=", "ne"})
        return part

    def _relation(self) -> Part:
        part = self._sum()
        while operator := self.tokens.skip(*_COMPARED):
            part = compared(part, _COMPARED[operator], self._sum())
        return part

    def _sum(self) -> Part:
        part = self._product()
        while operator := self.tokens.skip("+", "-"):
            part = arithmetic(part, operator, self._product(), PLUS)
        return part

    def _product(self) -> Part:
        part = self._unary()
        while operator := self.tokens.skip("*", "/", "div", "%", "mod"):
            mark = {"div": "/", "mod": "%"}.get(operator, operator)
            part = arithmetic(part, mark, self._unary(), TIMES)
        return part

    def _unary(self) -> Part:
        operator = self.tokens.skip("!", "not", "-", "empty")
        if operator is None:
            return self._value()
        with self.tokens.nested():
            part = self._unary()
        if operator == "empty":
            return empty(part)
        if operator == "-":
            of = part.computed or (part.text,)
            return Part(f"-{number(part, UNARY)}", "number", UNARY, part.reads, computed=of)
        return Part(f"$not({true(part)})", "boolean", reads=part.reads)

    def _value(self) -> Part:
        part = self._primary()
        while True:
            if self.tokens.skip("."):
                name = self.tokens.take()
                if name.kind != "name":
                    raise Untranslatable(f"`.` before `{name.text[:40]}`")
                if self.tokens.at("("):
                    raise Untranslatable(f"the method call `{name.text}()`")
                part = step(part, name.text)
            elif self.tokens.skip("["):
                part = step(part, self._key())
            elif self.tokens.at("("):
                raise Untranslatable("a call of what an expression gives")
            else:
                return part

    def _key(self) -> str | int:
        token = self.tokens.take()
        if not self.tokens.at("]") or token.kind not in {"number", "string"}:
            raise Untranslatable("an index `[…]` that is not a literal")
        self.tokens.take()
        if token.kind == "string":
            return _unquoted(token.text)
        if not token.text.isdigit():
            raise Untranslatable(f"the index `{token.text}`")
        return int(token.text)

    def _primary(self) -> Part:
        token = self.tokens.next
        if token.kind == "number":
            self.tokens.take()
            decimal = ("0.5",) if re.search("[.eE]", token.text) else ()
            return Part(foreign.number(token.text), "number", literal=token.text, computed=decimal)
        if token.kind == "string":
            self.tokens.take()
            value = _unquoted(token.text)
            return Part(foreign.text(value), "string", literal=value)
        if token.kind == "name" and token.text not in _WORDS:
            self.tokens.take()
            return self._name(token.text)
        if self.tokens.skip("("):
            part = self.expression()
            if self.tokens.at("=", "->"):
                raise Untranslatable("an assignment (`=`)" if self.tokens.at("=") else "a lambda (`->`)")
            self.tokens.expect(")")
            return part
        raise self.tokens.unexpected()

    def _name(self, name: str) -> Part:
        if name in {"true", "false"}:
            return Part(name, "boolean", literal=name)
        if name == "null":
            return Part(name, "null")
        if self.tokens.at("(", ":") and self.tokens.ahead(0).text == "(":
            raise Untranslatable(f"the function `{name}()`")
        if self.tokens.at(":") and self.tokens.ahead(1).kind == "name" and self.tokens.ahead(2).text == "(":
            raise Untranslatable(f"the function `{name}:{self.tokens.ahead(1).text}()`")
        if name in _ENGINE | _ENGINE_MORE:
            return self._engine(name)
        key = foreign.variable(name)
        kind: Kind = "number" if name in _COUNTERS else "any"
        return Part(key, kind, reads=frozenset([key]), plain=(name,))

    def _engine(self, name: str) -> Part:
        """What an execution says of its variables and of itself: null where there is no such variable."""
        dot, called, opened, literal, closed = (self.tokens.ahead(by) for by in range(5))
        about = called.text if name == "execution" and dot.text == "." else ""
        if about in _ASKED and opened.text == "(" and literal.kind == "string" and closed.text == ")":
            self._skip(5)
            key = foreign.variable(_unquoted(literal.text))
            return Part(key) if about == "getVariable" else Part(f"$exists({key})", "boolean")
        if about in _OWN and opened.text != "(":
            self._skip(2)
            return Part(_OWN[about])
        if self.tokens.at(".") and self.tokens.ahead(2).text == "(":
            raise Untranslatable(f"the method call `{name}.{self.tokens.ahead(1).text}()`")
        raise Untranslatable(f"`{name}`, an object of the engine")

    def _skip(self, tokens: int) -> None:
        for _ in range(tokens):
            self.tokens.take()


def _unquoted(text: str) -> str:
    found = re.search(r"\\([^\\'\"])", re.sub(r"\\[\\'\"]", "", text[1:-1]))
    if found:
        raise Untranslatable(f"the escape `\\{found[1]}` in a string")
    return re.sub(r"\\(.)", r"\1", text[1:-1])
