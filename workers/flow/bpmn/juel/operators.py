"""JUEL's operators over operands whose kinds are known or open: what is open is coerced when evaluated."""

import re
from dataclasses import dataclass
from typing import Literal

from workers.flow.bpmn import foreign
from workers.flow.bpmn.foreign import MAX_RESULT, Untranslatable

Kind = Literal["any", "null", "boolean", "number", "string"]
ATOM, UNARY, TIMES, PLUS, COMPARE, AND, OR, CHOICE = 100, 80, 60, 50, 40, 30, 25, 20


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    kind: Kind = "any"
    binds: int = ATOM
    reads: frozenset[str] = frozenset()
    """The variables that are read in any case, as JSONata names."""
    plain: tuple[str | int, ...] | None = None
    """The variable and the steps of a plain path."""
    literal: str | None = None
    computed: tuple[str, ...] = ()
    """The operands of arithmetic."""

    def __post_init__(self) -> None:
        if len(self.text) > MAX_RESULT:
            raise Untranslatable("an expression whose translation is too long")

    @property
    def nullish(self) -> bool:
        return self.kind in {"any", "null"}

    def within(self, level: int) -> str:
        return self.text if self.binds > level else f"({self.text})"


def asserted(part: Part, known: frozenset[str]) -> str:
    missing = sorted(part.reads - known)
    asserts = [f"$assert($exists({name}), {foreign.text(f'{name} is missing')})" for name in missing]
    return f"({'; '.join([*asserts, part.text])})" if missing else part.text


def later(part: Part, known: frozenset[str]) -> str:
    """A part that is evaluated only if another one came to something, as an operand of a choice."""
    return asserted(part, known) if part.reads - known else part.within(CHOICE)


def step(part: Part, step: str | int) -> Part:
    if part.kind != "any":
        raise Untranslatable(f"`{f'[{step}]' if isinstance(step, int) else f'.{step}'}` of a {part.kind}")
    name, key = ("element", str(step)) if isinstance(step, int) else ("entry", foreign.text(step))
    plain = (*part.plain, step) if part.plain else None
    return Part(f"${name}({part.text}, {key})", reads=part.reads, plain=plain)


def true(part: Part) -> str:
    """The part as a boolean; binds tighter than `and`."""
    if part.kind == "boolean":
        return part.within(AND)
    if part.kind != "any":
        raise Untranslatable(f"a {part.kind} where JUEL needs a boolean")
    return f"$truth({part.text})"


def number(part: Part, level: int) -> str:
    """The part as a number."""
    if part.kind == "number":
        return part.within(level)
    if part.kind != "any":
        raise Untranslatable(f"arithmetic with a {part.kind}")
    return f"$num({part.text})"


def arithmetic(left: Part, operator: str, right: Part, level: int) -> Part:
    for part in (left, right):
        if part.kind == "string":
            raise Untranslatable(f"`{operator}` on a string, which is always arithmetic in JUEL")
    made = f"{number(left, level - 1)} {operator} {number(right, level)}"
    of = tuple(dict.fromkeys(text for part in (left, right) for text in part.computed or (part.text,)))
    # What `/` gives is a decimal, whatever it divides.
    return Part(made, "number", level, left.reads | right.reads, computed=("0.5",) if operator == "/" else of)


def equal(left: Part, right: Part, *, opposite: bool) -> Part:
    reads = left.reads | right.reads
    kinds = {left.kind, right.kind}
    if "null" in kinds:
        part = right if left.kind == "null" else left
        if part.kind == "null":
            return Part("false" if opposite else "true", "boolean")
        test = f"{part.within(COMPARE)} != null"
        return Part(test if opposite else f"$not({test})", "boolean", COMPARE if opposite else ATOM, reads)
    if "any" in kinds:
        made = _with_literal(left, "=", right) or f"$same({left.text}, {right.text})"
        return (
            Part(f"$not({made})", "boolean", reads=reads) if opposite else Part(made, "boolean", AND, reads)
        )
    if len(kinds) > 1:
        raise Untranslatable(f"`==` between a {left.kind} and a {right.kind}")
    made = f"{left.within(COMPARE)} {'!=' if opposite else '='} {right.within(COMPARE)}"
    return Part(made, "boolean", COMPARE, reads)


def _with_literal(left: Part, operator: str, right: Part) -> str | None:
    """A comparison of a path with a literal, as briefly as the literal's kind allows."""
    part, other = (left, right) if left.kind == "any" else (right, left)
    if part.plain is None or other.literal is None:
        return None
    if other.kind == "number":
        made = [f"$near({part.text}, {other.text})", other.text]
        return f"{part.text} != null and {f' {operator} '.join(made if part is left else made[::-1])}"
    if operator != "=":
        return None
    if other.kind == "boolean":
        test = f"$truth({part.text})"
        return test if other.literal == "true" else f"{part.text} != null and $not({test})"
    # A text that could be coerced to a number, or to true, may equal one.
    coerced = re.fullmatch(r"[-+.0-9eE]*|true", other.literal, re.IGNORECASE)
    return None if coerced else f"$is({part.text}, {other.text})"


def compared(left: Part, operator: str, right: Part) -> Part:
    kinds = {left.kind, right.kind}
    if len(kinds - {"any"}) > 1 or not kinds <= {"any", "number", "string"}:
        raise Untranslatable(f"`{operator}` between a {left.kind} and a {right.kind}")
    reads = left.reads | right.reads
    if "any" not in kinds:
        made = f"{left.within(COMPARE)} {operator} {right.within(COMPARE)}"
        return Part(made, "boolean", COMPARE, reads)
    if operator in {">", ">="}:
        left, right = right, left
    short = _with_literal(left, "<" if operator in {"<", ">"} else "<=", right)
    made = short or f"${'less' if operator in {'<', '>'} else 'most'}({left.text}, {right.text})"
    return Part(made, "boolean", AND, reads)


def empty(part: Part) -> Part:
    if part.kind == "null":
        return Part("true", "boolean")
    if part.kind in {"number", "boolean"}:
        return Part("false", "boolean", reads=part.reads)
    return Part(f"$empty({part.text})", "boolean", reads=part.reads)
