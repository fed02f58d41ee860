"""FEEL, the expression language of Camunda 8, as JSONata with the same meaning.

Variables are plain JSON. The dot is taken to read a context's entry; it is read over a list where FEEL
needs a list (`sum(orders.price)`, `orders.price[1]`) and after what can only be one (a filter, `for`).
"""

import re
from dataclasses import replace
from typing import Final

from workers.flow.bpmn import foreign
from workers.flow.bpmn.feel.moment import written
from workers.flow.bpmn.feel.operators import arithmetic, compared, contained, equal, negative, unequal
from workers.flow.bpmn.feel.terms import Terms
from workers.flow.bpmn.feel.value import AND, ATOM, CHOICE, COMPARE, Part, block, timeless, together
from workers.flow.bpmn.foreign import Tokens, Untranslatable

__all__ = ["Untranslatable", "translate_feel"]

_TOKEN: Final = re.compile(
    r"(?P<space>(?:\s|//[^\n]*|/\*.*?\*/)+)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<name>(?:[^\W\d]|\$)[\w$]*)"
    r"|(?P<quoted>`[^`]+`)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|(?<!\.)\.[0-9]+)(?![\w$]))"
    r"|(?P<mark>\.\.|\*\*|<=|>=|!=|[-+*/=<>()\[\]{},:.?@])",
    re.DOTALL,
)


def translate_feel(source: str, *, condition: bool = False, moment: bool = False) -> str:
    """The JSONata, beginning with `= `, of an expression with or without its leading `=`.

    Raises `Untranslatable` where no JSONata is sure to mean the same. A value that FEEL makes null is
    null, or undefined where a path leads nowhere. With `condition` the result is shorter and does for
    conditions only: what FEEL makes null may fail there too, as each of these is an incident. With `moment`
    it stands where a timer or a due date does, and may be a date-time or a duration.
    """
    tokens = Tokens(source.strip().removeprefix("="), _TOKEN, "FEEL")
    if tokens.ended():
        raise Untranslatable("an empty expression")
    parser = _Parser(tokens, moments=moment)
    part = parser.expression()
    if not tokens.ended():
        before = tokens.ahead(-1)
        if tokens.next.kind == "name" == before.kind:
            raise Untranslatable(f"the name or operator `{before.text} {tokens.next.text}`")
        raise tokens.unexpected()
    return f"= {parser.writer.finish(written(parser.writer, part), condition=condition)}"


class _Parser(Terms):
    """Reads FEEL by recursive descent, from what binds least to what binds most."""

    def expression(self) -> Part:
        with self.tokens.nested():
            if self.tokens.at("if"):
                return self._choice()
            if self.tokens.at("for") and self.tokens.ahead(1).kind != "mark":
                return self._loop()
            if self.tokens.at("some", "every") and self.tokens.ahead(1).kind != "mark":
                return self._quantified()
            return self._or()

    def _or(self) -> Part:
        parts = [self._and()]
        while self.tokens.skip("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else self.writer.logic("or", parts)

    def _and(self) -> Part:
        parts = [self._comparison()]
        while self.tokens.skip("and"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else self.writer.logic("and", parts)

    def _comparison(self) -> Part:
        if self.tokens.at("<", "<=", ">", ">="):
            raise Untranslatable(f"`{self.tokens.next.text}` without a left side, a unary test")
        part = self._sum()
        if operator := self.tokens.skip("<", "<=", ">", ">="):
            return compared(self.writer, part, operator, self._sum())
        if operator := self.tokens.skip("=", "!="):
            return (equal if operator == "=" else unequal)(self.writer, part, self._sum())
        if self.tokens.skip("between"):
            part = self.writer.repeatable(part)
            least = compared(self.writer, part, ">=", self._sum())
            self.tokens.expect("and")
            return self.writer.logic("and", [least, compared(self.writer, part, "<=", self._sum())])
        if self.tokens.skip("in"):
            return self._in(self.writer.repeatable(part))
        if self.tokens.at("instance"):
            raise Untranslatable("`instance of`")
        return part

    def _in(self, part: Part) -> Part:
        if self.tokens.at("(") and not self.is_range():
            self.tokens.take()
            tests = [self._test(part)]
            while self.tokens.skip(","):
                tests.append(self._test(part))
            self.tokens.expect(")")
            return tests[0] if len(tests) == 1 else self.writer.logic("or", tests)
        bare = not self.tokens.at("<", "<=", ">", ">=") and not self.is_range()
        test = self._test(part, whole=False)
        if bare and self.tokens.at("and", "or"):
            message = f"`in` without brackets before `{self.tokens.next.text}`, which FEEL reads as one test"
            raise Untranslatable(message)
        return test

    def _test(self, part: Part, *, whole: bool = True) -> Part:
        """One test of `in`."""
        if operator := self.tokens.skip("<", "<=", ">", ">="):
            return compared(self.writer, part, operator, self._sum())
        if self.is_range():
            return self._range(part)
        test = self.expression() if whole else self._sum()
        if test.kind == "boolean":
            raise Untranslatable("a boolean as a test of `in`")
        if test.kind not in {"any", "list"}:
            return equal(self.writer, part, test)
        return contained(self.writer, part, test)

    def _range(self, part: Part) -> Part:
        opening = self.tokens.take().text
        least = compared(self.writer, part, ">=" if opening == "[" else ">", self._sum())
        self.tokens.expect("..")
        end = self._sum()
        closing = self.tokens.skip("]", ")", "[")
        if closing is None:
            raise self.tokens.unexpected("where a range should end")
        most = compared(self.writer, part, "<=" if closing == "]" else "<", end)
        needs, lets = together([least, most])
        return Part(f"{least.text} and {most.text}", "boolean", AND, needs=needs, lets=lets, loud=not needs)

    def _sum(self) -> Part:
        part = self._product()
        while operator := self.tokens.skip("+", "-"):
            part = arithmetic(self.writer, part, operator, self._product())
        return part

    def _product(self) -> Part:
        part = self._unary()
        while operator := self.tokens.skip("*", "/", "**"):
            if operator == "**":
                raise Untranslatable("the operator `**`")
            part = arithmetic(self.writer, part, operator, self._unary())
        return part

    def _unary(self) -> Part:
        return negative(self.writer, self._value()) if self.tokens.skip("-") else self._value()

    def _value(self) -> Part:
        part = self.term()
        while True:
            if self.tokens.skip("."):
                part = self._entry(part)
            elif self.tokens.skip("["):
                part = self._bracket(part)
            else:
                return part

    def _entry(self, part: Part) -> Part:
        token = self.tokens.take()
        if token.kind not in {"name", "quoted"}:
            raise Untranslatable(f"`.` before `{token.text[:40]}`")
        if self.tokens.at("("):
            raise Untranslatable(f"the function `{token.text}` of a context")
        key = foreign.key(token.text)
        if part.kind not in {"any", "context", "list"}:
            raise Untranslatable(f"`.{token.text}` of a {part.kind}")
        writer = self.writer
        if part.kind == "list":
            writer.helpers.add("entry")
            text = f"$entry({part.text}, {foreign.text(token.text)})"
            return Part(text, "list", needs=part.needs, lets=part.lets)
        base = writer.whole(part) if part.needs or part.lets else part.within(75)
        listed = f"$entry({part.listed or writer.whole(part)}, {foreign.text(token.text)})"
        return Part(f"{base}.{key}", nullish=True, undefined=True, simple=part.simple, listed=listed)

    def _bracket(self, base: Part) -> Part:
        """An index or a filter."""
        item = self.writer.fresh("item")
        self.scopes.append(("", item))
        self.writer.items.add(item)
        part = self.expression()
        self.tokens.expect("]")
        self.scopes.pop()
        if base.kind not in {"any", "list"}:
            raise Untranslatable(f"an index or filter of a {base.kind}")
        if isinstance(part.literal, int) and part.literal and part.kind == "number":
            held = self.writer.read(base, "an index")
            text = self.writer.whole(held)
            at = part.literal - 1 if part.literal > 0 else part.literal
            return Part(f"{text}[{at}]", nullish=True, undefined=True, simple=held.simple)
        if part.kind != "boolean":
            raise Untranslatable("what stands in `[…]` is neither a literal index nor sure to be a condition")
        test = self.writer.test(part, "a filter")
        held = self.writer.listed(base, "a filter")
        body = block(part.lets, test)
        return Part(
            f"[$filter({held.text}, function({item}) {{ {body} }})]", "list", needs=held.needs, lets=held.lets
        )

    def _choice(self) -> Part:
        self.tokens.expect("if")
        test = self.expression()
        self.tokens.expect("then")
        then = self.expression()
        self.tokens.expect("else")
        other = self.expression()
        if then.kind != other.kind:
            timeless(then, other)
        then, other = self.writer.entries(then), self.writer.entries(other)
        then, other = then.without(test.facts), other.without(test.denials if test.definite else frozenset())
        made = f"{self.writer.test(test, '`if`')} ? {self.writer.whole(then)} : {self.writer.whole(other)}"
        kind = then.kind if then.kind in {other.kind, "null"} or other.kind == "null" else "any"
        kind = other.kind if kind == "null" else kind
        nullish = any(not part.definite or part.kind == "null" for part in (then, other))
        undefined = then.undefined or other.undefined
        return Part(made, kind, CHOICE, nullish=nullish, undefined=undefined, lets=test.lets)

    def _iterated(self, end: str) -> tuple[Part, str, Part]:
        """The collection, the variable and the body of an iteration."""
        self.tokens.take()
        token = self.tokens.take()
        if token.kind not in {"name", "quoted"}:
            raise Untranslatable(f"`{token.text[:40]}` as the name of an iterator")
        self.tokens.expect("in")
        collection = self._sum()
        if self.tokens.skip(".."):
            collection = self._span(collection, self._sum())
        if self.tokens.at(","):
            raise Untranslatable("several iterators in one iteration")
        self.tokens.expect(end)
        collection = self.writer.listed(collection, "an iteration")
        name = self.writer.fresh(token.text)
        self.scopes.append((token.text, name))
        body = self.expression()
        self.scopes.pop()
        return collection, name, body

    def _span(self, start: Part, end: Part) -> Part:
        if isinstance(start.literal, int) and isinstance(end.literal, int) and start.literal <= end.literal:
            return Part(f"[{start.literal}..{end.literal}]", "list")
        raise Untranslatable(
            "an iteration over a range that is not of two whole numbers, the lower one first"
        )

    def _loop(self) -> Part:
        self.scopes.append(("partial", ""))
        collection, name, body = self._iterated("return")
        self.scopes.pop()
        if body.kind in {"boolean", "number", "string", "context", "null"}:
            made = f"[$map({collection.text}, function({name}) {{ {self.writer.exact(body)} }})]"
        else:
            made_so_far = self.writer.fresh()
            step = f"$append({made_so_far}, [{self.writer.element(body)}])"
            made = f"$reduce({collection.text}, function({made_so_far}, {name}) {{ {step} }}, [])"
        return Part(made, "list", needs=collection.needs, lets=collection.lets)

    def _quantified(self) -> Part:
        word = self.tokens.next.text
        collection, name, body = self._iterated("satisfies")
        body = self.writer.truth(body, f"`{word}`")
        values = f"[$map({collection.text}, function({name}) {{ {self.writer.whole(body)} }})]"
        if not body.definite:
            made = self.writer.three("or" if word == "some" else "and", values, self.writer.fresh())
            return replace(made, needs=collection.needs, lets=collection.lets, loud=False)
        made_text = f"true in {values}" if word == "some" else f"$not(false in {values})"
        binds = COMPARE if word == "some" else ATOM
        return Part(made_text, "boolean", binds, needs=collection.needs, lets=collection.lets, loud=False)
